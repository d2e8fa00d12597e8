/*
 * The pseudo terminal that stands for the serial port, and the symbolic link that gives it a stable name.
 * Owned by the uart, which opens a new one each time the modem is plugged in.
 * It never reads or writes the terminal and never replaces anything that is not a symbolic link.
 */
#ifndef SIM_PTY_H
#define SIM_PTY_H

#include <stdbool.h>

struct pty {
    int master;
    int opens; /* inotify: readable when a host opens the terminal */
    char pts[64];
};

/* 0 or a negative errno; on failure nothing stays open. */
int pty_open(struct pty *pty);
void pty_close(struct pty *pty);

/* Speed that the host has set on its side, 0 when it is none of the usual ones. */
long pty_host_baud(const struct pty *pty);

/* Points `path` to `target` in one step; -EEXIST when `path` is something else than a symbolic link. */
int pty_link(const char *path, const char *target);

/* Removes `path` if it still points to `target`. */
void pty_unlink(const char *path, const char *target);

#endif
