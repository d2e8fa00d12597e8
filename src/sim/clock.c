#include "clock.h"

#include "modem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool read_text(const char *text, time_t *out)
{
    struct tm tm = {0};
    const char *end = strptime(text, "%y/%m/%d,%H:%M:%S", &tm);

    if (end == NULL || *end != '\0')
        return false;
    *out = timegm(&tm);
    return true;
}

bool clock_set(struct modem *modem, const char *text)
{
    time_t wanted;

    modem->clock.offset_s = 0;
    if (strcmp(text, "now") == 0)
        return true;
    if (!read_text(text, &wanted))
        return false;
    modem->clock.offset_s = (long)(wanted - time(NULL));
    return true;
}

void clock_reset(struct modem *modem)
{
    modem->clock.is_known = false;
    modem->clock.ctzr = 0;
    modem->clock.qnitz = 0;
}

bool clock_is_told(const struct modem *modem)
{
    return VARIANT_ON(modem, NITZ);
}

/* ---- telling it ---- */

time_t clock_time(const struct modem *modem)
{
    time_t fixed;

    if (!VARIANT_IS(modem, CLOCK, "now") && read_text(VARIANT_TEXT(modem, CLOCK), &fixed))
        return fixed;
    return time(NULL) + modem->clock.offset_s;
}

time_t clock_own(const struct modem *modem)
{
    char text[CLOCK_TEXT_MAX];
    time_t unset;

    snprintf(text, sizeof text, "%.17s", VARIANT_TEXT(modem, CLOCK_UNSET)); /* without its zone */
    return modem->clock.is_known || !read_text(text, &unset) ? clock_time(modem) : unset;
}

static void print_time(time_t when, char out[CLOCK_TEXT_MAX])
{
    struct tm utc;

    gmtime_r(&when, &utc);
    strftime(out, CLOCK_TEXT_MAX, "%y/%m/%d,%H:%M:%S", &utc);
}

/* What is no time is told as it stands. */
void clock_utc(const struct modem *modem, char out[CLOCK_TEXT_MAX])
{
    if (VARIANT_IS(modem, CLOCK, "now"))
        print_time(clock_time(modem), out);
    else
        snprintf(out, CLOCK_TEXT_MAX, "%.31s", VARIANT_TEXT(modem, CLOCK));
}

void clock_local(const struct modem *modem, char out[CLOCK_TEXT_MAX])
{
    long unit_s = modem->profile->families & FAMILY_AI_THINKER ? 3600 : 900;
    time_t fixed;

    if (!VARIANT_IS(modem, CLOCK, "now") && !read_text(VARIANT_TEXT(modem, CLOCK), &fixed))
        clock_utc(modem, out);
    else
        print_time(clock_time(modem) + unit_s * strtol(VARIANT_TEXT(modem, ZONE), NULL, 10), out);
}

/* ---- taking it ---- */

static bool takes_it(const struct modem *modem)
{
    if (VARIANT_IS(modem, TAKES_TIME, "clts"))
        return modem->settings.clts == 1;
    if (VARIANT_IS(modem, TAKES_TIME, "ctzu"))
        return modem->clock.ctzu != 0;
    return true;
}

/* The SIM7000 has lost a quote (SIMCom sheet, 9). */
static void say_psuttz(struct modem *modem)
{
    bool broken = VARIANT_IS(modem, PSUTTZ, "broken");
    char text[CLOCK_TEXT_MAX];

    clock_utc(modem, text);
    out_line(modem, OUT_URC, "*PSUTTZ: %s%s,\"%s\",0", text, broken ? "\"" : "", VARIANT_TEXT(modem, ZONE));
}

static void say_ctzv(struct modem *modem)
{
    char text[CLOCK_TEXT_MAX];

    clock_local(modem, text);
    if (modem->profile->families & FAMILY_NETOPEN)
        out_line(modem, OUT_URC, "+CTZV: %s,%s,0", VARIANT_TEXT(modem, ZONE), text);
    else
        out_line(modem, OUT_URC, "+CTZV: %s", VARIANT_TEXT(modem, ZONE));
}

static void say_qnitz(struct modem *modem)
{
    char text[CLOCK_TEXT_MAX];

    (VARIANT_IS(modem, CCLK_TIME, "utc") ? clock_utc : clock_local)(modem, text);
    out_line(modem, OUT_URC, "+QNITZ: \"%s%s,0\"", text, VARIANT_TEXT(modem, ZONE));
}

void clock_registered(struct modem *modem, bool quietly)
{
    if (!clock_is_told(modem))
        return;
    modem->clock.is_known = modem->clock.is_known || takes_it(modem);
    if (quietly)
        return;
    if (modem->settings.clts == 1 && VARIANT_IS(modem, TAKES_TIME, "clts"))
        say_psuttz(modem);
    if (modem->clock.ctzr != 0)
        say_ctzv(modem);
    if (modem->clock.qnitz == 1)
        say_qnitz(modem);
}
