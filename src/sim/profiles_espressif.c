#include "profile.h"

#include <stddef.h>

const struct profile *const profiles_espressif[] = {NULL};
