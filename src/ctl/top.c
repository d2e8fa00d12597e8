/* blynkctl top: everything that moves, on a full screen, for as long as one looks. */
#include "answer.h"
#include "commands.h"
#include "say.h"
#include "talk.h"
#include "top_ask.h"
#include "top_paint.h"
#include "top_screen.h"
#include "vigil.h"
#include "words.h"

#include "blynkd/base/scan.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INTERVAL_MS     2000
#define INTERVAL_MIN_MS 100
#define INTERVAL_MAX_MS UINT32_C(3600000)
#define ANSWER_MAX_MS   3000 /* a screen that hangs for longer looks broken */
#define NEXT_LOOK_MS    200  /* messages that come in a row are one look */

static const int64_t windows_ms[] = {600000, 3600000, 21600000, 86400000};

struct session {
    struct ctl *ctl;
    struct vigil vigil;
    struct top top;
    struct top_view view;
    uint32_t interval_ms;
    int64_t due_ms; /* the next look */
};

static void on_message(void *arg, const char *channel, const char *bytes, size_t len)
{
    struct session *session = arg;
    int64_t now_ms = vigil_now_ms();

    top_read_message(&session->top, channel, bytes, len, now_ms);
    if (session->due_ms > now_ms + NEXT_LOOK_MS) {
        session->due_ms = now_ms + NEXT_LOOK_MS;
    }
}

static void look(struct session *session)
{
    char trouble[VIGIL_TROUBLE_MAX] = "";
    struct top_answers answers;

    session->view.now_ms = vigil_now_ms();
    session->view.wall_ms = vigil_wall_ms();
    session->due_ms = session->view.now_ms + session->interval_ms;
    vigil_listen(&session->vigil);
    say_keep_error(trouble, sizeof(trouble));
    if (top_ask(session->ctl, &answers) == CTL_OK) {
        top_read(&session->top, &answers, session->view.now_ms, session->view.wall_ms);
        top_forget(&answers);
    } else {
        top_read_nothing(&session->top, trouble, session->view.wall_ms);
    }
    say_keep_error(NULL, 0);
}

/* ---- keys ----------------------------------------------------------------------------------------------- */

static void scroll_pins(struct session *session, long by)
{
    long first = (long)session->view.first_pin + by, last = (long)session->top.pin_count - 1;

    first = first > last ? last : first;
    session->view.first_pin = first > 0 ? (size_t)first : 0;
}

static void next_window(struct top_view *view)
{
    size_t count = sizeof(windows_ms) / sizeof(windows_ms[0]);
    size_t i = 0;

    while (i < count && windows_ms[i] <= view->window_ms) {
        i++;
    }
    view->window_ms = windows_ms[i % count];
}

/* False: it is the one that ends top. */
static bool take_key(struct session *session, int key)
{
    struct top_view *view = &session->view;

    if (view->is_help && key != 'q') {
        view->is_help = false;
        return true;
    }
    switch (key) {
    case 'q':
    case 'Q':
        return false;
    case '?':
    case 'h':
        view->is_help = true;
        break;
    case 't':
        next_window(view);
        break;
    case 's':
        view->by_name = !view->by_name;
        break;
    case 'p':
        view->is_paused = !view->is_paused;
        break;
    case ' ':
        session->due_ms = 0;
        break;
    case TOP_KEY_UP:
    case 'k':
        scroll_pins(session, -1);
        break;
    case TOP_KEY_DOWN:
    case 'j':
        scroll_pins(session, 1);
        break;
    case TOP_KEY_PAGE_UP:
        scroll_pins(session, -10);
        break;
    case TOP_KEY_PAGE_DOWN:
        scroll_pins(session, 10);
        break;
    case TOP_KEY_HOME:
        view->first_pin = 0;
        break;
    default:
        break;
    }
    return true;
}

static bool take_keys(struct session *session)
{
    int key = top_screen_key();

    if (!key) {
        return false; /* readable, and nothing to read: the terminal has gone */
    }
    for (; key; key = top_screen_key()) {
        if (!take_key(session, key)) {
            return false;
        }
    }
    return true;
}

/* ---- life ----------------------------------------------------------------------------------------------- */

static bool take_event(struct session *session, enum vigil_event event)
{
    int rows, columns;

    switch (event) {
    case VIGIL_ENDED:
        return false;
    case VIGIL_KEY:
        return take_keys(session);
    case VIGIL_RESIZED:
        vigil_screen_size(&rows, &columns);
        top_screen_resize(rows, columns);
        break;
    case VIGIL_TIME:
    case VIGIL_MESSAGE:
        break;
    }
    return true;
}

static void stay(struct session *session)
{
    bool goes_on = true;

    while (goes_on) {
        int64_t left_ms;
        if (!session->view.is_paused && session->due_ms <= vigil_now_ms()) {
            look(session);
        }
        top_paint(&session->top, &session->view);
        left_ms = session->view.is_paused ? INTERVAL_MAX_MS : session->due_ms - vigil_now_ms();
        goes_on = take_event(session, vigil_wait(&session->vigil, left_ms > 0 ? (uint32_t)left_ms : 0));
    }
}

static int run_screen(struct ctl *ctl, uint32_t interval_ms)
{
    struct session *session;

    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
        say_error("top needs a terminal");
        say_hint("blynkctl status, blynkctl status --watch, or blynkctl --json top");
        return CTL_USAGE;
    }
    session = calloc(1, sizeof(*session));
    if (!session) {
        say_error("out of memory");
        return CTL_OUT_OF_MEMORY;
    }
    if (!top_screen_open(ctl->color)) {
        const char *term = getenv("TERM");
        say_error("this terminal (TERM=%s) cannot place the cursor", term ? term : "");
        say_hint("blynkctl status --watch");
        free(session);
        return CTL_USAGE;
    }
    ctl->timeout_ms = ctl->timeout_ms < ANSWER_MAX_MS ? ctl->timeout_ms : ANSWER_MAX_MS;
    session->ctl = ctl;
    session->interval_ms = interval_ms;
    session->top.own_pid = getpid();
    session->view.window_ms = windows_ms[1];
    session->top.facts.utf8 = words_utf8_is_welcome();
    vigil_begin(&session->vigil, ctl, "PSUBSCRIBE link [VDA]*");
    session->vigil.wants_keys = true;
    session->vigil.on_message = on_message;
    session->vigil.arg = session;
    stay(session);
    vigil_end(&session->vigil);
    top_screen_close();
    free(session);
    return CTL_OK;
}

static int print_once(struct ctl *ctl)
{
    struct top_answers answers;
    enum ctl_exit exit = top_ask(ctl, &answers);

    if (exit == CTL_OK) {
        exit = (enum ctl_exit)answer_print_json(top_json(&answers));
        top_forget(&answers);
    }
    return exit;
}

int run_top(struct ctl *ctl, int argc, char **argv)
{
    static const struct option options[] = {
        {"interval", required_argument, NULL, 'i'},
        {NULL, 0, NULL, 0},
    };
    uint64_t interval_ms = INTERVAL_MS;
    int option;

    while ((option = getopt_long(argc, argv, "i:", options, NULL)) != -1) {
        if (option != 'i') {
            return ctl_command_usage(ctl_command_find("top"));
        }
        if (scan_duration_ms(optarg, INTERVAL_MAX_MS, &interval_ms) || interval_ms < INTERVAL_MIN_MS) {
            say_error("--interval %s: not a time such as 500ms, 2s or 1m", optarg);
            return CTL_USAGE;
        }
    }
    if (optind < argc) {
        return ctl_command_usage(ctl_command_find("top"));
    }
    return ctl->json ? print_once(ctl) : run_screen(ctl, (uint32_t)interval_ms);
}
