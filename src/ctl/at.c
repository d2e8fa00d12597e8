/* blynkctl at: one command to the modem, between the daemon's own. */
#include "answer.h"
#include "commands.h"
#include "say.h"
#include "talk.h"

#include "blynkd/base/scan.h"

#include <string.h>

#define AT_TIMEOUT_MAX_MS 600000u /* MODEM.AT's own limit */
#define AT_GRACE_MS       5000u

static bool is_failure(const char *line)
{
    return strncmp(line, "ERROR", 5) == 0 || strncmp(line, "+CME ERROR", 10) == 0 ||
           strncmp(line, "+CMS ERROR", 10) == 0;
}

static int show_lines(const struct ctl *ctl, const redisReply *reply)
{
    if (reply->type != REDIS_REPLY_ARRAY) {
        return (int)talk_tell_strange(ctl);
    }
    const redisReply *last = reply->elements ? reply->element[reply->elements - 1] : NULL;
    int result = last && last->str && is_failure(last->str) ? CTL_REFUSED : CTL_OK;

    if (ctl->json) {
        int printed = answer_print_json(answer_json(reply, false));
        return printed ? printed : result;
    }
    for (size_t i = 0; i < reply->elements; i++) {
        if (!reply->element[i]->str) {
            continue;
        }
        say_text(stdout, reply->element[i]->str, (size_t)reply->element[i]->len);
        putchar('\n');
    }
    return result;
}

int run_at(struct ctl *ctl, int argc, char **argv)
{
    uint64_t timeout_ms = ctl->timeout_ms;
    char number[24];
    const char *words[] = {"MODEM.AT", argv[1], number};
    enum ctl_exit exit;
    redisReply *reply;
    int result;

    if (argc == 3 && (scan_duration_ms(argv[2], AT_TIMEOUT_MAX_MS, &timeout_ms) || !timeout_ms)) {
        say_error("\"%s\": not a time such as 30s (at most 10 minutes)", argv[2]);
        return CTL_USAGE;
    }
    exit = talk_open(ctl);
    if (exit != CTL_OK) {
        return exit;
    }
    snprintf(number, sizeof(number), "%llu", (unsigned long long)timeout_ms);
    talk_set_timeout(ctl, (uint32_t)timeout_ms + AT_GRACE_MS);
    reply = talk_need_list(ctl, 3, words, &exit);
    if (!reply) {
        return exit;
    }
    result = show_lines(ctl, reply);
    freeReplyObject(reply);
    return result;
}
