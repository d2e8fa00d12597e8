#include "pubsub.h"

#include "glob.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct subscription {
    struct list by_channel;
    struct list by_subscriber;
    struct pubsub_subscriber *subscriber;
    unsigned channel;
};

struct pattern_subscription {
    struct list by_registry;
    struct list by_subscriber;
    struct pubsub_subscriber *subscriber;
    size_t len;
    char pattern[];
};

static const char *const beside_pins[] = {"link", "trace", "internal"};

void pubsub_init(struct pubsub *pubsub)
{
    for (size_t i = 0; i < PUBSUB_CHANNELS; i++) {
        list_init(&pubsub->channels[i]);
    }
    list_init(&pubsub->patterns);
    pubsub->pattern_count = 0;
}

void pubsub_subscriber_init(struct pubsub_subscriber *subscriber, void *owner)
{
    *subscriber = (struct pubsub_subscriber){.owner = owner};
    list_init(&subscriber->channels);
    list_init(&subscriber->patterns);
}

int pubsub_channel_parse(const char *text, size_t len, unsigned *channel)
{
    pin_id pin;

    if (pin_parse(text, len, &pin) == 0) {
        *channel = pin;
        return 0;
    }
    for (unsigned i = 0; i < PUBSUB_CHANNELS - PUBSUB_LINK; i++) {
        if (strlen(beside_pins[i]) == len && strncasecmp(text, beside_pins[i], len) == 0) {
            *channel = PUBSUB_LINK + i;
            return 0;
        }
    }
    return -EINVAL;
}

const char *pubsub_channel_name(unsigned channel, char name[PUBSUB_NAME_MAX])
{
    assert(channel < PUBSUB_CHANNELS);
    if (channel >= PUBSUB_LINK) {
        return beside_pins[channel - PUBSUB_LINK];
    }
    return pin_name((pin_id)channel, name);
}

static struct subscription *find(const struct pubsub_subscriber *subscriber, unsigned channel)
{
    struct list *node;
    struct list *following;

    list_each(node, &subscriber->channels, following)
    {
        struct subscription *subscription = list_owner(node, struct subscription, by_subscriber);
        if (subscription->channel == channel) {
            return subscription;
        }
    }
    return NULL;
}

static struct pattern_subscription *find_pattern(const struct pubsub_subscriber *subscriber,
                                                 const char *pattern, size_t len)
{
    struct list *node;
    struct list *following;

    list_each(node, &subscriber->patterns, following)
    {
        struct pattern_subscription *each = list_owner(node, struct pattern_subscription, by_subscriber);
        if (each->len == len && memcmp(each->pattern, pattern, len) == 0) {
            return each;
        }
    }
    return NULL;
}

int pubsub_subscribe(struct pubsub *pubsub, struct pubsub_subscriber *subscriber, unsigned channel)
{
    assert(channel < PUBSUB_CHANNELS);
    if (find(subscriber, channel)) {
        return 0;
    }
    struct subscription *subscription = malloc(sizeof(*subscription));
    if (!subscription) {
        return -ENOMEM;
    }
    subscription->subscriber = subscriber;
    subscription->channel = channel;
    list_append(&pubsub->channels[channel], &subscription->by_channel);
    list_append(&subscriber->channels, &subscription->by_subscriber);
    subscriber->channel_count++;
    return 0;
}

int pubsub_subscribe_pattern(struct pubsub *pubsub, struct pubsub_subscriber *subscriber, const char *pattern,
                             size_t len)
{
    if (len > GLOB_PATTERN_MAX) {
        return -EMSGSIZE;
    }
    if (find_pattern(subscriber, pattern, len)) {
        return 0;
    }
    if (subscriber->pattern_count >= PUBSUB_PATTERNS_MAX) {
        return -E2BIG;
    }
    struct pattern_subscription *subscription = malloc(sizeof(*subscription) + len);
    if (!subscription) {
        return -ENOMEM;
    }
    subscription->subscriber = subscriber;
    subscription->len = len;
    memcpy(subscription->pattern, pattern, len);
    list_append(&pubsub->patterns, &subscription->by_registry);
    list_append(&subscriber->patterns, &subscription->by_subscriber);
    subscriber->pattern_count++;
    pubsub->pattern_count++;
    return 0;
}

static void forget(struct subscription *subscription)
{
    list_remove(&subscription->by_channel);
    list_remove(&subscription->by_subscriber);
    subscription->subscriber->channel_count--;
    free(subscription);
}

static void forget_pattern(struct pubsub *pubsub, struct pattern_subscription *subscription)
{
    list_remove(&subscription->by_registry);
    list_remove(&subscription->by_subscriber);
    subscription->subscriber->pattern_count--;
    pubsub->pattern_count--;
    free(subscription);
}

void pubsub_unsubscribe(struct pubsub_subscriber *subscriber, unsigned channel)
{
    struct subscription *subscription = find(subscriber, channel);

    if (subscription) {
        forget(subscription);
    }
}

void pubsub_unsubscribe_pattern(struct pubsub *pubsub, struct pubsub_subscriber *subscriber,
                                const char *pattern, size_t len)
{
    struct pattern_subscription *subscription = find_pattern(subscriber, pattern, len);

    if (subscription) {
        forget_pattern(pubsub, subscription);
    }
}

void pubsub_unsubscribe_all(struct pubsub *pubsub, struct pubsub_subscriber *subscriber)
{
    struct list *node;
    struct list *following;

    list_each(node, &subscriber->channels, following)
    {
        forget(list_owner(node, struct subscription, by_subscriber));
    }
    list_each(node, &subscriber->patterns, following)
    {
        forget_pattern(pubsub, list_owner(node, struct pattern_subscription, by_subscriber));
    }
}

bool pubsub_first_channel(const struct pubsub_subscriber *subscriber, unsigned *channel)
{
    if (list_empty(&subscriber->channels)) {
        return false;
    }
    *channel = list_owner(subscriber->channels.next, struct subscription, by_subscriber)->channel;
    return true;
}

bool pubsub_first_pattern(const struct pubsub_subscriber *subscriber, const char **pattern, size_t *len)
{
    if (list_empty(&subscriber->patterns)) {
        return false;
    }
    const struct pattern_subscription *first =
        list_owner(subscriber->patterns.next, struct pattern_subscription, by_subscriber);
    *pattern = first->pattern;
    *len = first->len;
    return true;
}

size_t pubsub_subscribers(const struct pubsub *pubsub, unsigned channel)
{
    const struct list *head = &pubsub->channels[channel];
    size_t count = 0;

    for (const struct list *node = head->next; node != head; node = node->next) {
        count++;
    }
    return count;
}

static bool pattern_wants(const struct pattern_subscription *subscription, unsigned channel, const char *name,
                          size_t name_len)
{
    if (channel == PUBSUB_TRACE && !subscription->subscriber->sees_trace) {
        return false;
    }
    return glob_matches(subscription->pattern, subscription->len, name, name_len);
}

static void deliver_nobody(void *arg, void *owner, const char *pattern, size_t pattern_len)
{
    (void)arg;
    (void)owner;
    (void)pattern;
    (void)pattern_len;
}

bool pubsub_wanted(const struct pubsub *pubsub, unsigned channel)
{
    return pubsub_publish(pubsub, channel, deliver_nobody, NULL) > 0;
}

size_t pubsub_publish(const struct pubsub *pubsub, unsigned channel, pubsub_deliver_fn *deliver, void *arg)
{
    char buffer[PUBSUB_NAME_MAX];
    const char *name = pubsub_channel_name(channel, buffer);
    size_t name_len = strlen(name);
    struct list *node;
    struct list *following;
    size_t count = 0;

    list_each(node, &pubsub->channels[channel], following)
    {
        deliver(arg, list_owner(node, struct subscription, by_channel)->subscriber->owner, NULL, 0);
        count++;
    }
    list_each(node, &pubsub->patterns, following)
    {
        const struct pattern_subscription *each = list_owner(node, struct pattern_subscription, by_registry);
        if (pattern_wants(each, channel, name, name_len)) {
            deliver(arg, each->subscriber->owner, each->pattern, each->len);
            count++;
        }
    }
    return count;
}
