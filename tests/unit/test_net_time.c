/* The time as modules write it: every form of the fact sheets, zones of both signs, nonsense. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "blynkd/base/wall.h"
#include "modem/net_time.h"
#include "modem/profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_MS INT64_C(3600000)

/* 2022-03-14 09:12:44 UTC */
#define PI_DAY_MS INT64_C(1647249164000)

static const struct net_time_form cclk = {"+CCLK: %q", NET_TIME_LOCAL, 15};
static const struct net_time_form cclk_unsure = {"+CCLK: %q", NET_TIME_UNSURE, 0};
static const struct net_time_form qlts = {"+QLTS: %q", NET_TIME_UTC, 0};
static const struct net_time_form psuttz = {"%*PSUTTZ: *", NET_TIME_UTC, 0};
static const struct net_time_form ctzv_hours = {"+CTZV: *", NET_TIME_UTC, 60};
static const struct net_time_form cclk_hours = {"+CCLK: %q", NET_TIME_LOCAL, 60};
static const struct net_time_form sntp = {"+CIPSNTPTIME: *", NET_TIME_UTC, 0};
static const struct net_time_form news = {"+CTZV: *", NET_TIME_NEWS, 0};

static bool parse(const struct net_time_form *form, const char *line, struct net_time_moment *moment)
{
    char *copy = strndup(line, strlen(line)); /* a byte too far is seen by the sanitizer */

    assert_non_null(copy);
    bool ok = net_time_parse(form, copy, strlen(copy), moment);
    free(copy);
    return ok;
}

static void expect(const struct net_time_form *form, const char *line, int64_t earliest_ms, uint32_t slack_ms)
{
    struct net_time_moment moment;

    if (!parse(form, line, &moment)) {
        fail_msg("no time in: %s", line);
    }
    if (moment.earliest_ms != earliest_ms || moment.slack_ms != slack_ms) {
        fail_msg("%s: %lld ms and %u off", line, (long long)(moment.earliest_ms - earliest_ms),
                 moment.slack_ms);
    }
}

static void refuse(const struct net_time_form *form, const char *line)
{
    struct net_time_moment moment;

    if (parse(form, line, &moment)) {
        fail_msg("a time in: %s", line);
    }
}

static void local_time_has_a_zone_in_quarters_of_an_hour(void **state)
{
    (void)state;
    expect(&cclk, "+CCLK: \"22/03/14,10:12:44+04\"", PI_DAY_MS, 0);
    expect(&cclk, "+CCLK: \"22/03/14,09:12:44+00\"", PI_DAY_MS, 0);
    expect(&cclk, "+CCLK: \"22/03/14,14:57:44+23\"", PI_DAY_MS, 0); /* Nepal: 5:45 */
    expect(&cclk, "+CCLK: \"22/03/14,02:12:44-28\"", PI_DAY_MS, 0);
    expect(&cclk, "+CCLK: \"22/03/13,22:12:44-44\"", PI_DAY_MS, 0);
    expect(&cclk, "+CCLK: \"22/03/14,23:12:44+56\"", PI_DAY_MS, 0);
    expect(&cclk, "+CCLK:\"2022/03/14,10:12:44+04\"", PI_DAY_MS, 0);
    expect(&cclk, "+CCLK: \"22/03/14,10:12:44 +04\"", PI_DAY_MS, 0);
    refuse(&cclk, "+CCLK: \"22/03/14,10:12:44\""); /* an A7670 that does not know it yet */
}

static void a_zone_in_hours_is_the_older_modules_way(void **state)
{
    (void)state;
    expect(&ctzv_hours, "+CTZV:22/03/14,09:12:44,+01", PI_DAY_MS, 0);
    expect(&ctzv_hours, "+CTZV:22/03/14,09:12:44,-05", PI_DAY_MS, 0);
    expect(&cclk_hours, "+CCLK: \"22/03/14,17:12:44+08\"", PI_DAY_MS, 0);
    expect(&cclk_hours, "+CCLK: \"22/03/14,01:12:44-08\"", PI_DAY_MS, 0);
}

static void utc_needs_no_zone(void **state)
{
    (void)state;
    expect(&qlts, "+QLTS: \"22/03/14,09:12:44+32,0\"", PI_DAY_MS, 0);
    expect(&qlts, "+QLTS: \"2022/03/14,09:12:44-32,1\"", PI_DAY_MS, 0);
    expect(&qlts, "+QLTS: \"2022/03/14,09:12:44\"", PI_DAY_MS, 0);
    refuse(&qlts, "+QLTS: \"\"");
    expect(&sntp, "+CIPSNTPTIME:Mon Mar 14 09:12:44 2022", PI_DAY_MS, 0);
    expect(&sntp, "+CIPSNTPTIME:Thu Jan 01 00:00:00 1970", 0, 0);
    expect(&sntp, "+CIPSNTPTIME:Tue Mar  1 09:12:44 2022", PI_DAY_MS - 13 * 24 * HOUR_MS, 0);
}

/* What a SIM800 prints, and what a SIM7000 does, which has lost a quote. */
static void the_line_of_simcom_comes_in_three_forms(void **state)
{
    (void)state;
    expect(&psuttz, "*PSUTTZ: 22/03/14,09:12:44,\"+04\",0", PI_DAY_MS, 0);
    expect(&psuttz, "*PSUTTZ: 22/03/14,09:12:44\",\"+04\",0", PI_DAY_MS, 0);
    expect(&psuttz, "*PSUTTZ: \"22/03/14,09:12:44\",\"-04\",0", PI_DAY_MS, 0);
    expect(&psuttz, "*PSUTTZ: 2022, 3, 14, 9, 12, 44, \"+04\", 0", PI_DAY_MS, 0);
    refuse(&psuttz, "*PSNWID: \"262\",\"07\",\"o2\",0,\"o2\",0");
}

static void a_firmware_that_may_mean_either_is_right_within_its_zone(void **state)
{
    (void)state;
    expect(&cclk_unsure, "+CCLK: \"22/03/14,09:12:44+00\"", PI_DAY_MS, 0);
    expect(&cclk_unsure, "+CCLK: \"22/03/14,09:12:44+08\"", PI_DAY_MS - 2 * HOUR_MS, 2 * (uint32_t)HOUR_MS);
    expect(&cclk_unsure, "+CCLK: \"22/03/14,09:12:44-08\"", PI_DAY_MS, 2 * (uint32_t)HOUR_MS);
    refuse(&cclk_unsure, "+CCLK: \"22/03/14,09:12:44\"");
}

static void news_is_no_time(void **state)
{
    (void)state;
    refuse(&news, "+CTZV: +32,08/12/09,17:00:00,1");
    refuse(&news, "+CTZV: +08");
    refuse(&ctzv_hours, "+CTZV: +08");
}

static void nonsense_is_refused(void **state)
{
    static const char *const lines[] = {
        "+CCLK: \"\"",
        "+CCLK: \"22/03\"",
        "+CCLK: \"22/13/14,09:12:44+04\"",
        "+CCLK: \"22/00/14,09:12:44+04\"",
        "+CCLK: \"22/02/30,09:12:44+04\"",
        "+CCLK: \"23/02/29,09:12:44+04\"",
        "+CCLK: \"22/03/14,24:12:44+04\"",
        "+CCLK: \"22/03/14,09:60:44+04\"",
        "+CCLK: \"22/03/14,09:12:61+04\"",
        "+CCLK: \"22/03/14,09:12:44+004\"",
        "+CCLK: \"22/03/14,09:12:44+\"",
        "+CCLK: \"22/03/14;09:12:44+04\"",
        "+CCLK: \"99999999999999999999/03/14,09:12:44+04\"",
        "+CCLK: \"-2/03/14,09:12:44+04\"",
        "+CCLK: \"Mon Foo 14 09:12:44 2022\"",
        "+CCLK: \"Mon anF 14 09:12:44 2022\"",
        "+CCLK: \"auto\"",
        "+CCLK: \x01\xff\xfe",
        "+CCLK:",
        "+CCLK",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        refuse(&cclk, lines[i]);
    }
}

static void what_a_module_without_a_network_says_is_not_sane(void **state)
{
    static const char *const lines[] = {
        "+CCLK: \"80/01/06,00:00:19+00\"",   "+CCLK: \"70/01/01,00:00:19+00\"",
        "+CCLK: \"04/01/01,00:00:19+00\"",   "+CCLK: \"00/01/01,00:00:19+00\"",
        "+CCLK: \"2000/01/01,00:00:19+00\"", "+CCLK: \"15/01/01,00:00:19+32\"",
    };
    struct net_time_moment moment;

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        assert_true(parse(&cclk, lines[i], &moment));
        assert_false(wall_is_sane(moment.earliest_ms));
    }
    assert_true(parse(&cclk, "+CCLK: \"2100/01/01,00:00:00+00\"", &moment));
    assert_false(wall_is_sane(moment.earliest_ms));
    assert_true(wall_is_sane(moment.earliest_ms - 1000));
}

static void the_window_begins_with_the_build(void **state)
{
    (void)state;
    assert_true(wall_is_sane(wall_build_ms()));
    assert_true(wall_is_sane(wall_build_ms() - 23 * HOUR_MS));
    assert_false(wall_is_sane(wall_build_ms() - 25 * HOUR_MS));
    assert_false(wall_is_sane(-1));
    assert_false(wall_is_sane(INT64_MAX));
    assert_false(wall_is_sane(INT64_MIN));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(local_time_has_a_zone_in_quarters_of_an_hour),
        cmocka_unit_test(a_zone_in_hours_is_the_older_modules_way),
        cmocka_unit_test(utc_needs_no_zone),
        cmocka_unit_test(the_line_of_simcom_comes_in_three_forms),
        cmocka_unit_test(a_firmware_that_may_mean_either_is_right_within_its_zone),
        cmocka_unit_test(news_is_no_time),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(what_a_module_without_a_network_says_is_not_sane),
        cmocka_unit_test(the_window_begins_with_the_build),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
