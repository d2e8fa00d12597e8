/* The views of a store in JSON, for the HTTP calls. */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "cloud_store.h"

/* ["a","b"]; like Java's split(), which the real server uses, without empty strings at the end. */
static void show_list(struct cloud_bytes *out, const void *data, size_t len)
{
    const char *at = data;
    const char *end;

    cloud_bytes_append_byte(out, '[');
    while (len > 0 && at[len - 1] == '\0')
        len--;
    end = len > 0 ? at + len : at;
    while (at < end) {
        const char *stop = memchr(at, 0, (size_t)(end - at));

        if (stop == NULL)
            stop = end;
        cloud_bytes_append_json(out, at, (size_t)(stop - at));
        if (stop < end)
            cloud_bytes_append_byte(out, ',');
        at = stop + 1;
    }
    cloud_bytes_append_byte(out, ']');
}

static void show_comma(struct cloud_bytes *out)
{
    uint8_t last = out->len > 0 ? out->data[out->len - 1] : '[';

    if (last != '[' && last != '{')
        cloud_bytes_append_byte(out, ',');
}

void cloud_store_show_values(struct cloud_bytes *out, const struct cloud_pin *pin)
{
    show_list(out, pin->value.data, pin->value.len);
}

void cloud_store_show_history(struct cloud_bytes *out, const struct cloud_store *store,
                              struct cloud_pin_name pin)
{
    cloud_bytes_append_byte(out, '[');
    for (size_t i = 0; i < store->sample_count; i++) {
        const struct cloud_sample *sample = &store->samples[(store->sample_first + i) % store->sample_max];

        if (sample->pin.type != pin.type || sample->pin.number != pin.number)
            continue;
        show_comma(out);
        cloud_bytes_append_text(out, "{\"value\":");
        cloud_bytes_append_json(out, sample->value.data, sample->value.len);
        cloud_bytes_printf(out, ",\"time_ms\":%" PRId64 ",\"group_ms\":", sample->time_ms);
        if (sample->group_ms == CLOUD_NO_GROUP)
            cloud_bytes_append_text(out, "null");
        else
            cloud_bytes_printf(out, "%" PRId64, sample->group_ms);
        cloud_bytes_printf(out, ",\"id\":%u,\"connection\":%u}", sample->id, sample->connection);
    }
    cloud_bytes_append_byte(out, ']');
}

void cloud_store_show_properties(struct cloud_bytes *out, const struct cloud_store *store)
{
    cloud_bytes_append_byte(out, '[');
    for (size_t i = 0; i < store->properties.count; i++) {
        const struct cloud_note *note = &store->properties.items[i];

        show_comma(out);
        cloud_bytes_printf(out, "{\"pin\":\"%c%u\",\"property\":", toupper(note->pin.type), note->pin.number);
        cloud_bytes_append_json(out, note->a.data, note->a.len);
        cloud_bytes_append_text(out, ",\"values\":");
        show_list(out, note->b.data, note->b.len);
        cloud_bytes_printf(out, ",\"time_ms\":%" PRId64 ",\"id\":%u}", note->time_ms, note->id);
    }
    cloud_bytes_append_byte(out, ']');
}

void cloud_store_show_events(struct cloud_bytes *out, const struct cloud_store *store)
{
    cloud_bytes_append_byte(out, '[');
    for (size_t i = 0; i < store->events.count; i++) {
        const struct cloud_note *note = &store->events.items[i];

        show_comma(out);
        cloud_bytes_append_text(out, note->cleared ? "{\"resolved\":true,\"code\":"
                                                   : "{\"resolved\":false,\"code\":");
        cloud_bytes_append_json(out, note->a.data, note->a.len);
        cloud_bytes_append_text(out, ",\"description\":");
        cloud_bytes_append_json(out, note->b.data, note->b.len);
        cloud_bytes_printf(out, ",\"time_ms\":%" PRId64 ",\"id\":%u}", note->time_ms, note->id);
    }
    cloud_bytes_append_byte(out, ']');
}

void cloud_store_show_meta(struct cloud_bytes *out, const struct cloud_store *store)
{
    cloud_bytes_append_byte(out, '{');
    for (size_t i = 0; i < store->meta.count; i++) {
        show_comma(out);
        cloud_bytes_append_json(out, store->meta.items[i].a.data, store->meta.items[i].a.len);
        cloud_bytes_append_byte(out, ':');
        cloud_bytes_append_json(out, store->meta.items[i].b.data, store->meta.items[i].b.len);
    }
    cloud_bytes_append_byte(out, '}');
}

void cloud_store_show_info(struct cloud_bytes *out, const struct cloud_store *store)
{
    show_list(out, store->info.data, store->info.len);
}
