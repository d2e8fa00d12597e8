/*
 * What each connection cost: its bytes on the wire and inside, and what its TLS came to. The cloud owns the records of those
 * that are closed, the newest few; an open connection is asked itself. Only devices and what spoke TLS are
 * recorded: plain HTTP calls are not.
 */
#ifndef BLYNKSIM_CLOUD_RECORD_H
#define BLYNKSIM_CLOUD_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cloud_bytes.h"
#include "cloud_tls.h"

#define CLOUD_RECORDS_MAX 64

struct cloud;
struct cloud_conn;

struct cloud_record {
    unsigned number;
    bool open, device, tls;
    struct cloud_tls_facts facts;
    uint64_t wire_in_bytes, wire_out_bytes, plain_in_bytes, plain_out_bytes;
};

struct cloud_records {
    struct cloud_record items[CLOUD_RECORDS_MAX]; /* a ring */
    size_t count;                                 /* of all that ever were */
};

/* Remembers a connection that is over. */
void cloud_record_keep(const struct cloud_conn *conn);

/* A JSON list: the closed ones, oldest first, then the open ones, newest first. */
void cloud_record_show(struct cloud_bytes *out, const struct cloud *cloud);

#endif
