/*
 * The daemon's two machines as they are, from the outbox down to the serial port, in virtual time: link and modem
 * above a virtual modem, a fake stream and a fake cloud. What a program writes and what the cloud gets are counted,
 * so that a loss, a tear or a wrong order is seen at once. The test owns the box.
 */
#ifndef BOX_H
#define BOX_H

#include "blynkd/bridge/link.h"
#include "blynkd/bridge/outbox.h"
#include "blynkd/modem/modem.h"

#include "fake_cloud.h"
#include "fake_port.h"
#include "fake_stream.h"
#include "virtual_modem.h"

#define BOX_PIN     5
#define BOX_NUMBERS 200000 /* the most values that one box counts */
#define BOX_CHANGES 64

struct box {
    struct sched *sched;
    struct fake_port *port;
    struct fake_stream *stream;
    struct fake_cloud *cloud;
    struct virtual_modem *vm;
    struct modem_config modem_config;
    struct modem *modem;
    struct pins *pins;
    struct outbox *outbox;
    struct link_config link_config;
    struct link *link;
    char state_dir[64];

    struct link_change changes[BOX_CHANGES]; /* the last ones */
    size_t change_count;
    unsigned stopped;

    unsigned accepted;          /* values written so far: 0, 1, 2... to BOX_PIN */
    unsigned arrived;           /* different ones that the cloud has */
    unsigned doubled;           /* came more than once */
    unsigned newest;            /* the highest that arrived */
    uint8_t times[BOX_NUMBERS]; /* how often each arrived */
    unsigned down_sent;         /* values that the cloud sent */
    unsigned down_seen;         /* and that came up */
    unsigned down_newest;
};

/* A box that is online with virtual time `seed`; heartbeat learned, up to 5 min. */
struct box *box_create(uint64_t seed);
void box_destroy(struct box *box);

struct link_info box_info(const struct box *box);
bool box_online(const struct box *box);

/* A program writes the next number; the cloud writes the next one to the device (only while online). */
void box_write(struct box *box);
void box_send_down(struct box *box);

/* Time passes; what the cloud got meanwhile is counted and checked: whole, in order but for repeats, no other
 * number. */
void box_advance(struct box *box, uint64_t ms);

/* Until it is online and nothing waits for the server any more, at most `ms`; how long it took, UINT64_MAX: not
 * in time. */
uint64_t box_settle(struct box *box, uint64_t ms);

/* Some change among the last ones says `part`. */
bool box_said(const struct box *box, const char *part);
void box_forget_changes(struct box *box);

#endif
