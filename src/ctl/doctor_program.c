/* Starting blynkd for a look. */
#include "doctor_program.h"

#include "talk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGUMENTS_MAX 10
#define FIRST_FREE_FD 10
#define LISTEN_FD     3    /* sd_listen_fds(3) */
#define END_MS        7000 /* blynkd ends within 5 s of being told */
#define CHECK_MS      20000
#define PAUSE_MS      20

/* ---- the program ---- */

bool program_find(char path[PATH_MAX])
{
    static const char *const places[] = {"blynkd", "../sbin/blynkd"};
    char self[PATH_MAX - 32];
    ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

    self[len > 0 ? len : 0] = '\0';
    char *slash = strrchr(self, '/');
    for (size_t i = 0; slash && i < sizeof(places) / sizeof(places[0]); i++) {
        snprintf(path, PATH_MAX, "%.*s%s", (int)(slash - self) + 1, self, places[i]);
        if (access(path, X_OK) == 0) {
            return true;
        }
    }
    return false;
}

static int above(int fd)
{
    int moved = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FREE_FD);

    close(fd);
    return moved;
}

/* Between fork and exec. */
static _Noreturn void become(const char *program, const char *const *arguments, int words_fd, int listen_fd)
{
    char pid[24];
    int null = open("/dev/null", O_RDWR);

    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    dup2(words_fd, STDERR_FILENO);
    if (listen_fd >= 0) {
        dup2(listen_fd, LISTEN_FD);
        snprintf(pid, sizeof(pid), "%ld", (long)getpid());
        setenv("LISTEN_FDS", "1", 1);
        setenv("LISTEN_PID", pid, 1);
    }
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    execv(program, (char *const *)arguments);
    _exit(127);
}

static pid_t start(const char *const *arguments, int *words_fd, int listen_fd, char *why, size_t why_bytes)
{
    char program[PATH_MAX];
    pid_t pid;

    if (!program_find(program)) {
        snprintf(why, why_bytes, "the program blynkd is not installed beside blynkctl");
        return -1;
    }
    *words_fd = memfd_create("blynkd", MFD_CLOEXEC);
    *words_fd = *words_fd < 0 ? -1 : above(*words_fd);
    pid = *words_fd < 0 ? -1 : fork();
    if (pid == 0) {
        become(program, arguments, *words_fd, listen_fd);
    }
    if (pid < 0) {
        snprintf(why, why_bytes, "blynkd could not be started: %s", strerror(errno));
    }
    return pid;
}

/* Its exit code; -1 after it had to be killed. */
static int wait_for(pid_t pid, int limit_ms)
{
    int status = 0;

    for (int waited_ms = 0; waitpid(pid, &status, WNOHANG) == 0; waited_ms += PAUSE_MS) {
        if (waited_ms > limit_ms) {
            kill(pid, SIGKILL);
            waitpid(pid, &status, 0);
            return -1;
        }
        poll(NULL, 0, PAUSE_MS);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The first line that it has written, without the words that a log begins with. */
static void read_words(int fd, char *why, size_t why_bytes)
{
    static const char *const beginnings[] = {"error: ", "warning: ", "daemon: "};
    char text[1024];
    ssize_t len = pread(fd, text, sizeof(text) - 1, 0);
    const char *line = text;

    text[len > 0 ? len : 0] = '\0';
    text[strcspn(text, "\n")] = '\0';
    for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++) {
        const char *at = strstr(line, beginnings[i]);
        line = at ? at + strlen(beginnings[i]) : line;
    }
    snprintf(why, why_bytes, "%s", line);
}

int program_check_config(const struct ctl *ctl, char *why, size_t why_bytes)
{
    const char *const arguments[] = {"blynkd", "--config", ctl->config_path, "--check-config", NULL};
    int words_fd;
    pid_t pid = start(arguments, &words_fd, -1, why, why_bytes);

    if (pid < 0) {
        return -1;
    }
    int code = wait_for(pid, CHECK_MS);
    read_words(words_fd, why, why_bytes);
    close(words_fd);
    return code;
}

/* ---- the probe ---- */

struct place {
    char folder[32];
    struct sockaddr_un address;
};

static int listen_in_private(struct place *place)
{
    int fd;

    *place = (struct place){.folder = "/tmp/blynkctl-XXXXXX", .address.sun_family = AF_UNIX};
    if (!mkdtemp(place->folder)) {
        return -1;
    }
    snprintf(place->address.sun_path, sizeof(place->address.sun_path), "%s/probe.sock", place->folder);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    fd = fd < 0 ? -1 : above(fd);
    if (fd >= 0 &&
        (bind(fd, (struct sockaddr *)&place->address, sizeof(place->address)) != 0 || listen(fd, 1) != 0)) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static void leave(const struct place *place)
{
    unlink(place->address.sun_path);
    rmdir(place->folder);
}

int probe_begin(const struct ctl *ctl, uint32_t baud, struct probe *probe, char *why, size_t why_bytes)
{
    char speed[16];
    const char *arguments[ARGUMENTS_MAX] = {"blynkd",  "--config",    ctl->config_path,
                                            "--probe", "--log-level", "error"};
    struct place place;
    int listen_fd = listen_in_private(&place);
    enum ctl_exit exit;

    *probe = (struct probe){.ctl = *ctl, .words_fd = -1};
    probe->ctl.redis = NULL;
    probe->ctl.socket_path = place.address.sun_path;
    if (listen_fd < 0) {
        snprintf(why, why_bytes, "no socket can be made in /tmp: %s", strerror(errno));
        leave(&place);
        return CTL_OUT_OF_MEMORY;
    }
    if (baud) {
        snprintf(speed, sizeof(speed), "%u", (unsigned)baud);
        arguments[6] = "--baud";
        arguments[7] = speed;
    }
    probe->pid = start(arguments, &probe->words_fd, listen_fd, why, why_bytes);
    /* It waits in the queue until the probe takes it. */
    exit = probe->pid > 0 ? talk_open(&probe->ctl) : CTL_UNREACHABLE;
    probe->ctl.socket_path = ""; /* once: if it ends, nobody else is asked instead */
    probe->pid = probe->pid > 0 ? probe->pid : 0;
    close(listen_fd);
    leave(&place);
    return (int)exit;
}

void probe_end(struct probe *probe, char *why, size_t why_bytes)
{
    talk_close(&probe->ctl);
    if (probe->pid > 0) {
        wait_for(probe->pid, END_MS);
        probe->pid = 0;
    }
    if (probe->words_fd >= 0) {
        if (why) {
            read_words(probe->words_fd, why, why_bytes);
        }
        close(probe->words_fd);
        probe->words_fd = -1;
    }
}
