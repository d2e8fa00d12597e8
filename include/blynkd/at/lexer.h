/*
 * Bytes from a modem become lines, prompts and counted payload. Pure and resumable: any split of the input gives
 * the same tokens. TCP data may contain anything, "\r\nOK\r\n" too, so payload is only ever read by count; what
 * announces a payload, and whether a prompt is awaited now, the user tells. Never searches inside payload,
 * never grows: a line longer than AT_LINE_MAX is cut (and marked).
 */
#ifndef BLYNKD_AT_LEXER_H
#define BLYNKD_AT_LEXER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AT_LINE_MAX      1024  /* bytes kept of one line */
#define AT_PAYLOAD_MAX   65535 /* a larger announced count is not believed and stays a line */
#define AT_ANNOUNCES_MAX 16    /* forms in one table */

/*
 * The form of a line that announces payload. Matched at the beginning of a line only (also right after a
 * payload: URCs can be glued). In `form`:
 *   %l link id, %n byte count, %r another number that is remembered as `rest`, %* any text up to the character
 *   that follows it in the form, and then as the last character what stands between the announcement and the
 *   first payload byte: ',', ':', '"' or '\n' (the end of the line, an optional '\r' before it). All else is
 *   itself; blanks after ':' and ',' in the input are skipped, except after that last character, where the
 *   payload begins at once. Without %l the link is -1, without %r the rest is -1.
 * Examples: "+CIPRCV:%l,%n,"  "+CIPRCV,%l,%n:"  "+CIPRXGET:2,%l,%n,%r\n"  "+RECEIVE,%l,%n:\n"  "+QIRD:%n\n"
 *   "+IPD,%l,%n,%*:"
 * Whether a module speaks with link ids must be known by the table: "+CIPRCV:4,12,x" can be read both ways
 * (facts/modems-aithinker-m590-esp8266.md, 2.11), so the single and the multi form never stand in one table.
 */
struct at_announce {
    const char *form;
};

enum at_token_type {
    AT_TOKEN_LINE,   /* text, len: without line end; never empty */
    AT_TOKEN_PROMPT, /* '>' or '@' at the beginning of a line while a prompt was awaited; awaited no longer */
    AT_TOKEN_PAYLOAD, /* a piece of payload: data, len, and where in the whole it stands */
};

struct at_token {
    enum at_token_type type;
    const char *text;    /* LINE: zero-terminated copy, valid until the next call; may hold other zeros.
                            PAYLOAD: the announcement with the first piece (for the trace), then NULL */
    const uint8_t *data; /* PAYLOAD: points into the input */
    size_t len;
    bool cut; /* LINE: was longer than AT_LINE_MAX */
    int form; /* PAYLOAD: index in the announce table */
    long link;
    long rest;
    size_t total;  /* PAYLOAD: announced count (a piece with total 0 is possible: nothing there) */
    size_t offset; /* PAYLOAD: bytes of it delivered before this piece */
};

/* How far one form has matched the line that is being read. */
struct at_progress {
    const char *at; /* what of the form comes next */
    long numbers[3];
    uint8_t digits;  /* of the number being read */
    bool after_sign; /* blanks are skipped now */
};

/* Private, but embedded by its user. */
struct at_lexer {
    const struct at_announce *announces; /* table ended by form == NULL; may be NULL */
    uint32_t
        alive; /* a bit for every form of the table (as it was when the line began) that it may still be */
    struct at_progress progress[AT_ANNOUNCES_MAX];
    bool ended_by_cr; /* '\r' came and a form that ends in '\n' is still possible: the next byte decides */
    bool prompt_awaited;
    bool after_prompt; /* one blank after '>' is swallowed */
    char line[AT_LINE_MAX + 1];
    size_t line_len;
    bool line_cut;
    int form; /* payload in progress */
    long link;
    long rest;
    size_t total;
    size_t left;
};

void at_lexer_init(struct at_lexer *lexer);

/* What announces payload from now on; takes effect with the next line. The table must live on. */
void at_lexer_set_announces(struct at_lexer *lexer, const struct at_announce *announces);
void at_lexer_await_prompt(struct at_lexer *lexer, bool awaited);

/*
 * Takes bytes from *data (advancing it and *len) up to the end of the next token. True: `token` is filled.
 * False: all input is used up and more is needed.
 */
bool at_lexer_next(struct at_lexer *lexer, const uint8_t **data, size_t *len, struct at_token *token);

/* True inside a payload: `left` bytes are still to come. */
bool at_lexer_in_payload(const struct at_lexer *lexer);

/* True when bytes of an unfinished line wait. */
bool at_lexer_in_line(const struct at_lexer *lexer);

/* Gives up a payload or a half line and starts at the beginning of a line. */
void at_lexer_reset(struct at_lexer *lexer);

/* NULL if the form is well formed, else what is wrong with it. */
const char *at_announce_check(const char *form);

#endif
