#include "fake_modem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WRITTEN_MAX   ((size_t)1 << 20)
#define FILE_MAX      ((size_t)1 << 20)
#define PLAY_STEP_MS  50
#define COMMENT_START "  --"

enum line_type {
    LINE_EXPECT,
    LINE_ANSWER,
    LINE_ADVANCE,
    LINE_DOWN,
};

struct line {
    enum line_type type;
    unsigned number; /* in the text, for messages */
    uint8_t *bytes;
    size_t len;
    uint64_t ms;
};

struct fake_modem {
    struct fake_port *port;
    char name[160];
    struct line *lines;
    size_t count;
    size_t next;
    bool after_cr;      /* a line feed that comes now belongs to the command before */
    struct buf written; /* by the code under test, not yet expected */
    bool failed;        /* told on standard error; the test fails at its next look */
    struct timer pause;
    struct task play;
};

/* ---- reading the notation ---- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes one escape at text[0] == '\\'; returns how many characters it takes, 0 if it is none. */
static size_t decode_escape(const char *text, const char *end, uint8_t *byte)
{
    static const char names[] = "rnt\\";
    static const char bytes[] = "\r\n\t\\";
    const char *name = end - text >= 2 ? strchr(names, text[1]) : NULL;

    if (name && *name) {
        *byte = (uint8_t)bytes[name - names];
        return 2;
    }
    if (end - text >= 4 && text[1] == 'x' && hex_digit(text[2]) >= 0 && hex_digit(text[3]) >= 0) {
        *byte = (uint8_t)(hex_digit(text[2]) * 16 + hex_digit(text[3]));
        return 4;
    }
    return 0;
}

static void decode(struct fake_modem *modem, struct line *line, const char *text, const char *end)
{
    line->bytes = malloc((size_t)(end - text) + 1);
    assert_non_null(line->bytes);
    while (text < end) {
        size_t taken = 1;
        if (*text == '\\') {
            taken = decode_escape(text, end, &line->bytes[line->len]);
        } else {
            line->bytes[line->len] = (uint8_t)*text;
        }
        if (taken == 0) {
            fail_msg("%s:%u: not an escape: %.4s", modem->name, line->number, text);
        }
        line->len++;
        text += taken;
    }
}

/* A comment at the end of a line stands after at least two blanks, so that "\r\n> " keeps its one. */
static const char *find_end(const char *text, const char *end)
{
    const char *comment = memmem(text, (size_t)(end - text), COMMENT_START, strlen(COMMENT_START));

    if (!comment) {
        return end;
    }
    while (comment > text && comment[-1] == ' ') {
        comment--;
    }
    return comment;
}

/* False: a comment or an empty line. */
static bool read_line(struct fake_modem *modem, struct line *line, const char *text, const char *end)
{
    size_t len = (size_t)(end - text);

    if (len == 0) {
        return false;
    }
    if (len >= 3 && (memcmp(text, ">> ", 3) == 0 || memcmp(text, "<< ", 3) == 0)) {
        line->type = *text == '>' ? LINE_EXPECT : LINE_ANSWER;
        decode(modem, line, text + 3, find_end(text + 3, end));
        return true;
    }
    if (len < 2 || memcmp(text, "--", 2) != 0) {
        fail_msg("%s:%u: a line begins with '>> ', '<< ' or '--'", modem->name, line->number);
    }
    if (strncmp(text, "-- advance ", 11) == 0) {
        line->type = LINE_ADVANCE;
        line->ms = strtoull(text + 11, NULL, 10);
        return true;
    }
    line->type = LINE_DOWN;
    return len == 7 && memcmp(text, "-- down", 7) == 0;
}

static void read_script(struct fake_modem *modem, const char *script)
{
    unsigned number = 0;

    for (const char *text = script; *text; number++) {
        const char *end = strchrnul(text, '\n');
        struct line line = {.number = number + 1};
        if (read_line(modem, &line, text, end)) {
            modem->lines = realloc(modem->lines, (modem->count + 1) * sizeof(line));
            assert_non_null(modem->lines);
            modem->lines[modem->count++] = line;
        }
        text = *end ? end + 1 : end;
    }
}

/* ---- playing ---- */

static void print_bytes(const char *title, const uint8_t *data, size_t len)
{
    fprintf(stderr, "%s", title);
    for (size_t i = 0; i < len; i++) {
        fprintf(stderr, data[i] >= ' ' && data[i] <= '~' ? "%c" : "\\x%02x", data[i]);
    }
    fputc('\n', stderr);
}

/* The test itself cannot be left from here, in the middle of virtual time; the modem falls silent. */
static void complain(struct fake_modem *modem, const struct line *line, const char *what)
{
    fprintf(stderr, "%s:%u: %s\n", modem->name, line->number, what);
    if (line->type == LINE_EXPECT) {
        print_bytes("expected: ", line->bytes, line->len);
    }
    print_bytes("written:  ", buf_bytes(&modem->written), buf_len(&modem->written));
    modem->failed = true;
}

/* A module that nobody knows yet is spoken to with CR LF; to all others the LF is nothing. */
static void drop_line_feed(struct fake_modem *modem)
{
    if (modem->after_cr && buf_len(&modem->written) > 0) {
        if (*buf_bytes(&modem->written) == '\n') {
            buf_consume(&modem->written, 1);
        }
        modem->after_cr = false;
    }
}

/* True if what the line expects has been written. */
static bool play_expect(struct fake_modem *modem, const struct line *line)
{
    size_t there = buf_len(&modem->written);
    size_t common = there < line->len ? there : line->len;

    if (memcmp(buf_bytes(&modem->written), line->bytes, common) != 0) {
        complain(modem, line, "something else was written");
        return false;
    }
    if (there < line->len) {
        return false;
    }
    buf_consume(&modem->written, line->len);
    modem->after_cr = line->bytes[line->len - 1] == '\r';
    drop_line_feed(modem);
    return true;
}

/* True if the next line may be played at once. */
static bool play_line(struct fake_modem *modem, const struct line *line)
{
    switch (line->type) {
    case LINE_EXPECT:
        if (!play_expect(modem, line)) {
            return false;
        }
        break;
    case LINE_ANSWER:
        fake_port_feed(modem->port, line->bytes, line->len);
        break;
    case LINE_ADVANCE:
        timer_start(modem->port->sched, &modem->pause, line->ms);
        break;
    case LINE_DOWN:
        fake_port_go_down(modem->port, -5 /* EIO */, "the test pulled the plug");
        break;
    }
    modem->next++;
    return line->type != LINE_ADVANCE;
}

static void on_play(void *arg)
{
    struct fake_modem *modem = arg;

    while (!modem->failed && modem->port->is_open && !timer_active(&modem->pause) &&
           modem->next < modem->count) {
        if (!play_line(modem, &modem->lines[modem->next])) {
            return;
        }
    }
}

static void on_pause_over(void *arg)
{
    on_play(arg);
}

static void on_open(void *arg)
{
    struct fake_modem *modem = arg;

    task_post(modem->port->sched, &modem->play);
}

static void on_written(void *arg, const uint8_t *data, size_t len)
{
    struct fake_modem *modem = arg;

    assert_int_equal(buf_append(&modem->written, data, len), 0);
    fake_port_forget_written(modem->port);
    drop_line_feed(modem);
    task_post(modem->port->sched, &modem->play);
}

bool fake_modem_is_done(const struct fake_modem *modem)
{
    return modem->next == modem->count && !timer_active(&modem->pause);
}

void fake_modem_expect_done(struct fake_modem *modem)
{
    if (!modem->failed && modem->next < modem->count) {
        complain(modem, &modem->lines[modem->next], "the conversation ended before this line");
    } else if (!modem->failed && buf_len(&modem->written) > 0) {
        complain(modem, &(struct line){.type = LINE_DOWN}, "more was written than the script has");
    }
    assert_false(modem->failed);
    assert_false(timer_active(&modem->pause));
}

void fake_modem_play(struct fake_modem *modem, uint64_t ms)
{
    sched_settle(modem->port->sched);
    for (uint64_t passed_ms = 0; passed_ms < ms && !modem->failed && !fake_modem_is_done(modem);
         passed_ms += PLAY_STEP_MS) {
        sched_advance(modem->port->sched, PLAY_STEP_MS);
    }
    sched_settle(modem->port->sched);
    fake_modem_expect_done(modem);
}

/* ---- life ---- */

struct fake_modem *fake_modem_create(struct fake_port *port, const char *name, const char *script)
{
    struct fake_modem *modem = calloc(1, sizeof(*modem));

    assert_non_null(modem);
    modem->port = port;
    snprintf(modem->name, sizeof(modem->name), "%s", name);
    buf_init(&modem->written, WRITTEN_MAX);
    timer_init(&modem->pause, on_pause_over, modem);
    task_init(&modem->play, on_play, modem);
    read_script(modem, script);
    assert_int_equal(buf_append(&modem->written, buf_bytes(&port->written), buf_len(&port->written)), 0);
    fake_port_forget_written(port);
    port->observer = modem;
    port->on_open = on_open;
    port->on_written = on_written;
    task_post(port->sched, &modem->play);
    return modem;
}

struct fake_modem *fake_modem_load(struct fake_port *port, const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = calloc(1, FILE_MAX + 1);

    if (!file) {
        fail_msg("cannot open %s", path);
    }
    assert_non_null(text);
    size_t len = fread(text, 1, FILE_MAX, file);
    assert_true(feof(file));
    assert_int_equal(strlen(text), len);
    fclose(file);
    struct fake_modem *modem = fake_modem_create(port, path, text);
    free(text);
    return modem;
}

void fake_modem_destroy(struct fake_modem *modem)
{
    if (!modem) {
        return;
    }
    timer_stop(&modem->pause);
    task_cancel(&modem->play);
    modem->port->on_open = NULL;
    modem->port->on_written = NULL;
    for (size_t i = 0; i < modem->count; i++) {
        free(modem->lines[i].bytes);
    }
    bool failed = modem->failed;
    free(modem->lines);
    buf_free(&modem->written);
    free(modem);
    assert_false(failed);
}
