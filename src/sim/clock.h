/*
 * What time the network tells, and whether the module has taken it: most do so at a registration only, and some only
 * after a command. Owned by the modem. It never sets anything on the machine it runs on.
 */
#ifndef SIM_CLOCK_H
#define SIM_CLOCK_H

#include <stdbool.h>
#include <time.h>

struct modem;

struct clock {
    long offset_s; /* of the network's time to this machine's, by --clock */
    bool is_known; /* the module has taken it since its last start */
    int ctzu;      /* AT+CTZU, which survives a start */
    int ctzr;      /* AT+CTZR */
    int qnitz;     /* AT+QNITZ */
};

#define CLOCK_TEXT_MAX 32

/* "now" or yy/MM/dd,hh:mm:ss (UTC), from which the network's clock goes on; false: it is neither. */
bool clock_set(struct modem *modem, const char *text);

void clock_reset(struct modem *modem);
/* The network has let the module in; `quietly`: long ago. */
void clock_registered(struct modem *modem, bool quietly);

/* The network has a time to tell. */
bool clock_is_told(const struct modem *modem);
time_t clock_time(const struct modem *modem);
/* What the module itself takes for the time. */
time_t clock_own(const struct modem *modem);
/* yy/MM/dd,hh:mm:ss as the network gives it, and in the zone that it gives. */
void clock_utc(const struct modem *modem, char out[CLOCK_TEXT_MAX]);
void clock_local(const struct modem *modem, char out[CLOCK_TEXT_MAX]);

#endif
