#include "spool_db.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#define DAMAGED      ".damaged-"
#define DAMAGED_KEPT 3
#define STAMP_MAX    16 /* "20261121-080152" */

void spool_path(const char *path, const char *ending, char out[SPOOL_PATH_MAX])
{
    int len = snprintf(out, SPOOL_PATH_MAX, "%s%s", path, ending);

    if (len < 0 || len >= SPOOL_PATH_MAX) {
        out[0] = '\0'; /* no file has this name: better than the name of another one */
    }
}

bool spool_file_exists(const char *path, const char *ending)
{
    char name[SPOOL_PATH_MAX];
    struct stat about;

    spool_path(path, ending, name);
    return lstat(name, &about) == 0;
}

uint64_t spool_file_size(const char *path, const char *ending)
{
    char name[SPOOL_PATH_MAX];
    struct stat about;

    spool_path(path, ending, name);
    return stat(name, &about) == 0 ? (uint64_t)about.st_size : 0;
}

static void remove_one(const char *path, const char *ending)
{
    char name[SPOOL_PATH_MAX];

    spool_path(path, ending, name);
    unlink(name);
}

void spool_file_remove(const char *path, const char *ending)
{
    char name[SPOOL_PATH_MAX];

    spool_path(path, ending, name);
    unlink(name);
    remove_one(name, "-wal");
    remove_one(name, "-shm");
}

int spool_file_make(const char *path, const char *ending)
{
    char name[SPOOL_PATH_MAX];

    spool_file_remove(path, ending);
    spool_path(path, ending, name);
    int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return -errno;
    }
    close(fd);
    return 0;
}

static void directory_of(const char *path, char dir[SPOOL_PATH_MAX])
{
    char copy[SPOOL_PATH_MAX];

    spool_path(path, "", copy);
    snprintf(dir, SPOOL_PATH_MAX, "%s", dirname(copy));
}

/* A rename is on the disk when the directory is. */
static int sync_directory(const char *path)
{
    char dir[SPOOL_PATH_MAX];

    directory_of(path, dir);
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    int error =
        fsync(fd) == 0 || errno == EINVAL ? 0 : -errno; /* EINVAL: this file system has no such thing */
    close(fd);
    return error;
}

int spool_file_install(const char *path, const char *ending)
{
    char name[SPOOL_PATH_MAX];

    /* A log that stayed behind from another file would be played into this one. */
    remove_one(path, "-wal");
    remove_one(path, "-shm");
    spool_path(path, ending, name);
    return rename(name, path) == 0 ? sync_directory(path) : -errno;
}

/* ---- damaged files ---- */

/* Counts them, and finds the oldest but for `newest`: their names sort by time, if the clock was right. */
static unsigned count_damaged(const char *dir, const char *start, const char *newest,
                              char oldest[NAME_MAX + 1])
{
    DIR *listing = opendir(dir);
    size_t wanted_len = strlen(start) + STAMP_MAX - 1;
    unsigned count = 0;
    const struct dirent *entry;

    oldest[0] = '\0';
    while (listing && (entry = readdir(listing))) {
        const char *name = entry->d_name;
        if (strncmp(name, start, strlen(start)) != 0 || strlen(name) != wanted_len) {
            continue;
        }
        count++;
        if (strcmp(name, newest) != 0 && (!oldest[0] || strcmp(name, oldest) < 0)) {
            snprintf(oldest, NAME_MAX + 1, "%s", name);
        }
    }
    if (listing) {
        closedir(listing);
    }
    return count;
}

static void remove_old_damaged(const char *path, const char *newest)
{
    char dir[SPOOL_PATH_MAX], copy[SPOOL_PATH_MAX], start[SPOOL_PATH_MAX + sizeof(DAMAGED)];
    char oldest[NAME_MAX + 1], victim[SPOOL_PATH_MAX + NAME_MAX + 2];
    const char *slash = strrchr(newest, '/');

    newest = slash ? slash + 1 : newest;
    directory_of(path, dir);
    spool_path(path, "", copy);
    snprintf(start, sizeof(start), "%s" DAMAGED, basename(copy));
    for (unsigned i = 0; i < 100 && count_damaged(dir, start, newest, oldest) > DAMAGED_KEPT; i++) {
        snprintf(victim, sizeof(victim), "%s/%s", dir, oldest);
        unlink(victim);
        if (strlen(victim) + sizeof("-wal") < SPOOL_PATH_MAX) {
            spool_file_remove(victim, "");
        }
    }
}

/* A second that is taken already: the next one. */
static void name_damaged(const char *path, char name[SPOOL_PATH_MAX])
{
    char stamp[STAMP_MAX];
    time_t now = time(NULL);
    struct tm utc;

    for (unsigned i = 0; i < 100; i++, now++) {
        gmtime_r(&now, &utc);
        strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &utc);
        snprintf(name, SPOOL_PATH_MAX, "%s" DAMAGED "%s", path, stamp);
        if (!spool_file_exists(name, "")) {
            return;
        }
    }
}

static int rename_ending(const char *path, const char *name, const char *ending)
{
    char from[SPOOL_PATH_MAX], to[SPOOL_PATH_MAX];

    spool_path(path, ending, from);
    spool_path(name, ending, to);
    return rename(from, to) == 0 || errno == ENOENT ? 0 : -errno;
}

/* The file first: without its log it would be an older state that looks sound. */
int spool_file_set_aside(const char *path, char name[SPOOL_PATH_MAX])
{
    name_damaged(path, name);
    int error = rename_ending(path, name, "");
    if (!error) {
        error = rename_ending(path, name, "-wal");
    }
    if (!error) {
        error = rename_ending(path, name, "-shm");
    }
    if (!error) {
        error = sync_directory(path);
    }
    remove_old_damaged(path, name);
    return error;
}

/* ---- room ---- */

void spool_db_measure(struct spool_db *db)
{
    db->file_bytes = spool_file_size(db->config.path, "") + spool_file_size(db->config.path, "-wal");
}

int spool_db_check_free(const struct spool_db *db, uint64_t bytes)
{
    char dir[SPOOL_PATH_MAX];
    struct statvfs disk;

    directory_of(db->config.path, dir);
    if (db->config.min_free_bytes == 0 || statvfs(dir, &disk) != 0) {
        return 0;
    }
    uint64_t free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
    return free_bytes < bytes || free_bytes - bytes < db->config.min_free_bytes ? -ENOSPC : 0;
}
