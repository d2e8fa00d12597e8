/* The daemon's answers as facts, and how far it has come by them. Pure. */
#include "doctor_facts.h"

#include "answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRESH_MS          2000  /* the first session of a probe: some servers log in and close at once */
#define STEADY_MS         10000 /* a session that broke before must last so long to count */
#define SHORT_SESSIONS    3     /* from then on the daemon knows better why they break */
#define PATIENCE_MS       40000
#define PORT_PATIENCE_MS  5000
#define MUTE_PATIENCE_MS  14000
#define STATE_IS(f, word) (strcmp((f), word) == 0)

static void take_text(const redisReply *map, const char *name, char *out, size_t size)
{
    snprintf(out, size, "%s", answer_text(map, name));
}

#define TAKE(map, name, member) take_text(map, name, member, sizeof(member))

void doctor_take_info(struct doctor_facts *facts, const redisReply *info)
{
    static const char name[] = "process_id:";
    const char *at = info->str ? strstr(info->str, name) : NULL;

    facts->daemon_pid = at ? strtol(at + strlen(name), NULL, 10) : 0;
}

void doctor_take_link(struct doctor_facts *facts, const redisReply *link)
{
    struct link_facts *to = &facts->link;

    TAKE(link, "state", to->state);
    TAKE(link, "why", to->why);
    TAKE(link, "uplink", to->uplink);
    TAKE(link, "server", to->server);
    TAKE(link, "address", to->address);
    TAKE(link, "encryption", to->encryption);
    TAKE(link, "failure_step", to->failure_step);
    TAKE(link, "failure", to->failure);
    TAKE(link, "trouble", to->trouble);
    TAKE(link, "disk", to->disk);
    to->since_ms = answer_integer(link, "since", 0);
    to->failure_at_ms = answer_integer(link, "failure_at", 0);
    to->failures = answer_integer(link, "failures", 0);
    to->next_try_ms = answer_integer(link, "next_try_ms", 0);
    to->round_trip_ms = answer_integer(link, "round_trip_ms", 0);
    to->queue = answer_integer(link, "queue", 0);
    facts->reached = doctor_reached(facts);
}

void doctor_take_modem(struct doctor_facts *facts, const redisReply *modem)
{
    struct modem_facts *to = &facts->modem;

    TAKE(modem, "state", to->state);
    TAKE(modem, "why", to->why);
    TAKE(modem, "failed_in", to->failed_in);
    TAKE(modem, "profile", to->profile);
    TAKE(modem, "level", to->level);
    TAKE(modem, "model", to->model);
    TAKE(modem, "manufacturer", to->manufacturer);
    TAKE(modem, "sim", to->sim);
    TAKE(modem, "iccid", to->iccid);
    TAKE(modem, "operator", to->operator_name);
    TAKE(modem, "access", to->access);
    TAKE(modem, "registration", to->registration);
    TAKE(modem, "apn", to->apn);
    TAKE(modem, "address", to->address);
    TAKE(modem, "port", facts->host.path);
    to->fits = strcmp(answer_text(modem, "profile_fits"), "no") != 0;
    to->baud = answer_integer(modem, "baud", 0);
    to->pin_tries = answer_integer(modem, "pin_tries", -1);
    to->signal_dbm = answer_integer(modem, "signal_dbm", 0);
    to->has_signal = to->signal_dbm != 0;
    facts->reached = doctor_reached(facts);
}

static void take_share(const redisReply *budget, const char *part, struct budget_share_facts *to)
{
    char name[32];

    snprintf(name, sizeof(name), "%s_spent", part);
    to->spent = answer_integer(budget, name, 0);
    snprintf(name, sizeof(name), "%s_limit", part);
    to->limit = answer_integer(budget, name, 0);
    snprintf(name, sizeof(name), "%s_percent", part);
    to->percent = answer_integer(budget, name, 0);
}

void doctor_take_budget(struct doctor_facts *facts, const redisReply *budget)
{
    struct budget_facts *to = &facts->budget;

    to->is_known = answer_find(budget, "bytes_spent") != NULL;
    TAKE(budget, "level", to->level);
    TAKE(budget, "why", to->why);
    TAKE(budget, "forecast", to->forecast);
    take_share(budget, "bytes", &to->bytes);
    take_share(budget, "messages", &to->messages);
}

/* ---- how far ---- */

struct named_stage {
    const char *name;
    enum doctor_stage stage;
};

static enum doctor_stage stage_named(const struct named_stage *list, size_t count, const char *name,
                                     enum doctor_stage otherwise)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i].name, name) == 0) {
            return list[i].stage;
        }
    }
    return otherwise;
}

#define STAGE_NAMED(list, name, otherwise)                                                                   \
    stage_named(list, sizeof(list) / sizeof((list)[0]), name, otherwise)

enum doctor_stage doctor_reached(const struct doctor_facts *facts)
{
    static const struct named_stage by_link[] = {
        {"ONLINE", STAGE_DONE},
        {"LOGIN", STAGE_LOGIN},
        {"TLS", STAGE_ENCRYPTION},
        {"CONNECT", STAGE_NAME},
    };
    /* What a state of the modem is at. */
    static const struct named_stage by_modem[] = {
        {"SYNC", STAGE_ANSWER},   {"IDENTIFY", STAGE_IDENTITY}, {"SIM", STAGE_SIM},
        {"SETUP", STAGE_NETWORK}, {"REGISTER", STAGE_NETWORK},  {"BEARER", STAGE_BEARER},
        {"READY", STAGE_NAME},    {"none", STAGE_NAME},
    };

    return STAGE_NAMED(by_link, facts->link.state, STAGE_NAMED(by_modem, facts->modem.state, STAGE_PORT));
}

/* The daemon waits for a person; no try has failed. */
static enum doctor_stage stage_missing(const struct link_facts *link)
{
    if (!STATE_IS(link->state, "WAIT") || link->next_try_ms > 0) {
        return STAGE_NONE;
    }
    if (strstr(link->why, "token")) {
        return STAGE_LOGIN;
    }
    return strstr(link->why, "apn") ? STAGE_APN : STAGE_NONE;
}

enum doctor_stage doctor_failed(const struct doctor_facts *facts)
{
    static const struct named_stage by_step[] = {
        {"serial port", STAGE_PORT},
        {"modem", STAGE_ANSWER},
        {"SIM card", STAGE_SIM},
        {"network registration", STAGE_NETWORK},
        {"data connection", STAGE_BEARER},
        {"name look-up", STAGE_NAME},
        {"TCP connection", STAGE_SERVER},
        {"encryption", STAGE_ENCRYPTION},
        {"login", STAGE_LOGIN},
        {"session", STAGE_SESSION},
    };
    enum doctor_stage missing = stage_missing(&facts->link);
    enum doctor_stage failed = STAGE_NAMED(by_step, facts->link.failure_step, STAGE_NONE);

    if (missing != STAGE_NONE) {
        return missing;
    }
    if (failed == STAGE_ANSWER && STATE_IS(facts->modem.failed_in, "IDENTIFY")) {
        failed = STAGE_IDENTITY;
    }
    if (doctor_reached(facts) == STAGE_DONE) {
        return STAGE_NONE;
    }
    return failed;
}

/* ---- when to stop asking ---- */

static bool is_waiting(const struct link_facts *link)
{
    return STATE_IS(link->state, "WAIT") || STATE_IS(link->state, "REFUSED");
}

/* A server that closes at once says the same the first time as when its token is used elsewhere. */
static bool may_become_clearer(const struct doctor_facts *facts, enum doctor_stage failed)
{
    return failed == STAGE_SESSION && facts->link.failures < SHORT_SESSIONS;
}

static uint64_t patience_ms(const struct doctor_facts *facts)
{
    switch (doctor_reached(facts)) {
    case STAGE_PORT:
        return PORT_PATIENCE_MS;
    case STAGE_ANSWER:
        return MUTE_PATIENCE_MS;
    case STAGE_SIM:
    case STAGE_NETWORK:
        return PATIENCE_MS;
    default:
        return UINT64_MAX; /* each has its deadline in the daemon */
    }
}

bool doctor_settled(const struct doctor_facts *facts, uint64_t in_state_ms)
{
    enum doctor_stage failed = doctor_failed(facts);

    if (STATE_IS(facts->link.state, "OFF")) {
        return true;
    }
    if (doctor_reached(facts) == STAGE_DONE) {
        bool broke = STATE_IS(facts->link.failure_step, "session") && facts->link.failures > 0;
        return in_state_ms >= (broke ? STEADY_MS : facts->source == SOURCE_PROBE ? FRESH_MS : 0);
    }
    if (failed != STAGE_NONE && !may_become_clearer(facts, failed)) {
        return is_waiting(&facts->link) || doctor_reached(facts) <= failed;
    }
    return in_state_ms >= patience_ms(facts);
}

void doctor_conclude(struct doctor_facts *facts)
{
    const struct link_facts *link = &facts->link;
    enum doctor_stage failed = doctor_failed(facts);

    facts->is_over = true;
    if (facts->source == SOURCE_NOBODY || facts->reached == STAGE_DONE || STATE_IS(link->state, "OFF")) {
        return;
    }
    if (failed != STAGE_NONE && (facts->reached <= failed || is_waiting(link))) {
        bool is_missing = stage_missing(link) != STAGE_NONE;
        facts->failed = failed;
        snprintf(facts->failed_why, sizeof(facts->failed_why), "%s", is_missing ? link->why : link->failure);
        return;
    }
    facts->failed = facts->reached;
    snprintf(facts->failed_why, sizeof(facts->failed_why), "%s",
             facts->reached <= STAGE_BEARER && facts->modem.why[0] ? facts->modem.why : link->why);
}
