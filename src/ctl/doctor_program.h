/*
 * The daemon's program, started by the doctor: to check the configuration, and to look at the modem when no daemon
 * runs. The struct is the caller's; what it started ends with probe_end(). It is given its socket as systemd would give
 * it, in a directory that is gone as soon as the connection is made, so nobody else can ask it.
 */
#ifndef BLYNKD_CTL_DOCTOR_PROGRAM_H
#define BLYNKD_CTL_DOCTOR_PROGRAM_H

#include "ctl.h"

#include <limits.h>
#include <stddef.h>
#include <sys/types.h>

struct probe {
    struct ctl ctl; /* its connection */
    pid_t pid;      /* 0: does not run */
    int words_fd;   /* what it writes to standard error */
};

/* blynkd beside this program: as built, or as installed (/usr/bin and /usr/sbin). Never from PATH: root may be asking.
 * False: it is not there. */
bool program_find(char path[PATH_MAX]);

/* The first line of what is wrong with the configuration; its exit code; -1 it could not be started, `why` says it. */
int program_check_config(const struct ctl *ctl, char *why, size_t why_bytes);

/* `baud` 0: as configured. An enum ctl_exit; `why`: what is wrong. */
int probe_begin(const struct ctl *ctl, uint32_t baud, struct probe *probe, char *why, size_t why_bytes);
/* Closes the connection and waits until it has let go of the port. What it said last is put into `why` (may be NULL). */
void probe_end(struct probe *probe, char *why, size_t why_bytes);

#endif
