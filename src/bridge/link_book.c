#include "link_book.h"

#include "blynkd/base/scan.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define DAY_MS   INT64_C(86400000)
#define MONTH_MS (30 * DAY_MS) /* by then somebody else may have the address */

#define LINE_MAX 640

static size_t index_of(const struct link_book *book, const char *name)
{
    size_t i = 0;

    while (i < book->count && strcmp(book->places[i].name, name) != 0) {
        i++;
    }
    return i;
}

bool link_book_note(struct link_book *book, const char *name, const char *address, int64_t wall_ms)
{
    size_t at = index_of(book, name);
    struct link_place place = {.wall_ms = wall_ms};

    if (!name[0] || !address[0] || strlen(name) >= sizeof(place.name) ||
        strlen(address) >= sizeof(place.address)) {
        return false;
    }
    if (at == book->count) {
        at = book->count < LINK_BOOK_PLACES ? book->count++ : LINK_BOOK_PLACES - 1;
    } else if (strcmp(book->places[at].address, address) == 0 &&
               book->places[at].wall_ms / DAY_MS == wall_ms / DAY_MS) {
        return false;
    }
    snprintf(place.name, sizeof(place.name), "%s", name);
    snprintf(place.address, sizeof(place.address), "%s", address);
    memmove(&book->places[1], &book->places[0], at * sizeof(book->places[0]));
    book->places[0] = place;
    return true;
}

const struct link_place *link_book_find(const struct link_book *book, const char *name, int64_t wall_ms)
{
    size_t i = index_of(book, name);

    return i < book->count && wall_ms - book->places[i].wall_ms < MONTH_MS ? &book->places[i] : NULL;
}

/* ---- the text ---- */

static void read_line(struct link_book *book, const char *text, size_t len)
{
    struct link_redirect redirect = {.port = 0};
    struct link_place place = {.wall_ms = 0};
    char line[LINE_MAX], wall[16], port[6];
    uint64_t wall_ms = 0, number = 0;

    if (len >= sizeof(line)) {
        return;
    }
    memcpy(line, text, len);
    line[len] = '\0';
    if (sscanf(line, "redirect %15s %255s %255s %5s", wall, redirect.from, redirect.host, port) == 4 &&
        scan_uint64(wall, INT64_MAX, &wall_ms) == 0 && scan_uint64(port, UINT16_MAX, &number) == 0) {
        redirect.wall_ms = (int64_t)wall_ms;
        redirect.port = (uint16_t)number;
        book->redirect = redirect;
    } else if (sscanf(line, "address %15s %255s %63s", wall, place.name, place.address) == 3 &&
               scan_uint64(wall, INT64_MAX, &wall_ms) == 0 && book->count < LINK_BOOK_PLACES &&
               index_of(book, place.name) == book->count) {
        place.wall_ms = (int64_t)wall_ms;
        book->places[book->count++] = place;
    }
}

void link_book_read(struct link_book *book, const char *text, size_t len)
{
    while (len > 0) {
        const char *end = memchr(text, '\n', len);
        size_t line = end ? (size_t)(end - text) : len;
        read_line(book, text, line);
        text += line + (end != NULL);
        len -= line + (end != NULL);
    }
}

size_t link_book_write(const struct link_book *book, char text[LINK_BOOK_BYTES])
{
    const struct link_redirect *redirect = &book->redirect;
    int len = 0;

    if (redirect->host[0]) {
        len = snprintf(text, LINK_BOOK_BYTES, "redirect %" PRId64 " %s %s %u\n", redirect->wall_ms,
                       redirect->from, redirect->host, redirect->port);
    }
    for (size_t i = 0; i < book->count; i++) {
        const struct link_place *place = &book->places[i];
        len += snprintf(text + len, LINK_BOOK_BYTES - (size_t)len, "address %" PRId64 " %s %s\n",
                        place->wall_ms, place->name, place->address);
    }
    return (size_t)len;
}
