#include "process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Not dumpable: neither a core file nor another process of the same user can show the token. The price: a
 * debugger needs root, and /proc/PID/fd and the like belong to root; nothing in here reads them.
 */
static void harden_process(void)
{
    umask(077);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN); /* until the loop takes it: what would be read again is being read */
    prctl(PR_SET_DUMPABLE, 0);
}

/* Whoever starts us with one of them closed must not find our socket there; libuv even ends when it closes one. */
static void hold_standard_descriptors(void)
{
    int fd;

    do {
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0) {
        close(fd);
    }
}

void process_harden(void)
{
    hold_standard_descriptors();
    harden_process();
}
