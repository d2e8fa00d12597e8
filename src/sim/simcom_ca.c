/*
 * The sockets of the CA stack (B3, B6): AT+CAOPEN=0,0,"TCP",... / +CAOPEN: 0,0 / OK. The result comes before the OK,
 * which follows a failure too. The SIM7000 leaves arguments out.
 */
#include "simcom_ca.h"

#include "at_result.h"
#include "modem.h"
#include "print.h"
#include "simcom_cip.h"

#include <stdio.h>
#include <string.h>

enum {
    OPEN_TIMEOUT = 2,
    OPEN_PARAMETER = 4,
    OPEN_NO_NAME = 20,
    OPEN_NO_NETWORK = 21,
    OPEN_DATES = 24,
    OPEN_OTHER_NAME = 25
};

static unsigned bit_of(const struct link *link)
{
    return 1U << link->id;
}

struct link *simcom_ca_link(struct modem *modem, const struct at_call *call, int index)
{
    long id;

    return at_number(call, index, 0, modem->profile->links - 1, &id) ? &modem->links[id] : NULL;
}

bool simcom_ca_is_used(const struct modem *modem, const struct link *link)
{
    return (modem->simcom_ca.used & bit_of(link)) != 0;
}

int simcom_ca_wrong_state(struct modem *modem)
{
    return VARIANT_IS(modem, WRONG_STATE, "cme3") ? 3 : AT_ERROR;
}

int simcom_ca_crash(struct modem *modem, const char *why)
{
    char problem[128];

    print_event("--", "the firmware crashes: %s", why);
    fault_apply(modem, "hang", problem, sizeof problem);
    return AT_SILENT;
}

/* ---- open ---- */

static void say_opened(struct modem *modem, struct link *link, int error)
{
    bool async = modem->simcom_ca.async;

    out_line(modem, async ? OUT_LATE : OUT_ANSWER, "+CAOPEN: %d,%d", link->id, error);
    if (!async)
        at_finish(modem, AT_OK);
}

static void open_failed(struct modem *modem, struct link *link, int error)
{
    link_close(link, LINK_CLOSED);
    if (VARIANT_IS(modem, CID_AFTER_FAILURE, "free"))
        simcom_ca_release(modem, link);
    say_opened(modem, link, error);
}

static void link_opened(struct modem *modem, struct link *link)
{
    say_opened(modem, link, 0);
}

static void link_failed(struct modem *modem, struct link *link)
{
    uint64_t most = (uint64_t)VARIANT_NUMBER(modem, CONNECT_TIMEOUT_S) * 1000;

    if (modem->simcom_ca.unresolved & bit_of(link)) {
        modem->simcom_ca.unresolved &= ~bit_of(link);
        open_failed(modem, link, OPEN_NO_NAME);
    } else if (link->tls != NULL) {
        open_failed(modem, link,
                    link->problem == LINK_TLS_EXPIRED      ? OPEN_DATES
                    : link->problem == LINK_TLS_WRONG_NAME ? OPEN_OTHER_NAME
                                                           : (int)VARIANT_NUMBER(modem, TLS_RESULT));
    } else if (VARIANT_IS(modem, CAOPEN_ERROR, "hang")) {
        print_event("--", "AT+CAOPEN is never answered");
        link_close(link, LINK_CLOSED);
    } else if (uv_now(modem->loop) - link->passed_ms >= most) {
        open_failed(modem, link, OPEN_TIMEOUT);
    } else {
        open_failed(modem, link, (int)VARIANT_NUMBER(modem, CAOPEN_ERROR));
    }
}

/* Index of the host among the arguments, with the port behind it; 0 when they do not fit. */
static int host_index(const struct modem *modem, const struct at_call *call, long *port)
{
    bool brief = modem->profile->first_lte;
    bool typed = !brief || (VARIANT_IS(modem, CAOPEN_TYPE, "taken") && call->argc == 4);
    int host = 1 + !brief + typed;
    bool mode = call->argc == host + 3 && VARIANT_IS(modem, CAOPEN_RECV_MODE, "taken") &&
                strcmp(call->arg[host + 2].text, "0") == 0;

    if ((call->argc != host + 2 && !mode) || (typed && strcmp(call->arg[host - 1].text, "TCP") != 0) ||
        call->arg[host].text[0] == '\0' || strlen(call->arg[host].text) > 64 ||
        !at_number(call, host + 1, 1, 65535, port))
        return 0;
    return host;
}

static int open_at_once(struct modem *modem, const struct link *link, long context)
{
    if (link->id == 0 && fault_use(modem, FAULT_STUCK_SOCKET_ID))
        return OPEN_PARAMETER;
    if (simcom_ca_is_used(modem, link))
        return (int)VARIANT_NUMBER(modem, CAOPEN_USED);
    return modem->simcom_ca.active & 1U << context ? 0 : OPEN_NO_NETWORK;
}

/* Only where the variant busy says so; else the channel is blocked. */
static int open_aborted(struct modem *modem)
{
    for (int id = 0; id < modem->profile->links; id++)
        if (modem->links[id].state == LINK_CONNECTING)
            simcom_ca_release(modem, &modem->links[id]);
    return AT_SILENT;
}

static int run_caopen(struct modem *modem, const struct at_call *call)
{
    struct link *link = simcom_ca_link(modem, call, 0);
    long port = 0, context = 0;
    int host = host_index(modem, call, &port);
    int error;

    if (link == NULL || host == 0 ||
        (!modem->profile->first_lte && !at_number(call, 1, 0, SIMCOM_CA_CONTEXTS - 1, &context)))
        return AT_ERROR;
    if (fault_point_reached(modem, FAULT_AT_CONNECT))
        return AT_SILENT;
    error = open_at_once(modem, link, context);
    if (modem->simcom_ca.async)
        at_result(modem, AT_OK);
    if (error != 0) {
        out_line(modem, OUT_ANSWER, "+CAOPEN: %d,%d", link->id, error);
        return modem->simcom_ca.async ? AT_DONE : AT_OK;
    }
    modem->simcom_ca.used |= bit_of(link);
    modem->simcom_ca.context[link->id] = (uint8_t)context;
    simcom_ca_ssl_wish(modem, link, call->arg[host].text);
    if (link_open(link, call->arg[host].text, (uint16_t)port) == LINK_NO_NAME) {
        print_event("--", "'%s' does not resolve", call->arg[host].text);
        modem->simcom_ca.unresolved |= bit_of(link);
        link_fail_later(link);
    }
    if (modem->simcom_ca.async)
        return AT_DONE;
    at_on_abort(modem, open_aborted);
    return AT_PENDING;
}

/* ---- close ---- */

void simcom_ca_release(struct modem *modem, struct link *link)
{
    link_close(link, LINK_INITIAL);
    modem->simcom_ca.used &= ~bit_of(link);
    modem->simcom_ca.unresolved &= ~bit_of(link);
}

static int run_caclose(struct modem *modem, const struct at_call *call)
{
    struct link *link = simcom_ca_link(modem, call, 0);

    if (link == NULL || !simcom_ca_is_used(modem, link))
        return AT_ERROR;
    simcom_ca_release(modem, link);
    return AT_OK;
}

static void on_auto_close(uv_timer_t *timer)
{
    struct link *link = timer->data;

    simcom_ca_release(link->modem, link);
    out_line(link->modem, OUT_URC, "+CACLOSE: %d", link->id);
}

/* The cid stays taken until the host closes it, or ATOCLOSE does (B6). */
static void link_closed(struct modem *modem, struct link *link)
{
    long ms = modem->simcom_ca.auto_close_ms;

    if (VARIANT_IS(modem, CA_UNREAD, "lose")) {
        link->rx_length = 0;
        link->state = LINK_CLOSED;
    }
    out_line(modem, OUT_URC, "+CASTATE: %d,0", link->id);
    if (VARIANT_IS(modem, CID_AFTER_CLOSE, "free"))
        simcom_ca_release(modem, link);
    else if (ms > 0)
        uv_timer_start(&link->timer, on_auto_close, (uint64_t)ms, 0);
}

static void lose_socket(struct modem *modem, struct link *link)
{
    link->dead = link->state == LINK_OPEN && VARIANT_IS(modem, TCP_ON_POWER_LOSS, "silent");
    if (link->state == LINK_CONNECTING) {
        open_failed(modem, link, OPEN_NO_NETWORK);
    } else if (link->state == LINK_OPEN) {
        link_close(link, LINK_CLOSED);
        link_closed(modem, link);
    }
}

void simcom_ca_end_sockets(struct modem *modem, unsigned contexts, bool lost)
{
    for (int id = 0; id < SIMCOM_CA_SOCKETS; id++) {
        struct link *link = &modem->links[id];

        if (!simcom_ca_is_used(modem, link) || (contexts & 1U << modem->simcom_ca.context[id]) == 0)
            continue;
        if (lost)
            lose_socket(modem, link);
        else
            simcom_ca_release(modem, link);
    }
}

static int run_castate(struct modem *modem, const struct at_call *call)
{
    char text[256] = "";
    int used = 0;

    (void)call;
    for (int id = 0; id < modem->profile->links; id++)
        if (simcom_ca_is_used(modem, &modem->links[id]))
            used += snprintf(text + used, sizeof text - (size_t)used, "%s+CASTATE: %d,%d",
                             used > 0 ? "\r\n" : "", id, modem->links[id].state == LINK_OPEN);
    if (used > 0)
        out_line(modem, OUT_ANSWER, "%s", text);
    return AT_OK;
}

/* ---- settings ---- */

static int run_cacid(struct modem *modem, const struct at_call *call)
{
    struct link *link;

    if (call->kind == AT_TEST) {
        out_line(modem, OUT_ANSWER, "+CACID: (0-%d)", modem->profile->links - 1);
        return AT_OK;
    }
    link = simcom_ca_link(modem, call, 0);
    if (link == NULL)
        return AT_ERROR;
    modem->simcom_ca.named |= bit_of(link);
    return AT_OK;
}

static void take_config(struct modem *modem, const struct at_call *call)
{
    long on = 0, seconds = 0;

    at_number(call, 1, 0, 1, &on);
    at_number(call, 2, 0, 86400, &seconds);
    if (strcmp(call->arg[0].text, "ASYNCOPEN") == 0)
        modem->simcom_ca.async = on == 1;
    if (strcmp(call->arg[0].text, "ATOCLOSE") == 0)
        modem->simcom_ca.auto_close_ms = on * seconds * 1000;
}

/* Name, then the bounds of up to four numbers. */
static int run_cacfg(struct modem *modem, const struct at_call *call)
{
    static const struct {
        const char *name;
        long bounds[4][2];
    } known[] = {
        {"KEEPALIVE", {{0, 1}, {30, 86400}, {30, 86400}, {1, 100}}},
        {"TCPIRT", {{200, 120000}}},
        {"MAXRXT", {{1, 16}}},
        {"TCPOT", {{200, 120000}}},
        {"SNDBUF", {{5840, 29200}}},
        {"RCVBUF", {{5840, 29200}}},
        {"TIMEOUT", {{0, 12}, {1, 60000}}},
        {"TCP_NODELAY", {{0, 1}}},
        {"LINGER", {{0, 1}, {0, 86400}}},
        {"ASYNCOPEN", {{0, 1}}},
        {"ATOCLOSE", {{0, 1}, {0, 86400}}},
    };

    if (VARIANT_IS(modem, CACFG, "refused"))
        return AT_ERROR;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(known[i].name, call->arg[0].text) != 0)
            continue;
        for (int n = 1; n < call->argc; n++) {
            long number;

            if (n > 4 || !at_number(call, n, known[i].bounds[n - 1][0], known[i].bounds[n - 1][1], &number))
                return AT_ERROR;
        }
        take_config(modem, call);
        return AT_OK;
    }
    return AT_ERROR;
}

const struct at_command simcom_ca_commands[] = {
    {"+CAOPEN", run_caopen, AT_SET, AT_NEEDS_SIM},
    {"+CACLOSE", run_caclose, AT_SET, 0},
    {"+CASTATE", run_castate, AT_QUERY, 0},
    {"+CACID", run_cacid, AT_SET | AT_TEST, 0},
    {"+CACFG", run_cacfg, AT_SET, 0},
    {NULL, NULL, 0, 0},
};

static void reset(struct modem *modem)
{
    memset(&modem->simcom_ca, 0, sizeof modem->simcom_ca);
}

static void registered(struct modem *modem)
{
    if (modem->simcom_ca.automatic != 0)
        simcom_ca_bearer_returns(modem);
}

const struct family simcom_ca_family = {
    .reset = reset,
    .link_opened = link_opened,
    .link_failed = link_failed,
    .link_data = simcom_ca_data,
    .link_closed = link_closed,
    .bearer_lost = simcom_ca_bearer_lost,
    .sim_changed = simcom_sim_changed,
    .registered = registered,
};
