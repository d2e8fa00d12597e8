/*
 * What the two drivers of time share: the sorted list of timers and the list of posted tasks. Owned by
 * timer.c, which also holds the libuv driver; timer_virtual.c is the other one. Never seen outside base/.
 */
#ifndef BASE_TIMER_DRIVER_H
#define BASE_TIMER_DRIVER_H

#include "blynkd/base/list.h"
#include "blynkd/base/timer.h"

#include <stdint.h>

struct job;

struct sched_ops {
    uint64_t (*now_ms)(const struct sched *sched);
    int64_t (*wall_ms)(const struct sched *sched);
    bool (*is_synced)(const struct sched *sched);
    uint32_t (*random)(struct sched *sched);
    uint64_t (*due_ms)(struct sched *sched, uint64_t ms); /* when a timer armed now has to fire */
    void (*on_change)(struct sched *sched);               /* the next timer or the posted tasks changed */
    int (*start_job)(struct sched *sched,
                     struct job *job); /* runs job->work, then job_finish() from the loop */
    void (*close)(struct sched *sched);
};

struct sched {
    const struct sched_ops *ops;
    struct list timers;     /* by due_ms, equal ones in the order of arming */
    struct list ripe;       /* timers that are about to fire in this turn */
    struct list tasks;      /* posted */
    struct list running;    /* tasks of this turn */
    int64_t wall_offset_ms; /* to now_ms, if somebody knows it better than the host */
    bool knows_wall;
};

void sched_init(struct sched *sched, const struct sched_ops *ops);

/* The timer that fires next, or NULL. */
struct timer *sched_first(const struct sched *sched);

/* Fires every timer that is due now. One that is armed meanwhile waits for the next turn, even with 0 ms. */
void sched_fire_due(struct sched *sched);

/* The work is done: on_done unless forgotten, then release. */
void job_finish(struct job *job);

/* Runs every task posted so far. One that is posted meanwhile waits for the next turn. */
void sched_run_tasks(struct sched *sched);

#endif
