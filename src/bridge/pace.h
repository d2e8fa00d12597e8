/*
 * How long the connection may be silent before the heartbeat's ping: learned from what this network lets live.
 * Networks forget an idle connection after some minutes (users sheet, data budget: 5 to 30) without telling
 * anybody, and a ping costs data; so the interval grows while pings after a silence are answered, and falls back
 * when connections die of silence. Pure; owned by the link. It never decides that a connection is dead.
 */
#ifndef BRIDGE_PACE_H
#define BRIDGE_PACE_H

#include <stdbool.h>
#include <stdint.h>

#define PACE_SHORTEST_MS 30000
#define PACE_FIRST_MS    90000

struct pace {
    uint32_t longest_ms;     /* 0: nothing is learned */
    uint32_t now_ms;         /* the interval to use */
    uint32_t proven_ms;      /* survived; 0: none yet */
    uint32_t broken_ms;      /* not survived; 0: none known */
    unsigned good;           /* survivals in a row at now_ms */
    unsigned bad;            /* deaths in a row at now_ms */
    uint32_t since_broken_s; /* silence that was survived since then */
};

/* Nothing known of the network. */
void pace_begin(struct pace *pace, uint32_t longest_ms);
/* What is remembered of it; nonsense is ignored. */
void pace_recall(struct pace *pace, uint32_t proven_ms, uint32_t broken_ms);

/* A ping after so long a silence was answered; a connection died after it. True: now_ms has changed. */
bool pace_survived(struct pace *pace, uint32_t silence_ms);
bool pace_broke(struct pace *pace, uint32_t silence_ms);

#endif
