#include "fake_uplink.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct fake_uplink *fake_of(const struct uplink *uplink)
{
    return (struct fake_uplink *)(void *)uplink;
}

static int fake_start(struct uplink *uplink, enum uplink_rung rung)
{
    struct fake_uplink *fake = fake_of(uplink);
    size_t used = strlen(fake->log);

    assert_true(rung < UPLINK_RUNG_COUNT);
    assert_true(rung == UPLINK_RUNG_REDIAL || fake->has[rung]);
    bool can =
        fake->state == FAKE_UPLINK_DOWN || (fake->state == FAKE_UPLINK_READY && fake->takes_while_ready);
    if (!can) {
        return -EALREADY;
    }
    fake->starts++;
    fake->rungs[rung]++;
    if (used + 1 < sizeof(fake->log)) {
        fake->log[used] = "dbrRokp"[rung];
    }
    fake->state = FAKE_UPLINK_STARTING;
    if (fake->start_ms != UINT32_MAX) {
        timer_start(fake->sched, &fake->timer, fake->start_ms);
    }
    fake->uplink.events.on_progress(fake->uplink.arg, "SYNC", "looking for the modem");
    return 0;
}

static void fake_stop(struct uplink *uplink, uint32_t grace_ms)
{
    struct fake_uplink *fake = fake_of(uplink);

    if (fake->state == FAKE_UPLINK_STOPPING) {
        return;
    }
    fake->stops++;
    fake->state = FAKE_UPLINK_STOPPING;
    if (fake->stop_ms != UINT32_MAX) {
        timer_start(fake->sched, &fake->timer, fake->stop_ms < grace_ms ? fake->stop_ms : grace_ms);
    }
}

static bool fake_has_rung(const struct uplink *uplink, enum uplink_rung rung)
{
    return fake_of(uplink)->has[rung];
}

static void on_timer(void *arg)
{
    struct fake_uplink *fake = arg;

    if (fake->state == FAKE_UPLINK_STOPPING) {
        fake->state = FAKE_UPLINK_DOWN;
        fake_stream_end(fake->stream, STREAM_FAULT_BEARER, "the uplink is down");
        fake->uplink.events.on_stopped(fake->uplink.arg);
    } else if (fake->state == FAKE_UPLINK_STARTING && fake->fault == UPLINK_LAYER_NONE) {
        fake->state = FAKE_UPLINK_READY;
        fake->uplink.events.on_ready(fake->uplink.arg);
    } else if (fake->state == FAKE_UPLINK_STARTING) {
        fake->state = FAKE_UPLINK_DOWN;
        fake->uplink.events.on_failed(fake->uplink.arg, fake->fault, fake->hope, fake->why);
    }
}

void fake_uplink_fail(struct fake_uplink *fake, enum uplink_layer layer, enum uplink_hope hope,
                      const char *why)
{
    if (fake->state != FAKE_UPLINK_READY && fake->state != FAKE_UPLINK_STARTING) {
        return;
    }
    timer_stop(&fake->timer);
    fake->state = FAKE_UPLINK_DOWN;
    fake_stream_end(fake->stream, layer == UPLINK_LAYER_BEARER ? STREAM_FAULT_BEARER : STREAM_FAULT_MODEM,
                    why);
    fake->uplink.events.on_failed(fake->uplink.arg, layer, hope, why);
}

static const struct uplink_ops fake_ops = {.start = fake_start, .stop = fake_stop, .has_rung = fake_has_rung};

struct fake_uplink *fake_uplink_create(struct sched *sched, struct fake_stream *stream)
{
    struct fake_uplink *fake = calloc(1, sizeof(*fake));

    assert_non_null(fake);
    fake->sched = sched;
    fake->stream = stream;
    fake->uplink.ops = &fake_ops;
    fake->uplink.stream = &stream->stream;
    fake->uplink.resolves_names = true;
    fake->why = "the modem does not answer";
    fake->start_ms = 3000;
    fake->stop_ms = 500;
    fake->has[UPLINK_RUNG_REDIAL] = true;
    fake->has[UPLINK_RUNG_BEARER] = true;
    fake->has[UPLINK_RUNG_RADIO] = true;
    fake->has[UPLINK_RUNG_RESET] = true;
    fake->has[UPLINK_RUNG_REOPEN] = true;
    timer_init(&fake->timer, on_timer, fake);
    return fake;
}

void fake_uplink_destroy(struct fake_uplink *fake)
{
    timer_stop(&fake->timer);
    free(fake);
}
