/* Lines of the trace, taken apart and shown: bytes as they were, what is odd as a note. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctl/trace_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct trace_line line;

static void assert_line(const char *text, enum trace_way way, const char *bytes, size_t len)
{
    memset(&line, 0xaa, sizeof(line));
    trace_line_parse(text, &line);
    assert_int_equal(line.way, way);
    assert_int_equal(line.len, len);
    assert_memory_equal(line.bytes, bytes, len);
}

static void ways_and_times(void **state)
{
    (void)state;
    assert_line("12:34:56.789 > AT", TRACE_WAY_TO_MODEM, "AT", 2);
    assert_string_equal(line.time, "12:34:56.789");
    assert_int_equal(line.ms_of_day, ((12 * 60 + 34) * 60 + 56) * 1000 + 789);
    assert_line("00:00:00.001 < OK", TRACE_WAY_FROM_MODEM, "OK", 2);
    assert_int_equal(line.ms_of_day, 1);
    assert_line("00:00:00.000 >> x", TRACE_WAY_TO_SERVER, "x", 1);
    assert_line("00:00:00.000 << x", TRACE_WAY_FROM_SERVER, "x", 1);
    assert_line("00:00:00.000 -- a note", TRACE_WAY_NOTE, "a note", 6);
}

static void what_makes_no_sense_is_a_note(void **state)
{
    (void)state;
    assert_line("", TRACE_WAY_NOTE, "", 0);
    assert_string_equal(line.time, "");
    assert_line("hello", TRACE_WAY_NOTE, "hello", 5);
    assert_line("12:34:56.78", TRACE_WAY_NOTE, "12:34:56.78", 11);
    assert_string_equal(line.time, "");
    assert_line("12:34:5x.789 > AT", TRACE_WAY_NOTE, "12:34:5x.789 > AT", 17);
    assert_line("12:34:56.789 >AT", TRACE_WAY_NOTE, ">AT", 3);
}

static void escapes_become_bytes(void **state)
{
    (void)state;
    assert_line("> \\x14\\x00\\xff\\r\\n\\\\", TRACE_WAY_TO_MODEM, "\x14\0\xff\r\n\\", 6);
    assert_line("> a\\", TRACE_WAY_TO_MODEM, "a\\", 2);
    assert_line("> \\x1", TRACE_WAY_TO_MODEM, "\\1", 2);
    assert_line("> \\xZZ", TRACE_WAY_TO_MODEM, "\\ZZ", 3);
    assert_line("> \\x", TRACE_WAY_TO_MODEM, "\\", 1);
}

static void what_was_left_out_is_counted(void **state)
{
    (void)state;
    assert_line("> abc (and 300 bytes)", TRACE_WAY_TO_MODEM, "abc", 3);
    assert_int_equal(line.left_out, 300);
    assert_line("> a (and 1 bytes) (and 2 bytes)", TRACE_WAY_TO_MODEM, "a (and 1 bytes)", 15);
    assert_int_equal(line.left_out, 2);
    assert_line("> abc (and 3 bytes) more", TRACE_WAY_TO_MODEM, "abc (and 3 bytes) more", 22);
    assert_int_equal(line.left_out, 0);
    assert_line("> abc (and -3 bytes)", TRACE_WAY_TO_MODEM, "abc (and -3 bytes)", 18);
    assert_int_equal(line.left_out, 0);
    assert_line("> abc (and 99999999999999999999 bytes)", TRACE_WAY_TO_MODEM,
                "abc (and 99999999999999999999 bytes)", 36);
    assert_int_equal(line.left_out, 0);
    assert_line("-- lost (and 3 bytes)", TRACE_WAY_NOTE, "lost (and 3 bytes)", 18);
}

static void a_line_without_end_is_cut(void **state)
{
    char *text = malloc(3 * TRACE_LINE_BYTES);

    (void)state;
    memset(text, 'x', 3 * TRACE_LINE_BYTES);
    memcpy(text, "> ", 2);
    text[3 * TRACE_LINE_BYTES - 1] = '\0';
    trace_line_parse(text, &line);
    assert_int_equal(line.len, TRACE_LINE_BYTES);
    free(text);
}

static void assert_text(const char *text, const char *words)
{
    char out[64];

    trace_line_parse(text, &line);
    trace_line_text(&line, out, sizeof(out));
    assert_string_equal(out, words);
}

static void people_see_text_and_how_much_data(void **state)
{
    char out[8];

    (void)state;
    assert_text("> AT+CSQ", "AT+CSQ");
    assert_text("> \\x14\\x00", "[2 bytes of data]");
    assert_text("< +CIPRCV:0,2,\\x00a", "+CIPRCV:0,2,[2 bytes of data]");
    assert_text("< abc (and 300 bytes)", "abc[300 bytes of data]");
    assert_text("< ", "");
    trace_line_parse("> AT+CIPSEND=37", &line);
    trace_line_text(&line, out, sizeof(out));
    assert_string_equal(out, "AT+CIPS"); /* no room for more */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ways_and_times),
        cmocka_unit_test(what_makes_no_sense_is_a_note),
        cmocka_unit_test(escapes_become_bytes),
        cmocka_unit_test(what_was_left_out_is_counted),
        cmocka_unit_test(a_line_without_end_is_cut),
        cmocka_unit_test(people_see_text_and_how_much_data),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
