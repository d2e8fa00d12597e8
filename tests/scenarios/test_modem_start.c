/* From a closed port to READY: the dialogues of the sheets, and what goes wrong on the way. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "modem_rig.h"

#include <string.h>

static void a7_comes_up(void **state)
{
    struct modem_rig rig;

    (void)state;
    modem_rig_init(&rig, "a7");
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    modem_rig_play(&rig, "a7/boot.log", 1000);
    modem_rig_expect_why(&rig, "the modem is starting");
    modem_rig_play(&rig, "a7/start.log", 20000);
    modem_rig_expect(&rig, "ready\n");
    const struct modem_info *info = modem_info(rig.modem);
    assert_int_equal(info->state, MODEM_READY);
    assert_string_equal(info->model, "A7");
    assert_string_equal(info->imei, "865067020000001");
    assert_string_equal(info->iccid, "898602#4221620070426");
    assert_string_equal(info->operator_name, "CMCC");
    assert_string_equal(info->address, "10.8.18.69");
    assert_int_equal(info->signal_dbm, -67);
    modem_rig_free(&rig);
}

static void a7_is_recognised(void **state)
{
    struct modem_rig rig;

    (void)state;
    modem_rig_init(&rig, "auto");
    modem_rig_bring_up(&rig, "a7/start.log");
    assert_string_equal(modem_info(rig.modem)->profile, "a7");
    modem_rig_free(&rig);
}

static void a7_connects(void **state)
{
    struct modem_rig rig;

    (void)state;
    modem_rig_init(&rig, "a7");
    modem_rig_bring_up(&rig, "a7/start.log");
    modem_rig_connect(&rig, "a7/connect.log");
    modem_rig_free(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a7_comes_up),
        cmocka_unit_test(a7_is_recognised),
        cmocka_unit_test(a7_connects),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
