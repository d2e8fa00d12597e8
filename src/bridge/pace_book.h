/*
 * What was learned of networks (pace.h), kept in the file `heartbeat` of the state directory, one line each:
 * the silence that was survived, the one that was not, in ms, and the network's name. Owned by the link; the disk
 * is read and written by jobs. A file that cannot be read or written costs some pings and is never an error.
 */
#ifndef BRIDGE_PACE_BOOK_H
#define BRIDGE_PACE_BOOK_H

#include "pace.h"

#include "blynkd/base/state_file.h"

#include <stddef.h>

#define PACE_BOOK_MAX      8 /* networks; the one used longest ago gives way */
#define PACE_BOOK_NAME_MAX 96

struct sched;

struct pace_network {
    char name[PACE_BOOK_NAME_MAX]; /* operator and access point, printable */
    uint32_t proven_ms;
    uint32_t broken_ms;
};

struct pace_book {
    struct state_file file;
    struct pace_network networks[PACE_BOOK_MAX]; /* last used first */
    size_t count;
    void (*on_loaded)(void *arg);
    void *arg;
};

void pace_book_init(struct pace_book *book, struct sched *sched, void (*on_loaded)(void *arg), void *arg);
/* Reads the file; on_loaded follows once, unless pace_book_close() comes first. Networks noted before it has been
 * read are newer and stay. */
void pace_book_open(struct pace_book *book, const char *dir);
void pace_book_close(struct pace_book *book);

/* NULL: nothing known. */
const struct pace_network *pace_book_find(const struct pace_book *book, const char *name);
/* And writes the file. */
void pace_book_note(struct pace_book *book, const char *name, const struct pace *pace);

/* Pure. Lines that make no sense are skipped. */
void pace_book_parse(struct pace_book *book, const char *text, size_t len);
/* Its length. */
size_t pace_book_format(const struct pace_book *book, char *out, size_t size);

#endif
