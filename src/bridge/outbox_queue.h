/*
 * What the files of the outbox share: its entries and the lanes they wait in. outbox.c accepts, outbox_lanes.c keeps
 * the order and confirms, outbox_rewind.c takes back, outbox_send.c makes frames, outbox_store.c deals with the spool. Never seen
 * outside.
 *
 * Where an entry is: in a lane while it waits; among `sent` until it is confirmed. The backlog may be longer than
 * memory: its first part (the lane's list) is in memory, the middle (the gap) only on disk, and `tail` holds what came
 * later and is not on the disk yet.
 */
#ifndef BRIDGE_OUTBOX_QUEUE_H
#define BRIDGE_OUTBOX_QUEUE_H

#include "blynkd/base/list.h"
#include "blynkd/base/timer.h"
#include "blynkd/bridge/outbox.h"

/* In the order in which they are served. */
enum outbox_lane {
    LANE_EVENT,
    LANE_LATEST,
    LANE_FRESH,
    LANE_BULK, /* more than one writer's share of what is fresh */
    LANE_BACKLOG,
    LANES
};

struct outbox_share;

struct outbox_entry {
    struct list node;       /* in its lane, the tail, or among the sent */
    struct list store_node; /* in `unstored` or `flying`; alone: in neither */
    uint64_t sequence;
    uint64_t ticket;
    uint64_t queued_ms; /* since then it, or what it replaced, is to be stored */
    uint64_t mark;      /* of the fill that sent it */
    uint64_t added_ms;  /* the host's wall clock may jump until it is set; the age of a sample does not */
    int64_t wall_ms;    /* given by the writer; 0 = when it was added */
    uint64_t writer;
    struct outbox_share *share; /* counts it while it waits in LANE_FRESH; NULL: not counted */
    uint32_t group;             /* entries that were written together; 0 = alone */
    uint8_t command;            /* BLYNK_HARDWARE: a write of `pin`; else `bytes` is the whole body */
    uint8_t lane;               /* enum outbox_lane */
    uint8_t row_lane;           /* enum spool_lane of its row */
    bool has_row;               /* on disk, or on its way there */
    bool is_flying;             /* in the batch that is being stored */
    bool timeless;              /* of another boot whose clock was never known */
    pin_id pin;
    uint16_t len;
    uint8_t bytes[];
};

#define OUTBOX_ORDERED                                                                                       \
    (LANES - LANE_FRESH) /* lanes in which the writes of a pin may stand one behind the other */

/* What was said of what is lost: as counted in the info. */
struct outbox_losses {
    struct timer timer;
    uint64_t quiet_until_ms;
    uint64_t dropped;
    uint64_t expired;
    uint64_t timeless;
    uint64_t refused;
};
#define OUTBOX_SHARE_LISTS 256

struct outbox {
    struct sched *sched;
    struct pins *pins;
    struct outbox_config config;
    struct outbox_events events;
    void *arg;
    enum outbox_diet diet;
    uint64_t writer;
    const char *full_why;

    struct list lanes[LANES];
    size_t in_lane[LANES];
    struct list tail;
    size_t in_tail;
    uint64_t gap_rows;  /* of the backlog on disk only */
    uint64_t gap_first; /* no row before it is missing in memory */
    struct list sent;   /* in the order of sending */
    struct list found;  /* rows of the lanes EVENT and LATEST, until the spool is open */
    struct outbox_info info;
    uint32_t outstanding[OUTBOX_ORDERED][PIN_COUNT]; /* waiting or unconfirmed */
    struct outbox_entry *latest[PIN_COUNT];          /* the waiting write that a newer one may replace */
    uint64_t last_of_pin[PIN_COUNT];                 /* sequence of the newest write */
    struct list shares[OUTBOX_SHARE_LISTS];          /* of the writers, by their numbers */
    uint32_t last_group;
    uint64_t renumbered;   /* numbers up to this one were given out before the spool was open: ... */
    uint64_t number_shift; /* ... so much is added to them */
    bool online;           /* a session is logged in */
    uint64_t wanted;       /* up to here somebody waits for confirmation */

    /* sending */
    uint64_t mark;          /* of the last fill */
    int64_t wall_offset_ms; /* from the loop's time to the host's clock */
    uint64_t clock_set_ms;  /* when that was last seen to jump */
    size_t window;          /* so many may be unconfirmed */
    size_t sent_bytes;      /* of the values that are not confirmed */
    bool confirmed_any;     /* in this session */
    int64_t credit;         /* thousandths of a message that the backlog may send */
    uint64_t credit_ms;
    struct timer credit_timer;
    bool backlog_is_held;
    uint32_t gather_ms;
    uint64_t gate_ms; /* while gathering nothing but events leaves before this time */
    bool gate_open;
    struct timer gate_timer;
    bool is_open; /* a group too large for one fill is under way: */
    enum outbox_lane open_lane;
    size_t open_left; /* entries that still belong into it */

    /* the spool */
    bool has_spool;
    bool is_loading;
    bool is_failing;      /* the last batch could not be stored */
    bool is_relieving;    /* the batch that is being stored only deletes: a full disk takes that */
    bool was_relieved;    /* the last one did */
    struct list unstored; /* oldest ticket first */
    size_t unstored_count;
    size_t unstored_bytes;
    struct list flying; /* in the batch that is being stored */
    uint64_t *deletes;  /* rows that are confirmed */
    size_t delete_count;
    size_t delete_room;
    uint64_t deletes_ms;    /* since when the oldest of them waits */
    size_t deletes_flying;  /* the first so many of them */
    uint64_t flying_ticket; /* the lowest in the batch that is being stored; 0: none */
    size_t rows_seen;       /* of those being read back */
    uint64_t dropped_last;  /* largest number that was dropped from the tail */
    bool load_is_short;     /* there was no memory for one of them */

    struct outbox_losses losses;
};

static inline struct outbox_entry *outbox_entry_at(struct list *node)
{
    return list_owner(node, struct outbox_entry, node);
}

static inline struct outbox_entry *outbox_store_entry_at(struct list *node)
{
    return list_owner(node, struct outbox_entry, store_node);
}

/* True for a write that a newer one of the same pin may replace. */
bool outbox_entry_is_replaceable(const struct outbox *outbox, const struct outbox_entry *entry);

/* The last lane that may be sent from. */
static inline enum outbox_lane outbox_diet_lane(const struct outbox *outbox)
{
    switch (outbox->diet) {
    case OUTBOX_EVENTS_ONLY:
        return LANE_EVENT;
    case OUTBOX_LATEST_ONLY:
        return LANE_LATEST;
    case OUTBOX_ALL:
        break;
    }
    return LANE_BACKLOG;
}

/* outbox.c */
struct outbox_entry *outbox_entry_new(struct outbox *outbox, enum blynk_command command, const void *bytes,
                                      size_t len);

/* outbox_room.c: false, with full_why set, if so much more cannot be taken. */
bool outbox_make_room(struct outbox *outbox, size_t entries, size_t bytes, bool is_dear);

/* outbox_share.c: how much of LANE_FRESH is each writer's, without looking through the lane. */
void outbox_shares_init(struct outbox *outbox);
size_t outbox_share_of(const struct outbox *outbox, uint64_t writer);
/* The entry is in its lane now; it leaves its lane. Nothing happens in other lanes. */
void outbox_share_add(struct outbox *outbox, struct outbox_entry *entry);
void outbox_share_drop(struct outbox_entry *entry);

/* outbox_lanes.c */
void outbox_lanes_init(struct outbox *outbox);
void outbox_lanes_free(struct outbox *outbox);
/* The lane in which a write of the pin may wait if `wished` is the best it may hope for. */
enum outbox_lane outbox_lane_for(const struct outbox *outbox, pin_id pin, enum outbox_lane wished);
/* Puts a new entry, which has its lane, at the lane's end. Takes it over. */
void outbox_lanes_append(struct outbox *outbox, struct outbox_entry *entry);
void outbox_lanes_sent(struct outbox *outbox, struct outbox_entry *entry);
/* Out of its lane, with its row, and freed; the tail's first. */
void outbox_lanes_forget(struct outbox *outbox, struct outbox_entry *entry);
void outbox_lanes_forget_tail(struct outbox *outbox);
/* There may be something to send that could not be sent before. */
void outbox_lanes_tell_added(struct outbox *outbox);
void outbox_lanes_tell_confirmed(struct outbox *outbox);
/* It will wait in another lane: the writes of its pin are counted there. */
void outbox_lanes_change(struct outbox *outbox, struct outbox_entry *entry, enum outbox_lane lane);
void outbox_lanes_confirmed(struct outbox *outbox, uint64_t mark);
uint64_t outbox_lanes_confirmed_sequence(const struct outbox *outbox);
/* The head of the backlog goes on in memory with the tail, once nothing is only on disk between them. */
void outbox_lanes_join(struct outbox *outbox);
void outbox_lanes_tail_to_head(struct outbox *outbox); /* the first one */
bool outbox_lanes_head_is_full(const struct outbox *outbox);
/* The head is one group whose end may still be on disk. */
bool outbox_lanes_head_is_cut(const struct outbox *outbox);

/* outbox_rewind.c */
void outbox_lanes_rewind(struct outbox *outbox, bool session_is_over);
/* Nearly sorted as it comes: the place is looked for from the end. */
void outbox_lanes_insert(struct list *into, struct list *node);

/* outbox_losses.c: what was lost is said in the log, not oftener than once a minute. */
void outbox_losses_init(struct outbox *outbox);
void outbox_losses_free(struct outbox *outbox);
void outbox_losses_note(struct outbox *outbox);

/* outbox_send.c */
size_t outbox_fill(void *arg, struct blynk_session *session, struct buf *out, size_t room,
                   size_t max_messages, bool most, uint64_t *mark);
bool outbox_can_send(struct outbox *outbox);
/* No more may be sent before something is confirmed. */
bool outbox_window_is_full(const struct outbox *outbox);
/* What has been gathered leaves now. */
void outbox_open_gate(struct outbox *outbox);
void outbox_send_init(struct outbox *outbox);
void outbox_send_free(struct outbox *outbox);

/* outbox_store.c */
void outbox_store_init(struct outbox *outbox);
void outbox_store_free(struct outbox *outbox);
void outbox_store_added(struct outbox *outbox, struct outbox_entry *entry);
/* `entry` takes the place of `old` on disk and in the queue of what is to be stored. */
void outbox_store_replaced(struct outbox *outbox, struct outbox_entry *old, struct outbox_entry *entry);
/* The entry will be freed. */
void outbox_store_forgotten(struct outbox *outbox, struct outbox_entry *entry);
/* Its row goes, without the entry that it would have become. */
void outbox_store_delete(struct outbox *outbox, uint64_t sequence, size_t len);
bool outbox_store_is_deleting(const struct outbox *outbox, uint64_t sequence);
/* What has a row is written once more: the file lost some. */
void outbox_store_again(struct outbox *outbox);
/* The entry stands in the tail: memory may let it go if it is on disk. True if it did. */
bool outbox_store_evict(struct outbox *outbox, struct outbox_entry *entry);
void outbox_store_wake(struct outbox *outbox);

#endif
