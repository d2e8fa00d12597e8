/* The learned heartbeat: what pings survive is told to the pace, and what it says is told to the session. */
#include "link_parts.h"

#include "blynkd/base/log.h"

#include <string.h>

static bool learns(const struct link *link)
{
    return link->config.session.heartbeat_ms == LINK_HEARTBEAT_LEARNED;
}

struct blynk_session_config link_pace_session(const struct link *link)
{
    struct blynk_session_config config = link->config.session;

    config.heartbeat_ms =
        learns(link) ? link->pace.now_ms : link_thrift_heartbeat_ms(link, config.heartbeat_ms);
    return config;
}

static void apply(struct link *link)
{
    struct blynk_session_config config = link_pace_session(link);

    blynk_session_configure(link->session, &config);
}

void link_pace_begin(struct link *link)
{
    const char *name = link->uplink->network;
    const struct pace_network *known = pace_book_find(&link->pace_book, name);

    pace_begin(&link->pace, learns(link) ? link_thrift_longest_ms(link) : 0);
    memcpy(link->pace_network, name, sizeof(link->pace_network));
    if (known) {
        pace_recall(&link->pace, known->proven_ms, known->broken_ms);
    }
    apply(link);
}

void link_pace_stretch(struct link *link)
{
    link->pace.longest_ms = learns(link) ? link_thrift_longest_ms(link) : 0;
    if (learns(link) && link->pace.now_ms > link->pace.longest_ms) {
        link->pace.now_ms = link->pace.longest_ms;
    }
    apply(link);
}

void link_pace_on_loaded(void *arg)
{
    struct link *link = arg;

    if (learns(link) && link->pace.proven_ms == 0 && link->pace.broken_ms == 0) {
        link_pace_begin(link);
    }
}

void link_pace_network(struct link *link)
{
    if (strcmp(link->uplink->network, link->pace_network) != 0) {
        link_pace_begin(link);
    }
}

void link_pace_survived(struct link *link)
{
    uint32_t silence_ms = blynk_session_info(link->session)->ping_silence_ms;
    uint32_t proven_ms = link->pace.proven_ms;
    bool changed = pace_survived(&link->pace, silence_ms);

    if (changed) {
        log_info("link",
                 "this network lets a silent connection live for %u s; the next ping comes after %u s",
                 (unsigned)(link->pace.proven_ms / 1000), (unsigned)(link->pace.now_ms / 1000));
        apply(link);
    }
    if (link->pace.proven_ms != proven_ms) {
        pace_book_note(&link->pace_book, link->pace_network, &link->pace);
    }
}

void link_pace_broke(struct link *link)
{
    if (pace_broke(&link->pace, blynk_session_silence_ms(link->session))) {
        log_notice("link",
                   "connections die when they are silent for %u s on this network; from now on a ping comes "
                   "after %u s",
                   (unsigned)(link->pace.broken_ms / 1000), (unsigned)(link->pace.now_ms / 1000));
        apply(link);
        pace_book_note(&link->pace_book, link->pace_network, &link->pace);
    }
}
