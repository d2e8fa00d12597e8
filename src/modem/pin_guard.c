#include "pin_guard.h"

#include "blynkd/base/file.h"
#include "blynkd/base/job.h"
#include "blynkd/base/log.h"
#include "blynkd/base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_NAME "pin_attempts"

enum question {
    QUESTION_BEGIN,
    QUESTION_ACCEPTED,
    QUESTION_REFUSED,
};

/* All that the work needs; nothing of it is shared with the loop until it is done. */
struct pin_guard_job {
    struct job job;
    struct pin_guard *guard;
    enum question question;
    char dir[PATH_MAX - 32];
    char iccid[32];
    char pin[16];
    uint8_t new_salt[PIN_BOOK_SALT_SIZE];
    enum pin_verdict verdict;
    char why[256];
};

/* ---- on the other thread ---- */

static enum pin_verdict no_disk(struct pin_guard_job *job, const char *what, int error)
{
    snprintf(job->why, sizeof(job->why), "cannot %s %.120s/%s: %s", what, job->dir, FILE_NAME,
             strerror(error));
    return PIN_NOT_WRITTEN;
}

static enum pin_verdict answer(struct pin_guard_job *job, struct pin_book *book)
{
    switch (job->question) {
    case QUESTION_BEGIN:
        return pin_book_begin(book, job->iccid, job->pin);
    case QUESTION_ACCEPTED:
    case QUESTION_REFUSED:
        pin_book_end(book, job->iccid, job->pin, job->question == QUESTION_ACCEPTED);
        break;
    }
    return PIN_MAY_BE_SENT;
}

static enum pin_verdict ask_book(struct pin_guard_job *job, int dir_fd)
{
    char text[PIN_BOOK_FILE_MAX + 1];
    struct pin_book book;
    ssize_t len = file_read_at(dir_fd, FILE_NAME, text, sizeof(text));

    if (len == -ENOENT) {
        pin_book_clear(&book, job->new_salt);
    } else if (len < 0) {
        return no_disk(job, "read", (int)-len);
    } else if (pin_book_parse(&book, text, (size_t)len) < 0) {
        return no_disk(job, "understand", EINVAL);
    }
    enum pin_verdict verdict = answer(job, &book);
    if (verdict == PIN_NOT_WRITTEN) {
        return no_disk(job, "add to", ENOSPC);
    }
    if (verdict != PIN_MAY_BE_SENT) {
        return verdict;
    }
    int written = pin_book_format(&book, text, sizeof(text));
    int error = written < 0 ? written : file_replace_at(dir_fd, FILE_NAME, text, (size_t)written);
    return error ? no_disk(job, "write", -error) : verdict;
}

static void work(struct job *base)
{
    struct pin_guard_job *job = (struct pin_guard_job *)(void *)base;
    int dir_fd = open(job->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (dir_fd < 0) {
        job->verdict = no_disk(job, "open the directory of", errno);
        return;
    }
    job->verdict = ask_book(job, dir_fd);
    close(dir_fd);
}

/* ---- in the loop ---- */

static void on_begun(struct job *base)
{
    struct pin_guard_job *job = (struct pin_guard_job *)(void *)base;
    struct pin_guard *guard = job->guard;

    guard->job = NULL;
    guard->on_done(guard->arg, job->verdict, job->why);
}

static void on_ended(struct job *base)
{
    const struct pin_guard_job *job = (const struct pin_guard_job *)(const void *)base;

    if (job->verdict != PIN_MAY_BE_SENT) {
        log_warning("modem", "the SIM card's answer to the PIN could not be written down: %s", job->why);
    }
}

static void release(struct job *base)
{
    struct pin_guard_job *job = (struct pin_guard_job *)(void *)base;

    secret_wipe(job, sizeof(*job));
    free(job);
}

static int start(struct pin_guard *guard, enum question question, const char *dir, const char *iccid,
                 const char *pin)
{
    struct pin_guard_job *job = calloc(1, sizeof(*job));

    if (!job) {
        return -ENOMEM;
    }
    job->job.work = work;
    job->job.on_done = question == QUESTION_BEGIN ? on_begun : on_ended;
    job->job.release = release;
    job->guard = guard;
    job->question = question;
    if (snprintf(job->dir, sizeof(job->dir), "%s", dir) >= (int)sizeof(job->dir) ||
        snprintf(job->iccid, sizeof(job->iccid), "%s", iccid) >= (int)sizeof(job->iccid) ||
        snprintf(job->pin, sizeof(job->pin), "%s", pin) >= (int)sizeof(job->pin)) {
        release(&job->job);
        return -ENAMETOOLONG;
    }
    for (size_t i = 0; i < PIN_BOOK_SALT_SIZE; i++) {
        job->new_salt[i] = (uint8_t)sched_random(guard->sched);
    }
    int error = job_start(guard->sched, &job->job);
    if (error) {
        release(&job->job);
    } else if (question == QUESTION_BEGIN) {
        guard->job = job;
    }
    return error;
}

void pin_guard_init(struct pin_guard *guard, struct sched *sched, pin_guard_fn *on_done, void *arg)
{
    *guard = (struct pin_guard){.sched = sched, .on_done = on_done, .arg = arg};
}

int pin_guard_begin(struct pin_guard *guard, const char *state_dir, const char *iccid, const char *pin)
{
    if (guard->job) {
        return -EALREADY;
    }
    return start(guard, QUESTION_BEGIN, state_dir, iccid, pin);
}

void pin_guard_end(struct pin_guard *guard, const char *state_dir, const char *iccid, const char *pin,
                   bool accepted)
{
    int error = start(guard, accepted ? QUESTION_ACCEPTED : QUESTION_REFUSED, state_dir, iccid, pin);

    if (error) {
        log_warning("modem", "the SIM card's answer to the PIN could not be written down: %s",
                    strerror(-error));
    }
}

void pin_guard_forget(struct pin_guard *guard)
{
    if (guard->job) {
        job_forget(&guard->job->job);
        guard->job = NULL;
    }
}
