/* Which access point is used: the configured one, or the one that is usual for the SIM card. */
#include "machine.h"

#include "blynkd/base/log.h"
#include "blynkd/base/secret.h"

#include <stdio.h>
#include <string.h>

#define IMSI_MIN 6
#define IMSI_MAX 16

static bool is_usual_used(const struct modem *modem)
{
    return modem->config.apn_is == MODEM_APN_USUAL && modem->apn_known;
}

const char *modem_apn(const struct modem *modem)
{
    if (modem->config.apn_is == MODEM_APN_USUAL) {
        return modem->usual.apn; /* "" while it is not known: the setup of some modules comes earlier */
    }
    return modem->config.apn;
}

/* Those of the table belong together; a configured user stands alone. */
static bool has_own_user(const struct modem *modem)
{
    return modem->config.user[0] || modem->config.password[0] || !is_usual_used(modem);
}

const char *modem_apn_user(const struct modem *modem)
{
    return has_own_user(modem) ? modem->config.user : modem->usual.user;
}

const char *modem_apn_password(const struct modem *modem)
{
    return has_own_user(modem) ? modem->config.password : modem->usual.password;
}

void modem_apn_forget(struct modem *modem)
{
    modem->apn_asked = false;
    modem->apn_known = false;
    modem->usual = (struct apn_usual){.network = ""};
}

bool modem_apn_ask(struct modem *modem)
{
    if (modem->apn_asked || modem->config.apn_is == MODEM_APN_GIVEN || !modem->profile->needs_sim) {
        return false;
    }
    modem->apn_asked = true;
    modem_run(modem, steps_subscriber);
    return true;
}

/* "262011234567890", "+CIMI: 262011234567890": only what tells the operator is kept. */
void modem_apn_store(struct modem *modem, const char *line, size_t len)
{
    char digits[IMSI_MAX + 1] = "";
    size_t count = 0;

    for (size_t i = 0; i < len; i++) {
        bool is_digit = line[i] >= '0' && line[i] <= '9';
        if (is_digit && count < IMSI_MAX) {
            digits[count++] = line[i];
        } else if (count > 0) {
            break;
        }
    }
    if (count >= IMSI_MIN) {
        modem->apn_known = apn_find(digits, &modem->usual);
        log_info("modem", "the SIM card is of network %s%s%s", modem->usual.network,
                 modem->apn_known ? ", " : "", modem->usual.operator_name);
    }
    secret_wipe(digits, sizeof(digits));
}

/* " (user web, password web)": not the configured ones, but public knowledge. */
static const char *write_user(const struct apn_usual *usual, char *out, size_t size)
{
    out[0] = '\0';
    if (usual->user[0] || usual->password[0]) {
        snprintf(out, size, " (user = %.30s, password = %.30s)", usual->user, usual->password);
    }
    return out;
}

static void propose(struct modem *modem)
{
    const struct apn_usual *usual = &modem->usual;
    char user[96];

    if (modem->apn_known) {
        modem_wait_for_config(
            modem, UPLINK_LAYER_BEARER,
            "apn is missing; for this SIM (%.30s) it is usually %.40s%s: set [network] apn = "
            "%.40s, or apn = auto",
            usual->operator_name, usual->apn, write_user(usual, user, sizeof(user)), usual->apn);
    } else {
        modem_wait_for_config(
            modem, UPLINK_LAYER_BEARER,
            "apn is missing; the SIM card's operator tells it%s%s%s: set [network] apn = ...",
            usual->network[0] ? " (network " : "", usual->network, usual->network[0] ? ")" : "");
    }
}

bool modem_apn_refuse(struct modem *modem)
{
    if (!modem->profile->needs_sim || modem->config.apn_is == MODEM_APN_GIVEN || is_usual_used(modem)) {
        return false;
    }
    if (modem->config.apn_is == MODEM_APN_MISSING) {
        propose(modem);
    } else if (modem->usual.network[0]) {
        modem_wait_for_config(
            modem, UPLINK_LAYER_BEARER,
            "apn = auto, but what is usual for this SIM (network %s) is not known: set [network] "
            "apn = what its operator says",
            modem->usual.network);
    } else {
        modem_apn_forget(modem);
        modem_fail(modem, UPLINK_LAYER_SIM, UPLINK_RETRY,
                   "apn = auto, but the SIM card does not tell its network; set [network] apn = what its "
                   "operator says");
    }
    return true;
}
