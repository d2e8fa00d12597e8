#include "top_ask.h"

#include "talk.h"

#include <string.h>

/* As many as a wide screen can show. */
#define POINTS "240"

static redisReply *ask_values(struct ctl *ctl, const redisReply *keys, enum ctl_exit *exit)
{
    const char *words[TOP_PINS_MAX + 1] = {"MGET"};
    size_t lengths[TOP_PINS_MAX + 1] = {4};
    int count = 1;

    for (size_t i = 0; i < keys->elements && count <= TOP_PINS_MAX; i++) {
        if (keys->element[i]->str) {
            words[count] = keys->element[i]->str;
            lengths[count++] = (size_t)keys->element[i]->len;
        }
    }
    return count > 1 ? talk_ask(ctl, count, words, lengths, exit) : NULL;
}

enum ctl_exit top_ask(struct ctl *ctl, struct top_answers *answers)
{
    static const char *const questions[TOP_VALUES] = {
        [TOP_LINK] = "LINK",
        [TOP_HISTORY] = "LINK HISTORY",
        [TOP_MODEM] = "MODEM",
        [TOP_BUDGET] = "BLYNK.BUDGET",
        [TOP_INFO] = "INFO server blynk clients",
        [TOP_CLIENTS] = "CLIENT LIST",
        [TOP_SIGNAL] = "HISTORY signal " POINTS,
        [TOP_ROUND_TRIP] = "HISTORY round_trip " POINTS,
        [TOP_KEYS] = "KEYS *",
    };
    enum ctl_exit exit = CTL_OK;

    memset(answers, 0, sizeof(*answers));
    answers->of[TOP_LINK] = talk_need(ctl, questions[TOP_LINK], &exit);
    for (int i = TOP_LINK + 1; i < TOP_VALUES && exit == CTL_OK; i++) {
        answers->of[i] = talk_ask_words(ctl, questions[i], &exit);
    }
    if (exit == CTL_OK && answers->of[TOP_KEYS]->type == REDIS_REPLY_ARRAY) {
        answers->of[TOP_VALUES] = ask_values(ctl, answers->of[TOP_KEYS], &exit);
    }
    if (exit != CTL_OK) {
        top_forget(answers);
    }
    return exit;
}

void top_forget(struct top_answers *answers)
{
    for (int i = 0; i < TOP_QUESTIONS; i++) {
        freeReplyObject(answers->of[i]);
        answers->of[i] = NULL;
    }
}
