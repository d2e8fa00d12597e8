/* The doctor's steps in their order, and what they share. */
#include "doctor_steps.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const struct doctor_step doctor_steps[] = {
    {"configuration", judge_configuration},
    {"daemon", judge_daemon},
    {"port", judge_port},
    {"rights", judge_rights},
    {"other programs", judge_holder},
    {"login prompt", judge_getty},
    {"ModemManager", judge_modem_manager},
    {"console", judge_console},
    {"modem answers", judge_answer},
    {"modem", judge_identity},
    {"SIM card", judge_sim},
    {"PIN", judge_pin},
    {"network", judge_registration},
    {"signal", judge_signal},
    {"access point", judge_apn},
    {"data connection", judge_bearer},
    {"name look-up", judge_name},
    {"server", judge_server},
    {"encryption", judge_encryption},
    {"clock", judge_clock},
    {"token", judge_token},
    {"session", judge_session},
    {"data budget", judge_data_budget},
    {"message budget", judge_message_budget},
    {"disk", judge_disk},
};

const size_t doctor_step_count = sizeof(doctor_steps) / sizeof(doctor_steps[0]);

const char *doctor_verdict_name(enum doctor_verdict verdict)
{
    switch (verdict) {
    case VERDICT_OK:
        return "ok";
    case VERDICT_WRONG:
        return "wrong";
    case VERDICT_PENDING:
    case VERDICT_UNKNOWN:
    case VERDICT_NONE:
        break;
    }
    return "not known";
}

void doctor_find(struct doctor_result *result, enum doctor_verdict verdict, const char *format, ...)
{
    va_list arguments;

    result->verdict = verdict;
    va_start(arguments, format);
    vsnprintf(result->finding, sizeof(result->finding), format, arguments);
    va_end(arguments);
}

void doctor_advise(struct doctor_result *result, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(result->advice, sizeof(result->advice), format, arguments);
    va_end(arguments);
}

static const char *last_of(const char *text, const char *mark)
{
    const char *found = NULL;

    for (const char *at = strstr(text, mark); at; at = strstr(at + 1, mark)) {
        found = at;
    }
    return found;
}

/* "there is no SIM card in the modem: put one in" is a finding and an advice. */
static void cut_words(const char *words, const char *cut, const char *advice, struct doctor_result *result)
{
    const char *at = cut ? strstr(words, cut) : last_of(words, "; ");
    size_t len = at ? (size_t)(at - words) : strlen(words);

    doctor_find(result, VERDICT_WRONG, "%.*s", (int)len, words);
    doctor_advise(result, "%s", at ? at + strlen(cut ? cut : "; ") : advice ? advice : "");
}

bool doctor_passed(const struct doctor_facts *facts, enum doctor_stage stage, const char *cut,
                   const char *advice, struct doctor_result *result)
{
    if (facts->source == SOURCE_NOBODY) {
        doctor_find(result, VERDICT_UNKNOWN, "there is nobody to ask");
        return false;
    }
    if (facts->failed == stage) {
        cut_words(facts->failed_why, cut, advice, result);
        return false;
    }
    if (facts->reached > stage || (facts->failed != STAGE_NONE && facts->failed > stage)) {
        return true;
    }
    if (facts->is_over) {
        doctor_find(result, VERDICT_UNKNOWN, "it did not come to that");
    }
    return false;
}
