/*
 * Small words for people: how long, when, how much, how strong, and text from outside made harmless. Every function
 * writes into the buffer it is given and returns it; nothing is owned, nothing is asked for. What words_clean() has
 * given can be shown on any terminal: it has neither control bytes nor broken characters.
 */
#ifndef BLYNKD_CTL_WORDS_H
#define BLYNKD_CTL_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WORDS_MAX_BYTES 64 /* enough for each of these but words_clean() */
#define WORDS_BARS      5

/* True if the terminal's character set is UTF-8; takes the locale from the environment at its first call. */
bool words_utf8_is_welcome(void);

/* How many bytes the character at the beginning has; 0: it is none of UTF-8, or one that could harm a terminal. */
size_t words_character(const char *bytes, size_t len);
/* Printable characters as they are, any other as one '?'; without utf8, everything beyond ASCII is one '?'. */
char *words_clean(const char *bytes, size_t len, bool utf8, char *out, size_t size);
/* How many columns of a terminal a clean text takes; and its beginning that takes at most so many, in bytes. */
size_t words_columns(const char *clean);
size_t words_clip(const char *clean, size_t columns);

/* "12 s", "5 min", "3 h 12 min", "4 days 2 h": two units at most. */
char *words_duration(int64_t ms, char out[WORDS_MAX_BYTES]);
/* Local time: "14:03:22" if it is of today, else "20 Nov 14:03", another year's with the year. */
char *words_time(int64_t wall_ms, int64_t now_ms, char out[WORDS_MAX_BYTES]);
/* "991 bytes", "10.1 kB", "3.4 MB". */
char *words_bytes(uint64_t bytes, char out[WORDS_MAX_BYTES]);

/* 0 to WORDS_BARS of a signal in dBm (0: not known, no bars); and in a word. */
unsigned words_signal_bars(int64_t dbm);
const char *words_signal(int64_t dbm);
char *words_bars(unsigned bars, bool utf8, char out[WORDS_MAX_BYTES]);

/* "EDGE" -> "EDGE (2G)"; what is not known stays as it is. */
char *words_access(const char *access, char out[WORDS_MAX_BYTES]);
/* What a state of the link means; the state's own name if it is not known. */
const char *words_link(const char *state);
/* How well the modem's profile is known. */
const char *words_level(const char *level);

#endif
