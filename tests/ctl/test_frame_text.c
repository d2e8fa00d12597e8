/* Frames as sentences, whatever they hold. Numbers: the protocol sheet, 3 to 6. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctl/frame_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char out[FRAME_TEXT_BYTES];

/* A frame with the right length in its header. */
static const char *text_of(uint8_t command, uint16_t id, const char *body, size_t len)
{
    static uint8_t frame[4096];
    const uint8_t header[] = {command, (uint8_t)(id >> 8), (uint8_t)id, (uint8_t)(len >> 8), (uint8_t)len};

    memcpy(frame, header, sizeof(header));
    memcpy(frame + sizeof(header), body, len);
    memset(out, 'Z', sizeof(out));
    frame_text(frame, sizeof(header) + len, out, sizeof(out));
    return out;
}

#define ASSERT_TEXT(command, body, words)                                                                    \
    assert_string_equal(text_of(command, 7, body, sizeof(body) - 1), words)

static void commands_are_sentences(void **state)
{
    (void)state;
    ASSERT_TEXT(20,
                "vw\0"
                "5\0"
                "21.5",
                "HARDWARE id 7: V5 = 21.5");
    ASSERT_TEXT(20,
                "vw\0"
                "1\0"
                "3\0"
                "4",
                "HARDWARE id 7: V1 = 3, 4");
    ASSERT_TEXT(20,
                "aw\0"
                "3\0"
                "1",
                "HARDWARE id 7: A3 = 1");
    ASSERT_TEXT(20,
                "dw\0"
                "13\0"
                "1",
                "HARDWARE id 7: D13 = 1");
    ASSERT_TEXT(20,
                "vr\0"
                "5",
                "HARDWARE id 7: V5?");
    ASSERT_TEXT(16,
                "vr\0"
                "5",
                "SYNC id 7: V5?");
    ASSERT_TEXT(20,
                "pm\0"
                "13\0"
                "out",
                "HARDWARE id 7: D13 mode out");
    ASSERT_TEXT(6, "", "PING id 7");
    ASSERT_TEXT(64,
                "hot\0"
                "93 degrees",
                "EVENT id 7: hot 93 degrees");
    ASSERT_TEXT(19,
                "5\0"
                "color\0"
                "#fff",
                "PROPERTY id 7: 5 color #fff");
    ASSERT_TEXT(21, "e", "GROUP id 7: end");
    ASSERT_TEXT(21, "b", "GROUP id 7: b");
    ASSERT_TEXT(17,
                "ver\0"
                "1.0",
                "INTERNAL id 7: ver 1.0");
    ASSERT_TEXT(99, "x", "command 99 id 7: x");
}

static void statuses_have_words(void **state)
{
    const uint8_t ok[] = {0, 0, 1, 0, 200}, token[] = {0, 0, 2, 0, 9}, odd[] = {0, 1, 0, 1, 44};

    (void)state;
    frame_text(ok, sizeof(ok), out, sizeof(out));
    assert_string_equal(out, "RESPONSE id 1: 200 OK");
    frame_text(token, sizeof(token), out, sizeof(out));
    assert_string_equal(out, "RESPONSE id 2: 9 invalid token");
    frame_text(odd, sizeof(odd), out, sizeof(out));
    assert_string_equal(out, "RESPONSE id 256: 300");
}

static void a_token_is_never_shown(void **state)
{
    (void)state;
    ASSERT_TEXT(29, "secretTokenOfTheDevice0123456789", "LOGIN id 7 token ****");
    ASSERT_TEXT(2, "secretTokenOfTheDevice0123456789", "LOGIN id 7 token ****");
}

static void nothing_can_move_the_cursor(void **state)
{
    (void)state;
    ASSERT_TEXT(20,
                "vw\0"
                "5\0"
                "\033[2J\x80\n",
                "HARDWARE id 7: V5 = .[2J..");
    ASSERT_TEXT(20,
                "\033\033\0"
                "5\0"
                "x",
                "HARDWARE id 7: D5 = x");
}

static void odd_bodies_are_shown_as_far_as_they_go(void **state)
{
    static char large[3000];

    (void)state;
    ASSERT_TEXT(20, "", "HARDWARE id 7");
    ASSERT_TEXT(20, "vw", "HARDWARE id 7: vw");
    ASSERT_TEXT(20, "vw\0", "HARDWARE id 7: V = ");
    ASSERT_TEXT(20, "\0\0\0", "HARDWARE id 7:    ");
    memset(large, 'x', sizeof(large));
    assert_true(strlen(text_of(20, 7, large, sizeof(large))) < sizeof(out));
    memset(large, '\0', sizeof(large));
    assert_true(strlen(text_of(17, 7, large, sizeof(large))) < sizeof(out));
    for (size_t len = 0; len < FRAME_HEADER_BYTES; len++) {
        frame_text((const uint8_t *)"\x14\0\1\0\0", len, out, sizeof(out));
        assert_non_null(strstr(out, "that are no frame"));
    }
}

static void it_fits_into_any_room(void **state)
{
    static const uint8_t frame[] = "\x14\0\1\0\x0bvw\0"
                                   "5\0"
                                   "123456";
    char whole[FRAME_TEXT_BYTES];

    (void)state;
    frame_text(frame, 16, whole, sizeof(whole));
    for (size_t size = 1; size < 40; size++) {
        char *room = malloc(size); /* the sanitizer sees a byte too many */
        frame_text(frame, 16, room, size);
        assert_true(strlen(room) < size);
        assert_memory_equal(room, whole, strlen(room));
        free(room);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_are_sentences),
        cmocka_unit_test(statuses_have_words),
        cmocka_unit_test(a_token_is_never_shown),
        cmocka_unit_test(nothing_can_move_the_cursor),
        cmocka_unit_test(odd_bodies_are_shown_as_far_as_they_go),
        cmocka_unit_test(it_fits_into_any_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
