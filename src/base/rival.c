#include "blynkd/base/rival.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROCESSES_MAX 32768 /* Linux' usual pid_max */
#define FDS_MAX       4096

/* The first line of a small file. */
static void read_word(const char *proc, long pid, const char *file, char *out, size_t size)
{
    char path[PATH_MAX];

    out[0] = '\0';
    snprintf(path, sizeof(path), "%s/%ld/%s", proc, pid, file);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return;
    }
    ssize_t len = read(fd, out, size - 1);
    out[len > 0 ? len : 0] = '\0';
    out[strcspn(out, "\n")] = '\0';
    close(fd);
}

static bool has_open(const char *proc, long pid, const char *device)
{
    char path[PATH_MAX];
    char target[PATH_MAX];
    bool found = false;

    snprintf(path, sizeof(path), "%s/%ld/fd", proc, pid);
    DIR *fds = opendir(path);
    if (!fds) {
        return false; /* not ours to see, or gone */
    }
    const struct dirent *entry;
    for (unsigned i = 0; !found && i < FDS_MAX && (entry = readdir(fds)); i++) {
        ssize_t len = readlinkat(dirfd(fds), entry->d_name, target, sizeof(target) - 1);
        target[len > 0 ? len : 0] = '\0';
        found = strcmp(target, device) == 0;
    }
    closedir(fds);
    return found;
}

static bool is_login(const char *name)
{
    return strcmp(name, "agetty") == 0 || strcmp(name, "getty") == 0 || strcmp(name, "login") == 0;
}

/* "agetty", "-o", ..., "ttyS0", "vt220": everybody may read that. */
static bool is_told(const char *proc, long pid, const char *device)
{
    const char *slash = strrchr(device, '/');
    const char *tty = slash ? slash + 1 : device;
    char path[PATH_MAX];
    char line[1024];

    snprintf(path, sizeof(path), "%s/%ld/cmdline", proc, pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : read(fd, line, sizeof(line) - 1);
    if (fd >= 0) {
        close(fd);
    }
    if (len <= 0) {
        return false;
    }
    line[len] = '\0';
    for (const char *word = line; word < line + len; word += strlen(word) + 1) {
        if (strcmp(word, tty) == 0 || strcmp(word, device) == 0) {
            return true;
        }
    }
    return false;
}

static enum rival_kind judge(const char *proc, long pid, const char *name, const char *device)
{
    bool open_there = has_open(proc, pid, device);

    if (is_login(name)) {
        return open_there || is_told(proc, pid, device) ? RIVAL_LOGIN : RIVAL_NONE;
    }
    if (strcmp(name, "ModemManager") == 0) {
        return open_there ? RIVAL_MODEM_MANAGER : RIVAL_MAY_PROBE;
    }
    return open_there ? RIVAL_OTHER : RIVAL_NONE;
}

/* False: nobody that matters here. */
static bool look_at(const char *proc, long pid, const char *device, struct rival *rival)
{
    rival->pid = pid;
    read_word(proc, pid, "comm", rival->name, sizeof(rival->name));
    rival->kind = judge(proc, pid, rival->name, device);
    return rival->kind != RIVAL_NONE;
}

size_t rival_list(const char *proc, const char *path, struct rival *rivals, size_t max)
{
    DIR *processes = opendir(proc);
    const struct dirent *entry;
    size_t count = 0;

    if (!processes) {
        return 0;
    }
    for (unsigned i = 0; i < PROCESSES_MAX && count < max && (entry = readdir(processes)); i++) {
        char *end;
        long pid = strtol(entry->d_name, &end, 10);
        if (pid > 0 && !*end && pid != (long)getpid() && look_at(proc, pid, path, &rivals[count])) {
            count++;
        }
    }
    closedir(processes);
    return count;
}

void rival_describe(const struct rival *rival, const char *path, char *words, size_t size)
{
    const char *slash = strrchr(path, '/');
    const char *tty = slash ? slash + 1 : path;

    words[0] = '\0';
    switch (rival->kind) {
    case RIVAL_NONE:
        return;
    case RIVAL_LOGIN:
        snprintf(words, size,
                 "a login prompt (%s, process %ld) is on the modem's port: systemctl disable --now "
                 "serial-getty@%.20s",
                 rival->name, rival->pid, tty);
        return;
    case RIVAL_MODEM_MANAGER:
        snprintf(
            words, size,
            "ModemManager (process %ld) has the modem's port open: systemctl disable --now ModemManager, or "
            "install blynkd's udev rule",
            rival->pid);
        return;
    case RIVAL_MAY_PROBE:
        snprintf(
            words, size,
            "ModemManager (process %ld) runs and may be probing the modem's port: install blynkd's udev rule",
            rival->pid);
        return;
    case RIVAL_OTHER:
        snprintf(words, size, "another program (%s, process %ld) has the modem's port open: stop it",
                 rival->name, rival->pid);
        return;
    }
}

bool rival_find(const char *proc, const char *path, char *words, size_t size)
{
    struct rival rivals[RIVALS_MAX];
    struct rival worst = {.kind = RIVAL_NONE};
    size_t count = rival_list(proc, path, rivals, RIVALS_MAX);

    for (size_t i = 0; i < count; i++) {
        worst = rivals[i].kind > worst.kind ? rivals[i] : worst;
    }
    rival_describe(&worst, path, words, size);
    return worst.kind != RIVAL_NONE;
}
