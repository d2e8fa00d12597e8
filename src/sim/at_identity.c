/* Who the modem is. */
#include "at_generic.h"

#include "modem.h"

static int run_maker(struct modem *modem, const struct at_call *call)
{
    (void)call;
    out_line(modem, OUT_ANSWER, "%s", modem->profile->vendor);
    return AT_OK;
}

static int run_model(struct modem *modem, const struct at_call *call)
{
    (void)call;
    out_line(modem, OUT_ANSWER, "%s", modem->profile->model);
    return AT_OK;
}

static int run_imei(struct modem *modem, const struct at_call *call)
{
    (void)call;
    out_line(modem, OUT_ANSWER, "%s", VARIANT_TEXT(modem, IMEI));
    return AT_OK;
}

static int run_imsi(struct modem *modem, const struct at_call *call)
{
    (void)call;
    out_line(modem, OUT_ANSWER, "%s", VARIANT_TEXT(modem, IMSI));
    return AT_OK;
}

const struct at_command at_identity_commands[] = {
    {"+CGMI", run_maker, AT_EXEC, 0},
    {"+GMI", run_maker, AT_EXEC, 0},
    {"+CGMM", run_model, AT_EXEC, 0},
    {"+GMM", run_model, AT_EXEC, 0},
    {"+GSN", run_imei, AT_EXEC, 0},
    {"+CGSN", run_imei, AT_EXEC, 0},
    {"+CIMI", run_imsi, AT_EXEC, AT_NEEDS_SIM},
    {NULL, NULL, 0, 0},
};
