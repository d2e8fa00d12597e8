#include "frame_text.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define FIELD_BYTES  128
#define FIELDS_SHOWN 24

struct sentence {
    char *out;
    size_t size;
    size_t len;
};

static void add(struct sentence *sentence, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(struct sentence *sentence, const char *format, ...)
{
    va_list arguments;
    int len;

    if (sentence->len + 1 >= sentence->size) {
        return;
    }
    va_start(arguments, format);
    len = vsnprintf(sentence->out + sentence->len, sentence->size - sentence->len, format, arguments);
    va_end(arguments);
    sentence->len += len > 0 ? (size_t)len : 0;
}

static const char *command_name(unsigned command)
{
    static const struct {
        unsigned code;
        const char *name;
    } names[] = {
        {0, "RESPONSE"},  {2, "LOGIN"},     {6, "PING"},      {15, "BRIDGE"},      {16, "SYNC"},
        {17, "INTERNAL"}, {19, "PROPERTY"}, {20, "HARDWARE"}, {21, "GROUP"},       {29, "LOGIN"},
        {41, "REDIRECT"}, {55, "DEBUG"},    {64, "EVENT"},    {65, "EVENT CLEAR"},
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (names[i].code == command) {
            return names[i].name;
        }
    }
    return NULL;
}

static const char *status_words(unsigned status)
{
    switch (status) {
    case 200:
        return "OK";
    case 1:
        return "too many messages";
    case 2:
        return "command not understood";
    case 5:
        return "not logged in";
    case 9:
        return "invalid token";
    case 19:
        return "server error";
    default:
        return "";
    }
}

/* ---- bodies ---- */

/* The next field of a body (they are separated by NUL) as printable text; false: there is none. */
static bool next_field(const uint8_t **at, const uint8_t *end, char field[FIELD_BYTES])
{
    size_t len = 0;

    if (!*at || *at > end) {
        return false;
    }
    for (; *at < end && **at; (*at)++) {
        if (len + 1 < FIELD_BYTES) {
            field[len++] = (char)(**at >= ' ' && **at < 0x7f ? **at : '.');
        }
    }
    field[len] = '\0';
    (*at)++; /* behind the NUL, or behind the end: no more then */
    return true;
}

static void add_fields(struct sentence *sentence, const uint8_t *at, const uint8_t *end, const char *between)
{
    char field[FIELD_BYTES];

    for (int i = 0; i < FIELDS_SHOWN && next_field(&at, end, field); i++) {
        add(sentence, "%s%s", i ? between : "", field);
    }
}

/* "vw 5 21.5": a write; vr, ar: a question; pm: a pin's mode. */
static void add_hardware(struct sentence *sentence, const uint8_t *body, const uint8_t *end)
{
    char operation[FIELD_BYTES] = "", pin[FIELD_BYTES];
    const uint8_t *at = body;

    if (!next_field(&at, end, operation) || strlen(operation) != 2 || !next_field(&at, end, pin)) {
        add_fields(sentence, body, end, " ");
        return;
    }
    add(sentence, "%c%s", operation[0] == 'v' ? 'V' : operation[0] == 'a' ? 'A' : 'D', pin);
    if (operation[1] == 'r') {
        add(sentence, "?");
        return;
    }
    if (strcmp(operation, "pm") == 0) {
        add(sentence, " mode ");
    } else {
        add(sentence, " = ");
    }
    add_fields(sentence, at, end, ", ");
}

static void add_body(struct sentence *sentence, unsigned command, const uint8_t *body, size_t len)
{
    const uint8_t *end = body + len;

    switch (command) {
    case 20:
    case 16:
        add_hardware(sentence, body, end);
        return;
    case 2:
    case FRAME_LOGIN:
        add(sentence, "token ****"); /* masked by the daemon already; never what the line says */
        return;
    case 21:
        if (len == 1 && *body == 'e') {
            add(sentence, "end");
        } else {
            add_fields(sentence, body, end, " ");
        }
        return;
    default:
        add_fields(sentence, body, end, " ");
        return;
    }
}

void frame_text(const uint8_t *frame, size_t len, char *out, size_t size)
{
    struct sentence sentence = {.out = out, .size = size};
    const char *name;
    unsigned id, last;

    out[0] = '\0';
    if (len < FRAME_HEADER_BYTES) {
        snprintf(out, size, "%zu bytes that are no frame", len);
        return;
    }
    id = (unsigned)frame[1] << 8 | frame[2];
    last = (unsigned)frame[3] << 8 | frame[4];
    name = command_name(frame[0]);
    if (name) {
        add(&sentence, "%s id %u", name, id);
    } else {
        add(&sentence, "command %u id %u", frame[0], id);
    }
    if (frame[0] == FRAME_RESPONSE) {
        add(&sentence, ": %u%s%s", last, *status_words(last) ? " " : "", status_words(last));
    } else if (len > FRAME_HEADER_BYTES) {
        add(&sentence, "%s", frame[0] == FRAME_LOGIN || frame[0] == 2 ? " " : ": ");
        add_body(&sentence, frame[0], frame + FRAME_HEADER_BYTES, len - FRAME_HEADER_BYTES);
    }
}
