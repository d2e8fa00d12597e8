/*
 * A measured time for chrony, which may set the machine's clock by it: chrony's "refclock SOCK /a/path". The caller
 * owns the measurement and decides when one is offered. Never waits, and never sets a clock itself.
 */
#ifndef BLYNKD_IO_REFCLOCK_H
#define BLYNKD_IO_REFCLOCK_H

#include <stdint.h>

#define REFCLOCK_PATH_MAX 108 /* what a Unix socket's address takes, with its end */

/*
 * When this machine believed it was `host_ms` it was `true_ms`, both since 1970 UTC. 0, or what sendto(2) says:
 * -ENOENT and -ECONNREFUSED when chrony does not run, -EACCES, -EAGAIN when it does not keep up; -ENAMETOOLONG.
 */
int refclock_offer(const char *path, int64_t host_ms, int64_t true_ms);

#endif
