/* What the link keeps for the next process and nobody may read, waiting here for the next batch. */
#include "store_parts.h"

#include "blynkd/base/log.h"
#include "blynkd/base/secret.h"

#include <string.h>

static struct store_secret *place_for(struct store *store, const char *name)
{
    struct store_secret *place = NULL;

    for (size_t i = 0; i < STORE_SECRETS; i++) {
        struct store_secret *secret = &store->secrets[i];
        if (strcmp(secret->name, name) == 0) {
            return secret;
        }
        place = place || secret->name[0] ? place : secret;
    }
    return place ? place : &store->secrets[0];
}

static void forget(struct store_secret *secret)
{
    secret_wipe(secret, sizeof(*secret));
}

void store_keep_secret(struct store *store, const char *name, const uint8_t *bytes, size_t len)
{
    struct store_secret *secret = place_for(store, name);

    if (!store->spool || strlen(name) >= sizeof(secret->name) || len > sizeof(secret->bytes)) {
        return;
    }
    forget(secret);
    memcpy(secret->name, name, strlen(name) + 1);
    if (len) {
        memcpy(secret->bytes, bytes, len);
    }
    secret->len = len;
    if (store->secrets_due_ms == UINT64_MAX) {
        store->secrets_due_ms = sched_now_ms(store->sched) + store->config.commit_interval_ms;
    }
    store_wake(store);
}

/* One that cannot be stored now is given up: the next handshake is longer, that is all. */
void store_collect_secrets(struct store *store, struct spool_batch *batch)
{
    store->secrets_due_ms = UINT64_MAX;
    for (size_t i = 0; i < STORE_SECRETS; i++) {
        struct store_secret *secret = &store->secrets[i];
        if (secret->name[0] && spool_batch_secret(batch, secret->name, secret->bytes, secret->len)) {
            log_warning("spool", "no memory to keep what would make the next connection short");
        }
        forget(secret);
    }
}

void store_forget_secrets(struct store *store)
{
    secret_wipe(store->secrets, sizeof(store->secrets));
}
