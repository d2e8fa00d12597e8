#include "print.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#define TEXT_MAX 1600

static bool quiet_wanted;

void print_setup(bool quiet)
{
    quiet_wanted = quiet;
    setvbuf(stdout, NULL, _IOLBF, 0);
}

void print_ready(const char *path, const char *pts, const char *profile)
{
    printf("ready: %s -> %s profile=%s\n", path, pts, profile);
    fflush(stdout);
}

static void stamp(char out[16])
{
    struct timespec now;
    struct tm local;

    clock_gettime(CLOCK_REALTIME, &now);
    localtime_r(&now.tv_sec, &local);
    snprintf(out, 16, "%02u:%02u:%02u.%03u", (unsigned)local.tm_hour % 24, (unsigned)local.tm_min % 60,
             (unsigned)local.tm_sec % 61, (unsigned)(now.tv_nsec / 1000000) % 1000);
}

void print_event(const char *mark, const char *format, ...)
{
    char at[16];
    char text[TEXT_MAX];
    va_list args;

    if (quiet_wanted)
        return;
    stamp(at);
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    printf("%s %s %s\n", at, mark, text);
}

static size_t escape_byte(char out[5], unsigned char byte)
{
    switch (byte) {
    case '\r':
        return (size_t)snprintf(out, 5, "\\r");
    case '\n':
        return (size_t)snprintf(out, 5, "\\n");
    case '\\':
        return (size_t)snprintf(out, 5, "\\\\");
    default:
        break;
    }
    if (byte < 0x20 || byte >= 0x7F)
        return (size_t)snprintf(out, 5, "\\x%02X", byte);
    return (size_t)snprintf(out, 5, "%c", byte);
}

size_t print_escape(char *out, size_t room, const void *bytes, size_t count)
{
    const unsigned char *at = bytes;
    size_t used = 0;
    size_t i;

    out[0] = '\0';
    for (i = 0; i < count; i++) {
        char one[5];
        size_t length = escape_byte(one, at[i]);

        if (used + length + 1 > room)
            break;
        for (size_t k = 0; k < length; k++)
            out[used++] = one[k];
        out[used] = '\0';
    }
    return i;
}

void print_bytes(const char *mark, const void *bytes, size_t count)
{
    char text[TEXT_MAX - 32];
    size_t shown;

    if (quiet_wanted)
        return;
    shown = print_escape(text, sizeof text, bytes, count);
    if (shown < count)
        print_event(mark, "%s (%zu more bytes)", text, count - shown);
    else
        print_event(mark, "%s", text);
}

void print_problem(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fputs("blynksim: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
}
