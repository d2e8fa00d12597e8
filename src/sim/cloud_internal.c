/* The device protocol's INTERNAL messages: info, clock, metadata. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cloud_device.h"

#define INFO_FIELDS_MAX 64

static unsigned field_number(struct cloud_field field)
{
    char digits[12] = "";

    if (field.len < sizeof digits)
        memcpy(digits, field.data, field.len);
    return (unsigned)strtoul(digits, NULL, 10);
}

static void internal_info(struct cloud_conn *conn, const struct cloud_frame *frame)
{
    struct cloud_field fields[INFO_FIELDS_MAX];
    size_t count = cloud_fields_split(frame->body, frame->length, fields, INFO_FIELDS_MAX);
    struct cloud_bytes *info = &conn->project->store.info;

    for (size_t i = 0; i + 1 < count; i += 2) {
        unsigned number = field_number(fields[i + 1]);

        if (cloud_field_is(fields[i], "h-beat") && number > 0)
            conn->heartbeat_s = number;
        if (cloud_field_is(fields[i], "buff-in") && number > 0)
            conn->buff_in = number;
    }
    cloud_bytes_clear(info);
    cloud_bytes_append_utf8(info, frame->body, frame->length);
    cloud_device_send_status(conn, frame->id, CLOUD_OK);
}

/* Appends fields with a NUL between them; the list ends with NULL. */
static void internal_answer(struct cloud_conn *conn, uint16_t id, const char *const *fields)
{
    struct cloud_bytes body = {0};

    for (size_t i = 0; fields[i] != NULL; i++) {
        if (i > 0)
            cloud_bytes_append_byte(&body, 0);
        cloud_bytes_append_text(&body, fields[i]);
    }
    cloud_device_send(conn, CLOUD_INTERNAL, id, body.data, body.len);
    cloud_bytes_free(&body);
}

/* Local wall time as if it were UTC; the legacy server answers only with an RTC widget. */
static void internal_rtc(struct cloud_conn *conn, uint16_t id)
{
    const struct cloud_options *options = &conn->cloud->options;
    char seconds[24];

    if (!options->has_rtc && options->style == CLOUD_STYLE_LEGACY)
        return;
    snprintf(seconds, sizeof seconds, "%" PRId64,
             cloud_wall_ms() / 1000 + INT64_C(60) * options->zone_minutes);
    internal_answer(conn, id, (const char *const[]){"rtc", seconds, NULL});
}

/* 2020-10-06T10:16:26+03:00 */
static void utc_format_iso(char *out, size_t size, int zone_minutes)
{
    time_t local = (time_t)(cloud_wall_ms() / 1000 + INT64_C(60) * zone_minutes);
    struct tm parts;
    char date[32];

    gmtime_r(&local, &parts);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(out, size, "%s%c%02d:%02d", date, zone_minutes < 0 ? '-' : '+', abs(zone_minutes) / 60,
             abs(zone_minutes) % 60);
}

/* A zone without summer time: "<+03>-3" and "Etc/GMT-3", both with the sign turned round (POSIX TZ). */
static void utc_format_zone(char *out, size_t size, int zone_minutes, bool name)
{
    int hours = zone_minutes / 60;

    if (hours == 0)
        snprintf(out, size, "%s", name ? "Etc/UTC" : "UTC0");
    else if (name)
        snprintf(out, size, "Etc/GMT%+d", -hours);
    else
        snprintf(out, size, "<%+03d>%d", hours, -hours);
}

static void internal_utc(struct cloud_conn *conn, uint16_t id, struct cloud_field what)
{
    int zone = conn->cloud->options.zone_minutes;
    char text[48];

    if (cloud_field_is(what, "time")) {
        snprintf(text, sizeof text, "%" PRId64, cloud_wall_ms());
        internal_answer(conn, id, (const char *const[]){"utc", "time", text, NULL});
    } else if (cloud_field_is(what, "iso")) {
        utc_format_iso(text, sizeof text, zone);
        internal_answer(conn, id, (const char *const[]){"utc", "iso", text, NULL});
    } else if (cloud_field_is(what, "tz")) {
        snprintf(text, sizeof text, "%d", zone);
        internal_answer(conn, id, (const char *const[]){"utc", "tz", text, "0", NULL});
    } else if (cloud_field_is(what, "tz_name")) {
        utc_format_zone(text, sizeof text, zone, true);
        internal_answer(conn, id, (const char *const[]){"utc", "tz_name", text, NULL});
    } else if (cloud_field_is(what, "tz_rule")) {
        utc_format_zone(text, sizeof text, zone, false);
        internal_answer(conn, id, (const char *const[]){"utc", "tz_rule", text, NULL});
    } else if (cloud_field_is(what, "dst_next")) {
        internal_answer(conn, id, (const char *const[]){"utc", "dst_next", "0", "0", "0", "0", NULL});
    }
}

/* What the cloud answers to "set" is not known: nothing, until somebody has seen it. */
static void internal_meta(struct cloud_conn *conn, uint16_t id, const struct cloud_field *fields,
                          size_t count)
{
    struct cloud_store *store = &conn->project->store;
    const struct cloud_note *note;
    struct cloud_bytes body = {0};

    if (count >= 4 && cloud_field_is(fields[1], "set"))
        cloud_store_meta(store, fields[2], fields[3]);
    if (count < 3 || !cloud_field_is(fields[1], "get"))
        return;
    note = cloud_store_find_meta(store, fields[2]);
    if (note == NULL)
        return;
    cloud_bytes_append(&body, "meta", 5);
    cloud_bytes_append(&body, note->a.data, note->a.len);
    cloud_bytes_append_byte(&body, 0);
    cloud_bytes_append(&body, note->b.data, note->b.len);
    cloud_device_send(conn, CLOUD_INTERNAL, id, body.data, body.len);
    cloud_bytes_free(&body);
}

void cloud_device_internal(struct cloud_conn *conn, const struct cloud_frame *frame)
{
    struct cloud_field fields[4] = {{"", 0}, {"", 0}, {"", 0}, {"", 0}};
    size_t count = cloud_fields_split(frame->body, frame->length, fields, 4);

    if (count == 0 || fields[0].len == 0) {
        cloud_device_send_status(conn, frame->id, CLOUD_ILLEGAL_COMMAND);
        return;
    }
    if (conn->cloud->options.style == CLOUD_STYLE_NEW && cloud_field_is(fields[0], "utc"))
        internal_utc(conn, frame->id, fields[1]);
    else if (conn->cloud->options.style == CLOUD_STYLE_NEW && cloud_field_is(fields[0], "meta"))
        internal_meta(conn, frame->id, fields, count);
    else if (strchr("vfhbdct", fields[0].data[0]) != NULL) /* the legacy server looks at this letter only */
        internal_info(conn, frame);
    else if (fields[0].data[0] == 'r')
        internal_rtc(conn, frame->id);
}
