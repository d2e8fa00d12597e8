#include "modem_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_MAX ((size_t)1 << 20)

static void note(struct modem_rig *rig, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void note(struct modem_rig *rig, const char *format, ...)
{
    char line[512];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    assert_int_equal(buf_append_text(&rig->diary, line), 0);
    assert_int_equal(buf_append_text(&rig->diary, "\n"), 0);
}

static void on_ready(void *arg)
{
    note(arg, "ready");
}

static void on_progress(void *arg, const char *state, const char *why)
{
    struct modem_rig *rig = arg;

    snprintf(rig->last_progress, sizeof(rig->last_progress), "%s: %s", state, why);
}

static void on_failed(void *arg, enum uplink_layer layer, enum uplink_hope hope, const char *why)
{
    static const char *const hopes[] = {[UPLINK_RETRY] = "retry",
                                        [UPLINK_RESTARTED] = "restarted",
                                        [UPLINK_WEAK] = "weak",
                                        [UPLINK_UNFINISHED] = "unfinished",
                                        [UPLINK_HOPELESS] = "hopeless"};

    note(arg, "failed %s, %s: %s", uplink_layer_name(layer), hopes[hope], why);
}

static void on_stopped(void *arg)
{
    note(arg, "stopped");
}

static void on_time(void *arg, int64_t earliest_ms, uint32_t slack_ms)
{
    struct modem_rig *rig = arg;

    rig->times++;
    rig->earliest_ms = earliest_ms;
    rig->slack_ms = slack_ms;
}

static void on_open(void *arg)
{
    note(arg, "open");
}

static void on_bytes(void *arg, const uint8_t *data, size_t len)
{
    struct modem_rig *rig = arg;

    assert_int_equal(buf_append(&rig->received, data, len), 0);
}

static void on_room(void *arg)
{
    struct modem_rig *rig = arg;

    rig->rooms++;
    if (rig->on_room) {
        rig->on_room(rig);
    }
}

static void on_closed(void *arg, enum stream_fault fault, const char *why)
{
    if (fault == STREAM_FAULT_NONE) {
        note(arg, "%s", stream_fault_name(fault));
    } else {
        note(arg, "%s: %s", stream_fault_name(fault), why);
    }
}

static void create(struct modem_rig *rig)
{
    rig->modem = modem_create(rig->sched, &rig->fake->port, &rig->config);
    assert_non_null(rig->modem);
    rig->uplink = modem_uplink(rig->modem);
    rig->uplink->events = (struct uplink_events){on_ready, on_progress, on_failed, on_stopped, on_time};
    rig->uplink->arg = rig;
    rig->stream = rig->uplink->stream;
    rig->stream->events = (struct stream_events){on_open, on_bytes, on_room, on_closed};
    rig->stream->arg = rig;
}

void modem_rig_begin(struct modem_rig *rig, const char *profile, const char *source_dir)
{
    memset(rig, 0, sizeof(*rig));
    rig->source_dir = source_dir;
    rig->sched = sched_create_virtual(7);
    assert_non_null(rig->sched);
    rig->fake = fake_port_create(rig->sched, 11);
    buf_init(&rig->diary, READ_MAX);
    buf_init(&rig->received, READ_MAX);
    snprintf(rig->state_dir, sizeof(rig->state_dir), "/tmp/blynkd-modem-XXXXXX");
    assert_non_null(mkdtemp(rig->state_dir));
    snprintf(rig->config.profile, sizeof(rig->config.profile), "%s", profile);
    snprintf(rig->config.apn, sizeof(rig->config.apn), "internet");
    snprintf(rig->config.state_dir, sizeof(rig->config.state_dir), "%s", rig->state_dir);
    rig->config.command_gap_ms = -1;
    create(rig);
}

void modem_rig_renew(struct modem_rig *rig)
{
    modem_destroy(rig->modem);
    port_close(&rig->fake->port);
    create(rig);
}

void modem_rig_allow_roaming(struct modem_rig *rig)
{
    rig->config.allow_roaming = true;
    modem_rig_renew(rig);
}

static void remove_state(const struct modem_rig *rig)
{
    static const char *const names[] = {"pin_attempts", "pin_attempts.new"};
    char path[128];

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", rig->state_dir, names[i]);
        unlink(path);
    }
    rmdir(rig->state_dir);
}

void modem_rig_free(struct modem_rig *rig)
{
    sched_settle(rig->sched); /* what is being written is written */
    modem_destroy(rig->modem);
    port_destroy(&rig->fake->port);
    sched_settle(rig->sched);
    sched_close(rig->sched);
    buf_free(&rig->diary);
    buf_free(&rig->received);
    remove_state(rig);
}

static char *read_log(struct modem_rig *rig, const char *name)
{
    char path[512];
    char *text = calloc(1, READ_MAX);

    snprintf(path, sizeof(path), "%s/tests/logs/%s", rig->source_dir, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_non_null(text);
    assert_true(fread(text, 1, READ_MAX - 1, file) > 0);
    fclose(file);
    return text;
}

/* Where the command of that number begins, or the end of the text. */
static char *find_command(char *text, unsigned number)
{
    char *at = strncmp(text, ">> ", 3) == 0 ? text : strstr(text, "\n>> ");

    for (; at && number > 0; number--) {
        at = strstr(at + 1, "\n>> ");
    }
    return at ? at + (*at == '\n') : text + strlen(text);
}

void modem_rig_play_then(struct modem_rig *rig, const char *name, unsigned exchanges, const char *script,
                         uint64_t ms)
{
    char *text = read_log(rig, name);
    char *end = find_command(text, exchanges);

    assert_true((size_t)(end - text) + strlen(script) < READ_MAX);
    memcpy(end, script, strlen(script) + 1);
    struct fake_modem *modem = fake_modem_create(rig->fake, name, text);
    free(text);
    fake_modem_play(modem, ms);
    fake_modem_destroy(modem);
}

/* ---- a modem without a script ---- */

/* As an A7 answers that is registered and willing. */
static const struct modem_rig_answer usual[] = {
    {"ATI\r", "\r\nAi Thinker Co.LTD\r\nA7\r\nV03.03.20160710006H03\r\n\r\nOK\r\n"},
    {"AT+CGMM\r", "\r\nA7\r\n\r\nOK\r\n"},
    {"AT+GSN\r", "\r\n865067020000001\r\n\r\nOK\r\n"},
    {"AT+CPIN?\r", "\r\n+CPIN:READY\r\n\r\nOK\r\n"},
    {"AT+CCID\r", "\r\n+SCID: SIM Card ID: 898602#4221620070426\r\n\r\nOK\r\n"},
    {"AT+CREG?\r", "\r\n+CREG: 1,1\r\n\r\nOK\r\n"},
    {"AT+CSQ\r", "\r\n+CSQ: 23,99\r\n\r\nOK\r\n"},
    {"AT+COPS?\r", "\r\n+COPS: 0,0,\"CMCC\"\r\n\r\nOK\r\n"},
    {"AT+CIPSHUT\r", "\r\n+CME ERROR:50\r\n"},
    {"AT+CGATT?\r", "\r\n+CGATT: 1\r\n\r\nOK\r\n"},
    {"AT+CIFSR\r", "\r\n10.8.18.69\r\n\r\nOK\r\n"},
    {"AT+CIPSTATUS\r", "\r\n+CIPSTATUS:0,IP GPRSACT\r\n1,IP INITIAL\r\n\r\nOK\r\n"},
};

static const char *answer_of(const struct modem_rig *rig, const char *command)
{
    for (size_t i = rig->answer_count; i > 0; i--) {
        if (strcmp(rig->answers[i - 1].command, command) == 0) {
            return rig->answers[i - 1].answer;
        }
    }
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
        if (strcmp(usual[i].command, command) == 0) {
            return usual[i].answer;
        }
    }
    return "\r\nOK\r\n";
}

void modem_rig_answer_with(struct modem_rig *rig, const char *command, const char *answer)
{
    struct modem_rig_answer *entry = &rig->answers[rig->answer_count++];

    assert_true(rig->answer_count <= sizeof(rig->answers) / sizeof(rig->answers[0]));
    snprintf(entry->command, sizeof(entry->command), "%s", command);
    snprintf(entry->answer, sizeof(entry->answer), "%s", answer);
}

/* True if a whole command was there. */
static bool take_command(struct modem_rig *rig, char *command, size_t size)
{
    const uint8_t *bytes = buf_bytes(&rig->fake->written);
    const uint8_t *end = memchr(bytes, '\r', buf_len(&rig->fake->written));

    if (!end) {
        return false;
    }
    size_t len = (size_t)(end - bytes) + 1;
    assert_true(len < size);
    memcpy(command, bytes, len);
    command[len] = '\0';
    buf_consume(&rig->fake->written, len);
    return true;
}

void modem_rig_answer_until(struct modem_rig *rig, const char *stop, uint64_t ms)
{
    char command[256];

    for (uint64_t passed_ms = 0; passed_ms <= ms; passed_ms += 20) {
        sched_settle(rig->sched);
        while (take_command(rig, command, sizeof(command))) {
            if (stop && strcmp(command, stop) == 0) {
                return;
            }
            fake_port_feed_text(rig->fake, answer_of(rig, command));
            sched_settle(rig->sched);
        }
        sched_advance(rig->sched, 20);
    }
    assert_null(stop);
}

void modem_rig_answer(struct modem_rig *rig, uint64_t ms)
{
    modem_rig_answer_until(rig, NULL, ms);
}

void modem_rig_play_until(struct modem_rig *rig, const char *name, unsigned exchanges, uint64_t ms)
{
    char *text = read_log(rig, name);

    *find_command(text, exchanges) = '\0';
    struct fake_modem *modem = fake_modem_create(rig->fake, name, text);
    free(text);
    for (uint64_t passed_ms = 0; passed_ms < ms && !fake_modem_is_done(modem); passed_ms += 20) {
        sched_advance(rig->sched, 20);
    }
    assert_true(fake_modem_is_done(modem));
    fake_modem_destroy(modem);
}

unsigned modem_rig_count(struct modem_rig *rig, const char *name)
{
    char *text = read_log(rig, name);
    unsigned count = 0;

    while (*find_command(text, count)) {
        count++;
    }
    free(text);
    return count;
}

void modem_rig_play(struct modem_rig *rig, const char *name, uint64_t ms)
{
    modem_rig_play_then(rig, name, UINT32_MAX, "", ms);
}

void modem_rig_say(struct modem_rig *rig, const char *script, uint64_t ms)
{
    struct fake_modem *modem = fake_modem_create(rig->fake, "the test's script", script);

    fake_modem_play(modem, ms);
    fake_modem_destroy(modem);
}

void modem_rig_hear(struct modem_rig *rig, const char *text)
{
    fake_port_feed_text(rig->fake, text);
    sched_settle(rig->sched);
}

void modem_rig_start(struct modem_rig *rig, enum uplink_rung rung)
{
    assert_int_equal(rig->uplink->ops->start(rig->uplink, rung), 0);
}

void modem_rig_bring_up(struct modem_rig *rig, const char *log)
{
    modem_rig_start(rig, UPLINK_RUNG_REDIAL);
    modem_rig_play(rig, log, 200000);
    modem_rig_expect(rig, "ready\n");
}

void modem_rig_connect(struct modem_rig *rig, const char *log)
{
    assert_int_equal(stream_open(rig->stream, "blynk.cloud", 80), 0);
    modem_rig_play(rig, log, 100000);
    modem_rig_expect(rig, "open\n");
}

void modem_rig_expect(struct modem_rig *rig, const char *diary)
{
    sched_settle(rig->sched);
    assert_int_equal(buf_append(&rig->diary, "", 1), 0);
    assert_string_equal((const char *)buf_bytes(&rig->diary), diary);
    buf_clear(&rig->diary);
}

void modem_rig_expect_bytes(struct modem_rig *rig, const void *data, size_t len)
{
    sched_settle(rig->sched);
    assert_int_equal(buf_len(&rig->received), len);
    assert_memory_equal(buf_bytes(&rig->received), data, len);
    buf_clear(&rig->received);
}

void modem_rig_expect_why(struct modem_rig *rig, const char *part)
{
    if (!strstr(rig->last_progress, part)) {
        fail_msg("\"%s\" does not say \"%s\"", rig->last_progress, part);
    }
}
