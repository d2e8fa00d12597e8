/* blynkctl get, set, sync, event, resolve, property, meta, flush: the daemon's commands in a person's words. */
#include "answer.h"
#include "commands.h"
#include "say.h"
#include "talk.h"

#include "blynkd/base/scan.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define WORDS_MAX       64
#define PINS_MAX        768 /* 256 of each kind */
#define FLUSH_MS        60000u
#define FLUSH_MAX_MS    86400000u
#define FLUSH_GRACE_MS  5000u /* the daemon answers at its deadline; this is for the way back */
#define VALUE_MAX_BYTES 65536 /* a bulk string's limit, design/local-api.md */

/* A command and argv's words after the first. Tells what is wrong; NULL with *exit then. */
static redisReply *ask_with(struct ctl *ctl, const char *command, int argc, char **argv, enum ctl_exit *exit)
{
    const char *words[WORDS_MAX] = {command};

    if (argc > WORDS_MAX) {
        say_error("at most %d arguments", WORDS_MAX - 1);
        *exit = CTL_USAGE;
        return NULL;
    }
    for (int i = 1; i < argc; i++) {
        words[i] = argv[i];
    }
    return talk_need_list(ctl, argc, words, exit);
}

/* For commands whose answer is OK or an error. */
static int order(struct ctl *ctl, const char *command, int argc, char **argv)
{
    enum ctl_exit exit;
    redisReply *reply = ask_with(ctl, command, argc, argv, &exit);

    if (!reply) {
        return exit;
    }
    exit = reply->type == REDIS_REPLY_STATUS ? CTL_OK : talk_tell_strange(ctl);
    freeReplyObject(reply);
    if (exit != CTL_OK) {
        return exit;
    }
    return ctl->json ? answer_print_json(json_pack("{s:b}", "ok", 1)) : CTL_OK;
}

/* ---- get ----------------------------------------------------------------------------------------------- */

static void print_value(const redisReply *value)
{
    const char *bytes = value->str;
    const char *end = bytes + value->len;

    for (;;) {
        const char *nul = bytes < end ? memchr(bytes, '\0', (size_t)(end - bytes)) : NULL;
        say_text(stdout, bytes, (size_t)((nul ? nul : end) - bytes));
        if (!nul) {
            break;
        }
        putchar('\t');
        bytes = nul + 1;
    }
    putchar('\n');
}

static int get_json(const redisReply *reply, const char *const *pins)
{
    json_t *object = json_object();

    for (size_t i = 0; i < reply->elements; i++) {
        json_object_set_new(object, pins[i], answer_json(reply->element[i], false));
    }
    return answer_print_json(object);
}

static int get_words(const redisReply *reply, const char *const *pins, bool named)
{
    int result = CTL_OK;

    for (size_t i = 0; i < reply->elements; i++) {
        const redisReply *value = reply->element[i];
        bool known = value->type == REDIS_REPLY_STRING;
        if (!known) {
            say_error("%s has no value yet: neither Blynk nor a local program has written it", pins[i]);
            result = CTL_REFUSED;
        }
        if (named) {
            printf("%s\t", pins[i]);
        }
        if (known) {
            print_value(value);
        } else if (named) {
            putchar('\n');
        }
    }
    return result;
}

static bool has_nil(const redisReply *reply)
{
    for (size_t i = 0; i < reply->elements; i++) {
        if (reply->element[i]->type == REDIS_REPLY_NIL) {
            return true;
        }
    }
    return false;
}

/* words[0] is the command's; the pins follow. */
static int get_pins(struct ctl *ctl, int count, const char **words, bool named)
{
    enum ctl_exit exit;
    redisReply *reply;
    int result;

    words[0] = "MGET";
    reply = talk_need_list(ctl, count, words, &exit);
    if (!reply) {
        return exit;
    }
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != (size_t)count - 1) {
        result = talk_tell_strange(ctl);
    } else if (ctl->json) {
        result = get_json(reply, words + 1);
        result = result == CTL_OK && has_nil(reply) ? CTL_REFUSED : result;
    } else {
        result = get_words(reply, words + 1, named);
    }
    freeReplyObject(reply);
    return result;
}

/* By letter, then by number: V2 before V10. */
static int compare_pins(const void *left, const void *right)
{
    const char *a = *(const char *const *)left, *b = *(const char *const *)right;
    size_t a_len = strlen(a), b_len = strlen(b);

    if (a[0] != b[0] || a_len == b_len) {
        return strcmp(a, b);
    }
    return a_len < b_len ? -1 : 1;
}

static int get_all(struct ctl *ctl)
{
    const char *words[PINS_MAX + 1];
    int count = 1;
    enum ctl_exit exit;
    redisReply *keys = talk_need(ctl, "KEYS *", &exit);

    if (!keys) {
        return exit;
    }
    for (size_t i = 0; i < keys->elements && count <= PINS_MAX; i++) {
        if (keys->element[i]->str) {
            words[count++] = keys->element[i]->str;
        }
    }
    qsort(words + 1, (size_t)count - 1, sizeof(words[0]), compare_pins);
    if (count > 1) {
        exit = (enum ctl_exit)get_pins(ctl, count, words, true);
    } else if (ctl->json) {
        exit = (enum ctl_exit)answer_print_json(json_object());
    }
    freeReplyObject(keys);
    return (int)exit;
}

int run_get(struct ctl *ctl, int argc, char **argv)
{
    const char *words[WORDS_MAX];

    if (argc == 1) {
        return get_all(ctl);
    }
    if (argc > WORDS_MAX) {
        say_error("at most %d arguments", WORDS_MAX - 1);
        return CTL_USAGE;
    }
    for (int i = 1; i < argc; i++) {
        words[i] = argv[i];
    }
    return get_pins(ctl, argc, words, argc > 2);
}

/* ---- set ----------------------------------------------------------------------------------------------- */

/* One line of standard input without its end; false: there are no more, or it is too long (*result then). */
static bool next_line(char *line, size_t size, size_t *len, int *result)
{
    if (!fgets(line, (int)size, stdin)) {
        return false;
    }
    *len = strlen(line);
    if (*len && line[*len - 1] == '\n') {
        (*len)--;
    } else if (!feof(stdin)) {
        say_error("a line of standard input has more than %d bytes", VALUE_MAX_BYTES - 2);
        *result = CTL_REFUSED;
        return false;
    }
    if (*len && line[*len - 1] == '\r') {
        (*len)--;
    }
    return true;
}

/* Stops at the first line that is refused: what came before it is accepted. */
static int set_from_input(struct ctl *ctl, const char *pin)
{
    static char line[VALUE_MAX_BYTES];
    const char *words[] = {"SET", pin, line};
    size_t lengths[] = {3, strlen(pin), 0};
    int result = CTL_OK;
    enum ctl_exit exit;

    while (result == CTL_OK && next_line(line, sizeof(line), &lengths[2], &result)) {
        redisReply *reply = talk_ask(ctl, 3, words, lengths, &exit);
        if (!reply) {
            return exit;
        }
        result = reply->type == REDIS_REPLY_ERROR ? (int)talk_tell_error(reply) : CTL_OK;
        freeReplyObject(reply);
    }
    if (ferror(stdin)) {
        say_error("standard input cannot be read");
        return CTL_REFUSED;
    }
    return result;
}

int run_set(struct ctl *ctl, int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[2], "-") == 0) {
        return set_from_input(ctl, argv[1]);
    }
    return order(ctl, argc == 3 ? "SET" : "BLYNK.WRITE", argc, argv);
}

/* ---- the others ---------------------------------------------------------------------------------------- */

int run_sync(struct ctl *ctl, int argc, char **argv)
{
    return order(ctl, "BLYNK.SYNC", argc, argv);
}

int run_event(struct ctl *ctl, int argc, char **argv)
{
    return order(ctl, "BLYNK.EVENT", argc, argv);
}

int run_resolve(struct ctl *ctl, int argc, char **argv)
{
    if (argc == 3 && strcasecmp(argv[2], "all") != 0) {
        return ctl_command_usage(ctl_command_find(argv[0]));
    }
    return order(ctl, "BLYNK.RESOLVE", argc, argv);
}

int run_property(struct ctl *ctl, int argc, char **argv)
{
    return order(ctl, "BLYNK.PROPERTY", argc, argv);
}

static int meta_get(struct ctl *ctl, char *field)
{
    const char *words[] = {"BLYNK.META", "GET", field};
    enum ctl_exit exit;
    redisReply *reply = talk_need_list(ctl, 3, words, &exit);
    int result = CTL_OK;

    if (!reply) {
        return exit;
    }
    if (ctl->json) {
        result = answer_print_json(answer_json(reply, false));
    } else if (reply->type == REDIS_REPLY_STRING) {
        print_value(reply);
    }
    freeReplyObject(reply);
    return result;
}

int run_meta(struct ctl *ctl, int argc, char **argv)
{
    char set[] = "SET";
    char *words[] = {argv[0], set, argv[1], argc == 3 ? argv[2] : NULL};

    return argc == 2 ? meta_get(ctl, argv[1]) : order(ctl, "BLYNK.META", 4, words);
}

static int tell_flushed(const struct ctl *ctl, long long left)
{
    if (ctl->json) {
        int result = answer_print_json(json_pack("{s:I}", "unconfirmed", (json_int_t)left));
        return result ? result : left ? CTL_REFUSED : CTL_OK;
    }
    if (left == 0) {
        return CTL_OK;
    }
    say_error("%lld written value%s not confirmed yet; nothing is lost, the daemon goes on trying", left,
              left == 1 ? " is" : "s are");
    say_hint("blynkctl status");
    return CTL_REFUSED;
}

int run_flush(struct ctl *ctl, int argc, char **argv)
{
    uint64_t timeout_ms = FLUSH_MS;
    char words[64];
    enum ctl_exit exit;
    redisReply *reply;
    int result;

    if (argc == 2 && (scan_duration_ms(argv[1], FLUSH_MAX_MS, &timeout_ms) || timeout_ms == 0)) {
        say_error("\"%s\": not a time such as 30s or 5m (at most a day)", argv[1]);
        return CTL_USAGE;
    }
    exit = talk_open(ctl);
    if (exit != CTL_OK) {
        return exit;
    }
    talk_set_timeout(ctl, (uint32_t)timeout_ms + FLUSH_GRACE_MS);
    snprintf(words, sizeof(words), "BLYNK.FLUSH %llu ALL", (unsigned long long)timeout_ms);
    reply = talk_need(ctl, words, &exit);
    if (!reply) {
        return exit;
    }
    result =
        reply->type == REDIS_REPLY_INTEGER ? tell_flushed(ctl, reply->integer) : (int)talk_tell_strange(ctl);
    freeReplyObject(reply);
    return result;
}
