/* The steps from the server's name to the session, and what is left of the budgets. */
#include "doctor_steps.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void judge_name(const struct doctor_facts *facts, struct doctor_result *result)
{
    const struct link_facts *link = &facts->link;

    if (facts->failed == STAGE_SERVER) {
        doctor_find(result, VERDICT_UNKNOWN,
                    "the modem looks the name up while it connects, and does not tell");
    } else if (doctor_passed(facts, STAGE_NAME, NULL,
                             "is `server` right? fallback_addresses helps where names cannot "
                             "be looked up",
                             result)) {
        doctor_find(result, VERDICT_OK, "%s%s%s", link->server, link->address[0] ? " is at " : "",
                    link->address);
    }
}

void judge_server(const struct doctor_facts *facts, struct doctor_result *result)
{
    if (doctor_passed(
            facts, STAGE_SERVER, NULL,
            "it may be down, or the access point may not lead there (some lead to the operator's own "
            "network only)",
            result)) {
        doctor_find(result, VERDICT_OK, "%s answers", facts->link.server);
    }
}

void judge_encryption(const struct doctor_facts *facts, struct doctor_result *result)
{
    const char *encryption = facts->link.encryption;

    if (!doctor_passed(facts, STAGE_ENCRYPTION, NULL, "is `server` right, and ca_file if there is one?",
                       result)) {
        return;
    }
    if (strncmp(encryption, "none", strlen("none")) == 0) {
        doctor_find(result, VERDICT_OK, "none: token and values travel readable");
        doctor_advise(result, "[blynk] tls = yes, unless the server has none");
    } else {
        doctor_find(result, VERDICT_OK, "%s", encryption[0] ? encryption : "as configured");
    }
}

void judge_clock(const struct doctor_facts *facts, struct doctor_result *result)
{
    const struct host_facts *host = &facts->host;

    if (host->clock_is_kept) {
        doctor_find(result, VERDICT_OK, "this machine's clock is kept right");
    } else if (facts->reached == STAGE_DONE) {
        doctor_find(result, VERDICT_OK, "nobody keeps this machine's clock right; the server's time is used");
    } else if (!host->clock_is_sane) {
        doctor_find(result, VERDICT_WRONG, "this machine's clock is certainly wrong, and nobody sets it");
        doctor_advise(result,
                      "date -s ..., or a network for systemd-timesyncd; certificates are judged by it");
    } else if (facts->failed == STAGE_ENCRYPTION) {
        doctor_find(result, VERDICT_UNKNOWN, "nobody keeps this machine's clock right");
        doctor_advise(result, "is `date` right? Certificates are judged by it");
    } else {
        doctor_find(result, VERDICT_OK,
                    "nobody keeps this machine's clock right; the network or the server will tell");
    }
}

void judge_token(const struct doctor_facts *facts, struct doctor_result *result)
{
    if (doctor_passed(facts, STAGE_LOGIN, ": ", "check `token` in the configuration", result)) {
        doctor_find(result, VERDICT_OK, "the server knows it");
    }
}

void judge_session(const struct doctor_facts *facts, struct doctor_result *result)
{
    const struct link_facts *link = &facts->link;

    if (!facts->is_over) {
        return; /* a session may break as soon as it is there */
    }
    if (strcmp(link->state, "OFF") == 0 && facts->source != SOURCE_NOBODY) {
        doctor_find(result, VERDICT_WRONG, "the link is switched off");
        doctor_advise(
            result,
            "an admin can switch it on: redis-cli -s SOCKET LINK UP; so does systemctl restart blynkd");
        return;
    }
    if (facts->reached == STAGE_DONE && link->trouble[0]) {
        const char *at = strstr(link->trouble, ": ");
        doctor_find(result, VERDICT_WRONG, "%.*s", at ? (int)(at - link->trouble) : FACT_MAX, link->trouble);
        doctor_advise(result, "%s", at ? at + 2 : "");
        return;
    }
    if (!doctor_passed(facts, STAGE_SESSION, ": ", "does another device use the same token?", result)) {
        return;
    }
    if (link->round_trip_ms > 0) {
        doctor_find(result, VERDICT_OK, "on line, the server answers in %" PRId64 " ms", link->round_trip_ms);
    } else {
        doctor_find(result, VERDICT_OK, "on line");
    }
}

/* ---- budgets ---- */

#define KIB INT64_C(1024)
#define MIB (KIB * KIB)

static void write_bytes(char *out, size_t size, int64_t bytes)
{
    if (bytes < 10 * KIB) {
        snprintf(out, size, "%" PRId64 " bytes", bytes);
    } else if (bytes < 10 * MIB) {
        snprintf(out, size, "%" PRId64 " KiB", bytes / KIB);
    } else {
        snprintf(out, size, "%" PRId64 " MiB", bytes / MIB);
    }
}

static void write_count(char *out, size_t size, int64_t count)
{
    snprintf(out, size, "%" PRId64 " messages", count);
}

static void judge_share(const struct doctor_facts *facts, const struct budget_share_facts *share,
                        void (*write)(char *out, size_t size, int64_t amount), const char *key,
                        struct doctor_result *result)
{
    char spent[32], limit[32];

    if (facts->source == SOURCE_PROBE) {
        doctor_find(result, VERDICT_UNKNOWN, "the daemon counts, and it does not run");
        return;
    }
    if (!facts->budget.is_known) {
        if (facts->is_over) {
            doctor_find(result, VERDICT_UNKNOWN, "there is nobody to ask");
        }
        return;
    }
    write(spent, sizeof(spent), share->spent);
    write(limit, sizeof(limit), share->limit);
    if (share->limit == 0) {
        doctor_find(result, VERDICT_OK, "%s this month; no budget is set", spent);
    } else if (share->percent >= 100) {
        doctor_find(result, VERDICT_WRONG, "%s of %s are spent; only what matters most is sent", spent,
                    limit);
        doctor_advise(result, "[budget] %s, or send less: [pin V..] min_interval and deadband", key);
    } else {
        doctor_find(result, VERDICT_OK, "%s of %s this month (%" PRId64 " %%)", spent, limit, share->percent);
        doctor_advise(result, "%s", share->percent >= 80 ? facts->budget.forecast : "");
    }
}

void judge_data_budget(const struct doctor_facts *facts, struct doctor_result *result)
{
    judge_share(facts, &facts->budget.bytes, write_bytes, "bytes", result);
}

void judge_message_budget(const struct doctor_facts *facts, struct doctor_result *result)
{
    judge_share(facts, &facts->budget.messages, write_count, "messages", result);
}

void judge_disk(const struct doctor_facts *facts, struct doctor_result *result)
{
    if (facts->source != SOURCE_DAEMON) {
        result->verdict = VERDICT_NONE;
    } else if (strcmp(facts->link.disk, "ok") == 0) {
        doctor_find(result, VERDICT_OK, "it can be written; %" PRId64 " messages wait", facts->link.queue);
    } else if (facts->link.disk[0]) {
        doctor_find(result, VERDICT_WRONG, "%s", facts->link.disk);
        doctor_advise(result, "room and rights of [daemon] state_dir");
    } else if (facts->is_over) {
        doctor_find(result, VERDICT_UNKNOWN, "it was not told");
    }
}
