/*
 * The book of PINs that were sent to SIM cards and what became of each, as kept in the file `pin_attempts`. A
 * wrong PIN sent three times locks the card, and a daemon restarts and retries by nature; so every PIN is written
 * down before it is sent, and one whose outcome is bad or not known is never sent again. Pure; pin_guard.c does
 * the reading and writing.
 *
 * A PIN that has opened its card before is not locked out by one power failure between writing and answer: it
 * may be tried once more. At the worst (somebody changed the card's PIN, and the power failed in that moment)
 * this costs two of the three tries.
 *
 * Cards and PINs are kept as keyed hashes with the file's own salt. That hides them from a glance, not from
 * somebody who tries the 10,000 PINs; the file's mode does that.
 */
#ifndef MODEM_PIN_BOOK_H
#define MODEM_PIN_BOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PIN_BOOK_MAX       64   /* records */
#define PIN_BOOK_FILE_MAX  8192 /* bytes of the file */
#define PIN_BOOK_SALT_SIZE 16

#define PIN_OUTCOMES(X)                                                                                      \
    X(PIN_PENDING, "pending")                                                                                \
    X(PIN_OK, "ok")                                                                                          \
    X(PIN_FAILED, "failed")

enum pin_outcome {
#define PIN_ENUM(name, word) name,
    PIN_OUTCOMES(PIN_ENUM)
#undef PIN_ENUM
};

enum pin_verdict {
    PIN_MAY_BE_SENT,
    PIN_WAS_REFUSED,     /* by this card */
    PIN_OUTCOME_UNKNOWN, /* it was sent and the answer never seen */
    PIN_NOT_WRITTEN,     /* the book could not be read or written */
};

struct pin_record {
    uint64_t card; /* 0: the card's number was not known */
    uint64_t pin;
    enum pin_outcome outcome;
    bool good_before; /* it opened the card at some time */
    bool again;       /* this is its second try after an outcome that was never seen */
};

struct pin_book {
    uint8_t salt[PIN_BOOK_SALT_SIZE];
    struct pin_record records[PIN_BOOK_MAX]; /* oldest first */
    size_t count;
};

/* An empty book. */
void pin_book_clear(struct pin_book *book, const uint8_t salt[PIN_BOOK_SALT_SIZE]);

/* Reads the file's text. -EINVAL: it is not one, nothing may be concluded. */
int pin_book_parse(struct pin_book *book, const char *text, size_t len);

/* Writes the file's text; its length, or -ENOSPC. */
int pin_book_format(const struct pin_book *book, char *out, size_t size);

/* Whether `pin` may be sent to the card `iccid` ("" = not known). If it may, it is pending from now on. */
enum pin_verdict pin_book_begin(struct pin_book *book, const char *iccid, const char *pin);

/* The card's answer to what pin_book_begin() allowed. */
void pin_book_end(struct pin_book *book, const char *iccid, const char *pin, bool accepted);

#endif
