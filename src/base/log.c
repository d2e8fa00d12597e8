#include "blynkd/base/log.h"
#include "blynkd/base/secret.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PREFIX_MAX 96 /* time, level, part */

enum reader { READER_UNKNOWN, READER_PERSON, READER_JOURNAL };

static void write_stderr(void *arg, enum log_level level, const char *part, const char *line);

static struct {
    enum log_level level;
    log_sink_fn *sink;
    void *arg;
    enum reader reader;
    unsigned long lost; /* lines that standard error had no room for */
} state = {.level = LOG_LEVEL_INFO, .sink = write_stderr};

static const char *const level_words[] = {
#define LOG_WORD(name, word, priority) [name] = (word),
    LOG_LEVELS(LOG_WORD)
#undef LOG_WORD
};

static const int level_priorities[] = {
#define LOG_PRIORITY(name, word, priority) [name] = (priority),
    LOG_LEVELS(LOG_PRIORITY)
#undef LOG_PRIORITY
};

void log_set_level(enum log_level level)
{
    state.level = level;
}

bool log_enabled(enum log_level level)
{
    return level <= state.level;
}

void log_set_sink(log_sink_fn *sink, void *arg)
{
    state.sink = sink ? sink : write_stderr;
    state.arg = arg;
    state.reader = READER_UNKNOWN;
}

int log_level_parse(const char *word, enum log_level *level)
{
    for (size_t i = 0; i < sizeof(level_words) / sizeof(level_words[0]); i++) {
        if (strcmp(word, level_words[i]) == 0) {
            *level = (enum log_level)i;
            return 0;
        }
    }
    return -EINVAL;
}

const char *log_level_name(enum log_level level)
{
    return level_words[level];
}

/* JOURNAL_STREAM is inherited; it counts only if standard error is still that stream (systemd.exec(5)). */
static enum reader find_reader(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    char own[64];
    struct stat stat;

    if (!stream || fstat(STDERR_FILENO, &stat) != 0) {
        return READER_PERSON;
    }
    snprintf(own, sizeof(own), "%llu:%llu", (unsigned long long)stat.st_dev, (unsigned long long)stat.st_ino);
    return strcmp(stream, own) == 0 ? READER_JOURNAL : READER_PERSON;
}

static int format_time(char *out, size_t size)
{
    struct timespec now;
    struct tm tm;
    char seconds[32];

    clock_gettime(CLOCK_REALTIME, &now);
    if (!localtime_r(&now.tv_sec, &tm) || strftime(seconds, sizeof(seconds), "%Y-%m-%d %H:%M:%S", &tm) == 0) {
        return snprintf(out, size, "-");
    }
    return snprintf(out, size, "%s.%03ld", seconds, now.tv_nsec / 1000000);
}

static size_t format_prefix(char *out, size_t size, enum log_level level, const char *part)
{
    int len;

    if (state.reader == READER_JOURNAL) {
        len = snprintf(out, size, "<%d>%s: ", level_priorities[level], part);
    } else {
        int at = format_time(out, size);
        len = at + snprintf(out + at, size - (size_t)at, " %-7s %s: ", level_words[level], part);
    }
    return (size_t)len < size ? (size_t)len : size - 1;
}

/*
 * A line of this size goes into a pipe in one piece or not at all once poll() says that there is room
 * (pipe(7), PIPE_BUF); so a reader that has stopped cannot stop the daemon.
 */
static bool put_line(enum log_level level, const char *part, const char *line)
{
    char out[PREFIX_MAX + LOG_LINE_MAX + 1];
    struct pollfd standard_error = {.fd = STDERR_FILENO, .events = POLLOUT};

    if (poll(&standard_error, 1, 0) != 1 || !(standard_error.revents & POLLOUT)) {
        return false;
    }
    size_t len = format_prefix(out, PREFIX_MAX, level, part);
    size_t line_len = strnlen(line, LOG_LINE_MAX);
    memcpy(out + len, line, line_len);
    len += line_len;
    out[len++] = '\n';
    return write(STDERR_FILENO, out, len) == (ssize_t)len;
}

static void write_stderr(void *arg, enum log_level level, const char *part, const char *line)
{
    char words[64];

    (void)arg;
    if (state.reader == READER_UNKNOWN) {
        state.reader = find_reader();
    }
    if (state.lost) {
        snprintf(words, sizeof(words), "%lu lines of this log were lost", state.lost);
        if (put_line(LOG_LEVEL_WARNING, "log", words)) {
            state.lost = 0;
        }
    }
    if (!put_line(level, part, line)) {
        state.lost++;
    }
}

/* Length of a printable UTF-8 sequence of two or more bytes, or 0. C1 controls (C2 80..9F) are not printable. */
static size_t utf8_len(const uint8_t *at)
{
    size_t len = at[0] >= 0xC2 && at[0] < 0xE0 ? 2 : (at[0] & 0xF0) == 0xE0 ? 3 : 0;

    if (at[0] >= 0xF0 && at[0] < 0xF5) {
        len = 4;
    }
    for (size_t i = 1; i < len; i++) {
        if ((at[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    bool c1 = at[0] == 0xC2 && at[1] < 0xA0;
    bool overlong = (at[0] == 0xE0 && at[1] < 0xA0) || (at[0] == 0xF0 && at[1] < 0x90);
    bool outside = (at[0] == 0xED && at[1] > 0x9F) || (at[0] == 0xF4 && at[1] > 0x8F);
    return c1 || overlong || outside ? 0 : len;
}

/* Writes one character as it may be shown; returns how many bytes it took from `at`. */
static size_t show(const uint8_t *at, char shown[8])
{
    size_t len = *at >= 0x80 ? utf8_len(at) : *at >= ' ' && *at != 0x7F;

    if (len) {
        memcpy(shown, at, len);
        shown[len] = '\0';
        return len;
    }
    const char *escape = *at == '\r' ? "\\r" : *at == '\n' ? "\\n" : *at == '\t' ? "\\t" : NULL;
    if (escape) {
        snprintf(shown, 8, "%s", escape);
    } else {
        snprintf(shown, 8, "\\x%02x", *at);
    }
    return 1;
}

/* `cut`: the text goes on, but not here. */
static void escape_line(const char *text, bool cut, char line[LOG_LINE_MAX + 1])
{
    const uint8_t *at = (const uint8_t *)text;
    const size_t dots = strlen("...");
    char shown[8];
    size_t len = 0;
    size_t safe = 0; /* where the dots go if the rest does not fit */

    while (*at) {
        at += show(at, shown);
        size_t more = strlen(shown);
        if (len + more > LOG_LINE_MAX) {
            cut = true;
            break;
        }
        memcpy(line + len, shown, more);
        len += more;
        if (len + dots <= LOG_LINE_MAX) {
            safe = len;
        }
    }
    if (cut) {
        memcpy(line + safe, "...", dots);
        len = safe + dots;
    }
    line[len] = '\0';
}

void log_write(enum log_level level, const char *part, const char *format, ...)
{
    char text[LOG_LINE_MAX + SECRET_MAX_BYTES];
    char line[LOG_LINE_MAX + 1];
    int saved_errno = errno;
    va_list args;

    if (!log_enabled(level)) {
        return;
    }
    va_start(args, format);
    int len = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (len < 0) {
        snprintf(text, sizeof(text), "(a line that could not be put into words)");
    }
    bool cut = len >= (int)sizeof(text);
    secret_mask(text);
    if (cut) {
        /* A secret may have been cut in two: what is left of it is shorter than this and not masked. */
        size_t masked_len = strlen(text);
        text[masked_len > SECRET_MAX_BYTES ? masked_len - SECRET_MAX_BYTES : 0] = '\0';
    }
    escape_line(text, cut, line);
    secret_wipe(text, sizeof(text));
    state.sink(state.arg, level, part, line);
    errno = saved_errno;
}
