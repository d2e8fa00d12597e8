/* Each local program's part of what is fresh: one that writes much is not to stand before the others. */
#include "outbox_queue.h"

#include <stdlib.h>

struct outbox_share {
    struct list node;
    uint64_t writer;
    size_t entries;
};

void outbox_shares_init(struct outbox *outbox)
{
    for (size_t i = 0; i < OUTBOX_SHARE_LISTS; i++) {
        list_init(&outbox->shares[i]);
    }
}

static struct outbox_share *find(const struct outbox *outbox, uint64_t writer)
{
    const struct list *list = &outbox->shares[writer % OUTBOX_SHARE_LISTS];

    for (struct list *node = list->next; node != list; node = node->next) {
        struct outbox_share *share = list_owner(node, struct outbox_share, node);
        if (share->writer == writer) {
            return share;
        }
    }
    return NULL;
}

/* NULL: no memory. */
static struct outbox_share *make(struct outbox *outbox, uint64_t writer)
{
    struct outbox_share *share = malloc(sizeof(*share));

    if (share) {
        *share = (struct outbox_share){.writer = writer};
        list_append(&outbox->shares[writer % OUTBOX_SHARE_LISTS], &share->node);
    }
    return share;
}

size_t outbox_share_of(const struct outbox *outbox, uint64_t writer)
{
    const struct outbox_share *share = find(outbox, writer);

    return share ? share->entries : 0;
}

/* Without memory it is not counted: its writer may have one more. */
void outbox_share_add(struct outbox *outbox, struct outbox_entry *entry)
{
    if (entry->lane != LANE_FRESH || !entry->writer || entry->share) {
        return;
    }
    struct outbox_share *share = find(outbox, entry->writer);
    entry->share = share ? share : make(outbox, entry->writer);
    if (entry->share) {
        entry->share->entries++;
    }
}

void outbox_share_drop(struct outbox_entry *entry)
{
    struct outbox_share *share = entry->share;

    entry->share = NULL;
    if (share && --share->entries == 0) {
        list_remove(&share->node);
        free(share);
    }
}
