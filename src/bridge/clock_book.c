#include "clock_book.h"

#include "blynkd/base/file.h"
#include "blynkd/base/job.h"
#include "blynkd/base/log.h"
#include "blynkd/base/wall.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_NAME "clock"
#define DAY_MS    INT64_C(86400000) /* a floor need not be finer, and flash wears out */

struct clock_book_job {
    struct job job;
    struct clock_book *book;
    bool writes;
    int error;
    char dir[256];
    char text[32];
    size_t len;
};

/* ---- the disk ---- */

static void work(struct job *base)
{
    struct clock_book_job *job = (struct clock_book_job *)(void *)base;
    int dir_fd = open(job->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (dir_fd < 0) {
        job->error = -errno;
        return;
    }
    if (job->writes) {
        job->error = file_replace_at(dir_fd, FILE_NAME, job->text, job->len);
    } else {
        ssize_t len = file_read_at(dir_fd, FILE_NAME, job->text, sizeof(job->text));
        job->error = len < 0 ? (int)len : 0;
        job->len = len < 0 ? 0 : (size_t)len;
    }
    close(dir_fd);
}

static void take(struct clock_book *book, const struct clock_book_job *job)
{
    char text[sizeof(job->text) + 1];

    memcpy(text, job->text, job->len);
    text[job->len] = '\0';
    int64_t wall_ms = strtoll(text, NULL, 10);
    if (wall_ms <= 0 || wall_ms > INT64_MAX / 1000 || !wall_is_sane(wall_ms * 1000)) {
        return; /* older than the program, or nonsense: says nothing */
    }
    book->written_ms = wall_ms * 1000;
    if (book->newest_ms == 0) {
        book->newest_ms = book->written_ms;
    }
}

static void save(struct clock_book *book);

static void on_done(struct job *base)
{
    struct clock_book_job *job = (struct clock_book_job *)(void *)base;
    struct clock_book *book = job->book;

    book->job = NULL;
    if (job->error && job->error != -ENOENT) {
        log_warning("clock", "the newest time that was known cannot be %s in %s/%s: %s",
                    job->writes ? "written down" : "looked up", job->dir, FILE_NAME, strerror(-job->error));
    }
    if (!job->writes && !job->error) {
        take(book, job);
    }
    if (book->is_unsaved) {
        save(book);
    }
}

static void release(struct job *base)
{
    free(base);
}

static void start(struct clock_book *book, bool writes)
{
    struct clock_book_job *job = book->dir[0] ? calloc(1, sizeof(*job)) : NULL;

    if (!job) {
        return;
    }
    job->job = (struct job){.work = work, .on_done = on_done, .release = release};
    job->book = book;
    job->writes = writes;
    memcpy(job->dir, book->dir, sizeof(job->dir));
    if (writes) {
        int len = snprintf(job->text, sizeof(job->text), "%" PRId64 "\n", book->newest_ms / 1000);
        job->len = (size_t)len;
        book->written_ms = book->newest_ms;
    }
    if (job_start(book->sched, &job->job)) {
        free(job);
        return;
    }
    book->job = job;
}

static void save(struct clock_book *book)
{
    book->is_unsaved = book->job != NULL;
    if (!book->is_unsaved && llabs((long long)(book->newest_ms - book->written_ms)) >= DAY_MS) {
        start(book, true);
    }
}

/* ---- its face ---- */

void clock_book_open(struct clock_book *book, struct sched *sched, const char *dir)
{
    *book = (struct clock_book){.sched = sched};
    snprintf(book->dir, sizeof(book->dir), "%s", dir);
    start(book, false);
}

void clock_book_close(struct clock_book *book)
{
    if (book->job) {
        job_forget(&book->job->job);
        book->job = NULL;
    }
}

void clock_book_set(struct clock_book *book, int64_t wall_ms)
{
    book->newest_ms = wall_ms;
    save(book);
}

void clock_book_raise(struct clock_book *book, int64_t wall_ms)
{
    if (wall_ms > book->newest_ms) {
        clock_book_set(book, wall_ms);
    }
}

int64_t clock_book_floor_ms(const struct clock_book *book)
{
    return book->newest_ms > wall_build_ms() ? book->newest_ms : wall_build_ms();
}
