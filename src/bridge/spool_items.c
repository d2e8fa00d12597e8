#include "spool_items.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAP 16

static int make_room(void **memory, size_t *cap, size_t needed, size_t unit)
{
    size_t wanted = *cap ? *cap : FIRST_CAP;

    if (needed <= *cap) {
        return 0;
    }
    while (wanted < needed) {
        wanted *= 2;
    }
    void *larger = realloc(*memory, wanted * unit);
    if (!larger) {
        return -ENOMEM;
    }
    *memory = larger;
    *cap = wanted;
    return 0;
}

static int room_for_item(struct spool_items *list)
{
    void *memory = list->items;
    int error = make_room(&memory, &list->cap, list->count + 1, sizeof(*list->items));

    list->items = memory;
    return error;
}

static int room_for_bytes(struct spool_items *list, size_t len)
{
    void *memory = list->bytes;
    int error = make_room(&memory, &list->bytes_cap, list->bytes_len + len, 1);

    list->bytes = memory;
    return error;
}

int spool_items_add(struct spool_items *list, const struct spool_item *item)
{
    if (room_for_item(list) || room_for_bytes(list, item->row.len)) {
        return -ENOMEM;
    }
    struct spool_item *copy = &list->items[list->count++];
    *copy = *item;
    copy->row.bytes = NULL;
    copy->at = list->bytes_len;
    if (item->row.len) {
        memcpy(list->bytes + list->bytes_len, item->row.bytes, item->row.len);
    }
    list->bytes_len += item->row.len;
    return 0;
}

struct spool_item spool_items_at(const struct spool_items *list, size_t index)
{
    static const uint8_t none[1];
    struct spool_item item = list->items[index];

    item.row.bytes = item.row.len ? list->bytes + item.at : none;
    return item;
}

void spool_items_free(struct spool_items *list)
{
    free(list->items);
    free(list->bytes);
    *list = (struct spool_items){0};
}
