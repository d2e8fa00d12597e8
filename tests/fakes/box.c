#include "box.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "blynkd/base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- what comes up ---- */

static void on_change(void *arg, const struct link_change *change)
{
    struct box *box = arg;

    assert_true(change->why[0] != '\0');
    box->changes[box->change_count++ % BOX_CHANGES] = *change;
}

static void on_stopped(void *arg)
{
    ((struct box *)arg)->stopped++;
}

/* Never torn, never twice: each number once, and rising. */
static void on_write(void *arg, char kind, unsigned pin, const void *value, size_t len)
{
    struct box *box = arg;
    char text[16] = "";

    assert_int_equal(kind, 'v');
    assert_int_equal(pin, BOX_PIN + 1);
    assert_in_range(len, 1, sizeof(text) - 1);
    memcpy(text, value, len);
    unsigned number = (unsigned)strtoul(text, NULL, 10);
    assert_in_range(number, box->down_newest + 1, box->down_sent);
    box->down_newest = number;
    box->down_seen++;
}

static void on_read(void *arg, char kind, unsigned pin, uint16_t id)
{
    (void)arg;
    (void)kind;
    (void)pin;
    (void)id;
}

static void on_mode(void *arg, unsigned pin, const char *mode, size_t len)
{
    (void)arg;
    (void)pin;
    (void)mode;
    (void)len;
}

static void on_internal(void *arg, const struct blynk_frame *frame)
{
    (void)arg;
    (void)frame;
}

static void on_response(void *arg, uint16_t id, unsigned status)
{
    (void)arg;
    (void)id;
    (void)status;
}

static void on_debug_print(void *arg, const char *text, size_t len)
{
    (void)arg;
    (void)text;
    (void)len;
}

static void on_round_trip(void *arg, uint32_t ms)
{
    (void)arg;
    (void)ms;
}

static void on_added(void *arg)
{
    blynk_session_wake(link_session(((struct box *)arg)->link));
}

static void no_log(void *arg, enum log_level level, const char *part, const char *line)
{
    (void)arg;
    (void)level;
    (void)part;
    (void)line;
}

/* ---- life ---- */

static void make_link(struct box *box)
{
    static const struct blynk_session_events session_events = {
        .on_write = on_write,
        .on_read = on_read,
        .on_mode = on_mode,
        .on_internal = on_internal,
        .on_response = on_response,
        .on_debug_print = on_debug_print,
        .on_round_trip = on_round_trip,
    };
    static const struct link_events link_events = {.on_change = on_change, .on_stopped = on_stopped};
    static const struct outbox_events outbox_events = {.on_added = on_added};

    box->link_config = fake_cloud_link_config();
    box->link_config.session.heartbeat_ms = LINK_HEARTBEAT_LEARNED;
    box->link_config.heartbeat_max_ms = 300000;
    box->link_config.connect_ms = 180000;
    box->link = link_create(box->sched, modem_uplink(box->modem), box->outbox, &box->link_config,
                            &session_events, &link_events, box);
    assert_non_null(box->link);
    outbox_set_events(box->outbox, &outbox_events, box);
}

struct box *box_create(uint64_t seed)
{
    static const struct outbox_config outbox = {.max_entries = 100000, .max_bytes = 8 << 20};
    struct box *box = calloc(1, sizeof(*box));

    assert_non_null(box);
    if (!getenv("BLYNKD_TEST_LOG")) {
        log_set_sink(no_log, NULL);
    }
    snprintf(box->state_dir, sizeof(box->state_dir), "/tmp/blynkd-box-XXXXXX");
    assert_non_null(mkdtemp(box->state_dir));
    box->sched = sched_create_virtual(seed);
    box->port = fake_port_create(box->sched, seed + 1);
    box->stream = fake_stream_create(box->sched, seed + 2);
    box->cloud = fake_cloud_create(box->stream);
    box->vm = virtual_modem_create(box->sched, box->port, box->stream);
    box->modem_config =
        (struct modem_config){.profile = "auto", .apn = "internet", .poll_ms = 120000, .command_gap_ms = -1};
    snprintf(box->modem_config.state_dir, sizeof(box->modem_config.state_dir), "%s", box->state_dir);
    box->modem = modem_create(box->sched, &box->port->port, &box->modem_config);
    assert_non_null(box->modem);
    box->pins = pins_create(PIN_DELIVER_ALL);
    box->outbox = outbox_create(box->sched, box->pins, &outbox);
    make_link(box);
    link_start(box->link, "started");
    return box;
}

void box_destroy(struct box *box)
{
    char path[96];

    link_stop(box->link, 5000, "stopped by the test");
    box_advance(box, 20000);
    assert_int_equal(box->stopped, 1);
    link_destroy(box->link);
    modem_destroy(box->modem);
    outbox_destroy(box->outbox);
    pins_destroy(box->pins);
    virtual_modem_destroy(box->vm);
    fake_cloud_destroy(box->cloud);
    fake_stream_destroy(box->stream);
    port_destroy(&box->port->port);
    sched_close(box->sched);
    snprintf(path, sizeof(path), "%s/heartbeat", box->state_dir);
    unlink(path);
    assert_int_equal(rmdir(box->state_dir), 0);
    free(box);
}

struct link_info box_info(const struct box *box)
{
    struct link_info info;

    link_info(box->link, &info);
    return info;
}

bool box_online(const struct box *box)
{
    return box_info(box).state == LINK_ONLINE;
}

/* ---- traffic ---- */

void box_write(struct box *box)
{
    char text[16];

    assert_true(box->accepted < BOX_NUMBERS);
    snprintf(text, sizeof(text), "%u", box->accepted);
    struct outbox_write write = {.pin = BOX_PIN, .value = text, .len = strlen(text)};
    assert_int_equal(outbox_write(box->outbox, &write, sched_wall_ms(box->sched), NULL), 0);
    box->accepted++;
}

void box_send_down(struct box *box)
{
    char body[32];

    if (!box->cloud->logged_in || box->stream->state != FAKE_STREAM_OPEN) {
        return;
    }
    box->down_sent++;
    int len = snprintf(body, sizeof(body), "vw%c%u%c%u", 0, BOX_PIN + 1, 0, box->down_sent);
    fake_cloud_send(box->cloud, BLYNK_HARDWARE, 1, body, (size_t)len);
}

static void count_one(struct box *box, unsigned number)
{
    assert_true(number < box->accepted);
    if (box->times[number]++ == 0) {
        box->arrived++;
    } else {
        box->doubled++;
    }
    /* New ones come in order: a gap before a number would be a loss or a wrong order. */
    assert_true(number <= box->newest + (box->arrived > 1));
    box->newest = number > box->newest ? number : box->newest;
}

/* "vw 5 17" or, with its own time, "t 1700000000000 ..." as a group begins, until "e", and nothing else. */
static void count_writes(struct box *box)
{
    char *text = strdup(fake_cloud_writes(box->cloud));
    char *rest = text;
    unsigned pin;
    unsigned number;

    for (char *entry = strsep(&rest, "|"); entry; entry = strsep(&rest, "|")) {
        int end = 0;
        if (sscanf(entry, "vw %u %u%n", &pin, &number, &end) == 2 && entry[end] == '\0') {
            assert_int_equal(pin, BOX_PIN);
            count_one(box, number);
        } else if (entry[0] && strncmp(entry, "t ", 2) != 0 && strcmp(entry, "e") != 0) {
            fail_msg("the cloud got \"%s\"", entry);
        }
    }
    free(text);
}

void box_advance(struct box *box, uint64_t ms)
{
    sched_advance(box->sched, ms);
    count_writes(box);
}

uint64_t box_settle(struct box *box, uint64_t ms)
{
    uint64_t start_ms = sched_now_ms(box->sched);

    for (;;) {
        struct outbox_info outbox = outbox_info(box->outbox);
        if (box_online(box) && outbox.waiting == 0 && outbox.unconfirmed == 0) {
            return sched_now_ms(box->sched) - start_ms;
        }
        if (sched_now_ms(box->sched) - start_ms >= ms) {
            return UINT64_MAX;
        }
        if (box_online(box)) {
            blynk_session_confirm_soon(link_session(box->link));
        }
        box_advance(box, 1000);
    }
}

bool box_said(const struct box *box, const char *part)
{
    size_t count = box->change_count < BOX_CHANGES ? box->change_count : BOX_CHANGES;

    for (size_t i = 0; i < count; i++) {
        if (strstr(box->changes[i].why, part)) {
            return true;
        }
    }
    return false;
}

void box_forget_changes(struct box *box)
{
    box->change_count = 0;
    memset(box->changes, 0, sizeof(box->changes));
}
