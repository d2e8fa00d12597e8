/*
 * What the simulator tells a person: one line an event on standard output, with the time of day.
 * Every part of the simulator may print; nothing is owned here but the stream.
 * It never prints raw binary: bytes that are not plain text are escaped.
 */
#ifndef SIM_PRINT_H
#define SIM_PRINT_H

#include <stdbool.h>
#include <stddef.h>

/* Line buffering on, and with `quiet` nothing but print_ready() and print_problem(). */
void print_setup(bool quiet);

/* The line for which scripts wait; it carries no time so that it can be matched from its first letter. */
void print_ready(const char *path, const char *pts, const char *profile);

/* `mark` is ">>" (host to modem), "<<" (modem to host) or "--" (anything else). */
void print_event(const char *mark, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same for bytes; what exceeds the line is counted, not shown. */
void print_bytes(const char *mark, const void *bytes, size_t count);

/* To standard error, also when quiet. */
void print_problem(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Escapes into `out` (always terminated); returns how many of the `count` bytes found room. */
size_t print_escape(char *out, size_t room, const void *bytes, size_t count);

#endif
