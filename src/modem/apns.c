#include "apns.h"

#include <stdio.h>
#include <string.h>

#define COUNTRY_NETWORK_MIN 5
#define COUNTRY_NETWORK_MAX 6

static bool has_network(const char *row, const char *digits, size_t len)
{
    for (const char *at = row; *at != '|';) {
        size_t own = strcspn(at, ",|");
        if (own == len && memcmp(at, digits, len) == 0) {
            return true;
        }
        at += own + (at[own] == ',');
    }
    return false;
}

/* The next field of the row, and what follows the sign behind it. */
static const char *take_field(const char *at, char *out, size_t size)
{
    size_t len = strcspn(at, "|");

    snprintf(out, size, "%.*s", (int)len, at);
    return at[len] ? at + len + 1 : at + len;
}

static void take_row(const char *row, struct apn_usual *usual)
{
    const char *at = strchr(row, '|') + 1;

    at = take_field(at, usual->operator_name, sizeof(usual->operator_name));
    at = take_field(at, usual->apn, sizeof(usual->apn));
    at = take_field(at, usual->user, sizeof(usual->user));
    take_field(at, usual->password, sizeof(usual->password));
}

/* A network's number has two or three digits, and the card's number does not say how many: the longer one first, for
 * where a country uses three the first two of them mean nothing. */
bool apn_find(const char *imsi, struct apn_usual *usual)
{
    *usual = (struct apn_usual){.network = ""};
    for (size_t len = COUNTRY_NETWORK_MAX; len >= COUNTRY_NETWORK_MIN; len--) {
        if (strlen(imsi) < len) {
            continue;
        }
        snprintf(usual->network, sizeof(usual->network), "%.*s", (int)len, imsi);
        for (size_t i = 0; apn_rows[i]; i++) {
            if (has_network(apn_rows[i], usual->network, len)) {
                take_row(apn_rows[i], usual);
                return true;
            }
        }
    }
    return false;
}
