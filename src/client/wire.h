/*
 * One connection to the daemon's socket: commands out, replies in, each with a deadline. Owns the descriptor and the
 * unread bytes; replies belong to the caller. It never blocks past a deadline, however slowly the other side speaks, and
 * never keeps more than WIRE_REPLY_MAX_BYTES of an answer.
 */
#ifndef BLYNKD_CLIENT_WIRE_H
#define BLYNKD_CLIENT_WIRE_H

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_REPLY_MAX_BYTES 1048576u
#define WIRE_ARRAY_MAX       1024

struct wire {
    int fd; /* -1: not connected */
    redisReader *reader;
    size_t fed_bytes;                           /* since the last whole reply */
    redisReplyObjectFunctions functions, usual; /* private: how replies are made; see wire.c */
};

/* Milliseconds of a clock that nobody sets. */
uint64_t wire_now_ms(void);

void wire_init(struct wire *wire);
/* 0 or a negative errno. */
int wire_open(struct wire *wire, const char *path, uint64_t deadline_ms);
void wire_close(struct wire *wire);

int wire_send(struct wire *wire, int count, const char *const *words, const size_t *lengths,
              uint64_t deadline_ms);

/*
 * 0 with *reply, -ETIMEDOUT, -ECONNRESET, -EPROTO, -ENOMEM; -EINTR only if interruptible. What has arrived of an answer
 * is kept for the next call.
 */
int wire_receive(struct wire *wire, uint64_t deadline_ms, bool interruptible, redisReply **reply);

#endif
