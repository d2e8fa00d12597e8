/* blynkctl watch: what Blynk writes to pins, as it comes. */
#include "answer.h"
#include "commands.h"
#include "say.h"
#include "talk.h"

#include <string.h>

#define CHANNELS_MAX 32

/* Pins (V7), patterns (V1?) and the daemon's own channels (link, internal): all go as patterns. */
static enum ctl_exit subscribe(struct ctl *ctl, int argc, char **argv)
{
    const char *words[CHANNELS_MAX + 1] = {"PSUBSCRIBE", "[VDA]*"};
    int count = argc > 1 ? argc : 2;
    enum ctl_exit exit;
    redisReply *reply;

    if (count > CHANNELS_MAX) {
        say_error("at most %d pins or patterns", CHANNELS_MAX - 1);
        return CTL_USAGE;
    }
    for (int i = 1; i < argc; i++) {
        words[i] = argv[i];
    }
    reply = talk_need_list(ctl, count, words, &exit);
    freeReplyObject(reply);
    return exit;
}

static void print_message(const struct ctl *ctl, const redisReply *channel, const redisReply *value)
{
    if (ctl->json) {
        json_t *object = json_pack("{s:o, s:o}", "channel", answer_json(channel, false), "value",
                                   answer_json(value, false));
        json_dumpf(object, stdout, JSON_COMPACT);
        json_decref(object);
        putchar('\n');
    } else {
        say_text(stdout, channel->str, (size_t)channel->len);
        putchar('\t');
        for (const char *at = value->str, *end = at + value->len; at < end;) {
            const char *nul = memchr(at, '\0', (size_t)(end - at));
            say_text(stdout, at, (size_t)((nul ? nul : end) - at));
            fputs(nul ? "\t" : "", stdout);
            at = nul ? nul + 1 : end;
        }
        putchar('\n');
    }
    fflush(stdout);
}

static bool is_message(const redisReply *reply)
{
    return reply && reply->type == REDIS_REPLY_ARRAY && reply->elements == 4 && reply->element[0]->str &&
           strcmp(reply->element[0]->str, "pmessage") == 0 && reply->element[2]->type == REDIS_REPLY_STRING &&
           reply->element[3]->type == REDIS_REPLY_STRING;
}

int run_watch(struct ctl *ctl, int argc, char **argv)
{
    enum ctl_exit exit = subscribe(ctl, argc, argv);

    while (exit == CTL_OK && !ferror(stdout)) {
        redisReply *reply;
        exit = talk_next(ctl, 0, &reply);
        if (reply && reply->type == REDIS_REPLY_ERROR) {
            exit = talk_tell_error(reply);
        } else if (is_message(reply)) {
            print_message(ctl, reply->element[2], reply->element[3]);
        }
        freeReplyObject(reply);
    }
    return exit;
}
