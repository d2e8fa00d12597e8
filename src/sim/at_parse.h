/*
 * Taking a command line apart: "+CSQ;+COPS?;E0" into single commands with their arguments.
 * A pure function over text; the result holds its own copy.
 * It never knows which commands exist.
 */
#ifndef SIM_AT_PARSE_H
#define SIM_AT_PARSE_H

#include "at.h"

#include <stdbool.h>
#include <stddef.h>

struct at_parsed {
    char name[24]; /* "+CSQ", "E", "&F"; "" for a bare AT */
    struct at_call call;
    char copy[LINE_BYTES_MAX], raw[LINE_BYTES_MAX];
};

/* Takes the command at `position` and moves it behind; false when it cannot be one. */
bool at_parse_next(const char *text, size_t *position, bool escapes, struct at_parsed *out);

#endif
