/*
 * The dialogue of a modem that has just got its power: a table of lines with their times.
 * Owned by the modem; the tables stand in the profiles.
 * It never says anything that the table does not hold, apart from what the variants add or take away.
 */
#ifndef SIM_BOOT_H
#define SIM_BOOT_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#define BOOT_STEPS_MAX 32

struct modem;

/* What happens besides the text. */
enum boot_action {
    BOOT_SAY,
    BOOT_HEAR,     /* from here on commands are heard */
    BOOT_SIM,      /* the SIM card is ready to be asked */
    BOOT_SEARCH,   /* silently */
    BOOT_ANNOUNCE, /* with its +CREG line */
    BOOT_SEARCH_ENDS,
    BOOT_END
};

/* When a step is left out. */
enum boot_condition {
    BOOT_ALWAYS = 0,
    BOOT_IF_SIM = 1,        /* the card is usable */
    BOOT_IF_NO_SIM = 2,     /* there is none */
    BOOT_IF_NOT_DENIED = 4, /* the network takes the modem */
    BOOT_IF_CIEV = 8,       /* the variants of these names */
    BOOT_IF_FIXED_BAUD = 16,
    BOOT_IF_CALL_READY = 32,
    BOOT_IF_SMS_READY = 64,
    BOOT_IF_NOISE = 128,
    BOOT_IF_SIM_TEXT = 256,
    BOOT_IF_PIN_TEXT = 512,
    BOOT_IF_STN = 1024,
    BOOT_IF_SMS_DONE = 2048,
    BOOT_IF_APP_READY = 4096
};

struct boot_step {
    int at, early; /* thousandths of the boot time; `early` with the variant ready_before_creg, 0: the same */
    enum boot_action action;
    unsigned when; /* of boot_condition, all must hold */
    const char
        *text; /* {time} {zone} {vendor} {model} {firmware} {sim} {sim_text} {pin_text} are filled in */
    int bytes; /* not 0: so many raw bytes instead of a line */
};

struct boot {
    uv_timer_t timer;
    uint64_t started_ms;
    uint32_t done; /* a bit a step */
    bool early, hears;
};

void boot_init(struct modem *modem);
void boot_close(struct modem *modem);

void boot_start(struct modem *modem);

/* Already over: a modem that has been on for long. */
void boot_skip(struct modem *modem);
void boot_stop(struct modem *modem);

#endif
