#include "say.h"

#include "words.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_BYTES 4096

static bool error_color;
static bool is_kept;
static char *kept_error;
static size_t kept_size;

bool say_color_is_welcome(FILE *stream)
{
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");

    return isatty(fileno(stream)) && !(no_color && *no_color) && term && strcmp(term, "dumb") != 0;
}

void say_set_error_color(bool color)
{
    error_color = color;
}

void say_keep_error(char *text, size_t size)
{
    is_kept = size > 0;
    kept_error = text;
    kept_size = size;
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

    va_start(arguments, format);
    if (!is_kept) {
        fflush(stdout);
        say_line(SAY_RED, "blynkctl: ", format, arguments);
    } else if (kept_error) {
        vsnprintf(kept_error, kept_size, format, arguments);
    }
    va_end(arguments);
}

void say_hint(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    if (!is_kept) {
        say_line(SAY_DIM, "  try: ", format, arguments);
    }
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

void say_text(FILE *out, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len;) {
        size_t step = words_character(bytes + i, len - i);
        if (step) {
            fwrite(bytes + i, 1, step, out);
        } else {
            fprintf(out, "\\x%02X", (unsigned char)bytes[i]);
        }
        i += step ? step : 1;
    }
}
