#include "top_screen.h"

#include "words.h"

#include <ncurses.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TEXT_MAX 1024

static SCREEN *screen;
static attr_t looks[TOP_BAR + 1];

static void choose_looks(bool color)
{
    static const short colors[] = {[TOP_GOOD] = COLOR_GREEN,
                                   [TOP_WARNING] = COLOR_YELLOW,
                                   [TOP_BAD] = COLOR_RED,
                                   [TOP_ACCENT] = COLOR_CYAN};

    looks[TOP_PLAIN] = looks[TOP_GOOD] = looks[TOP_ACCENT] = A_NORMAL;
    looks[TOP_DIM] = A_DIM;
    looks[TOP_STRONG] = looks[TOP_WARNING] = A_BOLD;
    looks[TOP_BAD] = A_BOLD | A_UNDERLINE;
    looks[TOP_BAR] = A_REVERSE;
    if (!color || !has_colors() || start_color() == ERR || use_default_colors() == ERR) {
        return;
    }
    for (int i = TOP_GOOD; i <= TOP_ACCENT; i++) {
        init_pair((short)i, colors[i], -1);
        looks[i] = (attr_t)COLOR_PAIR(i) | (i == TOP_BAD ? A_BOLD : A_NORMAL);
    }
}

bool top_screen_open(bool color)
{
    words_utf8_is_welcome(); /* takes the locale, which ncurses wants to have */
    screen = newterm(NULL, stdout, stdin);
    if (!screen) {
        return false;
    }
    const char *move = tigetstr("cup");
    if (!move || move == (const char *)-1) {
        top_screen_close();
        return false;
    }
    cbreak();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    set_escdelay(50);
    curs_set(0);
    choose_looks(color);
    return true;
}

void top_screen_close(void)
{
    endwin();
    delscreen(screen);
    screen = NULL;
}

void top_screen_resize(int rows, int columns)
{
    if (rows > 0 && columns > 0) {
        resizeterm(rows, columns);
    }
}

int top_screen_rows(void)
{
    return getmaxy(stdscr);
}

int top_screen_columns(void)
{
    return getmaxx(stdscr);
}

void top_screen_begin(void)
{
    erase();
}

void top_screen_end(void)
{
    refresh();
}

int top_put(int row, int column, int columns, enum top_look look, const char *text)
{
    int room = top_screen_columns() - column;
    size_t len;

    room = columns < room ? columns : room;
    if (room <= 0 || row < 0 || row >= top_screen_rows()) {
        return column;
    }
    len = words_clip(text, (size_t)room);
    attrset((int)looks[look]);
    mvaddnstr(row, column, text, (int)len);
    attrset(A_NORMAL);
    char shown[TEXT_MAX];
    snprintf(shown, sizeof(shown), "%.*s", (int)len, text);
    return column + (int)words_columns(shown);
}

int top_putf(int row, int column, int columns, enum top_look look, const char *format, ...)
{
    char text[TEXT_MAX];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    return top_put(row, column, columns, look, text);
}

void top_put_bar(int row, int column, int columns, const char *text)
{
    int end = top_put(row, column, columns, TOP_BAR, text);

    for (int limit = column + columns; end < limit && end < top_screen_columns(); end++) {
        top_put(row, end, 1, TOP_BAR, " ");
    }
}

int top_screen_key(void)
{
    int key = getch();

    switch (key) {
    case ERR:
        return 0;
    case KEY_UP:
        return TOP_KEY_UP;
    case KEY_DOWN:
        return TOP_KEY_DOWN;
    case KEY_PPAGE:
        return TOP_KEY_PAGE_UP;
    case KEY_NPAGE:
        return TOP_KEY_PAGE_DOWN;
    case KEY_HOME:
        return TOP_KEY_HOME;
    }
    return key > 0 && key < 256 ? key : TOP_KEY_OTHER;
}
