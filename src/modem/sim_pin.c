/* Entering the PIN: tries left, the guard, the PIN itself, and what the card says to it. */
#include "sim_card_private.h"

#include "blynkd/base/pattern.h"
#include "blynkd/base/secret.h"

#include "cme.h"

#include <stdio.h>
#include <string.h>

#define AFTER_PIN_MS 10000 /* the card starts anew (facts/modems-aithinker-m590-esp8266.md 2.5) */

static const char *const state_lines[] = {"+CPIN: *", NULL};
static const struct at_expect tries_expect = {.end = AT_END_OK, .deadline_ms = 5000, .any_line = true};
static const struct at_expect pin_expect = {.end = AT_END_OK, .deadline_ms = 15000, .lines = state_lines};

static void ask_tries(struct sim_card *card)
{
    card->tries_left = -1;
    sim_card_ask(card, SIM_TRIES, card->profile->pin_tries_send, &tries_expect);
}

static void start_guard(struct sim_card *card)
{
    card->step = SIM_GUARD;
    if (pin_guard_begin(&card->guard, card->state_dir, card->identity->iccid, card->pin) < 0) {
        sim_card_fail(
            card, UPLINK_HOPELESS,
            "the SIM card wants its PIN, but the attempt cannot be written down first, so it is not sent");
    }
}

void sim_card_on_tries(struct sim_card *card)
{
    char why[160];

    if (card->tries_left >= 0 && card->tries_left <= 1) {
        snprintf(
            why, sizeof(why),
            "the SIM card wants its PIN but has %ld %s left: enter it in a phone first, then start again",
            card->tries_left, card->tries_left == 1 ? "try" : "tries");
        sim_card_fail(card, UPLINK_HOPELESS, why);
        return;
    }
    start_guard(card);
}

static void on_wanted_again(struct sim_card *card)
{
    if (!card->pin_answered) {
        sim_card_fail(card, UPLINK_HOPELESS,
                      "the SIM card still wants its PIN although it was sent; it is not sent again");
    } else if (sched_now_ms(card->sched) < card->give_up_ms) {
        card->step = SIM_STATE;
        timer_start(card->sched, &card->pause, SIM_CARD_PAUSE_MS);
    } else {
        sim_card_fail(card, UPLINK_RETRY,
                      "the SIM card took its PIN and wants it again: the modem seems to have restarted");
    }
}

static bool is_pin(const char *text)
{
    size_t digits = strspn(text, "0123456789");

    return digits >= 4 && digits <= 8 && text[digits] == '\0';
}

void sim_card_enter_pin(struct sim_card *card)
{
    if (card->pin_sent) {
        on_wanted_again(card);
    } else if (card->pin[0] == '\0') {
        sim_card_fail(
            card, UPLINK_HOPELESS,
            "the SIM card wants its PIN and none is configured: set it, or switch the PIN off in a phone");
    } else if (!is_pin(card->pin)) {
        sim_card_fail(card, UPLINK_HOPELESS, "the configured PIN is not one: it must have 4 to 8 digits");
    } else if (card->profile->pin_tries_send) {
        ask_tries(card);
    } else {
        start_guard(card);
    }
}

/* The PIN itself; the text with it is wiped as soon as it is sent. */
static void send_pin(struct sim_card *card)
{
    card->pin_sent = true;
    card->pin_pending = true;
    card->pin_answered = false;
    snprintf(card->request.text, sizeof(card->request.text), "AT+CPIN=\"%s\"", card->pin);
    card->user.on_say(card->user.arg, "entering the PIN of the SIM card");
    sim_card_ask(card, SIM_PIN, card->request.text, &pin_expect);
}

void sim_card_on_guard(void *arg, enum pin_verdict verdict, const char *why)
{
    struct sim_card *card = arg;
    char text[420];

    switch (verdict) {
    case PIN_MAY_BE_SENT:
        send_pin(card);
        return;
    case PIN_WAS_REFUSED:
        snprintf(text, sizeof(text),
                 "the SIM card refused the configured PIN before, so it is not sent again: configure the "
                 "right one");
        break;
    case PIN_OUTCOME_UNKNOWN:
        snprintf(
            text, sizeof(text),
            "the configured PIN was sent to the SIM card before and the answer never seen, so it is not sent "
            "again: enter it in a phone; if it is right, delete %.120s/pin_attempts",
            card->state_dir);
        break;
    case PIN_NOT_WRITTEN:
        snprintf(text, sizeof(text), "the PIN is not sent because the attempt must be written down first: %s",
                 why);
        break;
    }
    sim_card_fail(card, UPLINK_HOPELESS, text);
}

/* 264 and 268 are Ai-Thinker's (2.19). Plain ERROR may be anything, so it is taken for the worst. */
static bool is_refusal(const struct at_reply *reply)
{
    static const int codes[] = {11, 12, 16, 264, 268, -1};

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (reply->result == AT_RESULT_ERROR && reply->code == codes[i]) {
            return true;
        }
    }
    return false;
}

void sim_card_on_pin_answer(struct sim_card *card, const struct at_reply *reply)
{
    char text[160];
    char why[300];

    secret_wipe(card->request.text, sizeof(card->request.text));
    if (reply->result == AT_RESULT_OK) {
        card->pin_answered = true;
        card->give_up_ms = sched_now_ms(card->sched) + AFTER_PIN_MS;
    }
    if (!is_refusal(reply)) {
        card->step = SIM_STATE; /* the card's state tells */
        timer_start(card->sched, &card->pause, SIM_CARD_PAUSE_MS);
        return;
    }
    card->pin_pending = false;
    card->tries_left -= card->tries_left > 0;
    pin_guard_end(&card->guard, card->state_dir, card->identity->iccid, card->pin, false);
    snprintf(why, sizeof(why),
             "the SIM card refused the configured PIN (%s); it is not tried again: configure the right one",
             cme_describe(reply, text, sizeof(text)));
    sim_card_fail(card, UPLINK_HOPELESS, why);
}
