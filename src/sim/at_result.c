#include "at_result.h"

#include "modem.h"

#include <stddef.h>

static const struct {
    int code;
    const char *text;
} cme_texts[] = {
    {3, "operation not allowed"},
    {4, "operation not supported"},
    {10, "SIM not inserted"},
    {11, "SIM PIN required"},
    {12, "SIM PUK required"},
    {13, "SIM failure"},
    {14, "SIM busy"},
    {15, "SIM wrong"},
    {16, "incorrect password"},
    {30, "no network service"},
    {31, "network timeout"},
    {50, "Excute command failure"}, /* the vendor's spelling */
    {53, "invalid parameter"},
    {58, "invalid command line"},
    {107, "GPRS services not allowed"},
    {133, "requested service option not subscribed"},
    {148, "unspecified GPRS error"},
};

static const char *cme_text(int code)
{
    for (size_t i = 0; i < sizeof cme_texts / sizeof cme_texts[0]; i++)
        if (cme_texts[i].code == code)
            return cme_texts[i].text;
    return "unknown error";
}

static void say_cme(struct modem *modem, int code)
{
    const char *blank = VARIANT_ON(modem, CME_SPACE) ? " " : "";

    if (modem->settings.cmee == 0)
        at_result(modem, AT_ERROR);
    else if (modem->settings.cmee == 2)
        out_line(modem, OUT_ANSWER, "+CME ERROR:%s%s", blank, cme_text(code));
    else
        out_line(modem, OUT_ANSWER, "+CME ERROR:%s%d", blank, code);
}

void at_result(struct modem *modem, int status)
{
    bool verbose = modem->settings.verbose;

    if (status > 0)
        say_cme(modem, status);
    else if (status == AT_OK && verbose)
        out_line(modem, OUT_ANSWER, "OK");
    else if (status == AT_OK)
        out_bytes(modem, OUT_ANSWER, "0\r", 2);
    else if (status == AT_ERROR && verbose)
        out_line(modem, OUT_ANSWER, "ERROR");
    else if (status == AT_ERROR)
        out_bytes(modem, OUT_ANSWER, "4\r", 2);
    else if (status == AT_NO_RESPONSE)
        out_line(modem, OUT_ANSWER, "COMMAND NO RESPONSE!");
}

int at_unknown(struct modem *modem)
{
    if (VARIANT_IS(modem, UNKNOWN_COMMAND, "cme58"))
        return 58;
    if (VARIANT_IS(modem, UNKNOWN_COMMAND, "error"))
        return AT_ERROR;
    out_line(modem, OUT_ANSWER,
             VARIANT_IS(modem, UNKNOWN_COMMAND, "invalid_line") ? "INVALID COMMAND LINE" : "NOT SUPPORT");
    return AT_DONE;
}
