#include "clock_book.h"

#include "blynkd/base/wall.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define DAY_MS INT64_C(86400000) /* a floor need not be finer, and flash wears out */

static void on_loaded(void *arg, const char *text, size_t len)
{
    struct clock_book *book = arg;
    char line[32];

    snprintf(line, sizeof(line), "%.*s", (int)len, text);
    int64_t wall_s = strtoll(line, NULL, 10);
    if (wall_s <= 0 || wall_s > INT64_MAX / 1000 || !wall_is_sane(wall_s * 1000)) {
        return; /* older than the program, or nonsense: says nothing */
    }
    book->written_ms = wall_s * 1000;
    if (book->newest_ms == 0) {
        book->newest_ms = book->written_ms;
    }
}

static bool is_worth_writing(const struct clock_book *book)
{
    return llabs((long long)(book->newest_ms - book->written_ms)) >= DAY_MS;
}

static size_t on_write(void *arg, char *text, size_t size)
{
    struct clock_book *book = arg;

    if (!is_worth_writing(book)) {
        return 0;
    }
    book->written_ms = book->newest_ms;
    return (size_t)snprintf(text, size, "%" PRId64 "\n", book->newest_ms / 1000);
}

/* ---- its face ---- */

void clock_book_open(struct clock_book *book, struct sched *sched, const char *dir)
{
    *book = (struct clock_book){0};
    book->file = (struct state_file){.sched = sched,
                                     .name = "clock",
                                     .part = "clock",
                                     .what = "the newest time that was known",
                                     .on_loaded = on_loaded,
                                     .on_write = on_write,
                                     .arg = book};
    state_file_open(&book->file, dir);
}

void clock_book_close(struct clock_book *book)
{
    state_file_close(&book->file);
}

void clock_book_set(struct clock_book *book, int64_t wall_ms)
{
    book->newest_ms = wall_ms;
    if (is_worth_writing(book)) {
        state_file_save(&book->file);
    }
}

void clock_book_raise(struct clock_book *book, int64_t wall_ms)
{
    if (wall_ms > book->newest_ms) {
        clock_book_set(book, wall_ms);
    }
}

int64_t clock_book_floor_ms(const struct clock_book *book)
{
    return book->newest_ms > wall_build_ms() ? book->newest_ms : wall_build_ms();
}
