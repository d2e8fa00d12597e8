/*
 * Tells when a configuration file was saved: it, or a file beside it in NAME.d. Whoever saves writes in pieces, or
 * writes another file and renames it; one call follows when it has been quiet for a moment. Made and owned by the
 * daemon. It never reads a file, and never fails the daemon: what cannot be watched is looked at every few seconds.
 */
#ifndef BLYNKD_DAEMON_WATCH_H
#define BLYNKD_DAEMON_WATCH_H

#include <uv.h>

struct sched;
struct watch;

typedef void watch_fn(void *arg);

/* NULL: no memory or handles. */
struct watch *watch_create(uv_loop_t *loop, struct sched *sched, const char *path, watch_fn *saved,
                           void *arg);
/* NULL is allowed. */
void watch_destroy(struct watch *watch);

#endif
