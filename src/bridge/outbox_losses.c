/* What is lost of what was accepted, or not accepted, said to people: soon, once, and then once a minute. */
#include "outbox_queue.h"

#include "blynkd/base/log.h"

#define SOON_MS  1000 /* what belongs together comes in one line */
#define QUIET_MS 60000

static void say(uint64_t *said, uint64_t count, const char *what)
{
    if (count != *said) {
        log_warning("outbox", "%llu %s", (unsigned long long)(count - *said), what);
        *said = count;
    }
}

static void say_all(struct outbox *outbox)
{
    const struct outbox_info *info = &outbox->info;
    struct outbox_losses *losses = &outbox->losses;

    say(&losses->dropped, info->dropped,
        "of the oldest waiting writes were dropped to make room for newer ones (policy = oldest)");
    say(&losses->expired, info->expired,
        "waiting writes were thrown away: they are older than max_age, and Blynk takes no older ones");
    say(&losses->timeless, info->timeless,
        "waiting writes of an earlier start go without the time they were made: the clock was never set "
        "then");
    if (info->refused != losses->refused) {
        log_warning("outbox", "%llu writes were refused: %s",
                    (unsigned long long)(info->refused - losses->refused), outbox_full_why(outbox));
        losses->refused = info->refused;
    }
}

static void on_due(void *arg)
{
    struct outbox *outbox = arg;

    outbox->losses.quiet_until_ms = sched_now_ms(outbox->sched) + QUIET_MS;
    say_all(outbox);
}

void outbox_losses_init(struct outbox *outbox)
{
    timer_init(&outbox->losses.timer, on_due, outbox);
}

void outbox_losses_free(struct outbox *outbox)
{
    timer_stop(&outbox->losses.timer);
    say_all(outbox);
}

void outbox_losses_note(struct outbox *outbox)
{
    uint64_t soon_ms = sched_now_ms(outbox->sched) + SOON_MS;
    uint64_t quiet_until_ms = outbox->losses.quiet_until_ms;

    if (!timer_active(&outbox->losses.timer)) {
        timer_start(outbox->sched, &outbox->losses.timer,
                    SOON_MS + (quiet_until_ms > soon_ms ? quiet_until_ms - soon_ms : 0));
    }
}
