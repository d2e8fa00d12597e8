/* The host around the modem. */
#include "doctor_host.h"

#include "ctl.h"

#include "blynkd/base/file.h"
#include "blynkd/base/wall.h"

#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#define TEXT_MAX      8192
#define GROUPS_MAX    256
#define PROCESSES_MAX 32768
#define DAEMON_USER   "blynkd"

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* Its length; 0: it cannot be read. */
static size_t read_text(const char *root, const char *path, char text[TEXT_MAX])
{
    char full[PATH_MAX];
    ssize_t len;
    int fd;

    snprintf(full, sizeof(full), "%s%s", root, path);
    fd = open(full, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    len = fd < 0 ? 0 : read(fd, text, TEXT_MAX - 1);
    if (fd >= 0) {
        close(fd);
    }
    text[len > 0 ? len : 0] = '\0';
    return len > 0 ? (size_t)len : 0;
}

/* ---- the node ---- */

static bool user_may_open(const struct passwd *user, const struct stat *node)
{
    gid_t groups[GROUPS_MAX];
    int count = GROUPS_MAX;

    if (user->pw_uid == node->st_uid) {
        return (node->st_mode & 0600) == 0600;
    }
    if (getgrouplist(user->pw_name, user->pw_gid, groups, &count) > 0) {
        for (int i = 0; i < count; i++) {
            if (groups[i] == node->st_gid) {
                return (node->st_mode & 0060) == 0060;
            }
        }
    }
    return (node->st_mode & 0006) == 0006;
}

static void look_at_rights(const char *device, const struct stat *node, struct host_facts *host)
{
    const struct group *group = getgrgid(node->st_gid);
    const struct passwd *user;

    snprintf(host->group, sizeof(host->group), "%s", group ? group->gr_name : "?");
    host->may_open = access(device, R_OK | W_OK) == 0;
    user = getpwnam(DAEMON_USER);
    host->has_user = user != NULL;
    host->user_may = user && user_may_open(user, node);
}

/* What else looks like a modem's port. */
static void list_others(const char *root, struct host_facts *host)
{
    static const char *const patterns[] = {"/dev/serial/by-id/*", "/dev/ttyUSB*", "/dev/ttyACM*",
                                           "/dev/serial0", "/dev/ttyAMA*"};
    size_t at = 0;

    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        char pattern[PATH_MAX];
        glob_t found;
        snprintf(pattern, sizeof(pattern), "%s%s", root, patterns[i]);
        if (glob(pattern, 0, NULL, &found) != 0) {
            continue;
        }
        for (size_t k = 0; k < found.gl_pathc; k++) {
            const char *path = found.gl_pathv[k] + strlen(root);
            size_t len = strlen(path);
            if (at + len + 3 < sizeof(host->others)) {
                at += (size_t)snprintf(host->others + at, sizeof(host->others) - at, "%s%s", at ? ", " : "",
                                       path);
            }
        }
        globfree(&found);
    }
}

/* What udev was told of the device, which ModemManager obeys. */
static bool is_left_alone(const char *root, const struct stat *node)
{
    char path[64];
    char text[TEXT_MAX];

    snprintf(path, sizeof(path), "/run/udev/data/c%u:%u", major(node->st_rdev), minor(node->st_rdev));
    return read_text(root, path, text) > 0 &&
           (strstr(text, "E:ID_MM_DEVICE_IGNORE=1") || strstr(text, "E:ID_MM_PORT_IGNORE=1"));
}

/* ---- the console ---- */

bool host_console_is_on(const char *cmdline, const char *tty, const char *alias)
{
    static const char option[] = "console=";

    for (const char *at = strstr(cmdline, option); at; at = strstr(at + 1, option)) {
        const char *name = at + strlen(option);
        size_t len = strcspn(name, ", \t\n");
        bool begins = at == cmdline || at[-1] == ' ' || at[-1] == '\n' || at[-1] == '\t';
        if (begins && ((len == strlen(tty) && strncmp(name, tty, len) == 0) ||
                       (alias && len == strlen(alias) && strncmp(name, alias, len) == 0))) {
            return true;
        }
    }
    return false;
}

/* The one that counts now, and those of the boot partition of a Raspberry Pi, which will count. */
static void look_for_console(const char *root, struct host_facts *host)
{
    static const char *const files[] = {"/proc/cmdline", "/boot/firmware/cmdline.txt", "/boot/cmdline.txt"};
    char serial0[PATH_MAX], device[PATH_MAX], text[TEXT_MAX];
    const char *alias = NULL;

    snprintf(serial0, sizeof(serial0), "%s/dev/serial0", root);
    if (realpath(serial0, device) && strcmp(device, host->device) == 0) {
        alias = "serial0";
    }
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        if (read_text(root, files[i], text) > 0 && host_console_is_on(text, name_of(host->device), alias)) {
            snprintf(host->console, sizeof(host->console), "%s", files[i]);
            return;
        }
    }
}

/* ---- processes ---- */

static void look_for_rivals(const char *root, long daemon_pid, struct host_facts *host)
{
    char proc[PATH_MAX];
    size_t kept = 0;

    snprintf(proc, sizeof(proc), "%s/proc", root);
    host->rival_count = rival_list(proc, host->device, host->rivals, RIVALS_MAX);
    for (size_t i = 0; i < host->rival_count; i++) {
        if (host->rivals[i].pid != daemon_pid) {
            host->rivals[kept++] = host->rivals[i];
        }
    }
    host->rival_count = kept;
}

/* "blynkd", "--config", FILE: as it stands, or without one the usual file. */
static bool has_config(const char *line, size_t len, const char *config_path)
{
    const char *config = CTL_CONFIG_PATH;

    for (const char *word = line; word < line + len; word += strlen(word) + 1) {
        const char *next = word + strlen(word) + 1;
        if (strcmp(word, "--probe") == 0 || strcmp(word, "--check-config") == 0) {
            return false;
        }
        if ((strcmp(word, "-c") == 0 || strcmp(word, "--config") == 0) && next < line + len) {
            config = next;
        } else if (strncmp(word, "--config=", strlen("--config=")) == 0) {
            config = word + strlen("--config=");
        }
    }
    return strcmp(config, config_path) == 0;
}

static bool is_daemon(const char *root, const char *pid, const char *config_path)
{
    char path[64];
    char text[TEXT_MAX];

    snprintf(path, sizeof(path), "/proc/%.20s/comm", pid);
    if (read_text(root, path, text) == 0 || strcmp(text, "blynkd\n") != 0) {
        return false;
    }
    snprintf(path, sizeof(path), "/proc/%.20s/cmdline", pid);
    size_t len = read_text(root, path, text);
    return len > 0 && has_config(text, len, config_path);
}

long host_find_daemon(const char *root, const char *config_path)
{
    char proc[PATH_MAX];
    const struct dirent *entry;
    long found = 0;
    DIR *processes;

    snprintf(proc, sizeof(proc), "%s/proc", root);
    processes = opendir(proc);
    for (unsigned i = 0; processes && !found && i < PROCESSES_MAX && (entry = readdir(processes)); i++) {
        char *end;
        long pid = strtol(entry->d_name, &end, 10);
        found = pid > 0 && !*end && is_daemon(root, entry->d_name, config_path) ? pid : 0;
    }
    if (processes) {
        closedir(processes);
    }
    return found;
}

/* ---- all of it ---- */

void host_look(const char *root, long daemon_pid, struct host_facts *host)
{
    char full[PATH_MAX], device[PATH_MAX];
    struct stat node;
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    host->clock_is_kept = wall_is_kept();
    host->clock_is_sane = wall_is_sane((int64_t)now.tv_sec * 1000);
    host->sees_all = geteuid() == 0;
    host->device[0] = '\0';
    if (!host->path[0]) {
        return;
    }
    snprintf(full, sizeof(full), "%s%s", root, host->path);
    if (!realpath(full, device) || stat(device, &node) != 0) {
        list_others(root, host);
        return;
    }
    snprintf(host->device, sizeof(host->device), "%.*s", FACT_PATH_MAX - 1, device);
    host->is_device = S_ISCHR(node.st_mode);
    host->mm_leaves_it = is_left_alone(root, &node);
    look_at_rights(device, &node, host);
    look_for_console(root, host);
    look_for_rivals(root, daemon_pid, host);
}
