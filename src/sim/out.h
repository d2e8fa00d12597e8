/*
 * What the modem says: lines with their framing, unsolicited ones told from answers.
 * Owned by the modem; every line leaves as a whole, so that nothing can come in between its bytes.
 * It never decides what to say, only how it is framed, dropped or crowded by others.
 */
#ifndef SIM_OUT_H
#define SIM_OUT_H

#include <stdbool.h>
#include <stddef.h>

struct modem;

/* The kind decides what drop-urc swallows, and what is printed together. */
enum out_kind {
    OUT_ANSWER, /* belongs to the command that is running */
    OUT_URC,    /* unsolicited; drop-urc swallows it */
    OUT_LATE,   /* result of a command that has already ended */
    OUT_DATA,   /* received bytes */
    OUT_BOOT
};

struct out {
    char answer[1400]; /* the running answer as it will be printed */
    size_t answer_length;
    bool storming;
    unsigned storm_next;
};

/* \r\nTEXT\r\n */
void out_line(struct modem *modem, enum out_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Bytes as they are. */
void out_bytes(struct modem *modem, enum out_kind kind, const void *bytes, size_t count);

/* \r\n>, with or without a blank. */
void out_prompt(struct modem *modem);

/* Prints what the answer was; called when it is complete. */
void out_print_answer(struct modem *modem);

/* One of the profile's unsolicited lines if urc-storm is on; `glued` leaves out what separates it. */
void out_storm(struct modem *modem, bool glued);

#endif
