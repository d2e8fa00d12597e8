/*
 * A Blynk server behind a fake stream: reads what the device sends, checks that nothing comes before the login
 * answer, answers as told, and remembers the writes in their order. The test owns it.
 */
#ifndef FAKE_CLOUD_H
#define FAKE_CLOUD_H

#include "blynkd/base/buf.h"
#include "blynkd/blynk/frame.h"
#include "blynkd/bridge/link.h"

#include "fake_stream.h"

#define FAKE_CLOUD_TOKEN "0123456789abcdefghijklmnopqrstuv"

struct fake_cloud {
    struct fake_stream *stream;
    struct blynk_parser parser;
    bool logged_in;
    bool mute; /* takes everything, answers nothing: half open, until the connection ends */
    bool deaf; /* private */
    bool no_pong;
    unsigned login_status;   /* 200; 0 = no answer */
    char redirect_host[256]; /* not "": sends there instead of answering the login */
    const char *redirect_port;
    bool redirect_onwards; /* each time to another host below that one */

    unsigned logins;
    unsigned pings;
    unsigned messages; /* after the login */
    char token[64];
    struct buf writes; /* "vw 1 x|..." : hardware, groups, events, in order */
    char last_internal[256];
    uint16_t last_internal_id;
};

struct fake_cloud *fake_cloud_create(struct fake_stream *stream);
void fake_cloud_destroy(struct fake_cloud *cloud);

/* How a link is usually set up for it: heartbeat 45 s, first retry after 1 s, at the most 5 min. */
struct link_config fake_cloud_link_config(void);

/* The writes so far as text, and forgets them. */
const char *fake_cloud_writes(struct fake_cloud *cloud);

void fake_cloud_send(struct fake_cloud *cloud, unsigned command, uint16_t id, const void *body, size_t len);
void fake_cloud_respond(struct fake_cloud *cloud, uint16_t id, uint16_t status);

#endif
