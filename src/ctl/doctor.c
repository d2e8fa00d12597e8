/* blynkctl doctor: the whole chain from the port to the budget, each step with what it found and what to do. */
#include "answer.h"
#include "commands.h"
#include "doctor_host.h"
#include "doctor_program.h"
#include "doctor_show.h"
#include "doctor_steps.h"
#include "say.h"
#include "talk.h"

#include "blynkd/base/scan.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PROGRESS_MAX 70 /* fits a line of any terminal */
#define LOOK_MS      250
#define LONGEST_MS   180000
#define SHORTEST_MS  1000
#define WAIT_MAX_MS  3600000
#define ANSWER_MS    5000 /* of a daemon that does little else */
#define TRY_MS       7000 /* for one line speed */

struct doctor {
    struct ctl *ctl;
    struct ctl *asked; /* the daemon's or the probe's connection */
    struct probe probe;
    struct doctor_facts facts;
    struct doctor_result results[DOCTOR_STEPS_MAX];
    size_t shown;
    bool has_progress; /* a line that is to be overwritten */
    char progress[PROGRESS_MAX];
    bool host_known;
    uint64_t ends_ms;
    uint64_t since_ms; /* as long as `state` is what it is */
    char state[40];
};

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* ---- showing ---- */

static void clear_progress(struct doctor *doctor)
{
    if (doctor->has_progress) {
        fputs("\r\033[K", stderr);
        doctor->has_progress = false;
    }
}

/* One line for a person who waits; who reads the output by a program has no use for it. */
static void show_progress(struct doctor *doctor, const char *words)
{
    bool is_shown =
        doctor->has_progress && strncmp(words, doctor->progress, sizeof(doctor->progress) - 1) == 0;

    if (is_shown || !isatty(STDERR_FILENO)) {
        return;
    }
    clear_progress(doctor);
    snprintf(doctor->progress, sizeof(doctor->progress), "%s", words);
    fputs("  ... ", stderr);
    say_text(stderr, doctor->progress, strlen(doctor->progress));
    fflush(stderr);
    doctor->has_progress = true;
}

/* Judges what is not shown yet; shows what is decided, in order. */
static void show_decided(struct doctor *doctor)
{
    while (doctor->shown < doctor_step_count) {
        struct doctor_result *result = &doctor->results[doctor->shown];
        *result = (struct doctor_result){.verdict = VERDICT_PENDING};
        doctor_steps[doctor->shown].judge(&doctor->facts, result);
        if (result->verdict == VERDICT_PENDING && !doctor->facts.is_over) {
            return;
        }
        if (!doctor->ctl->json) {
            clear_progress(doctor);
            doctor_print(&doctor_steps[doctor->shown], result, doctor->ctl->color);
        }
        doctor->shown++;
    }
}

static int conclude(struct doctor *doctor)
{
    int wrong = 0;
    const char *first = "";

    doctor_conclude(&doctor->facts);
    show_decided(doctor);
    clear_progress(doctor);
    for (size_t i = doctor_step_count; i-- > 0;) {
        if (doctor->results[i].verdict == VERDICT_WRONG) {
            wrong++;
            first = doctor_steps[i].name;
        }
    }
    if (doctor->ctl->json) {
        int error = answer_print_json(doctor_json(doctor->results));
        return error ? error : wrong ? CTL_REFUSED : CTL_OK;
    }
    if (wrong) {
        printf("\n%d wrong; begin with: %s\n", wrong, first);
    } else {
        puts("\nnothing is wrong");
    }
    return wrong ? CTL_REFUSED : CTL_OK;
}

/* ---- asking ---- */

static bool ask(struct doctor *doctor, const char *words,
                void (*take)(struct doctor_facts *, const redisReply *))
{
    enum ctl_exit exit;
    redisReply *reply = talk_need(doctor->asked, words, &exit);

    if (!reply) {
        return false;
    }
    take(&doctor->facts, reply);
    freeReplyObject(reply);
    return true;
}

static void look_at_host(struct doctor *doctor)
{
    struct doctor_facts *facts = &doctor->facts;

    ask(doctor, "INFO server", doctor_take_info);
    host_look("", facts->daemon_pid, &facts->host);
    doctor->host_known = true;
}

static bool look(struct doctor *doctor)
{
    struct doctor_facts *facts = &doctor->facts;
    char state[sizeof(doctor->state)];

    if (!ask(doctor, "MODEM", doctor_take_modem) || !ask(doctor, "LINK", doctor_take_link)) {
        return false;
    }
    if (!doctor->host_known) {
        look_at_host(doctor);
    }
    snprintf(state, sizeof(state), "%s %s", facts->link.state, facts->modem.state);
    if (strcmp(state, doctor->state) != 0) {
        memcpy(doctor->state, state, sizeof(state));
        doctor->since_ms = now_ms();
    }
    return true;
}

/* Until there is no more to learn, or the time is over. False: nobody answers any more. */
static bool watch_chain(struct doctor *doctor, uint64_t until_ms, enum doctor_stage enough)
{
    struct doctor_facts *facts = &doctor->facts;

    for (;;) {
        if (!look(doctor)) {
            return false;
        }
        show_decided(doctor);
        show_progress(doctor, facts->reached <= STAGE_BEARER && facts->modem.why[0] ? facts->modem.why
                                                                                    : facts->link.why);
        if ((facts->reached >= enough && enough < STAGE_DONE) ||
            doctor_settled(facts, now_ms() - doctor->since_ms) || now_ms() >= until_ms) {
            return true;
        }
        poll(NULL, 0, LOOK_MS);
    }
}

/* ---- the modem is mute: other line speeds ---- */

static bool is_mute(const struct doctor_facts *facts)
{
    enum doctor_stage failed = doctor_failed(facts);

    return facts->reached <= STAGE_ANSWER && facts->host.device[0] &&
           (failed == STAGE_ANSWER || (failed == STAGE_NONE && facts->reached == STAGE_ANSWER));
}

static void restart_probe(struct doctor *doctor, uint32_t baud)
{
    probe_end(&doctor->probe, NULL, 0);
    doctor->state[0] = '\0';
    probe_begin(doctor->ctl, baud, &doctor->probe, doctor->facts.source_why,
                sizeof(doctor->facts.source_why));
    doctor->asked = &doctor->probe.ctl;
}

static void try_speeds(struct doctor *doctor)
{
    static const uint32_t speeds[] = {115200, 9600, 57600, 38400, 19200, 230400, 460800, 921600};
    struct doctor_facts *facts = &doctor->facts;
    struct link_facts link = facts->link;
    struct modem_facts modem = facts->modem;

    facts->baud_configured = facts->modem.baud;
    for (size_t i = 0; i < sizeof(speeds) / sizeof(speeds[0]) && now_ms() < doctor->ends_ms; i++) {
        char words[40];
        if (speeds[i] == facts->baud_configured) {
            continue;
        }
        snprintf(words, sizeof(words), "trying %u baud", (unsigned)speeds[i]);
        show_progress(doctor, words);
        restart_probe(doctor, speeds[i]);
        if (watch_chain(doctor, now_ms() + TRY_MS, STAGE_IDENTITY) && facts->reached >= STAGE_IDENTITY) {
            watch_chain(doctor, doctor->ends_ms, STAGE_DONE);
            return;
        }
    }
    facts->baud_tried = true;
    facts->link = link;
    facts->modem = modem;
    facts->reached = doctor_reached(facts);
}

/* ---- whom to ask ---- */

static void tell_nobody(struct doctor *doctor, const char *advice, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void tell_nobody(struct doctor *doctor, const char *advice, const char *format, ...)
{
    struct doctor_facts *facts = &doctor->facts;
    va_list arguments;

    facts->source = SOURCE_NOBODY;
    snprintf(facts->source_advice, sizeof(facts->source_advice), "%s", advice);
    va_start(arguments, format);
    vsnprintf(facts->source_why, sizeof(facts->source_why), format, arguments);
    va_end(arguments);
}

static void ask_daemon(struct doctor *doctor)
{
    doctor->facts.source = SOURCE_DAEMON;
    if (!watch_chain(doctor, doctor->ends_ms, STAGE_DONE)) {
        tell_nobody(doctor, "journalctl -u blynkd says why", "blynkd has ended, or does not answer any more");
    } else if (doctor->facts.reached == STAGE_DONE || doctor->host_known) {
        ask(doctor, "BLYNK.BUDGET", doctor_take_budget);
    }
}

static void ask_probe(struct doctor *doctor)
{
    struct doctor_facts *facts = &doctor->facts;
    char why[FACT_MAX] = "";

    facts->source = SOURCE_PROBE;
    probe_begin(doctor->ctl, 0, &doctor->probe, why, sizeof(why));
    doctor->asked = &doctor->probe.ctl;
    if (!doctor->probe.pid || !watch_chain(doctor, doctor->ends_ms, STAGE_DONE)) {
        probe_end(&doctor->probe, doctor->probe.pid ? why : NULL, sizeof(why));
        tell_nobody(doctor, "", "blynkd does not run, and cannot be started for a look%s%s",
                    why[0] ? ": " : "", why);
    } else if (is_mute(facts)) {
        try_speeds(doctor);
    }
    probe_end(&doctor->probe, NULL, 0);
}

static void examine(struct doctor *doctor)
{
    long pid;

    switch (talk_open(doctor->ctl)) {
    case CTL_OK:
        doctor->asked = doctor->ctl;
        ask_daemon(doctor);
        return;
    case CTL_NOT_ALLOWED:
        tell_nobody(doctor, "sudo adduser $USER blynkd, then log in again; or sudo blynkctl doctor",
                    "you may not open the daemon's socket %s", doctor->ctl->socket_path);
        return;
    case CTL_TIMED_OUT:
        tell_nobody(doctor, "systemctl restart blynkd", "the daemon at %s does not answer",
                    doctor->ctl->socket_path);
        return;
    default:
        break;
    }
    pid = host_find_daemon("", doctor->ctl->config_path);
    if (pid) {
        tell_nobody(doctor, "blynkctl --socket PATH, as [socket] path says; or systemctl restart blynkd",
                    "blynkd runs (process %ld) but does not listen at %s", pid, doctor->ctl->socket_path);
    } else if (doctor->facts.config == CONFIG_WRONG || doctor->facts.config == CONFIG_UNREADABLE) {
        tell_nobody(doctor, "mend the configuration first",
                    "blynkd does not run, and cannot with this configuration");
    } else {
        ask_probe(doctor);
    }
}

static void check_config(struct doctor *doctor)
{
    struct doctor_facts *facts = &doctor->facts;
    const char *path = doctor->ctl->config_path;

    snprintf(facts->config_path, sizeof(facts->config_path), "%s", path);
    if (access(path, R_OK) != 0) {
        int error = errno;
        facts->config = talk_open(doctor->ctl) == CTL_OK ? CONFIG_NOT_CHECKED : CONFIG_UNREADABLE;
        snprintf(facts->config_why, sizeof(facts->config_why), "%.200s: %s", path, strerror(error));
        return;
    }
    int code = program_check_config(doctor->ctl, facts->config_why, sizeof(facts->config_why));
    facts->config = code == 0 ? CONFIG_GOOD : code < 0 ? CONFIG_NOT_CHECKED : CONFIG_WRONG;
}

static int read_options(int argc, char **argv, uint64_t *longest_ms)
{
    static const struct option options[] = {{"wait", required_argument, NULL, 'w'}, {NULL, 0, NULL, 0}};
    int option;

    while ((option = getopt_long(argc, argv, "w:", options, NULL)) != -1) {
        if (option != 'w' || scan_duration_ms(optarg, WAIT_MAX_MS, longest_ms) != 0 ||
            *longest_ms < SHORTEST_MS) {
            return ctl_command_usage(ctl_command_find("doctor"));
        }
    }
    return optind < argc ? ctl_command_usage(ctl_command_find("doctor")) : CTL_OK;
}

int run_doctor(struct ctl *ctl, int argc, char **argv)
{
    struct doctor doctor = {.ctl = ctl, .probe.words_fd = -1};
    uint64_t longest_ms = LONGEST_MS;
    int error = read_options(argc, argv, &longest_ms);

    if (error) {
        return error;
    }
    ctl->timeout_ms = ctl->timeout_ms < ANSWER_MS ? ctl->timeout_ms : ANSWER_MS;
    doctor.facts.failed = STAGE_NONE;
    doctor.ends_ms = now_ms() + longest_ms;
    say_keep_error(NULL, 1);
    check_config(&doctor);
    show_progress(&doctor, "asking the daemon");
    examine(&doctor);
    say_keep_error(NULL, 0);
    if (!doctor.host_known) {
        host_look("", 0, &doctor.facts.host);
    }
    return conclude(&doctor);
}
