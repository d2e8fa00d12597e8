#include "at_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#define DIARY_MAX ((size_t)1 << 20)

static void write_entry(struct at_rig *rig, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void write_entry(struct at_rig *rig, const char *format, ...)
{
    char entry[2048];
    va_list args;

    va_start(args, format);
    vsnprintf(entry, sizeof(entry), format, args);
    va_end(args);
    assert_int_equal(buf_printf(&rig->diary, "%s\n", entry), 0);
    if (rig->on_entry) {
        rig->on_entry(rig, entry);
    }
}

/* ---- what the channel says ---- */

static void on_line(void *arg, const char *line, size_t len)
{
    struct at_rig_request *request = arg;

    assert_int_equal(line[len], 0);
    write_entry(request->rig, "  %s", line);
}

static void on_done(void *arg, const struct at_reply *reply)
{
    struct at_rig_request *request = arg;
    char pattern[16] = "";
    char code[16] = "";
    bool tell = *reply->text && strcmp(reply->text, "OK") != 0;

    request->ends++;
    if (reply->pattern >= 0) {
        snprintf(pattern, sizeof(pattern), " #%d", reply->pattern);
    }
    if (reply->code >= 0) {
        snprintf(code, sizeof(code), " %d", reply->code);
    }
    write_entry(request->rig, "%s: %s%s%s%s%s%s%s", request->request.text, at_result_name(reply->result),
                pattern, code, reply->sent_payload ? " sent" : "", tell ? " (" : "", tell ? reply->text : "",
                tell ? ")" : "");
}

static void on_urc(void *arg, const char *line, size_t len, const struct pattern_match *match)
{
    assert_int_equal(line[len], 0);
    assert_int_equal(match->count, 1);
    write_entry(arg, "urc %s", line);
}

static void on_payload(void *arg, const struct at_token *piece)
{
    write_entry(arg, "payload %ld %zu/%zu %.*s", piece->link, piece->offset, piece->total, (int)piece->len,
                (const char *)piece->data);
}

static void on_payload_lost(void *arg, long link)
{
    write_entry(arg, "lost %ld", link);
}

static void on_reboot(void *arg, const char *line)
{
    write_entry(arg, "reboot %s", line);
}

static void on_mute(void *arg)
{
    write_entry(arg, "mute");
}

static void on_late(void *arg, const char *line, size_t len)
{
    assert_int_equal(line[len], 0);
    write_entry(arg, "late %s", line);
}

static void on_down(void *arg, int error, const char *why)
{
    assert_non_null(why);
    write_entry(arg, "down %d", error);
}

/* ---- life ---- */

void at_rig_init(struct at_rig *rig)
{
    static const struct at_urc urcs[] = {{"+CREG: %d", on_urc}, {"+TCPCLOSED:%d", on_urc}, {NULL, NULL}};
    static const struct at_channel_events events = {
        .on_payload = on_payload,
        .on_payload_lost = on_payload_lost,
        .on_reboot = on_reboot,
        .on_mute = on_mute,
        .on_late = on_late,
        .on_down = on_down,
    };

    *rig = (struct at_rig){.sched = sched_create_virtual(1)};
    rig->fake = fake_port_create(rig->sched, 1);
    rig->trace = trace_create(rig->sched, 64 * 1024);
    rig->channel = at_channel_create(rig->sched, &rig->fake->port, rig->trace);
    assert_non_null(rig->trace);
    assert_non_null(rig->channel);
    buf_init(&rig->diary, DIARY_MAX);
    at_channel_set_events(rig->channel, &events, rig);
    assert_int_equal(at_channel_add_urcs(rig->channel, urcs, rig), 0);
    assert_int_equal(at_channel_start(rig->channel), 0);
    at_channel_set_echo(rig->channel, false);
}

void at_rig_init_ai_thinker(struct at_rig *rig)
{
    static const char *const boot_lines[] = {"READY", "Init...", "^CINIT:%d,*", NULL};
    static const struct at_manner manner = {.boot_lines = boot_lines};
    static const struct at_announce announces[] = {{"+CIPRCV:%l,%n,"}, {NULL}};

    at_rig_init(rig);
    at_channel_set_manner(rig->channel, &manner);
    at_channel_set_announces(rig->channel, announces);
}

void at_rig_free(struct at_rig *rig)
{
    at_channel_destroy(rig->channel);
    trace_destroy(rig->trace);
    port_destroy(&rig->fake->port);
    sched_close(rig->sched);
    buf_free(&rig->diary);
}

void at_rig_prepare(struct at_rig *rig, struct at_rig_request *request, const char *text,
                    const struct at_expect *expect)
{
    *request = (struct at_rig_request){.rig = rig};
    snprintf(request->request.text, sizeof(request->request.text), "%s", text);
    request->request.expect = expect;
    request->request.priority = AT_PRIORITY_NORMAL;
    request->request.on_line = on_line;
    request->request.on_done = on_done;
    request->request.arg = request;
}

void at_rig_send(struct at_rig *rig, struct at_rig_request *request, const char *text,
                 const struct at_expect *expect)
{
    at_rig_prepare(rig, request, text, expect);
    assert_int_equal(at_channel_send(rig->channel, &request->request), 0);
}

void at_rig_send_payload(struct at_rig *rig, struct at_rig_request *request, const char *text,
                         const struct at_expect *expect, const void *payload, size_t len)
{
    at_rig_prepare(rig, request, text, expect);
    request->request.payload = payload;
    request->request.payload_len = len;
    assert_int_equal(at_channel_send(rig->channel, &request->request), 0);
}

void at_rig_hear_bytes(struct at_rig *rig, const void *data, size_t len)
{
    fake_port_feed(rig->fake, data, len);
    sched_settle(rig->sched);
}

void at_rig_hear(struct at_rig *rig, const char *text)
{
    at_rig_hear_bytes(rig, text, strlen(text));
}

void at_rig_expect(struct at_rig *rig, const char *diary)
{
    assert_int_equal(buf_append(&rig->diary, "", 1), 0);
    assert_string_equal((const char *)buf_bytes(&rig->diary), diary);
    buf_clear(&rig->diary);
}

void at_rig_expect_written(struct at_rig *rig, const char *text)
{
    fake_port_expect_written(rig->fake, text);
}

void at_rig_let_sync(struct at_rig *rig)
{
    sched_advance(rig->sched, 200);
    at_rig_expect_written(rig, "AT\r");
    at_rig_hear(rig, "\r\nOK\r\n");
    sched_advance(rig->sched, 250);
}
