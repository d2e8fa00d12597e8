/* What a batch is made of; see include/blynkd/bridge/spool.h. */
#ifndef BLYNKD_BRIDGE_SPOOL_BATCH_H
#define BLYNKD_BRIDGE_SPOOL_BATCH_H

#include "spool_items.h"

#define SPOOL_PIN_BYTES_MAX 4096 /* a value from Blynk: what one frame can carry (PIN values: 4091) */

struct spool_batch {
    struct spool_items items;
    size_t puts;
    bool given; /* to spool_store(): the spool's until on_stored has returned */
};

#endif
