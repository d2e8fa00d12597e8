/* Settings of the command interface, and settings that only have to be accepted. */
#include "at_generic.h"

#include "at_result.h"
#include "modem.h"
#include "print.h"

#include <string.h>

static long digit_of(const struct at_call *call)
{
    long value = 0;

    return at_number(call, 0, 0, 9, &value) ? value : 0;
}

static int run_echo(struct modem *modem, const struct at_call *call)
{
    modem->settings.echo = digit_of(call) == 1;
    return AT_OK;
}

static int run_verbose(struct modem *modem, const struct at_call *call)
{
    modem->settings.verbose = digit_of(call) == 1;
    return AT_OK;
}

static int run_accept(struct modem *modem, const struct at_call *call)
{
    (void)modem;
    (void)call;
    return AT_OK;
}

/* Back to what comes from the factory; the link state stays. */
static int run_factory(struct modem *modem, const struct at_call *call)
{
    (void)call;
    modem->settings.echo = VARIANT_ON(modem, ECHO);
    modem->settings.verbose = true;
    modem->settings.cmee = (int)VARIANT_NUMBER(modem, CMEE);
    modem->settings.creg = modem->profile->creg;
    return AT_OK;
}

/* What a reboot brings back: only the interface, never the state of the sockets. */
static int run_store(struct modem *modem, const struct at_call *call)
{
    (void)call;
    modem->stored.echo = modem->settings.echo;
    modem->stored.verbose = modem->settings.verbose;
    modem->stored.cmee = modem->settings.cmee;
    modem->stored.clts = modem->settings.clts;
    return AT_OK;
}

static int number_setting(struct modem *modem, const struct at_call *call, const char *name, long most,
                          int *value)
{
    long number;

    if (call->kind == AT_QUERY) {
        out_line(modem, OUT_ANSWER, "%s: %d", name, *value);
        return AT_OK;
    }
    if (!at_number(call, 0, 0, most, &number))
        return AT_ERROR;
    *value = (int)number;
    return AT_OK;
}

static int run_cmee(struct modem *modem, const struct at_call *call)
{
    return number_setting(modem, call, "+CMEE", 2, &modem->settings.cmee);
}

static int run_cmgf(struct modem *modem, const struct at_call *call)
{
    return number_setting(modem, call, "+CMGF", 1, &modem->settings.cmgf);
}

static int run_clts(struct modem *modem, const struct at_call *call)
{
    return number_setting(modem, call, "+CLTS", 1, &modem->settings.clts);
}

/* The speed changes once the answer has left; a pseudo terminal needs no precise moment for it. */
static int run_ipr(struct modem *modem, const struct at_call *call)
{
    long baud;

    if (call->kind == AT_QUERY) {
        out_line(modem, OUT_ANSWER, "+IPR:%s%ld", VARIANT_ON(modem, CPIN_SPACE) ? " " : "", modem->uart.baud);
        return AT_OK;
    }
    if (!at_number(call, 0, 0, 1843200, &baud))
        return AT_ERROR;
    if (baud > 0 && modem->uart.baud > 0) {
        at_result(modem, AT_OK);
        modem->uart.baud = baud;
        print_event("--", "the modem now talks at %ld baud", baud);
        return AT_DONE;
    }
    return AT_OK;
}

const struct at_command at_settings_commands[] = {
    {"E", AT_EXEC | AT_SET, run_echo, 0},      {"V", AT_EXEC | AT_SET, run_verbose, 0},
    {"Q", AT_EXEC | AT_SET, run_accept, 0},    {"X", AT_EXEC | AT_SET, run_accept, 0},
    {"H", AT_EXEC | AT_SET, run_accept, 0},    {"Z", AT_EXEC | AT_SET, run_factory, 0},
    {"&F", AT_EXEC | AT_SET, run_factory, 0},  {"&W", AT_EXEC | AT_SET, run_store, 0},
    {"&D", AT_EXEC | AT_SET, run_accept, 0},   {"&C", AT_EXEC | AT_SET, run_accept, 0},
    {"&K", AT_EXEC | AT_SET, run_accept, 0},   {"+CMEE", AT_SET | AT_QUERY, run_cmee, 0},
    {"+CMGF", AT_SET | AT_QUERY, run_cmgf, 0}, {"+CLTS", AT_SET | AT_QUERY, run_clts, 0},
    {"+IPR", AT_SET | AT_QUERY, run_ipr, 0},   {"+IFC", AT_SET, run_accept, 0},
    {"+ICF", AT_SET, run_accept, 0},           {"+CNMI", AT_SET, run_accept, 0},
    {"+CSCS", AT_SET, run_accept, 0},          {"+CMER", AT_SET, run_accept, 0},
    {"+CLIP", AT_SET, run_accept, 0},          {NULL, 0, NULL, 0},
};
