#include "tls_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEPT_MAX ((size_t)8 << 20)

void tls_papers_make(struct tls_papers *papers)
{
    static const struct tls_paper_wish authority = {.name = "Test Root", .authority = true};
    static const struct tls_paper_wish between = {.name = "Test Between", .authority = true};
    static const struct tls_paper_wish server = {.name = TLS_RIG_NAME, .others = "DNS:" TLS_RIG_NAME};

    snprintf(papers->dir, sizeof(papers->dir), "/tmp/blynkd-tls-XXXXXX");
    assert_non_null(mkdtemp(papers->dir));
    snprintf(papers->ca_file, sizeof(papers->ca_file), "%s/ca.pem", papers->dir);
    tls_paper_make(&papers->authority, NULL, &authority);
    tls_paper_make(&papers->between, &papers->authority, &between);
    tls_paper_make(&papers->server, &papers->between, &server);
    tls_paper_write(&papers->authority, papers->ca_file);
}

void tls_papers_remove(struct tls_papers *papers)
{
    unlink(papers->ca_file);
    rmdir(papers->dir);
    tls_paper_free(&papers->authority);
    tls_paper_free(&papers->between);
    tls_paper_free(&papers->server);
}

void tls_papers_issue(struct tls_papers *papers, struct tls_paper *paper, const struct tls_paper_wish *wish)
{
    tls_paper_make(paper, &papers->between, wish);
}

/* ---- what the user hears ---- */

static void tell(struct tls_rig *rig)
{
    assert_false(rig->in_call);
    if (rig->on_event) {
        rig->on_event(rig);
    }
}

static void on_handshake(void *arg)
{
    struct tls_rig *rig = arg;

    assert_false(rig->is_open);
    rig->handshakes++;
    tell(rig);
}

static void on_sent(void *arg, size_t bytes)
{
    ((struct tls_rig *)arg)->out_bytes += bytes;
}

static void on_received(void *arg, size_t bytes)
{
    ((struct tls_rig *)arg)->in_bytes += bytes;
}

static enum tls_clock clock_now(void *arg, int64_t *wall_ms)
{
    const struct tls_rig *rig = arg;

    *wall_ms = rig->wall_ms;
    return rig->clock;
}

static void on_session(void *arg, const char *name, const uint8_t *bytes, size_t len)
{
    struct tls_rig *rig = arg;

    assert_false(rig->in_call);
    assert_string_not_equal(name, "");
    assert_in_range(len, 1, TLS_SESSION_MAX);
    memcpy(rig->session, bytes, len);
    rig->session_len = len;
    rig->sessions++;
}

static size_t take_session(void *arg, const char *name, uint8_t bytes[TLS_SESSION_MAX])
{
    struct tls_rig *rig = arg;
    size_t len = rig->session_len;

    (void)name;
    memcpy(bytes, rig->session, len);
    rig->session_len = 0;
    return len;
}

static void on_open(void *arg)
{
    struct tls_rig *rig = arg;

    assert_false(rig->is_open);
    assert_int_equal(rig->closes, 0);
    rig->is_open = true;
    rig->opens++;
    tell(rig);
}

static void on_bytes(void *arg, const uint8_t *data, size_t len)
{
    struct tls_rig *rig = arg;

    assert_true(rig->is_open);
    assert_int_equal(buf_append(&rig->received, data, len), 0);
    tell(rig);
}

static void on_room(void *arg)
{
    struct tls_rig *rig = arg;

    assert_true(rig->is_open && !rig->in_call);
    rig->rooms++;
}

static void on_closed(void *arg, enum stream_fault fault, const char *why)
{
    struct tls_rig *rig = arg;

    assert_false(rig->in_call);
    assert_true(strlen(why) < TLS_WHY_MAX);
    rig->is_open = false;
    rig->closes++;
    rig->fault = fault;
    snprintf(rig->why, sizeof(rig->why), "%s", why);
}

/* ---- the rig ---- */

struct tls_rig *tls_rig_create(struct tls_papers *papers, uint64_t seed)
{
    static const struct tls_events events = {on_handshake, on_sent,    on_received,
                                             clock_now,    on_session, take_session};
    static const struct stream_events stream_events = {on_open, on_bytes, on_room, on_closed};
    struct tls_config config = {.wall_ms = TLS_PAPER_NOW_S * 1000};
    struct tls_rig *rig = calloc(1, sizeof(*rig));
    char why[TLS_WHY_MAX];

    assert_non_null(rig);
    snprintf(config.ca_file, sizeof(config.ca_file), "%s", papers->ca_file);
    rig->papers = papers;
    rig->wall_ms = config.wall_ms;
    rig->sched = sched_create_virtual(seed);
    rig->fake = fake_stream_create(rig->sched, seed);
    tls_peer_begin(&rig->peer, rig->fake, &papers->server, &papers->between);
    rig->context = tls_context_create(&config, why);
    assert_non_null(rig->context);
    rig->tls = tls_stream_create(rig->sched, &rig->fake->stream, &events, rig);
    rig->stream = tls_stream_stream(rig->tls);
    rig->stream->events = stream_events;
    rig->stream->arg = rig;
    tls_stream_use(rig->tls, rig->context, "");
    buf_init(&rig->received, KEPT_MAX);
    return rig;
}

void tls_rig_destroy(struct tls_rig *rig)
{
    tls_rig_close(rig);
    tls_stream_destroy(rig->tls);
    tls_context_destroy(rig->context);
    tls_peer_end(&rig->peer);
    assert_int_equal(sched_next_ms(rig->sched), UINT64_MAX);
    fake_stream_destroy(rig->fake);
    sched_close(rig->sched);
    buf_free(&rig->received);
    free(rig);
}

void tls_rig_open(struct tls_rig *rig, uint32_t ms)
{
    rig->handshakes = rig->opens = rig->closes = rig->rooms = 0;
    rig->out_bytes = rig->in_bytes = 0;
    rig->why[0] = '\0';
    buf_clear(&rig->received);
    fake_stream_forget_written(rig->fake);
    rig->in_call = true;
    assert_int_equal(stream_open(rig->stream, TLS_RIG_NAME, TLS_RIG_PORT), 0);
    rig->in_call = false;
    sched_advance(rig->sched, ms);
}

void tls_rig_close(struct tls_rig *rig)
{
    rig->in_call = true;
    stream_close(rig->stream);
    rig->in_call = false;
    sched_advance(rig->sched, 1000);
    assert_int_equal(rig->fake->state, FAKE_STREAM_CLOSED);
}

size_t tls_rig_write(struct tls_rig *rig, const void *data, size_t len)
{
    size_t room = stream_room(rig->stream);

    rig->in_call = true;
    size_t written = stream_write(rig->stream, data, len);
    rig->in_call = false;
    assert_true(written <= room && written <= len);
    return written;
}

void tls_rig_write_all(struct tls_rig *rig, const uint8_t *data, size_t len)
{
    while (len) {
        unsigned rooms = rig->rooms;
        size_t written = tls_rig_write(rig, data, len);
        data += written;
        len -= written;
        if (len) {
            sched_settle(rig->sched);
            assert_true(rig->rooms > rooms); /* a short write is followed by on_room */
        }
    }
}
