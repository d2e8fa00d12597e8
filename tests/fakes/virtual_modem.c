#include "virtual_modem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_MS  20
#define LATE_MS    45000
#define BOOT_MS    8000
#define GAVE_UP_MS 30000 /* COMMAND NO RESPONSE! */

static bool has(const struct virtual_modem *modem, enum vm_fault fault)
{
    return modem->faults[fault];
}

/* ---- bytes to the host ---- */

static void say_bytes(struct virtual_modem *modem, const void *data, size_t len)
{
    const uint8_t *bytes = data;

    if (has(modem, VM_MUTE) || modem->starting) {
        return;
    }
    for (size_t i = 0; i < len; i++) {
        uint8_t byte = bytes[i];
        modem->bytes_out++;
        if (has(modem, VM_LOSE) && modem->bytes_out % 97 == 0) {
            continue;
        }
        if (has(modem, VM_GARBLE) && modem->bytes_out % 101 == 0) {
            byte ^= 0x11;
        }
        fake_port_feed(modem->port, &byte, 1);
    }
}

static void say(struct virtual_modem *modem, const char *text)
{
    say_bytes(modem, text, strlen(text));
}

static void on_answer(void *arg)
{
    struct virtual_modem *modem = arg;
    void (*then)(struct virtual_modem * modem) = modem->then;

    modem->busy = false;
    modem->then = NULL;
    say_bytes(modem, buf_bytes(&modem->answer), buf_len(&modem->answer));
    buf_clear(&modem->answer);
    if (then) {
        then(modem);
    }
}

/* What ends the command that is being answered. */
static void answer_in(struct virtual_modem *modem, const char *text, uint64_t ms)
{
    modem->busy = true;
    assert_int_equal(buf_append(&modem->answer, text, strlen(text)), 0);
    timer_start(modem->sched, &modem->answer_timer, has(modem, VM_LATE) ? LATE_MS : ms);
}

static void answer(struct virtual_modem *modem, const char *text)
{
    answer_in(modem, text, ANSWER_MS);
}

static void ok(struct virtual_modem *modem)
{
    answer(modem, modem->numeric ? "0\r" : "\r\nOK\r\n");
}

static void error(struct virtual_modem *modem, const char *words)
{
    answer(modem, modem->numeric ? "4\r" : words);
}

static void tell(struct virtual_modem *modem, const char *info)
{
    answer(modem, info);
    assert_int_equal(
        buf_append(&modem->answer, modem->numeric ? "0\r" : "\r\nOK\r\n", modem->numeric ? 2 : 6), 0);
}

/* ---- power ---- */

static void drop_link(struct virtual_modem *modem)
{
    if (modem->link == VM_LINK_OPENING || modem->link == VM_LINK_UP) {
        modem->link = VM_LINK_CLOSING;
        stream_close(&modem->net->stream);
    }
}

static void on_booted(void *arg)
{
    struct virtual_modem *modem = arg;

    modem->starting = false;
    say(modem, "\r\n^CINIT: 1, 0, 0\r\n\r\n^CINIT: 2, 32, 41891\r\n\r\n^CINIT: 8, 2048, 1\r\n\r\n"
               "^CINIT: 16, 0, 1638450\r\n\r\n^CINIT: 32, 0, 0\r\n");
}

static void restart(struct virtual_modem *modem)
{
    modem->boots++;
    modem->starting = true;
    modem->echo = true;
    modem->numeric = false;
    modem->several = false;
    modem->bearer = false;
    modem->busy = false;
    modem->line_len = 0;
    modem->payload_left = 0;
    modem->then = NULL;
    buf_clear(&modem->answer);
    buf_clear(&modem->payload);
    timer_stop(&modem->answer_timer);
    drop_link(modem);
    timer_start(modem->sched, &modem->boot_timer, BOOT_MS);
}

/* ---- TCP ---- */

static void on_net_open(void *arg)
{
    struct virtual_modem *modem = arg;

    if (modem->link != VM_LINK_OPENING) {
        return;
    }
    modem->link = VM_LINK_UP;
    timer_stop(&modem->answer_timer);
    buf_clear(&modem->answer);
    modem->busy = false;
    say(modem, "\r\n+CIPNUM:0\r\n\r\nCONNECT OK\r\n\r\nOK\r\n");
}

static void on_net_bytes(void *arg, const uint8_t *data, size_t len)
{
    struct virtual_modem *modem = arg;
    char head[32];

    if (modem->link == VM_LINK_UP) {
        snprintf(head, sizeof(head), "\r\n+CIPRCV:0,%zu,", len);
        say(modem, head);
        say_bytes(modem, data, modem->tears ? len / 2 : len);
        modem->torn = modem->torn || modem->tears;
        modem->tears = false;
    }
}

static void on_net_room(void *arg)
{
    (void)arg;
}

static void on_net_closed(void *arg, enum stream_fault fault, const char *why)
{
    struct virtual_modem *modem = arg;
    enum vm_link before = modem->link;

    (void)why;
    (void)fault;
    modem->link = VM_LINK_FREE;
    if (before == VM_LINK_UP) {
        say(modem, "\r\n+TCPCLOSED:0\r\n");
    } else if (before == VM_LINK_OPENING) {
        timer_start(modem->sched, &modem->answer_timer, ANSWER_MS);
    }
}

static void open_link(struct virtual_modem *modem, const char *line)
{
    if (!modem->bearer || modem->link != VM_LINK_FREE) {
        error(modem, "\r\n+CME ERROR:3\r\n");
        return;
    }
    if (has(modem, VM_NO_DNS) && strstr(line, "blynk.cloud")) {
        answer_in(modem, "\r\n+CME ERROR:53\r\n", 2000);
        return;
    }
    answer_in(modem, "\r\nCOMMAND NO RESPONSE!\r\n", GAVE_UP_MS);
    modem->link = VM_LINK_OPENING;
    modem->net->fault = has(modem, VM_CONNECT_FAIL) ? STREAM_FAULT_CONNECT : STREAM_FAULT_NONE;
    modem->net->open_ms = 150;
    if (has(modem, VM_CONNECT_FAIL)) {
        modem->net->open_ms = GAVE_UP_MS - 1000;
    }
    assert_int_equal(stream_open(&modem->net->stream, "blynk.cloud", 80), 0);
}

static void show_links(struct virtual_modem *modem)
{
    static const char *const words[] = {
        [VM_LINK_FREE] = "IP INITIAL",
        [VM_LINK_OPENING] = "TCP/UDP CONNECTING",
        [VM_LINK_UP] = "CONNECT OK",
        [VM_LINK_CLOSING] = "IP CLOSE",
    };
    char text[256];

    snprintf(text, sizeof(text), "\r\n+CIPSTATUS:0,%s\r\n1,IP INITIAL\r\n2,IP INITIAL\r\n3,IP INITIAL\r\n",
             words[modem->link]);
    tell(modem, text);
}

static void close_link(struct virtual_modem *modem)
{
    bool was_up = modem->link == VM_LINK_UP || modem->link == VM_LINK_OPENING;

    drop_link(modem);
    if (was_up) {
        ok(modem);
    } else {
        error(modem, "\r\n+CME ERROR:3\r\n");
    }
}

/* ---- sending ---- */

static void prompt(struct virtual_modem *modem)
{
    say(modem, "\r\n> ");
}

static void begin_send(struct virtual_modem *modem, const char *line)
{
    const char *comma = strchr(line, ',');

    modem->sends++;
    if (modem->link != VM_LINK_UP || !comma) {
        error(modem, "\r\n+CME ERROR:3\r\n");
        return;
    }
    if (has(modem, VM_NO_PROMPT)) {
        return;
    }
    modem->payload_left = strtoul(comma + 1, NULL, 10);
    answer_in(modem, "", ANSWER_MS);
    modem->then = prompt;
}

static void end_send(struct virtual_modem *modem)
{
    modem->payload_bytes += buf_len(&modem->payload);
    if (has(modem, VM_BROWN_OUT)) {
        restart(modem);
        return;
    }
    if (has(modem, VM_SEND_FAIL) || modem->link != VM_LINK_UP) {
        error(modem, "\r\n+CME ERROR:58\r\n");
    } else {
        stream_write(&modem->net->stream, buf_bytes(&modem->payload), buf_len(&modem->payload));
        ok(modem);
    }
    buf_clear(&modem->payload);
}

/* ---- commands ---- */

static void set_mux(struct virtual_modem *modem)
{
    modem->several = true;
    ok(modem);
}

static void attach(struct virtual_modem *modem)
{
    ok(modem);
}

static void activate(struct virtual_modem *modem)
{
    if (has(modem, VM_WRONG_APN) || has(modem, VM_NO_SERVICE) || has(modem, VM_DENIED)) {
        error(modem, "\r\n+CME ERROR:148\r\n");
        return;
    }
    modem->bearer = true;
    ok(modem);
}

static void shut(struct virtual_modem *modem)
{
    if (!modem->bearer) {
        error(modem, "\r\n+CME ERROR:50\r\n");
        return;
    }
    modem->bearer = false;
    drop_link(modem);
    answer(modem, "\r\nSHUT OK\r\n");
}

static void show_registration(struct virtual_modem *modem)
{
    const char *text = "\r\n+CREG: 1,1\r\n";

    if (has(modem, VM_NO_SERVICE)) {
        text = "\r\n+CREG: 1,2\r\n";
    } else if (has(modem, VM_DENIED)) {
        text = "\r\n+CREG: 1,3\r\n";
    } else if (has(modem, VM_ROAMING)) {
        text = "\r\n+CREG: 1,5\r\n";
    }
    tell(modem, text);
}

static void show_sim(struct virtual_modem *modem)
{
    if (has(modem, VM_NO_SIM)) {
        error(modem, "\r\n+CME ERROR:10\r\n");
    } else {
        tell(modem, "\r\n+CPIN:READY\r\n");
    }
}

static void show_iccid(struct virtual_modem *modem)
{
    if (has(modem, VM_NO_SIM)) {
        error(modem, "\r\n+CME ERROR:10\r\n");
    } else {
        tell(modem, "\r\n+SCID: SIM Card ID: 898602#4221620070426\r\n");
    }
}

static void show_signal(struct virtual_modem *modem)
{
    tell(modem, has(modem, VM_NO_SERVICE) ? "\r\n+CSQ: 99,99\r\n" : "\r\n+CSQ: 23,99\r\n");
}

static void show_context(struct virtual_modem *modem)
{
    tell(modem, modem->bearer ? "\r\n+CGACT: 1,1\r\n" : "\r\n+CGACT: 1,0\r\n");
}

static void show_address(struct virtual_modem *modem)
{
    if (modem->bearer) {
        tell(modem, "\r\n10.8.18.69\r\n");
    } else {
        error(modem, "\r\n+CME ERROR:3\r\n");
    }
}

static void resolve(struct virtual_modem *modem)
{
    if (has(modem, VM_NO_DNS) || !modem->bearer) {
        error(modem, "\r\nERROR\r\n");
    } else {
        tell(modem, "\r\n203.0.113.7\r\n");
    }
}

static void echo_off(struct virtual_modem *modem)
{
    modem->echo = false;
    ok(modem);
}

static void verbose(struct virtual_modem *modem)
{
    modem->numeric = false;
    ok(modem);
}

/* The beginning of the line decides; the first match counts. */
static const struct {
    const char *start;
    void (*act)(struct virtual_modem *modem);
    const char *info; /* instead of `act` */
} commands[] = {
    {"ATE0", echo_off, NULL},
    {"ATV1", verbose, NULL},
    {"ATI", NULL, "\r\nAi Thinker Co.LTD\r\nA7\r\nV03.03.20160710006H03\r\n"},
    {"AT+CGMI", NULL, "\r\nAi Thinker Co.LTD\r\n"},
    {"AT+CGMM", NULL, "\r\nA7\r\n"},
    {"AT+CGMR", NULL, "\r\nV03.03.20160710006H03\r\n"},
    {"AT+GSN", NULL, "\r\n865067020000001\r\n"},
    {"AT+CPIN?", show_sim, NULL},
    {"AT+CCID", show_iccid, NULL},
    {"AT+CREG?", show_registration, NULL},
    {"AT+CSQ", show_signal, NULL},
    {"AT+COPS?", NULL, "\r\n+COPS: 0,0,\"CMCC\"\r\n"},
    {"AT+CIPSHUT", shut, NULL},
    {"AT+CGATT?", NULL, "\r\n+CGATT: 1\r\n"},
    {"AT+CGATT=1", attach, NULL},
    {"AT+CGACT?", show_context, NULL},
    {"AT+CGACT=1", activate, NULL},
    {"AT+CIPMUX=1", set_mux, NULL},
    {"AT+CIFSR", show_address, NULL},
    {"AT+CDNSGIP", resolve, NULL},
    {"AT+CIPSTATUS", show_links, NULL},
    {"AT+CIPCLOSE", close_link, NULL},
    {"AT+RST=1", restart, NULL},
};

static void on_line(struct virtual_modem *modem, const char *line)
{
    modem->commands++;
    if (modem->echo) {
        say(modem, line);
        say(modem, "\r\r");
    }
    if (strncmp(line, "AT", 2) != 0) {
        return; /* line noise */
    }
    if (strncmp(line, "AT+CIPSTART", 11) == 0) {
        open_link(modem, line);
        return;
    }
    if (strncmp(line, "AT+CIPSEND", 10) == 0) {
        begin_send(modem, line);
        return;
    }
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strncmp(line, commands[i].start, strlen(commands[i].start)) != 0) {
            continue;
        }
        if (commands[i].info) {
            tell(modem, commands[i].info);
        } else {
            commands[i].act(modem);
        }
        return;
    }
    ok(modem);
}

static void on_byte(struct virtual_modem *modem, char byte)
{
    if (byte == 0x1b && modem->payload_left > 0 && buf_len(&modem->payload) == 0) {
        modem->payload_left = 0; /* the host has given the prompt up */
        ok(modem);
        return;
    }
    if (modem->payload_left > 0 && !modem->busy) {
        assert_int_equal(buf_append(&modem->payload, &byte, 1), 0);
        if (--modem->payload_left == 0) {
            end_send(modem);
        }
        return;
    }
    if (byte == 0x1b || modem->busy) {
        modem->line_len = 0; /* the sheet's rule: a line that comes into an answer is lost */
        return;
    }
    if (byte != '\r' && modem->line_len + 1 < sizeof(modem->line)) {
        if (byte != '\n') {
            modem->line[modem->line_len++] = byte;
        }
        return;
    }
    modem->line[modem->line_len] = '\0';
    modem->line_len = 0;
    if (modem->line[0]) {
        on_line(modem, modem->line);
    }
    memset(modem->line, 0, sizeof(modem->line));
}

static bool is_sending(const struct virtual_modem *modem)
{
    return modem->payload_left > 0 || strncmp(modem->line, "AT+CIPSEND", 10) == 0;
}

static void on_written(void *observer, const uint8_t *data, size_t len)
{
    struct virtual_modem *modem = observer;

    fake_port_forget_written(modem->port);
    for (size_t i = 0; i < len; i++) {
        modem->bytes_in++;
        bool lost = has(modem, VM_LOSE_BACK) && modem->bytes_in % 89 == 0 && !is_sending(modem);
        if (!lost && !modem->starting && !has(modem, VM_MUTE)) {
            on_byte(modem, (char)data[i]);
        }
    }
}

static void on_urc(void *arg)
{
    static const char *const lines[] = {"\r\n+CTZV:22/03/14,09:12:44,+01\r\n", "\r\n+CIEV: \"MESSAGE\",1\r\n",
                                        "\r\nRING\r\n", "\r\n+CMTI: \"SM\",4\r\n"};
    struct virtual_modem *modem = arg;

    if (has(modem, VM_URCS)) {
        say(modem, lines[sched_random(modem->sched) % 4]);
        timer_start(modem->sched, &modem->urc_timer, 300);
    }
}

/* ---- faults ---- */

const char *vm_fault_name(enum vm_fault fault)
{
    static const char *const names[] = {
#define VM_NAME(name, word) [name] = (word),
        VM_FAULTS(VM_NAME)
#undef VM_NAME
    };
    return names[fault];
}

static void drop_bearer(struct virtual_modem *modem)
{
    modem->bearer = false;
    if (modem->link == VM_LINK_UP) {
        say(modem, "\r\n+TCPCLOSED:0\r\n");
    }
    drop_link(modem);
}

void virtual_modem_do(struct virtual_modem *modem, enum vm_fault fault)
{
    bool at_once = fault >= VM_REBOOT && fault < VM_UNPLUG;

    modem->faults[fault] = !at_once;
    if (fault == VM_REBOOT) {
        restart(modem);
    } else if (fault == VM_PDP_DROP || fault == VM_NO_SERVICE || fault == VM_DENIED) {
        drop_bearer(modem);
    } else if (fault == VM_NUMERIC) {
        modem->numeric = true;
    } else if (fault == VM_ECHO) {
        modem->echo = true;
    } else if (fault == VM_URCS) {
        timer_start(modem->sched, &modem->urc_timer, 300);
    } else if (fault == VM_NO_SIM) {
        say(modem, "\r\nSIM not inserted\r\n");
    } else if (fault == VM_UNPLUG) {
        fake_port_fail_open(modem->port, -ENOENT, "it is not there");
        if (modem->port->is_open) {
            fake_port_go_down(modem->port, -ENODEV, "unplugged");
        }
    }
}

void virtual_modem_clear(struct virtual_modem *modem, enum vm_fault fault)
{
    modem->faults[fault] = false;
    if (fault == VM_UNPLUG) {
        fake_port_fail_open(modem->port, 0, "");
    }
}

/* ---- life ---- */

struct virtual_modem *virtual_modem_create(struct sched *sched, struct fake_port *port,
                                           struct fake_stream *net)
{
    struct virtual_modem *modem = calloc(1, sizeof(*modem));

    assert_non_null(modem);
    modem->sched = sched;
    modem->port = port;
    modem->net = net;
    modem->echo = true;
    buf_init(&modem->payload, 4096);
    buf_init(&modem->answer, 4096);
    timer_init(&modem->answer_timer, on_answer, modem);
    timer_init(&modem->boot_timer, on_booted, modem);
    timer_init(&modem->urc_timer, on_urc, modem);
    port->on_written = on_written;
    port->observer = modem;
    net->stream.events = (struct stream_events){on_net_open, on_net_bytes, on_net_room, on_net_closed};
    net->stream.arg = modem;
    return modem;
}

void virtual_modem_destroy(struct virtual_modem *modem)
{
    timer_stop(&modem->answer_timer);
    timer_stop(&modem->boot_timer);
    timer_stop(&modem->urc_timer);
    buf_free(&modem->payload);
    buf_free(&modem->answer);
    free(modem);
}
