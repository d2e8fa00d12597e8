/*
 * After a session that was fine a moment ago the server is most likely being restarted. A module may need half a
 * minute to say that a server does not answer (Ai-Thinker sheet, 2.9: "after tens of seconds"), and a server that
 * has come back meanwhile must wait for it. So in the first minute a try may take only a few times as long as
 * opening has ever taken here; after that minute every try has its full time, and the ladder its say.
 */
#include "link_parts.h"

#define QUICK_WINDOW_MS 60000
#define QUICK_TIMES     4
#define QUICK_LEAST_MS                                                                                       \
    3000 /* a name look-up and two lost segments fit in (RFC 6298: 1 s to the first repeat) */
#define QUICK_LASTED_MS 10000 /* a shorter session was not fine: a server that throws us out is not hurried */
#define USUAL_SHRINK    8     /* the memory of one slow opening fades by an eighth with each further one */

void link_quick_opened(struct link *link)
{
    uint64_t took_ms = sched_now_ms(link->sched) - link->dialed_ms;
    uint64_t faded_ms = link->usual_open_ms - link->usual_open_ms / USUAL_SHRINK;

    link->usual_open_ms = took_ms > faded_ms ? took_ms : faded_ms;
    link->opened_once = true;
}

void link_quick_lost(struct link *link, uint64_t lasted_ms)
{
    if (lasted_ms >= QUICK_LASTED_MS) {
        link->hurry_until_ms = sched_now_ms(link->sched) + QUICK_WINDOW_MS;
    }
}

uint64_t link_quick_limit_ms(const struct link *link)
{
    uint64_t limit_ms = QUICK_TIMES * link->usual_open_ms;

    if (limit_ms < QUICK_LEAST_MS) {
        limit_ms = QUICK_LEAST_MS;
    }
    if (!link->opened_once || limit_ms > link->config.connect_ms ||
        sched_now_ms(link->sched) >= link->hurry_until_ms) {
        return link->config.connect_ms;
    }
    return limit_ms;
}
