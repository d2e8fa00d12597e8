#include "blynkd/bridge/spool.h"

#include "blynkd/base/job.h"
#include "blynkd/base/log.h"
#include "blynkd/base/timer.h"
#include "spool_batch.h"
#include "spool_db.h"
#include "spool_why.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_MS 10000
#define EARLY_RETRY_MS                                                                                       \
    1000 /* a batch that wants to be stored makes the next try earlier, but not at every turn */

enum phase {
    PHASE_NEW,
    PHASE_SHUT, /* to be opened */
    PHASE_OPEN,
    PHASE_CLOSED,
};

enum task_kind {
    TASK_OPEN,
    TASK_STORE,
    TASK_LOAD,
    TASK_CLOSE,
};

struct spool {
    struct sched *sched;
    struct spool_config config;
    struct spool_events events;
    void *arg;
    struct spool_db *db; /* NULL while a job has it */
    struct timer retry;
    enum phase phase;
    bool busy;
    bool given; /* what was in the file at start */
    bool closing;
    int last_error; /* of opening: a fact is logged once */
    uint64_t last_try_ms;
    uint64_t file_bytes;
};

struct spool_job {
    struct job job;
    struct spool *spool;
    struct spool_db *db;
    enum task_kind kind;
    bool first;
    struct spool_batch *batch;
    uint64_t from;
    size_t max;
    /* results */
    int error;
    int open_error; /* of opening again before the work */
    bool opened;
    struct spool_found found;
};

/* ---- on another thread ---- */

static void work(struct job *base)
{
    struct spool_job *job = (struct spool_job *)(void *)base;
    struct spool_db *db = job->db;

    if (job->kind == TASK_CLOSE) {
        spool_db_close(db);
        return;
    }
    if (job->kind == TASK_OPEN || !spool_db_is_open(db)) {
        job->opened = true;
        job->open_error = spool_db_open(db, job->first, &job->found);
        job->error = job->open_error;
    }
    if (job->error) {
        return;
    }
    if (job->kind == TASK_STORE) {
        job->error = spool_db_store(db, job->batch);
    } else if (job->kind == TASK_LOAD) {
        job->error = spool_db_load(db, job->from, job->max, &job->found.items);
    }
}

/* ---- jobs ---- */

static void on_done(struct job *base);

static void release(struct job *base)
{
    struct spool_job *job = (struct spool_job *)(void *)base;

    spool_items_free(&job->found.items);
    free(job);
}

/* NULL: no memory. */
static struct spool_job *new_job(struct spool *spool, enum task_kind kind)
{
    struct spool_job *job = calloc(1, sizeof(*job));

    if (!job) {
        return NULL;
    }
    job->job = (struct job){.work = work, .on_done = on_done, .release = release};
    job->spool = spool;
    job->kind = kind;
    job->first = !spool->given;
    return job;
}

static int start(struct spool *spool, struct spool_job *job)
{
    assert(!spool->busy);
    job->db = spool->db;
    int error = job_start(spool->sched, &job->job);
    if (error) {
        free(job);
        return -ENOMEM;
    }
    spool->db = NULL;
    spool->busy = true;
    return 0;
}

/* Opening or closing; without memory for it the timer tries again. */
static void start_alone(struct spool *spool, enum task_kind kind)
{
    struct spool_job *job = new_job(spool, kind);

    spool->last_try_ms = sched_now_ms(spool->sched);
    if (!job || start(spool, job)) {
        timer_start(spool->sched, &spool->retry, kind == TASK_CLOSE ? EARLY_RETRY_MS : RETRY_MS);
        return;
    }
    timer_stop(&spool->retry);
}

static void on_retry(void *arg)
{
    struct spool *spool = arg;

    if (!spool->busy) {
        start_alone(spool, spool->closing ? TASK_CLOSE : TASK_OPEN);
    }
}

/* ---- results ---- */

static void give(struct spool *spool, const struct spool_item *item)
{
    const struct spool_row *row = &item->row;

    if (spool->closing) {
        return;
    }
    if (item->kind == SPOOL_ITEM_ROW) {
        spool->events.on_row(spool->arg, row);
    } else if (item->kind == SPOOL_ITEM_PIN) {
        spool->events.on_pin(spool->arg, row->pin, row->bytes, row->len, row->wall_ms, item->from_blynk);
    } else if (item->kind == SPOOL_ITEM_SECRET) {
        const char *name = (const char *)row->bytes;
        spool->events.on_secret(spool->arg, name, row->bytes + item->number, row->len - (size_t)item->number);
    } else {
        spool->events.on_meter(spool->arg, (const char *)row->bytes, item->number);
    }
}

static void give_all(struct spool *spool, const struct spool_items *items)
{
    for (size_t i = 0; i < items->count; i++) {
        struct spool_item item = spool_items_at(items, i);
        give(spool, &item);
    }
}

static void tell_opened(struct spool *spool, const struct spool_job *job)
{
    char why[SPOOL_WHY_MAX];

    spool_why_opened(&job->found.state, why);
    if (job->found.state.lost) {
        log_error("spool", "%s: %s (%s)", spool->config.path, why, job->found.state.set_aside);
    } else if (spool->last_error) {
        log_notice("spool", "%s can be written again", spool->config.path);
    }
    spool->last_error = 0;
    if (!spool->closing) {
        spool->events.on_open(spool->arg, 0, why, &job->found.state);
    }
}

static void tell_not_opened(struct spool *spool, int error)
{
    static const struct spool_state nothing;
    char why[SPOOL_WHY_MAX];

    spool_why_not_opened(error, why);
    if (error != spool->last_error) {
        log_error("spool", "%s: %s", spool->config.path, why);
    }
    spool->last_error = error;
    spool->phase = PHASE_SHUT;
    if (!spool->closing) {
        timer_start(spool->sched, &spool->retry, RETRY_MS);
        spool->events.on_open(spool->arg, error, why, &nothing);
    }
}

/* Opening again after an I/O error is no news, unless the file was found damaged. */
static void finish_opening(struct spool *spool, const struct spool_job *job)
{
    if (job->open_error) {
        tell_not_opened(spool, job->open_error);
        return;
    }
    bool news = spool->phase != PHASE_OPEN || job->found.state.lost;
    spool->phase = PHASE_OPEN;
    if (job->kind == TASK_OPEN && !spool->given) {
        spool->given = true;
        give_all(spool, &job->found.items);
    }
    if (news) {
        tell_opened(spool, job);
    }
}

static void finish_store(struct spool *spool, const struct spool_job *job)
{
    char why[SPOOL_WHY_MAX] = "";

    if (job->error) {
        spool_why_not_stored(job->error, why);
        log_debug("spool", "a batch of %zu was not stored: %s", job->batch->items.count, why);
    }
    job->batch->given = false;
    spool->events.on_stored(spool->arg, job->batch, job->error, why);
}

static void finish_load(struct spool *spool, const struct spool_job *job)
{
    size_t count = job->error ? 0 : job->found.items.count;

    if (!job->error) {
        give_all(spool, &job->found.items);
    }
    if (!spool->closing) {
        spool->events.on_loaded(spool->arg, job->error, count);
    }
}

static void on_done(struct job *base)
{
    struct spool_job *job = (struct spool_job *)(void *)base;
    struct spool *spool = job->spool;
    bool damaged = job->db->damaged && !job->open_error;

    spool->db = job->db;
    spool->file_bytes = job->db->file_bytes;
    if (job->kind == TASK_CLOSE) {
        spool->busy = false;
        spool->phase = PHASE_CLOSED;
        spool->events.on_closed(spool->arg);
        return;
    }
    spool->busy = false;
    if (damaged && !spool->closing) {
        start_alone(spool, TASK_OPEN); /* first: what is done in the callbacks must wait for it */
    }
    if (job->kind == TASK_STORE) {
        finish_store(spool, job);
    } else if (job->kind == TASK_LOAD) {
        finish_load(spool, job);
    }
    if (job->opened) {
        finish_opening(spool, job);
    }
    if (spool->closing && !spool->busy) {
        start_alone(spool, TASK_CLOSE);
    }
}

/* ---- its face ---- */

struct spool *spool_create(struct sched *sched, const struct spool_config *config,
                           const struct spool_events *events, void *arg)
{
    struct spool *spool = calloc(1, sizeof(*spool));
    struct spool_db *db = calloc(1, sizeof(*db));

    if (!spool || !db) {
        free(spool);
        free(db);
        return NULL;
    }
    db->config = *config;
    spool->sched = sched;
    spool->config = *config;
    spool->events = *events;
    spool->arg = arg;
    spool->db = db;
    timer_init(&spool->retry, on_retry, spool);
    return spool;
}

void spool_destroy(struct spool *spool)
{
    if (!spool) {
        return;
    }
    assert(!spool->busy && (spool->phase == PHASE_NEW || spool->phase == PHASE_CLOSED));
    timer_stop(&spool->retry);
    free(spool->db);
    free(spool);
}

void spool_open(struct spool *spool)
{
    assert(spool->phase == PHASE_NEW && !spool->closing);
    spool->phase = PHASE_SHUT;
    start_alone(spool, TASK_OPEN);
}

void spool_close(struct spool *spool)
{
    if (spool->closing || spool->phase == PHASE_CLOSED) {
        return;
    }
    spool->closing = true;
    timer_stop(&spool->retry);
    if (!spool->busy) {
        start_alone(spool, TASK_CLOSE);
    }
}

bool spool_is_busy(const struct spool *spool)
{
    return spool->busy;
}

/* 0, or why no work can be begun now. */
static int check_ready(struct spool *spool)
{
    if (spool->closing) {
        return -ENOTCONN;
    }
    if (spool->busy) {
        return spool->phase == PHASE_OPEN ? -EBUSY : -ENOTCONN;
    }
    if (spool->phase == PHASE_SHUT && sched_now_ms(spool->sched) - spool->last_try_ms >= EARLY_RETRY_MS) {
        start_alone(spool, TASK_OPEN);
    }
    return spool->phase == PHASE_OPEN ? 0 : -ENOTCONN;
}

int spool_store(struct spool *spool, struct spool_batch *batch)
{
    int error = check_ready(spool);

    assert(!batch->given);
    if (error) {
        return error;
    }
    struct spool_job *job = new_job(spool, TASK_STORE);
    if (!job) {
        return -ENOMEM;
    }
    job->batch = batch;
    error = start(spool, job);
    batch->given = !error;
    return error;
}

int spool_load(struct spool *spool, uint64_t from, size_t max)
{
    int error = check_ready(spool);

    if (error) {
        return error;
    }
    struct spool_job *job = new_job(spool, TASK_LOAD);
    if (!job) {
        return -ENOMEM;
    }
    job->from = from;
    job->max = max;
    return start(spool, job);
}

uint64_t spool_file_bytes(const struct spool *spool)
{
    return spool->file_bytes;
}
