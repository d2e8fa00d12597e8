/*
 * The rate limit: a bucket that holds up to a burst of messages and is refilled with so many a second. Every
 * message counts, whatever its kind, except the answers to the server's own PINGs (sheet, 8).
 */
#include "session_parts.h"

#define MESSAGE_CREDIT 1000  /* the bucket is reckoned in thousandths of a message */
#define UNLIMITED      65536 /* messages at once where there is no limit */

void session_rate_init(struct blynk_session *session)
{
    session->credit = INT64_MAX; /* cut to a burst by the first look */
    session->credit_ms = sched_now_ms(session->sched);
}

static int64_t credit_max(const struct blynk_session *session)
{
    return (int64_t)(session->config.burst ? session->config.burst : 1) * MESSAGE_CREDIT;
}

/* Messages a second are thousandths of a message a millisecond. */
static void refill(struct blynk_session *session)
{
    uint64_t now_ms = sched_now_ms(session->sched);
    int64_t lacking = credit_max(session) - session->credit;
    uint64_t elapsed_ms = now_ms - session->credit_ms;

    session->credit_ms = now_ms;
    if (lacking <= 0) {
        session->credit = credit_max(session);
        return;
    }
    if (session->config.rate_per_s && elapsed_ms > (uint64_t)lacking / session->config.rate_per_s) {
        session->credit = credit_max(session);
        return;
    }
    session->credit += (int64_t)(elapsed_ms * session->config.rate_per_s);
}

size_t session_rate_allowed(struct blynk_session *session)
{
    if (!session->config.rate_per_s) {
        return UNLIMITED;
    }
    refill(session);
    return session->credit > 0 ? (size_t)(session->credit / MESSAGE_CREDIT) : 0;
}

bool session_rate_is_full(const struct blynk_session *session)
{
    return !session->config.rate_per_s || session->credit >= credit_max(session);
}

void session_rate_charge(struct blynk_session *session, size_t messages)
{
    session->info.messages_sent += messages;
    if (session->config.rate_per_s) {
        session->credit -= (int64_t)(messages * MESSAGE_CREDIT);
    }
}

/* When `messages` will be allowed. */
uint64_t session_rate_due_ms(const struct blynk_session *session, uint32_t messages)
{
    int64_t lacking = (int64_t)messages * MESSAGE_CREDIT - session->credit;

    if (lacking <= 0 || !session->config.rate_per_s) {
        return session->credit_ms;
    }
    uint32_t rate = session->config.rate_per_s;
    return session->credit_ms + ((uint64_t)lacking + rate - 1) / rate;
}
