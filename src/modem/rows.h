/*
 * What an answer to a dialect's status question says of each link. Every form of the sheets is read by the
 * dialect's own table; a line or a word that is not in it says nothing, so that no link is ever taken for dead
 * because an answer was not understood. Owned by the sock. Pure.
 */
#ifndef MODEM_ROWS_H
#define MODEM_ROWS_H

#include "dialect.h"

struct rows {
    enum row_state states[DIALECT_ROWS];
    bool no_bearer;
    char strange[64]; /* the first line that was not understood; "" if none */
};

void rows_clear(struct rows *rows);

/* A line of the answer. */
void rows_take(struct rows *rows, const struct dialect *dialect, const char *line, size_t len);

/* ROW_UNKNOWN if the answer told nothing of the link. */
enum row_state rows_state(const struct rows *rows, long link);

/* The first link in that state, -1 if none. */
long rows_find(const struct rows *rows, enum row_state state);

const char *row_state_name(enum row_state state);

#endif
