/*
 * Frames of the Blynk device protocol: five bytes of header (command, message id, length or status, big endian)
 * and a body of text fields separated by zero bytes. Pure: an encoder into a bounded buffer and a resumable
 * parser. A body longer than the parser's limit is skipped by count and delivered cut, so that one big stored
 * value never costs the connection. Source: facts/blynk-protocol.md, 3 to 6, and blynk-golden.json.
 */
#ifndef BLYNKD_BLYNK_FRAME_H
#define BLYNKD_BLYNK_FRAME_H

#include "blynkd/base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BLYNK_HEADER_BYTES  5
#define BLYNK_BODY_MAX      4091 /* body kept of a received frame: the 4096 that we announce less the header */
#define BLYNK_SEND_BODY_MAX 1019 /* largest body we send (protocol sheet, 9) */
#define BLYNK_TOKEN_BYTES   32   /* the server sorts hardware from phones by the header 1D 00 01 00 20 */

#define BLYNK_COMMANDS(X)                                                                                    \
    X(BLYNK_RESPONSE, 0, "RESPONSE")                                                                         \
    X(BLYNK_LOGIN_OLD, 2, "LOGIN")                                                                           \
    X(BLYNK_PING, 6, "PING")                                                                                 \
    X(BLYNK_BRIDGE, 15, "BRIDGE")                                                                            \
    X(BLYNK_HARDWARE_SYNC, 16, "HARDWARE_SYNC")                                                              \
    X(BLYNK_INTERNAL, 17, "INTERNAL")                                                                        \
    X(BLYNK_PROPERTY, 19, "PROPERTY")                                                                        \
    X(BLYNK_HARDWARE, 20, "HARDWARE")                                                                        \
    X(BLYNK_GROUP, 21, "GROUP")                                                                              \
    X(BLYNK_HW_LOGIN, 29, "HW_LOGIN")                                                                        \
    X(BLYNK_REDIRECT, 41, "REDIRECT")                                                                        \
    X(BLYNK_DEBUG_PRINT, 55, "DEBUG_PRINT")                                                                  \
    X(BLYNK_EVENT_LOG, 64, "EVENT_LOG")                                                                      \
    X(BLYNK_EVENT_CLEAR, 65, "EVENT_CLEAR")

enum blynk_command {
#define BLYNK_ENUM(name, code, words) name = (code),
    BLYNK_COMMANDS(BLYNK_ENUM)
#undef BLYNK_ENUM
};

/* Protocol sheet, 10. */
#define BLYNK_STATUSES(X)                                                                                    \
    X(BLYNK_STATUS_QUOTA, 1, "too many messages per second")                                                 \
    X(BLYNK_STATUS_ILLEGAL_COMMAND, 2, "command not understood")                                             \
    X(BLYNK_STATUS_NOT_REGISTERED, 3, "not registered")                                                      \
    X(BLYNK_STATUS_ALREADY_REGISTERED, 4, "already logged in")                                               \
    X(BLYNK_STATUS_NOT_AUTHENTICATED, 5, "not logged in")                                                    \
    X(BLYNK_STATUS_NOT_ALLOWED, 6, "not allowed")                                                            \
    X(BLYNK_STATUS_DEVICE_NOT_IN_NETWORK, 7, "target device offline")                                        \
    X(BLYNK_STATUS_NO_ACTIVE_DASHBOARD, 8, "project not active")                                             \
    X(BLYNK_STATUS_INVALID_TOKEN, 9, "invalid token")                                                        \
    X(BLYNK_STATUS_ILLEGAL_BODY, 11, "property not accepted")                                                \
    X(BLYNK_STATUS_SERVER_ERROR, 19, "server error")                                                         \
    X(BLYNK_STATUS_OK, 200, "OK")

enum blynk_status {
#define BLYNK_ENUM(name, code, words) name = (code),
    BLYNK_STATUSES(BLYNK_ENUM)
#undef BLYNK_ENUM
};

/* "HARDWARE"; "command 99" for one that is not in the list (static buffer). */
const char *blynk_command_name(unsigned command);
const char *blynk_status_name(unsigned status);
/* Whether the code is one of BLYNK_COMMANDS. */
bool blynk_command_known(unsigned command);

struct blynk_frame {
    uint8_t command;
    uint16_t id;
    uint16_t status;     /* of a RESPONSE, else 0 */
    const uint8_t *body; /* zero-terminated beyond body_len, for the parser's frames */
    size_t body_len;
    bool cut; /* the body was longer than BLYNK_BODY_MAX; only its beginning is here */
};

/* Appends a frame. 0; -EINVAL (id 0); -EMSGSIZE (body over BLYNK_SEND_BODY_MAX); -ENOSPC, and nothing added. */
int blynk_frame_encode(struct buf *out, enum blynk_command command, uint16_t id, const void *body,
                       size_t len);
int blynk_frame_encode_response(struct buf *out, uint16_t id, uint16_t status);

struct blynk_parser {
    uint8_t header[BLYNK_HEADER_BYTES];
    size_t header_len;
    uint8_t body[BLYNK_BODY_MAX + 1];
    size_t body_len;
    size_t body_total;
};

void blynk_parser_init(struct blynk_parser *parser);

/* Takes bytes up to the end of the next frame (advancing *data, *len). True: `frame` is filled; its body points
 * into the parser and lives until the next call. False: more bytes are needed. */
bool blynk_parser_next(struct blynk_parser *parser, const uint8_t **data, size_t *len,
                       struct blynk_frame *frame);

/* Reads the fields of a body one by one: a pointer into it and a length. One zero byte at the very end of a body
 * ends the last field and begins no further one. */
struct blynk_fields {
    const uint8_t *next; /* NULL: no more */
    const uint8_t *end;
};
void blynk_fields_init(struct blynk_fields *fields, const void *body, size_t len);
bool blynk_fields_next(struct blynk_fields *fields, const char **field, size_t *len);

/* A body under construction, in place. */
struct blynk_body {
    char bytes[BLYNK_SEND_BODY_MAX];
    size_t len;
    bool any;      /* at least one field */
    bool too_long; /* something did not fit: nothing may be sent */
};
void blynk_body_init(struct blynk_body *body);
void blynk_body_add(struct blynk_body *body, const void *field, size_t len);
void blynk_body_add_text(struct blynk_body *body, const char *text);
void blynk_body_add_number(struct blynk_body *body, long long number);

#endif
