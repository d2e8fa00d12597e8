#include "net_time.h"

#include "blynkd/base/log.h"
#include "blynkd/base/pattern.h"
#include "blynkd/base/wall.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define FRESH_MS  (UINT64_C(24) * 3600 * 1000) /* so long it is not asked again */
#define HALF_S_MS 500                          /* full seconds: half a one is missing */

/* A network tells the time some moments after it has let the module in, and servers take a while. */
static const uint32_t pauses_ms[] = {5000, 30000, 120000};
#define QUESTIONS (1 + sizeof(pauses_ms) / sizeof(pauses_ms[0]))

/* ---- what every module of the sheets understands ---- */

static const char *const ctzu_lines[] = {"+CTZU: *", NULL};
static const struct at_expect expect_ctzu = {.end = AT_END_OK, .deadline_ms = 2000, .lines = ctzu_lines};

/* Some store it in their flash by themselves: written only where it is off. */
const struct at_step net_time_steps_ctzu[] = {
    {.send = "AT+CTZU?",
     .expect = &expect_ctzu,
     .store = "takes_time",
     .on_fail = AT_FAIL_GO_ON,
     .what = "asking whether it takes the network's time"},
    {.send = "AT+CTZU=1",
     .unless = "takes_time",
     .on_fail = AT_FAIL_GO_ON,
     .what = "having it take the network's time"},
    {0},
};

static const char *const cclk_lines[] = {"+CCLK: *", NULL};
const struct at_expect net_time_expect_cclk = {.end = AT_END_OK, .deadline_ms = 2000, .lines = cclk_lines};
const struct net_time_form net_time_forms_cclk[] = {{"+CCLK: %q", NET_TIME_LOCAL, 15}, {0}};
static const struct net_time_form ctzv[] = {{"+CTZV: *", NET_TIME_NEWS, 0}, {0}};

const struct net_time_source net_time_3gpp = {
    .setup = net_time_steps_ctzu,
    .ask = {"AT+CCLK?", &net_time_expect_cclk},
    .answers = net_time_forms_cclk,
    .lines = ctzv,
};

/* ---- what was told ---- */

static void on_tell(void *arg)
{
    struct net_time *net_time = arg;
    struct net_time_moment moment = net_time->moment;

    net_time->is_heard = false;
    net_time->user.on_time(net_time->user.arg, &moment);
}

static void say(const struct net_time_moment *moment)
{
    time_t seconds = (time_t)(moment->earliest_ms / 1000);
    struct tm tm;
    char text[32];

    gmtime_r(&seconds, &tm);
    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
    log_info("modem", "the network's time is %s UTC%s", text,
             moment->slack_ms ? " or some hours later: this firmware does not tell its zone clearly" : "");
}

static void hear(struct net_time *net_time, const struct net_time_moment *moment)
{
    if (!wall_is_sane(moment->earliest_ms)) {
        log_debug("modem", "the modem does not know the time yet");
        return;
    }
    if (net_time->is_heard && net_time->moment.slack_ms < moment->slack_ms) {
        return;
    }
    say(moment);
    net_time->asked = QUESTIONS;
    net_time->is_heard = true;
    net_time->moment = *moment;
    net_time->moment.earliest_ms += HALF_S_MS;
    if (moment->slack_ms == 0) {
        net_time->is_known = true;
        net_time->learned_ms = sched_now_ms(net_time->sched);
        timer_stop(&net_time->again);
    }
    task_post(net_time->sched, &net_time->tell);
}

/* ---- asking ---- */

static bool is_fresh(const struct net_time *net_time)
{
    return net_time->is_known && sched_now_ms(net_time->sched) - net_time->learned_ms < FRESH_MS;
}

static void ask(struct net_time *net_time, enum at_priority priority)
{
    if (net_time->is_asking || net_time->is_mute || !net_time->source || !net_time->source->ask.send) {
        return;
    }
    snprintf(net_time->request.text, sizeof(net_time->request.text), "%s", net_time->source->ask.send);
    net_time->request.expect = net_time->source->ask.expect;
    net_time->request.priority = priority;
    net_time->is_asking = at_channel_send(net_time->channel, &net_time->request) == 0;
}

static void on_again(void *arg)
{
    ask(arg, AT_PRIORITY_LOW);
}

static void on_line(void *arg, const char *line, size_t len)
{
    struct net_time *net_time = arg;
    struct net_time_moment moment;

    for (const struct net_time_form *form = net_time->source->answers; form->pattern; form++) {
        if (net_time_parse(form, line, len, &moment)) {
            hear(net_time, &moment);
            return;
        }
    }
}

static void on_done(void *arg, const struct at_reply *reply)
{
    struct net_time *net_time = arg;

    net_time->is_asking = false;
    net_time->is_mute = reply->result == AT_RESULT_TIMEOUT;
    net_time->asked++;
    if (reply->result == AT_RESULT_OK && !is_fresh(net_time) && net_time->asked < QUESTIONS) {
        timer_start(net_time->sched, &net_time->again, pauses_ms[net_time->asked - 1]);
    }
}

/* ---- its face ---- */

void net_time_init(struct net_time *net_time, struct sched *sched, struct at_channel *channel,
                   const struct net_time_user *user)
{
    *net_time = (struct net_time){.sched = sched, .channel = channel, .user = *user};
    net_time->request.on_line = on_line;
    net_time->request.on_done = on_done;
    net_time->request.arg = net_time;
    timer_init(&net_time->again, on_again, net_time);
    task_init(&net_time->tell, on_tell, net_time);
}

void net_time_use(struct net_time *net_time, const struct net_time_source *source)
{
    net_time_stop(net_time);
    net_time->source = source;
    net_time->is_mute = false;
}

void net_time_begin(struct net_time *net_time)
{
    net_time->asked = 0;
    if (!is_fresh(net_time)) {
        ask(net_time, AT_PRIORITY_HIGH);
    }
}

void net_time_stop(struct net_time *net_time)
{
    timer_stop(&net_time->again);
    at_request_forget(net_time->channel, &net_time->request);
    net_time->is_asking = false;
}

void net_time_destroy(struct net_time *net_time)
{
    net_time_stop(net_time);
    task_cancel(&net_time->tell);
}

static void on_news(struct net_time *net_time)
{
    if (!is_fresh(net_time)) {
        ask(net_time, AT_PRIORITY_LOW);
    }
}

void net_time_on_line(struct net_time *net_time, const char *line, size_t len)
{
    const struct net_time_form *form = net_time->source ? net_time->source->lines : NULL;
    struct net_time_moment moment;

    for (; form && form->pattern; form++) {
        if (net_time_parse(form, line, len, &moment)) {
            hear(net_time, &moment);
            return;
        }
        if (form->reckoning == NET_TIME_NEWS && pattern_matches(form->pattern, line, len, NULL)) {
            on_news(net_time);
            return;
        }
    }
}
