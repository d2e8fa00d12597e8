/*
 * The terminal as top uses it, by ncurses, which sends only what has changed. It owns the terminal from
 * top_screen_open() to top_screen_close() and leaves it as it was. It never waits for a key, and what is put on it is
 * clipped to its place.
 */
#ifndef BLYNKD_CTL_TOP_SCREEN_H
#define BLYNKD_CTL_TOP_SCREEN_H

#include <stdbool.h>

enum top_look { TOP_PLAIN, TOP_DIM, TOP_STRONG, TOP_GOOD, TOP_WARNING, TOP_BAD, TOP_ACCENT, TOP_BAR };

/* False: this terminal cannot do it. */
bool top_screen_open(bool color);
void top_screen_close(void);
void top_screen_resize(int rows, int columns);
int top_screen_rows(void);
int top_screen_columns(void);

void top_screen_begin(void);
void top_screen_end(void);

/* A clean text; answers the column behind it. */
int top_put(int row, int column, int columns, enum top_look look, const char *text);
int top_putf(int row, int column, int columns, enum top_look look, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* The whole row in this look, for headings. */
void top_put_bar(int row, int column, int columns, const char *text);

/* The next key that was pressed, a letter or one of these; 0: none. */
enum { TOP_KEY_UP = 256, TOP_KEY_DOWN, TOP_KEY_PAGE_UP, TOP_KEY_PAGE_DOWN, TOP_KEY_HOME, TOP_KEY_OTHER };
int top_screen_key(void);

#endif
