/* The receiver of A7 and A9G (2.16): NMEA lines on the AT port, only the first with a prefix. */
#include "ai_thinker.h"

#include "modem.h"

#include <stdio.h>
#include <string.h>

/* "$GPGGA,..." with its checksum. */
static void sentence(char *out, size_t room, const char *body)
{
    unsigned sum = 0;

    for (const char *at = body; *at != '\0'; at++)
        sum ^= (unsigned char)*at;
    snprintf(out, room, "$%s*%02X", body, sum);
}

static void on_position(uv_timer_t *timer)
{
    struct modem *modem = timer->data;
    char gga[96], rmc[96], vtg[64];

    sentence(gga, sizeof gga, "GPGGA,091244.000,5230.0000,N,01324.0000,E,1,08,1.0,35.0,M,40.0,M,,");
    sentence(rmc, sizeof rmc, "GPRMC,091244.000,A,5230.0000,N,01324.0000,E,0.0,0.0,140322,,,A");
    sentence(vtg, sizeof vtg, "GPVTG,0.0,T,,M,0.0,N,0.0,K,A");
    if (modem->power == POWER_ON)
        out_line(modem, OUT_URC, "+GPSRD:%s\r\n%s\r\n%s", gga, rmc, vtg);
}

static int run_gps(struct modem *modem, const struct at_call *call)
{
    long on;

    if (call->kind == AT_QUERY) {
        out_line(modem, OUT_ANSWER, "+GPS: %d", modem->gnss_on);
        return AT_OK;
    }
    if (!at_number(call, 0, 0, 1, &on))
        return 53;
    modem->gnss_on = on == 1;
    if (on == 0)
        uv_timer_stop(&modem->gnss);
    return AT_OK;
}

static int run_gpsrd(struct modem *modem, const struct at_call *call)
{
    long seconds;

    if (!at_number(call, 0, 0, 3600, &seconds))
        return 53;
    if (seconds == 0)
        uv_timer_stop(&modem->gnss);
    else
        uv_timer_start(&modem->gnss, on_position, (uint64_t)seconds * 1000, (uint64_t)seconds * 1000);
    return AT_OK;
}

/* Comes through the network: without a bearer it is "wrong mode" (2.19). */
static int run_agps(struct modem *modem, const struct at_call *call)
{
    if (strcmp(call->raw, "1") != 0 || !modem->network.bearer_up)
        return 53;
    modem->gnss_on = true;
    out_line(modem, OUT_ANSWER, "+AGPS: GPD OK");
    out_line(modem, OUT_ANSWER, "+AGPS: OK");
    return AT_OK;
}

/* 1: by the cells, through the network; 2: by the receiver. */
static int run_location(struct modem *modem, const struct at_call *call)
{
    long source;

    if (!at_number(call, 0, 1, 2, &source) || (source == 1 ? !modem->network.bearer_up : !modem->gnss_on))
        return 53;
    out_line(modem, OUT_ANSWER, "52.500000,13.400000");
    return AT_OK;
}

static int run_gnss_mode(struct modem *modem, const struct at_call *call)
{
    long mode;

    (void)modem;
    return at_number(call, 0, 0, 2, &mode) ? AT_OK : 53;
}

const struct at_command ai_thinker_gnss_commands[] = {
    {"+GPS", run_gps, AT_QUERY | AT_SET, 0},
    {"+GPSRD", run_gpsrd, AT_SET, 0},
    {"+AGPS", run_agps, AT_SET, AT_NEEDS_SIM},
    {NULL, NULL, 0, 0},
};

const struct at_command ai_thinker_location_commands[] = {
    {"+GPSMD", run_gnss_mode, AT_SET, 0},
    {"+GPSLP", run_gnss_mode, AT_SET, 0},
    {"+LOCATION", run_location, AT_SET, AT_NEEDS_SIM},
    {NULL, NULL, 0, 0},
};
