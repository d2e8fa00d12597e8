#include "network.h"

#include "modem.h"
#include "print.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define CELL "\"25EF\",\"115B\""

/* Where creg_swap is on, 2 means refused and 3 means searching. */
static int registration_number(const struct modem *modem)
{
    enum registration state = modem->network.registration;

    if (VARIANT_ON(modem, CREG_SWAP) && state == REG_SEARCHING)
        return 3;
    if (VARIANT_ON(modem, CREG_SWAP) && state == REG_DENIED)
        return 2;
    return (int)state;
}

static bool is_quectel(const struct modem *modem)
{
    return (modem->profile->families & FAMILY_QUECTEL) != 0;
}

/* Quectel's LTE modules add the access technology, and with 4 the timers of power saving (facts 1.7). */
static void print_cell(const struct modem *modem, int mode, char out[64])
{
    if (is_quectel(modem) && modem->profile->lte)
        snprintf(out, 64, CELL ",%.4s%s", VARIANT_TEXT(modem, ACT),
                 mode == 4 ? ",,,\"00100001\",\"00000110\"" : "");
    else
        snprintf(out, 64, CELL);
}

static void announce(struct modem *modem, const char *name, int mode)
{
    int state = registration_number(modem);
    char cell[64];

    if (mode == 0)
        return;
    print_cell(modem, mode, cell);
    if (mode >= 2 && network_is_registered(modem))
        out_line(modem, OUT_URC, "%s: %d,%s", name, state, cell);
    else
        out_line(modem, OUT_URC, "%s: %d", name, state);
}

/* On LTE it is +CEREG that counts (1.7). */
static void announce_registration(struct modem *modem)
{
    if (modem->power == POWER_OFF)
        return;
    if (VARIANT_IS(modem, CREG_ON_LTE, "same"))
        announce(modem, "+CREG", modem->settings.creg);
    if (is_quectel(modem))
        announce(modem, "+CGREG", modem->settings.cgreg);
    if (modem->profile->lte)
        announce(modem, "+CEREG", modem->settings.cereg);
}

static void on_found(uv_timer_t *timer)
{
    network_search_ends(timer->data);
}

static void on_bearer_due(uv_timer_t *timer)
{
    struct modem *modem = timer->data;

    modem->network.bearer_due(modem);
}

void network_bearer_later(struct modem *modem, long ms, void (*due)(struct modem *modem))
{
    uv_timer_stop(&modem->network.bearer);
    modem->network.bearer_due = due;
    if (ms <= 0)
        due(modem);
    else
        uv_timer_start(&modem->network.bearer, on_bearer_due, (uint64_t)ms, 0);
}

void network_init(struct modem *modem)
{
    uv_timer_init(modem->loop, &modem->network.search);
    uv_timer_init(modem->loop, &modem->network.bearer);
    modem->network.search.data = modem;
    modem->network.bearer.data = modem;
    modem->network.csq = modem->options->csq;
}

void network_close(struct modem *modem)
{
    uv_close((uv_handle_t *)&modem->network.search, NULL);
    uv_close((uv_handle_t *)&modem->network.bearer, NULL);
}

void network_reset(struct modem *modem)
{
    struct network *network = &modem->network;

    uv_timer_stop(&network->search);
    uv_timer_stop(&network->bearer);
    network->registration = REG_IDLE;
    network->attached = network->bearer_up = false;
    network->apn[0] = '\0';
}

static enum registration result_of_search(const struct modem *modem)
{
    if (fault_active(modem, FAULT_DENY_REGISTRATION))
        return REG_DENIED;
    if (fault_active(modem, FAULT_SIGNAL_LOSS))
        return REG_SEARCHING;
    if (fault_active(modem, FAULT_ROAMING_DENIED))
        return REG_ROAMING;
    return VARIANT_ON(modem, ROAMING) ? REG_ROAMING : REG_HOME;
}

static bool can_search(const struct modem *modem)
{
    return modem->power != POWER_OFF && modem->settings.cfun == 1 && sim_card_lock(&modem->sim) == SIM_READY;
}

void network_settle(struct modem *modem)
{
    struct network *network = &modem->network;

    if (!can_search(modem))
        return;
    network->registration = result_of_search(modem);
    network->attached = network_is_registered(modem) && VARIANT_ON(modem, AUTO_ATTACH);
}

void network_search(struct modem *modem, bool announce)
{
    struct network *network = &modem->network;

    if (!can_search(modem) || network_is_registered(modem) || network->registration == REG_SEARCHING)
        return;
    network->registration = REG_SEARCHING;
    if (announce)
        announce_registration(modem);
    uv_timer_start(&network->search, on_found, (uint64_t)VARIANT_NUMBER(modem, REG_MS), 0);
}

/* The network can be heard again. */
void network_search_again(struct modem *modem)
{
    if (modem->network.registration == REG_SEARCHING)
        modem->network.registration = REG_IDLE;
    network_search(modem, true);
}

void network_search_ends(struct modem *modem)
{
    uv_timer_stop(&modem->network.search);
    if (!can_search(modem) || network_is_registered(modem))
        return;
    network_settle(modem);
    print_event("--", network_is_registered(modem) ? "registered" : "the network refuses the modem");
    if (network_is_registered(modem))
        clock_registered(modem, false);
    if (network_is_registered(modem) && modem->profile->family->registered != NULL)
        modem->profile->family->registered(modem);
    announce_registration(modem);
}

void network_drop_bearer(struct modem *modem)
{
    if (!modem->network.bearer_up)
        return;
    print_event("--", "the bearer is lost");
    modem->network.bearer_up = false;
    modem->profile->family->bearer_lost(modem);
}

void network_lose(struct modem *modem, enum registration state)
{
    uv_timer_stop(&modem->network.search);
    network_drop_bearer(modem);
    modem->network.attached = false;
    if (modem->network.registration == state)
        return;
    modem->network.registration = state;
    announce_registration(modem);
}

bool network_is_registered(const struct modem *modem)
{
    enum registration state = modem->network.registration;

    return state == REG_HOME || state == REG_ROAMING;
}

bool network_knows_apn(const struct modem *modem)
{
    const char *only = modem->options->apn;

    if (fault_active(modem, FAULT_WRONG_APN) || fault_active(modem, FAULT_ROAMING_DENIED))
        return false;
    return only == NULL || strcasecmp(only, modem->network.apn) == 0;
}

void network_print_registration(const struct modem *modem, int mode, char *out, size_t room)
{
    char cell[64];

    print_cell(modem, mode, cell);
    if (mode >= 2 && network_is_registered(modem))
        snprintf(out, room, "%d,%d,%s", mode, registration_number(modem), cell);
    else
        snprintf(out, room, "%d,%d", mode, registration_number(modem));
}
