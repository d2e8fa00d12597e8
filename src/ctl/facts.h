/*
 * What the daemon tells of itself, read out of its answers into one struct of plain numbers and harmless texts: what
 * status and top show. The caller owns the struct; nothing in it points into an answer. A field that is missing, of
 * another type or absurd leaves "" or 0 behind; an older daemon is no error.
 */
#ifndef BLYNKD_CTL_FACTS_H
#define BLYNKD_CTL_FACTS_H

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stdint.h>

#define FACTS_TEXT_MAX    256
#define FACTS_CHANGES_MAX 64

struct facts_link {
    char state[24], why[FACTS_TEXT_MAX], uplink[24], server[FACTS_TEXT_MAX], address[80];
    char encryption[FACTS_TEXT_MAX], disk[FACTS_TEXT_MAX], steps_taken[FACTS_TEXT_MAX];
    int64_t since_ms, round_trip_ms, bytes_up, bytes_down, reconnects, queue, unconfirmed, spool, next_try_ms;
    bool is_online;
};

struct facts_modem {
    char state[24], why[FACTS_TEXT_MAX], profile[32], level[32], manufacturer[64], model[64], firmware[80];
    char operator_name[64], access[32], registration[64], address[80];
    int64_t signal_dbm; /* 0: not known */
};

struct facts_share {
    int64_t spent, limit, left, percent; /* limit 0: there is none */
};

struct facts_budget {
    char level[24], why[FACTS_TEXT_MAX], forecast[FACTS_TEXT_MAX], resets[32];
    struct facts_share bytes, messages;
    int64_t month_connects, month_connects_failed;
};

/* A line of LINK HISTORY. */
struct facts_change {
    int64_t wall_ms; /* 0: the line had no time */
    char state[24], why[FACTS_TEXT_MAX];
};

struct facts {
    bool utf8; /* set by the caller before anything is read */
    struct facts_link link;
    struct facts_modem modem;
    struct facts_budget budget;
    struct facts_change changes[FACTS_CHANGES_MAX]; /* oldest first */
    size_t change_count;
    char version[32], config_note[FACTS_TEXT_MAX];
    int64_t messages_sent, messages_received, clients;
};

/* Each takes any answer, also NULL or an error, which leaves its part empty. */
void facts_read_link(struct facts *facts, const redisReply *link);
void facts_read_modem(struct facts *facts, const redisReply *modem);
void facts_read_budget(struct facts *facts, const redisReply *budget);
void facts_read_changes(struct facts *facts, const redisReply *history);
/* INFO of any sections, the text as it came. */
void facts_read_info(struct facts *facts, const redisReply *info);

/* "2026-11-21T12:03:29.405Z ONLINE: logged in"; false: not such a line. */
bool facts_read_change(struct facts_change *change, const char *line, size_t len, bool utf8);
/* Milliseconds since 1970 of such a time in UTC; 0: it is none. */
int64_t facts_read_time(const char *text);

/* The last time the link was lost: where it left ONLINE and, if it is there again, where it came back. */
struct facts_outage {
    const struct facts_change *begin, *end; /* NULL: none in the history; not over */
};
struct facts_outage facts_last_outage(const struct facts *facts);

#endif
