/*
 * A dialect: how a family of modules speaks TCP over AT, as one constant record: which command opens, sends,
 * reads, asks and closes, what its answers look like, who numbers the links, and which unsolicited lines matter.
 * Records are written in dialects/, shared by reference between sister modules, and read by sock.c and the
 * machine. Never holds anything that changes, never code.
 *
 * Templates name their values in braces: {host} {address} {port} {link} {len} {max}; scripts of the bearer know {apn}
 * {user} {password} {dns} {dns2}. In the patterns of unsolicited lines the first %d is the link; a pattern without one means
 * the one link that is open (blynkd never opens a second).
 */
#ifndef MODEM_DIALECT_H
#define MODEM_DIALECT_H

#include "blynkd/at/script.h"
#include "blynkd/net/stream.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIALECT_ROWS     16   /* links a status answer may tell of (13 is the most in the sheets) */
#define DIALECT_SEND_MAX 2048 /* bytes of one send; the largest of the sheets */

enum dialect_numbering {
    DIALECT_NUMBERED_BY_HOST,  /* {link} is in the open command */
    DIALECT_NUMBERED_BY_MODEM, /* an information line of the open tells it */
    DIALECT_NOT_NUMBERED,      /* one link only */
};

enum dialect_reading {
    DIALECT_PUSHED,   /* data comes by itself, announced with its length */
    DIALECT_BUFFERED, /* a line says that there is data, a command reads it */
};

/* What an answer to `status` says of a link. */
#define ROW_STATES(X)                                                                                        \
    X(ROW_UNKNOWN, "not told")                                                                               \
    X(ROW_FREE, "not in use")                                                                                \
    X(ROW_CONNECTING, "being opened")                                                                        \
    X(ROW_UP, "open")                                                                                        \
    X(ROW_ENDING, "closed by the server, data may be left")                                                  \
    X(ROW_CLOSED, "closed")                                                                                  \
    X(ROW_NO_BEARER, "without data connection")

enum row_state {
#define ROW_ENUM(name, words) name,
    ROW_STATES(ROW_ENUM)
#undef ROW_ENUM
};

struct dialect_command {
    const char *send; /* template; NULL: the dialect has no such command */
    const struct at_expect *expect;
};

/* A form of a status line. `link`, `word`: index of the capture, -1 if the form has none (no link: it speaks of
 * the module as a whole, or of its only link; no word: the line says nothing). */
struct dialect_row_form {
    const char *pattern;
    int link;
    int word;
};

struct dialect_word {
    const char *word;
    enum row_state state;
};

/* How a line that ended an open is blamed; the first match counts, without one STREAM_FAULT_CONNECT. */
struct dialect_blame {
    const char *pattern;
    enum stream_fault fault;
};

/* What is known of such an end, in words that continue "... was not reached: ". */
struct dialect_reason {
    const char *pattern;
    const char *words;
};

struct dialect {
    const char *name;
    const struct dialect
        *tls; /* spoken instead when the module is to encrypt; NULL: it cannot, or not well */
    const struct dialect *single; /* spoken instead when the module refuses several links; NULL: cannot */

    enum dialect_numbering numbering;
    long link; /* numbered by the host: the one we take */

    struct dialect_command prepare;       /* sent before the open, may name {is_name}: 1 or 0; or nothing */
    struct dialect_command prepare_again; /* the same as other firmware wants it, if the first is an ERROR */
    const char *prepare_refused; /* words for both refused: it is the encryption that cannot be had then */
    const char *prepare_link;    /* the line of its answer that tells the link to open */
    const char *prepare_address; /* the line that tells {address}; it is only asked for names then */
    struct dialect_command open;
    const char *open_link;                     /* numbered by the modem: the line that tells it */
    const char *const *open_busy;              /* ends of an open which mean that our link is open already */
    const char *const *open_unsure;            /* ends after which the link may still come up */
    uint32_t open_unsure_ms;                   /* how long to listen then */
    const struct dialect_blame *open_blame;    /* ended by pattern == NULL; or NULL */
    const struct dialect_reason *open_reasons; /* ended by pattern == NULL; or NULL */
    uint32_t answer_ms; /* STREAM_FAULT_TLS later than that after the open: more likely nobody answered */
    bool tells_name_checked;  /* a TLS dialect whose module refuses a certificate with another name */
    bool find_after_open;     /* a failed open may leave a row busy: ask the status, close it */
    bool close_after_failure; /* a link whose open failed keeps its number until we close it */
    bool sweep_before_open;   /* the first open closes what an earlier life left open */

    struct dialect_command bearer;   /* asked after a failed open; NULL: `status` tells */
    const char *const *bearer_gone;  /* lines of its answer that say it is gone... */
    const char *const *bearer_there; /* ...unless one of these comes too */

    struct dialect_command resolve;    /* of {host}: tells a name that does not resolve from a dead server */
    const char *const *resolve_failed; /* lines of its answer that say so; ERROR says so always */

    struct dialect_command send;
    const char *send_taken; /* pattern of the end that tells how many bytes were taken; NULL: all */
    int send_taken_capture;
    bool short_send_is_fatal; /* the rest is not sent again: the module calls the link unusable then */
    size_t send_max_bytes;

    enum dialect_reading reading;
    const struct at_announce *announces;
    struct dialect_command receive; /* buffered: reads up to {max} */
    size_t receive_max_bytes;
    struct dialect_command waiting; /* buffered: how much waits, in case the line that says so was lost */
    const char *waiting_line;
    int waiting_capture;
    bool empty_read_fails; /* nothing to read is an ERROR: no doubt about one after a read that worked */
    bool reads_counted; /* buffered: never reads more than `waiting` tells, and asks it of open links only */

    struct dialect_command status;
    struct dialect_command other_status; /* asked from then on when the module answers ERROR to `status` */
    const struct dialect_row_form *row_forms; /* ended by pattern == NULL; the first match counts */
    const struct dialect_word *words;         /* ended by word == NULL */

    struct dialect_command close;
    bool close_after_peer; /* a link that the server closed keeps its number until we close it too */

    const char *const *data_lines;      /* buffered: data waits */
    const char *const *closed_lines;    /* the server, or the network, closed the link */
    const char *const *connected_lines; /* a link came up although nobody waits any more */
    const char *const *not_connected_lines;
    const char *const *bearer_lost_lines;

    const struct at_step *bearer_up;     /* before the choice of several links */
    const struct at_step *several_links; /* the choice; fails: `single` is spoken */
    const struct at_step *bearer_finish; /* after it */
    const struct at_step *bearer_down;

    /* Which servers to ask for names: {dns}, and {dns2} if there is a second; once the data connection is up. NULL:
     * it cannot be told. `_again`: the same as other firmware wants it, if the first is refused. */
    const struct at_step *name_servers;
    const struct at_step *name_servers_again;
};

/* NULL, or what is wrong with the record. */
const char *dialect_check(const struct dialect *dialect);

#endif
