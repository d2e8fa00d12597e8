#include "profile.h"

#include <stdio.h>
#include <string.h>

static const struct profile *const *const vendors[] = {
    profiles_ai_thinker,  profiles_simcom, profiles_simcom_ca, profiles_simcom_netopen, profiles_quectel_gsm,
    profiles_quectel_lte, profiles_neoway, profiles_espressif, profiles_ublox,          NULL,
};

const struct profile *profile_find(const char *name)
{
    for (size_t vendor = 0; vendors[vendor] != NULL; vendor++)
        for (size_t i = 0; vendors[vendor][i] != NULL; i++)
            if (strcmp(vendors[vendor][i]->name, name) == 0)
                return vendors[vendor][i];
    return NULL;
}

void profile_print_all(void)
{
    for (size_t vendor = 0; vendors[vendor] != NULL; vendor++)
        for (size_t i = 0; vendors[vendor][i] != NULL; i++)
            printf("%-10s %s\n", vendors[vendor][i]->name, vendors[vendor][i]->description);
}
