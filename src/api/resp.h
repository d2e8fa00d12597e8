/*
 * Requests of the Redis protocol: arrays of bulk strings, and inline commands. Pure functions over the caller's
 * buffer: arguments point into it, and quoted inline arguments are unescaped in place. The parser owns no memory
 * and never looks at a byte beyond what it was given.
 */
#ifndef BLYNKD_API_RESP_H
#define BLYNKD_API_RESP_H

#include <stddef.h>
#include <stdint.h>

/* Limits of design/local-api.md, Framing. */
#define RESP_ARGS_MAX   1024
#define RESP_BULK_MAX   65536
#define RESP_INLINE_MAX 65536
/* A whole command. 1024 arguments of 64 KiB would be 64 MiB a client; the largest write that can be valid (an
 * MSET of 256 pins with 1000 bytes each) has room in this. */
#define RESP_COMMAND_MAX 524288
#define RESP_ERROR_MAX   80

struct resp_arg {
    char *text; /* not zero-terminated, may hold any bytes */
    size_t len;
};

struct resp_command {
    size_t count; /* 0: an empty line or array, to be skipped */
    size_t bytes; /* what it took from the front of the buffer */
    struct resp_arg args[RESP_ARGS_MAX];
};

/* What is remembered of a half command. Starts, and is again after each command, as all zero. */
struct resp_parser {
    size_t need;    /* with fewer bytes than that in the buffer a further look is useless */
    size_t scanned; /* an inline line's bytes that hold no line end */
    char error[RESP_ERROR_MAX];
};

enum resp_status {
    RESP_MORE,    /* the buffer holds only a part of a command; come again with more, the same bytes first */
    RESP_COMMAND, /* `command` is filled */
    RESP_BROKEN,  /* parser->error says why, "Protocol error: ..."; the connection cannot go on */
};

enum resp_status resp_parse(struct resp_parser *parser, uint8_t *data, size_t len,
                            struct resp_command *command);

#endif
