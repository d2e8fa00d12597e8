/*
 * Return from everything: each fault at each state of both machines, in virtual time. For each cell: online again
 * within the bound, the reason in words, no rung of the ladder higher than needed, no storm, nothing accepted
 * lost, nothing handed on twice or torn.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "box.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_MS 1000
#define MINUTE_MS 60000

/* When the fault begins. */
enum moment {
    AT_SYNC,
    AT_IDENTIFY,
    AT_SIM,
    AT_SETUP,
    AT_REGISTER,
    AT_BEARER,
    AT_CONNECT, /* the open was asked for, the answer is not there */
    AT_LOGIN,
    AT_ONLINE,
    AT_PROMPT,  /* a send was asked for, the prompt is not there */
    AT_PAYLOAD, /* half of it is written */
    AT_RECEIVE, /* half of what the server sent has come */
    MOMENTS
};

static const char *const moment_names[] = {"SYNC",    "IDENTIFY", "SIM",    "SETUP",  "REGISTER", "BEARER",
                                           "CONNECT", "LOGIN",    "ONLINE", "prompt", "payload",  "receive"};

struct story {
    enum vm_fault fault;
    uint32_t lasts_ms; /* 0: happens at once */
    uint32_t back_ms;  /* online and all delivered so soon after it is over */
    enum uplink_rung highest;
    unsigned commands; /* at the most, from its beginning to the return */
    const char *why;   /* among the reasons, if it began in ONLINE (it may be over unnoticed: NULL) */
};

/*
 * The bounds: a restart takes 8 s, bringing up some 10 s, the longest back-off here a minute or so.
 * While nobody knows yet what module it is (IDENTIFY) one that falls silent can only have its port opened again.
 */
static const struct story stories[] = {
    {VM_MUTE, 3 * MINUTE_MS, 3 * MINUTE_MS, UPLINK_RUNG_REOPEN, 250, "does not answer"},
    {VM_LOSE, 2 * MINUTE_MS, 6 * MINUTE_MS, UPLINK_RUNG_REOPEN, 500, NULL},
    {VM_LOSE_BACK, 2 * MINUTE_MS, 6 * MINUTE_MS, UPLINK_RUNG_REOPEN, 500, NULL},
    {VM_GARBLE, 2 * MINUTE_MS, 6 * MINUTE_MS, UPLINK_RUNG_REOPEN, 500, NULL},
    {VM_NO_PROMPT, 2 * MINUTE_MS, 4 * MINUTE_MS, UPLINK_RUNG_RESET, 300, "did not take the data"},
    {VM_SEND_FAIL, 2 * MINUTE_MS, 4 * MINUTE_MS, UPLINK_RUNG_RESET, 300, "did not take the data"},
    {VM_BROWN_OUT, 3 * MINUTE_MS, 7 * MINUTE_MS, UPLINK_RUNG_REDIAL, 400, "power supply is too weak"},
    {VM_LATE, 2 * MINUTE_MS, 6 * MINUTE_MS, UPLINK_RUNG_REOPEN, 500, NULL},
    {VM_DENIED, 5 * MINUTE_MS, 6 * MINUTE_MS, UPLINK_RUNG_REOPEN, 400, "refuses this SIM card"},
    {VM_NO_SERVICE, 5 * MINUTE_MS, 6 * MINUTE_MS, UPLINK_RUNG_REOPEN, 400, "waiting for the network"},
    {VM_NO_SIM, 2 * MINUTE_MS, 12 * MINUTE_MS, UPLINK_RUNG_REOPEN, 400, "SIM"},
    {VM_WRONG_APN, 2 * MINUTE_MS, 6 * MINUTE_MS, UPLINK_RUNG_REOPEN, 400, NULL},
    {VM_NO_DNS, 2 * MINUTE_MS, 4 * MINUTE_MS, UPLINK_RUNG_RESET, 300, NULL},
    {VM_CONNECT_FAIL, 2 * MINUTE_MS, 4 * MINUTE_MS, UPLINK_RUNG_BEARER, 300, NULL},
    {VM_URCS, 2 * MINUTE_MS, 1 * MINUTE_MS, UPLINK_RUNG_REDIAL, 200, NULL},
    {VM_REBOOT, 0, 1 * MINUTE_MS, UPLINK_RUNG_REOPEN, 150, "restarted by itself"},
    {VM_PDP_DROP, 0, 2 * MINUTE_MS, UPLINK_RUNG_BEARER, 150, NULL},
    {VM_NUMERIC, 0, 2 * MINUTE_MS, UPLINK_RUNG_REDIAL, 150, NULL},
    {VM_ECHO, 0, 2 * MINUTE_MS, UPLINK_RUNG_REDIAL, 150, NULL},
    {VM_UNPLUG, 1 * MINUTE_MS, 1 * MINUTE_MS, UPLINK_RUNG_REOPEN, 150, "serial port"},
};

static enum modem_state modem_state_of(const struct box *box)
{
    return modem_info(box->modem)->state;
}

static bool is_at(struct box *box, enum moment moment)
{
    enum link_state link = box_info(box).state;

    switch (moment) {
    case AT_SYNC:
        return modem_state_of(box) == MODEM_SYNC && box->vm->commands > 0;
    case AT_IDENTIFY:
        return modem_state_of(box) == MODEM_IDENTIFY;
    case AT_SIM:
        return modem_state_of(box) == MODEM_SIM;
    case AT_SETUP:
        return modem_state_of(box) == MODEM_SETUP;
    case AT_REGISTER:
        return modem_state_of(box) == MODEM_REGISTER;
    case AT_BEARER:
        return modem_state_of(box) == MODEM_BEARER;
    case AT_CONNECT:
        return link == LINK_CONNECT && box->vm->link == VM_LINK_OPENING;
    case AT_LOGIN:
        return link == LINK_LOGIN;
    case AT_ONLINE:
    case AT_RECEIVE:
        return link == LINK_ONLINE;
    case AT_PROMPT:
    case AT_PAYLOAD:
        return link == LINK_ONLINE && box->vm->busy && box->vm->payload_left > 0;
    case MOMENTS:
        break;
    }
    return false;
}

static void step_to(struct box *box, enum moment moment)
{
    for (unsigned ms = 0; !is_at(box, moment); ms++) {
        assert_true(ms < MINUTE_MS);
        box_advance(box, 1);
    }
}

/* The box, just there. */
static struct box *box_at(enum moment moment)
{
    struct box *box = box_create(5 + moment);

    if (moment == AT_PROMPT || moment == AT_PAYLOAD || moment == AT_RECEIVE) {
        step_to(box, AT_ONLINE);
        box_advance(box, 90 * SECOND_MS);
        box_write(box);
        box_write(box);
    }
    step_to(box, moment);
    if (moment == AT_PAYLOAD) {
        fake_port_set_room(box->port, box->vm->payload_left / 2);
        box_advance(box, 100);
    } else if (moment == AT_RECEIVE) {
        box_advance(box, SECOND_MS);
        box->vm->tears = true;
        box_send_down(box);
        for (unsigned ms = 0; !box->vm->torn; ms++) {
            assert_true(ms < 1000);
            box_advance(box, 1);
        }
    }
    return box;
}

static enum uplink_rung highest_rung(const struct link_info *info)
{
    enum uplink_rung highest = UPLINK_RUNG_REDIAL;

    for (int rung = 0; rung < UPLINK_RUNG_COUNT; rung++) {
        if (info->rung_counts[rung]) {
            highest = (enum uplink_rung)rung;
        }
    }
    return highest;
}

static void live_through(struct box *box, const struct story *story)
{
    virtual_modem_do(box->vm, story->fault);
    if (box->port->room != SIZE_MAX) {
        fake_port_set_room(box->port, SIZE_MAX);
    }
    box_advance(box, 100);
    box_write(box);
    for (uint32_t ms = 0; ms < story->lasts_ms; ms += SECOND_MS) {
        box_advance(box, SECOND_MS);
        if (ms % (20 * SECOND_MS) == 0) {
            box_write(box);
        }
    }
    virtual_modem_clear(box->vm, story->fault);
    box_write(box);
}

static void explain(const struct box *box)
{
    size_t count = box->change_count < BOX_CHANGES ? box->change_count : BOX_CHANGES;

    for (size_t i = 0; i < count; i++) {
        const struct link_change *change = &box->changes[(box->change_count - count + i) % BOX_CHANGES];
        print_message("  %9u ms %s: %s\n", (unsigned)change->at_ms, link_state_name(change->state),
                      change->why);
    }
}

static unsigned failures;

static void complain(const struct box *box, const struct story *story, enum moment moment, const char *what,
                     unsigned long number, unsigned long limit)
{
    failures++;
    print_message("%s at %s: %s: %lu instead of at most %lu\n", vm_fault_name(story->fault),
                  moment_names[moment], what, number, limit);
    explain(box);
}

static void tell_cell(const struct box *box, const struct story *story, enum moment moment, uint64_t back_ms)
{
    struct link_info info = box_info(box);

    print_message("%-18s %-9s back after %6lu ms, rung %s, %u commands, %u sent twice\n",
                  vm_fault_name(story->fault), moment_names[moment], (unsigned long)back_ms,
                  uplink_rung_name(highest_rung(&info)), box->vm->commands, box->doubled);
}

static void test_cell(const struct story *story, enum moment moment)
{
    struct box *box = box_at(moment);
    unsigned commands = box->vm->commands;

    box_forget_changes(box);
    live_through(box, story);
    uint64_t back_ms = box_settle(box, 4 * (uint64_t)story->back_ms);
    struct link_info info = box_info(box);
    commands = box->vm->commands - commands;
    if (getenv("BLYNKD_TEST_CELLS")) {
        tell_cell(box, story, moment, back_ms);
        explain(box);
    }
    if (back_ms > story->back_ms) {
        complain(box, story, moment, "ms until it was back", (unsigned long)back_ms, story->back_ms);
    }
    if (highest_rung(&info) > story->highest) {
        complain(box, story, moment, "rung of the ladder", highest_rung(&info), story->highest);
    }
    if (commands > story->commands) {
        complain(box, story, moment, "commands", commands, story->commands);
    }
    if (story->why && moment >= AT_ONLINE && !box_said(box, story->why)) {
        complain(box, story, moment, story->why, 0, 0);
    }
    box_send_down(box);
    box_advance(box, 5 * SECOND_MS);
    assert_int_equal(box->arrived, box->accepted);
    assert_int_equal(box->down_newest, box->down_sent); /* what comes after the return is heard */
    box_destroy(box);
}

static void test_story(void **state)
{
    const struct story *story = *state;

    failures = 0;
    for (enum moment moment = AT_SYNC; moment < MOMENTS; moment++) {
        test_cell(story, moment);
    }
    assert_int_equal(failures, 0);
}

#define STORIES (sizeof(stories) / sizeof(stories[0]))

int main(void)
{
    struct CMUnitTest tests[STORIES];

    for (size_t i = 0; i < STORIES; i++) {
        tests[i] = (struct CMUnitTest){.name = vm_fault_name(stories[i].fault),
                                       .test_func = test_story,
                                       .initial_state = (void *)(uintptr_t)&stories[i]};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
