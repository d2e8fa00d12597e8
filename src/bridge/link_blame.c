/* The record of the last failure: at which step of the way to the server, why, how often in a row. */
#include "link_parts.h"

#include <stdio.h>

/* What the state alone tells; a TLS connection of the modem's own fails while it is being opened. */
static const char *session_step(const struct link *link)
{
    switch (link->state) {
    case LINK_CONNECT:
    case LINK_TLS:
        return LINK_STEP_ENCRYPTION;
    case LINK_LOGIN:
        return LINK_STEP_LOGIN;
    case LINK_OFF:
    case LINK_MODEM:
    case LINK_ONLINE:
    case LINK_WAIT:
    case LINK_REFUSED:
        break;
    }
    return LINK_STEP_SESSION;
}

static const char *step_of(const struct link *link, enum uplink_layer layer)
{
    bool was_there = link->state == LINK_TLS || link->state == LINK_LOGIN || link->state == LINK_ONLINE;

    if (layer == UPLINK_LAYER_SESSION || (layer == UPLINK_LAYER_TCP && was_there)) {
        return session_step(link);
    }
    return uplink_layer_name(layer);
}

void link_blame(struct link *link, enum uplink_layer layer, const char *why)
{
    struct link_failure *failure = &link->failure;

    failure->step = step_of(link, layer);
    failure->wall_ms = sched_wall_ms(link->sched);
    failure->count++;
    snprintf(failure->why, sizeof(failure->why), "%s", why);
}
