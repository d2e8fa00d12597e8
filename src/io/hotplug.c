#include "blynkd/io/hotplug.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <uv.h>

#define PATH_BYTES 256

/* How often a directory may come or go while it is being looked for, before the hint is given up. */
#define FOLLOW_TRIES 8

struct hotplug {
    uv_fs_event_t event;
    void (*on_change)(void *arg);
    void *arg;
    char path[PATH_BYTES];      /* what is wanted */
    char directory[PATH_BYTES]; /* what is watched: the nearest one above it that exists */
    char awaited[PATH_BYTES];   /* the name in there that leads to `path` */
    dev_t device;               /* of the watched directory, to notice that it was replaced */
    ino_t inode;
    bool active;
};

/* Cuts the last part off and puts it into `last`. "a" lies in ".", "/a" in "/". */
static void cut_last(char *path, char last[PATH_BYTES])
{
    char *slash = strrchr(path, '/');

    snprintf(last, PATH_BYTES, "%s", slash ? slash + 1 : path);
    if (!slash) {
        memcpy(path, ".", 2);
    } else if (slash == path) {
        memcpy(path, "/", 2);
    } else {
        *slash = '\0';
    }
}

static bool is_directory(const char *path, struct stat *stat_out)
{
    return stat(path, stat_out) == 0 && S_ISDIR(stat_out->st_mode);
}

static bool is_top(const char *path)
{
    return strcmp(path, "/") == 0 || strcmp(path, ".") == 0;
}

static void find_directory(const struct hotplug *hotplug, char directory[PATH_BYTES],
                           char awaited[PATH_BYTES], struct stat *found)
{
    memcpy(directory, hotplug->path, PATH_BYTES);
    do {
        cut_last(directory, awaited);
    } while (!is_directory(directory, found) && !is_top(directory));
}

static bool is_watched(const struct hotplug *hotplug, const char *directory, const struct stat *found)
{
    return hotplug->active && strcmp(hotplug->directory, directory) == 0 &&
           hotplug->device == found->st_dev && hotplug->inode == found->st_ino;
}

static void on_event(uv_fs_event_t *event, const char *name, int events, int status);

/*
 * Watches the nearest existing directory. It looks again after the watch is set, because the next directory may
 * have come in between. 1: the watch moved, 0: it stayed.
 */
static int follow(struct hotplug *hotplug)
{
    char directory[PATH_BYTES];
    struct stat found = {0};

    for (int i = 0; i < FOLLOW_TRIES; i++) {
        find_directory(hotplug, directory, hotplug->awaited, &found);
        if (is_watched(hotplug, directory, &found)) {
            return i > 0;
        }
        hotplug_stop(hotplug);
        int error = uv_fs_event_start(&hotplug->event, on_event, directory, 0);
        if (error && error != UV_ENOENT) {
            return error;
        }
        hotplug->active = !error;
        memcpy(hotplug->directory, directory, PATH_BYTES);
        hotplug->device = found.st_dev;
        hotplug->inode = found.st_ino;
    }
    return hotplug->active ? 1 : -EAGAIN;
}

/*
 * Other names change often in /dev; they are no reason to look. libuv tells what befalls the watched directory
 * itself under the directory's own name; its watch may be dead then, even if there is a directory again.
 */
static void on_event(uv_fs_event_t *event, const char *name, int events, int status)
{
    struct hotplug *hotplug = event->data;
    bool awaited = status < 0 || !name || strcmp(name, hotplug->awaited) == 0;
    const char *slash = strrchr(hotplug->directory, '/');

    (void)events;
    if (status < 0 || !name || strcmp(name, slash ? slash + 1 : hotplug->directory) == 0) {
        hotplug->active = false;
    }
    if (follow(hotplug) != 0 || awaited) {
        hotplug->on_change(hotplug->arg);
    }
}

struct hotplug *hotplug_create(struct uv_loop_s *loop, void (*on_change)(void *arg), void *arg)
{
    struct hotplug *hotplug = calloc(1, sizeof(*hotplug));

    if (!hotplug) {
        return NULL;
    }
    uv_fs_event_init(loop, &hotplug->event);
    hotplug->event.data = hotplug;
    hotplug->on_change = on_change;
    hotplug->arg = arg;
    return hotplug;
}

int hotplug_start(struct hotplug *hotplug, const char *path)
{
    size_t len = strlen(path);

    if (len == 0 || len >= PATH_BYTES) {
        return -EINVAL;
    }
    hotplug_stop(hotplug);
    memcpy(hotplug->path, path, len + 1);
    int result = follow(hotplug);
    return result < 0 ? result : 0;
}

void hotplug_stop(struct hotplug *hotplug)
{
    uv_fs_event_stop(&hotplug->event);
    hotplug->active = false;
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void hotplug_destroy(struct hotplug *hotplug)
{
    hotplug_stop(hotplug);
    uv_close((uv_handle_t *)&hotplug->event, on_closed);
}
