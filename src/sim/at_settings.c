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
    {"E", run_echo, AT_EXEC | AT_SET, 0},      {"V", run_verbose, AT_EXEC | AT_SET, 0},
    {"Q", run_accept, AT_EXEC | AT_SET, 0},    {"X", run_accept, AT_EXEC | AT_SET, 0},
    {"H", run_accept, AT_EXEC | AT_SET, 0},    {"Z", run_factory, AT_EXEC | AT_SET, 0},
    {"&F", run_factory, AT_EXEC | AT_SET, 0},  {"&W", run_store, AT_EXEC | AT_SET, 0},
    {"&D", run_accept, AT_EXEC | AT_SET, 0},   {"&C", run_accept, AT_EXEC | AT_SET, 0},
    {"&K", run_accept, AT_EXEC | AT_SET, 0},   {"+CMEE", run_cmee, AT_SET | AT_QUERY, 0},
    {"+CMGF", run_cmgf, AT_SET | AT_QUERY, 0}, {"+CLTS", run_clts, AT_SET | AT_QUERY, 0},
    {"+IPR", run_ipr, AT_SET | AT_QUERY, 0},   {"+IFC", run_accept, AT_SET, 0},
    {"+ICF", run_accept, AT_SET, 0},           {"+CNMI", run_accept, AT_SET, 0},
    {"+CSCS", run_accept, AT_SET, 0},          {"+CMER", run_accept, AT_SET, 0},
    {"+CLIP", run_accept, AT_SET, 0},          {NULL, NULL, 0, 0},
};
