/* blynkctl status: the state of everything on one screen, once or for as long as it is watched. */
#include "answer.h"
#include "commands.h"
#include "say.h"
#include "status_text.h"
#include "talk.h"
#include "vigil.h"
#include "words.h"

#include "blynkd/base/scan.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INTERVAL_MS     5000
#define INTERVAL_MIN_MS 100
#define INTERVAL_MAX_MS UINT32_C(86400000)

enum question { ASK_LINK, ASK_HISTORY, ASK_MODEM, ASK_BUDGET, ASK_INFO, ASK_COUNT };

struct answers {
    redisReply *of[ASK_COUNT];
};

static void forget(struct answers *answers)
{
    for (int i = 0; i < ASK_COUNT; i++) {
        freeReplyObject(answers->of[i]);
        answers->of[i] = NULL;
    }
}

/* Without the link there is no status; what an older daemon does not know is left out. */
static enum ctl_exit ask(struct ctl *ctl, struct answers *answers)
{
    static const char *const words[ASK_COUNT] = {"LINK", "LINK HISTORY", "MODEM", "BLYNK.BUDGET",
                                                 "INFO server"};
    enum ctl_exit exit;

    memset(answers, 0, sizeof(*answers));
    answers->of[ASK_LINK] = talk_need(ctl, words[ASK_LINK], &exit);
    for (int i = ASK_LINK + 1; i < ASK_COUNT && exit == CTL_OK; i++) {
        answers->of[i] = talk_ask_words(ctl, words[i], &exit);
    }
    if (exit != CTL_OK) {
        forget(answers);
    }
    return exit;
}

/* ---- as JSON -------------------------------------------------------------------------------------------- */

static bool is_good(const redisReply *reply)
{
    return reply && reply->type != REDIS_REPLY_ERROR;
}

static json_t *map_of(const redisReply *reply)
{
    return is_good(reply) && reply->type == REDIS_REPLY_ARRAY ? answer_json(reply, true) : json_object();
}

static json_t *to_json(const struct answers *answers, const struct facts *facts)
{
    const redisReply *history = answers->of[ASK_HISTORY];

    return json_pack("{s:o, s:o, s:o, s:o, s:s, s:s}", "link", map_of(answers->of[ASK_LINK]), "modem",
                     map_of(answers->of[ASK_MODEM]), "budget", map_of(answers->of[ASK_BUDGET]), "history",
                     is_good(history) ? answer_json(history, false) : json_array(), "version", facts->version,
                     "config_note", facts->config_note);
}

/* ---- the screen ----------------------------------------------------------------------------------------- */

static struct facts *read_facts(const struct answers *answers)
{
    struct facts *facts = calloc(1, sizeof(*facts));

    if (facts) {
        facts->utf8 = words_utf8_is_welcome();
        facts_read_link(facts, answers->of[ASK_LINK]);
        facts_read_changes(facts, answers->of[ASK_HISTORY]);
        facts_read_modem(facts, answers->of[ASK_MODEM]);
        facts_read_budget(facts, answers->of[ASK_BUDGET]);
        facts_read_info(facts, answers->of[ASK_INFO]);
    }
    return facts;
}

static void print_page(FILE *out, const struct ctl *ctl, const struct facts *facts)
{
    struct status_page page = {.now_ms = vigil_wall_ms(), .color = ctl->color};
    int rows, columns;

    vigil_screen_size(&rows, &columns);
    page.columns = (size_t)columns;
    status_text_print(out, facts, &page);
}

static enum ctl_exit show(FILE *out, struct ctl *ctl, bool is_watch)
{
    struct answers answers;
    enum ctl_exit exit = ask(ctl, &answers);
    struct facts *facts = exit == CTL_OK ? read_facts(&answers) : NULL;

    if (exit == CTL_OK && !facts) {
        exit = CTL_OUT_OF_MEMORY;
    } else if (facts && ctl->json && is_watch) {
        json_t *document = to_json(&answers, facts);
        json_dumpf(document, out, JSON_COMPACT);
        json_decref(document);
        fputc('\n', out);
    } else if (facts && ctl->json) {
        exit = (enum ctl_exit)answer_print_json(to_json(&answers, facts));
    } else if (facts) {
        print_page(out, ctl, facts);
    }
    free(facts);
    forget(&answers);
    return exit;
}

/* ---- as it changes -------------------------------------------------------------------------------------- */

/* From the top left; what is left of the page before goes with each line and below the last. */
static void put_on_screen(const char *page)
{
    int rows, columns;

    vigil_screen_size(&rows, &columns);
    fputs("\033[H", stdout);
    for (int row = 1; *page && (rows == 0 || row < rows); row++) {
        size_t len = strcspn(page, "\n");
        printf("%.*s\033[K\r\n", (int)len, page);
        page += len + (page[len] == '\n');
    }
    fputs("\033[J", stdout);
}

/* Into a file or a pipe: page after page, an empty line between them. */
static enum ctl_exit look(struct ctl *ctl, bool is_screen)
{
    char trouble[VIGIL_TROUBLE_MAX] = "";
    char *page = NULL;
    size_t len = 0;
    FILE *paper = open_memstream(&page, &len);
    enum ctl_exit exit;

    if (!paper) {
        return CTL_OUT_OF_MEMORY;
    }
    say_keep_error(trouble, sizeof(trouble));
    exit = show(paper, ctl, true);
    say_keep_error(NULL, 0);
    if (exit != CTL_OK) {
        fprintf(paper, ctl->json ? "{\"error\": \"no daemon\"}\n" : "%s\nTrying again; Ctrl-C ends this.\n",
                trouble);
    }
    if (fclose(paper) == 0 && is_screen) {
        put_on_screen(page);
    } else {
        fputs(page, stdout);
        fputs(ctl->json ? "" : "\n", stdout);
    }
    fflush(stdout);
    free(page);
    return CTL_OK;
}

static int watch(struct ctl *ctl, uint32_t interval_ms)
{
    bool is_screen = isatty(STDOUT_FILENO) && !ctl->json;
    enum ctl_exit exit = CTL_OK;
    struct vigil vigil;

    vigil_begin(&vigil, ctl, "PSUBSCRIBE link");
    fputs(is_screen ? "\033[2J" : "", stdout);
    do {
        vigil_listen(&vigil);
        exit = look(ctl, is_screen);
    } while (exit == CTL_OK && !ferror(stdout) && vigil_wait(&vigil, interval_ms) != VIGIL_ENDED);
    vigil_end(&vigil);
    fputs(is_screen ? "\n" : "", stdout); /* what the person types next stands below, not behind a "^C" */
    return exit;
}

static int read_interval(const char *text, uint32_t *interval_ms)
{
    uint64_t ms;

    if (scan_duration_ms(text, INTERVAL_MAX_MS, &ms) || ms < INTERVAL_MIN_MS) {
        say_error("--interval %s: not a time such as 500ms, 5s or 1m", text);
        return CTL_USAGE;
    }
    *interval_ms = (uint32_t)ms;
    return CTL_OK;
}

int run_status(struct ctl *ctl, int argc, char **argv)
{
    static const struct option options[] = {
        {"watch", no_argument, NULL, 'w'},
        {"interval", required_argument, NULL, 'i'},
        {NULL, 0, NULL, 0},
    };
    uint32_t interval_ms = INTERVAL_MS;
    bool is_watch = false;
    int option;

    while ((option = getopt_long(argc, argv, "wi:", options, NULL)) != -1) {
        if (option == 'w') {
            is_watch = true;
        } else if (option != 'i' || read_interval(optarg, &interval_ms)) {
            return ctl_command_usage(ctl_command_find("status"));
        }
    }
    if (optind < argc) {
        return ctl_command_usage(ctl_command_find("status"));
    }
    return is_watch ? watch(ctl, interval_ms) : (int)show(stdout, ctl, false);
}
