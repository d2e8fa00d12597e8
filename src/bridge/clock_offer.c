#include "clock_offer.h"

#include "blynkd/base/log.h"
#include "blynkd/io/refclock.h"

#include <string.h>

/* chrony believes a source only after a few samples, so one alone would be of no use. */
#define AGAIN_MS 60000

static void say_once(struct clock_offer *offer, int error)
{
    if (error == offer->error) {
        return;
    }
    offer->error = error;
    if (error) {
        log_warning("clock", "chrony_socket %s: %s; the time is offered again each minute", offer->path,
                    strerror(-error));
    } else {
        log_notice("clock", "chrony takes the time at %s", offer->path);
    }
}

static void offer_now(struct clock_offer *offer)
{
    int64_t since_ms = (int64_t)(sched_now_ms(offer->sched) - offer->at_ms);

    offer->last_ms = sched_now_ms(offer->sched);
    offer->was_offered = true;
    say_once(offer,
             refclock_offer(offer->path, sched_host_wall_ms(offer->sched), offer->learned_ms + since_ms));
}

static void on_timer(void *arg)
{
    struct clock_offer *offer = arg;

    if (sched_host_is_synced(offer->sched)) {
        return; /* whoever keeps it right by now needs no help */
    }
    if (*offer->path) {
        offer_now(offer);
    }
    timer_start(offer->sched, &offer->timer, AGAIN_MS);
}

void clock_offer_init(struct clock_offer *offer, struct sched *sched, const char *path)
{
    *offer = (struct clock_offer){.sched = sched, .path = path, .error = 1}; /* which no offer answers */
    timer_init(&offer->timer, on_timer, offer);
}

void clock_offer_stop(struct clock_offer *offer)
{
    timer_stop(&offer->timer);
}

void clock_offer_learned(struct clock_offer *offer, int64_t wall_ms)
{
    uint64_t now_ms = sched_now_ms(offer->sched);
    uint64_t since_ms = now_ms - offer->last_ms;

    offer->learned_ms = wall_ms;
    offer->at_ms = now_ms;
    timer_start(offer->sched, &offer->timer,
                offer->was_offered && since_ms < AGAIN_MS ? AGAIN_MS - since_ms : 0);
}
