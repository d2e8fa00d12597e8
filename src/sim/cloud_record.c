#include "cloud_record.h"

#include <inttypes.h>
#include <string.h>

#include "cloud_conn.h"

static bool record_wanted(const struct cloud_conn *conn)
{
    return conn->kind == CLOUD_CONN_DEVICE || (conn->listener->tls && conn->wire_in_bytes > 0);
}

static struct cloud_record record_of(const struct cloud_conn *conn)
{
    struct cloud_record record = {.number = conn->number,
                                  .open = !conn->closing,
                                  .device = conn->kind == CLOUD_CONN_DEVICE,
                                  .tls = conn->listener->tls,
                                  .wire_in_bytes = conn->wire_in_bytes,
                                  .wire_out_bytes = conn->wire_out_bytes,
                                  .plain_in_bytes = conn->plain_in_bytes,
                                  .plain_out_bytes = conn->plain_out_bytes};

    if (conn->tls != NULL)
        record.facts = *cloud_tls_facts(conn->tls);
    return record;
}

void cloud_record_keep(const struct cloud_conn *conn)
{
    struct cloud_records *records = &conn->cloud->records;

    if (record_wanted(conn))
        records->items[records->count++ % CLOUD_RECORDS_MAX] = record_of(conn);
}

static void show_text(struct cloud_bytes *out, const char *name, const char *text)
{
    struct cloud_bytes clean = {0};

    cloud_bytes_append_utf8(&clean, text, strlen(text)); /* a name comes from the wire */
    cloud_bytes_printf(out, ",\"%s\":", name);
    if (clean.len == 0)
        cloud_bytes_append_text(out, "null");
    else
        cloud_bytes_append_json(out, clean.data, clean.len);
    cloud_bytes_free(&clean);
}

static void record_show(struct cloud_bytes *out, const struct cloud_record *record)
{
    const struct cloud_tls_facts *facts = &record->facts;

    if (out->data[out->len - 1] != '[')
        cloud_bytes_append_byte(out, ',');
    cloud_bytes_printf(out, "{\"number\":%u,\"open\":%s,\"device\":%s", record->number,
                       record->open ? "true" : "false", record->device ? "true" : "false");
#define SHOW_BYTES(name) cloud_bytes_printf(out, ",\"" #name "\":%" PRIu64, record->name)
    SHOW_BYTES(wire_in_bytes);
    SHOW_BYTES(wire_out_bytes);
    SHOW_BYTES(plain_in_bytes);
    SHOW_BYTES(plain_out_bytes);
#undef SHOW_BYTES
    if (!record->tls) {
        cloud_bytes_append_text(out, ",\"tls\":null}");
        return;
    }
    cloud_bytes_printf(out, ",\"tls\":{\"done\":%s,\"resumed\":%s", facts->done ? "true" : "false",
                       facts->resumed ? "true" : "false");
    cloud_bytes_printf(out, ",\"handshake_in_bytes\":%" PRIu64 ",\"handshake_out_bytes\":%" PRIu64,
                       facts->handshake_in_bytes, facts->handshake_out_bytes);
    show_text(out, "version", facts->version);
    show_text(out, "cipher", facts->cipher);
    show_text(out, "name", facts->name);
    show_text(out, "failure", facts->failure);
    cloud_bytes_append_text(out, "}}");
}

void cloud_record_show(struct cloud_bytes *out, const struct cloud *cloud)
{
    const struct cloud_records *records = &cloud->records;
    size_t first = records->count > CLOUD_RECORDS_MAX ? records->count - CLOUD_RECORDS_MAX : 0;

    cloud_bytes_append_byte(out, '[');
    for (size_t i = first; i < records->count; i++)
        record_show(out, &records->items[i % CLOUD_RECORDS_MAX]);
    for (const struct cloud_conn *conn = cloud->conns; conn != NULL; conn = conn->next) {
        struct cloud_record record = record_of(conn);

        if (record_wanted(conn))
            record_show(out, &record);
    }
    cloud_bytes_append_byte(out, ']');
}
