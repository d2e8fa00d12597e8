/* The steps from the modem's first answer to its data connection. */
#include "doctor_steps.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LAST_TRIES      1
#define SIGNAL_GOOD_DBM (-85)
#define SIGNAL_FAIR_DBM (-97)
#define SIGNAL_WEAK_DBM (-107)

static bool without_modem(const struct doctor_facts *facts, struct doctor_result *result)
{
    if (strcmp(facts->link.uplink, "host") != 0) {
        return false;
    }
    result->verdict = VERDICT_NONE;
    return true;
}

static void judge_speed(const struct doctor_facts *facts, struct doctor_result *result)
{
    int64_t baud = facts->modem.baud;

    if (facts->baud_configured && facts->baud_configured != baud) {
        doctor_find(result, VERDICT_WRONG, "the modem answers at %" PRId64 " baud, not at %" PRId64, baud,
                    facts->baud_configured);
        doctor_advise(result, "[modem] baud = %" PRId64, baud);
    } else {
        doctor_find(result, VERDICT_OK, "at %" PRId64 " baud", baud);
    }
}

void judge_answer(const struct doctor_facts *facts, struct doctor_result *result)
{
    if (without_modem(facts, result)) {
        return;
    }
    if (facts->failed == STAGE_PORT) {
        doctor_passed(facts, STAGE_PORT, NULL, "", result);
        result->verdict =
            facts->host.device[0] ? VERDICT_WRONG : VERDICT_UNKNOWN; /* the port's own step says it */
        return;
    }
    if (doctor_passed(facts, STAGE_ANSWER, ": ",
                      "is it switched on, wired right (TX to RX, RX to TX, GND), and supplied with 2 A?",
                      result)) {
        judge_speed(facts, result);
    } else if (result->verdict == VERDICT_WRONG && facts->baud_tried) {
        doctor_find(result, VERDICT_WRONG, "the modem does not answer, at no speed");
        doctor_advise(result,
                      "is it switched on, wired right (TX to RX, RX to TX, GND), and supplied with 2 A?");
    } else if (result->verdict == VERDICT_WRONG && facts->source == SOURCE_DAEMON) {
        doctor_advise(
            result, "is it switched on and wired right (TX to RX, RX to TX, GND)? To have other line speeds "
                    "tried: systemctl stop blynkd, then sudo blynkctl doctor");
    }
}

void judge_identity(const struct doctor_facts *facts, struct doctor_result *result)
{
    const struct modem_facts *modem = &facts->modem;

    if (without_modem(facts, result) ||
        !doctor_passed(facts, STAGE_IDENTITY, NULL, "[modem] profile = the family it belongs to", result)) {
        return;
    }
    if (!modem->fits) {
        doctor_find(result, VERDICT_WRONG, "it says it is \"%s\", but profile = %s is configured",
                    modem->model, modem->profile);
        doctor_advise(result, "[modem] profile = auto");
        return;
    }
    doctor_find(
        result, VERDICT_OK, "%s%s%s, spoken to as %s (%s)", modem->manufacturer,
        modem->manufacturer[0] ? " " : "", modem->model[0] ? modem->model : "without a name", modem->profile,
        strcmp(modem->level, "manual") == 0 ? "known from its manuals" : "known from recorded dialogues");
}

static bool is_locked(const struct modem_facts *modem)
{
    return strncmp(modem->sim, "SIM P", strlen("SIM P")) == 0; /* SIM PIN, SIM PUK */
}

void judge_sim(const struct doctor_facts *facts, struct doctor_result *result)
{
    const struct modem_facts *modem = &facts->modem;
    bool is_there = facts->failed == STAGE_SIM && is_locked(modem);

    if (without_modem(facts, result)) {
        return;
    }
    if (!is_there &&
        !doctor_passed(facts, STAGE_SIM, ": ", "take it out, clean its contacts, put it in again", result)) {
        return;
    }
    if (modem->iccid[0]) {
        doctor_find(result, VERDICT_OK, "there, number %s", modem->iccid);
    } else {
        doctor_find(result, VERDICT_OK, modem->sim[0] ? "there" : "this modem needs none, or does not tell");
    }
}

void judge_pin(const struct doctor_facts *facts, struct doctor_result *result)
{
    const struct modem_facts *modem = &facts->modem;

    if (without_modem(facts, result)) {
        return;
    }
    if (facts->failed == STAGE_SIM && !is_locked(modem)) {
        doctor_find(result, VERDICT_UNKNOWN, "it did not come to that");
    } else if (!doctor_passed(facts, STAGE_SIM, ": ", "enter it in a phone", result)) {
        if (result->verdict == VERDICT_WRONG && modem->pin_tries >= 0) {
            size_t len = strlen(result->finding);
            snprintf(result->finding + len, sizeof(result->finding) - len, " (tries left: %" PRId64 ")",
                     modem->pin_tries);
        }
    } else if (modem->pin_tries >= 0 && modem->pin_tries <= LAST_TRIES) {
        doctor_find(result, VERDICT_OK, "the card is open, but has %" PRId64 " tries left", modem->pin_tries);
        doctor_advise(result, "switch the PIN off in a phone");
    } else {
        doctor_find(result, VERDICT_OK, "the card is open");
    }
}

void judge_registration(const struct doctor_facts *facts, struct doctor_result *result)
{
    const struct modem_facts *modem = &facts->modem;

    if (without_modem(facts, result)) {
        return;
    }
    if (doctor_passed(
            facts, STAGE_NETWORK, NULL,
            "look at the antenna and its plug, and whether this kind of network (2G, 4G) is still there",
            result)) {
        doctor_find(result, VERDICT_OK, "%s%s%s%s%s",
                    modem->registration[0] ? modem->registration : "registered",
                    modem->operator_name[0] ? " with " : "", modem->operator_name,
                    modem->access[0] ? ", " : "", modem->access);
    } else if (result->verdict == VERDICT_WRONG && strstr(modem->registration, "refused")) {
        doctor_find(result, VERDICT_WRONG, "the network refuses this SIM card");
        doctor_advise(result, "is it activated, paid for, and open for data?");
    } else if (result->verdict == VERDICT_WRONG && strstr(result->finding, "roaming is switched off")) {
        doctor_passed(facts, STAGE_NETWORK, ": ", NULL, result);
    }
}

static const char *signal_words(int64_t dbm)
{
    if (dbm >= SIGNAL_GOOD_DBM) {
        return "good";
    }
    return dbm >= SIGNAL_FAIR_DBM ? "fair" : "weak";
}

void judge_signal(const struct doctor_facts *facts, struct doctor_result *result)
{
    const struct modem_facts *modem = &facts->modem;
    bool has_failed = facts->failed == STAGE_NETWORK;

    if (without_modem(facts, result)) {
        return;
    }
    if (!has_failed && !doctor_passed(facts, STAGE_NETWORK, NULL, NULL, result)) {
        return;
    }
    if (!modem->has_signal) {
        doctor_find(result, has_failed ? VERDICT_WRONG : VERDICT_UNKNOWN,
                    has_failed ? "the modem hears no network" : "the modem does not tell it");
        doctor_advise(result, "%s",
                      has_failed ? "look at the antenna and its plug; move it to a window" : "");
        return;
    }
    doctor_find(result, modem->signal_dbm >= SIGNAL_WEAK_DBM ? VERDICT_OK : VERDICT_WRONG,
                "%" PRId64 " dBm, %s", modem->signal_dbm, signal_words(modem->signal_dbm));
    if (modem->signal_dbm < SIGNAL_FAIR_DBM) {
        doctor_advise(result, "a better antenna, or a better place for it");
    }
}

void judge_apn(const struct doctor_facts *facts, struct doctor_result *result)
{
    const char *apn = facts->modem.apn;

    if (without_modem(facts, result)) {
        return;
    }
    if (facts->failed == STAGE_BEARER) {
        doctor_find(result, VERDICT_UNKNOWN, "%s%snobody says whether it is the right one", apn,
                    apn[0] ? ": " : "");
    } else if (doctor_passed(facts, STAGE_APN, NULL, NULL, result)) {
        doctor_find(result, VERDICT_OK, "%s", apn[0] ? apn : "as configured");
    }
}

void judge_bearer(const struct doctor_facts *facts, struct doctor_result *result)
{
    if (without_modem(facts, result)) {
        return;
    }
    if (doctor_passed(facts, STAGE_BEARER, NULL,
                      "is `apn` right for this SIM card, and is the card open for data and paid for?",
                      result)) {
        doctor_find(result, VERDICT_OK, "up%s%s", facts->modem.address[0] ? ", with address " : "",
                    facts->modem.address);
    }
}
