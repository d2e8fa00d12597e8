#include "blynkd/net/uplink.h"

#include "blynkd/base/timer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *uplink_layer_name(enum uplink_layer layer)
{
    static const char *const names[] = {
#define UPLINK_WORDS(name, words) [name] = (words),
        UPLINK_LAYERS(UPLINK_WORDS)
#undef UPLINK_WORDS
    };

    return names[layer];
}

const char *uplink_rung_name(enum uplink_rung rung)
{
    static const char *const names[UPLINK_RUNG_COUNT] = {
#define UPLINK_WORDS(name, words) [name] = (words),
        UPLINK_RUNGS(UPLINK_WORDS)
#undef UPLINK_WORDS
    };

    return names[rung];
}

/* ---- the host's own network ---- */

struct host_uplink {
    struct uplink uplink;
    struct sched *sched;
    bool started;
    struct task ready;
    struct task stopped;
};

static struct host_uplink *host_of(const struct uplink *uplink)
{
    return (struct host_uplink *)(void *)uplink;
}

static void on_ready(void *arg)
{
    struct host_uplink *host = arg;

    if (host->started) {
        host->uplink.events.on_ready(host->uplink.arg);
    }
}

static void on_stopped(void *arg)
{
    struct host_uplink *host = arg;

    host->uplink.events.on_stopped(host->uplink.arg);
}

static int host_start(struct uplink *uplink, enum uplink_rung rung)
{
    struct host_uplink *host = host_of(uplink);

    (void)rung; /* has_rung() offers no other than REDIAL */
    if (host->started) {
        return -EALREADY;
    }
    host->started = true;
    task_post(host->sched, &host->ready);
    return 0;
}

/* The stream is its user's to close; nothing else is to be taken down. */
static void host_stop(struct uplink *uplink, uint32_t grace_ms)
{
    struct host_uplink *host = host_of(uplink);

    (void)grace_ms;
    host->started = false;
    task_cancel(&host->ready);
    task_post(host->sched, &host->stopped);
}

static bool host_has_rung(const struct uplink *uplink, enum uplink_rung rung)
{
    (void)uplink;
    return rung == UPLINK_RUNG_REDIAL;
}

static const struct uplink_ops host_ops = {
    .start = host_start,
    .stop = host_stop,
    .has_rung = host_has_rung,
};

struct uplink *host_uplink_create(struct sched *sched, struct stream *stream)
{
    struct host_uplink *host = calloc(1, sizeof(*host));

    if (!host) {
        return NULL;
    }
    host->sched = sched;
    host->uplink.ops = &host_ops;
    host->uplink.stream = stream;
    host->uplink.resolves_names = true;
    memcpy(host->uplink.network, "host", sizeof("host"));
    task_init(&host->ready, on_ready, host);
    task_init(&host->stopped, on_stopped, host);
    return &host->uplink;
}

void host_uplink_destroy(struct uplink *uplink)
{
    struct host_uplink *host = host_of(uplink);

    if (!host) {
        return;
    }
    task_cancel(&host->ready);
    task_cancel(&host->stopped);
    free(host);
}
