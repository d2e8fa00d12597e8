#include "say.h"

#include <langinfo.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_BYTES 4096

static bool error_color;

bool say_color_is_welcome(FILE *stream)
{
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");

    return isatty(fileno(stream)) && !(no_color && *no_color) && term && strcmp(term, "dumb") != 0;
}

bool say_is_utf8(void)
{
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

void say_set_error_color(bool color)
{
    error_color = color;
}

static void say_line(enum say_color color, const char *begin, const char *format, va_list arguments)
{
    char text[LINE_BYTES];

    /* What the daemon, or whatever answers in its place, says stands in many of these lines. */
    vsnprintf(text, sizeof(text), format, arguments);
    fprintf(stderr, "%s%s%s", say_begin(error_color, color), begin, say_end(error_color));
    say_text(stderr, text, strlen(text));
    fputc('\n', stderr);
}

void say_error(const char *format, ...)
{
    va_list arguments;

    fflush(stdout);
    va_start(arguments, format);
    say_line(SAY_RED, "blynkctl: ", format, arguments);
    va_end(arguments);
}

void say_hint(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say_line(SAY_DIM, "  try: ", format, arguments);
    va_end(arguments);
}

const char *say_begin(bool color, enum say_color which)
{
    static const char *const sequences[] = {
        [SAY_PLAIN] = "",         [SAY_BOLD] = "\033[1m",    [SAY_DIM] = "\033[2m",
        [SAY_GREEN] = "\033[32m", [SAY_YELLOW] = "\033[33m", [SAY_RED] = "\033[31m",
    };

    return color ? sequences[which] : "";
}

const char *say_end(bool color)
{
    return color ? "\033[0m" : "";
}

/* U+0080 to U+009F are control characters, too: U+009B begins an escape sequence. */
static bool is_control(const char *at, const char *end)
{
    unsigned char byte = (unsigned char)*at;

    return byte < 0x20 || byte == 0x7f ||
           (byte == 0xc2 && at + 1 < end && (unsigned char)at[1] >= 0x80 && (unsigned char)at[1] < 0xa0);
}

void say_text(FILE *out, const char *bytes, size_t len)
{
    for (const char *at = bytes, *end = bytes + len; at < end; at++) {
        if (!is_control(at, end)) {
            fputc((unsigned char)*at, out);
            continue;
        }
        fprintf(out, "\\x%02X", (unsigned char)*at);
        if ((unsigned char)*at == 0xc2) {
            at++;
            fprintf(out, "\\x%02X", (unsigned char)*at);
        }
    }
}
