/* Bytes through TLS: records out, one send each, and records in. */
#include "tls_private.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>

#define RECORD_BYTES   16384 /* plaintext in one record (RFC 8446, 5.1) */
#define IN_PIECE_BYTES 4096
#define ROOM_MIN_BYTES 128  /* a smaller record would be mostly overhead; its end waits for room here */
#define OVERHEAD_12    29   /* header 5, nonce 8, tag 16 (RFC 5288) */
#define OVERHEAD_13    22   /* header 5, type 1, tag 16 */
#define PLAIN_MS       2000 /* for the rest of an answer that is not TLS */

/* ---- bytes out ---- */

/* Takes what OpenSSL wrote. */
static bool collect(struct tls_stream *tls)
{
    size_t len = BIO_ctrl_pending(tls->out);
    uint8_t *place = len ? buf_reserve(&tls->unsent, len) : NULL;

    if (!len) {
        return true;
    }
    if (!place) {
        tls_give_up(tls, STREAM_FAULT_TLS,
                    "the server asks for more answers than can be sent to it, or no memory");
        return false;
    }
    BIO_read(tls->out, place, (int)len);
    buf_commit(&tls->unsent, len);
    return true;
}

void tls_flush(struct tls_stream *tls)
{
    if (!collect(tls) || !buf_len(&tls->unsent)) {
        return;
    }
    size_t taken = stream_write(tls->carrier, buf_bytes(&tls->unsent), buf_len(&tls->unsent));
    if (!taken) {
        return;
    }
    buf_consume(&tls->unsent, taken);
    if (tls->state == TLS_HANDSHAKE) {
        tls->info.handshake_out_bytes += taken;
    }
    tls->events.on_sent(tls->arg, taken);
}

size_t tls_room(const struct stream *stream)
{
    const struct tls_stream *tls = tls_of(stream);

    if (tls->state != TLS_OPEN || buf_len(&tls->unsent)) {
        return 0;
    }
    size_t room = stream_room(tls->carrier);
    size_t overhead = SSL_version(tls->ssl) == TLS1_3_VERSION ? OVERHEAD_13 : OVERHEAD_12;
    if (room == 0) {
        return 0;
    }
    if (room < overhead + ROOM_MIN_BYTES) {
        return ROOM_MIN_BYTES;
    }
    return room - overhead < RECORD_BYTES ? room - overhead : RECORD_BYTES;
}

size_t tls_write(struct stream *stream, const uint8_t *data, size_t len)
{
    struct tls_stream *tls = tls_of(stream);
    size_t room = tls_room(stream);
    size_t taken = len < room ? len : room;

    if (!taken) {
        return 0;
    }
    ERR_clear_error();
    if (SSL_write(tls->ssl, data, (int)taken) != (int)taken) {
        tls_give_up_found(tls);
        return 0;
    }
    tls_flush(tls);
    if (taken < len && tls_room(stream)) {
        task_post(tls->sched, &tls->room_grew); /* the carrier took all and will not call */
    }
    return taken;
}

void tls_tell_room(void *arg)
{
    struct tls_stream *tls = arg;

    if (tls_room(&tls->stream) && tls->stream.events.on_room) {
        tls->stream.events.on_room(tls->stream.arg);
    }
}

void tls_on_carrier_room(void *arg)
{
    struct tls_stream *tls = arg;

    if (tls->state == TLS_HANDSHAKE || tls->state == TLS_OPEN) {
        tls_flush(tls);
        tls_tell_room(tls);
    }
}

void tls_say_goodbye(struct tls_stream *tls)
{
    ERR_clear_error();
    SSL_shutdown(tls->ssl);
    ERR_clear_error();
    if (collect(tls) && stream_room(tls->carrier) >= buf_len(&tls->unsent)) {
        tls_flush(tls);
    }
}

/* ---- bytes in ---- */

static void read_all(struct tls_stream *tls)
{
    uint8_t bytes[IN_PIECE_BYTES];

    while (tls->state == TLS_OPEN) {
        ERR_clear_error();
        int len = SSL_read(tls->ssl, bytes, sizeof(bytes));
        int error = len > 0 ? SSL_ERROR_NONE : SSL_get_error(tls->ssl, len);
        tls_flush(tls);
        tls_tell_fresh(tls);
        if (len > 0 && tls->state == TLS_OPEN) {
            tls->stream.events.on_bytes(tls->stream.arg, bytes, (size_t)len);
        } else if (error == SSL_ERROR_ZERO_RETURN) {
            tls_give_up(tls, STREAM_FAULT_PEER, stream_fault_name(STREAM_FAULT_PEER));
        } else if (error == SSL_ERROR_WANT_READ) {
            return;
        } else if (error != SSL_ERROR_NONE) {
            tls_give_up_found(tls);
        }
    }
}

void tls_end_plain(void *arg)
{
    struct tls_stream *tls = arg;
    char why[TLS_WHY_MAX];

    tls_why_write_plain(why, tls->server, tls->first, tls->first_len);
    tls_give_up(tls, STREAM_FAULT_TLS, why);
}

/* Keeps the beginning of what the server says, for people, should it not be TLS. */
static void note_first(struct tls_stream *tls, const uint8_t *data, size_t len)
{
    size_t free_bytes = sizeof(tls->first) - tls->first_len;
    size_t count = len < free_bytes ? len : free_bytes;

    memcpy(tls->first + tls->first_len, data, count);
    tls->first_len += count;
    if (tls->state == TLS_HANDSHAKE && !tls_why_can_be_tls(tls->first[0])) {
        tls->state = TLS_PLAIN;
        timer_start(tls->sched, &tls->plain, PLAIN_MS);
    }
    if (tls->state == TLS_PLAIN &&
        (tls->first_len == sizeof(tls->first) || memchr(tls->first, '\n', tls->first_len))) {
        tls_end_plain(tls);
    }
}

static void take_piece(struct tls_stream *tls, const uint8_t *data, size_t len)
{
    if (tls->state == TLS_HANDSHAKE || tls->state == TLS_PLAIN) {
        tls->info.handshake_in_bytes += len;
        note_first(tls, data, len);
    }
    if (tls->state != TLS_HANDSHAKE && tls->state != TLS_OPEN) {
        return;
    }
    if (BIO_write(tls->in, data, (int)len) != (int)len) {
        tls_give_up(tls, STREAM_FAULT_TLS, "no memory");
        return;
    }
    if (tls->state == TLS_HANDSHAKE) {
        tls_handshake_go_on(tls);
    }
    read_all(tls);
}

void tls_on_carrier_bytes(void *arg, const uint8_t *data, size_t len)
{
    struct tls_stream *tls = arg;

    tls->events.on_received(tls->arg, len);
    while (len) { /* so that OpenSSL never holds more than a record */
        size_t piece = len < IN_PIECE_BYTES ? len : IN_PIECE_BYTES;
        take_piece(tls, data, piece);
        data += piece;
        len -= piece;
    }
}
