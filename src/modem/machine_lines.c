/* What the channel tells the modem: its events, and the lines that come unasked. All only post events. */
#include "machine.h"

#include "blynkd/base/log.h"

#include <stdio.h>
#include <string.h>

/* Call Ready and SMS Ready may still belong to the start that we saw (facts/modems-simcom.md 3). */
#define LATE_BOOT_MS 60000

static long link_of(const struct pattern_match *match)
{
    return match->count > 0 ? match->captures[0].number : -1;
}

static void on_data(void *arg, const char *line, size_t len, const struct pattern_match *match)
{
    struct modem *modem = arg;

    (void)line;
    (void)len;
    sock_on_data(&modem->sock, link_of(match));
}

static void on_closed(void *arg, const char *line, size_t len, const struct pattern_match *match)
{
    struct modem *modem = arg;

    (void)line;
    (void)len;
    sock_on_closed(&modem->sock, link_of(match));
}

static void on_connected(void *arg, const char *line, size_t len, const struct pattern_match *match)
{
    struct modem *modem = arg;

    (void)line;
    (void)len;
    sock_on_connected(&modem->sock, link_of(match));
}

static void on_not_connected(void *arg, const char *line, size_t len, const struct pattern_match *match)
{
    struct modem *modem = arg;

    (void)line;
    (void)len;
    sock_on_not_connected(&modem->sock, link_of(match));
}

static void on_bearer_lost(void *arg, const char *line, size_t len, const struct pattern_match *match)
{
    struct modem *modem = arg;

    (void)match;
    snprintf(modem->lost_why, sizeof(modem->lost_why), "the network took the data connection away (%.*s)",
             (int)(len < 60 ? len : 60), line);
    modem_post(modem, EVENT_BEARER_LOST);
}

static void on_late_boot(void *arg, const char *line, size_t len, const struct pattern_match *match)
{
    struct modem *modem = arg;

    (void)line;
    (void)len;
    (void)match;
    if (modem->state == MODEM_READY && sched_now_ms(modem->sched) - modem->ready_since_ms > LATE_BOOT_MS) {
        modem_note_reboot(modem);
        modem_post(modem, EVENT_REBOOT);
    }
}

static void on_power_down(void *arg, const char *line, size_t len, const struct pattern_match *match)
{
    (void)match;
    log_warning("modem", "the modem says \"%.*s\"", (int)len, line);
    modem_post(arg, EVENT_POWER_DOWN);
}

static void on_power_low(void *arg, const char *line, size_t len, const struct pattern_match *match)
{
    (void)arg;
    (void)match;
    log_warning("modem", "the modem warns of its power supply: %.*s", (int)len, line);
}

static void on_sim_lost(void *arg, const char *line, size_t len, const struct pattern_match *match)
{
    (void)line;
    (void)len;
    (void)match;
    modem_post(arg, EVENT_SIM_LOST);
}

static void on_registration(void *arg, const char *line, size_t len, const struct pattern_match *match)
{
    struct modem *modem = arg;

    (void)match;
    netreg_on_line(&modem->netreg, line, len);
}

static void on_time_line(void *arg, const char *line, size_t len, const struct pattern_match *match)
{
    struct modem *modem = arg;

    (void)match;
    net_time_on_line(&modem->net_time, line, len);
}

static void on_noise(void *arg, const char *line, size_t len, const struct pattern_match *match)
{
    (void)arg;
    (void)line;
    (void)len;
    (void)match;
}

/* After the module's own: registration, and what is known to say nothing that matters here. */
static const struct at_urc common_lines[] = {
    {"+CREG: *", on_registration},
    {"+CGREG: *", on_registration},
    {"+CEREG: *", on_registration},
    {"+CPIN: *", on_noise}, /* of a start; the card's state is asked for */
    {"+CFUN: %d", on_noise},
    {"+CTZV: *", on_noise},
    {"+CIEV: *", on_noise},
    {"^CINIT: *", on_noise},
    {"^STN: *", on_noise},
    {"%*PSUTTZ: *", on_noise},
    {"%*PSNWID: *", on_noise},
    {"DST: *", on_noise},
    {"+CMTI: *", on_noise},
    {"+CLIP: *", on_noise},
    {"+CUSD: *", on_noise},
    {"RING", on_noise},
    {"+GPSRD: *", on_noise},
    {"$GP*", on_noise},
    {"Call Ready", on_noise},
    {"SMS Ready", on_noise},
    {NULL, NULL},
};

typedef void urc_fn(void *arg, const char *line, size_t len, const struct pattern_match *match);

static size_t add(struct modem *modem, size_t count, const char *const *patterns, urc_fn *on_urc)
{
    for (size_t i = 0; patterns && patterns[i] && count < MODEM_URCS_MAX; i++) {
        modem->urcs[count++] = (struct at_urc){patterns[i], on_urc};
    }
    return count;
}

static size_t add_time_lines(struct modem *modem, size_t count)
{
    const struct net_time_source *source = modem->profile->net_time;
    const struct net_time_form *form = source ? source->lines : NULL;

    for (; form && form->pattern && count < MODEM_URCS_MAX; form++) {
        modem->urcs[count++] = (struct at_urc){form->pattern, on_time_line};
    }
    return count;
}

void modem_listen(struct modem *modem)
{
    const struct modem_profile *profile = modem->profile;
    size_t count = 0;

    if (profile) {
        const struct dialect *dialect = modem->dialect;
        count = add(modem, count, dialect->data_lines, on_data);
        count = add(modem, count, dialect->closed_lines, on_closed);
        count = add(modem, count, dialect->connected_lines, on_connected);
        count = add(modem, count, dialect->not_connected_lines, on_not_connected);
        count = add(modem, count, dialect->bearer_lost_lines, on_bearer_lost);
        count = add(modem, count, profile->sim_lost_lines, on_sim_lost);
        count = add(modem, count, profile->power_down_lines, on_power_down);
        count = add(modem, count, profile->power_low_lines, on_power_low);
        count = add(modem, count, profile->late_boot_lines, on_late_boot);
        count = add_time_lines(modem, count);
    }
    modem->urcs[count] = (struct at_urc){NULL, NULL};
    at_channel_clear_urcs(modem->channel);
    at_channel_add_urcs(modem->channel, modem->urcs, modem);
    at_channel_add_urcs(modem->channel, common_lines, modem);
}

void modem_use_profile(struct modem *modem, const struct modem_profile *profile)
{
    static const struct at_manner unknown = {.command_gap_ms = 20,
                                             .line_end = "\r\n"}; /* all understand that */

    modem->profile = profile;
    modem->dialect = modem_tls_dialect(modem);
    modem->manner = profile ? profile->manner : unknown;
    if (modem->config.command_gap_ms >= 0) {
        modem->manner.command_gap_ms = (uint32_t)modem->config.command_gap_ms;
    }
    at_channel_set_manner(modem->channel, &modem->manner);
    at_channel_set_announces(modem->channel, modem->dialect ? modem->dialect->announces : NULL);
    net_time_use(&modem->net_time, profile ? profile->net_time : NULL);
    modem_listen(modem);
}

/* ---- the channel's events ---- */

static void on_payload(void *arg, const struct at_token *piece)
{
    struct modem *modem = arg;

    sock_on_payload(&modem->sock, piece);
}

static void on_payload_lost(void *arg, long link)
{
    struct modem *modem = arg;

    sock_on_payload_lost(&modem->sock, link);
}

static void on_reboot(void *arg, const char *line)
{
    struct modem *modem = arg;

    log_notice("modem", "the modem has started anew (\"%.40s\")", line);
    modem_note_reboot(modem);
    modem_post(modem, EVENT_REBOOT);
}

static void on_mute(void *arg)
{
    modem_post(arg, EVENT_MUTE);
}

/* The one late answer that matters: a connection that came up although nobody waits any more. */
static void on_late(void *arg, const char *line, size_t len)
{
    struct modem *modem = arg;
    struct pattern_match match;

    if (modem->dialect && pattern_find(modem->dialect->connected_lines, line, len, &match) >= 0) {
        sock_on_connected(&modem->sock, link_of(&match));
    }
}

static void on_down(void *arg, int error, const char *why)
{
    struct modem *modem = arg;

    (void)error;
    snprintf(modem->lost_why, sizeof(modem->lost_why), "%s", why ? why : "it failed");
    modem_post(modem, EVENT_PORT_LOST);
}

const struct at_channel_events modem_channel_events = {
    .on_payload = on_payload,
    .on_payload_lost = on_payload_lost,
    .on_reboot = on_reboot,
    .on_mute = on_mute,
    .on_late = on_late,
    .on_down = on_down,
};
