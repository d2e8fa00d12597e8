#include "blynkd/base/timer.h"
#include "blynkd/base/job.h"
#include "blynkd/base/wall.h"

#include "timer_driver.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <uv.h>

void sched_init(struct sched *sched, const struct sched_ops *ops)
{
    sched->ops = ops;
    list_init(&sched->timers);
    list_init(&sched->ripe);
    list_init(&sched->tasks);
    list_init(&sched->running);
}

struct timer *sched_first(const struct sched *sched)
{
    return list_empty(&sched->timers) ? NULL : list_owner(sched->timers.next, struct timer, node);
}

void sched_fire_due(struct sched *sched)
{
    uint64_t now_ms = sched_now_ms(sched);
    struct timer *timer;
    struct list *node;

    while ((timer = sched_first(sched)) && timer->due_ms <= now_ms) {
        list_remove(&timer->node);
        list_append(&sched->ripe, &timer->node);
    }
    while ((node = list_first(&sched->ripe))) {
        timer = list_owner(node, struct timer, node);
        list_remove(node);
        timer->on_fire(timer->arg);
    }
}

void sched_run_tasks(struct sched *sched)
{
    struct list *node;

    while ((node = list_first(&sched->tasks))) {
        list_remove(node);
        list_append(&sched->running, node);
    }
    while ((node = list_first(&sched->running))) {
        struct task *task = list_owner(node, struct task, node);
        list_remove(node);
        task->on_run(task->arg);
    }
}

uint64_t sched_now_ms(const struct sched *sched)
{
    return sched->ops->now_ms(sched);
}

int64_t sched_host_wall_ms(const struct sched *sched)
{
    return sched->ops->wall_ms(sched);
}

bool sched_host_is_synced(const struct sched *sched)
{
    return sched->ops->is_synced(sched);
}

int64_t sched_wall_ms(const struct sched *sched)
{
    return sched->knows_wall ? (int64_t)sched_now_ms(sched) + sched->wall_offset_ms
                             : sched_host_wall_ms(sched);
}

void sched_set_wall(struct sched *sched, int64_t wall_ms)
{
    sched->knows_wall = wall_ms != 0;
    sched->wall_offset_ms = wall_ms - (int64_t)sched_now_ms(sched);
}

uint32_t sched_random(struct sched *sched)
{
    return sched->ops->random(sched);
}

static void forget(struct list *list)
{
    struct list *node;

    while ((node = list_first(list))) {
        list_remove(node);
    }
}

void sched_close(struct sched *sched)
{
    forget(&sched->timers);
    forget(&sched->ripe);
    forget(&sched->tasks);
    forget(&sched->running);
    sched->ops->close(sched);
}

void timer_init(struct timer *timer, void (*on_fire)(void *arg), void *arg)
{
    *timer = (struct timer){.on_fire = on_fire, .arg = arg};
    list_init(&timer->node);
}

/* From the end, because most timers are armed for later than what is there. */
static void insert_sorted(struct list *timers, struct timer *timer)
{
    struct list *before = timers->prev;

    while (before != timers && list_owner(before, struct timer, node)->due_ms > timer->due_ms) {
        before = before->prev;
    }
    list_insert_before(before->next, &timer->node);
}

void timer_start(struct sched *sched, struct timer *timer, uint64_t ms)
{
    timer_stop(timer);
    timer->sched = sched;
    timer->due_ms = sched->ops->due_ms(sched, ms);
    insert_sorted(&sched->timers, timer);
    if (sched_first(sched) == timer) {
        sched->ops->on_change(sched);
    }
}

void timer_stop(struct timer *timer)
{
    if (!timer_active(timer)) {
        return;
    }
    bool was_first = sched_first(timer->sched) == timer;
    list_remove(&timer->node);
    if (was_first) {
        timer->sched->ops->on_change(timer->sched);
    }
}

bool timer_active(const struct timer *timer)
{
    return !list_empty(&timer->node);
}

void task_init(struct task *task, void (*on_run)(void *arg), void *arg)
{
    *task = (struct task){.on_run = on_run, .arg = arg};
    list_init(&task->node);
}

void task_post(struct sched *sched, struct task *task)
{
    if (!list_empty(&task->node)) {
        return;
    }
    list_append(&sched->tasks, &task->node);
    sched->ops->on_change(sched);
}

void task_cancel(struct task *task)
{
    list_remove(&task->node);
}

/* ---- the libuv driver ---- */

struct sched_uv {
    struct sched sched;
    uv_loop_t *loop;
    uv_timer_t timer; /* armed for the first timer of the list */
    uv_idle_t idle;   /* active only while tasks are posted: the loop does not sleep meanwhile */
    int handles;      /* still open */
};

static struct sched_uv *uv_driver(const struct sched *sched)
{
    return (struct sched_uv *)(void *)sched;
}

static uint64_t uv_driver_now_ms(const struct sched *sched)
{
    return uv_now(uv_driver(sched)->loop);
}

static int64_t uv_driver_wall_ms(const struct sched *sched)
{
    struct timespec now;

    (void)sched;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool uv_driver_is_synced(const struct sched *sched)
{
    (void)sched;
    return wall_is_kept();
}

static uint32_t uv_driver_random(struct sched *sched)
{
    uint32_t bits;

    (void)sched;
    if (getrandom(&bits, sizeof(bits), 0) != (ssize_t)sizeof(bits)) {
        bits = (uint32_t)(uv_hrtime() * UINT64_C(0x9E3779B97F4A7C15) >> 32);
    }
    return bits;
}

/*
 * The loop's time is that of the beginning of this turn, and cut to whole milliseconds: without the update and
 * the one on top a timer could fire early.
 */
static uint64_t uv_driver_due_ms(struct sched *sched, uint64_t ms)
{
    uv_update_time(uv_driver(sched)->loop);
    uint64_t now_ms = uv_now(uv_driver(sched)->loop);
    uint64_t rounded_ms = ms > 0 && ms < UINT64_MAX ? ms + 1 : ms;
    return rounded_ms > UINT64_MAX - now_ms ? UINT64_MAX : now_ms + rounded_ms;
}

static void on_uv_timer(uv_timer_t *handle);
static void on_uv_idle(uv_idle_t *handle);

static void arm(struct sched_uv *driver, uint64_t least_ms)
{
    const struct timer *first = sched_first(&driver->sched);

    if (!first) {
        uv_timer_stop(&driver->timer);
        return;
    }
    uint64_t now_ms = uv_now(driver->loop);
    uint64_t left_ms = first->due_ms > now_ms ? first->due_ms - now_ms : 0;
    uv_timer_start(&driver->timer, on_uv_timer, left_ms > least_ms ? left_ms : least_ms, 0);
}

static void uv_driver_on_change(struct sched *sched)
{
    struct sched_uv *driver = uv_driver(sched);

    assert(!uv_is_closing((uv_handle_t *)&driver->timer));
    if (!list_empty(&sched->tasks)) {
        uv_idle_start(&driver->idle, on_uv_idle);
    }
    arm(driver, 0);
}

/*
 * libuv before 1.45 runs a timer that is due again at once in the same turn of the loop, for ever if need be, and
 * looks at no descriptor meanwhile. So there is a millisecond between two turns.
 */
static void on_uv_timer(uv_timer_t *handle)
{
    struct sched_uv *driver = handle->data;

    sched_fire_due(&driver->sched);
    if (!uv_is_closing((uv_handle_t *)handle)) {
        arm(driver, 1);
    }
}

static void on_uv_idle(uv_idle_t *handle)
{
    struct sched_uv *driver = handle->data;

    sched_run_tasks(&driver->sched);
    if (!uv_is_closing((uv_handle_t *)handle) && list_empty(&driver->sched.tasks)) {
        uv_idle_stop(handle);
    }
}

static void on_uv_work(uv_work_t *request)
{
    struct job *job = request->data;

    job->work(job);
}

static void on_uv_work_done(uv_work_t *request, int status)
{
    struct job *job = request->data;

    (void)status; /* nobody calls uv_cancel() */
    free(request);
    job_finish(job);
}

static int uv_driver_start_job(struct sched *sched, struct job *job)
{
    uv_work_t *request = calloc(1, sizeof(*request));

    if (!request) {
        return -ENOMEM;
    }
    request->data = job;
    int error = uv_queue_work(uv_driver(sched)->loop, request, on_uv_work, on_uv_work_done);
    if (error) {
        free(request);
        return error;
    }
    return 0;
}

static void on_uv_closed(uv_handle_t *handle)
{
    struct sched_uv *driver = handle->data;

    if (--driver->handles == 0) {
        free(driver);
    }
}

static void uv_driver_close(struct sched *sched)
{
    struct sched_uv *driver = uv_driver(sched);

    uv_close((uv_handle_t *)&driver->timer, on_uv_closed);
    uv_close((uv_handle_t *)&driver->idle, on_uv_closed);
}

static const struct sched_ops uv_driver_ops = {
    .now_ms = uv_driver_now_ms,
    .wall_ms = uv_driver_wall_ms,
    .is_synced = uv_driver_is_synced,
    .random = uv_driver_random,
    .due_ms = uv_driver_due_ms,
    .on_change = uv_driver_on_change,
    .start_job = uv_driver_start_job,
    .close = uv_driver_close,
};

struct sched *sched_create_uv(struct uv_loop_s *loop)
{
    struct sched_uv *driver = calloc(1, sizeof(*driver));

    if (!driver) {
        return NULL;
    }
    sched_init(&driver->sched, &uv_driver_ops);
    driver->loop = loop;
    driver->handles = 2;
    uv_timer_init(loop, &driver->timer);
    uv_idle_init(loop, &driver->idle);
    driver->timer.data = driver;
    driver->idle.data = driver;
    return &driver->sched;
}
