#include "dialects/dialects.h"
#include "profile.h"

const struct modem_profile profiles_neoway[] = {
    {0},
};
