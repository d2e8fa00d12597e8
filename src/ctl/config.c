/* blynkctl config: what the daemon works with, and changes of it that are checked before they count. */
#include "answer.h"
#include "commands.h"
#include "config_file.h"
#include "say.h"
#include "talk.h"

#include "blynkd/base/secret.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <termios.h>
#include <unistd.h>

#define CHECK_UNFINISHED 75 /* of blynkd --check-config: something is still missing */
#define VALUE_BYTES      1024

/* ---- show ---------------------------------------------------------------------------------------------- */

static void show_key(const struct ctl *ctl, const redisReply *entry, char section[64])
{
    const char *origin = answer_text(entry, "origin");
    bool color = ctl->color;

    if (strcmp(section, answer_text(entry, "section")) != 0) {
        printf("%s%s[%s]%s\n", *section ? "\n" : "", say_begin(color, SAY_BOLD),
               answer_text(entry, "section"), say_end(color));
        snprintf(section, 64, "%s", answer_text(entry, "section"));
    }
    printf("%s = ", answer_text(entry, "key"));
    say_text(stdout, answer_text(entry, "value"), strlen(answer_text(entry, "value")));
    printf("   %s(%s%s)%s\n", say_begin(color, SAY_DIM), origin,
           strcmp(answer_text(entry, "waits_for_restart"), "yes") == 0 ? "; waits for a restart" : "",
           say_end(color));
}

static int show_json(const redisReply *reply)
{
    json_t *list = json_array();

    for (size_t i = 0; i < reply->elements; i++) {
        json_array_append_new(list, answer_json(reply->element[i], true));
    }
    return answer_print_json(list);
}

static int config_show(struct ctl *ctl, int argc, char **argv)
{
    bool all = argc > 1 && strcmp(argv[1], "--all") == 0;
    const char *pattern = argc > 1 + all ? argv[1 + all] : "*";
    const char *words[] = {"CONFIG", "SHOW", pattern};
    char section[64] = "";
    enum ctl_exit exit;
    redisReply *reply = talk_need_list(ctl, 3, words, &exit);
    int result = CTL_OK;

    if (!reply) {
        return exit;
    }
    if (ctl->json) {
        result = show_json(reply);
    }
    for (size_t i = 0; !ctl->json && i < reply->elements; i++) {
        bool is_default = strcmp(answer_text(reply->element[i], "origin"), "default") == 0;
        if (all || !is_default || argc > 1) {
            show_key(ctl, reply->element[i], section);
        }
    }
    freeReplyObject(reply);
    return result;
}

/* ---- check --------------------------------------------------------------------------------------------- */

static int tell_check(int status)
{
    if (status < 0) {
        say_error("blynkd cannot be run to check the file: %s", strerror(-status));
        return CTL_UNREACHABLE;
    }
    return status == 0 ? CTL_OK : CTL_REFUSED;
}

static int config_check(struct ctl *ctl, int argc, char **argv)
{
    int status = config_file_check(ctl->config_path, argc > 1 ? argv[1] : NULL);
    int result = tell_check(status);

    if (ctl->json && status >= 0) {
        int printed = answer_print_json(
            json_pack("{s:b, s:b}", "ok", status == 0, "only_unfinished", status == CHECK_UNFINISHED));
        return printed ? printed : result;
    }
    return result;
}

/* ---- set ----------------------------------------------------------------------------------------------- */

static bool is_secret(const char *key)
{
    return strcasecmp(key, "token") == 0 || strcasecmp(key, "pin") == 0 || strcasecmp(key, "password") == 0;
}

/* From standard input, so that it stands in no list of processes; a terminal does not show it. */
static int read_value(const char *name, char value[VALUE_BYTES])
{
    struct termios terminal, silent;
    bool is_terminal = tcgetattr(STDIN_FILENO, &terminal) == 0;
    char *line;

    if (is_terminal) {
        fprintf(stderr, "%s: ", name);
        silent = terminal;
        silent.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    }
    line = fgets(value, VALUE_BYTES, stdin);
    if (is_terminal) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &terminal);
        fputc('\n', stderr);
    }
    if (!line || (!strchr(value, '\n') && !feof(stdin))) {
        say_error("standard input has no value of one line");
        return CTL_USAGE;
    }
    value[strcspn(value, "\r\n")] = '\0';
    return CTL_OK;
}

static int tell_file_error(const char *path, int error)
{
    if (error == -EACCES || error == -EPERM) {
        say_error("%s may not be changed by you", path);
        say_hint("the same with sudo");
        return CTL_NOT_ALLOWED;
    }
    say_error("%s: %s", path,
              error == -EBADMSG ? "it is not a text"
              : error == -EFBIG ? "it is no file, or one of more than 1 MiB"
                                : strerror(-error));
    return CTL_REFUSED;
}

/* A daemon that does not run reads the file when it starts. */
static int reload(struct ctl *ctl)
{
    enum ctl_exit exit;
    redisReply *reply;
    int result = CTL_OK;

    if (access(ctl->socket_path, F_OK)) {
        fprintf(stderr, "written; the daemon does not run and will read it when it starts\n");
        return CTL_OK;
    }
    reply = talk_ask_words(ctl, "CONFIG RELOAD", &exit);
    if (!reply) {
        return exit;
    }
    if (reply->type == REDIS_REPLY_ERROR) {
        result = (int)talk_tell_error(reply);
        say_hint("the file is written, the running daemon goes on with what it had: blynkctl config check");
    }
    freeReplyObject(reply);
    return result;
}

static int change(struct ctl *ctl, const struct config_key *key, const char *value)
{
    struct config_file file;
    int error = config_file_read(&file, ctl->config_path);
    int status;

    if (!error) {
        error = config_file_change(&file, key, value);
    }
    config_file_free(&file);
    if (error) {
        return tell_file_error(ctl->config_path, error);
    }
    status = config_file_check(ctl->config_path, file.fresh);
    if (status != 0 && status != CHECK_UNFINISHED) {
        config_file_drop(&file);
        say_error("%s is left as it was", ctl->config_path);
        return tell_check(status);
    }
    error = config_file_take(&file);
    return error ? tell_file_error(ctl->config_path, error) : reload(ctl);
}

static int config_set(struct ctl *ctl, int argc, char **argv)
{
    char value[VALUE_BYTES];
    struct config_key key;
    const char *wrong;
    int result = CTL_OK;

    if (argc < 3 || config_key_parse(argv[1], &key)) {
        say_error("usage: blynkctl config set SECTION.KEY VALUE, for example network.apn internet");
        return CTL_USAGE;
    }
    if (is_secret(key.key) && strcmp(argv[2], "-") != 0) {
        say_error("%s is a secret: on the command line every user of this machine could read it", argv[1]);
        say_hint("blynkctl config set %s -      and type it, or give it on standard input", argv[1]);
        return CTL_USAGE;
    }
    if (strcmp(argv[2], "-") == 0) {
        result = read_value(argv[1], value);
    } else if (strlen(argv[2]) < sizeof(value)) {
        snprintf(value, sizeof(value), "%s", argv[2]);
    } else {
        say_error("a value has less than %d bytes", VALUE_BYTES);
        result = CTL_USAGE;
    }
    wrong = result == CTL_OK ? config_value_check(value) : NULL;
    if (wrong) {
        say_error("%s: this value cannot be written: %s", argv[1], wrong);
        result = CTL_USAGE;
    }
    result = result == CTL_OK ? change(ctl, &key, value) : result;
    secret_wipe(value, sizeof(value));
    return result;
}

int run_config(struct ctl *ctl, int argc, char **argv)
{
    const char *what = argv[1];

    if (strcmp(what, "show") == 0 && argc <= 4) {
        return config_show(ctl, argc - 1, argv + 1);
    }
    if (strcmp(what, "check") == 0 && argc <= 3) {
        return config_check(ctl, argc - 1, argv + 1);
    }
    if (strcmp(what, "set") == 0 && argc == 4) {
        return config_set(ctl, argc - 1, argv + 1);
    }
    return ctl_command_usage(ctl_command_find(argv[0]));
}
