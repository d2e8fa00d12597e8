/*
 * A channel on a fake port in virtual time, and a diary of all that it says: a line for every callback. The test
 * owns the rig and compares the diary with what it expects. Never hides anything the channel does.
 *
 * The diary: "AT+CSQ: OK" for an end (then " #1": pattern 1; " 53": code; " sent": payload was sent; " (text)":
 * the line that ended it, unless it is OK), "  +CSQ: 1,2" for an information line, "urc +CREG: 1",
 * "payload 0 3/5 abc" (link, offset/total), "lost 0", "reboot READY", "mute", "late CONNECT OK", "down -5".
 */
#ifndef AT_RIG_H
#define AT_RIG_H

#include "blynkd/at/channel.h"
#include "blynkd/at/trace.h"
#include "fake_modem.h"
#include "fake_port.h"

struct at_rig {
    struct sched *sched;
    struct fake_port *fake;
    struct trace *trace;
    struct at_channel *channel;
    struct buf diary;
    void (*on_entry)(struct at_rig *rig, const char *entry); /* called after every entry; may be NULL */
    void *arg;                                               /* of on_entry's owner */
};

/* A request that writes its end into the diary. It must outlive the rig (static): freeing the rig stops the channel. */
struct at_rig_request {
    struct at_request request;
    struct at_rig *rig;
    unsigned ends; /* how often on_done came */
};

/* A started channel with echo off, no gap, the plain manner and one table of URCs: "+CREG: %d", "+TCPCLOSED:%d". */
void at_rig_init(struct at_rig *rig);
/* The same with the boot lines "READY", "Init..." and "^CINIT:%d,*" and with received data as "+CIPRCV:link,length,". */
void at_rig_init_ai_thinker(struct at_rig *rig);
void at_rig_free(struct at_rig *rig);

void at_rig_prepare(struct at_rig *rig, struct at_rig_request *request, const char *text,
                    const struct at_expect *expect);

/* Prepares, sends and asserts that it was taken. */
void at_rig_send(struct at_rig *rig, struct at_rig_request *request, const char *text,
                 const struct at_expect *expect);
void at_rig_send_payload(struct at_rig *rig, struct at_rig_request *request, const char *text,
                         const struct at_expect *expect, const void *payload, size_t len);

/* The modem says this; everything that follows from it at once happens. */
void at_rig_hear(struct at_rig *rig, const char *text);
void at_rig_hear_bytes(struct at_rig *rig, const void *data, size_t len);

/* Fails unless the diary says just this; then clears it. */
void at_rig_expect(struct at_rig *rig, const char *diary);

/* Fails unless this was written since the last look. */
void at_rig_expect_written(struct at_rig *rig, const char *text);

/* Plays a resynchronisation that succeeds at the first probe. */
void at_rig_let_sync(struct at_rig *rig);

#endif
