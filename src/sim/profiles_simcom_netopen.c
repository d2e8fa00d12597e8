#include "profile.h"

#include <stddef.h>

const struct profile *const profiles_simcom_netopen[] = {NULL};
