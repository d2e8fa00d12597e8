/*
 * u-blox SARA-R4 and R5 (part 2C). A socket is made (USOCR), then connected (USOCO, which blocks); a send is
 * prompted by '@'; received bytes are read between quotes.
 */
#include "ublox.h"

#include "at_generic.h"
#include "at_result.h"
#include "modem.h"
#include "print.h"

#include <stdio.h>
#include <string.h>

#define SOCKETS 7

static bool is_r5(const struct modem *modem)
{
    return strstr(modem->profile->name, "r5") != NULL;
}

static struct link *link_of(struct modem *modem, const struct at_call *call, int index)
{
    long id;

    if (!at_number(call, index, 0, SOCKETS - 1, &id) || !(modem->ublox.made & 1U << id))
        return NULL;
    return &modem->links[id];
}

/* ---- identity and power ---- */

static int run_ati(struct modem *modem, const struct at_call *call)
{
    (void)call;
    out_line(modem, OUT_ANSWER, "%s", modem->profile->model);
    return AT_OK;
}

static int run_cgmr(struct modem *modem, const struct at_call *call)
{
    (void)call;
    out_line(modem, OUT_ANSWER, "%s", modem_firmware(modem));
    return AT_OK;
}

static int run_ccid(struct modem *modem, const struct at_call *call)
{
    (void)call;
    if (modem->sim.absent)
        return 10;
    out_line(modem, OUT_ANSWER, "+CCID: %s", VARIANT_TEXT(modem, ICCID));
    return AT_OK;
}

static int run_accept(struct modem *modem, const struct at_call *call)
{
    (void)modem;
    (void)call;
    return AT_OK;
}

static int run_cfun(struct modem *modem, const struct at_call *call)
{
    long level;

    if (call->kind == AT_QUERY) {
        out_line(modem, OUT_ANSWER, "+CFUN: %d", modem->settings.cfun);
        return AT_OK;
    }
    if (!at_number(call, 0, 0, 16, &level))
        return AT_ERROR;
    if (level == (is_r5(modem) ? 16 : 15)) {
        at_result(modem, AT_OK);
        modem_reboot(modem, "AT+CFUN", false);
        return AT_SILENT;
    }
    if (level != 1 && modem->settings.cfun == 1)
        network_lose(modem, REG_IDLE);
    if (level == 1 && modem->settings.cfun != 1) {
        modem->settings.cfun = 1;
        network_search(modem, true);
    }
    modem->settings.cfun = (int)level;
    return AT_OK;
}

static int run_cpwroff(struct modem *modem, const struct at_call *call)
{
    (void)call;
    at_result(modem, AT_OK);
    modem_power_off(modem);
    return AT_SILENT;
}

/* ---- the data connection ---- */

static int activated(struct modem *modem)
{
    if (!at_bearer_possible(modem))
        return AT_ERROR;
    print_event("--", "the context is up, access point '%s'", modem->network.apn);
    modem->network.bearer_up = true;
    return AT_OK;
}

static int run_cgact(struct modem *modem, const struct at_call *call)
{
    long on;

    if (call->kind == AT_QUERY) {
        out_line(modem, OUT_ANSWER, "+CGACT: 1,%d", modem->network.bearer_up);
        return AT_OK;
    }
    if (!at_number(call, 0, 0, 1, &on))
        return AT_ERROR;
    if (on == 1)
        return at_later(modem, VARIANT_NUMBER(modem, BEARER_MS), activated);
    modem->network.bearer_up = false;
    return AT_OK;
}

static int run_upsda(struct modem *modem, const struct at_call *call)
{
    long action;

    if (!is_r5(modem) || !at_number(call, 1, 0, 4, &action))
        return AT_ERROR;
    if (action == 4 && !modem->ublox.profile_up)
        return AT_ERROR;
    at_result(modem, AT_OK);
    modem->ublox.profile_up = action == 3 && modem->network.bearer_up;
    if (action == 3)
        out_line(modem, OUT_LATE, modem->ublox.profile_up ? "+UUPSDA: 0,\"%s\"" : "+UUPSDA: 1,\"%s\"",
                 VARIANT_TEXT(modem, LOCAL_IP));
    return AT_DONE;
}

static int run_upsd(struct modem *modem, const struct at_call *call)
{
    (void)call;
    return is_r5(modem) ? AT_OK : AT_ERROR;
}

static int run_upsnd(struct modem *modem, const struct at_call *call)
{
    (void)call;
    if (!modem->ublox.profile_up)
        return AT_ERROR;
    out_line(modem, OUT_ANSWER, "+UPSND: 0,0,\"%s\"", VARIANT_TEXT(modem, LOCAL_IP));
    return AT_OK;
}

static int run_udnsrn(struct modem *modem, const struct at_call *call)
{
    char ip[ROUTE_IP_MAX];

    if (!modem->network.bearer_up || call->argc < 2 || fault_use(modem, FAULT_NO_DNS) ||
        !route_resolve(&modem->routes, call->arg[1].text, ip))
        return AT_ERROR;
    out_line(modem, OUT_ANSWER, "+UDNSRN: \"%s\"", ip);
    return AT_OK;
}

const struct at_command ublox_module_commands[] = {
    {"I", run_ati, AT_EXEC | AT_SET, 0},
    {"+CGMR", run_cgmr, AT_EXEC, 0},
    {"+GMR", run_cgmr, AT_EXEC, 0},
    {"+CCID", run_ccid, AT_EXEC, 0},
    {"+CFUN", run_cfun, AT_QUERY | AT_SET, 0},
    {"+CPWROFF", run_cpwroff, AT_EXEC, 0},
    {"+CPSMS", run_accept, AT_SET, 0},
    {"+CGEREP", run_accept, AT_SET, 0},
    {"+CGACT", run_cgact, AT_QUERY | AT_SET, AT_NEEDS_SIM},
    {"+UPSDA", run_upsda, AT_SET, AT_NEEDS_SIM},
    {"+UPSD", run_upsd, AT_SET, 0},
    {"+UPSND", run_upsnd, AT_SET, 0},
    {"+UDNSRN", run_udnsrn, AT_SET, AT_NEEDS_SIM},
    {NULL, NULL, 0, 0},
};

/* ---- sockets ---- */

static int run_usocr(struct modem *modem, const struct at_call *call)
{
    long protocol;

    if (!at_number(call, 0, 6, 17, &protocol))
        return AT_ERROR;
    for (int id = 0; id < SOCKETS; id++) {
        if (modem->ublox.made & 1U << id)
            continue;
        modem->ublox.made |= 1U << id;
        out_line(modem, OUT_ANSWER, "+USOCR: %d", id);
        return AT_OK;
    }
    return AT_ERROR;
}

static int connect_timed_out(struct modem *modem)
{
    link_close(&modem->links[modem->ublox.connecting], LINK_CLOSED);
    return AT_ERROR;
}

static int run_usoco(struct modem *modem, const struct at_call *call)
{
    struct link *link = link_of(modem, call, 0);
    long port;

    if (link == NULL || link->state == LINK_OPEN || call->argc < 3 || !modem->network.bearer_up ||
        !at_number(call, 2, 1, 65535, &port) || (is_r5(modem) && !modem->ublox.profile_up))
        return 3;
    if (fault_point_reached(modem, FAULT_AT_CONNECT))
        return AT_SILENT;
    modem->ublox.connecting = link->id;
    if (link_open(link, call->arg[1].text, (uint16_t)port) == LINK_NO_NAME) {
        print_event("--", "'%s' does not resolve", call->arg[1].text);
        link_fail_later(link);
    }
    at_watch(modem, 120000, connect_timed_out);
    return AT_PENDING;
}

static void link_opened(struct modem *modem, struct link *link)
{
    (void)link;
    at_finish(modem, AT_OK);
}

static void link_failed(struct modem *modem, struct link *link)
{
    link_close(link, LINK_CLOSED);
    at_finish(modem, AT_ERROR);
}

static int run_usocl(struct modem *modem, const struct at_call *call)
{
    struct link *link = link_of(modem, call, 0);

    if (link == NULL)
        return 3;
    link_close(link, LINK_INITIAL);
    modem->ublox.made &= ~(1U << link->id);
    return AT_OK;
}

static void link_closed(struct modem *modem, struct link *link)
{
    link_close(link, LINK_INITIAL); /* the socket is gone with it */
    modem->ublox.made &= ~(1U << link->id);
    out_line(modem, OUT_URC, "+UUSOCL: %d", link->id);
}

static void bearer_lost(struct modem *modem)
{
    bool r5 = is_r5(modem);

    modem->ublox.profile_up = false;
    for (int id = 0; id < SOCKETS; id++) {
        struct link *link = &modem->links[id];

        link->dead = link->state == LINK_OPEN && VARIANT_IS(modem, TCP_ON_POWER_LOSS, "silent");
        link_close(link, LINK_INITIAL);
    }
    modem->ublox.made = 0;
    out_line(modem, OUT_URC, r5 ? "+UUPSDD: 0" : "+CGEV: NW PDN DEACT 1");
}

static int run_usoctl(struct modem *modem, const struct at_call *call)
{
    const struct link *link = link_of(modem, call, 0);
    long what;

    if (link == NULL || !at_number(call, 1, 0, 11, &what))
        return 3;
    out_line(modem, OUT_ANSWER, "+USOCTL: %d,%ld,%d", link->id, what,
             link->state == LINK_OPEN         ? 4
             : link->state == LINK_CONNECTING ? 2
                                              : 0);
    return AT_OK;
}

/* ---- bytes ---- */

static int payload_complete(struct modem *modem)
{
    struct link *link = &modem->links[modem->ublox.sending];

    if (link->state != LINK_OPEN || fault_use(modem, FAULT_SEND_FAIL) ||
        !link_send(link, modem->line.payload, modem->line.payload_length))
        return AT_ERROR;
    out_line(modem, OUT_ANSWER, "+USOWR: %d,%zu", link->id, modem->line.payload_length);
    return AT_OK;
}

static int run_usowr(struct modem *modem, const struct at_call *call)
{
    const struct link *link = link_of(modem, call, 0);
    long count;

    if (link == NULL || link->state != LINK_OPEN || !at_number(call, 1, 1, UBLOX_SEND_MAX, &count))
        return 3;
    modem->ublox.sending = link->id;
    return at_prompt(modem, (size_t)count, payload_complete);
}

static void link_data(struct modem *modem, struct link *link, const uint8_t *bytes, size_t count)
{
    size_t room = sizeof link->rx - link->rx_length;

    if (count > room)
        count = room;
    memcpy(link->rx + link->rx_length, bytes, count);
    link->rx_length += count;
    out_line(modem, OUT_URC, "+UUSORD: %d,%zu", link->id, link->rx_length);
}

static int run_usord(struct modem *modem, const struct at_call *call)
{
    struct link *link = link_of(modem, call, 0);
    uint8_t text[UBLOX_READ_MAX + 48];
    long wanted;

    if (link == NULL || !at_number(call, 1, 0, UBLOX_READ_MAX, &wanted))
        return 3;
    if (wanted == 0 || link->rx_length == 0) {
        out_line(modem, OUT_ANSWER, "+USORD: %d,%zu", link->id, wanted == 0 ? link->rx_length : 0);
        return AT_OK;
    }
    size_t count = (size_t)wanted < link->rx_length ? (size_t)wanted : link->rx_length;
    size_t used = (size_t)snprintf((char *)text, 40, "\r\n+USORD: %d,%zu,\"", link->id, count);
    memcpy(text + used, link->rx, count);
    used += count;
    text[used++] = '"';
    text[used++] = '\r';
    text[used++] = '\n';
    out_storm(modem, false);
    out_bytes(modem, OUT_ANSWER, text, used);
    memmove(link->rx, link->rx + count, link->rx_length - count);
    link->rx_length -= count;
    link->taken += count;
    links_resume(modem);
    return AT_OK;
}

const struct at_command ublox_tcp_commands[] = {
    {"+USOCR", run_usocr, AT_SET, AT_NEEDS_SIM},
    {"+USOCO", run_usoco, AT_SET, AT_NEEDS_SIM},
    {"+USOCL", run_usocl, AT_SET, 0},
    {"+USOCTL", run_usoctl, AT_SET, 0},
    {"+USOWR", run_usowr, AT_SET, AT_NEEDS_SIM},
    {"+USORD", run_usord, AT_SET, 0},
    {NULL, NULL, 0, 0},
};

static void reset(struct modem *modem)
{
    modem->ublox = (struct ublox){.made = 0};
}

static const char *prompt(const struct modem *modem)
{
    (void)modem;
    return "\r\n@";
}

const struct family ublox_family = {
    .reset = reset,
    .link_opened = link_opened,
    .link_failed = link_failed,
    .link_data = link_data,
    .link_closed = link_closed,
    .bearer_lost = bearer_lost,
    .prompt = prompt,
};
