#include "cloud_device.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS_MAX 64

static const struct cloud_field no_field = {"", 0};

static void device_print(struct cloud_conn *conn, const char *arrow, const uint8_t *data, size_t len)
{
    struct cloud_bytes text = {0};
    struct cloud_frame frame;

    if (conn->cloud->options.quiet || cloud_frame_parse(data, len, &frame) == 0)
        return;
    cloud_frame_describe(&text, &frame);
    cloud_say(conn->cloud, conn->number, "%s %.*s", arrow, (int)text.len, (char *)text.data);
    cloud_bytes_free(&text);
}

static void device_send_frame(struct cloud_conn *conn, struct cloud_bytes *frame)
{
    if (conn->closing || conn->finishing || conn->frozen) {
        cloud_bytes_free(frame);
        return;
    }
    device_print(conn, "->", frame->data, frame->len);
    conn->cloud->counters.frames_out[frame->data[0]]++;
    cloud_conn_send(conn, frame);
}

void cloud_device_send(struct cloud_conn *conn, uint8_t command, uint16_t id, const void *body, size_t len)
{
    struct cloud_bytes frame = {0};

    cloud_frame_append(&frame, command, id, body, len);
    device_send_frame(conn, &frame);
}

void cloud_device_send_status(struct cloud_conn *conn, uint16_t id, uint16_t status)
{
    struct cloud_bytes frame = {0};

    if (status != CLOUD_OK)
        conn->cloud->counters.writes_refused++;
    cloud_frame_append_status(&frame, id, status);
    device_send_frame(conn, &frame);
}

static void device_hardware(struct cloud_conn *conn, const struct cloud_frame *frame)
{
    struct cloud *cloud = conn->cloud;
    struct cloud_field fields[3];
    struct cloud_sample sample = {
        .time_ms = cloud_wall_ms(), .group_ms = conn->group_ms, .id = frame->id, .connection = conn->number};
    size_t count = cloud_fields_split(frame->body, frame->length, fields, 3);

    if (cloud_fault_take(&cloud->faults, CLOUD_FAULT_FLOOD, cloud_now_ms(cloud))) {
        cloud_device_send_status(conn, frame->id, CLOUD_QUOTA);
        return;
    }
    if (count < 3 || fields[0].len < 2 || fields[2].len == 0 ||
        !cloud_pin_number_parse(fields[1], cloud_pin_max(cloud), &sample.pin.number)) {
        cloud_device_send_status(conn, frame->id, CLOUD_ILLEGAL_COMMAND);
        return;
    }
    sample.pin.type = fields[0].data[0];
    if (fields[0].data[1] != 'w' || strchr("vda", sample.pin.type) == NULL)
        return;
    cloud_store_write(&conn->project->store, sample.pin, fields[2].data, fields[2].len);
    cloud_store_sample(&conn->project->store, &sample, fields[2].data, fields[2].len);
}

static void device_send_pin(struct cloud_conn *conn, const struct cloud_pin *pin, uint16_t id)
{
    struct cloud_bytes body = {0};

    cloud_bytes_printf(&body, "%cw", pin->name.type);
    cloud_bytes_append_byte(&body, 0);
    cloud_bytes_printf(&body, "%u", pin->name.number);
    cloud_bytes_append_byte(&body, 0);
    cloud_bytes_append(&body, pin->value.data, pin->value.len);
    cloud_device_send(conn, CLOUD_HARDWARE, id, body.data, body.len);
    cloud_bytes_free(&body);
}

static void device_sync(struct cloud_conn *conn, const struct cloud_frame *frame)
{
    const struct cloud_store *store = &conn->project->store;
    struct cloud_field fields[FIELDS_MAX];
    struct cloud_pin_name name;
    size_t count = cloud_fields_split(frame->body, frame->length, fields, FIELDS_MAX);

    if (count == 0) {
        for (size_t i = 0; i < store->pin_count; i++)
            device_send_pin(conn, &store->pins[i], frame->id);
        return;
    }
    if (count < 2 || fields[0].len < 2) {
        cloud_device_send_status(conn, frame->id, CLOUD_ILLEGAL_COMMAND);
        return;
    }
    name.type = fields[0].data[0];
    for (size_t i = 1; i < count; i++) {
        const struct cloud_pin *pin;

        if (!cloud_pin_number_parse(fields[i], cloud_pin_max(conn->cloud), &name.number)) {
            cloud_device_send_status(conn, frame->id, CLOUD_ILLEGAL_COMMAND);
            return;
        }
        pin = cloud_store_find(store, name);
        if (pin != NULL)
            device_send_pin(conn, pin, frame->id);
    }
}

static bool device_knows_property(const struct cloud *cloud, struct cloud_field name)
{
    static const char *const names[] = {"label",
                                        "color",
                                        "isDisabled",
                                        "onLabel",
                                        "offLabel",
                                        "onColor",
                                        "offColor",
                                        "labels",
                                        "min",
                                        "max",
                                        "step",
                                        "isOnPlay",
                                        "onBackColor",
                                        "offBackColor",
                                        "url",
                                        "urls",
                                        "opacity",
                                        "scale",
                                        "rotation",
                                        "valueFormatting",
                                        "suffix",
                                        "isMuted",
                                        "maximumFractionDigits"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (cloud_field_is(name, names[i]))
            return true;
    }
    return cloud->options.style == CLOUD_STYLE_NEW && cloud_field_is(name, "isHidden");
}

/* The body is pin, property, value...; the new cloud takes several pins before the property's name. */
static void device_property(struct cloud_conn *conn, const struct cloud_frame *frame)
{
    struct cloud *cloud = conn->cloud;
    struct cloud_field fields[FIELDS_MAX];
    struct cloud_pin_name pins[FIELDS_MAX];
    size_t count = cloud_fields_split(frame->body, frame->length, fields, FIELDS_MAX);
    size_t pin_count = 0;
    size_t pin_max = cloud->options.style == CLOUD_STYLE_NEW ? FIELDS_MAX : 1;
    struct cloud_field values;

    while (pin_count < pin_max && pin_count < count &&
           cloud_pin_number_parse(fields[pin_count], cloud_pin_max(cloud), &pins[pin_count].number))
        pins[pin_count++].type = 'v';
    if (pin_count == 0 || count < pin_count + 2 || fields[pin_count + 1].len == 0 ||
        !device_knows_property(cloud, fields[pin_count])) {
        cloud_device_send_status(conn, frame->id, CLOUD_ILLEGAL_BODY);
        return;
    }
    values.data = fields[pin_count + 1].data;
    values.len = (size_t)((const char *)frame->body + frame->length - values.data);
    for (size_t i = 0; i < pin_count; i++)
        cloud_store_property(&conn->project->store, pins[i], fields[pin_count], values, cloud_wall_ms(),
                             frame->id);
    cloud_device_send_status(conn, frame->id, CLOUD_OK);
}

/* These need widgets that stand in no project of this server. */
static void device_notification(struct cloud_conn *conn, const struct cloud_frame *frame)
{
    uint16_t max = frame->command == CLOUD_TWEET ? 140 : frame->command == CLOUD_SMS ? 160 : 255;
    bool fits = frame->length > 0 && frame->length <= max;

    cloud_device_send_status(conn, frame->id,
                             fits ? CLOUD_NOTIFICATION_NOT_AUTHORISED : CLOUD_NOTIFICATION_BODY);
}

static void device_bridge(struct cloud_conn *conn, const struct cloud_frame *frame)
{
    struct cloud_field fields[3];
    bool whole = cloud_fields_split(frame->body, frame->length, fields, 3) == 3;

    cloud_device_send_status(conn, frame->id, whole ? CLOUD_NOT_ALLOWED : CLOUD_ILLEGAL_COMMAND);
}

static void device_group(struct cloud_conn *conn, const struct cloud_frame *frame)
{
    struct cloud_field fields[2] = {no_field, no_field};
    char digits[24] = "";

    if (conn->cloud->options.style == CLOUD_STYLE_LEGACY)
        return; /* code 21 is a phone's command there: ignored */
    cloud_fields_split(frame->body, frame->length, fields, 2);
    if (cloud_field_is(fields[0], "e")) {
        conn->group_ms = CLOUD_NO_GROUP;
    } else if (cloud_field_is(fields[0], "b")) {
        conn->group_ms = cloud_wall_ms();
    } else if (cloud_field_is(fields[0], "t") && fields[1].len < sizeof digits) {
        memcpy(digits, fields[1].data, fields[1].len);
        conn->group_ms = strtoll(digits, NULL, 10);
    }
}

static void device_event(struct cloud_conn *conn, const struct cloud_frame *frame)
{
    struct cloud_field fields[2] = {no_field, no_field};

    if (conn->cloud->options.style == CLOUD_STYLE_LEGACY)
        return;
    if (cloud_fields_split(frame->body, frame->length, fields, 2) > 0)
        cloud_store_event(&conn->project->store, fields[0], fields[1], frame->command == CLOUD_EVENT_CLEAR,
                          cloud_wall_ms(), frame->id);
}

static void device_ping(struct cloud_conn *conn, const struct cloud_frame *frame)
{
    conn->cloud->counters.pings++;
    if (!cloud_fault_take(&conn->cloud->faults, CLOUD_FAULT_NO_PING_ANSWER, cloud_now_ms(conn->cloud)))
        cloud_device_send_status(conn, frame->id, CLOUD_OK);
}

static void device_command(struct cloud_conn *conn, const struct cloud_frame *frame)
{
    bool login = frame->command == CLOUD_HW_LOGIN || frame->command == CLOUD_LOGIN;

    if (login) {
        cloud_device_login(conn, frame);
        return;
    }
    if (conn->project == NULL) {
        cloud_conn_finish(conn, "a command before the login");
        return;
    }
    switch (frame->command) {
    case CLOUD_PING:
        device_ping(conn, frame);
        break;
    case CLOUD_HARDWARE:
        device_hardware(conn, frame);
        break;
    case CLOUD_SYNC:
        device_sync(conn, frame);
        break;
    case CLOUD_INTERNAL:
        cloud_device_internal(conn, frame);
        break;
    case CLOUD_PROPERTY:
        device_property(conn, frame);
        break;
    case CLOUD_GROUP:
        device_group(conn, frame);
        break;
    case CLOUD_EVENT_LOG:
    case CLOUD_EVENT_CLEAR:
        device_event(conn, frame);
        break;
    case CLOUD_TWEET:
    case CLOUD_NOTIFY:
    case CLOUD_SMS:
        device_notification(conn, frame);
        break;
    case CLOUD_EMAIL:
        cloud_device_send_status(conn, frame->id, CLOUD_NOT_ALLOWED);
        break;
    case CLOUD_BRIDGE:
        device_bridge(conn, frame);
        break;
    default: /* a byte from the wire; below 100 it may be a phone's command, which is ignored */
        if (frame->command >= 100)
            cloud_conn_finish(conn, "unknown command");
    }
}

/*
 * Over the limit the legacy server drops the five bytes of a header and leaves the body in the stream: unless the dropped
 * bytes happen to fit, the framing is lost for good. The new cloud is said to close the connection.
 */
static void device_over_quota(struct cloud_conn *conn, const uint8_t *header)
{
    struct cloud *cloud = conn->cloud;

    cloud->counters.quota_drops++;
    if (cloud_quota_may_warn(&conn->quota, cloud_now_ms(cloud)))
        cloud_device_send_status(conn, (uint16_t)(header[1] << 8 | header[2]), CLOUD_QUOTA);
    if (cloud->options.style == CLOUD_STYLE_NEW)
        cloud_conn_finish(conn, "too many messages a second");
}

void cloud_device_process(struct cloud_conn *conn)
{
    struct cloud *cloud = conn->cloud;
    size_t at = 0;

    while (!conn->closing && !conn->finishing && !conn->frozen && conn->in.len - at >= CLOUD_HEADER_BYTES) {
        const uint8_t *data = conn->in.data + at;
        struct cloud_frame frame;
        size_t len;

        if (cloud_quota_exceeded(&conn->quota, cloud->options.quota, cloud_now_ms(cloud))) {
            device_over_quota(conn, data);
            at += CLOUD_HEADER_BYTES;
            continue;
        }
        len = cloud_frame_parse(data, conn->in.len - at, &frame);
        if (len == 0)
            break;
        cloud_quota_mark(&conn->quota, cloud_now_ms(cloud));
        cloud->counters.frames_in[frame.command]++;
        conn->last_id = frame.id;
        device_print(conn, "<-", data, len);
        device_command(conn, &frame);
        at += len;
    }
    cloud_bytes_consume(&conn->in, at);
}
