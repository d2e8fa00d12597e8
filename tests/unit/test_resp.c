#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/resp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct resp_command command;

/* Feeds `text` as the server does: in pieces of `piece` bytes, into memory of exactly the size that is filled, so
 * that the address sanitizer sees every look beyond it. Returns the status behind the last piece. */
static enum resp_status feed(struct resp_parser *parser, uint8_t **memory, const char *text, size_t len,
                             size_t piece)
{
    size_t have = 0;
    enum resp_status status = RESP_MORE;

    while (have < len && status == RESP_MORE) {
        size_t more = len - have < piece ? len - have : piece;
        *memory = realloc(*memory, have + more);
        memcpy(*memory + have, text + have, more);
        have += more;
        status = resp_parse(parser, *memory, have, &command);
    }
    return status;
}

static void assert_arg(size_t index, const char *text, size_t len)
{
    assert_int_equal(command.args[index].len, len);
    if (len > 0) {
        assert_memory_equal(command.args[index].text, text, len);
    }
}

static void assert_words(size_t count, const char *const *words)
{
    assert_int_equal(command.count, count);
    for (size_t i = 0; i < count; i++) {
        assert_arg(i, words[i], strlen(words[i]));
    }
}

static void assert_broken(const char *text, size_t len, const char *error)
{
    for (size_t piece = 1; piece <= 7; piece += 3) {
        struct resp_parser parser = {0};
        uint8_t *memory = NULL;
        assert_int_equal(feed(&parser, &memory, text, len, piece), RESP_BROKEN);
        assert_string_equal(parser.error, error);
        free(memory);
    }
}

static void test_array_at_every_split(void **state)
{
    static const char text[] = "*3\r\n$3\r\nSET\r\n$2\r\nV5\r\n$4\r\n\r\n\0x\r\n";
    size_t len = sizeof(text) - 1;

    (void)state;
    for (size_t piece = 1; piece <= len; piece++) {
        struct resp_parser parser = {0};
        uint8_t *memory = NULL;
        assert_int_equal(feed(&parser, &memory, text, len, piece), RESP_COMMAND);
        assert_int_equal(command.bytes, len);
        assert_int_equal(command.count, 3);
        assert_arg(0, "SET", 3);
        assert_arg(1, "V5", 2);
        assert_arg(2, "\r\n\0x", 4);
        free(memory);
    }
}

static void test_every_prefix_wants_more(void **state)
{
    static const char text[] = "*2\r\n$4\r\nECHO\r\n$11\r\nhello world\r\n";

    (void)state;
    for (size_t len = 0; len < sizeof(text) - 1; len++) {
        struct resp_parser parser = {0};
        uint8_t *memory = malloc(len + 1);
        memcpy(memory, text, len);
        assert_int_equal(resp_parse(&parser, memory, len, &command), RESP_MORE);
        free(memory);
    }
}

static void test_pipeline_is_cut_into_commands(void **state)
{
    char text[] = "*1\r\n$4\r\nPING\r\nGET V5\r\n\r\n*0\r\n*-1\r\nPING x\n*2\r\n$3\r\nGET\r\n";
    uint8_t *data = (uint8_t *)text;
    size_t len = sizeof(text) - 1;
    static const size_t counts[] = {1, 2, 0, 0, 0, 2};
    struct resp_parser parser = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        assert_int_equal(resp_parse(&parser, data, len, &command), RESP_COMMAND);
        assert_int_equal(command.count, counts[i]);
        data += command.bytes;
        len -= command.bytes;
    }
    assert_int_equal(resp_parse(&parser, data, len, &command), RESP_MORE);
}

static void test_tiny_reads_do_not_parse_again(void **state)
{
    struct resp_parser parser = {0};
    uint8_t data[] = "*3\r\n$3\r\nSET\r\n";

    (void)state;
    /* Two more arguments have at least six bytes each. */
    assert_int_equal(resp_parse(&parser, data, sizeof(data) - 1, &command), RESP_MORE);
    assert_int_equal(parser.need, sizeof(data) - 1 + 12);
}

static void test_limits_at_their_edge(void **state)
{
    size_t bytes = 32 + RESP_BULK_MAX;
    char *text = malloc(bytes);
    struct resp_parser parser = {0};
    uint8_t *memory = NULL;

    (void)state;
    int head = sprintf(text, "*1\r\n$%d\r\n", RESP_BULK_MAX);
    memset(text + head, 'x', RESP_BULK_MAX);
    memcpy(text + head + RESP_BULK_MAX, "\r\n", 2);
    assert_int_equal(feed(&parser, &memory, text, (size_t)head + RESP_BULK_MAX + 2, 4096), RESP_COMMAND);
    assert_int_equal(command.args[0].len, RESP_BULK_MAX);
    free(memory);
    free(text);
    assert_broken("*1\r\n$65537\r\n", 12, "Protocol error: invalid bulk length (0 to 65536 bytes)");
    assert_broken("*1025\r\n", 7, "Protocol error: invalid multibulk length (at most 1024 arguments)");
}

static void test_command_as_a_whole_is_bounded(void **state)
{
    size_t chunk = 60000 + 10;
    char *text = malloc(16 + chunk * 10);
    size_t len = (size_t)sprintf(text, "*10\r\n");
    struct resp_parser parser = {0};
    uint8_t *memory = NULL;

    (void)state;
    for (int i = 0; i < 10; i++) {
        len += (size_t)sprintf(text + len, "$60000\r\n");
        memset(text + len, 'y', 60000);
        memcpy(text + len + 60000, "\r\n", 2);
        len += 60002;
    }
    assert_int_equal(feed(&parser, &memory, text, len, 65536), RESP_BROKEN);
    assert_string_equal(parser.error, "Protocol error: command over 524288 bytes");
    free(memory);
    free(text);
}

static void test_broken_arrays(void **state)
{
    (void)state;
    assert_broken("*x\r\n", 4, "Protocol error: invalid multibulk length");
    assert_broken("*\r\n", 3, "Protocol error: invalid multibulk length");
    assert_broken("*1\rx", 4, "Protocol error: invalid multibulk length");
    assert_broken("*1\r\nPING\r\n", 10, "Protocol error: expected '$', got 'P'");
    assert_broken("*1\r\n\x01ING\r\n", 10, "Protocol error: expected '$', got '\\x01'");
    assert_broken("*1\r\n$-1\r\nab\r\n", 13, "Protocol error: invalid bulk length (0 to 65536 bytes)");
    assert_broken("*1\r\n$q\r\nab\r\n", 12, "Protocol error: invalid bulk length");
    assert_broken("*1\r\n$4\r\nPINGxx\r\n", 16, "Protocol error: bulk string is not followed by CR LF");
    assert_broken("*1111111111111111111111111", 26, "Protocol error: too big mbulk count string");
    assert_broken("*1\r\n$11111111111111111111111111", 31, "Protocol error: too big bulk count string");
}

static void assert_inline(const char *line, size_t count, const char *const *words)
{
    size_t len = strlen(line);

    for (size_t piece = 1; piece <= len; piece++) {
        struct resp_parser parser = {0};
        uint8_t *memory = NULL;
        assert_int_equal(feed(&parser, &memory, line, len, piece), RESP_COMMAND);
        assert_int_equal(command.bytes, len);
        assert_words(count, words);
        free(memory);
    }
}

static void test_inline_words(void **state)
{
    (void)state;
    assert_inline("SET V5 21.5\r\n", 3, (const char *[]){"SET", "V5", "21.5"});
    assert_inline("  GET\t v5 \n", 2, (const char *[]){"GET", "v5"});
    assert_inline("\r\n", 0, NULL);
    assert_inline("   \n", 0, NULL);
    assert_inline("SET V1 \"a b\" \r\n", 3, (const char *[]){"SET", "V1", "a b"});
    assert_inline("SET V1 \"\"\r\n", 3, (const char *[]){"SET", "V1", ""});
    assert_inline("SET V1 'it\\'s' \r\n", 3, (const char *[]){"SET", "V1", "it's"});
    assert_inline("SET V1 'a\\nb'\r\n", 3, (const char *[]){"SET", "V1", "a\\nb"});
    assert_inline("x \"\\n\\r\\t\\b\\a\\\"\\\\\\q\"\r\n", 2, (const char *[]){"x", "\n\r\t\b\a\"\\q"});
    assert_inline("x \"\\x41\\x4a\\xzz\\x4\"\r\n", 2, (const char *[]){"x", "AJxzzx4"});
    /* A quote inside a word begins quoting there, as in Redis. */
    assert_inline("x ab\"c d\"\r\n", 2, (const char *[]){"x", "abc d"});
}

static void test_inline_zero_bytes(void **state)
{
    char line[] = "SET V5 \"3\\x004\" a\0b\r\n";
    struct resp_parser parser = {0};

    (void)state;
    assert_int_equal(resp_parse(&parser, (uint8_t *)line, sizeof(line) - 1, &command), RESP_COMMAND);
    assert_int_equal(command.count, 4);
    assert_arg(2, "3\0004", 3);
    assert_arg(3, "a\0b", 3);
}

static void test_inline_broken(void **state)
{
    char *text = malloc(RESP_INLINE_MAX + 2);
    char *many = malloc((RESP_ARGS_MAX + 1) * 2 + 2);

    (void)state;
    assert_broken("SET V5 \"x\r\n", 11, "Protocol error: unbalanced quotes in request");
    assert_broken("SET V5 'x\r\n", 11, "Protocol error: unbalanced quotes in request");
    assert_broken("SET V5 \"x\"y\r\n", 13, "Protocol error: unbalanced quotes in request");
    assert_broken("SET V5 \"x\\\"\r\n", 13, "Protocol error: unbalanced quotes in request");

    struct resp_parser parser = {0};
    memset(text, 'z', RESP_INLINE_MAX + 2);
    assert_int_equal(resp_parse(&parser, (uint8_t *)text, RESP_INLINE_MAX, &command), RESP_MORE);
    assert_int_equal(resp_parse(&parser, (uint8_t *)text, RESP_INLINE_MAX + 1, &command), RESP_BROKEN);
    assert_string_equal(parser.error, "Protocol error: too big inline request");

    for (size_t i = 0; i <= RESP_ARGS_MAX; i++) {
        memcpy(many + i * 2, "a ", 2);
    }
    memcpy(many + (RESP_ARGS_MAX + 1) * 2, "\r\n", 2);
    parser = (struct resp_parser){0};
    assert_int_equal(resp_parse(&parser, (uint8_t *)many, (RESP_ARGS_MAX + 1) * 2 + 2, &command),
                     RESP_BROKEN);
    assert_string_equal(parser.error, "Protocol error: more than 1024 arguments");
    free(many);
    free(text);
}

static uint32_t random_state = 2463534242U;

static uint32_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state;
}

/* Whatever comes, in whatever pieces: the result is that of all at once, and nothing outside is touched. */
static void test_random_bytes_split_anyhow(void **state)
{
    static const char alphabet[] = "*$-0123\r\n\r\nA\"'\\x ";

    (void)state;
    for (int round = 0; round < 20000; round++) {
        char text[48];
        size_t len = 1 + next_random() % sizeof(text);
        for (size_t i = 0; i < len; i++) {
            text[i] = alphabet[next_random() % (sizeof(alphabet) - 1)];
        }
        struct resp_parser whole = {0};
        uint8_t *memory = NULL;
        enum resp_status at_once = feed(&whole, &memory, text, len, len);
        size_t count = at_once == RESP_COMMAND ? command.count : 0;
        size_t bytes = at_once == RESP_COMMAND ? command.bytes : 0;
        free(memory);

        struct resp_parser split = {0};
        memory = NULL;
        enum resp_status in_pieces = feed(&split, &memory, text, len, 1 + next_random() % 5);
        if (at_once == RESP_COMMAND) {
            assert_int_equal(in_pieces, RESP_COMMAND);
            assert_int_equal(command.count, count);
            assert_int_equal(command.bytes, bytes);
        } else if (at_once == RESP_BROKEN) {
            assert_int_not_equal(in_pieces, RESP_COMMAND);
        }
        free(memory);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_array_at_every_split),
        cmocka_unit_test(test_every_prefix_wants_more),
        cmocka_unit_test(test_pipeline_is_cut_into_commands),
        cmocka_unit_test(test_tiny_reads_do_not_parse_again),
        cmocka_unit_test(test_limits_at_their_edge),
        cmocka_unit_test(test_command_as_a_whole_is_bounded),
        cmocka_unit_test(test_broken_arrays),
        cmocka_unit_test(test_inline_words),
        cmocka_unit_test(test_inline_zero_bytes),
        cmocka_unit_test(test_inline_broken),
        cmocka_unit_test(test_random_bytes_split_anyhow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
