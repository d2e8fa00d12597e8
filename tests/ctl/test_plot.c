/* Axes, the picture of characters, the drawing: with good series, with one point, with numbers beyond measure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctl/plot_svg.h"
#include "ctl/plot_text.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NOON INT64_C(1795262400000) /* 2026-11-21 12:00 UTC */

static struct series series;
static char *text;

static int setup(void **state)
{
    (void)state;
    series.count = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    free(text);
    text = NULL;
    return 0;
}

static void fill(const double *values, size_t count, int64_t step_ms)
{
    series.count = 0;
    for (size_t i = 0; i < count; i++) {
        series_add(&series, NOON + (int64_t)i * step_ms, values[i]);
    }
}

static void assert_axis(double a, double b, size_t ticks, const char *expected)
{
    const double values[] = {a, b};
    char all[512] = "", one[SERIES_TEXT_MAX];
    struct series_frame frame;

    fill(values, 2, 60000);
    frame = series_frame(&series, ticks, 4);
    for (size_t i = 0; i < frame.ticks; i++) {
        strcat(all, series_value_text(&frame, series_tick(&frame, i), one));
        strcat(all, " ");
    }
    assert_string_equal(all, expected);
    assert_true(frame.low <= a && frame.high >= b);
}

static void axes_of_many_ranges(void **state)
{
    (void)state;
    assert_axis(15.01, 24.99, 4, "15 20 25 ");
    assert_axis(-71, -71, 5, "-75 -70 -65 ");
    assert_axis(0, 0, 3, "-1 0 1 ");
    assert_axis(0.1, 0.3, 5, "0.10 0.15 0.20 0.25 0.30 ");
    assert_axis(-1, 1, 3, "-1 0 1 ");
    assert_axis(0, 30000000, 4, "0 1e+07 2e+07 3e+07 ");
}

static void times_of_the_axis_are_round(void **state)
{
    const double values[] = {1, 2, 3};
    struct series_frame frame;
    char out[SERIES_TEXT_MAX];

    (void)state;
    fill(values, 3, 7 * 60000 + 11000);
    frame = series_frame(&series, 4, 5);
    assert_int_equal(frame.step_ms, 300000);
    assert_string_equal(series_time_text(&frame, series_first_time(&frame), out), "12:00");
    frame.from_ms += 1;
    assert_string_equal(series_time_text(&frame, series_first_time(&frame), out), "12:05");
    fill(values, 3, 86400000);
    frame = series_frame(&series, 4, 4);
    assert_string_equal(series_time_text(&frame, series_first_time(&frame), out), "22 Nov");
    fill(values, 3, INT64_C(3000) * 86400000);
    frame = series_frame(&series, 4, 2);
    assert_true(frame.step_ms > 0 && series_first_time(&frame) >= frame.from_ms);
}

static void draw_text(size_t rows, size_t columns, bool utf8)
{
    struct plot_page page = {.rows = rows, .columns = columns, .utf8 = utf8};
    size_t len;
    FILE *out;

    free(text);
    text = NULL;
    out = open_memstream(&text, &len);
    plot_text_print(out, &series, "title", &page);
    fclose(out);
}

static void a_rising_line(void **state)
{
    const double values[] = {0, 1, 2, 3, 4, 5, 6, 7};

    (void)state;
    fill(values, 8, 1000);
    draw_text(8, 10, false);
    assert_string_equal(text, "title\n"
                              "10 +\n"
                              "   |      .'\n"
                              " 5 +   .''\n"
                              " 0 +.''\n"
                              "   ++----+--\n"
                              "    12:00:00\n");
}

static void it_fits_into_its_page(void **state)
{
    double values[300];

    (void)state;
    for (size_t i = 0; i < 300; i++) {
        values[i] = sin((double)i / 9) * 123.456;
    }
    fill(values, 300, 61000);
    for (size_t rows = 0; rows < 60; rows += 7) {
        for (size_t columns = 0; columns < 500; columns += 41) {
            draw_text(rows, columns, false);
            size_t lines = 0;
            for (const char *at = text; *at; at += strcspn(at, "\n") + 1) {
                size_t len = strcspn(at, "\n");
                assert_true(len <= (columns > 16 ? columns : 16));
                lines++;
            }
            assert_true(lines <= (rows > 5 ? rows : 5));
        }
    }
}

static void numbers_beyond_measure(void **state)
{
    static const double huge[] = {DBL_MAX, -DBL_MAX, 0, DBL_MIN, -DBL_MIN, 5e-324, INFINITY, NAN, 1e300, -1};
    static const double tiny[] = {0, 5e-324, 1e-310, 3e-280, 1e-279};
    static const double close[] = {1, 1 + DBL_EPSILON, 1e15, 1e15 + 0.125};

    (void)state;
    fill(huge, 10, 1);
    assert_int_equal(series.count, 8); /* neither infinity nor NaN */
    draw_text(24, 80, true);
    fill(tiny, 5, 100);
    draw_text(24, 80, true);
    fill(close, 2, 0);
    draw_text(24, 80, true);
    fill(close + 2, 2, 0);
    draw_text(24, 80, true);
    fill(close, 0, 0);
    draw_text(24, 80, true);
    assert_null(strstr(text, "nan"));
    for (size_t i = 0; i < 10; i++) {
        for (size_t j = 0; j < 10; j++) {
            const double pair[] = {huge[i], huge[j]};
            fill(pair, 2, 1000);
            for (size_t ticks = 0; ticks < 20; ticks++) {
                struct series_frame frame = series_frame(&series, ticks, ticks);
                assert_true(isfinite(frame.low) && isfinite(frame.high) && frame.low < frame.high);
                assert_true(frame.ticks >= 2 && frame.ticks <= SERIES_TICKS_MAX + 1);
            }
        }
    }
}

static void a_series_is_read_with_care(void **state)
{
    static const char answer[] =
        "*9\r\n*2\r\n:1000\r\n$4\r\n21.5\r\n*2\r\n:900\r\n$1\r\n1\r\n*2\r\n:2000\r\n$3\r\nnan\r\n"
        "*1\r\n:3000\r\n:7\r\n*2\r\n$1\r\nx\r\n$1\r\n1\r\n*2\r\n:9223372036854775807\r\n$1\r\n1\r\n"
        "*2\r\n:3000\r\n*0\r\n*2\r\n:4000\r\n$2\r\n-3\r\n";
    redisReader *reader = redisReaderCreate();
    void *reply = NULL;

    (void)state;
    redisReaderFeed(reader, answer, sizeof(answer) - 1);
    assert_int_equal(redisReaderGetReply(reader, &reply), REDIS_OK);
    assert_non_null(reply);
    assert_true(series_read(&series, reply));
    assert_int_equal(series.count, 2);
    assert_true(series.points[0].value == 21.5 && series.points[1].value == -3);
    series_cut(&series, 2000);
    assert_int_equal(series.count, 1);
    assert_int_equal(series.points[0].at_ms, 4000);
    assert_false(series_read(&series, NULL));
    freeReplyObject(reply);
    redisReaderFree(reader);
    for (int i = 0; i < SERIES_POINTS_MAX + 10; i++) {
        series_add(&series, i, i);
    }
    assert_int_equal(series.count, SERIES_POINTS_MAX);
    assert_int_equal(series.points[0].at_ms, 10);
}

static void braille_dots(void **state)
{
    const double values[] = {0, 1};
    struct series_frame frame;
    static struct plot_picture picture;
    char row[PLOT_COLUMNS_MAX * 3 + 1];

    (void)state;
    fill(values, 2, 1000);
    frame = series_frame(&series, 2, 2);
    picture.rows = 1;
    picture.columns = 2;
    picture.utf8 = true;
    plot_picture_draw(&picture, &series, &frame);
    assert_string_equal(plot_picture_row(&picture, 0, row), "⡠⠊");
}

static void draw_svg(const char *title)
{
    size_t len;
    FILE *out;

    free(text);
    text = NULL;
    out = open_memstream(&text, &len);
    plot_svg_print(out, &series, title);
    fclose(out);
}

static void an_svg(void **state)
{
    const double values[] = {15, 20, 25};

    (void)state;
    fill(values, 3, 60000);
    draw_svg("V5 <&> \"x\"");
    assert_non_null(strstr(text, "<title>V5 &lt;&amp;&gt; \"x\"</title>"));
    assert_non_null(strstr(text, "version=\"1.1\""));
    assert_non_null(strstr(text, "prefers-color-scheme: dark"));
    assert_non_null(strstr(text, "<polyline class=\"line\" points=\"84.0,293.7 430.0,182.0 776.0,70.3\"/>"));
    assert_non_null(strstr(text, "<text x=\"76.0\" y=\"186.0\" text-anchor=\"end\">20</text>"));
    assert_non_null(strstr(text, "<text x=\"430.0\" y=\"336.0\" text-anchor=\"middle\">12:01:00</text>"));
    series.count = 1;
    draw_svg("one");
    assert_non_null(strstr(text, "<circle class=\"dot\""));
    series.count = 0;
    draw_svg("none");
    assert_null(strstr(text, "polyline class"));
    assert_null(strstr(text, "nan"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(axes_of_many_ranges, setup, teardown),
        cmocka_unit_test_setup_teardown(times_of_the_axis_are_round, setup, teardown),
        cmocka_unit_test_setup_teardown(a_rising_line, setup, teardown),
        cmocka_unit_test_setup_teardown(braille_dots, setup, teardown),
        cmocka_unit_test_setup_teardown(it_fits_into_its_page, setup, teardown),
        cmocka_unit_test_setup_teardown(numbers_beyond_measure, setup, teardown),
        cmocka_unit_test_setup_teardown(a_series_is_read_with_care, setup, teardown),
        cmocka_unit_test_setup_teardown(an_svg, setup, teardown),
    };

    setenv("TZ", "UTC", 1);
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
