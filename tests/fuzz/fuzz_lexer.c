/*
 * Any bytes, in any pieces: the lexer must give the same tokens whole and split, keep its promises about each token
 * and account for every byte. The first two bytes choose the table and how the input is cut.
 */
#include "blynkd/at/lexer.h"
#include "blynkd/base/buf.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const struct at_announce mux[] = {{"+CIPRCV:%l,%n,"}, {"+CIPRCV,%l,%n:"},         {"+IPD,%l,%n,%*:"},
                                         {"+IPD,%l,%n:"},    {"+CIPRXGET:2,%l,%n,%r\n"}, {NULL}};
static const struct at_announce single[] = {{"+CIPRCV:%n,"},       {"+QIRD:%n\n"}, {"+QIRD:%*,TCP,%n\n"},
                                            {"+RECEIVE,%l,%n:\n"}, {"A%n,"},       {NULL}};
static const struct at_announce *const tables[] = {mux, single, NULL, mux};

struct reader {
    struct at_lexer lexer;
    bool prompts; /* one is awaited again after every line */
    size_t offset;
    size_t total;
    struct buf out;
};

static void note(struct reader *reader, const void *data, size_t len)
{
    if (buf_append(&reader->out, data, len) < 0) {
        abort();
    }
}

static void on_payload(struct reader *reader, const struct at_token *token)
{
    if (token->offset == 0) {
        long numbers[4] = {token->form, token->link, token->rest, (long)token->total};
        assert(reader->offset == reader->total); /* the last one was complete */
        assert(token->text && token->total <= AT_PAYLOAD_MAX && token->link >= -1 && token->rest >= -1);
        note(reader, "D", 1);
        note(reader, numbers, sizeof(numbers));
        note(reader, token->text, strlen(token->text));
        reader->offset = 0;
        reader->total = token->total;
    }
    assert(token->offset == reader->offset && token->total == reader->total);
    assert(token->len > 0 || token->total == 0);
    note(reader, token->data, token->len);
    reader->offset += token->len;
    assert(reader->offset <= reader->total);
    assert(at_lexer_in_payload(&reader->lexer) == (reader->offset < reader->total));
}

static void on_token(struct reader *reader, const struct at_token *token)
{
    switch (token->type) {
    case AT_TOKEN_LINE:
        assert(token->len > 0 && token->len <= AT_LINE_MAX && token->text[token->len] == '\0');
        assert(!memchr(token->text, '\n', token->len) && !memchr(token->text, '\r', token->len));
        assert(!token->cut || token->len == AT_LINE_MAX);
        note(reader, token->cut ? "C" : "L", 1);
        note(reader, token->text, token->len + 1);
        at_lexer_await_prompt(&reader->lexer, reader->prompts);
        break;
    case AT_TOKEN_PROMPT:
        assert(reader->prompts);
        note(reader, "P", 1);
        break;
    case AT_TOKEN_PAYLOAD:
        on_payload(reader, token);
        break;
    }
}

static void read_piece(struct reader *reader, const uint8_t *data, size_t len)
{
    uint8_t *copy = malloc(len + !len); /* of just this size, so that reading beyond it is seen */
    const uint8_t *at = copy;
    struct at_token token;

    memcpy(copy, data, len);
    while (at_lexer_next(&reader->lexer, &at, &len, &token)) {
        on_token(reader, &token);
    }
    assert(len == 0);
    free(copy);
}

static void reader_start(struct reader *reader, uint8_t how)
{
    memset(reader, 0, sizeof(*reader));
    reader->prompts = how & 4;
    buf_init(&reader->out, (size_t)16 << 20);
    at_lexer_init(&reader->lexer);
    at_lexer_set_announces(&reader->lexer, tables[how & 3]);
    at_lexer_await_prompt(&reader->lexer, reader->prompts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader whole;
    struct reader split;

    if (size < 2) {
        return 0;
    }
    reader_start(&whole, data[0]);
    reader_start(&split, data[0]);
    uint32_t random = data[1];
    data += 2;
    size -= 2;
    read_piece(&whole, data, size);
    for (size_t at = 0; at < size;) {
        random = random * 1664525U + 1013904223U; /* Numerical Recipes' generator: the pieces must repeat */
        size_t piece = 1 + (random >> 24) % 9;
        piece = piece < size - at ? piece : size - at;
        read_piece(&split, data + at, piece);
        at += piece;
    }
    assert(buf_len(&whole.out) == buf_len(&split.out));
    assert(memcmp(buf_bytes(&whole.out), buf_bytes(&split.out), buf_len(&whole.out)) == 0);
    assert(at_lexer_in_line(&whole.lexer) == at_lexer_in_line(&split.lexer));
    buf_free(&whole.out);
    buf_free(&split.out);
    return 0;
}
