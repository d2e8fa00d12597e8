/*
 * The time that a module has from its network: what a profile says of it, the reading of the forms in which modules
 * write it, and the asking. It asks when the data connection has come up, a few times more if there was no time yet,
 * and hears what the module tells by itself. Owned by the modem. A module that does not answer or tells nonsense
 * costs nothing but the question: it never fails a start.
 */
#ifndef MODEM_NET_TIME_H
#define MODEM_NET_TIME_H

#include "blynkd/at/channel.h"
#include "blynkd/base/timer.h"

#include "dialect.h"

enum net_time_reckoning {
    NET_TIME_UTC,    /* the digits are UTC, whatever zone stands behind them */
    NET_TIME_LOCAL,  /* local time; without a zone it means nothing */
    NET_TIME_UNSURE, /* one of the two, depending on the firmware */
    NET_TIME_NEWS,   /* no time that can be used, but there is one now: worth a question */
};

/* A line that tells the time. The date is six numbers in the order of ISO 8601, or as ctime(3) writes it. */
struct net_time_form {
    const char *pattern;
    enum net_time_reckoning reckoning;
    int zone_minutes; /* unit of the zone; 0: a quarter of an hour */
};

/* How a module tells it; in profiles. */
struct net_time_source {
    const struct at_step *setup; /* before the registration: makes it take the network's time; or NULL */
    struct dialect_command ask;  /* or nothing */
    const struct net_time_form *answers; /* ended by pattern == NULL */
    const struct net_time_form *lines;   /* that come by themselves; or NULL */
};

/* It is between `earliest_ms` and that plus `slack_ms`; no slack: the time is known to the second. */
struct net_time_moment {
    int64_t earliest_ms;
    uint32_t slack_ms;
};

/* Pure. False: the line has not this form, or no time in it. Sane or not is not looked at. */
bool net_time_parse(const struct net_time_form *form, const char *line, size_t len,
                    struct net_time_moment *moment);

/* NULL, or what is wrong with the record (registry_check.c). */
const char *net_time_check(const struct net_time_source *source);

struct net_time_user {
    /* From the loop, with a sane time only. */
    void (*on_time)(void *arg, const struct net_time_moment *moment);
    void *arg;
};

struct net_time {
    struct sched *sched;
    struct at_channel *channel;
    struct net_time_user user;
    const struct net_time_source *source;
    struct at_request request;
    struct timer again;
    struct task tell;
    struct net_time_moment moment; /* to be told */
    bool is_heard;                 /* there is one */
    bool is_asking;
    bool is_mute;  /* it did not answer at all: not asked again */
    bool is_known; /* to the second, since learned_ms */
    uint64_t learned_ms;
    unsigned asked; /* since the data connection came up; no more once a time was told */
};

void net_time_init(struct net_time *net_time, struct sched *sched, struct at_channel *channel,
                   const struct net_time_user *user);
/* Another module: what was known of its manners is forgotten. */
void net_time_use(struct net_time *net_time, const struct net_time_source *source);
/* The data connection is up. What is asked goes before everything that is sent later. */
void net_time_begin(struct net_time *net_time);
void net_time_stop(struct net_time *net_time);
void net_time_destroy(struct net_time *net_time);

/* An unsolicited line of the source's. */
void net_time_on_line(struct net_time *net_time, const char *line, size_t len);

/* 3GPP TS 27.007 8.15 and 8.40: AT+CCLK? in local time, AT+CTZU. */
extern const struct at_step net_time_steps_ctzu[];
extern const struct net_time_source net_time_3gpp;
extern const struct at_expect net_time_expect_cclk;
extern const struct net_time_form net_time_forms_cclk[];

#endif
