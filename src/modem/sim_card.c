#include "sim_card_private.h"

#include "blynkd/base/log.h"
#include "blynkd/base/pattern.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NO_CARD "there is no SIM card in the modem: put one in, the right way round"

#define WAIT_MS           20000 /* a card may be busy, or not seen, for so long (facts/modems-simcom.md 3) */
#define ERRORS_BEFORE_ASK 10    /* plain errors until the card's number is asked for instead of its state */

static const char *const state_lines[] = {"+CPIN: *", NULL};
static const struct at_expect state_expect = {.end = AT_END_OK, .deadline_ms = 5000, .lines = state_lines};
static const struct at_expect number_expect = {.end = AT_END_OK, .deadline_ms = 5000, .any_line = true};

void sim_card_fail(struct sim_card *card, enum uplink_hope hope, const char *why)
{
    sim_card_stop(card);
    card->user.on_failed(card->user.arg, hope, why);
}

void sim_card_ask(struct sim_card *card, enum sim_step step, const char *text, const struct at_expect *expect)
{
    struct at_request *request = &card->request;

    card->step = step;
    if (request->text != text) {
        snprintf(request->text, sizeof(request->text), "%s", text);
    }
    request->expect = expect;
    if (at_channel_send(card->channel, request) < 0) {
        sim_card_fail(card, UPLINK_RETRY, "the SIM card could not be asked");
    }
}

static void ask_state(struct sim_card *card)
{
    card->state[0] = '\0';
    sim_card_ask(card, SIM_STATE, "AT+CPIN?", &state_expect);
}

static void finish(struct sim_card *card)
{
    if (card->pin_pending) { /* also if a restart of the modem hid the answer */
        card->pin_pending = false;
        pin_guard_end(&card->guard, card->state_dir, card->identity->iccid, card->pin, true);
    }
    sim_card_stop(card);
    card->user.on_ready(card->user.arg);
}

static void ask_number(struct sim_card *card, enum sim_step step)
{
    sim_card_ask(card, step, card->profile->iccid_send, &number_expect);
}

static void on_ready_state(struct sim_card *card)
{
    if (card->identity->iccid[0] == '\0' && card->profile->iccid_send) {
        ask_number(card, SIM_NUMBER);
    } else {
        finish(card);
    }
}

/* Not ready yet: again in a second, until the time is up. */
static void wait_for_card(struct sim_card *card, enum uplink_hope hope, const char *why)
{
    if (sched_now_ms(card->sched) >= card->give_up_ms) {
        sim_card_fail(card, hope, why);
        return;
    }
    card->user.on_say(card->user.arg, why);
    card->step = SIM_STATE;
    timer_start(card->sched, &card->pause, SIM_CARD_PAUSE_MS);
}

static bool state_starts(const struct sim_card *card, const char *word)
{
    return strncmp(card->state, word, strlen(word)) == 0;
}

static void on_state(struct sim_card *card)
{
    char why[200];

    card->errors = 0;
    if (state_starts(card, "READY")) {
        on_ready_state(card);
    } else if (strcmp(card->state, "SIM PIN") == 0) {
        if (card->identity->iccid[0] == '\0' && card->profile->iccid_send && !card->pin_sent &&
            card->pin[0]) {
            ask_number(card, SIM_NUMBER);
        } else {
            sim_card_enter_pin(card);
        }
    } else if (state_starts(card, "SIM PUK")) {
        sim_card_fail(
            card, UPLINK_HOPELESS,
            "the SIM card is locked and wants its PUK: put the SIM in a phone, enter the PUK and a new PIN "
            "there");
    } else if (state_starts(card, "NOT INSERTED") || state_starts(card, "SIM REMOVED")) {
        wait_for_card(card, UPLINK_HOPELESS, NO_CARD);
    } else if (state_starts(card, "PH") || state_starts(card, "SIM PIN2")) {
        snprintf(why, sizeof(why), "the modem or the SIM card is locked (%s); blynkd cannot open this lock",
                 card->state);
        sim_card_fail(card, UPLINK_HOPELESS, why);
    } else {
        wait_for_card(card, UPLINK_RETRY, "waiting for the SIM card");
    }
}

/* What the module says instead of a state; else only "not yet". */
static const struct {
    int code;
    enum uplink_hope hope;
    const char *why;
} state_errors[] = {
    {10, UPLINK_HOPELESS, NO_CARD},
    {13, UPLINK_RETRY, "the SIM card fails: take it out, clean its contacts, put it in again"},
    {14, UPLINK_RETRY, "waiting for the SIM card: it is busy"},
    {15, UPLINK_HOPELESS, "the SIM card is of the wrong kind for this modem: put in another one"},
};

static void on_state_error(struct sim_card *card, const struct at_reply *reply)
{
    for (size_t i = 0; i < sizeof(state_errors) / sizeof(state_errors[0]); i++) {
        bool in_words = state_errors[i].code == 10 && strstr(reply->text, "not inserted");
        if (reply->code == state_errors[i].code || in_words) {
            card->errors = 0;
            wait_for_card(card, state_errors[i].hope, state_errors[i].why);
            return;
        }
    }
    card->errors++;
    if (card->profile->sim_by_iccid && card->errors >= ERRORS_BEFORE_ASK) {
        ask_number(card, SIM_PRESENCE);
    } else {
        wait_for_card(card, UPLINK_RETRY, "waiting for the SIM card: the modem cannot tell its state");
    }
}

static void on_presence(struct sim_card *card)
{
    if (card->identity->iccid[0]) {
        log_notice("modem",
                   "the modem does not tell the SIM card's state; its number shows that it is there");
        finish(card);
    } else {
        wait_for_card(card, UPLINK_HOPELESS,
                      "no SIM card answers in the modem: is one in it, the right way round?");
    }
}

static void take_tries(struct sim_card *card, const char *line, size_t len)
{
    struct pattern_match match;

    if (pattern_matches(card->profile->pin_tries_line, line, len, &match) && match.count > 0) {
        card->tries_left = match.captures[0].number;
    }
}

static void take_state(struct sim_card *card, const char *line, size_t len)
{
    struct pattern_match match;

    if (pattern_matches("+CPIN: *", line, len, &match)) {
        pattern_copy(&match, 0, card->state, sizeof(card->state));
    }
}

static void on_line(void *arg, const char *line, size_t len)
{
    struct sim_card *card = arg;

    switch (card->step) {
    case SIM_NUMBER:
    case SIM_PRESENCE:
        identity_take_iccid(card->identity, line, len);
        break;
    case SIM_STATE:
        take_state(card, line, len);
        break;
    case SIM_TRIES:
        take_tries(card, line, len);
        break;
    case SIM_IDLE:
    case SIM_GUARD:
    case SIM_PIN:
        break;
    }
}

/* The number is known, or will not be: back to why it was asked for. */
static void after_number(struct sim_card *card)
{
    if (state_starts(card, "READY")) {
        finish(card);
    } else {
        sim_card_enter_pin(card);
    }
}

static void on_done(void *arg, const struct at_reply *reply)
{
    struct sim_card *card = arg;

    if (reply->result == AT_RESULT_REBOOT || reply->result == AT_RESULT_CANCELLED) {
        sim_card_stop(card); /* the machine hears of it by itself */
        return;
    }
    switch (card->step) {
    case SIM_IDLE:
    case SIM_GUARD:
        break;
    case SIM_NUMBER:
        after_number(card);
        break;
    case SIM_PRESENCE:
        on_presence(card);
        break;
    case SIM_TRIES:
        sim_card_on_tries(card);
        break;
    case SIM_PIN:
        sim_card_on_pin_answer(card, reply);
        break;
    case SIM_STATE:
        if (reply->result == AT_RESULT_OK) {
            on_state(card);
        } else {
            on_state_error(card, reply);
        }
        break;
    }
}

static void on_pause(void *arg)
{
    ask_state(arg);
}

void sim_card_init(struct sim_card *card, struct sched *sched, struct at_channel *channel,
                   const struct sim_card_user *user, struct identity *identity)
{
    *card = (struct sim_card){.sched = sched, .channel = channel, .user = *user, .identity = identity};
    card->tries_left = -1;
    card->request.priority = AT_PRIORITY_HIGH;
    card->request.on_line = on_line;
    card->request.on_done = on_done;
    card->request.arg = card;
    timer_init(&card->pause, on_pause, card);
    pin_guard_init(&card->guard, sched, sim_card_on_guard, card);
}

void sim_card_start(struct sim_card *card, const struct modem_profile *profile, const char *pin,
                    const char *state_dir)
{
    card->profile = profile;
    card->pin = pin;
    card->state_dir = state_dir;
    card->errors = 0;
    card->pin_sent = false;
    card->identity->iccid[0] = '\0';
    card->give_up_ms = sched_now_ms(card->sched) + WAIT_MS;
    ask_state(card);
}

void sim_card_stop(struct sim_card *card)
{
    timer_stop(&card->pause);
    pin_guard_forget(&card->guard);
    at_request_forget(card->channel, &card->request);
    card->step = SIM_IDLE;
}
