/*
 * A real loop for tests of what touches the system: a tick keeps it turning while a test waits, so that a condition
 * can be looked at again until its deadline. The test owns loop and timer. Never sleeps a fixed time.
 */
#ifndef LOOP_TURN_H
#define LOOP_TURN_H

#include <uv.h>

#define LOOP_TURN_DEADLINE_MS 10000

void loop_turn_begin(uv_loop_t *loop, uv_timer_t *tick);
/* Fails if anything but the tick is still open in the loop. */
void loop_turn_end(uv_loop_t *loop, uv_timer_t *tick);

/* Lets everything happen that is going to happen. */
void loop_turn_settle(uv_loop_t *loop);

#define loop_turn_until(loop, condition)                                                                     \
    do {                                                                                                     \
        uint64_t end_ns = uv_hrtime() + LOOP_TURN_DEADLINE_MS * UINT64_C(1000000);                           \
        while (!(condition) && uv_hrtime() < end_ns) {                                                       \
            uv_run(loop, UV_RUN_ONCE);                                                                       \
        }                                                                                                    \
        assert_true(condition);                                                                              \
    } while (0)

#endif
