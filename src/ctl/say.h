/*
 * How blynkctl speaks to the person: errors and hints on standard error, colours only where they are welcome. It
 * owns nothing but whether standard error is coloured, or mute. It never prints a value that could move the cursor of a
 * terminal: say_text() makes such bytes visible.
 */
#ifndef BLYNKD_CTL_SAY_H
#define BLYNKD_CTL_SAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum say_color { SAY_PLAIN, SAY_BOLD, SAY_DIM, SAY_GREEN, SAY_YELLOW, SAY_RED };

/* auto: if the stream is a terminal, NO_COLOR (no-color.org) is not set and TERM is not "dumb". */
bool say_color_is_welcome(FILE *stream);
void say_set_error_color(bool color);

/* "blynkctl: error: ..." and "  try: ..." on standard error. */
void say_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void say_hint(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * From now on the last error goes into this text (NULL: nowhere) and hints are dropped: for screens that stderr would
 * spoil. A size of 0: to standard error again.
 */
void say_keep_error(char *text, size_t size);

/* The escape sequence that begins a colour, and the one that ends it; "" without colour. */
const char *say_begin(bool color, enum say_color which);
const char *say_end(bool color);

/* Bytes from outside: characters of UTF-8 as they are; control characters and what is no character as \xHH. Not to be
 * called with a part of a character. */
void say_text(FILE *out, const char *bytes, size_t len);

#endif
