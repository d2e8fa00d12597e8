#include "watch.h"

#include "conf.h"

#include "blynkd/base/timer.h"

#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUIET_MS 400  /* since the last change: an editor is done */
#define MOST_MS  3000 /* since the first: somebody writes without a pause */
#define LOOK_MS  5000 /* between two looks at the file itself, for what no event tells of: links */

#define HANDLES 3

struct watch {
    struct sched *sched;
    uv_fs_event_t directory; /* not the file: it is replaced by another one */
    uv_fs_event_t dropins;
    uv_fs_poll_t file;
    unsigned open; /* handles that are not closed yet */
    bool waits;    /* for silence, since `first_ms` */
    uint64_t first_ms;
    struct timer quiet;
    watch_fn *saved;
    void *arg;
    char path[CONF_PATH_MAX];
    char name[CONF_PATH_MAX]; /* without its directory */
    char directory_path[CONF_PATH_MAX];
    char dropins_path[CONF_PATH_MAX + 2];
};

static void note_change(struct watch *watch)
{
    uint64_t now_ms = sched_now_ms(watch->sched);

    if (!watch->waits) {
        watch->waits = true;
        watch->first_ms = now_ms;
    }
    if (now_ms - watch->first_ms < MOST_MS) {
        timer_start(watch->sched, &watch->quiet, QUIET_MS);
    }
}

/* The file, "NAME.d", or nobody knows what; a temporary file of an editor is nothing to us. */
static void on_directory(uv_fs_event_t *handle, const char *filename, int events, int status)
{
    struct watch *watch = handle->data;
    size_t len = strlen(watch->name);

    (void)events;
    if (status < 0 || !filename || strcmp(filename, watch->name) == 0 ||
        (strncmp(filename, watch->name, len) == 0 && strcmp(filename + len, ".d") == 0)) {
        note_change(watch);
    }
}

static void on_dropin(uv_fs_event_t *handle, const char *filename, int events, int status)
{
    (void)filename;
    (void)events;
    (void)status;
    note_change(handle->data);
}

static void on_look(uv_fs_poll_t *handle, int status, const uv_stat_t *before, const uv_stat_t *after)
{
    (void)status;
    (void)before;
    (void)after;
    note_change(handle->data);
}

/* Anew each time: a directory that was removed and made again is another one. */
static void look_at_directories(struct watch *watch)
{
    uv_fs_event_stop(&watch->directory);
    uv_fs_event_stop(&watch->dropins);
    (void)uv_fs_event_start(&watch->directory, on_directory, watch->directory_path, 0);
    (void)uv_fs_event_start(&watch->dropins, on_dropin, watch->dropins_path, 0);
}

static void on_quiet(void *arg)
{
    struct watch *watch = arg;

    watch->waits = false;
    look_at_directories(watch);
    watch->saved(watch->arg); /* may destroy us */
}

static void on_closed(uv_handle_t *handle)
{
    struct watch *watch = handle->data;

    if (--watch->open == 0) {
        free(watch);
    }
}

static void close_handle(struct watch *watch, uv_handle_t *handle)
{
    handle->data = watch;
    uv_close(handle, on_closed);
}

/* libgen.h changes what it is given. */
static void split(struct watch *watch)
{
    char copy[CONF_PATH_MAX];

    snprintf(copy, sizeof(copy), "%s", watch->path);
    snprintf(watch->name, sizeof(watch->name), "%s", basename(copy));
    snprintf(copy, sizeof(copy), "%s", watch->path);
    snprintf(watch->directory_path, sizeof(watch->directory_path), "%s", dirname(copy));
    snprintf(watch->dropins_path, sizeof(watch->dropins_path), "%s.d", watch->path);
}

struct watch *watch_create(uv_loop_t *loop, struct sched *sched, const char *path, watch_fn *saved, void *arg)
{
    struct watch *watch = calloc(1, sizeof(*watch));

    if (!watch) {
        return NULL;
    }
    watch->sched = sched;
    watch->saved = saved;
    watch->arg = arg;
    snprintf(watch->path, sizeof(watch->path), "%s", path);
    split(watch);
    timer_init(&watch->quiet, on_quiet, watch);
    /* None of these can fail: they only fill the handle. */
    uv_fs_event_init(loop, &watch->directory);
    uv_fs_event_init(loop, &watch->dropins);
    uv_fs_poll_init(loop, &watch->file);
    watch->open = HANDLES;
    watch->directory.data = watch->dropins.data = watch->file.data = watch;
    look_at_directories(watch);
    (void)uv_fs_poll_start(&watch->file, on_look, watch->path, LOOK_MS);
    return watch;
}

void watch_destroy(struct watch *watch)
{
    if (!watch) {
        return;
    }
    timer_stop(&watch->quiet);
    close_handle(watch, (uv_handle_t *)&watch->directory);
    close_handle(watch, (uv_handle_t *)&watch->dropins);
    close_handle(watch, (uv_handle_t *)&watch->file);
}
