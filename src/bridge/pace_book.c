#include "pace_book.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_HOUR_MS 3600000 /* no interval is longer */

/* ---- the text ---- */

static void copy_name(char *out, size_t size, const char *name, size_t len)
{
    size_t kept = 0;

    for (size_t i = 0; i < len && kept + 1 < size; i++) {
        out[kept] = name[i];
        if (name[i] <= ' ' || name[i] >= 0x7f) {
            out[kept] = '_';
        }
        kept++;
    }
    out[kept] = '\0';
}

/* A number and the blank behind it; what follows, or NULL. */
static char *take_ms(char *text, uint32_t *ms)
{
    char *end = NULL;

    if (!text || *text < '0' || *text > '9') {
        return NULL;
    }
    unsigned long number = strtoul(text, &end, 10);
    *ms = (uint32_t)number;
    return number <= MAX_HOUR_MS && *end == ' ' ? end + 1 : NULL;
}

static void parse_line(struct pace_book *book, const char *line, size_t len)
{
    char text[PACE_BOOK_NAME_MAX + 32];
    uint32_t proven_ms;
    uint32_t broken_ms;

    if (len >= sizeof(text) || book->count == PACE_BOOK_MAX) {
        return;
    }
    memcpy(text, line, len);
    text[len] = '\0';
    char *name = take_ms(take_ms(text, &proven_ms), &broken_ms);
    if (!name || !*name || pace_book_find(book, name)) {
        return; /* what is there already is newer */
    }
    struct pace_network *network = &book->networks[book->count++];
    *network = (struct pace_network){.proven_ms = proven_ms, .broken_ms = broken_ms};
    copy_name(network->name, sizeof(network->name), name, strlen(name));
}

void pace_book_parse(struct pace_book *book, const char *text, size_t len)
{
    while (len > 0) {
        const char *end = memchr(text, '\n', len);
        size_t line = end ? (size_t)(end - text) : len;
        parse_line(book, text, line);
        text += line + (end != NULL);
        len -= line + (end != NULL);
    }
}

size_t pace_book_format(const struct pace_book *book, char *out, size_t size)
{
    size_t len = 0;

    for (size_t i = 0; i < book->count; i++) {
        const struct pace_network *network = &book->networks[i];
        int wrote = snprintf(out + len, size - len, "%" PRIu32 " %" PRIu32 " %s\n", network->proven_ms,
                             network->broken_ms, network->name);
        if (wrote < 0 || (size_t)wrote >= size - len) {
            break;
        }
        len += (size_t)wrote;
    }
    return len;
}

/* ---- its face ---- */

static void on_loaded(void *arg, const char *text, size_t len)
{
    struct pace_book *book = arg;

    pace_book_parse(book, text, len);
    book->on_loaded(book->arg);
}

static size_t on_write(void *arg, char *text, size_t size)
{
    return pace_book_format(arg, text, size);
}

void pace_book_init(struct pace_book *book, struct sched *sched, void (*on_known)(void *arg), void *arg)
{
    *book = (struct pace_book){.on_loaded = on_known, .arg = arg};
    book->file = (struct state_file){.sched = sched,
                                     .name = "heartbeat",
                                     .part = "link",
                                     .what = "the learned heartbeat",
                                     .on_loaded = on_loaded,
                                     .on_write = on_write,
                                     .arg = book};
}

void pace_book_open(struct pace_book *book, const char *dir)
{
    if (!book->file.dir[0]) {
        state_file_open(&book->file, dir);
    }
}

void pace_book_close(struct pace_book *book)
{
    state_file_close(&book->file);
}

static size_t index_of(const struct pace_book *book, const char *name)
{
    char clean[PACE_BOOK_NAME_MAX];
    size_t i = 0;

    copy_name(clean, sizeof(clean), name, strlen(name));
    while (i < book->count && strcmp(book->networks[i].name, clean) != 0) {
        i++;
    }
    return i;
}

const struct pace_network *pace_book_find(const struct pace_book *book, const char *name)
{
    size_t i = index_of(book, name);

    return i < book->count ? &book->networks[i] : NULL;
}

void pace_book_note(struct pace_book *book, const char *name, const struct pace *pace)
{
    size_t at = index_of(book, name);
    struct pace_network network = {.proven_ms = pace->proven_ms, .broken_ms = pace->broken_ms};

    if (!name[0]) {
        return;
    }
    if (at == book->count) {
        at = book->count < PACE_BOOK_MAX ? book->count++ : PACE_BOOK_MAX - 1;
    }
    copy_name(network.name, sizeof(network.name), name, strlen(name));
    memmove(&book->networks[1], &book->networks[0], at * sizeof(book->networks[0]));
    book->networks[0] = network;
    state_file_save(&book->file);
}
