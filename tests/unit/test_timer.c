/* Timers and tasks, in virtual time and on libuv. */
#include "blynkd/base/timer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <uv.h>

/* A timer and a task that write their name and what else they were told to do. */
struct actor {
    struct timer timer;
    struct task task;
    struct sched *sched;
    char name;
    struct actor *stops;  /* timer and task of this one */
    struct actor *starts; /* its timer, with again_ms */
    struct actor *posts;
    uint64_t again_ms;
    unsigned turns; /* how often it may start or post */
};

static char story[128];
static size_t story_len;
static uint64_t last_fire_ms;

static void act(void *arg)
{
    struct actor *actor = arg;

    assert_true(story_len + 1 < sizeof(story));
    story[story_len++] = actor->name;
    story[story_len] = '\0';
    last_fire_ms = sched_now_ms(actor->sched);
    if (actor->stops) {
        timer_stop(&actor->stops->timer);
        task_cancel(&actor->stops->task);
    }
    if (actor->turns && actor->starts) {
        actor->turns--;
        timer_start(actor->sched, &actor->starts->timer, actor->again_ms);
    }
    if (actor->turns && actor->posts) {
        actor->turns--;
        task_post(actor->sched, &actor->posts->task);
    }
    story[story_len++] = '.'; /* nothing ran inside the calls above */
    story[story_len] = '\0';
}

static void actor_init(struct actor *actor, struct sched *sched, char name)
{
    memset(actor, 0, sizeof(*actor));
    actor->sched = sched;
    actor->name = name;
    timer_init(&actor->timer, act, actor);
    task_init(&actor->task, act, actor);
}

static void story_clear(void)
{
    story_len = 0;
    story[0] = '\0';
}

struct stage {
    struct sched *sched;
    struct actor a, b, c;
};

static int stage_up(void **state)
{
    static struct stage stage;

    stage.sched = sched_create_virtual(1);
    assert_non_null(stage.sched);
    actor_init(&stage.a, stage.sched, 'a');
    actor_init(&stage.b, stage.sched, 'b');
    actor_init(&stage.c, stage.sched, 'c');
    story_clear();
    *state = &stage;
    return 0;
}

static int stage_down(void **state)
{
    struct stage *stage = *state;

    sched_close(stage->sched);
    return 0;
}

static void test_order(void **state)
{
    struct stage *stage = *state;
    uint64_t start_ms = sched_now_ms(stage->sched);
    int64_t wall_ms = sched_wall_ms(stage->sched);

    assert_true(wall_ms == INT64_C(1800000000000));
    assert_true(sched_next_ms(stage->sched) == UINT64_MAX);
    timer_start(stage->sched, &stage->c.timer, 30);
    timer_start(stage->sched, &stage->a.timer, 10);
    timer_start(stage->sched, &stage->b.timer, 10);
    assert_true(sched_next_ms(stage->sched) == 10);
    sched_advance(stage->sched, 9);
    assert_string_equal(story, "");
    sched_advance(stage->sched, 1);
    assert_string_equal(story, "a.b.");
    assert_false(timer_active(&stage->a.timer));
    assert_true(timer_active(&stage->c.timer));
    sched_advance(stage->sched, 3600000);
    assert_string_equal(story, "a.b.c.");
    assert_true(last_fire_ms == start_ms + 30);
    assert_true(sched_now_ms(stage->sched) == start_ms + 3600010);
    assert_true(sched_wall_ms(stage->sched) == wall_ms + 3600010);
}

static void test_stop_and_rearm(void **state)
{
    struct stage *stage = *state;

    timer_stop(&stage->a.timer); /* never started */
    timer_start(stage->sched, &stage->a.timer, 10);
    timer_start(stage->sched, &stage->a.timer, 20);
    timer_start(stage->sched, &stage->b.timer, 15);
    timer_stop(&stage->b.timer);
    timer_stop(&stage->b.timer);
    sched_advance(stage->sched, 19);
    assert_string_equal(story, "");
    sched_advance(stage->sched, 1);
    assert_string_equal(story, "a.");
}

static void test_stop_among_due(void **state)
{
    struct stage *stage = *state;

    stage->a.stops = &stage->b;
    timer_start(stage->sched, &stage->a.timer, 10);
    timer_start(stage->sched, &stage->b.timer, 10);
    timer_start(stage->sched, &stage->c.timer, 10);
    sched_advance(stage->sched, 10);
    assert_string_equal(story, "a.c.");
}

static void test_rearm_itself(void **state)
{
    struct stage *stage = *state;

    stage->a.starts = &stage->a;
    stage->a.again_ms = 5;
    stage->a.turns = 3;
    timer_start(stage->sched, &stage->a.timer, 0);
    assert_string_equal(story, "");
    sched_settle(stage->sched);
    assert_string_equal(story, "a.");
    sched_advance(stage->sched, 100);
    assert_string_equal(story, "a.a.a.a.");
}

static void test_tasks(void **state)
{
    struct stage *stage = *state;

    task_cancel(&stage->a.task); /* never posted */
    stage->a.posts = &stage->c;
    stage->a.turns = 1;
    task_post(stage->sched, &stage->a.task);
    task_post(stage->sched, &stage->b.task);
    task_post(stage->sched, &stage->a.task); /* posted already */
    assert_string_equal(story, "");
    sched_settle(stage->sched);
    assert_string_equal(story, "a.b.c.");
    story_clear();
    stage->a.stops = &stage->b;
    task_post(stage->sched, &stage->a.task);
    task_post(stage->sched, &stage->b.task);
    sched_settle(stage->sched);
    assert_string_equal(story, "a.");
}

static void test_random_repeats(void **state)
{
    struct stage *stage = *state;
    struct sched *same = sched_create_virtual(1);
    struct sched *other = sched_create_virtual(2);
    bool differs = false;

    for (int i = 0; i < 100; i++) {
        uint32_t bits = sched_random(stage->sched);
        assert_int_equal(bits, sched_random(same));
        differs |= bits != sched_random(other);
    }
    assert_true(differs);
    sched_close(same);
    sched_close(other);
}

static void test_close_forgets(void **state)
{
    struct sched *sched = sched_create_virtual(1);
    struct actor actor;

    (void)state;
    actor_init(&actor, sched, 'x');
    timer_start(sched, &actor.timer, 10);
    task_post(sched, &actor.task);
    sched_close(sched);
    assert_false(timer_active(&actor.timer));
    timer_stop(&actor.timer);
    task_cancel(&actor.task);
}

/* ---- libuv ---- */

struct uv_stage {
    uv_loop_t loop;
    struct sched *sched;
    struct actor a, b;
};

static int uv_stage_up(void **state)
{
    static struct uv_stage stage;

    assert_int_equal(uv_loop_init(&stage.loop), 0);
    stage.sched = sched_create_uv(&stage.loop);
    assert_non_null(stage.sched);
    actor_init(&stage.a, stage.sched, 'a');
    actor_init(&stage.b, stage.sched, 'b');
    story_clear();
    *state = &stage;
    return 0;
}

static int uv_stage_down(void **state)
{
    struct uv_stage *stage = *state;

    sched_close(stage->sched);
    assert_int_equal(uv_run(&stage->loop, UV_RUN_DEFAULT), 0);
    return uv_loop_close(&stage->loop);
}

/* The loop's cached time is old when the timer is armed: that must not make it early. */
static void test_uv_never_early(void **state)
{
    struct uv_stage *stage = *state;

    for (uint64_t ms = 1; ms <= 20; ms++) {
        uv_sleep(3);
        uint64_t start_ns = uv_hrtime();
        timer_start(stage->sched, &stage->a.timer, ms);
        uv_sleep(1); /* so that the loop begins at another fraction of a millisecond */
        uv_run(&stage->loop, UV_RUN_DEFAULT);
        assert_true(uv_hrtime() - start_ns >= ms * 1000000);
        assert_false(timer_active(&stage->a.timer));
    }
    assert_int_equal(story_len, 40);
}

static void test_uv_order_and_stop(void **state)
{
    struct uv_stage *stage = *state;

    timer_start(stage->sched, &stage->b.timer, 20);
    timer_start(stage->sched, &stage->a.timer, 5);
    uv_run(&stage->loop, UV_RUN_DEFAULT);
    assert_string_equal(story, "a.b.");
    timer_start(stage->sched, &stage->a.timer, 3600000);
    timer_start(stage->sched, &stage->b.timer, 1);
    timer_stop(&stage->a.timer);
    uv_run(&stage->loop, UV_RUN_DEFAULT); /* would take an hour */
    assert_string_equal(story, "a.b.b.");
}

/* A zero timer that arms itself again lets the loop turn in between. */
static void test_uv_zero_timer(void **state)
{
    struct uv_stage *stage = *state;

    stage->a.starts = &stage->a;
    stage->a.turns = 3;
    timer_start(stage->sched, &stage->a.timer, 0);
    assert_string_equal(story, "");
    uv_run(&stage->loop, UV_RUN_DEFAULT);
    assert_string_equal(story, "a.a.a.a.");
}

static void test_uv_tasks(void **state)
{
    struct uv_stage *stage = *state;

    stage->a.posts = &stage->b;
    stage->a.turns = 1;
    task_post(stage->sched, &stage->a.task);
    assert_string_equal(story, "");
    uv_run(&stage->loop, UV_RUN_NOWAIT);
    assert_string_equal(story, "a.");
    uv_run(&stage->loop, UV_RUN_NOWAIT);
    assert_string_equal(story, "a.b.");
    /* Nothing posted: nothing keeps the loop from sleeping or from ending. */
    assert_int_equal(uv_loop_alive(&stage->loop), 0);
    task_post(stage->sched, &stage->a.task);
    task_cancel(&stage->a.task);
    uv_run(&stage->loop, UV_RUN_DEFAULT);
    assert_string_equal(story, "a.b.");
}

/* While a task is posted the loop does not wait for the far timer. */
static void test_uv_task_does_not_wait(void **state)
{
    struct uv_stage *stage = *state;

    timer_start(stage->sched, &stage->a.timer, 3600000);
    task_post(stage->sched, &stage->b.task);
    uv_run(&stage->loop, UV_RUN_ONCE);
    assert_string_equal(story, "b.");
    assert_int_equal(uv_backend_timeout(&stage->loop) > 3500000, 1);
    timer_stop(&stage->a.timer);
    assert_int_equal(uv_loop_alive(&stage->loop), 0);
}

static void close_sched(void *arg)
{
    struct actor *actor = arg;

    sched_close(actor->sched);
}

static void test_uv_close_from_callback(void **state)
{
    struct uv_stage *stage = *state;
    struct sched *sched = sched_create_uv(&stage->loop);
    struct actor closer, victim;

    actor_init(&closer, sched, 'x');
    actor_init(&victim, sched, 'v');
    timer_init(&closer.timer, close_sched, &closer);
    timer_start(sched, &closer.timer, 1);
    timer_start(sched, &victim.timer, 1);
    uv_run(&stage->loop, UV_RUN_DEFAULT);
    assert_string_equal(story, "");
    sched = sched_create_uv(&stage->loop);
    closer.sched = sched;
    task_init(&closer.task, close_sched, &closer);
    task_post(sched, &closer.task);
    task_post(sched, &victim.task);
    uv_run(&stage->loop, UV_RUN_DEFAULT);
    assert_string_equal(story, "");
}

static void again(void *arg)
{
    struct actor *actor = arg;

    timer_start(actor->sched, &actor->timer, 0);
}

static void on_other_handle(uv_check_t *handle)
{
    (*(unsigned *)handle->data)++;
}

/* A timer that is always due must not keep the loop from looking at descriptors. */
static void test_uv_timer_starves_nobody(void **state)
{
    struct uv_stage *stage = *state;
    unsigned turns = 0;
    uv_check_t check;

    uv_check_init(&stage->loop, &check);
    check.data = &turns;
    uv_check_start(&check, on_other_handle);
    timer_init(&stage->a.timer, again, &stage->a);
    stage->a.sched = stage->sched;
    timer_start(stage->sched, &stage->a.timer, 0);
    for (int i = 0; i < 5; i++) {
        uv_run(&stage->loop, UV_RUN_ONCE);
    }
    assert_true(turns >= 5);
    timer_stop(&stage->a.timer);
    uv_close((uv_handle_t *)&check, NULL);
    uv_run(&stage->loop, UV_RUN_DEFAULT);
}

static void test_uv_clocks(void **state)
{
    struct uv_stage *stage = *state;
    bool differs = false;
    uint32_t first = sched_random(stage->sched);

    for (int i = 0; i < 10; i++) {
        differs |= sched_random(stage->sched) != first;
    }
    assert_true(differs);
    assert_true(sched_wall_ms(stage->sched) > INT64_C(1600000000000));
    uint64_t before_ms = sched_now_ms(stage->sched);
    timer_start(stage->sched, &stage->a.timer, 10);
    uv_run(&stage->loop, UV_RUN_DEFAULT);
    assert_true(sched_now_ms(stage->sched) >= before_ms + 10);
    timer_start(stage->sched, &stage->a.timer, UINT64_MAX);
    assert_true(timer_active(&stage->a.timer));
    timer_stop(&stage->a.timer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_order, stage_up, stage_down),
        cmocka_unit_test_setup_teardown(test_stop_and_rearm, stage_up, stage_down),
        cmocka_unit_test_setup_teardown(test_stop_among_due, stage_up, stage_down),
        cmocka_unit_test_setup_teardown(test_rearm_itself, stage_up, stage_down),
        cmocka_unit_test_setup_teardown(test_tasks, stage_up, stage_down),
        cmocka_unit_test_setup_teardown(test_random_repeats, stage_up, stage_down),
        cmocka_unit_test(test_close_forgets),
        cmocka_unit_test_setup_teardown(test_uv_never_early, uv_stage_up, uv_stage_down),
        cmocka_unit_test_setup_teardown(test_uv_order_and_stop, uv_stage_up, uv_stage_down),
        cmocka_unit_test_setup_teardown(test_uv_zero_timer, uv_stage_up, uv_stage_down),
        cmocka_unit_test_setup_teardown(test_uv_tasks, uv_stage_up, uv_stage_down),
        cmocka_unit_test_setup_teardown(test_uv_task_does_not_wait, uv_stage_up, uv_stage_down),
        cmocka_unit_test_setup_teardown(test_uv_close_from_callback, uv_stage_up, uv_stage_down),
        cmocka_unit_test_setup_teardown(test_uv_timer_starves_nobody, uv_stage_up, uv_stage_down),
        cmocka_unit_test_setup_teardown(test_uv_clocks, uv_stage_up, uv_stage_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
