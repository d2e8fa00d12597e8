#include "blynkd/base/state_file.h"

#include "blynkd/base/file.h"
#include "blynkd/base/job.h"
#include "blynkd/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct state_file_job {
    struct job job;
    struct state_file *file; /* for the loop only */
    const char *name;
    bool writes;
    int error;
    char dir[256];
    char text[STATE_FILE_BYTES];
    size_t len;
};

static void work(struct job *base)
{
    struct state_file_job *job = (struct state_file_job *)(void *)base;
    int dir_fd = open(job->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (dir_fd < 0) {
        job->error = -errno;
        return;
    }
    if (job->writes) {
        job->error = file_replace_at(dir_fd, job->name, job->text, job->len);
    } else {
        ssize_t len = file_read_at(dir_fd, job->name, job->text, sizeof(job->text));
        job->error = len < 0 ? (int)len : 0;
        job->len = len < 0 ? 0 : (size_t)len;
    }
    close(dir_fd);
}

static void on_done(struct job *base)
{
    struct state_file_job *job = (struct state_file_job *)(void *)base;
    struct state_file *file = job->file;

    file->job = NULL;
    if (job->error && job->error != -ENOENT) {
        log_warning(file->part, "%s cannot be %s in %s/%s: %s", file->what,
                    job->writes ? "written down" : "looked up", job->dir, job->name, strerror(-job->error));
    }
    if (!job->writes) {
        file->on_loaded(file->arg, job->text, job->len);
    }
    if (file->is_unsaved) {
        state_file_save(file);
    }
}

static void release(struct job *base)
{
    free(base);
}

static void start(struct state_file *file, bool writes)
{
    struct state_file_job *job = file->dir[0] ? calloc(1, sizeof(*job)) : NULL;

    if (!job) {
        return;
    }
    job->job = (struct job){.work = work, .on_done = on_done, .release = release};
    job->file = file;
    job->name = file->name;
    job->writes = writes;
    memcpy(job->dir, file->dir, sizeof(job->dir));
    job->len = writes ? file->on_write(file->arg, job->text, sizeof(job->text)) : 0;
    if ((writes && !job->len) || job_start(file->sched, &job->job)) {
        free(job);
        return;
    }
    file->job = job;
}

void state_file_open(struct state_file *file, const char *dir)
{
    snprintf(file->dir, sizeof(file->dir), "%s", dir);
    start(file, false);
}

void state_file_save(struct state_file *file)
{
    file->is_unsaved = file->job != NULL;
    if (!file->is_unsaved) {
        start(file, true);
    }
}

void state_file_close(struct state_file *file)
{
    if (file->job) {
        job_forget(&file->job->job);
        file->job = NULL;
    }
}
