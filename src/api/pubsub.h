/*
 * Who wants to hear what: channels (pins and the three beside them) and patterns. The registry owns the
 * subscriptions; a subscriber is embedded in its owner. It never sends anything: it calls the deliver function
 * for everyone concerned, who must not subscribe or unsubscribe from inside that call.
 */
#ifndef BLYNKD_API_PUBSUB_H
#define BLYNKD_API_PUBSUB_H

#include "blynkd/base/list.h"
#include "blynkd/bridge/pins.h"

#include <stddef.h>
#include <stdint.h>

/* A channel as an index: the pins first, then these. */
enum pubsub_channel {
    PUBSUB_LINK = PIN_COUNT,
    PUBSUB_TRACE,
    PUBSUB_INTERNAL,
    PUBSUB_CHANNELS,
};

#define PUBSUB_NAME_MAX     9  /* "internal" and the zero */
#define PUBSUB_PATTERNS_MAX 64 /* of one subscriber: bounds the work of one message */

struct pubsub {
    struct list channels[PUBSUB_CHANNELS];
    struct list patterns;
    size_t pattern_count;
};

struct pubsub_subscriber {
    struct list channels;
    struct list patterns;
    unsigned channel_count;
    unsigned pattern_count;
    bool sees_trace; /* admin; the owner keeps it right */
    void *owner;
};

void pubsub_init(struct pubsub *pubsub);
void pubsub_subscriber_init(struct pubsub_subscriber *subscriber, void *owner);

/* "V5", "v5", "link". -EINVAL: no such channel. */
int pubsub_channel_parse(const char *text, size_t len, unsigned *channel);
const char *pubsub_channel_name(unsigned channel, char name[PUBSUB_NAME_MAX]);

/* 0, also when it was subscribed already; -ENOMEM; patterns: -E2BIG (too many), -EMSGSIZE (too long). */
int pubsub_subscribe(struct pubsub *pubsub, struct pubsub_subscriber *subscriber, unsigned channel);
int pubsub_subscribe_pattern(struct pubsub *pubsub, struct pubsub_subscriber *subscriber, const char *pattern,
                             size_t len);
/* Nothing happens if it was not subscribed. */
void pubsub_unsubscribe(struct pubsub_subscriber *subscriber, unsigned channel);
void pubsub_unsubscribe_pattern(struct pubsub *pubsub, struct pubsub_subscriber *subscriber,
                                const char *pattern, size_t len);
void pubsub_unsubscribe_all(struct pubsub *pubsub, struct pubsub_subscriber *subscriber);

/* The subscriber's first channel or pattern, for UNSUBSCRIBE without names. False: there is none. */
bool pubsub_first_channel(const struct pubsub_subscriber *subscriber, unsigned *channel);
bool pubsub_first_pattern(const struct pubsub_subscriber *subscriber, const char **pattern, size_t *len);

/* What SUBSCRIBE and its kin answer, and what decides about the restricted mode of RESP2. */
static inline unsigned pubsub_count(const struct pubsub_subscriber *subscriber)
{
    return subscriber->channel_count + subscriber->pattern_count;
}

/* Direct subscribers of a channel. */
size_t pubsub_subscribers(const struct pubsub *pubsub, unsigned channel);
/* True if a message there would reach anybody. */
bool pubsub_wanted(const struct pubsub *pubsub, unsigned channel);

/* `pattern` is NULL for a subscription by name. Returns how many deliveries were made. A subscriber gets one by
 * name and one for each of its patterns that matches, as in Redis. */
typedef void pubsub_deliver_fn(void *arg, void *owner, const char *pattern, size_t pattern_len);
size_t pubsub_publish(const struct pubsub *pubsub, unsigned channel, pubsub_deliver_fn *deliver, void *arg);

#endif
