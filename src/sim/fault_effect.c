/* What a fault does at the moment it begins or ends. */
#include "fault.h"

#include "modem.h"
#include "print.h"

static void sim_has_changed(struct modem *modem)
{
    if (sim_card_lock(&modem->sim) != SIM_READY)
        network_lose(modem, REG_IDLE);
    if (modem->power == POWER_ON && modem->profile->family->sim_changed != NULL)
        modem->profile->family->sim_changed(modem);
    network_search(modem, true);
}

static void for_all_links(struct modem *modem, void (*action)(struct link *))
{
    for (int id = 0; id < LINKS_MAX; id++)
        action(&modem->links[id]);
}

static void set_line_fault(struct modem *modem, enum fault_id id, long number)
{
    if (id == FAULT_GARBLE)
        modem->uart.garble_every = (unsigned)number;
    else if (id == FAULT_LOSE)
        modem->uart.lose_every = (unsigned)number;
    else
        modem->uart.split_bytes = (unsigned)number;
}

static void set_sim_fault(struct modem *modem, enum fault_id id, bool begins)
{
    if (id == FAULT_SIM_PIN)
        sim_card_require_pin(&modem->sim, begins);
    else if (id == FAULT_SIM_PUK)
        sim_card_require_puk(&modem->sim, begins);
    else
        modem->sim.absent = begins;
    if (id == FAULT_NO_SIM && !begins)
        sim_card_restart(&modem->sim);
    sim_has_changed(modem);
}

/* A modem that is off, or without a card, is in no network. */
static void leave_network(struct modem *modem, enum fault_id id)
{
    if (modem->power != POWER_ON || sim_card_lock(&modem->sim) != SIM_READY)
        return;
    if (id == FAULT_SIGNAL_LOSS) {
        modem->network.csq = 99;
        network_lose(modem, REG_SEARCHING);
    } else {
        network_lose(modem, REG_IDLE);
        network_search(modem, true);
    }
}

void fault_begin(struct modem *modem, enum fault_id id)
{
    long number = modem->faults.all[id].number;

    switch (id) {
    case FAULT_REBOOT:
        modem_reboot(modem, "fault", true);
        break;
    case FAULT_GARBLE:
    case FAULT_LOSE:
    case FAULT_SPLIT:
        set_line_fault(modem, id, number);
        break;
    case FAULT_HALF_OPEN:
        for_all_links(modem, link_kill_silently);
        break;
    case FAULT_REMOTE_CLOSE:
        for_all_links(modem, link_remote_close);
        break;
    case FAULT_DENY_REGISTRATION:
        if (modem->power == POWER_ON && sim_card_lock(&modem->sim) == SIM_READY)
            network_lose(modem, REG_DENIED);
        break;
    case FAULT_PDP_DROP:
        network_drop_bearer(modem);
        break;
    case FAULT_SIM_PIN:
    case FAULT_SIM_PUK:
    case FAULT_NO_SIM:
        set_sim_fault(modem, id, true);
        break;
    case FAULT_ECHO_ON:
        modem->settings.echo = true;
        break;
    case FAULT_UNPLUG:
        modem_unplug(modem, number);
        break;
    case FAULT_REPLUG:
        modem_replug(modem);
        break;
    case FAULT_URC_STORM:
        modem_start_storm(modem);
        break;
    case FAULT_NUMERIC_RESULTS:
        modem->settings.verbose = false;
        break;
    case FAULT_ROAMING_DENIED:
    case FAULT_SIGNAL_LOSS:
        leave_network(modem, id);
        break;
    case FAULT_REGISTRATION_FLAP:
        modem_start_flapping(modem, number);
        break;
    case FAULT_WRONG_APN:
        network_drop_bearer(modem);
        break;
    case FAULT_TTY_RENUMBER:
        modem_unplug(modem, 1);
        break;
    case FAULT_MUTE:
    case FAULT_HANG:
    case FAULT_BROWN_OUT:
    case FAULT_ECHO_OF_PAYLOAD:
    case FAULT_LOST_BYTES:
    case FAULT_BAUD_MISMATCH:
    case FAULT_URC_IN_ANSWER:
    case FAULT_DATA_IN_PROMPT:
    case FAULT_STUCK_SOCKET_ID:
    case FAULT_SILENT_NAT:
    case FAULT_DROP_URC:
    case FAULT_NO_DNS:
    case FAULT_CONNECT_FAIL:
    case FAULT_SEND_FAIL:
    case FAULT_NO_PROMPT:
    case FAULT_LATE_ANSWER:
    case FAULT_COUNT:
        break;
    }
}

void fault_end(struct modem *modem, enum fault_id id)
{
    switch (id) {
    case FAULT_GARBLE:
    case FAULT_LOSE:
    case FAULT_SPLIT:
        set_line_fault(modem, id, 0);
        break;
    case FAULT_MUTE:
    case FAULT_HANG:
        links_resume(modem);
        break;
    case FAULT_SIGNAL_LOSS:
        modem->network.csq = modem->options->csq;
        network_search_again(modem);
        break;
    case FAULT_ROAMING_DENIED:
        network_lose(modem, REG_IDLE);
        network_search(modem, true);
        break;
    case FAULT_REGISTRATION_FLAP:
        uv_timer_stop(&modem->flap);
        network_search(modem, true);
        break;
    case FAULT_DENY_REGISTRATION:
        network_search(modem, true);
        break;
    case FAULT_SIM_PIN:
    case FAULT_SIM_PUK:
    case FAULT_NO_SIM:
        set_sim_fault(modem, id, false);
        break;
    case FAULT_URC_STORM:
        uv_timer_stop(&modem->storm);
        break;
    case FAULT_REBOOT:
    case FAULT_DROP_URC:
    case FAULT_NO_DNS:
    case FAULT_CONNECT_FAIL:
    case FAULT_HALF_OPEN:
    case FAULT_REMOTE_CLOSE:
    case FAULT_SEND_FAIL:
    case FAULT_NO_PROMPT:
    case FAULT_PDP_DROP:
    case FAULT_ECHO_ON:
    case FAULT_UNPLUG:
    case FAULT_REPLUG:
    case FAULT_LATE_ANSWER:
    case FAULT_BROWN_OUT:
    case FAULT_ECHO_OF_PAYLOAD:
    case FAULT_LOST_BYTES:
    case FAULT_BAUD_MISMATCH:
    case FAULT_NUMERIC_RESULTS:
    case FAULT_URC_IN_ANSWER:
    case FAULT_DATA_IN_PROMPT:
    case FAULT_STUCK_SOCKET_ID:
    case FAULT_SILENT_NAT:
    case FAULT_WRONG_APN:
    case FAULT_TTY_RENUMBER:
    case FAULT_COUNT:
        break;
    }
}
