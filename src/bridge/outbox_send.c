/* Which of what waits leaves next, and how much of it. */
#include "outbox_run.h"

#define CREDIT_MESSAGE 1000 /* the backlog's share of the rate is reckoned in thousandths of a message */
#define CREDIT_MAX     (10 * CREDIT_MESSAGE)

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
static bool send_whole(struct outbox *outbox, struct budget *budget, const struct run *run,
                       enum outbox_lane lane)
{
    size_t before = buf_len(budget->out);
    size_t given = budget->given;
    struct outbox_entry *entry = first_of(outbox, lane);
    bool sent = !run->wrapped || outbox_put_begin(budget, run);

    for (size_t i = 0; sent && i < run->count; i++) {
        sent = outbox_put_entry(budget, entry);
        entry = outbox_following(outbox, entry);
    }
    sent = sent && (!run->wrapped || outbox_put_end(budget));
    if (!sent) {
        buf_truncate(budget->out, before);
        budget->given = given;
        return false;
    }
    for (size_t i = 0; i < run->count; i++) {
        mark_sent(outbox, first_of(outbox, lane));
    }
    return true;
}

/* Goes on with an open group as far as the budget reaches. True when it is closed. */
static bool send_open(struct outbox *outbox, struct budget *budget, bool most)
{
    while (outbox->open_left) {
        struct outbox_entry *entry = first_of(outbox, outbox->open_lane);
        bool fits = outbox_frame_bytes(entry) <= budget->room || (most && !budget->given);
        if (!budget->messages || !fits || !outbox_put_entry(budget, entry)) {
            return false;
        }
        mark_sent(outbox, entry);
        outbox->open_left--;
    }
    if (!budget->messages || budget->room < BLYNK_HEADER_BYTES + 1 || !outbox_put_end(budget)) {
        return false;
    }
    outbox->is_open = false;
    return true;
}

/* What will never fit as a whole goes in parts that follow each other. */
static bool send_parts(struct outbox *outbox, struct budget *budget, const struct run *run,
                       enum outbox_lane lane)
{
    if (!run->wrapped) {
        return send_whole(outbox, budget, run, lane); /* a frame larger than the room: the stream cuts it */
    }
    if (!outbox_put_begin(budget, run)) {
        return false;
    }
    outbox->is_open = true;
    outbox->open_lane = lane;
    outbox->open_left = run->count;
    return send_open(outbox, budget, false);
}

static bool send_next(struct outbox *outbox, struct budget *budget, bool most, enum outbox_lane lane)
{
    struct run run = outbox_run_measure(outbox, first_of(outbox, lane), budget);
    size_t messages = run.count + (run.wrapped ? 2 : 0);

    if (messages <= budget->messages && run.bytes + outbox_wrapping_bytes(&run) <= budget->room) {
        return send_whole(outbox, budget, &run, lane);
    }
    if (!most || budget->given) {
        return false;
    }
    return send_parts(outbox, budget, &run, lane);
}

/* ---- whose turn it is ---- */

static bool is_on_diet(const struct outbox *outbox, enum outbox_lane lane)
{
    return (outbox->diet == OUTBOX_LATEST_ONLY && lane > LANE_LATEST) ||
           (outbox->diet == OUTBOX_EVENTS_ONLY && lane > LANE_EVENT);
}

static void refill(struct outbox *outbox)
{
    uint64_t now_ms = sched_now_ms(outbox->sched);
    uint64_t elapsed_ms = now_ms - outbox->credit_ms;
    uint64_t more = elapsed_ms > CREDIT_MAX ? CREDIT_MAX : elapsed_ms * outbox->config.backlog_per_s;

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

/* The lane that is served next; LANES: none. */
static enum outbox_lane next_lane(struct outbox *outbox)
{
    for (int lane = 0; lane < LANE_BACKLOG; lane++) {
        if (outbox->in_lane[lane] && !is_on_diet(outbox, (enum outbox_lane)lane)) {
            return (enum outbox_lane)lane;
        }
    }
    bool backlog = outbox->in_lane[LANE_BACKLOG] && !is_on_diet(outbox, LANE_BACKLOG);
    return backlog && has_credit(outbox) ? LANE_BACKLOG : LANES;
}

bool outbox_can_send(struct outbox *outbox)
{
    if (outbox->is_open) {
        return true;
    }
    return outbox->info.unconfirmed < outbox->window && next_lane(outbox) != LANES;
}

/* Blynk takes no sample older than a month: what has waited longer would be refused one by one. */
static void drop_expired(struct outbox *outbox)
{
    uint64_t most_ms = outbox->config.max_age_ms;
    int64_t now_ms = sched_wall_ms(outbox->sched);
    struct outbox_entry *entry;

    while (most_ms && !outbox->is_open && now_ms > WALL_PLAUSIBLE_MS &&
           (entry = first_of(outbox, LANE_BACKLOG))) {
        int64_t made_ms = outbox_time_of(outbox, entry);
        if (entry->group || !made_ms || made_ms > now_ms - (int64_t)most_ms) {
            return;
        }
        outbox->info.expired++;
        outbox_lanes_forget(outbox, entry);
    }
}

static bool serve(struct outbox *outbox, struct budget *budget, bool most)
{
    enum outbox_lane lane = outbox->info.unconfirmed < outbox->window ? next_lane(outbox) : LANES;

    if (lane == LANES) {
        return false;
    }
    size_t before = budget->given;
    bool more = send_next(outbox, budget, most, lane);
    if (lane == LANE_BACKLOG) {
        outbox->credit -= (int64_t)(budget->given - before) * CREDIT_MESSAGE;
    }
    return more;
}

/* What somebody waits for, or what has filled the window, is to be confirmed soon. */
static void ask_for_confirmation(const struct outbox *outbox, struct blynk_session *session)
{
    bool wanted = outbox->wanted > outbox->info.confirmed_sequence;

    if (outbox->info.unconfirmed && (wanted || outbox->info.unconfirmed >= outbox->window)) {
        blynk_session_confirm_soon(session);
    }
}

size_t outbox_fill(void *arg, struct blynk_session *session, struct buf *out, size_t room,
                   size_t max_messages, bool most, uint64_t *mark)
{
    struct outbox *outbox = arg;
    struct budget budget = {.session = session, .out = out, .room = room, .messages = max_messages};
    bool more = max_messages > 0;

    outbox->online = true;
    outbox_follow_clock(outbox);
    drop_expired(outbox);
    if (more && outbox->is_open) {
        more = send_open(outbox, &budget, most);
    }
    while (more && budget.messages) {
        more = serve(outbox, &budget, most);
    }
    if (budget.given) {
        *mark = ++outbox->mark;
        outbox_lanes_join(outbox);
        outbox_store_wake(outbox); /* more may have to be read back */
        ask_for_confirmation(outbox, session);
    }
    return budget.given;
}

/* ---- life ---- */

static void on_credit(void *arg)
{
    struct outbox *outbox = arg;

    if (outbox->events.on_added) {
        outbox->events.on_added(outbox->arg);
    }
}

void outbox_send_init(struct outbox *outbox)
{
    timer_init(&outbox->credit_timer, on_credit, outbox);
    outbox->credit = CREDIT_MAX;
    outbox->credit_ms = sched_now_ms(outbox->sched);
}

void outbox_send_free(struct outbox *outbox)
{
    timer_stop(&outbox->credit_timer);
}
