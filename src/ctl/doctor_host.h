/*
 * What can be seen of the host without asking anybody: the port's node and who may open it, who else is on it, what
 * the kernel was told of a console, whether the clock is kept. Looks below a root directory, which is "" but in tests;
 * the caller owns the facts. It never opens the port.
 */
#ifndef BLYNKD_CTL_DOCTOR_HOST_H
#define BLYNKD_CTL_DOCTOR_HOST_H

#include "doctor_facts.h"

/* host->path is known; the process `daemon_pid` (0: none) is no rival. */
void host_look(const char *root, long daemon_pid, struct host_facts *host);

/* Whether a kernel command line puts a console on `tty` ("ttyS0"; serial0 counts as `alias`, NULL: none). Pure. */
bool host_console_is_on(const char *cmdline, const char *tty, const char *alias);

/* The pid of a blynkd that was started with this configuration; 0: none was found. */
long host_find_daemon(const char *root, const char *config_path);

#endif
