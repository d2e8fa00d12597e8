/*
 * The newest time that was ever known, kept in the file `clock` of the state directory as seconds since 1970: it is
 * not earlier than that, however wrong the machine's clock is after a start. Owned by the bridge; read and written by
 * jobs, at most once a day. A file that cannot be read or written costs certainty and is never an error.
 */
#ifndef BRIDGE_CLOCK_BOOK_H
#define BRIDGE_CLOCK_BOOK_H

#include "blynkd/base/state_file.h"

#include <stdint.h>

struct sched;

struct clock_book {
    struct state_file file;
    int64_t newest_ms;  /* 0: none yet */
    int64_t written_ms; /* what the file says; 0: not known */
};

/* Reads the file; what is told before it has been read is newer. */
void clock_book_open(struct clock_book *book, struct sched *sched, const char *dir);
void clock_book_close(struct clock_book *book);

/* Somebody who may be wrong says that it is now so late; ... */
void clock_book_raise(struct clock_book *book, int64_t wall_ms);
/* ...and somebody who knows: also if it is earlier, so that one lie does not last. */
void clock_book_set(struct clock_book *book, int64_t wall_ms);

/* Not before the program was built. */
int64_t clock_book_floor_ms(const struct clock_book *book);

#endif
