/* Which of what waits leaves next, and how much of it. */
#include "outbox_run.h"

#include "blynkd/base/wall.h"

#define CREDIT_MESSAGE 1000 /* the backlog's share of the rate is reckoned in thousandths of a message */
#define CREDIT_MAX     INT64_C(10000) /* ten messages */
/* A clock that was set lately may be wrong by years: nothing is thrown away on its word. */
#define CLOCK_TRUSTED_MS UINT64_C(21600000)

#define WINDOW_BYTES 65536 /* of values sent and not confirmed; besides their number */

/* ---- sending ---- */

/* `mark` is that of the fill under way. */
static void mark_sent(struct outbox *outbox, struct outbox_entry *entry)
{
    entry->mark = outbox->mark + 1;
    outbox_lanes_sent(outbox, entry);
}

static struct outbox_entry *first_of(struct outbox *outbox, enum outbox_lane lane)
{
    struct list *node = list_first(&outbox->lanes[lane]);

    return node ? outbox_entry_at(node) : NULL;
}

/* All of it or, without memory, nothing. */
static bool send_whole(struct outbox *outbox, struct allowance *allowance, const struct run *run,
                       enum outbox_lane lane)
{
    size_t before = buf_len(allowance->out);
    size_t given = allowance->given;
    struct outbox_entry *entry = first_of(outbox, lane);
    bool sent = !run->wrapped || outbox_put_begin(allowance, run);

    for (size_t i = 0; sent && i < run->count; i++) {
        sent = outbox_put_entry(allowance, entry);
        entry = outbox_following(outbox, entry);
    }
    sent = sent && (!run->wrapped || outbox_put_end(allowance));
    if (!sent) {
        buf_truncate(allowance->out, before);
        allowance->given = given;
        return false;
    }
    for (size_t i = 0; i < run->count; i++) {
        mark_sent(outbox, first_of(outbox, lane));
    }
    return true;
}

/* Goes on with an open group as far as the allowance reaches. True when it is closed. */
static bool send_open(struct outbox *outbox, struct allowance *allowance, bool most)
{
    while (outbox->open_left) {
        struct outbox_entry *entry = first_of(outbox, outbox->open_lane);
        bool fits = outbox_frame_bytes(entry) <= allowance->room || (most && !allowance->given);
        if (!allowance->messages || !fits || !outbox_put_entry(allowance, entry)) {
            return false;
        }
        mark_sent(outbox, entry);
        outbox->open_left--;
    }
    if (!allowance->messages || allowance->room < BLYNK_HEADER_BYTES + 1 || !outbox_put_end(allowance)) {
        return false;
    }
    outbox->is_open = false;
    return true;
}

/* What will never fit as a whole goes in parts that follow each other. */
static bool send_parts(struct outbox *outbox, struct allowance *allowance, const struct run *run,
                       enum outbox_lane lane)
{
    if (!run->wrapped) {
        return send_whole(outbox, allowance, run,
                          lane); /* a frame larger than the room: the stream cuts it */
    }
    if (!outbox_put_begin(allowance, run)) {
        return false;
    }
    outbox->is_open = true;
    outbox->open_lane = lane;
    outbox->open_left = run->count;
    return send_open(outbox, allowance, false);
}

static bool send_next(struct outbox *outbox, struct allowance *allowance, bool most, enum outbox_lane lane)
{
    struct run run = outbox_run_measure(outbox, first_of(outbox, lane), allowance);
    size_t messages = run.count + (run.wrapped ? 2 : 0);

    if (messages <= allowance->messages && run.bytes + outbox_wrapping_bytes(&run) <= allowance->room) {
        return send_whole(outbox, allowance, &run, lane);
    }
    if (!most || allowance->given) {
        return false;
    }
    return send_parts(outbox, allowance, &run, lane);
}

/* ---- whose turn it is ---- */

static bool is_on_diet(const struct outbox *outbox, enum outbox_lane lane)
{
    return lane > outbox_diet_lane(outbox);
}

static void refill(struct outbox *outbox)
{
    uint64_t now_ms = sched_now_ms(outbox->sched);
    uint64_t elapsed_ms = now_ms - outbox->credit_ms;
    uint64_t more =
        elapsed_ms > (uint64_t)CREDIT_MAX ? (uint64_t)CREDIT_MAX : elapsed_ms * outbox->config.backlog_per_s;

    outbox->credit_ms = now_ms;
    outbox->credit =
        outbox->credit + (int64_t)more < CREDIT_MAX ? outbox->credit + (int64_t)more : CREDIT_MAX;
}

/* The backlog takes only its share of the rate; when it may go on the session is woken. */
static bool has_credit(struct outbox *outbox)
{
    if (!outbox->config.backlog_per_s) {
        return true;
    }
    refill(outbox);
    if (outbox->credit > 0) {
        return true;
    }
    if (!timer_active(&outbox->credit_timer)) {
        uint64_t lacking = (uint64_t)(CREDIT_MESSAGE - outbox->credit);
        timer_start(outbox->sched, &outbox->credit_timer, lacking / outbox->config.backlog_per_s + 1);
    }
    return false;
}

/* The first lane behind the events that has something to send; LANES: none. */
static enum outbox_lane first_waiting(const struct outbox *outbox)
{
    for (int lane = LANE_EVENT + 1; lane < LANES; lane++) {
        if (outbox->in_lane[lane] && !is_on_diet(outbox, (enum outbox_lane)lane)) {
            return (enum outbox_lane)lane;
        }
    }
    return LANES;
}

/* Open from the end of the gathering until nothing is left. */
static bool is_gate_open(struct outbox *outbox, bool waits)
{
    uint64_t now_ms = sched_now_ms(outbox->sched);

    if (!outbox->gather_ms) {
        return true;
    }
    if (outbox->gate_open && !waits) {
        outbox->gate_open = false;
        outbox->gate_ms = now_ms + outbox->gather_ms;
    }
    if (!outbox->gate_open && waits && now_ms >= outbox->gate_ms) {
        outbox->gate_open = true;
    }
    if (!outbox->gate_open && waits && !timer_active(&outbox->gate_timer)) {
        timer_start(outbox->sched, &outbox->gate_timer, outbox->gate_ms - now_ms);
    }
    return outbox->gate_open;
}

/* The lane that is served next; LANES: none. */
static enum outbox_lane next_lane(struct outbox *outbox)
{
    if (outbox->in_lane[LANE_EVENT]) {
        return LANE_EVENT;
    }
    enum outbox_lane lane = first_waiting(outbox);
    if (!is_gate_open(outbox, lane != LANES)) {
        return LANES;
    }
    if (lane == LANE_BACKLOG &&
        (outbox->backlog_is_held || outbox_lanes_head_is_cut(outbox) || !has_credit(outbox))) {
        return LANES;
    }
    return lane;
}

bool outbox_window_is_full(const struct outbox *outbox)
{
    return outbox->info.unconfirmed >= outbox->window || outbox->sent_bytes >= WINDOW_BYTES;
}

bool outbox_can_send(struct outbox *outbox)
{
    if (outbox->is_open) {
        return true;
    }
    return !outbox_window_is_full(outbox) && next_lane(outbox) != LANES;
}

/* How old a sample of this start is, the host's clock has no say in. */
static bool is_expired(const struct outbox *outbox, const struct outbox_entry *entry)
{
    int64_t most_ms = (int64_t)outbox->config.max_age_ms;
    int64_t made_ms = outbox_time_of(outbox, entry);
    uint64_t now_ms = sched_now_ms(outbox->sched);

    if (entry->group || !made_ms) {
        return false;
    }
    if (!entry->wall_ms) {
        return now_ms - entry->added_ms > outbox->config.max_age_ms;
    }
    return now_ms - outbox->clock_set_ms >= CLOCK_TRUSTED_MS &&
           sched_wall_ms(outbox->sched) > WALL_PLAUSIBLE_MS &&
           made_ms < sched_wall_ms(outbox->sched) - most_ms;
}

/* Blynk takes no sample older than a month: what has waited longer would be refused one by one. */
static void drop_expired(struct outbox *outbox)
{
    struct outbox_entry *entry;
    uint64_t before = outbox->info.expired;

    while (outbox->config.max_age_ms && !outbox->is_open && (entry = first_of(outbox, LANE_BACKLOG)) &&
           is_expired(outbox, entry)) {
        outbox->info.expired++;
        outbox_lanes_forget(outbox, entry);
    }
    if (outbox->info.expired != before) {
        outbox_losses_note(outbox);
        outbox_lanes_tell_confirmed(outbox);
        outbox_store_wake(outbox); /* more may have to be read back */
    }
}

static bool serve(struct outbox *outbox, struct allowance *allowance, bool most)
{
    enum outbox_lane lane = outbox_window_is_full(outbox) ? LANES : next_lane(outbox);

    if (lane == LANES) {
        return false;
    }
    size_t before = allowance->given;
    bool more = send_next(outbox, allowance, most, lane);
    if (lane == LANE_BACKLOG) {
        outbox->credit -= (int64_t)(allowance->given - before) * CREDIT_MESSAGE;
    }
    return more;
}

/* What somebody waits for, or what has filled the window, is to be confirmed soon. */
static void ask_for_confirmation(const struct outbox *outbox, struct blynk_session *session)
{
    bool wanted = outbox->wanted > outbox->info.confirmed_sequence;

    if (outbox->info.unconfirmed && (wanted || outbox_window_is_full(outbox))) {
        blynk_session_confirm_soon(session);
    }
}

size_t outbox_fill(void *arg, struct blynk_session *session, struct buf *out, size_t room,
                   size_t max_messages, bool most, uint64_t *mark)
{
    struct outbox *outbox = arg;
    struct allowance allowance = {.session = session, .out = out, .room = room, .messages = max_messages};
    bool more = max_messages > 0;

    outbox_follow_clock(outbox);
    if (more && outbox->is_open) {
        more = send_open(outbox, &allowance, most);
    }
    while (more && allowance.messages) {
        drop_expired(outbox);
        more = serve(outbox, &allowance, most);
    }
    if (allowance.given) {
        *mark = ++outbox->mark;
        outbox_lanes_join(outbox);
        outbox_store_wake(outbox); /* more may have to be read back */
        ask_for_confirmation(outbox, session);
    }
    return allowance.given;
}

void outbox_hold_backlog(struct outbox *outbox, bool hold)
{
    bool was_held = outbox->backlog_is_held;

    outbox->backlog_is_held = hold;
    if (was_held && !hold) {
        outbox_lanes_tell_added(outbox);
    }
}

void outbox_open_gate(struct outbox *outbox)
{
    if (outbox->gather_ms) {
        timer_stop(&outbox->gate_timer);
        outbox->gate_open = true;
    }
}

/* ---- life ---- */

static void on_more(void *arg)
{
    struct outbox *outbox = arg;

    outbox_lanes_tell_added(outbox);
}

void outbox_send_init(struct outbox *outbox)
{
    timer_init(&outbox->credit_timer, on_more, outbox);
    timer_init(&outbox->gate_timer, on_more, outbox);
    outbox_follow_clock(outbox);
    outbox->credit = CREDIT_MAX;
    outbox->credit_ms = sched_now_ms(outbox->sched);
}

void outbox_send_free(struct outbox *outbox)
{
    timer_stop(&outbox->credit_timer);
    timer_stop(&outbox->gate_timer);
}
