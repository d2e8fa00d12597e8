#include "cloud_store.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Properties, events and metadata are kept for tests; a device that sends more than this loses the newest ones. */
#define NOTES_MAX 4096

void cloud_store_init(struct cloud_store *store, size_t sample_max)
{
    memset(store, 0, sizeof *store);
    store->sample_max = sample_max;
    if (sample_max > 0)
        store->samples = cloud_alloc(sample_max * sizeof *store->samples);
}

static void notes_free(struct cloud_notes *notes)
{
    for (size_t i = 0; i < notes->count; i++) {
        cloud_bytes_free(&notes->items[i].a);
        cloud_bytes_free(&notes->items[i].b);
    }
    free(notes->items);
    memset(notes, 0, sizeof *notes);
}

void cloud_store_free(struct cloud_store *store)
{
    for (size_t i = 0; i < store->pin_count; i++)
        cloud_bytes_free(&store->pins[i].value);
    free(store->pins);
    for (size_t i = 0; i < store->sample_max; i++)
        cloud_bytes_free(&store->samples[i].value);
    free(store->samples);
    notes_free(&store->properties);
    notes_free(&store->events);
    notes_free(&store->meta);
    cloud_bytes_free(&store->info);
    memset(store, 0, sizeof *store);
}

bool cloud_pin_number_parse(struct cloud_field field, unsigned max, uint16_t *number)
{
    unsigned value = 0;

    if (field.len == 0 || field.len > 5)
        return false;
    for (size_t i = 0; i < field.len; i++) {
        if (field.data[i] < '0' || field.data[i] > '9')
            return false;
        value = value * 10 + (unsigned)(field.data[i] - '0');
    }
    *number = (uint16_t)value;
    return value <= max;
}

bool cloud_pin_name_parse(struct cloud_field field, unsigned max, struct cloud_pin_name *name)
{
    struct cloud_field digits = {field.data + 1, field.len - 1};

    if (field.len < 2)
        return false;
    name->type = (char)tolower((unsigned char)field.data[0]);
    if (name->type != 'v' && name->type != 'd' && name->type != 'a')
        return false;
    return cloud_pin_number_parse(digits, max, &name->number);
}

static bool pin_name_same(struct cloud_pin_name one, struct cloud_pin_name other)
{
    return one.type == other.type && one.number == other.number;
}

const struct cloud_pin *cloud_store_find(const struct cloud_store *store, struct cloud_pin_name name)
{
    for (size_t i = 0; i < store->pin_count; i++) {
        if (pin_name_same(store->pins[i].name, name))
            return &store->pins[i];
    }
    return NULL;
}

/* Makes room for one more item in an array that grows by doubling (capacity = next power of two >= 16). */
static void *array_grow(void *items, size_t count, size_t size)
{
    void *grown;

    if (count != 0 && (count < 16 || (count & (count - 1)) != 0))
        return items;
    grown = cloud_alloc((count < 16 ? 16 : count * 2) * size);
    if (count > 0)
        memcpy(grown, items, count * size);
    free(items);
    return grown;
}

void cloud_store_write(struct cloud_store *store, struct cloud_pin_name name, const void *value, size_t len)
{
    struct cloud_pin *pin = (struct cloud_pin *)cloud_store_find(store, name);

    if (pin == NULL) {
        store->pins = array_grow(store->pins, store->pin_count, sizeof *pin);
        pin = &store->pins[store->pin_count++];
        memset(pin, 0, sizeof *pin);
        pin->name = name;
    }
    cloud_bytes_clear(&pin->value);
    cloud_bytes_append_utf8(&pin->value, value, len);
    pin->has_value = true;
}

void cloud_store_sample(struct cloud_store *store, const struct cloud_sample *sample, const void *value,
                        size_t len)
{
    struct cloud_sample *slot;
    struct cloud_bytes kept;

    if (store->sample_max == 0) {
        store->samples_lost++;
        return;
    }
    slot = &store->samples[(store->sample_first + store->sample_count) % store->sample_max];
    if (store->sample_count < store->sample_max) {
        store->sample_count++;
    } else {
        store->sample_first = (store->sample_first + 1) % store->sample_max;
        store->samples_lost++;
    }
    kept = slot->value;
    *slot = *sample;
    slot->value = kept;
    cloud_bytes_clear(&slot->value);
    cloud_bytes_append_utf8(&slot->value, value, len);
}

static struct cloud_note *notes_add(struct cloud_notes *notes)
{
    struct cloud_note *note;

    if (notes->count == NOTES_MAX)
        return NULL;
    notes->items = array_grow(notes->items, notes->count, sizeof *note);
    note = &notes->items[notes->count++];
    memset(note, 0, sizeof *note);
    return note;
}

static void note_fill(struct cloud_note *note, struct cloud_field a, struct cloud_field b)
{
    cloud_bytes_clear(&note->a);
    cloud_bytes_clear(&note->b);
    cloud_bytes_append_utf8(&note->a, a.data, a.len);
    cloud_bytes_append_utf8(&note->b, b.data, b.len);
}

static struct cloud_note *notes_find(const struct cloud_notes *notes, struct cloud_pin_name pin,
                                     struct cloud_field name)
{
    for (size_t i = 0; i < notes->count; i++) {
        struct cloud_note *note = &notes->items[i];

        if (pin_name_same(note->pin, pin) && note->a.len == name.len && name.len > 0 &&
            memcmp(note->a.data, name.data, name.len) == 0)
            return note;
    }
    return NULL;
}

void cloud_store_property(struct cloud_store *store, struct cloud_pin_name pin, struct cloud_field name,
                          struct cloud_field values, int64_t time_ms, uint16_t id)
{
    struct cloud_note *note = notes_find(&store->properties, pin, name);

    if (note == NULL)
        note = notes_add(&store->properties);
    if (note == NULL)
        return;
    note_fill(note, name, values);
    note->pin = pin;
    note->time_ms = time_ms;
    note->id = id;
}

void cloud_store_event(struct cloud_store *store, struct cloud_field code, struct cloud_field description,
                       bool cleared, int64_t time_ms, uint16_t id)
{
    struct cloud_note *note = notes_add(&store->events);

    if (note == NULL)
        return;
    note_fill(note, code, description);
    note->cleared = cleared;
    note->time_ms = time_ms;
    note->id = id;
}

void cloud_store_meta(struct cloud_store *store, struct cloud_field name, struct cloud_field value)
{
    struct cloud_note *note = notes_find(&store->meta, (struct cloud_pin_name){0}, name);

    if (note == NULL)
        note = notes_add(&store->meta);
    if (note != NULL)
        note_fill(note, name, value);
}

const struct cloud_note *cloud_store_find_meta(const struct cloud_store *store, struct cloud_field name)
{
    return notes_find(&store->meta, (struct cloud_pin_name){0}, name);
}
