/*
 * Frames of the Blynk device protocol as the simulated cloud reads and writes them. Pure functions over buffers that the
 * caller owns. Nothing here knows what a command means.
 *
 *   offset 0      1        3         5
 *          +------+--------+---------+------------------+
 *          | cmd  | msg id | len     | body, len bytes  |   cmd != 0
 *          | 0x00 | msg id | status  |                      cmd == 0 (RESPONSE), always 5 bytes
 *          +------+--------+---------+------------------+   big endian
 */
#ifndef BLYNKSIM_CLOUD_FRAME_H
#define BLYNKSIM_CLOUD_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cloud_bytes.h"

#define CLOUD_HEADER_BYTES   5
#define CLOUD_BODY_MAX_BYTES 65535

#define CLOUD_COMMANDS(X)                                                                                    \
    X(CLOUD_RESPONSE, 0, "RESPONSE")                                                                         \
    X(CLOUD_LOGIN, 2, "LOGIN")                                                                               \
    X(CLOUD_PING, 6, "PING")                                                                                 \
    X(CLOUD_TWEET, 12, "TWEET")                                                                              \
    X(CLOUD_EMAIL, 13, "EMAIL")                                                                              \
    X(CLOUD_NOTIFY, 14, "NOTIFY")                                                                            \
    X(CLOUD_BRIDGE, 15, "BRIDGE")                                                                            \
    X(CLOUD_SYNC, 16, "HARDWARE_SYNC")                                                                       \
    X(CLOUD_INTERNAL, 17, "INTERNAL")                                                                        \
    X(CLOUD_SMS, 18, "SMS")                                                                                  \
    X(CLOUD_PROPERTY, 19, "PROPERTY")                                                                        \
    X(CLOUD_HARDWARE, 20, "HARDWARE")                                                                        \
    X(CLOUD_GROUP, 21, "GROUP")                                                                              \
    X(CLOUD_HW_LOGIN, 29, "HW_LOGIN")                                                                        \
    X(CLOUD_REDIRECT, 41, "REDIRECT")                                                                        \
    X(CLOUD_DEBUG_PRINT, 55, "DEBUG_PRINT")                                                                  \
    X(CLOUD_EVENT_LOG, 64, "EVENT_LOG")                                                                      \
    X(CLOUD_EVENT_CLEAR, 65, "EVENT_CLEAR")

enum cloud_command {
#define CLOUD_COMMAND_ENUM(name, code, word) name = (code),
    CLOUD_COMMANDS(CLOUD_COMMAND_ENUM)
#undef CLOUD_COMMAND_ENUM
};

/* Status codes that this server gives. */
enum cloud_status {
    CLOUD_QUOTA = 1,
    CLOUD_ILLEGAL_COMMAND = 2,
    CLOUD_ALREADY_REGISTERED = 4,
    CLOUD_NOT_ALLOWED = 6,
    CLOUD_INVALID_TOKEN = 9,
    CLOUD_ILLEGAL_BODY = 11,
    CLOUD_NOTIFICATION_BODY = 13,
    CLOUD_NOTIFICATION_NOT_AUTHORISED = 14,
    CLOUD_OK = 200
};

struct cloud_frame {
    uint8_t command;
    uint16_t id;
    uint16_t length; /* of the body; of a RESPONSE: the status */
    const uint8_t *body;
};

struct cloud_field {
    const char *data; /* not NUL-terminated, or by accident */
    size_t len;
};

/* Answers the number of bytes of the frame at `data`, or 0 when it is not complete yet. */
size_t cloud_frame_parse(const uint8_t *data, size_t len, struct cloud_frame *frame);

/* Appends a frame; a body over CLOUD_BODY_MAX_BYTES is cut. */
void cloud_frame_append(struct cloud_bytes *out, uint8_t command, uint16_t id, const void *body, size_t len);
void cloud_frame_append_status(struct cloud_bytes *out, uint16_t id, uint16_t status);

/*
 * Splits a body at its NUL bytes into at most `max` fields, the last of which keeps the rest. An empty body has no
 * field. Answers the count.
 */
size_t cloud_fields_split(const void *body, size_t len, struct cloud_field *fields, size_t max);
bool cloud_field_is(struct cloud_field field, const char *word);

/* The name, or NULL for a code that is not in the list. */
const char *cloud_command_name(uint8_t command);

/* "HARDWARE id=5 len=7 [vw|5|23.4]"; the body of a login is shown by its length only. */
void cloud_frame_describe(struct cloud_bytes *out, const struct cloud_frame *frame);

#endif
