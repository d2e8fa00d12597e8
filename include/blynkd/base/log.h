/*
 * The log. One line a fact, written once, where the fact was decided. Lines go to a sink (standard error by
 * default, with `<N>` priorities when journald reads it); secrets are masked below the logger, so that no
 * caller can forget it. Never blocks, never allocates, never fails visibly. For the loop's thread only.
 */
#ifndef BLYNKD_BASE_LOG_H
#define BLYNKD_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>

/* Name, word for people and configuration, syslog priority (RFC 5424, 6.2.1). */
#define LOG_LEVELS(X)                                                                                        \
    X(LOG_LEVEL_ERROR, "error", 3)                                                                           \
    X(LOG_LEVEL_WARNING, "warning", 4)                                                                       \
    X(LOG_LEVEL_NOTICE, "notice", 5)                                                                         \
    X(LOG_LEVEL_INFO, "info", 6)                                                                             \
    X(LOG_LEVEL_DEBUG, "debug", 7)

enum log_level {
#define LOG_ENUM(name, word, priority) name,
    LOG_LEVELS(LOG_ENUM)
#undef LOG_ENUM
};

#define LOG_LINE_MAX 2048 /* bytes; a longer line is cut and ends in "..." */

/* Receives a finished line: masked, control bytes escaped, no line end. `part` is a short constant word. */
typedef void log_sink_fn(void *arg, enum log_level level, const char *part, const char *line);

/* Sets the least urgent level that is written. Default: LOG_LEVEL_INFO. */
void log_set_level(enum log_level level);
bool log_enabled(enum log_level level);

/* Replaces the sink; NULL restores standard error. */
void log_set_sink(log_sink_fn *sink, void *arg);

/* -EINVAL: not one of the words above. */
int log_level_parse(const char *word, enum log_level *level);
const char *log_level_name(enum log_level level);

void log_write(enum log_level level, const char *part, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define log_error(part, ...)   log_write(LOG_LEVEL_ERROR, part, __VA_ARGS__)
#define log_warning(part, ...) log_write(LOG_LEVEL_WARNING, part, __VA_ARGS__)
#define log_notice(part, ...)  log_write(LOG_LEVEL_NOTICE, part, __VA_ARGS__)
#define log_info(part, ...)    log_write(LOG_LEVEL_INFO, part, __VA_ARGS__)
#define log_debug(part, ...)   log_write(LOG_LEVEL_DEBUG, part, __VA_ARGS__)

#endif
