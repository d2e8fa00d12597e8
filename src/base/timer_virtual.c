#include "blynkd/base/job.h"
#include "blynkd/base/timer.h"

#include "timer_driver.h"

#include <assert.h>
#include <stdlib.h>

#define START_NOW_MS  UINT64_C(1000000) /* not 0, so that nobody takes 0 for "now" */
#define START_WALL_MS INT64_C(1800000000000)
#define SETTLE_TURNS  100000 /* tasks or timers that arm themselves for ever are an error of the machine */

struct sched_virtual {
    struct sched sched;
    uint64_t now_ms;
    int64_t wall_shift_ms;
    bool unsynced;
    uint64_t random_state;
    bool advancing;
};

static const struct sched_ops virtual_ops;

static struct sched_virtual *virtual_driver(const struct sched *sched)
{
    assert(sched->ops == &virtual_ops);
    return (struct sched_virtual *)(void *)sched;
}

static uint64_t virtual_now_ms(const struct sched *sched)
{
    return virtual_driver(sched)->now_ms;
}

static int64_t virtual_wall_ms(const struct sched *sched)
{
    const struct sched_virtual *driver = virtual_driver(sched);

    return START_WALL_MS + driver->wall_shift_ms + (int64_t)(driver->now_ms - START_NOW_MS);
}

static bool virtual_is_synced(const struct sched *sched)
{
    return !virtual_driver(sched)->unsynced;
}

/* SplitMix64 (Steele, Lea, Flood 2014): good enough for jitter and the same on every machine. */
static uint32_t virtual_random(struct sched *sched)
{
    uint64_t z = (virtual_driver(sched)->random_state += UINT64_C(0x9E3779B97F4A7C15));

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return (uint32_t)((z ^ (z >> 31)) >> 32);
}

static uint64_t virtual_due_ms(struct sched *sched, uint64_t ms)
{
    uint64_t now_ms = virtual_driver(sched)->now_ms;

    return ms > UINT64_MAX - now_ms ? UINT64_MAX : now_ms + ms;
}

/* The driver looks at the lists itself when it is told to advance. */
static void virtual_on_change(struct sched *sched)
{
    (void)sched;
}

static void run_job(void *arg)
{
    struct job *job = arg;

    job->work(job);
    job_finish(job);
}

static int virtual_start_job(struct sched *sched, struct job *job)
{
    task_init(&job->task, run_job, job);
    task_post(sched, &job->task);
    return 0;
}

static void virtual_close(struct sched *sched)
{
    assert(!virtual_driver(sched)->advancing);
    free(sched);
}

static const struct sched_ops virtual_ops = {
    .now_ms = virtual_now_ms,
    .wall_ms = virtual_wall_ms,
    .is_synced = virtual_is_synced,
    .random = virtual_random,
    .due_ms = virtual_due_ms,
    .on_change = virtual_on_change,
    .start_job = virtual_start_job,
    .close = virtual_close,
};

struct sched *sched_create_virtual(uint64_t seed)
{
    struct sched_virtual *driver = calloc(1, sizeof(*driver));

    if (!driver) {
        return NULL;
    }
    sched_init(&driver->sched, &virtual_ops);
    driver->now_ms = START_NOW_MS;
    driver->random_state = seed;
    return &driver->sched;
}

static bool is_due(const struct sched *sched)
{
    const struct timer *first = sched_first(sched);

    return first && first->due_ms <= virtual_driver(sched)->now_ms;
}

static void settle(struct sched *sched)
{
    for (unsigned turns = 0; !list_empty(&sched->tasks) || is_due(sched); turns++) {
        assert(turns < SETTLE_TURNS);
        sched_run_tasks(sched);
        sched_fire_due(sched);
    }
}

void sched_settle(struct sched *sched)
{
    sched_advance(sched, 0);
}

void sched_advance(struct sched *sched, uint64_t ms)
{
    struct sched_virtual *driver = virtual_driver(sched);
    uint64_t end_ms = virtual_due_ms(sched, ms);
    const struct timer *first;

    assert(!driver->advancing);
    driver->advancing = true;
    settle(sched);
    while ((first = sched_first(sched)) && first->due_ms <= end_ms) {
        driver->now_ms = first->due_ms;
        settle(sched);
    }
    driver->now_ms = end_ms;
    driver->advancing = false;
}

void sched_set_synced(struct sched *sched, bool synced)
{
    virtual_driver(sched)->unsynced = !synced;
}

void sched_shift_wall(struct sched *sched, int64_t ms)
{
    virtual_driver(sched)->wall_shift_ms += ms;
}

uint64_t sched_next_ms(const struct sched *sched)
{
    const struct timer *first = sched_first(sched);

    if (!first) {
        return UINT64_MAX;
    }
    uint64_t now_ms = virtual_driver(sched)->now_ms;
    return first->due_ms > now_ms ? first->due_ms - now_ms : 0;
}
