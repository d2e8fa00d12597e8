#include "cloud_frame.h"

#include <string.h>

/* What a person wants to see of a long body. */
#define DESCRIBE_BODY_MAX 300

size_t cloud_frame_parse(const uint8_t *data, size_t len, struct cloud_frame *frame)
{
    size_t total = CLOUD_HEADER_BYTES;

    if (len < CLOUD_HEADER_BYTES)
        return 0;
    frame->command = data[0];
    frame->id = (uint16_t)(data[1] << 8 | data[2]);
    frame->length = (uint16_t)(data[3] << 8 | data[4]);
    frame->body = data + CLOUD_HEADER_BYTES;
    if (frame->command != CLOUD_RESPONSE)
        total += frame->length;
    return len < total ? 0 : total;
}

static void cloud_frame_append_header(struct cloud_bytes *out, uint8_t command, uint16_t id, uint16_t length)
{
    const uint8_t header[CLOUD_HEADER_BYTES] = {command, (uint8_t)(id >> 8), (uint8_t)id,
                                                (uint8_t)(length >> 8), (uint8_t)length};

    cloud_bytes_append(out, header, sizeof header);
}

void cloud_frame_append(struct cloud_bytes *out, uint8_t command, uint16_t id, const void *body, size_t len)
{
    if (len > CLOUD_BODY_MAX_BYTES)
        len = CLOUD_BODY_MAX_BYTES;
    cloud_frame_append_header(out, command, id, (uint16_t)len);
    cloud_bytes_append(out, body, len);
}

void cloud_frame_append_status(struct cloud_bytes *out, uint16_t id, uint16_t status)
{
    cloud_frame_append_header(out, CLOUD_RESPONSE, id, status);
}

size_t cloud_fields_split(const void *body, size_t len, struct cloud_field *fields, size_t max)
{
    const char *at = body;
    const char *end;
    size_t count = 0;

    if (len == 0)
        return 0;
    end = at + len;
    while (count < max) {
        const char *stop = count + 1 < max ? memchr(at, 0, (size_t)(end - at)) : NULL;

        fields[count].data = at;
        fields[count].len = (size_t)((stop ? stop : end) - at);
        count++;
        if (stop == NULL)
            break;
        at = stop + 1;
        if (at == end) {
            if (count < max)
                fields[count++] = (struct cloud_field){at, 0};
            break;
        }
    }
    return count;
}

bool cloud_field_is(struct cloud_field field, const char *word)
{
    return field.len == strlen(word) && memcmp(field.data, word, field.len) == 0;
}

const char *cloud_command_name(uint8_t command)
{
    switch (command) {
#define CLOUD_COMMAND_NAME(name, code, word)                                                                 \
    case code:                                                                                               \
        return word;
        CLOUD_COMMANDS(CLOUD_COMMAND_NAME)
#undef CLOUD_COMMAND_NAME
    default: /* a byte from the wire, not an enum */
        return NULL;
    }
}

static void cloud_frame_describe_body(struct cloud_bytes *out, const struct cloud_frame *frame)
{
    size_t len = frame->length < DESCRIBE_BODY_MAX ? frame->length : DESCRIBE_BODY_MAX;

    cloud_bytes_append_text(out, " [");
    for (size_t i = 0; i < len; i++) {
        if (frame->body[i] == 0)
            cloud_bytes_append_byte(out, '|');
        else
            cloud_bytes_append_escaped(out, frame->body + i, 1);
    }
    cloud_bytes_append_text(out, len < frame->length ? "...]" : "]");
}

void cloud_frame_describe(struct cloud_bytes *out, const struct cloud_frame *frame)
{
    const char *name = cloud_command_name(frame->command);

    if (name != NULL)
        cloud_bytes_printf(out, "%s id=%u", name, frame->id);
    else
        cloud_bytes_printf(out, "command %u id=%u", frame->command, frame->id);
    if (frame->command == CLOUD_RESPONSE) {
        cloud_bytes_printf(out, " status=%u", frame->length);
        return;
    }
    cloud_bytes_printf(out, " len=%u", frame->length);
    if (frame->command == CLOUD_HW_LOGIN || frame->command == CLOUD_LOGIN)
        cloud_bytes_append_text(out, " [token hidden]");
    else if (frame->length > 0)
        cloud_frame_describe_body(out, frame);
}
