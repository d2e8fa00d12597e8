#include "spool_totals.h"

#include "blynkd/blynk/frame.h"
#include "spool_crc.h"

#include <string.h>

#define TOTALS_FORM 1 /* of the blob */
#define NUMBERS     9

static uint8_t *put_number(uint8_t *at, uint64_t number, unsigned size)
{
    for (unsigned i = 0; i < size; i++) {
        *at++ = (uint8_t)(number >> (8 * i));
    }
    return at;
}

static uint64_t get_number(const uint8_t *at, unsigned size)
{
    uint64_t number = 0;

    for (unsigned i = 0; i < size; i++) {
        number |= (uint64_t)at[i] << (8 * i);
    }
    return number;
}

void spool_totals_encode(const struct spool_totals *totals, uint8_t bytes[SPOOL_TOTALS_BYTES])
{
    const uint64_t numbers[NUMBERS] = {TOTALS_FORM,        totals->clean,        totals->rows,
                                       totals->bytes,      totals->backlog_rows, totals->last_sequence,
                                       totals->last_group, totals->last_boot,    totals->undone};
    uint8_t *at = bytes;

    for (unsigned i = 0; i < NUMBERS; i++) {
        at = put_number(at, numbers[i], 8);
    }
    for (unsigned i = 0; i < PIN_COUNT; i++) {
        at = put_number(at, totals->backlog_of_pin[i], 4);
    }
    put_number(at, spool_crc(0, bytes, (size_t)(at - bytes)), 4);
}

bool spool_totals_decode(struct spool_totals *totals, const void *bytes, size_t len)
{
    const uint8_t *at = bytes;

    if (len != SPOOL_TOTALS_BYTES || get_number(at + len - 4, 4) != spool_crc(0, at, len - 4) ||
        get_number(at, 8) != TOTALS_FORM) {
        return false;
    }
    *totals = (struct spool_totals){
        .clean = get_number(at + 8, 8),
        .rows = get_number(at + 16, 8),
        .bytes = get_number(at + 24, 8),
        .backlog_rows = get_number(at + 32, 8),
        .last_sequence = get_number(at + 40, 8),
        .last_group = get_number(at + 48, 8),
        .last_boot = get_number(at + 56, 8),
        .undone = get_number(at + 64, 8),
    };
    for (unsigned i = 0; i < PIN_COUNT; i++) {
        totals->backlog_of_pin[i] = (uint32_t)get_number(at + (size_t)8 * NUMBERS + (size_t)4 * i, 4);
    }
    return true;
}

static bool is_backlog_of_a_pin(const struct spool_row *row)
{
    return row->lane == SPOOL_LANE_BACKLOG && row->command == BLYNK_HARDWARE && row->pin < PIN_COUNT;
}

void spool_totals_add(struct spool_totals *totals, const struct spool_row *row)
{
    totals->rows++;
    totals->bytes += row->len;
    totals->backlog_rows += row->lane == SPOOL_LANE_BACKLOG ? 1 : 0;
    if (is_backlog_of_a_pin(row)) {
        totals->backlog_of_pin[row->pin]++;
    }
    if (row->sequence > totals->last_sequence) {
        totals->last_sequence = row->sequence;
    }
    if (row->group > totals->last_group) {
        totals->last_group = row->group;
    }
}

bool spool_totals_subtract(struct spool_totals *totals, const struct spool_row *row)
{
    bool backlog = row->lane == SPOOL_LANE_BACKLOG;

    if (totals->rows == 0 || totals->bytes < row->len || (backlog && totals->backlog_rows == 0) ||
        (is_backlog_of_a_pin(row) && totals->backlog_of_pin[row->pin] == 0)) {
        return false;
    }
    totals->rows--;
    totals->bytes -= row->len;
    totals->backlog_rows -= backlog ? 1 : 0;
    if (is_backlog_of_a_pin(row)) {
        totals->backlog_of_pin[row->pin]--;
    }
    return true;
}

bool spool_totals_agree(const struct spool_totals *a, const struct spool_totals *b)
{
    return a->rows == b->rows && a->bytes == b->bytes && a->backlog_rows == b->backlog_rows &&
           memcmp(a->backlog_of_pin, b->backlog_of_pin, sizeof(a->backlog_of_pin)) == 0;
}
