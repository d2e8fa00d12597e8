/*
 * A piece of work that may block (a file that must reach the disk), done away from the loop: on libuv's thread
 * pool, or, in virtual time, in the loop's next turn. The job is embedded in a heap object of its user, which
 * also holds everything the work reads and writes. Never runs two callbacks of one job at the same time.
 */
#ifndef BLYNKD_BASE_JOB_H
#define BLYNKD_BASE_JOB_H

#include "blynkd/base/timer.h"

#include <stdbool.h>

struct job {
    void (*work)(struct job *job); /* on another thread: touches nothing but the object the job is part of */
    void (*on_done)(struct job *job); /* from the loop; not after job_forget() */
    void (*release)(struct job *job); /* from the loop, always last: frees the object */
    struct task task;                 /* private: virtual time */
    bool forgotten;                   /* private */
};

/* 0: work, on_done and release follow. -ENOMEM: none of them does, the object is still the caller's. */
int job_start(struct sched *sched, struct job *job);

/* on_done will not be called any more; the work is done all the same and `release` still follows. */
void job_forget(struct job *job);

#endif
