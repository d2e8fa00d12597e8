/*
 * A look instead of a life: the daemon asked only how far it comes, by `blynkctl doctor` when no daemon runs. The same
 * parts with the same rules for PINs, but nothing is kept, nothing is accepted for Blynk, and it ends with the one who
 * asks. Part of struct daemon; it never touches what a running daemon has stored to be sent.
 */
#ifndef BLYNKD_DAEMON_PROBE_H
#define BLYNKD_DAEMON_PROBE_H

#include "blynkd/base/timer.h"

#include <stdbool.h>

struct daemon;

struct probe {
    struct timer look;
    unsigned looks;
    bool was_asked;
};

/*
 * Each does nothing unless a probe is what the daemon was started for. Begins before the parts are built: changes the
 * configuration; started by root it becomes the owner of the state directory, or the daemon could not use what it
 * leaves there. 0 or the exit code.
 */
int probe_begin(struct daemon *daemon);
/* Watches who asks; daemon_stop() when nobody does any more. */
void probe_start(struct daemon *daemon);
void probe_end(struct daemon *daemon);

#endif
