/*
 * What can be known of the link from outside, and a new configuration for it.
 */
#include "link_parts.h"

#include <string.h>

void link_info(const struct link *link, struct link_info *info)
{
    uint64_t now_ms = sched_now_ms(link->sched);
    bool waits = link->state == LINK_WAIT || link->state == LINK_REFUSED;

    *info = (struct link_info){
        .state = link->state,
        .since_wall_ms = sched_wall_ms(link->sched) - (int64_t)link_in_state_ms(link),
        .in_state_ms = link_in_state_ms(link),
        .why = link->why,
        .host = link_target_host(&link->target),
        .port = link_target_port(&link->target),
        .address = link->stream_is == LINK_BELOW_UP ? stream_peer(link->stream) : "",
        .reconnects = link->sessions ? link->sessions - 1 : 0,
        .next_try_ms = waits && !link->for_config && link->due_ms > now_ms ? link->due_ms - now_ms : 0,
        .waits_config = link->state == LINK_WAIT && link->for_config,
        .blamed = link->state == LINK_WAIT ? link->blamed : UPLINK_LAYER_NONE,
        .rung = link->rung,
        .failure = &link->failure,
        .trouble = link->trouble_ms ? link->trouble : "",
        .heartbeat_ms = link_pace_session(link).heartbeat_ms,
        .online_ms = link->online_ms + (link->state == LINK_ONLINE ? link_in_state_ms(link) : 0),
    };
    memcpy(info->rung_counts, link->ladder.counts, sizeof(info->rung_counts));
}

size_t link_history(const struct link *link, struct link_change out[LINK_HISTORY])
{
    size_t count = link->changes < LINK_HISTORY ? link->changes : LINK_HISTORY;

    for (size_t i = 0; i < count; i++) {
        out[i] = link->history[(link->changes - count + i) % LINK_HISTORY];
    }
    return count;
}

static bool same_server(const struct link_config *a, const struct link_config *b)
{
    return strcmp(a->host, b->host) == 0 && a->port == b->port && a->tls == b->tls &&
           a->tls_by_modem == b->tls_by_modem && strcmp(a->ca_file, b->ca_file) == 0;
}

/* What the server is told at login and does not ask again. */
static bool same_device(const struct blynk_session_config *a, const struct blynk_session_config *b)
{
    return strcmp(a->token, b->token) == 0 && strcmp(a->template_id, b->template_id) == 0 &&
           strcmp(a->firmware_version, b->firmware_version) == 0 && strcmp(a->connection, b->connection) == 0;
}

static bool is_connected(const struct link *link)
{
    return link->state == LINK_CONNECT || link->state == LINK_TLS || link->state == LINK_LOGIN ||
           link->state == LINK_ONLINE;
}

bool link_configure(struct link *link, const struct link_config *config)
{
    bool server = !same_server(&link->config, config);
    bool device = !same_device(&link->config.session, &config->session);

    bool learn = config->session.heartbeat_ms != link->config.session.heartbeat_ms ||
                 config->heartbeat_max_ms != link->config.heartbeat_max_ms;

    link->config = *config;
    link_tls_trust(link);
    link->backoff.first_ms = config->retry_first_ms;
    link->backoff.max_ms = config->retry_max_ms;
    if (learn) {
        link_pace_begin(link);
    } else {
        struct blynk_session_config session = link_pace_session(link);
        blynk_session_configure(link->session, &session);
    }
    link_target_configure(&link->target, server);
    if (!server && !device) {
        return false;
    }
    link->slow_tries = 0;
    if (link->state != LINK_OFF && link->state != LINK_MODEM) {
        link_restart(link,
                     server ? "the configuration names another server" : "the configuration has changed");
    }
    return is_connected(link);
}
