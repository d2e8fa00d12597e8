#include "names.h"

#include "modem.h"
#include "print.h"

#include <stdio.h>
#include <string.h>

void names_reset(struct modem *modem)
{
    snprintf(modem->names.server[0], NAMES_TEXT_MAX, "8.8.8.8");
    snprintf(modem->names.server[1], NAMES_TEXT_MAX, "8.8.4.4");
}

int names_set_one(struct modem *modem, int which, const char *address)
{
    if (!route_is_numeric(address) || strlen(address) >= NAMES_TEXT_MAX)
        return AT_ERROR;
    snprintf(modem->names.server[which], NAMES_TEXT_MAX, "%.45s", address);
    print_event("--", "name server %d is %s", which + 1, address);
    return AT_OK;
}

int names_set(struct modem *modem, const struct at_call *call, int first)
{
    if (call->argc <= first || call->argc > first + NAMES_SERVERS)
        return AT_ERROR;
    for (int i = first; i < call->argc; i++)
        if (!route_is_numeric(call->arg[i].text))
            return AT_ERROR;
    modem->names.server[1][0] = '\0';
    for (int i = first; i < call->argc; i++)
        names_set_one(modem, i - first, call->arg[i].text);
    return AT_OK;
}

static bool is_asked(const struct modem *modem, const char *address)
{
    for (int i = 0; i < NAMES_SERVERS; i++)
        if (strcmp(modem->names.server[i], address) == 0)
            return true;
    return false;
}

bool names_answer(struct modem *modem)
{
    if (fault_use(modem, FAULT_NO_DNS) || VARIANT_IS(modem, DNS, "fail"))
        return false;
    return VARIANT_IS(modem, ONLY_DNS, "any") || is_asked(modem, VARIANT_TEXT(modem, ONLY_DNS));
}
