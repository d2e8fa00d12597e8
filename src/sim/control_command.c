/* The words of the control socket. */
#include "control.h"

#include "modem.h"
#include "print.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fail(char *answer, size_t room, const char *problem)
{
    snprintf(answer, room, "error %s", problem);
}

static void do_fault(struct modem *modem, const char *argument, char *answer, size_t room)
{
    char problem[1024];

    if (fault_apply(modem, argument, problem, sizeof problem) < 0)
        fail(answer, room, problem);
}

static void do_clear(struct modem *modem, const char *argument, char *answer, size_t room)
{
    char problem[1024];

    if (fault_clear(modem, argument, problem, sizeof problem) < 0)
        fail(answer, room, problem);
}

static void do_variant(struct modem *modem, const char *argument, char *answer, size_t room)
{
    char problem[2048];

    if (variants_set(&modem->variants, argument, problem, sizeof problem) < 0)
        fail(answer, room, problem);
}

static void do_csq(struct modem *modem, const char *argument, char *answer, size_t room)
{
    char *after;
    long number = strtol(argument, &after, 10);

    if (after == argument || *after != '\0' || number < 0 || number > 199)
        fail(answer, room, "csq takes a number from 0 to 31, or 99");
    else
        modem->network.csq = number;
}

static void do_send_urc(struct modem *modem, const char *argument, char *answer, size_t room)
{
    if (uart_room(&modem->uart) < CONTROL_LINE + 16)
        fail(answer, room, "too much is waiting for the host");
    else
        out_line(modem, OUT_URC, "%s", argument);
}

/* \r \n \\ \xNN; the result is never longer than the text. */
static size_t unescape(const char *text, unsigned char *out)
{
    size_t used = 0;

    while (*text != '\0') {
        if (text[0] == '\\' && text[1] == 'x' && isxdigit((unsigned char)text[2]) &&
            isxdigit((unsigned char)text[3])) {
            const char digits[] = {text[2], text[3], '\0'};

            out[used++] = (unsigned char)strtoul(digits, NULL, 16);
            text += 4;
        } else if (text[0] == '\\' && text[1] != '\0') {
            out[used++] = (unsigned char)(text[1] == 'r' ? '\r' : text[1] == 'n' ? '\n' : text[1]);
            text += 2;
        } else {
            out[used++] = (unsigned char)*text++;
        }
    }
    return used;
}

static void do_send_raw(struct modem *modem, const char *argument, char *answer, size_t room)
{
    unsigned char bytes[CONTROL_LINE];

    if (uart_room(&modem->uart) < sizeof bytes)
        fail(answer, room, "too much is waiting for the host");
    else
        out_bytes(modem, OUT_URC, bytes, unescape(argument, bytes));
}

static void do_power(struct modem *modem, const char *argument, char *answer, size_t room)
{
    if (strcmp(argument, "off") == 0 && modem->power != POWER_OFF)
        modem_power_off(modem);
    else if (strcmp(argument, "on") == 0 && modem->power == POWER_OFF)
        modem_reboot(modem, "switched on", true);
    else if (strcmp(argument, "on") != 0 && strcmp(argument, "off") != 0)
        fail(answer, room, "power takes on or off");
}

static const char *power_name(enum power power)
{
    switch (power) {
    case POWER_OFF:
        return "off";
    case POWER_BOOTING:
        return "booting";
    case POWER_ON:
        return "on";
    }
    return "";
}

static void do_status(struct modem *modem, const char *argument, char *answer, size_t room)
{
    char faults[512];
    size_t used;

    (void)argument;
    fault_names(modem, faults, sizeof faults);
    snprintf(answer, room,
             "ok profile=%s power=%s pts=%s host=%s sim=%s registration=%d attached=%d bearer=%d csq=%ld "
             "faults=%s",
             modem->profile->name, power_name(modem->power), uart_pts(&modem->uart),
             modem->uart.host_open ? "open" : "closed", sim_lock_name(sim_card_lock(&modem->sim)),
             (int)modem->network.registration, modem->network.attached, modem->network.bearer_up,
             modem->network.csq, faults);
    for (int id = 0; id < LINKS_MAX; id++) {
        const struct link *link = &modem->links[id];

        used = strlen(answer);
        if (link->state != LINK_INITIAL)
            snprintf(answer + used, room - used, " link%d=%s,%s:%u%s", id, link_state_name(link->state),
                     link->host, link->port, link->dead ? ",dead" : "");
    }
}

static void reset_stats(struct modem *modem)
{
    modem->stats.reset_commands = modem->stats.commands;
    modem->stats.reset_in = modem->uart.bytes_in;
    modem->stats.reset_out = modem->uart.bytes_out;
}

static void do_stats(struct modem *modem, const char *argument, char *answer, size_t room)
{
    const struct stats *stats = &modem->stats;
    const struct uart *uart = &modem->uart;

    if (strcmp(argument, "reset") == 0) {
        reset_stats(modem);
        return;
    }
    snprintf(answer, room,
             "ok commands=%" PRIu64 " bytes_in=%" PRIu64 " bytes_out=%" PRIu64 " bytes_lost=%" PRIu64
             " opens=%" PRIu64 " sends=%" PRIu64 " boots=%" PRIu64 " pins_used=%" PRIu64
             " pins_wrong=%" PRIu64 " pin_tries_left=%d puk_tries_left=%d since_reset_commands=%" PRIu64
             " since_reset_bytes_in=%" PRIu64 " since_reset_bytes_out=%" PRIu64,
             stats->commands, uart->bytes_in, uart->bytes_out, uart->bytes_lost, stats->opens, stats->sends,
             stats->boots, stats->pins_used, stats->pins_wrong, modem->sim.pin_tries, modem->sim.puk_tries,
             stats->commands - stats->reset_commands, uart->bytes_in - stats->reset_in,
             uart->bytes_out - stats->reset_out);
}

static void do_help(struct modem *modem, const char *argument, char *answer, size_t room)
{
    (void)modem;
    (void)argument;
    snprintf(answer, room,
             "ok fault SPEC | clear NAME|all | variant KEY=VALUE | csq N | power on|off | send-urc TEXT | "
             "send-raw ESCAPED | status "
             "| stats [reset] | help");
}

static const struct {
    const char *name;
    void (*run)(struct modem *modem, const char *argument, char *answer, size_t room);
} words[] = {
    {"fault", do_fault},       {"clear", do_clear},       {"variant", do_variant}, {"csq", do_csq},
    {"send-urc", do_send_urc}, {"send-raw", do_send_raw}, {"power", do_power},     {"status", do_status},
    {"stats", do_stats},       {"help", do_help},
};

void control_run(struct modem *modem, char *line, char *answer, size_t room)
{
    size_t length = strcspn(line, " ");
    const char *argument = line + length + strspn(line + length, " ");

    snprintf(answer, room, "ok");
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strlen(words[i].name) != length || strncmp(words[i].name, line, length) != 0)
            continue;
        words[i].run(modem, argument, answer, room);
        return;
    }
    snprintf(answer, room, "error '%.*s' is not understood; help lists the words", (int)length, line);
}
