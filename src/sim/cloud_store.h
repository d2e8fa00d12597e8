/*
 * What the simulated cloud remembers of one device: the last value of each pin, every write with its times, properties,
 * events, metadata, the info message. Each token's project owns one. It stores and shows; it never sends anything.
 */
#ifndef BLYNKSIM_CLOUD_STORE_H
#define BLYNKSIM_CLOUD_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cloud_bytes.h"
#include "cloud_frame.h"

#define CLOUD_NO_GROUP (-1)

struct cloud_pin_name {
    char type; /* 'v', 'd' or 'a' */
    uint16_t number;
};

struct cloud_pin {
    struct cloud_pin_name name;
    struct cloud_bytes value; /* several values: with a NUL between them */
    bool has_value;
};

/* One write as it arrived. */
struct cloud_sample {
    struct cloud_pin_name pin;
    struct cloud_bytes value;
    int64_t time_ms;  /* wall clock at arrival */
    int64_t group_ms; /* time stamp of the group around it, or CLOUD_NO_GROUP */
    uint16_t id;
    unsigned connection;
};

/* A property (a = name, b = values), an event (a = code, b = description) or a metadata field (a, b). */
struct cloud_note {
    struct cloud_pin_name pin;
    struct cloud_bytes a, b;
    int64_t time_ms;
    uint16_t id;
    bool cleared; /* of an event: this note resolved it */
};

struct cloud_notes {
    struct cloud_note *items;
    size_t count;
};

struct cloud_store {
    struct cloud_pin *pins; /* in the order of their first write, which is the order of a sync */
    size_t pin_count;
    struct cloud_sample *samples; /* a ring */
    size_t sample_first, sample_count, sample_max;
    uint64_t samples_lost; /* overwritten by newer ones */
    struct cloud_notes properties, events, meta;
    struct cloud_bytes info; /* body of the last info message */
};

void cloud_store_init(struct cloud_store *store, size_t sample_max);
void cloud_store_free(struct cloud_store *store);

/* Reads a decimal pin number up to `max`; answers false for anything else. */
bool cloud_pin_number_parse(struct cloud_field field, unsigned max, uint16_t *number);
/* Reads "V5", "d13", "A0". */
bool cloud_pin_name_parse(struct cloud_field field, unsigned max, struct cloud_pin_name *name);

/* NULL: never written. */
const struct cloud_pin *cloud_store_find(const struct cloud_store *store, struct cloud_pin_name name);
/* Keeps the value (made UTF-8 first). */
void cloud_store_write(struct cloud_store *store, struct cloud_pin_name name, const void *value, size_t len);
/* Remembers the arrival of a write from a device. */
void cloud_store_sample(struct cloud_store *store, const struct cloud_sample *sample, const void *value,
                        size_t len);
/* Properties and metadata replace an older one of that name; events are appended. */
void cloud_store_property(struct cloud_store *store, struct cloud_pin_name pin, struct cloud_field name,
                          struct cloud_field values, int64_t time_ms, uint16_t id);
void cloud_store_event(struct cloud_store *store, struct cloud_field code, struct cloud_field description,
                       bool cleared, int64_t time_ms, uint16_t id);
void cloud_store_meta(struct cloud_store *store, struct cloud_field name, struct cloud_field value);
const struct cloud_note *cloud_store_find_meta(const struct cloud_store *store, struct cloud_field name);

/* The views of the HTTP calls. */
void cloud_store_show_values(struct cloud_bytes *out, const struct cloud_pin *pin);
void cloud_store_show_history(struct cloud_bytes *out, const struct cloud_store *store,
                              struct cloud_pin_name pin);
void cloud_store_show_properties(struct cloud_bytes *out, const struct cloud_store *store);
void cloud_store_show_events(struct cloud_bytes *out, const struct cloud_store *store);
void cloud_store_show_meta(struct cloud_bytes *out, const struct cloud_store *store);
void cloud_store_show_info(struct cloud_bytes *out, const struct cloud_store *store);

#endif
