/* CIPSTATUS (A7): one line for one link; without a number OK comes first and the lines behind it. */
#include "at_result.h"
#include "modem.h"
#include "simcom_cip.h"

#include <stdio.h>

static const char *link_word(const struct link *link)
{
    switch (link->state) {
    case LINK_INITIAL:
        return "INITIAL";
    case LINK_CONNECTING:
        return "CONNECTING";
    case LINK_OPEN:
        return "CONNECTED";
    case LINK_REMOTE_CLOSING:
        return "REMOTE CLOSING";
    case LINK_CLOSED:
        return "CLOSED";
    }
    return "";
}

static const char *single_word(const struct link *link)
{
    switch (link->state) {
    case LINK_INITIAL:
        return "IP STATUS";
    case LINK_CONNECTING:
        return "TCP CONNECTING";
    case LINK_OPEN:
        return "CONNECT OK";
    case LINK_REMOTE_CLOSING:
        return "TCP CLOSING";
    case LINK_CLOSED:
        return "TCP CLOSED";
    }
    return "";
}

static bool was_used(const struct modem *modem)
{
    return links_count(modem, LINK_INITIAL) < LINKS_MAX;
}

static const char *stack_word(const struct modem *modem)
{
    switch (modem->cip.state) {
    case IP_INITIAL:
        return "IP INITIAL";
    case IP_START:
        return "IP START";
    case IP_CONFIG:
        return "IP CONFIG";
    case IP_GPRSACT:
        return "IP GPRSACT";
    case IP_STATUS:
        if (modem->settings.mux == 0)
            return single_word(&modem->links[0]);
        return was_used(modem) ? "IP PROCESSING" : "IP STATUS";
    case IP_DEACT:
        return "PDP DEACT";
    }
    return "";
}

static int describe(const struct link *link, char *out, size_t room)
{
    if (link->state == LINK_INITIAL)
        return snprintf(out, room, "%d,,\"\",\"\",\"\",\"INITIAL\"", link->id);
    return snprintf(out, room, "%d,0,\"TCP\",\"%s\",\"%u\",\"%s\"", link->id, link->ip, link->port,
                    link_word(link));
}

static int one(struct modem *modem, const struct at_call *call)
{
    char text[128];
    int next;
    const struct link *link = simcom_cip_link(modem, call, 0, &next);

    if (link == NULL || modem->settings.mux == 0)
        return AT_ERROR;
    if (link->rx_length > 0)
        simcom_cip_say_extra(modem, link);
    describe(link, text, sizeof text);
    out_line(modem, OUT_ANSWER, "+CIPSTATUS: %s", text);
    return AT_OK;
}

static int run_cipstatus(struct modem *modem, const struct at_call *call)
{
    char text[1200];
    int used = 0;

    if (call->kind == AT_SET)
        return one(modem, call);
    at_result(modem, AT_OK);
    out_line(modem, OUT_ANSWER, "STATE: %s", stack_word(modem));
    if (modem->settings.mux == 0)
        return AT_DONE;
    for (int id = 0; id < modem->profile->links; id++) {
        used += snprintf(text + used, sizeof text - (size_t)used, "%sC: ", id > 0 ? "\r\n" : "");
        used += describe(&modem->links[id], text + used, sizeof text - (size_t)used);
    }
    out_line(modem, OUT_ANSWER, "%s", text);
    return AT_DONE;
}

const struct at_command simcom_cip_status_commands[] = {
    {"+CIPSTATUS", run_cipstatus, AT_EXEC | AT_SET, 0},
    {NULL, NULL, 0, 0},
};
