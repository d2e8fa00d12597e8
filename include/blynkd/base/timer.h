/*
 * Time, timers and posted tasks: all that a machine may know of the event loop. There are two drivers: libuv
 * (the daemon) and virtual time (the tests, in which hours run in milliseconds). Timers and tasks are owned and
 * embedded by their users; the scheduler allocates nothing for them. Everything fires from the loop, never from
 * inside the call that armed or posted it.
 */
#ifndef BLYNKD_BASE_TIMER_H
#define BLYNKD_BASE_TIMER_H

#include "blynkd/base/list.h"

#include <stdbool.h>
#include <stdint.h>

struct sched; /* opaque */
struct uv_loop_s;

struct timer {
    struct list node;    /* private */
    struct sched *sched; /* private */
    uint64_t due_ms;     /* private */
    void (*on_fire)(void *arg);
    void *arg;
};

struct task {
    struct list node; /* private */
    void (*on_run)(void *arg);
    void *arg;
};

/* A scheduler on a libuv loop. NULL: no memory. */
struct sched *sched_create_uv(struct uv_loop_s *loop);

/* A scheduler whose clock moves only in sched_advance(). `seed` makes sched_random() repeatable. */
struct sched *sched_create_virtual(uint64_t seed);

/*
 * Closes its handles; with libuv the memory goes when the loop has run once more. Timers and tasks that are
 * still pending are forgotten. Not from inside a callback in virtual time.
 */
void sched_close(struct sched *sched);

/* Milliseconds of a clock that never jumps; its origin means nothing. With libuv: of this turn of the loop. */
uint64_t sched_now_ms(const struct sched *sched);

/* Milliseconds since 1970 UTC, as well as it is known: what sched_set_wall() was told, else what the host believes.
 * May jump. In virtual time: starts at 1,800,000,000,000. */
int64_t sched_wall_ms(const struct sched *sched);
/* What the host believes, and whether somebody (NTP) keeps its clock right. */
int64_t sched_host_wall_ms(const struct sched *sched);
bool sched_host_is_synced(const struct sched *sched);
/* Somebody knows the time better than the host: it is now `wall_ms`; 0: nobody does. */
void sched_set_wall(struct sched *sched, int64_t wall_ms);

/* 32 random bits: from the kernel, or from the seed in virtual time. */
uint32_t sched_random(struct sched *sched);

/* Virtual time only: runs everything that is due in the next `ms`, in order, moving the clock. */
void sched_advance(struct sched *sched, uint64_t ms);
/* Virtual time: somebody sets the host's clock, by so much. */
void sched_shift_wall(struct sched *sched, int64_t ms);
/* Virtual time: whether the host's clock is kept right; it is at first. */
void sched_set_synced(struct sched *sched, bool synced);
/* Virtual time only: runs posted tasks and timers due now, without moving the clock. */
void sched_settle(struct sched *sched);
/* Virtual time only: ms until the next timer, UINT64_MAX if there is none. */
uint64_t sched_next_ms(const struct sched *sched);

/* Must be called once on every timer before anything else. */
void timer_init(struct timer *timer, void (*on_fire)(void *arg), void *arg);
/* Arms (or re-arms) the timer. It fires once, `ms` from now, never early. */
void timer_start(struct sched *sched, struct timer *timer, uint64_t ms);
/* Idempotent; after it the timer does not fire. */
void timer_stop(struct timer *timer);
bool timer_active(const struct timer *timer);

void task_init(struct task *task, void (*on_run)(void *arg), void *arg);
/* Runs the task once, soon, from the loop. Posting a task that is already posted changes nothing. */
void task_post(struct sched *sched, struct task *task);
void task_cancel(struct task *task);

#endif
