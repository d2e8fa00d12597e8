#include "say.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool error_color;
static bool is_mute;

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

void say_mute(bool mute)
{
    is_mute = mute;
}

static void say_line(enum say_color color, const char *begin, const char *format, va_list arguments)
{
    if (is_mute) {
        return;
    }
    fprintf(stderr, "%s%s%s", say_begin(error_color, color), begin, say_end(error_color));
    vfprintf(stderr, format, arguments);
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

void say_text(FILE *out, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        if (byte < 0x20 || byte == 0x7f) {
            fprintf(out, "\\x%02X", byte);
        } else {
            fputc(byte, out);
        }
    }
}
