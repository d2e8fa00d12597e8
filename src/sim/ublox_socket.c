/*
 * Sockets (part 2C): made, connected, asked about, closed.
 *   AT+USOCR=6    +USOCR: 0    AT+USOCO=0,"blynk.cloud",80    OK, at the end of it
 *   AT+USOCO=0,"blynk.cloud",80,1    OK at once, and +UUSOCO: 0,0 at the end of it
 */
#include "at_generic.h"
#include "at_result.h"
#include "modem.h"
#include "print.h"
#include "ublox.h"

#include <stdio.h>

#define TCP         6
#define WEAK_SIGNAL 6

/* The numbers of the module's stack, which are those of Linux. */
enum { ERROR_NONE = 0, ERROR_ABORTED = 103, ERROR_TIMEOUT = 110, ERROR_REFUSED = 111 };

struct link *ublox_socket(struct modem *modem, const struct at_call *call, int index)
{
    long id;

    if (!at_number(call, index, 0, UBLOX_SOCKETS - 1, &id) || !(modem->ublox.made & 1U << id))
        return NULL;
    return &modem->links[id];
}

int ublox_failure(struct modem *modem, int error)
{
    modem->ublox.error = error;
    return VARIANT_IS(modem, SOCKET_FAILURE, "error") ? AT_ERROR : 3;
}

/* `index` holds 1 for a command that is to answer at once; false when it must not. */
static bool take_async(struct modem *modem, const struct at_call *call, int index, bool *async)
{
    long flag = 0;

    if (call->argc > index &&
        (VARIANT_IS(modem, SOCKET_ASYNC, "absent") || !at_number(call, index, 0, 1, &flag)))
        return false;
    *async = flag == 1;
    return true;
}

static int run_usocr(struct modem *modem, const struct at_call *call)
{
    long protocol;

    if (!at_number(call, 0, TCP, TCP, &protocol))
        return AT_ERROR;
    for (int id = 0; id < UBLOX_SOCKETS; id++) {
        if (modem->ublox.made & 1U << id)
            continue;
        modem->ublox.made |= 1U << id;
        modem->links[id].state = LINK_INITIAL;
        out_line(modem, OUT_ANSWER, "+USOCR: %d", id);
        return AT_OK;
    }
    return AT_ERROR;
}

/* ---- connecting ---- */

static int start(struct modem *modem, struct link *link, const struct at_call *call, bool async)
{
    long port;

    if (!at_number(call, 2, 1, 65535, &port))
        return AT_ERROR;
    if (fault_point_reached(modem, FAULT_AT_CONNECT))
        return AT_SILENT;
    if (async)
        modem->ublox.async |= 1U << link->id;
    if (link_open(link, call->arg[1].text, (uint16_t)port) == LINK_NO_NAME) {
        print_event("--", "'%s' does not resolve", call->arg[1].text);
        link_fail_later(link);
    }
    return async ? AT_OK : AT_PENDING;
}

/* While one connects by itself, no other may (the vendor's manual of the R4). */
static int run_usoco(struct modem *modem, const struct at_call *call)
{
    struct link *link = ublox_socket(modem, call, 0);
    char problem[128];
    bool async;

    if (call->argc < 3 || !take_async(modem, call, 3, &async))
        return AT_ERROR;
    if (link == NULL || link->state == LINK_OPEN || modem->ublox.async != 0 || !modem->network.bearer_up ||
        (ublox_is_r5(modem) && !modem->ublox.profile_up))
        return 3;
    if (!async && VARIANT_ON(modem, WEAK_SIGNAL_LOCK) && modem->network.csq < WEAK_SIGNAL) {
        fault_apply(modem, "hang", problem, sizeof problem);
        return AT_SILENT;
    }
    return start(modem, link, call, async);
}

static void opening_ends(struct modem *modem, struct link *link, int error)
{
    bool async = (modem->ublox.async & 1U << link->id) != 0;

    modem->ublox.async &= ~(1U << link->id);
    modem->ublox.error = error;
    if (async)
        out_line(modem, OUT_LATE, "+UUSOCO: %d,%d", link->id, error);
    else
        at_finish(modem, error == ERROR_NONE ? AT_OK : ublox_failure(modem, error));
}

void ublox_link_opened(struct modem *modem, struct link *link)
{
    opening_ends(modem, link, ERROR_NONE);
}

/* The socket stays; it is the host's to close it. */
void ublox_link_failed(struct modem *modem, struct link *link)
{
    uint64_t waited_ms = uv_now(modem->loop) - link->passed_ms;
    bool late = waited_ms >= (uint64_t)VARIANT_NUMBER(modem, CONNECT_TIMEOUT_S) * 1000;

    link_close(link, LINK_CLOSED);
    opening_ends(modem, link, late ? ERROR_TIMEOUT : ERROR_REFUSED);
}

/* ---- closing ---- */

static void unmake(struct modem *modem, struct link *link)
{
    link_close(link, LINK_INITIAL);
    modem->ublox.made &= ~(1U << link->id);
    modem->ublox.async &= ~(1U << link->id);
}

static int unlocked(struct modem *modem)
{
    (void)modem;
    return 3;
}

static int close_ends(struct modem *modem)
{
    unmake(modem, &modem->links[modem->ublox.closing]);
    return AT_OK;
}

/* Whoever does not want to wait must be sure that it is open. */
static int close_async(struct modem *modem, struct link *link)
{
    if (link == NULL || link->state != LINK_OPEN) {
        print_event("--", "USOCL of a closed socket: locked up");
        return at_later(modem, VARIANT_NUMBER(modem, USOCL_LOCK_MS), unlocked);
    }
    at_result(modem, AT_OK);
    unmake(modem, link);
    out_line(modem, OUT_LATE, "+UUSOCL: %d", link->id);
    return AT_DONE;
}

static int run_usocl(struct modem *modem, const struct at_call *call)
{
    struct link *link = ublox_socket(modem, call, 0);
    bool async;

    if (!take_async(modem, call, 1, &async))
        return AT_ERROR;
    if (async)
        return close_async(modem, link);
    if (link == NULL)
        return 3;
    modem->ublox.closing = link->id;
    return at_later(modem, VARIANT_NUMBER(modem, USOCL_MS), close_ends);
}

void ublox_release(struct modem *modem, struct link *link)
{
    unmake(modem, link);
    out_line(modem, OUT_URC, "+UUSOCL: %d", link->id);
}

/*
 * The line waits until all has been read. A host that is giving the bytes of a USOWR is told at once (the
 * vendor's manual of the R4).
 */
void ublox_link_closed(struct modem *modem, struct link *link)
{
    bool at_prompt = modem->at.state == AT_PROMPTING || modem->at.state == AT_PAYLOAD;

    if (at_prompt && modem->ublox.sending == link->id && VARIANT_IS(modem, CLOSE_IN_PROMPT, "error")) {
        line_reset(modem);
        at_finish(modem, ublox_failure(modem, ERROR_ABORTED));
    }
    if (link->state != LINK_REMOTE_CLOSING || VARIANT_IS(modem, UNREAD_AFTER_CLOSE, "lose"))
        ublox_release(modem, link);
}

void ublox_drop_sockets(struct modem *modem)
{
    for (int id = 0; id < UBLOX_SOCKETS; id++) {
        struct link *link = &modem->links[id];
        bool connecting = link->state == LINK_CONNECTING;

        link->dead = link->state == LINK_OPEN && VARIANT_IS(modem, TCP_ON_POWER_LOSS, "silent");
        link_close(link, LINK_INITIAL);
        if (connecting)
            opening_ends(modem, link, ERROR_ABORTED);
    }
    modem->ublox.made = modem->ublox.async = 0;
}

/* ---- questions ---- */

static int tcp_state(const struct link *link)
{
    switch (link->state) {
    case LINK_CONNECTING:
        return 2; /* SYN-SENT */
    case LINK_OPEN:
        return 4; /* ESTABLISHED */
    case LINK_REMOTE_CLOSING:
        return 7; /* CLOSE-WAIT */
    default:
        return 0;
    }
}

static int run_usoctl(struct modem *modem, const struct at_call *call)
{
    const struct link *link = ublox_socket(modem, call, 0);
    char value[ROUTE_IP_MAX + 16];
    long what;

    if (link == NULL || !at_number(call, 1, 0, 11, &what) || (what > 4 && what < 10))
        return 3;
    if (what == 0)
        snprintf(value, sizeof value, "%d", TCP);
    else if (what == 1)
        snprintf(value, sizeof value, "%d", modem->ublox.error);
    else if (what == 2)
        snprintf(value, sizeof value, "%llu", (unsigned long long)link->sent);
    else if (what == 3)
        snprintf(value, sizeof value, "%llu", (unsigned long long)link->taken);
    else if (what == 4)
        snprintf(value, sizeof value, "\"%s\",%u", link->ip, (unsigned)link->port);
    else if (what == 10)
        snprintf(value, sizeof value, "%d", tcp_state(link));
    else
        snprintf(value, sizeof value, "%zu", link_unacked(link));
    out_line(modem, OUT_ANSWER, "+USOCTL: %d,%ld,%s", link->id, what, value);
    return AT_OK;
}

static int run_usoer(struct modem *modem, const struct at_call *call)
{
    (void)call;
    out_line(modem, OUT_ANSWER, "+USOER: %d", modem->ublox.error);
    return AT_OK;
}

const struct at_command ublox_socket_commands[] = {
    {"+USOCR", run_usocr, AT_SET, AT_NEEDS_SIM},
    {"+USOCO", run_usoco, AT_SET, AT_NEEDS_SIM},
    {"+USOCL", run_usocl, AT_SET, 0},
    {"+USOCTL", run_usoctl, AT_SET, 0},
    {"+USOER", run_usoer, AT_EXEC, 0},
    {NULL, NULL, 0, 0},
};
