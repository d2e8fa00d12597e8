/*
 * A disk that fails: SQLite's own file layer with a counter in front of everything that changes a file. Installed as
 * the default for as long as a test wants it. It keeps nothing of its own; files are real ones.
 */
#ifndef SPOOL_DISK_H
#define SPOOL_DISK_H

#include <stdbool.h>

enum spool_disk_fault {
    SPOOL_DISK_SOUND,
    SPOOL_DISK_FULL,   /* the Nth change: SQLITE_FULL, nothing is written */
    SPOOL_DISK_BROKEN, /* the Nth change: SQLITE_IOERR; the half of it is written */
    SPOOL_DISK_KILLED, /* the Nth change is torn in the middle and nothing is written after it */
    SPOOL_DISK_FILLED, /* from the Nth write on SQLITE_FULL, until the fault is changed */
};

void spool_disk_install(void);
void spool_disk_remove(void);
/* Counting starts anew. */
void spool_disk_set(enum spool_disk_fault fault, unsigned nth);
unsigned spool_disk_changes(void); /* since then */
bool spool_disk_struck(void);      /* the fault happened */
/* A slow disk: on other threads nothing is synced while it is held. */
void spool_disk_hold(bool hold);

#endif
