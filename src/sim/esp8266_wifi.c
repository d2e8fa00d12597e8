/*
 * Joining an access point, addresses, name service (4.2, 4.3).
 *   AT+CWJAP_CUR="home","secret"    WIFI CONNECTED / WIFI GOT IP / OK      or +CWJAP:2 / FAIL
 */
#include "at_result.h"
#include "modem.h"
#include "print.h"

#include <stdio.h>
#include <string.h>

/* The numbers of +CWJAP:n. */
enum join { JOIN_OK, JOIN_TIMEOUT, JOIN_WRONG_PASSWORD, JOIN_NO_AP, JOIN_FAILED };

/* ---- joining ---- */

static enum join join_forced(const struct modem *modem)
{
    if (VARIANT_IS(modem, WIFI, "timeout"))
        return JOIN_TIMEOUT;
    if (VARIANT_IS(modem, WIFI, "wrong_password"))
        return JOIN_WRONG_PASSWORD;
    if (VARIANT_IS(modem, WIFI, "no_ap"))
        return JOIN_NO_AP;
    return VARIANT_IS(modem, WIFI, "failed") ? JOIN_FAILED : JOIN_OK;
}

/*
 * The faults of a SIM card have their counterpart here (4.6): sim-pin makes the password wrong, sim-puk makes
 * every attempt fail, no-sim and deny-registration take the access point away.
 */
static enum join join_result(const struct modem *modem, const struct esp8266_access *access)
{
    const struct options *options = modem->options;
    enum sim_lock lock = sim_card_lock(&modem->sim);

    if (join_forced(modem) != JOIN_OK)
        return join_forced(modem);
    if (lock == SIM_ABSENT || fault_active(modem, FAULT_DENY_REGISTRATION))
        return JOIN_NO_AP;
    if (options->ssid != NULL && strcmp(options->ssid, access->ssid) != 0)
        return JOIN_NO_AP;
    if (lock == SIM_WANTS_PIN)
        return JOIN_WRONG_PASSWORD;
    if (options->wifi_password != NULL && strcmp(options->wifi_password, access->password) != 0)
        return JOIN_WRONG_PASSWORD;
    return lock == SIM_READY ? JOIN_OK : JOIN_FAILED;
}

static void joined(struct modem *modem, enum out_kind kind)
{
    modem->network.bearer_up = true;
    modem->network.attached = true;
    print_event("--", "joined '%s'", modem->esp8266.wanted.ssid);
    esp8266_say(modem, (int)kind, "WIFI CONNECTED");
    esp8266_say(modem, (int)kind, "WIFI GOT IP");
}

static void rejoin_due(struct modem *modem)
{
    const struct esp8266_access *access = &modem->esp8266.wanted;

    if (modem->power == POWER_OFF || modem->network.bearer_up || access->ssid[0] == '\0')
        return;
    if (network_is_registered(modem) && join_result(modem, access) == JOIN_OK)
        joined(modem, OUT_URC);
}

void esp8266_rejoin(struct modem *modem)
{
    bool booting = modem->power == POWER_BOOTING;

    if (booting || VARIANT_ON(modem, WIFI_RECONNECT))
        network_bearer_later(modem, 1, rejoin_due);
}

static void links_die(struct modem *modem)
{
    for (int id = 0; id < LINKS_MAX; id++) {
        struct link *link = &modem->links[id];
        bool was_open = link->state == LINK_OPEN;

        link->dead = was_open && VARIANT_IS(modem, TCP_ON_POWER_LOSS, "silent");
        if (link->state != LINK_INITIAL)
            link_close(link, LINK_CLOSED);
        if (was_open && VARIANT_ON(modem, PDP_DROP_URC))
            esp8266_link_closed(modem, link);
    }
}

void esp8266_bearer_lost(struct modem *modem)
{
    modem->network.attached = false;
    links_die(modem);
    esp8266_say(modem, OUT_URC, "WIFI DISCONNECT");
    if (VARIANT_ON(modem, WIFI_RECONNECT))
        network_bearer_later(modem, VARIANT_NUMBER(modem, REG_MS), rejoin_due);
}

static int join_failed(struct modem *modem, enum join result)
{
    esp8266_say(modem, OUT_ANSWER, "+CWJAP:%d", (int)result);
    print_event("--", "'%s' is not joined", modem->esp8266.trying.ssid);
    if (esp8266_is_at2(modem))
        return AT_ERROR;
    out_line(modem, OUT_ANSWER, "FAIL");
    return AT_DONE;
}

static int join_ends(struct modem *modem)
{
    struct esp8266 *esp = &modem->esp8266;
    enum join result = join_result(modem, &esp->trying);

    if (result != JOIN_OK)
        return join_failed(modem, result);
    esp->wanted = esp->trying;
    if (esp->trying_stores)
        esp->stored = esp->trying;
    joined(modem, OUT_ANSWER);
    return AT_OK;
}

static int ask_join(struct modem *modem, const char *name)
{
    if (!modem->network.bearer_up)
        esp8266_say(modem, OUT_ANSWER, "No AP");
    else
        esp8266_say(modem, OUT_ANSWER, "%s:\"%s\",\"30:23:03:b8:00:5e\",12,%ld%s", name,
                    modem->esp8266.wanted.ssid, 2 * modem->network.csq - 113,
                    esp8266_is_at2(modem) ? ",0,0,0,0,0" : "");
    return AT_OK;
}

/* Whoever joins another access point leaves the first one, and its links with it. */
static int join(struct modem *modem, const struct at_call *call, const char *name, bool stores)
{
    struct esp8266 *esp = &modem->esp8266;

    if (call->kind == AT_QUERY)
        return ask_join(modem, name);
    if (call->argc < 1 || !call->arg[0].quoted || strlen(call->arg[0].text) >= ESP8266_SSID_MAX ||
        (call->argc > 1 && strlen(call->arg[1].text) >= ESP8266_PASSWORD_MAX))
        return AT_ERROR;
    snprintf(esp->trying.ssid, sizeof esp->trying.ssid, "%s", call->arg[0].text);
    snprintf(esp->trying.password, sizeof esp->trying.password, "%s",
             call->argc > 1 ? call->arg[1].text : "");
    esp->trying_stores = stores;
    esp->wanted = esp->trying;
    network_drop_bearer(modem);
    uv_timer_stop(&modem->network.bearer);
    return at_later(modem, VARIANT_NUMBER(modem, BEARER_MS), join_ends);
}

static int run_cwjap(struct modem *modem, const struct at_call *call)
{
    return join(modem, call, "+CWJAP", !esp8266_is_at2(modem) || !modem->esp8266.no_sysstore);
}

static int run_cwjap_cur(struct modem *modem, const struct at_call *call)
{
    return esp8266_is_at2(modem) ? at_unknown(modem) : join(modem, call, "+CWJAP_CUR", false);
}

/* ---- mode, state, addresses ---- */

static int run_cwmode(struct modem *modem, const struct at_call *call)
{
    long mode;

    if (call->kind == AT_QUERY) {
        esp8266_say(modem, OUT_ANSWER, "+CWMODE:%d", modem->esp8266.cwmode);
        return AT_OK;
    }
    if (!at_number(call, 0, 1, 3, &mode))
        return AT_ERROR;
    if (mode == modem->esp8266.cwmode && VARIANT_ON(modem, CWMODE_SAME)) {
        out_line(modem, OUT_ANSWER, "no change");
        return AT_DONE;
    }
    modem->esp8266.cwmode = (int)mode;
    return AT_OK;
}

static int run_cwmode_cur(struct modem *modem, const struct at_call *call)
{
    return esp8266_is_at2(modem) ? at_unknown(modem) : run_cwmode(modem, call);
}

/* 2: joined with an address, 0: nothing tried, 3: trying, 4: not joined. */
static int run_cwstate(struct modem *modem, const struct at_call *call)
{
    const char *ssid = modem->esp8266.wanted.ssid;
    int state = modem->network.bearer_up ? 2 : ssid[0] != '\0' ? 4 : 0;

    (void)call;
    if (!esp8266_is_at2(modem))
        return at_unknown(modem);
    esp8266_say(modem, OUT_ANSWER, "+CWSTATE:%d,\"%s\"", state, ssid);
    return AT_OK;
}

static int run_cifsr(struct modem *modem, const struct at_call *call)
{
    (void)call;
    esp8266_say(modem, OUT_ANSWER, "+CIFSR:STAIP,\"%s\"\r\n+CIFSR:STAMAC,\"%s\"",
                modem->network.bearer_up ? VARIANT_TEXT(modem, LOCAL_IP) : "0.0.0.0",
                VARIANT_TEXT(modem, MAC));
    return AT_OK;
}

static int run_cipstamac(struct modem *modem, const struct at_call *call)
{
    (void)call;
    esp8266_say(modem, OUT_ANSWER, "+CIPSTAMAC:\"%s\"", VARIANT_TEXT(modem, MAC));
    return AT_OK;
}

/* ---- name service ---- */

static bool resolve(struct modem *modem, const char *host, char ip[ROUTE_IP_MAX])
{
    if (!modem->network.bearer_up || !names_answer(modem))
        return false;
    if (VARIANT_IS(modem, DNS, "wrong")) {
        snprintf(ip, ROUTE_IP_MAX, "203.0.113.1");
        return true;
    }
    return route_resolve(&modem->routes, host, ip);
}

static int run_cipdomain(struct modem *modem, const struct at_call *call)
{
    char ip[ROUTE_IP_MAX];

    if (VARIANT_IS(modem, DNS, "timeout"))
        return AT_SILENT;
    if (!resolve(modem, call->arg[0].text, ip)) {
        esp8266_say(modem, OUT_ANSWER, "DNS Fail");
        return AT_ERROR;
    }
    esp8266_say(modem, OUT_ANSWER, esp8266_is_at2(modem) ? "+CIPDOMAIN:\"%s\"" : "+CIPDOMAIN:%s", ip);
    return AT_OK;
}

static int set_servers(struct modem *modem, const struct at_call *call)
{
    long on;

    if (!at_number(call, 0, 0, 1, &on))
        return AT_ERROR;
    if (on == 0)
        names_reset(modem);
    return on == 1 && call->argc > 1 ? names_set(modem, call, 1) : AT_OK;
}

static int run_cipdns(struct modem *modem, const struct at_call *call)
{
    return esp8266_is_at2(modem) ? set_servers(modem, call) : at_unknown(modem);
}

static int run_cipdns_cur(struct modem *modem, const struct at_call *call)
{
    return esp8266_is_at2(modem) ? at_unknown(modem) : set_servers(modem, call);
}

const struct at_command esp8266_wifi_commands[] = {
    {"+CWJAP", run_cwjap, AT_QUERY | AT_SET, 0},
    {"+CWJAP_CUR", run_cwjap_cur, AT_QUERY | AT_SET, 0},
    {"+CWMODE", run_cwmode, AT_QUERY | AT_SET, 0},
    {"+CWMODE_CUR", run_cwmode_cur, AT_QUERY | AT_SET, 0},
    {"+CWSTATE", run_cwstate, AT_QUERY, 0},
    {"+CIFSR", run_cifsr, AT_EXEC, 0},
    {"+CIPSTAMAC", run_cipstamac, AT_QUERY, 0},
    {"+CIPDOMAIN", run_cipdomain, AT_SET, 0},
    {"+CIPDNS", run_cipdns, AT_SET, 0},
    {"+CIPDNS_CUR", run_cipdns_cur, AT_SET, 0},
    {NULL, NULL, 0, 0},
};
