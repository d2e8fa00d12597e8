#include "blynkd/at/lexer.h"
#include "blynkd/base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#define TEXT(literal) (literal), sizeof(literal) - 1

/* What the modules of the fact sheets announce payload with. */
static const struct at_announce announces_mux[] = {
    {"+CIPRCV:%l,%n,"},
    {"+CIPRCV,%l,%n:"},
    {"+CIPRXGET:2,%l,%n,%r\n"},
    {"+RECEIVE,%l,%n:\n"},
    {"+TCPRECV:%l,%n,"},
    {"+IPD,%l,%n:"},
    {"+QIURC:\"recv\",%l,%n\n"},
    {"+QIRD:%n\n"},
    {"+QIRD:%*,TCP,%n\n"},
    {"+CARECV:%n,"},
    {NULL},
};
static const struct at_announce announces_single[] = {{"+CIPRCV:%n,"}, {"+CIPRCV,%n:"}, {NULL}};

/* ---- tokens as text: [line] > {form link rest total:payload} ---- */

struct reader {
    struct at_lexer lexer;
    struct buf out;
    size_t expected_offset;
};

static void add(struct buf *out, const void *data, size_t len)
{
    assert_int_equal(buf_append(out, data, len), 0);
}

static void on_payload(struct reader *reader, const struct at_token *token)
{
    if (token->offset == 0) {
        assert_non_null(token->text);
        assert_int_equal(
            buf_printf(&reader->out, "{%d %ld %ld %zu:", token->form, token->link, token->rest, token->total),
            0);
        reader->expected_offset = 0;
    }
    assert_int_equal(token->offset, reader->expected_offset);
    assert_true(token->len <= token->total - token->offset);
    add(&reader->out, token->data, token->len);
    reader->expected_offset += token->len;
    if (reader->expected_offset == token->total) {
        add(&reader->out, TEXT("}"));
    }
}

static void on_token(struct reader *reader, const struct at_token *token)
{
    switch (token->type) {
    case AT_TOKEN_LINE:
        assert_true(token->len > 0 && token->len <= AT_LINE_MAX);
        assert_int_equal(token->text[token->len], 0);
        add(&reader->out, TEXT("["));
        add(&reader->out, token->text, token->len);
        add(&reader->out, token->cut ? "...]" : "]", token->cut ? 4 : 1);
        break;
    case AT_TOKEN_PROMPT:
        add(&reader->out, TEXT(">"));
        break;
    case AT_TOKEN_PAYLOAD:
        on_payload(reader, token);
        break;
    }
}

/* Through an allocation of just this size, so that ASan sees a byte read beyond it. */
static void read_piece(struct reader *reader, const void *data, size_t len)
{
    uint8_t *copy = malloc(len ? len : 1);
    const uint8_t *at = copy;
    struct at_token token;

    assert_non_null(copy);
    memcpy(copy, data, len);
    while (at_lexer_next(&reader->lexer, &at, &len, &token)) {
        on_token(reader, &token);
    }
    assert_int_equal(len, 0);
    free(copy);
}

static void reader_start(struct reader *reader, const struct at_announce *announces, bool prompt)
{
    at_lexer_init(&reader->lexer);
    at_lexer_set_announces(&reader->lexer, announces);
    at_lexer_await_prompt(&reader->lexer, prompt);
    buf_init(&reader->out, 1 << 20);
    reader->expected_offset = 0;
}

static void expect(struct reader *reader, const char *tokens, size_t len)
{
    if (buf_len(&reader->out) != len || memcmp(buf_bytes(&reader->out), tokens, len) != 0) {
        print_error("expected %.*s\nread     %.*s\n", (int)len, tokens, (int)buf_len(&reader->out),
                    (const char *)buf_bytes(&reader->out));
        fail();
    }
    buf_free(&reader->out);
}

struct stream {
    const struct at_announce *announces;
    bool prompt;
    const char *bytes;
    size_t len;
    const char *tokens;
    size_t tokens_len;
};

static void read_whole(const struct stream *stream)
{
    struct reader reader;

    reader_start(&reader, stream->announces, stream->prompt);
    read_piece(&reader, stream->bytes, stream->len);
    expect(&reader, stream->tokens, stream->tokens_len);
}

static void read_in_two(const struct stream *stream, size_t cut)
{
    struct reader reader;

    reader_start(&reader, stream->announces, stream->prompt);
    read_piece(&reader, stream->bytes, cut);
    read_piece(&reader, stream->bytes + cut, stream->len - cut);
    expect(&reader, stream->tokens, stream->tokens_len);
}

static void read_in_pieces(const struct stream *stream, size_t piece)
{
    struct reader reader;

    reader_start(&reader, stream->announces, stream->prompt);
    for (size_t at = 0; at < stream->len; at += piece) {
        read_piece(&reader, stream->bytes + at, stream->len - at < piece ? stream->len - at : piece);
    }
    expect(&reader, stream->tokens, stream->tokens_len);
}

/* Whole, cut in two at every byte, and in pieces of every size up to nine. */
static void check_all_splits(const struct stream *streams, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        read_whole(&streams[i]);
        for (size_t cut = 0; cut <= streams[i].len; cut++) {
            read_in_two(&streams[i], cut);
        }
        for (size_t piece = 1; piece < 10; piece++) {
            read_in_pieces(&streams[i], piece);
        }
    }
}

#define CHECK(streams) check_all_splits(streams, sizeof(streams) / sizeof((streams)[0]))

/* ---- lines ---- */

static void lines_end_at_cr_and_lf(void **state)
{
    static const struct stream streams[] = {
        {NULL, false, TEXT("\r\nOK\r\n"), TEXT("[OK]")},
        {NULL, false, TEXT("AT\r\r\nOK\r\n"), TEXT("[AT][OK]")},
        {NULL, false, TEXT("\r\n\r\n+CSQ: 31,99\r\n\r\n\r\nOK\r\n"), TEXT("[+CSQ: 31,99][OK]")},
        {NULL, false, TEXT("UNDER-VOLTAGE WARNNING\nOK\n"), TEXT("[UNDER-VOLTAGE WARNNING][OK]")},
        {NULL, false, TEXT("0\r"), TEXT("[0]")},
        {NULL, false, TEXT("half"), TEXT("")},
        {NULL, false, TEXT(""), TEXT("")},
        {NULL, false, TEXT("\r\n\r\n\n\n\r\r"), TEXT("")},
    };

    (void)state;
    CHECK(streams);
}

static void any_byte_may_stand_in_a_line(void **state)
{
    static const struct stream streams[] = {
        {NULL, false, TEXT("\xFF\x00y\r\nInit...\r\n"), TEXT("[\xFF\x00y][Init...]")},
        {NULL, false, TEXT("\x80\xC8\x7F\x1B\r\n"), TEXT("[\x80\xC8\x7F\x1B]")},
        {announces_mux, false, TEXT("\x00\x49\xFF\r\nRDY\r\n"), TEXT("[\x00\x49\xFF][RDY]")},
    };

    (void)state;
    CHECK(streams);
}

static void a_long_line_is_cut_and_marked(void **state)
{
    char bytes[AT_LINE_MAX + 3];
    char tokens[AT_LINE_MAX + 6];
    struct reader reader;

    (void)state;
    memset(bytes, 'x', sizeof(bytes));
    bytes[AT_LINE_MAX] = '\n';
    tokens[0] = '[';
    memset(tokens + 1, 'x', AT_LINE_MAX);
    tokens[AT_LINE_MAX + 1] = ']';
    reader_start(&reader, NULL, false);
    read_piece(&reader, bytes, AT_LINE_MAX + 1);
    expect(&reader, tokens, AT_LINE_MAX + 2);

    bytes[AT_LINE_MAX] = 'x';
    memcpy(bytes + AT_LINE_MAX + 1, "\r\n", 2);
    memcpy(tokens + AT_LINE_MAX + 1, "...]", 4);
    reader_start(&reader, announces_mux, false);
    read_piece(&reader, bytes, AT_LINE_MAX + 3);
    read_piece(&reader, TEXT("OK\r"));
    size_t used = AT_LINE_MAX + 5;
    char more[AT_LINE_MAX + 16];
    memcpy(more, tokens, used);
    memcpy(more + used, "[OK]", 4);
    expect(&reader, more, used + 4);
}

/* ---- the prompt ---- */

static void a_prompt_is_one_only_when_awaited_and_at_line_start(void **state)
{
    static const struct stream streams[] = {
        {NULL, true, TEXT("\r\n>"), TEXT(">")},
        {NULL, true, TEXT("\r\n> "), TEXT(">")},
        {NULL, true, TEXT("\r\n> \r\nOK\r\n"), TEXT(">[OK]")},
        {NULL, true, TEXT(">OK\r\n"), TEXT(">[OK]")},
        {NULL, true, TEXT(">  OK\r\n"), TEXT(">[ OK]")},
        {NULL, true, TEXT("AT+CIPSEND=0,5\r\r\n> \r\nOK\r\n"), TEXT("[AT+CIPSEND=0,5]>[OK]")},
        {NULL, true, TEXT("a>b\r\n>"), TEXT("[a>b]>")},
        {NULL, true, TEXT(">>\r\n"), TEXT(">[>]")},
        {NULL, false, TEXT("\r\n> \r\n"), TEXT("[> ]")},
        {announces_mux, true, TEXT("\r\n+CIPRCV:0,1,>\r\n>+CIPRCV:0,2,> OK\r\n"),
         TEXT("{0 0 -1 1:>}>{0 0 -1 2:> }[OK]")},
    };

    (void)state;
    CHECK(streams);
}

static void a_prompt_is_told_without_waiting_for_its_blank(void **state)
{
    struct at_lexer lexer;
    struct at_token token;
    const uint8_t *at = (const uint8_t *)"\r\n>";
    size_t len = 3;

    (void)state;
    at_lexer_init(&lexer);
    at_lexer_await_prompt(&lexer, true);
    assert_true(at_lexer_next(&lexer, &at, &len, &token));
    assert_int_equal(token.type, AT_TOKEN_PROMPT);
    assert_false(at_lexer_in_line(&lexer));
}

/* ---- payload ---- */

/* The golden streams of facts/modems-aithinker-m590-esp8266.md, section 6, and the forms of the other sheets. */
static void payload_is_read_by_count_only(void **state)
{
    static const struct stream streams[] = {
        {announces_mux, false, TEXT("\r\n+CIPRCV:0,5,\x00\x00\x01\x00\xC8"),
         TEXT("{0 0 -1 5:\x00\x00\x01\x00\xC8}")},
        {announces_mux, false, TEXT("\r\n+CIPRCV,0,5:\x00\x00\x01\x00\xC8\r\n\r\nOK\r\n"),
         TEXT("{1 0 -1 5:\x00\x00\x01\x00\xC8}[OK]")},
        {announces_mux, false, TEXT("\r\n+CIPRCV:0,7,\x13\x0D\x0A\x00\x01\x0D\x0A\r\n+CREG: 1\r\n"),
         TEXT("{0 0 -1 7:\x13\x0D\x0A\x00\x01\x0D\x0A}[+CREG: 1]")},
        {announces_mux, false, TEXT("+CIPRCV:0,6,\r\nOK\r\n"), TEXT("{0 0 -1 6:\r\nOK\r\n}")},
        {announces_mux, false, TEXT("+CIPRCV:0,16,\r\n+TCPCLOSED:0\r\n+TCPCLOSED:0\r\n"),
         TEXT("{0 0 -1 16:\r\n+TCPCLOSED:0\r\n}[+TCPCLOSED:0]")},
        {announces_mux, false, TEXT("+CIPRCV:0,15,+CIPRCV:0,3,abc+CIPRCV:1,2,OK"),
         TEXT("{0 0 -1 15:+CIPRCV:0,3,abc}{0 1 -1 2:OK}")},
        {announces_mux, false, TEXT("+CIPRCV:0,1,X+CIPRCV:0,2,YZ+TCPCLOSED:0\r\n"),
         TEXT("{0 0 -1 1:X}{0 0 -1 2:YZ}[+TCPCLOSED:0]")},
        {announces_mux, false, TEXT("\r\n+CIPRXGET: 2, 0, 4, 17\r\n\r\n\r\n\r\nOK\r\n"),
         TEXT("{2 0 17 4:\r\n\r\n}[OK]")},
        {announces_mux, false, TEXT("\r\n+CIPRXGET: 2,0,3,0\n\n\n\n\r\nOK\r\n"),
         TEXT("{2 0 0 3:\n\n\n}[OK]")},
        {announces_mux, false, TEXT("\r\n+CIPRXGET: 1,0\r\n\r\n+CIPRXGET: 4,0,9\r\n"),
         TEXT("[+CIPRXGET: 1,0][+CIPRXGET: 4,0,9]")},
        {announces_mux, false, TEXT("\r\n+RECEIVE,0,3:\r\n\r\nx"), TEXT("{3 0 -1 3:\r\nx}")},
        {announces_mux, false, TEXT("\r\n+TCPRECV:1,5,hello\r\n"), TEXT("{4 1 -1 5:hello}")},
        {announces_mux, false, TEXT("\r\n+IPD,0,100\r\n\r\n+IPD,4,5:hello0,CLOSED\r\n"),
         TEXT("[+IPD,0,100]{5 4 -1 5:hello}[0,CLOSED]")},
        {announces_mux, false, TEXT("\r\n+QIURC: \"recv\",0,4\r\ntest\r\n+QIURC: \"recv\",0\r\n"),
         TEXT("{6 0 -1 4:test}[+QIURC: \"recv\",0]")},
        {announces_mux, false, TEXT("\r\n+QIRD: 5\r\ntest1\r\n\r\nOK\r\n"), TEXT("{7 -1 -1 5:test1}[OK]")},
        {announces_mux, false, TEXT("\r\n+QIRD: 116.247.104.27:6021,TCP,5\r\nAbcde\r\nOK\r\n"),
         TEXT("{8 -1 -1 5:Abcde}[OK]")},
        {announces_mux, false, TEXT("\r\n+CARECV: 2,ab\r\nOK\r\n"), TEXT("{9 -1 -1 2:ab}[OK]")},
    };

    (void)state;
    CHECK(streams);
}

static void nothing_announced_is_a_piece_too(void **state)
{
    static const struct stream streams[] = {
        {announces_mux, false, TEXT("\r\n+QIRD: 0\r\n\r\nOK\r\n"), TEXT("{7 -1 -1 0:}[OK]")},
        {announces_mux, false, TEXT("\r\n+CIPRXGET: 2,0,0,0\r\n\r\nOK\r\n"), TEXT("{2 0 0 0:}[OK]")},
        {announces_mux, false, TEXT("+CIPRCV:0,0,+CIPRCV:0,1,x"), TEXT("{0 0 -1 0:}{0 0 -1 1:x}")},
    };

    (void)state;
    CHECK(streams);
}

static void what_is_not_quite_an_announcement_is_a_line(void **state)
{
    static const struct stream streams[] = {
        {announces_mux, false, TEXT("+CIPRCV:0,65536,x\r\n"), TEXT("[+CIPRCV:0,65536,x]")},
        {announces_mux, false, TEXT("+CIPRCV:99999999999999999999,1,x\r\n"),
         TEXT("[+CIPRCV:99999999999999999999,1,x]")},
        {announces_mux, false, TEXT("+CIPRCV:,1,x\r\n"), TEXT("[+CIPRCV:,1,x]")},
        {announces_mux, false, TEXT("+CIPRCV:-1,1,x\r\n"), TEXT("[+CIPRCV:-1,1,x]")},
        {announces_mux, false, TEXT("+CIPRCV:0,5\r\nhello\r\n"), TEXT("[+CIPRCV:0,5][hello]")},
        {announces_mux, false, TEXT("y+CIPRCV:0,1,x\r\n"), TEXT("[y+CIPRCV:0,1,x]")},
        {announces_mux, false, TEXT("+CIPRXGET:2,0,3,0\rabc\r\n"), TEXT("[+CIPRXGET:2,0,3,0][abc]")},
        {announces_mux, false, TEXT("+QIRD: 5,5,0\r\n\r\nOK\r\n"), TEXT("[+QIRD: 5,5,0][OK]")},
        {announces_mux, false, TEXT("+QIRD: 1\r\r\nOK\r\n"), TEXT("[+QIRD: 1][OK]")},
    };

    (void)state;
    CHECK(streams);
}

/* "+CIPRCV:4,12,x" reads both ways; the table that the user set decides, never a guess. */
static void the_table_decides_between_single_and_mux(void **state)
{
    static const struct stream streams[] = {
        {announces_single, false, TEXT("\r\n+CIPRCV:4,12,x\r\n"), TEXT("{0 -1 -1 4:12,x}")},
        {announces_mux, false, TEXT("\r\n+CIPRCV:4,12,xxxxxxxxxxxx\r\n"), TEXT("{0 4 -1 12:xxxxxxxxxxxx}")},
        {announces_single, false, TEXT("\r\n+CIPRCV,3:a:b\r\n"), TEXT("{1 -1 -1 3:a:b}")},
    };

    (void)state;
    CHECK(streams);
}

static void blanks_after_a_sign_are_skipped_but_never_those_of_the_payload(void **state)
{
    static const struct stream streams[] = {
        {announces_mux, false, TEXT("+CIPRCV: 0,  2,  OK\r\n"), TEXT("{0 0 -1 2:  }[OK]")},
        {announces_mux, false, TEXT("+CIPRCV,0,2:  OK\r\n"), TEXT("{1 0 -1 2:  }[OK]")},
    };

    (void)state;
    CHECK(streams);
}

static void the_first_piece_brings_the_announcement(void **state)
{
    struct at_lexer lexer;
    struct at_token token;
    const uint8_t *at = (const uint8_t *)"+CIPRCV: 0,3,abc";
    size_t len = 15;

    (void)state;
    at_lexer_init(&lexer);
    at_lexer_set_announces(&lexer, announces_mux);
    assert_true(at_lexer_next(&lexer, &at, &len, &token));
    assert_string_equal(token.text, "+CIPRCV: 0,3,");
    assert_int_equal(token.len, 2);
    assert_true(at_lexer_in_payload(&lexer));
    len = 1;
    assert_true(at_lexer_next(&lexer, &at, &len, &token));
    assert_null(token.text);
    assert_int_equal(token.offset, 2);
    assert_false(at_lexer_in_payload(&lexer));
}

/* ---- control ---- */

static void a_new_table_counts_from_the_next_line(void **state)
{
    struct reader reader;

    (void)state;
    reader_start(&reader, announces_mux, false);
    read_piece(&reader, TEXT("+CIPRCV:0,"));
    at_lexer_set_announces(&reader.lexer, announces_single);
    read_piece(&reader, TEXT("2,ab+CIPRCV:2,cd"));
    at_lexer_set_announces(&reader.lexer, NULL);
    read_piece(&reader, TEXT("+CIPRCV:2,ef\r\n"));
    expect(&reader, TEXT("{0 0 -1 2:ab}{0 -1 -1 2:cd}[+CIPRCV:2,ef]"));
}

static void a_reset_gives_up_payload_and_half_a_line(void **state)
{
    struct reader reader;

    (void)state;
    reader_start(&reader, announces_mux, false);
    read_piece(&reader, TEXT("+CIPRCV:0,9,ab"));
    assert_true(at_lexer_in_payload(&reader.lexer));
    at_lexer_reset(&reader.lexer);
    assert_false(at_lexer_in_payload(&reader.lexer));
    read_piece(&reader, TEXT("OK\r\nhal"));
    assert_true(at_lexer_in_line(&reader.lexer));
    at_lexer_reset(&reader.lexer);
    read_piece(&reader, TEXT("+CIPRCV:0,1,x+CIPRXGET:2,0,1,0\r"));
    at_lexer_reset(&reader.lexer);
    read_piece(&reader, TEXT("\nOK\r\n"));
    expect(&reader, TEXT("{0 0 -1 9:ab[OK]{0 0 -1 1:x}[OK]"));
}

static void forms_are_checked(void **state)
{
    static const char *const good[] = {"+CIPRCV:%l,%n,", "+CIPRXGET:2,%l,%n,%r\n", "+RECEIVE,%l,%n:\n",
                                       "+QIRD: %*,TCP,%n\n", "A%n:"};
    static const char *const bad[] = {
        "",         "+A:%l,",   "%n,",     "+A:%n", "+A:%n,%n,",    "+A:%l%n,", "+A:%x,%n,", "+A:%n\r\n",
        "+A:%n\n:", "+A:%n 5,", "+A:%n5,", ">%n,",  "+A:%l,%l,%n,", "+A,%n,%",  "+A:%*%n,",  "\n%n,",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_null(at_announce_check(good[i]));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (!at_announce_check(bad[i])) {
            fail_msg("passed as a good form: %s", bad[i]);
        }
    }
    assert_non_null(at_announce_check(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_end_at_cr_and_lf),
        cmocka_unit_test(any_byte_may_stand_in_a_line),
        cmocka_unit_test(a_long_line_is_cut_and_marked),
        cmocka_unit_test(a_prompt_is_one_only_when_awaited_and_at_line_start),
        cmocka_unit_test(a_prompt_is_told_without_waiting_for_its_blank),
        cmocka_unit_test(payload_is_read_by_count_only),
        cmocka_unit_test(nothing_announced_is_a_piece_too),
        cmocka_unit_test(what_is_not_quite_an_announcement_is_a_line),
        cmocka_unit_test(the_table_decides_between_single_and_mux),
        cmocka_unit_test(blanks_after_a_sign_are_skipped_but_never_those_of_the_payload),
        cmocka_unit_test(the_first_piece_brings_the_announcement),
        cmocka_unit_test(a_new_table_counts_from_the_next_line),
        cmocka_unit_test(a_reset_gives_up_payload_and_half_a_line),
        cmocka_unit_test(forms_are_checked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
