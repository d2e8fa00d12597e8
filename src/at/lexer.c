#include "blynkd/at/lexer.h"

#include <assert.h>
#include <string.h>

/* A count or an id of more digits is no count or id: the line is text (and a long cannot overflow). */
#define NUMBER_DIGITS_MAX 9

enum { NUMBER_LINK, NUMBER_COUNT, NUMBER_REST };

enum step {
    STEP_DEAD,   /* the line is not of this form */
    STEP_ALIVE,  /* so far it is */
    STEP_AT_CR,  /* complete but for the '\n' that must be the next byte */
    STEP_BEGINS, /* complete: the next byte is the first of the payload */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_sign(char c)
{
    return c == ':' || c == ',';
}

static bool is_line_end(char c)
{
    return c == '\r' || c == '\n';
}

/* ---- one form against one byte ---- */

static long *number_of(struct at_progress *progress, char letter)
{
    switch (letter) {
    case 'l':
        return &progress->numbers[NUMBER_LINK];
    case 'n':
        return &progress->numbers[NUMBER_COUNT];
    case 'r':
        return &progress->numbers[NUMBER_REST];
    default:
        return NULL;
    }
}

static enum step step_letter(struct at_progress *progress, char c)
{
    char expected = *progress->at;

    if (expected == '\n') {
        return c == '\n' ? STEP_BEGINS : c == '\r' ? STEP_AT_CR : STEP_DEAD;
    }
    if (is_blank(c) && progress->after_sign) {
        return STEP_ALIVE;
    }
    if (c != expected) {
        return STEP_DEAD;
    }
    progress->at++;
    progress->after_sign = is_sign(c);
    while (progress->after_sign && is_blank(*progress->at)) {
        progress->at++;
    }
    return *progress->at ? STEP_ALIVE : STEP_BEGINS;
}

/* What follows "%l" in the form takes the first byte that is no digit. */
static enum step step_number(struct at_progress *progress, long *number, char c)
{
    if (is_digit(c)) {
        if (progress->digits == NUMBER_DIGITS_MAX) {
            return STEP_DEAD;
        }
        *number = (progress->digits++ ? *number * 10 : 0) + (c - '0');
        return progress->numbers[NUMBER_COUNT] > AT_PAYLOAD_MAX ? STEP_DEAD : STEP_ALIVE;
    }
    if (progress->digits == 0) {
        return is_blank(c) && progress->after_sign ? STEP_ALIVE : STEP_DEAD;
    }
    progress->at += 2;
    progress->digits = 0;
    progress->after_sign = false;
    return step_letter(progress, c);
}

static enum step step_any_text(struct at_progress *progress, char c)
{
    char stop = progress->at[2];

    if (c == stop || (stop == '\n' && c == '\r')) {
        progress->at += 2;
        return step_letter(progress, c);
    }
    return is_line_end(c) ? STEP_DEAD : STEP_ALIVE;
}

static enum step step_form(struct at_progress *progress, char c)
{
    if (*progress->at != '%') {
        return step_letter(progress, c);
    }
    long *number = number_of(progress, progress->at[1]);
    return number ? step_number(progress, number, c) : step_any_text(progress, c);
}

/* ---- all forms against one line ---- */

static void start_forms(struct at_lexer *lexer)
{
    lexer->alive = 0;
    for (unsigned i = 0; lexer->announces && lexer->announces[i].form; i++) {
        lexer->progress[i] = (struct at_progress){.at = lexer->announces[i].form, .numbers = {-1, -1, -1}};
        lexer->alive |= 1U << i;
    }
}

static void begin_payload(struct at_lexer *lexer, int form)
{
    const long *numbers = lexer->progress[form].numbers;

    assert(numbers[NUMBER_COUNT] >= 0 && numbers[NUMBER_COUNT] <= AT_PAYLOAD_MAX);
    lexer->form = form;
    lexer->link = numbers[NUMBER_LINK];
    lexer->rest = numbers[NUMBER_REST];
    lexer->total = (size_t)numbers[NUMBER_COUNT];
    lexer->left = lexer->total;
    lexer->alive = 0;
    lexer->ended_by_cr = false;
}

/* True if the payload begins after this byte. The first form of the table wins. */
static bool step_forms(struct at_lexer *lexer, char c)
{
    uint32_t at_cr = 0;

    for (unsigned i = 0; lexer->alive >> i; i++) {
        if (!(lexer->alive & 1U << i)) {
            continue;
        }
        switch (step_form(&lexer->progress[i], c)) {
        case STEP_DEAD:
            lexer->alive &= ~(1U << i);
            break;
        case STEP_ALIVE:
            break;
        case STEP_AT_CR:
            at_cr |= 1U << i;
            break;
        case STEP_BEGINS:
            begin_payload(lexer, (int)i);
            return true;
        }
    }
    lexer->ended_by_cr = at_cr != 0;
    return false;
}

/* ---- tokens ---- */

static void append(struct at_lexer *lexer, char c)
{
    if (lexer->line_len < AT_LINE_MAX) {
        lexer->line[lexer->line_len++] = c;
    } else {
        lexer->line_cut = true;
    }
}

static bool give_line(struct at_lexer *lexer, struct at_token *token)
{
    lexer->line[lexer->line_len] = '\0';
    *token = (struct at_token){.type = AT_TOKEN_LINE,
                               .text = lexer->line,
                               .len = lexer->line_len,
                               .cut = lexer->line_cut,
                               .form = -1,
                               .link = -1,
                               .rest = -1};
    lexer->line_len = 0;
    lexer->line_cut = false;
    lexer->alive = 0;
    lexer->ended_by_cr = false;
    return true;
}

static bool give_prompt(struct at_lexer *lexer, struct at_token *token)
{
    lexer->prompt_awaited = false;
    lexer->after_prompt = true;
    *token = (struct at_token){.type = AT_TOKEN_PROMPT, .form = -1, .link = -1, .rest = -1};
    return true;
}

static bool give_payload(struct at_lexer *lexer, const uint8_t **data, size_t *len, struct at_token *token)
{
    size_t piece = *len < lexer->left ? *len : lexer->left;
    size_t offset = lexer->total - lexer->left;

    *token = (struct at_token){.type = AT_TOKEN_PAYLOAD,
                               .text = offset ? NULL : lexer->line,
                               .data = *data,
                               .len = piece,
                               .form = lexer->form,
                               .link = lexer->link,
                               .rest = lexer->rest,
                               .total = lexer->total,
                               .offset = offset};
    lexer->left -= piece;
    *data += piece;
    *len -= piece;
    return true;
}

/*
 * The announcement stays readable in line[] until the first piece of its payload has been given out; where nothing
 * is announced, that piece comes at once.
 */
static bool end_announcement(struct at_lexer *lexer, const uint8_t **data, size_t *len,
                             struct at_token *token)
{
    lexer->line[lexer->line_len] = '\0';
    lexer->line_len = 0;
    lexer->line_cut = false;
    return lexer->total == 0 && give_payload(lexer, data, len, token);
}

/* True if a token came of the byte. */
static bool take_byte(struct at_lexer *lexer, const uint8_t **data, size_t *len, struct at_token *token)
{
    char c = (char)*(*data)++;
    bool swallow = lexer->after_prompt && c == ' ';

    (*len)--;
    lexer->after_prompt = false;
    if (swallow || (lexer->line_len == 0 && is_line_end(c))) {
        return false;
    }
    bool is_prompt = c == '>' || c == '@'; /* '@': u-blox */
    if (lexer->line_len == 0 && is_prompt && lexer->prompt_awaited) {
        return give_prompt(lexer, token);
    }
    if (lexer->line_len == 0) {
        start_forms(lexer);
    }
    bool begins = step_forms(lexer, c);
    if (!is_line_end(c)) {
        append(lexer, c);
    }
    if (begins) {
        return end_announcement(lexer, data, len, token);
    }
    return is_line_end(c) && !lexer->ended_by_cr && give_line(lexer, token);
}

bool at_lexer_next(struct at_lexer *lexer, const uint8_t **data, size_t *len, struct at_token *token)
{
    while (*len > 0) {
        if (lexer->left > 0) {
            return give_payload(lexer, data, len, token);
        }
        if (lexer->ended_by_cr && **data != '\n') {
            return give_line(lexer, token);
        }
        if (take_byte(lexer, data, len, token)) {
            return true;
        }
    }
    return false;
}

void at_lexer_init(struct at_lexer *lexer)
{
    *lexer = (struct at_lexer){.form = -1, .link = -1, .rest = -1};
}

void at_lexer_set_announces(struct at_lexer *lexer, const struct at_announce *announces)
{
    lexer->announces = announces;
    for (unsigned i = 0; announces && announces[i].form; i++) {
        assert(i < AT_ANNOUNCES_MAX);
        assert(!at_announce_check(announces[i].form));
    }
}

void at_lexer_await_prompt(struct at_lexer *lexer, bool awaited)
{
    lexer->prompt_awaited = awaited;
}

bool at_lexer_in_payload(const struct at_lexer *lexer)
{
    return lexer->left > 0;
}

bool at_lexer_in_line(const struct at_lexer *lexer)
{
    return lexer->line_len > 0;
}

void at_lexer_reset(struct at_lexer *lexer)
{
    lexer->left = 0;
    lexer->line_len = 0;
    lexer->line_cut = false;
    lexer->alive = 0;
    lexer->ended_by_cr = false;
    lexer->after_prompt = false;
}

/* ---- the check of a form ---- */

static const char *check_after_percent(const char *percent, unsigned seen[3])
{
    char letter = percent[1];
    char stop = percent[letter ? 2 : 1];
    const char *letters = "lnr";
    const char *which = letter ? strchr(letters, letter) : NULL;

    if (!which && letter != '*') {
        return "after % only l, n, r or * may stand";
    }
    if (which && seen[which - letters]++) {
        return "the same number stands twice";
    }
    if (stop == '\0' || stop == '%' || is_digit(stop) || is_blank(stop)) {
        return "after a number or % * a sign or a letter must follow";
    }
    return NULL;
}

static const char *check_ends(const char *form)
{
    char last = form[strlen(form) - 1];

    if (*form == '%' || *form == '>' || is_blank(*form) || is_line_end(*form)) {
        return "must begin with a letter or a sign of its own";
    }
    if (!is_sign(last) && last != '\n' && last != '"') {
        return "must end in ',', ':', a quote or a line end";
    }
    return NULL;
}

const char *at_announce_check(const char *form)
{
    unsigned seen[3] = {0, 0, 0};

    if (!form || !*form) {
        return "empty";
    }
    const char *wrong = check_ends(form);
    for (const char *p = form; *p && !wrong; p++) {
        if (*p == '%') {
            wrong = check_after_percent(p++, seen);
        } else if (*p == '\r' || (*p == '\n' && p[1])) {
            wrong = "a line end may only be the last character, and is '\\n'";
        }
    }
    if (wrong) {
        return wrong;
    }
    return seen[NUMBER_COUNT] ? NULL : "%n is missing";
}
