/* The clock as commands show it (SIMCom sheet 9, Quectel sheet 1.10 and B1). */
#include "at_generic.h"

#include "modem.h"

/* A module that was not told begins somewhere in the past. */
static int run_cclk(struct modem *modem, const struct at_call *call)
{
    char text[CLOCK_TEXT_MAX];

    if (call->kind == AT_SET)
        return AT_OK;
    if (!modem->clock.is_known) {
        out_line(modem, OUT_ANSWER, "+CCLK: \"%s\"", VARIANT_TEXT(modem, CLOCK_UNSET));
        return AT_OK;
    }
    (VARIANT_IS(modem, CCLK_TIME, "utc") ? clock_utc : clock_local)(modem, text);
    out_line(modem, OUT_ANSWER, "+CCLK: \"%s%s\"", text, VARIANT_TEXT(modem, ZONE));
    return AT_OK;
}

static int run_number(struct modem *modem, const struct at_call *call, const char *name, long most,
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

static int run_ctzu(struct modem *modem, const struct at_call *call)
{
    return run_number(modem, call, "+CTZU", 1, &modem->clock.ctzu);
}

static int run_ctzr(struct modem *modem, const struct at_call *call)
{
    return run_number(modem, call, "+CTZR", 2, &modem->clock.ctzr);
}

static int run_qnitz(struct modem *modem, const struct at_call *call)
{
    return run_number(modem, call, "+QNITZ", 1, &modem->clock.qnitz);
}

/* 1: UTC of now, 2: local time. Empty if the network has never told. The LTE modules write the whole year. */
static int run_qlts(struct modem *modem, const struct at_call *call)
{
    char text[CLOCK_TEXT_MAX];
    long mode = VARIANT_IS(modem, CCLK_TIME, "utc") ? 1 : 2;

    if (call->kind == AT_SET && !at_number(call, 0, 0, 2, &mode))
        return AT_ERROR;
    if (!modem->clock.is_known) {
        out_line(modem, OUT_ANSWER, "+QLTS: \"\"");
        return AT_OK;
    }
    (mode == 2 ? clock_local : clock_utc)(modem, text);
    out_line(modem, OUT_ANSWER, "+QLTS: \"%s%s%s,0\"", modem->profile->lte ? "20" : "", text,
             VARIANT_TEXT(modem, ZONE));
    return AT_OK;
}

const struct at_command at_cclk_commands[] = {
    {"+CCLK", run_cclk, AT_QUERY | AT_SET, 0},
    {NULL, NULL, 0, 0},
};

const struct at_command at_ctzu_commands[] = {
    {"+CTZU", run_ctzu, AT_QUERY | AT_SET, 0},
    {"+CTZR", run_ctzr, AT_QUERY | AT_SET, 0},
    {NULL, NULL, 0, 0},
};

const struct at_command quectel_gsm_clock_commands[] = {
    {"+QNITZ", run_qnitz, AT_QUERY | AT_SET, 0},
    {"+QLTS", run_qlts, AT_EXEC, 0},
    {NULL, NULL, 0, 0},
};

const struct at_command quectel_lte_clock_commands[] = {
    {"+QLTS", run_qlts, AT_EXEC | AT_SET, 0},
    {NULL, NULL, 0, 0},
};
