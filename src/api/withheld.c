#include "withheld.h"

#include <assert.h>
#include <string.h>

void withheld_add(struct withheld *withheld, size_t start, uint64_t ticket)
{
    if (withheld->count == WITHHELD_MARKS) {
        withheld->marks[WITHHELD_MARKS - 1].ticket = ticket;
        return;
    }
    withheld->marks[withheld->count].start = start;
    withheld->marks[withheld->count].ticket = ticket;
    withheld->count++;
}

bool withheld_release(struct withheld *withheld, uint64_t ticket)
{
    size_t gone = 0;

    while (gone < withheld->count && withheld->marks[gone].ticket <= ticket) {
        gone++;
    }
    withheld->count -= gone;
    memmove(withheld->marks, withheld->marks + gone, withheld->count * sizeof(withheld->marks[0]));
    return gone > 0;
}

size_t withheld_free_bytes(const struct withheld *withheld, size_t len)
{
    return withheld->count && withheld->marks[0].start < len ? withheld->marks[0].start : len;
}

void withheld_consumed(struct withheld *withheld, size_t len)
{
    for (size_t i = 0; i < withheld->count; i++) {
        assert(withheld->marks[i].start >= len);
        withheld->marks[i].start -= len;
    }
}
