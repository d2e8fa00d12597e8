/* What can be known of the modem from outside. */
#include "machine.h"

#include <stdio.h>

#define COPY(to, from) snprintf(to, sizeof(to), "%s", from)

const struct modem_info *modem_info(struct modem *modem)
{
    const struct at_counters *counters = at_channel_counters(modem->channel);
    struct modem_info *info = &modem->info;
    bool registered = modem->state >= MODEM_BEARER;

    info->state = modem->state;
    info->why = modem->why;
    info->misfit = modem->misfit_told;
    info->port = modem->port->config ? modem->port->config->path : "";
    info->baud = modem->port->config ? modem->port->config->baud : 0;
    COPY(info->profile, modem->profile ? modem_profile_name(modem->profile) : "");
    COPY(info->level, modem->profile ? profile_level_name(modem->profile->level) : "");
    COPY(info->manufacturer, modem->identity.manufacturer);
    COPY(info->model, modem->identity.model);
    COPY(info->firmware, modem->identity.firmware);
    COPY(info->imei, modem->identity.imei);
    COPY(info->iccid, modem->identity.iccid);
    COPY(info->sim, modem->sim.state);
    info->pin_tries = modem->sim.tries_left;
    COPY(info->operator_name, registered ? modem->netreg.operator_name : "");
    COPY(info->access, registered ? netreg_access(&modem->netreg) : "");
    COPY(info->registration, netreg_state_name(netreg_state(&modem->netreg)));
    COPY(info->apn, modem_apn(modem));
    COPY(info->apn_usual, modem->usual.apn);
    COPY(info->address, modem->state == MODEM_READY ? modem->address : "");
    info->signal_dbm = modem->netreg.signal_dbm;
    info->bytes_out = counters->bytes_out;
    info->bytes_in = counters->bytes_in;
    info->commands = counters->commands;
    info->timeouts = counters->timeouts;
    info->reboots = counters->reboots;
    return info;
}
