/*
 * Replies that must not go out yet: with durability = always a write is acknowledged once it is on the disk. What a
 * client wrote meanwhile goes on; only the bytes from the first such reply on stay in its buffer, and everything that
 * one commit has brought to the disk leaves at once. Part of the client; owns nothing.
 */
#ifndef BLYNKD_API_WITHHELD_H
#define BLYNKD_API_WITHHELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WITHHELD_MARKS 8 /* commits are few; what comes after the last mark waits with it */

struct api_client;

struct withheld {
    struct {
        size_t start; /* of the reply in the client's buffer */
        uint64_t ticket;
    } marks[WITHHELD_MARKS]; /* oldest first */
    size_t count;
};

/* The reply that begins at `start` waits for the ticket. */
void withheld_add(struct withheld *withheld, size_t start, uint64_t ticket);
/* Everything up to this ticket is on the disk. True if more may go out now. */
bool withheld_release(struct withheld *withheld, uint64_t ticket);
/* So many bytes may go out, of `len`. */
size_t withheld_free_bytes(const struct withheld *withheld, size_t len);
/* So many bytes went out. */
void withheld_consumed(struct withheld *withheld, size_t len);

#endif
