/* The receiver of SIM808, SIM868 and the LTE-M modules (9): AT+CGNSPWR=1, AT+CGNSINF. */
#include "modem.h"
#include "simcom_cip.h"

static int run_power(struct modem *modem, const struct at_call *call)
{
    long on;

    if (!modem->profile->gnss)
        return AT_ERROR;
    if (call->kind == AT_QUERY) {
        out_line(modem, OUT_ANSWER, "+CGNSPWR: %d", modem->gnss_on);
        return AT_OK;
    }
    if (!at_number(call, 0, 0, 1, &on))
        return AT_ERROR;
    modem->gnss_on = on == 1;
    return AT_OK;
}

static int run_position(struct modem *modem, const struct at_call *call)
{
    (void)call;
    if (!modem->profile->gnss)
        return AT_ERROR;
    if (modem->gnss_on)
        out_line(modem, OUT_ANSWER,
                 "+CGNSINF: "
                 "1,1,20240101120000.000,52.500000,13.400000,35.000,0.00,0.0,1,,1.0,1.3,0.9,,12,8,,,38,,");
    else
        out_line(modem, OUT_ANSWER, "+CGNSINF: 0,,,,,,,,,,,,,,,,,,,,");
    return AT_OK;
}

const struct at_command simcom_gnss_commands[] = {
    {"+CGNSPWR", run_power, AT_SET | AT_QUERY, 0},
    {"+CGNSINF", run_position, AT_EXEC, 0},
    {NULL, NULL, 0, 0},
};
