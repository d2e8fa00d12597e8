/*
 * What is known of servers beyond one try: where a redirect led, and at which numeric addresses names were found when
 * that last worked; as text of one line each for the next process. Owned by link_target.c; pure. It never decides what
 * is tried.
 */
#ifndef BRIDGE_LINK_BOOK_H
#define BRIDGE_LINK_BOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINK_BOOK_PLACES 4    /* the one used longest ago gives way */
#define LINK_BOOK_BYTES  2048 /* of the text at most */

struct link_place {
    char name[256];
    char address[64]; /* numeric */
    int64_t wall_ms;  /* when it last worked, to the day */
};

struct link_redirect {
    char from[256]; /* the configured host that was asked */
    char host[256]; /* "": there is none */
    uint16_t port;
    int64_t wall_ms; /* when it was told */
};

struct link_book {
    struct link_redirect redirect;
    struct link_place places[LINK_BOOK_PLACES]; /* last used first */
    size_t count;
};

/* True: that is worth being written down, another address or another day (flash wears out). */
bool link_book_note(struct link_book *book, const char *name, const char *address, int64_t wall_ms);
/* NULL: not known, or longer ago than a month. A clock that was set back makes nothing too old. */
const struct link_place *link_book_find(const struct link_book *book, const char *name, int64_t wall_ms);

/* Lines that make no sense are skipped. */
void link_book_read(struct link_book *book, const char *text, size_t len);
/* Its length. */
size_t link_book_write(const struct link_book *book, char text[LINK_BOOK_BYTES]);

#endif
