#include "dialects/dialects.h"
#include "profile.h"

const struct modem_profile profiles_quectel_gsm[] = {
    {0},
};
