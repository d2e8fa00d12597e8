/*
 * Thirty days in a minute: both machines in virtual time, with a random but seeded mix of all faults. At every step
 * the states and the counts are checked: nothing accepted is lost, nothing comes torn or out of order, the link is
 * back soon after a fault is over, and the bytes of a day are bounded.
 *
 * Without arguments 20 seeds. For more: scenarios_test_thirty_days FIRST COUNT [DAYS].
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

#define MINUTE_MS UINT64_C(60000)
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)

static struct {
    uint64_t first_seed;
    unsigned seeds;
    unsigned days;
} wish = {.first_seed = 1, .seeds = 20, .days = 30};

/* Beside those of the modem. */
enum cloud_fault { CLOUD_SILENT, CLOUD_GONE, CLOUD_NO_LOGIN, CLOUD_REFUSES, CLOUD_CLOSES, CLOUD_FAULTS };

struct month {
    struct box *box;
    uint64_t random;
    uint64_t fault_until_ms; /* 0: none */
    unsigned fault;          /* of enum vm_fault, then of enum cloud_fault */
    unsigned faults;
    uint64_t worst_return_ms;
    uint64_t back_ms; /* since the fault was over */
    uint64_t day_bytes;
    uint64_t most_bytes_a_day;
};

static uint64_t draw(struct month *month, uint64_t below)
{
    uint64_t z = (month->random += UINT64_C(0x9E3779B97F4A7C15));

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return (z ^ (z >> 31)) % below;
}

static void cloud_fault(struct month *month, enum cloud_fault fault, bool begins)
{
    struct box *box = month->box;

    switch (fault) {
    case CLOUD_SILENT:
        box->cloud->mute = begins;
        break;
    case CLOUD_GONE:
        if (begins) {
            virtual_modem_do(box->vm, VM_CONNECT_FAIL);
            if (box->stream->state == FAKE_STREAM_OPEN) {
                fake_stream_end(box->stream, STREAM_FAULT_PEER, "gone");
            }
        } else {
            virtual_modem_clear(box->vm, VM_CONNECT_FAIL);
        }
        break;
    case CLOUD_NO_LOGIN:
        box->cloud->login_status = begins ? 0 : BLYNK_STATUS_OK;
        break;
    case CLOUD_REFUSES:
        box->cloud->login_status = begins ? 9 : BLYNK_STATUS_OK;
        break;
    case CLOUD_CLOSES:
        if (begins && box->stream->state == FAKE_STREAM_OPEN) {
            fake_stream_end(box->stream, STREAM_FAULT_PEER, "closed");
        }
        break;
    case CLOUD_FAULTS:
        break;
    }
}

static void begin_fault(struct month *month)
{
    month->fault = (unsigned)draw(month, VM_FAULT_COUNT + CLOUD_FAULTS);
    if (month->fault < VM_FAULT_COUNT) {
        virtual_modem_do(month->box->vm, (enum vm_fault)month->fault);
    } else {
        cloud_fault(month, (enum cloud_fault)(month->fault - VM_FAULT_COUNT), true);
    }
    /* Most are short, some take hours. */
    uint64_t most_ms = draw(month, 10) == 0 ? 6 * HOUR_MS : 10 * MINUTE_MS;
    month->fault_until_ms = sched_now_ms(month->box->sched) + 1000 + draw(month, most_ms);
    month->faults++;
}

static void end_fault(struct month *month)
{
    if (month->fault < VM_FAULT_COUNT) {
        virtual_modem_clear(month->box->vm, (enum vm_fault)month->fault);
    } else {
        cloud_fault(month, (enum cloud_fault)(month->fault - VM_FAULT_COUNT), false);
    }
    month->fault_until_ms = 0;
    month->back_ms = 0;
}

static const char *fault_name(const struct month *month)
{
    static const char *const names[] = {"server silent", "server gone", "no login answer", "token refused",
                                        "server closes"};

    return month->fault < VM_FAULT_COUNT ? vm_fault_name((enum vm_fault)month->fault)
                                         : names[month->fault - VM_FAULT_COUNT];
}

/* Ladder, back-off and the slow tries of what only a person can mend are at most an hour and some minutes. */
#define RETURN_MS (80 * MINUTE_MS)
/* Of a day with faults at every hour; what is written itself is some 1,300 values of 14 bytes. */
#define DAY_BYTES UINT64_C(250000)

static void check(struct month *month, uint64_t step_ms)
{
    struct box *box = month->box;
    struct link_info info = box_info(box);
    struct outbox_info outbox = outbox_info(box->outbox);

    assert_true(info.why[0] != '\0');
    assert_true(info.next_try_ms <= 2 * HOUR_MS);
    assert_in_range(info.heartbeat_ms, 30000, 300000);
    assert_true(outbox.waiting + outbox.unconfirmed + box->arrived >= box->accepted); /* nothing is lost */
    if (month->fault_until_ms || box_online(box)) {
        month->back_ms = 0;
        return;
    }
    month->back_ms += step_ms;
    if (month->back_ms > month->worst_return_ms) {
        month->worst_return_ms = month->back_ms;
    }
    if (month->back_ms > RETURN_MS) {
        fail_msg("not back %u min after \"%s\" was over: %s: %s", (unsigned)(month->back_ms / MINUTE_MS),
                 fault_name(month), link_state_name(info.state), info.why);
    }
}

static void end_day(struct month *month)
{
    uint64_t bytes = month->box->vm->payload_bytes - month->day_bytes;

    month->day_bytes += bytes;
    month->most_bytes_a_day = bytes > month->most_bytes_a_day ? bytes : month->most_bytes_a_day;
    if (bytes >= DAY_BYTES) {
        fail_msg("%u kB on the air in a day; the last fault was %s", (unsigned)(bytes / 1000),
                 fault_name(month));
    }
}

static void live_step(struct month *month)
{
    uint64_t step_ms = 1000 + draw(month, 20000);

    box_advance(month->box, step_ms);
    uint64_t now_ms = sched_now_ms(month->box->sched);
    if (month->fault_until_ms && now_ms >= month->fault_until_ms) {
        end_fault(month);
    } else if (!month->fault_until_ms && draw(month, 200) == 0) {
        begin_fault(month);
    }
    if (draw(month, 6) == 0) {
        box_write(month->box);
    }
    if (!month->fault_until_ms && draw(month, 30) == 0) {
        box_send_down(month->box);
    }
    check(month, step_ms);
}

static void live_month(uint64_t seed)
{
    struct month month = {.box = box_create(seed), .random = seed};
    uint64_t day = 0;

    while (day < wish.days) {
        live_step(&month);
        if (sched_now_ms(month.box->sched) >= (day + 1) * DAY_MS) {
            end_day(&month);
            day++;
        }
    }
    if (month.fault_until_ms) {
        end_fault(&month);
    }
    if (box_settle(month.box, 3 * HOUR_MS) == UINT64_MAX) {
        fail_msg("seed %u: not settled: %s", (unsigned)seed, box_info(month.box).why);
    }
    assert_int_equal(month.box->arrived, month.box->accepted);
    print_message(
        "seed %u: %u faults, %u values, %u sent twice, %u sessions, %u restarts, back after at most "
        "%u s, at most %u kB a day on the air\n",
        (unsigned)seed, month.faults, month.box->accepted, month.box->doubled,
        box_info(month.box).reconnects + 1, month.box->vm->boots, (unsigned)(month.worst_return_ms / 1000),
        (unsigned)(month.most_bytes_a_day / 1000));
    box_destroy(month.box);
}

static void test_thirty_days(void **state)
{
    (void)state;
    for (unsigned i = 0; i < wish.seeds; i++) {
        live_month(wish.first_seed + i);
    }
}

/* FIRST COUNT DAYS, or --shard INDEX/SHARDS of the usual seeds. */
static bool read_wish(int argc, char **argv)
{
    unsigned index, shards;

    if (argc == 3 && strcmp(argv[1], "--shard") == 0) {
        if (sscanf(argv[2], "%u/%u", &index, &shards) != 2 || index >= shards || wish.seeds % shards) {
            return false;
        }
        wish.seeds /= shards;
        wish.first_seed += index * wish.seeds;
        return true;
    }
    wish.first_seed = argc > 1 ? strtoull(argv[1], NULL, 10) : wish.first_seed;
    wish.seeds = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : wish.seeds;
    wish.days = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : wish.days;
    return wish.seeds > 0 && wish.days > 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_thirty_days)};

    if (!read_wish(argc, argv)) {
        fprintf(stderr, "usage: %s [FIRST [COUNT [DAYS]]] | --shard INDEX/SHARDS\n", argv[0]);
        return 64;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
