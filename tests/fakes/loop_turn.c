#include "loop_turn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void on_tick(uv_timer_t *timer)
{
    (void)timer;
}

void loop_turn_begin(uv_loop_t *loop, uv_timer_t *tick)
{
    assert_int_equal(uv_loop_init(loop), 0);
    uv_timer_init(loop, tick);
    uv_timer_start(tick, on_tick, 2, 2);
}

void loop_turn_end(uv_loop_t *loop, uv_timer_t *tick)
{
    uv_close((uv_handle_t *)tick, NULL);
    uv_run(loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(loop), 0);
}

void loop_turn_settle(uv_loop_t *loop)
{
    for (int i = 0; i < 20; i++) {
        uv_run(loop, UV_RUN_ONCE);
    }
}
