/*
 * The steps of the doctor, from the port up to the budget, in one table. Each is a small pure function that makes of
 * the facts a verdict, a finding and, where something can be done, an advice. A step owns nothing, asks nobody and
 * never waits: what is not known yet is pending.
 */
#ifndef BLYNKD_CTL_DOCTOR_STEPS_H
#define BLYNKD_CTL_DOCTOR_STEPS_H

#include "doctor_facts.h"

enum doctor_verdict {
    VERDICT_PENDING, /* may be known soon */
    VERDICT_OK,
    VERDICT_WRONG,
    VERDICT_UNKNOWN,
    VERDICT_NONE, /* the step is not for this installation */
};

struct doctor_result {
    enum doctor_verdict verdict;
    char finding[FACT_MAX + 40];
    char advice[FACT_MAX + 40]; /* "": nothing to do */
};

struct doctor_step {
    const char *name;
    void (*judge)(const struct doctor_facts *facts, struct doctor_result *result);
};

#define DOCTOR_STEPS_MAX 32

extern const struct doctor_step doctor_steps[];
extern const size_t doctor_step_count;

/* "ok", "wrong", "not known" */
const char *doctor_verdict_name(enum doctor_verdict verdict);

/* ---- for the steps ---- */

void doctor_find(struct doctor_result *result, enum doctor_verdict verdict, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void doctor_advise(struct doctor_result *result, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Whether the way to the server has come past this stage. True: it has, and the step says what was found. False: the
 * result is complete; if it was this stage that failed, with the daemon's words, cut into finding and advice at `cut`
 * (NULL: at the last "; "), and with `advice` if they hold none.
 */
bool doctor_passed(const struct doctor_facts *facts, enum doctor_stage stage, const char *cut,
                   const char *advice, struct doctor_result *result);

/* doctor_steps_host.c, doctor_steps_modem.c, doctor_steps_server.c */
void judge_configuration(const struct doctor_facts *facts, struct doctor_result *result);
void judge_daemon(const struct doctor_facts *facts, struct doctor_result *result);
void judge_port(const struct doctor_facts *facts, struct doctor_result *result);
void judge_rights(const struct doctor_facts *facts, struct doctor_result *result);
void judge_holder(const struct doctor_facts *facts, struct doctor_result *result);
void judge_getty(const struct doctor_facts *facts, struct doctor_result *result);
void judge_modem_manager(const struct doctor_facts *facts, struct doctor_result *result);
void judge_console(const struct doctor_facts *facts, struct doctor_result *result);
void judge_answer(const struct doctor_facts *facts, struct doctor_result *result);
void judge_identity(const struct doctor_facts *facts, struct doctor_result *result);
void judge_sim(const struct doctor_facts *facts, struct doctor_result *result);
void judge_pin(const struct doctor_facts *facts, struct doctor_result *result);
void judge_registration(const struct doctor_facts *facts, struct doctor_result *result);
void judge_signal(const struct doctor_facts *facts, struct doctor_result *result);
void judge_apn(const struct doctor_facts *facts, struct doctor_result *result);
void judge_bearer(const struct doctor_facts *facts, struct doctor_result *result);
void judge_name(const struct doctor_facts *facts, struct doctor_result *result);
void judge_server(const struct doctor_facts *facts, struct doctor_result *result);
void judge_encryption(const struct doctor_facts *facts, struct doctor_result *result);
void judge_clock(const struct doctor_facts *facts, struct doctor_result *result);
void judge_token(const struct doctor_facts *facts, struct doctor_result *result);
void judge_session(const struct doctor_facts *facts, struct doctor_result *result);
void judge_data_budget(const struct doctor_facts *facts, struct doctor_result *result);
void judge_message_budget(const struct doctor_facts *facts, struct doctor_result *result);
void judge_disk(const struct doctor_facts *facts, struct doctor_result *result);

#endif
