#include "spool_record.h"

#include "spool_batch.h"
#include "spool_crc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int64_t crc_of_record(const struct spool_record *record)
{
    const struct spool_row *row = &record->row;
    uint32_t crc = spool_crc_number(0, row->sequence);

    crc = spool_crc_number(crc, row->lane);
    crc = spool_crc_number(crc, row->command);
    crc = spool_crc_number(crc, row->pin);
    crc = spool_crc_number(crc, row->group);
    crc = spool_crc_number(crc, (uint64_t)row->wall_ms);
    crc = spool_crc_number(crc, row->made_ms);
    crc = spool_crc_number(crc, (uint64_t)record->boot);
    return spool_crc(crc, row->bytes, row->len);
}

int spool_record_write(struct spool_sql *sql, const struct spool_record *record)
{
    const struct spool_row *row = &record->row;
    int error = 0;
    struct sqlite3_stmt *put = spool_sql_ready(sql, SQL_ROW_PUT, &error);

    if (!put) {
        return error;
    }
    spool_sql_bind(put, 1, (int64_t)row->sequence);
    spool_sql_bind(put, 2, row->lane);
    spool_sql_bind(put, 3, row->command);
    spool_sql_bind(put, 4, row->pin);
    spool_sql_bind(put, 5, row->group);
    spool_sql_bind(put, 6, row->wall_ms);
    spool_sql_bind(put, 7, (int64_t)row->made_ms);
    spool_sql_bind(put, 8, record->boot);
    spool_sql_bind_blob(put, 9, row->bytes, row->len);
    spool_sql_bind(put, 10, crc_of_record(record));
    return spool_sql_finish(sql, put);
}

int spool_record_park(struct spool_sql *sql, struct spool_record *record)
{
    int error = 0;
    struct sqlite3_stmt *park = spool_sql_ready(sql, SQL_ROW_PARK, &error);

    if (!park) {
        return error;
    }
    record->row.lane = SPOOL_LANE_BACKLOG;
    spool_sql_bind(park, 1, (int64_t)record->row.sequence);
    spool_sql_bind(park, 2, record->row.lane);
    spool_sql_bind(park, 3, crc_of_record(record));
    return spool_sql_finish(sql, park);
}

/* Numbers outside their ranges would be cut to others that may be right by chance: they are looked at before. */
static bool fits(struct sqlite3_stmt *row, int column, int64_t least, int64_t most)
{
    int64_t number = spool_sql_number(row, column);

    return number >= least && number <= most;
}

bool spool_record_read(struct sqlite3_stmt *row, struct spool_record *record)
{
    size_t len = 0;
    const uint8_t *bytes = spool_sql_blob(row, 8, &len);

    if (!bytes || len > SPOOL_VALUE_MAX || !fits(row, 0, 1, INT64_MAX) ||
        !fits(row, 1, SPOOL_LANE_EVENT, SPOOL_LANE_BACKLOG) || !fits(row, 2, 0, UINT8_MAX) ||
        !fits(row, 3, 0, PIN_COUNT - 1) || !fits(row, 4, 0, UINT32_MAX) || !fits(row, 6, 0, INT64_MAX)) {
        return false;
    }
    *record = (struct spool_record){
        .row =
            {
                .sequence = (uint64_t)spool_sql_number(row, 0),
                .lane = (enum spool_lane)spool_sql_number(row, 1),
                .command = (uint8_t)spool_sql_number(row, 2),
                .pin = (pin_id)spool_sql_number(row, 3),
                .group = (uint32_t)spool_sql_number(row, 4),
                .wall_ms = spool_sql_number(row, 5),
                .made_ms = (uint64_t)spool_sql_number(row, 6),
                .len = (uint16_t)len,
                .bytes = bytes,
            },
        .boot = spool_sql_number(row, 7),
    };
    return crc_of_record(record) == spool_sql_number(row, 9);
}

/* ---- last values ---- */

static int64_t crc_of_pin(const struct spool_item *item)
{
    uint32_t crc = spool_crc_number(0, item->row.pin);

    crc = spool_crc_number(crc, (uint64_t)item->row.wall_ms);
    crc = spool_crc_number(crc, item->from_blynk);
    return spool_crc(crc, item->row.bytes, item->row.len);
}

int spool_pin_write(struct spool_sql *sql, const struct spool_item *item)
{
    int error = 0;
    struct sqlite3_stmt *put = spool_sql_ready(sql, SQL_PIN_PUT, &error);

    if (!put) {
        return error;
    }
    spool_sql_bind(put, 1, item->row.pin);
    spool_sql_bind_blob(put, 2, item->row.bytes, item->row.len);
    spool_sql_bind(put, 3, item->row.wall_ms);
    spool_sql_bind(put, 4, item->from_blynk);
    spool_sql_bind(put, 5, crc_of_pin(item));
    return spool_sql_finish(sql, put);
}

bool spool_pin_read(struct sqlite3_stmt *row, struct spool_item *item)
{
    size_t len = 0;
    const uint8_t *bytes = spool_sql_blob(row, 1, &len);

    if (!bytes || len > SPOOL_PIN_BYTES_MAX || !fits(row, 0, 0, PIN_COUNT - 1) || !fits(row, 3, 0, 1)) {
        return false;
    }
    *item = (struct spool_item){
        .kind = SPOOL_ITEM_PIN,
        .from_blynk = spool_sql_number(row, 3) == 1,
        .row = {.pin = (pin_id)spool_sql_number(row, 0),
                .wall_ms = spool_sql_number(row, 2),
                .len = (uint16_t)len,
                .bytes = bytes},
    };
    return crc_of_pin(item) == spool_sql_number(row, 4);
}

/* ---- meters ---- */

static int64_t crc_of_meter(const char *name, uint64_t value)
{
    return spool_crc(spool_crc_number(0, value), name, strlen(name));
}

int spool_meter_write(struct spool_sql *sql, const char *name, uint64_t value)
{
    int error = 0;
    struct sqlite3_stmt *put = spool_sql_ready(sql, SQL_METER_PUT, &error);

    if (!put) {
        return error;
    }
    spool_sql_bind_text(put, 1, name);
    spool_sql_bind(put, 2, (int64_t)value);
    spool_sql_bind(put, 3, crc_of_meter(name, value));
    return spool_sql_finish(sql, put);
}

bool spool_meter_read(struct sqlite3_stmt *row, struct spool_item *item)
{
    const char *name = spool_sql_text(row, 0);
    size_t size = name ? strlen(name) + 1 : 0;

    if (!name || size > SPOOL_NAME_MAX) {
        return false;
    }
    *item = (struct spool_item){
        .kind = SPOOL_ITEM_METER,
        .number = (uint64_t)spool_sql_number(row, 1),
        .row = {.len = (uint16_t)size, .bytes = (const uint8_t *)name},
    };
    return crc_of_meter(name, item->number) == spool_sql_number(row, 2);
}

/* ---- secrets ---- */

static int64_t crc_of_secret(const struct spool_item *item)
{
    return spool_crc(spool_crc_number(0, item->number), item->row.bytes, item->row.len);
}

int spool_secret_write(struct spool_sql *sql, const struct spool_item *item)
{
    size_t value_len = item->row.len - (size_t)item->number;
    int error = 0;
    struct sqlite3_stmt *put = spool_sql_ready(sql, value_len ? SQL_SECRET_PUT : SQL_SECRET_FORGET, &error);

    if (!put) {
        return error;
    }
    spool_sql_bind_text(put, 1, (const char *)item->row.bytes);
    if (value_len) {
        spool_sql_bind_blob(put, 2, item->row.bytes + item->number, value_len);
        spool_sql_bind(put, 3, crc_of_secret(item));
    }
    return spool_sql_finish(sql, put);
}

bool spool_secret_read(struct sqlite3_stmt *row, struct spool_item *item)
{
    static _Thread_local uint8_t bytes[SPOOL_SECRET_NAME_MAX + SPOOL_SECRET_MAX];
    const char *name = spool_sql_text(row, 0);
    size_t size = name ? strlen(name) + 1 : 0, len = 0;
    const uint8_t *value = spool_sql_blob(row, 1, &len);

    if (!name || !value || size > SPOOL_SECRET_NAME_MAX || len > SPOOL_SECRET_MAX) {
        return false;
    }
    memcpy(bytes, name, size);
    memcpy(bytes + size, value, len);
    *item = (struct spool_item){
        .kind = SPOOL_ITEM_SECRET,
        .number = size,
        .row = {.len = (uint16_t)(size + len), .bytes = bytes},
    };
    return crc_of_secret(item) == spool_sql_number(row, 2);
}

/* ---- boots ---- */

static int64_t crc_of_boot(const struct spool_boot *boot)
{
    uint32_t crc = spool_crc_number(0, (uint64_t)boot->id);

    crc = spool_crc_number(crc, boot->known);
    crc = spool_crc_number(crc, (uint64_t)boot->offset_ms);
    return spool_crc(crc, boot->name, strlen(boot->name));
}

int spool_boot_write(struct spool_sql *sql, const struct spool_boot *boot)
{
    int error = 0;
    struct sqlite3_stmt *put = spool_sql_ready(sql, SQL_BOOT_PUT, &error);

    if (!put) {
        return error;
    }
    spool_sql_bind(put, 1, boot->id);
    spool_sql_bind_text(put, 2, boot->name);
    if (boot->known) {
        spool_sql_bind(put, 3, boot->offset_ms);
    } else {
        spool_sql_bind_null(put, 3);
    }
    spool_sql_bind(put, 4, crc_of_boot(boot));
    return spool_sql_finish(sql, put);
}

bool spool_boot_read(struct sqlite3_stmt *row, struct spool_boot *boot)
{
    const char *name = spool_sql_text(row, 1);

    if (!name || strlen(name) >= sizeof(boot->name)) {
        return false;
    }
    *boot = (struct spool_boot){
        .id = spool_sql_number(row, 0),
        .known = !spool_sql_is_null(row, 2),
        .offset_ms = spool_sql_number(row, 2),
    };
    snprintf(boot->name, sizeof(boot->name), "%s", name);
    return crc_of_boot(boot) == spool_sql_number(row, 3);
}
