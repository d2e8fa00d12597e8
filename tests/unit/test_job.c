/* Work away from the loop, with both drivers of time. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "blynkd/base/job.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

struct note {
    struct job job;
    char *diary; /* the test's */
    pthread_t thread;
};

static struct note *note_of(struct job *job)
{
    return (struct note *)(void *)job;
}

static void work(struct job *job)
{
    note_of(job)->thread = pthread_self();
    strcat(note_of(job)->diary, "work ");
}

static void on_done(struct job *job)
{
    strcat(note_of(job)->diary, "done ");
}

static void release(struct job *job)
{
    strcat(note_of(job)->diary, "release ");
    free(job);
}

static struct note *create(char *diary)
{
    struct note *note = calloc(1, sizeof(*note));

    assert_non_null(note);
    note->job = (struct job){.work = work, .on_done = on_done, .release = release};
    note->diary = diary;
    return note;
}

static void virtual_time(void **state)
{
    struct sched *sched = sched_create_virtual(1);
    char diary[64] = "";

    (void)state;
    assert_int_equal(job_start(sched, &create(diary)->job), 0);
    assert_string_equal(diary, ""); /* never from inside the call */
    sched_settle(sched);
    assert_string_equal(diary, "work done release ");
    sched_close(sched);
}

static void a_forgotten_job_is_done_all_the_same(void **state)
{
    struct sched *sched = sched_create_virtual(1);
    char diary[64] = "";
    struct note *note = create(diary);

    (void)state;
    assert_int_equal(job_start(sched, &note->job), 0);
    job_forget(&note->job);
    sched_settle(sched);
    assert_string_equal(diary, "work release ");
    sched_close(sched);
}

static pthread_t worker;

static void on_done_remember(struct job *job)
{
    worker = note_of(job)->thread;
    on_done(job);
}

static void real_time(void **state)
{
    uv_loop_t loop;
    char diary[64] = "";

    (void)state;
    assert_int_equal(uv_loop_init(&loop), 0);
    struct sched *sched = sched_create_uv(&loop);
    struct note *note = create(diary);
    note->job.on_done = on_done_remember;
    assert_int_equal(job_start(sched, &note->job), 0);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_string_equal(diary, "work done release ");
    assert_false(pthread_equal(worker, pthread_self()));
    struct note *forgotten = create(diary);
    diary[0] = '\0';
    assert_int_equal(job_start(sched, &forgotten->job), 0);
    job_forget(&forgotten->job);
    sched_close(sched);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_string_equal(diary, "work release ");
    assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(virtual_time),
        cmocka_unit_test(a_forgotten_job_is_done_all_the_same),
        cmocka_unit_test(real_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
