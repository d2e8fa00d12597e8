/* blynkctl bundle: what somebody who is to help needs to see, in one archive, without any secret. */
#include "answer.h"
#include "bundle_mask.h"
#include "commands.h"
#include "say.h"
#include "talk.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COMMAND_S     "15" /* what a command of the system may take */
#define PATH_BYTES    4096
#define COLLECT_BYTES ((size_t)4 * 1024 * 1024) /* of one file; a journal can be long */
#define COMMAND_WORDS 8

/* What the daemon is asked; the file is the answer's. */
static const struct {
    const char *file, *words;
} questions[] = {
    {"link.txt", "LINK"},           {"history.txt", "LINK HISTORY"}, {"modem.txt", "MODEM"},
    {"info.txt", "INFO"},           {"budget.txt", "BLYNK.BUDGET"},  {"trace.txt", "MODEM.TRACE"},
    {"clients.txt", "CLIENT LIST"}, {"config.txt", "CONFIG SHOW"},
};

/* What the system is asked. What is not there says so in its file. */
static const struct {
    const char *file;
    const char *words[COMMAND_WORDS];
} commands[] = {
    {"kernel.txt", {"uname", "-a"}},
    {"system.txt", {"cat", "/etc/os-release"}},
    {"devices.txt", {"ls", "-l", "/dev/serial/by-id", "/sys/class/tty"}},
    {"usb.txt", {"grep", "-rs", ".", "/sys/bus/usb/devices", "--include=product", "--include=manufacturer"}},
    {"service.txt", {"systemctl", "status", "--no-pager", "--lines=0", "blynkd.service", "blynkd.socket"}},
    {"journal.txt",
     {"journalctl", "--no-pager", "--unit=blynkd", "--lines=2000", "--output=short-iso-precise"}},
    {"packages.txt", {"dpkg-query", "-W", "blynkd", "libuv1", "libserialport0", "libssl3", "modemmanager"}},
};

static const char about[] =
    "What blynkctl bundle has collected, for somebody who is to help.\n\n"
    "Token, SIM PIN and passwords are not in here: the daemon shows them to nobody. The numbers of the "
    "modem\n"
    "(IMEI) and of the SIM card (ICCID, IMSI) are cut short. The last values of pins are in trace.txt.\n";

/* ---- one file ---- */

static FILE *begin_file(const char *dir, const char *name)
{
    char path[PATH_BYTES];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    file = fopen(path, "we");
    if (!file) {
        say_error("%s: %s", path, strerror(errno));
    }
    return file;
}

static bool end_file(FILE *file)
{
    bool ok = !ferror(file);

    return fclose(file) == 0 && ok;
}

/* A map comes as names and values by turns; shown as lines all the same. */
static void write_reply(FILE *file, const redisReply *reply, bool is_map)
{
    for (size_t i = 0; reply->type == REDIS_REPLY_ARRAY && i < reply->elements; i++) {
        write_reply(file, reply->element[i], false);
        fputc(is_map && i % 2 == 0 ? '\t' : '\n', file);
    }
    if (reply->type == REDIS_REPLY_INTEGER) {
        fprintf(file, "%lld", reply->integer);
    } else if (reply->str) {
        bundle_mask(reply->str);
        fputs(reply->str, file);
    }
}

static bool ask_daemon(struct ctl *ctl, const char *dir, const char *name, const char *words)
{
    enum ctl_exit exit;
    redisReply *reply = talk_ask_words(ctl, words, &exit);
    bool is_map = reply && strcmp(words, "LINK HISTORY") != 0 && strcmp(words, "MODEM.TRACE") != 0;
    FILE *file = reply ? begin_file(dir, name) : NULL;

    if (file) {
        write_reply(file, reply, is_map);
    }
    freeReplyObject(reply);
    return file && end_file(file);
}

/* ---- what the system says ---- */

static int run_to_file(const char *const *words, const char *path)
{
    posix_spawn_file_actions_t actions;
    pid_t pid;
    int status = 0;
    int error;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    error = posix_spawnp(&pid, words[0], &actions, NULL, (char *const *)(uintptr_t)words, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error) {
        return error;
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return 0;
}

static bool mask_file(const char *path)
{
    char *text = malloc(COLLECT_BYTES + 1);
    FILE *file = text ? fopen(path, "re") : NULL;
    size_t len = file ? fread(text, 1, COLLECT_BYTES, file) : 0;

    if (file) {
        fclose(file);
        text[len] = '\0';
        bundle_mask(text);
        file = fopen(path, "we");
    }
    bool ok = file && fwrite(text, 1, len, file) == len;
    free(text);
    return file ? fclose(file) == 0 && ok : false;
}

static bool ask_system(const char *dir, const char *name, const char *const *command)
{
    const char *words[COMMAND_WORDS + 3] = {"timeout", COMMAND_S};
    char path[PATH_BYTES];

    for (int i = 0; i < COMMAND_WORDS && command[i]; i++) {
        words[i + 2] = command[i];
    }
    if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path)) {
        return false;
    }
    return run_to_file(words, path) == 0 && mask_file(path);
}

/* ---- the whole ---- */

static bool write_about(const char *dir)
{
    FILE *file = begin_file(dir, "README.txt");
    time_t now = time(NULL);
    char when[64];
    struct tm local;

    if (!file) {
        return false;
    }
    localtime_r(&now, &local);
    strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S %Z", &local);
    fprintf(file, "%s\nblynkctl " BLYNKD_VERSION ", %s\n", about, when);
    return end_file(file);
}

static bool collect(struct ctl *ctl, const char *dir)
{
    enum ctl_exit exit = talk_open(ctl); /* without a daemon the rest is worth having all the same */
    bool ok = write_about(dir);

    for (size_t i = 0; exit == CTL_OK && ctl->redis && i < sizeof(questions) / sizeof(questions[0]); i++) {
        ok = ask_daemon(ctl, dir, questions[i].file, questions[i].words) && ok;
    }
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        ok = ask_system(dir, commands[i].file, commands[i].words) && ok;
    }
    return ok;
}

static int pack(const char *dir, const char *path)
{
    const char *words[] = {"tar", "-czf", path, "-C", dir, ".", NULL};
    struct stat stat_buffer;
    mode_t mask = umask(077);
    int error = run_to_file(words, "/dev/null");

    umask(mask);
    if (error || stat(path, &stat_buffer) || stat_buffer.st_size == 0) {
        say_error("%s: the archive could not be written%s%s", path, error ? ": " : "",
                  error ? strerror(error) : "");
        return CTL_REFUSED;
    }
    return CTL_OK;
}

static void remove_all(const char *dir)
{
    const char *words[] = {"rm", "-rf", "--", dir, NULL};

    run_to_file(words, "/dev/null");
}

int run_bundle(struct ctl *ctl, int argc, char **argv)
{
    const char *temporary = getenv("TMPDIR");
    char dir[PATH_BYTES];
    char name[64];
    time_t now = time(NULL);
    struct tm local;
    int result;

    localtime_r(&now, &local);
    strftime(name, sizeof(name), "blynkd-bundle-%Y%m%d-%H%M%S.tar.gz", &local);
    snprintf(dir, sizeof(dir), "%s/blynkd-bundle-XXXXXX", temporary && *temporary ? temporary : "/tmp");
    if (!mkdtemp(dir)) {
        say_error("%s: %s", dir, strerror(errno));
        return CTL_REFUSED;
    }
    if (!collect(ctl, dir)) {
        say_error("not everything could be collected; the archive has the rest");
    }
    result = pack(dir, argc == 2 ? argv[1] : name);
    remove_all(dir);
    if (result == CTL_OK) {
        puts(argc == 2 ? argv[1] : name);
    }
    return result;
}
