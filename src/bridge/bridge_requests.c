/*
 * Questions whose answer comes later. Those to the server are matched by what the answer is about, not by its id:
 * ids from the server are not unique (protocol sheet, 4). An answer serves everybody who asked for it.
 */
#include "bridge_parts.h"

#include "blynkd/modem/modem.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum request_kind { REQUEST_TIME = 1, REQUEST_META, REQUEST_MODEM, REQUEST_FLUSH };

#define FIELDS_MAX  8
#define DAY_MINUTES 1440L

static struct bridge_request *request_at(struct list *node)
{
    return list_owner(node, struct bridge_request, node);
}

static void finish(struct bridge_request *request, int error, const char *const *lines, size_t count)
{
    struct bridge *bridge = request->bridge;

    assert(bridge);
    if (bridge->modem_request == request) {
        bridge->modem_request = NULL;
    }
    list_remove(&request->node);
    timer_stop(&request->timer);
    request->bridge = NULL;
    request->on_done(request->arg, error, lines, count);
}

/*
 * Whoever gets an answer may ask again, or cancel what somebody else asked: so those concerned are first moved to
 * a list of their own, and each is looked up anew.
 */
static void take(struct bridge *bridge, bool (*concerns)(const struct bridge_request *, const void *),
                 const void *what, struct list *taken)
{
    struct list *node, *following;

    list_init(taken);
    list_each(node, &bridge->requests, following)
    {
        if (concerns(request_at(node), what)) {
            list_remove(node);
            list_append(taken, node);
        }
    }
}

static void finish_all(struct bridge *bridge, bool (*concerns)(const struct bridge_request *, const void *),
                       const void *what, int error, const char *const *lines, size_t count)
{
    struct list taken;
    struct list *node;

    take(bridge, concerns, what, &taken);
    while ((node = list_first(&taken))) {
        finish(request_at(node), error, lines, count);
    }
}

static void on_timer(void *arg)
{
    struct bridge_request *request = arg;
    bool confirmed =
        request->kind == REQUEST_FLUSH && !bridge_unconfirmed(request->bridge, request->sequence);

    finish(request, confirmed ? 0 : -ETIMEDOUT, NULL, 0);
}

static void begin(struct bridge *bridge, struct bridge_request *request, enum request_kind kind)
{
    request->bridge = bridge;
    request->kind = (int)kind;
    request->id = 0;
    request->sequence = 0;
    request->key[0] = '\0';
    request->modem_request = NULL;
    timer_init(&request->timer, on_timer, request);
    list_init(&request->node);
    list_append(&bridge->requests, &request->node);
}

/* ---- the server's clock ---- */

static bool concerns_time(const struct bridge_request *request, const void *what)
{
    (void)what;
    return request->kind == REQUEST_TIME;
}

static int ask_internal(struct bridge *bridge, const char *key, const char *what)
{
    struct blynk_body body;

    blynk_body_init(&body);
    blynk_body_add_text(&body, key);
    blynk_body_add_text(&body, what);
    return blynk_session_request(link_session(bridge->link), BLYNK_INTERNAL, 0, body.bytes, body.len, NULL);
}

/*
 * The zone is asked first, because the first answer that holds a time ends the question. `rtc` is for legacy
 * servers, which know no `utc` (protocol sheet, 6.4).
 */
int bridge_ask_time(struct bridge *bridge, struct bridge_request *request)
{
    int error = ask_internal(bridge, "utc", "tz");

    error = error ? error : ask_internal(bridge, "utc", "time");
    error = error ? error : ask_internal(bridge, "rtc", "sync");
    if (error) {
        return error;
    }
    begin(bridge, request, REQUEST_TIME);
    timer_start(bridge->sched, &request->timer, bridge->config.request_ms);
    return 0;
}

/* `digits` are the first so many of a number. `zone` NULL: what the server said to each question before. */
static void on_time(struct bridge *bridge, const char *number, size_t digits, const char *zone)
{
    char seconds[24];
    char told[sizeof(((struct bridge_request *)0)->key)];
    const char *lines[2] = {seconds, told};
    struct list taken;
    struct list *node;

    if (digits == 0 || digits >= sizeof(seconds) || strspn(number, "0123456789") != strlen(number)) {
        return;
    }
    memcpy(seconds, number, digits);
    seconds[digits] = '\0';
    take(bridge, concerns_time, NULL, &taken);
    while ((node = list_first(&taken))) {
        snprintf(told, sizeof(told), "%s", zone ? zone : request_at(node)->key);
        finish(request_at(node), 0, lines, 2);
    }
}

/* Minutes east of UTC, and minutes of daylight saving time on top. */
static void on_zone(struct bridge *bridge, const char *minutes, const char *saving)
{
    long total = strtol(minutes, NULL, 10) + strtol(saving, NULL, 10);

    if (labs(total) > DAY_MINUTES) {
        return;
    }
    for (struct list *node = bridge->requests.next; node != &bridge->requests; node = node->next) {
        struct bridge_request *request = request_at(node);
        if (request->kind == REQUEST_TIME) {
            snprintf(request->key, sizeof(request->key), "%ld", total);
        }
    }
}

/* ---- metadata ---- */

static bool concerns_field(const struct bridge_request *request, const void *field)
{
    return request->kind == REQUEST_META && strcmp(request->key, field) == 0;
}

static bool concerns_id(const struct bridge_request *request, const void *id)
{
    return request->kind == REQUEST_META && request->id == *(const uint16_t *)id;
}

int bridge_ask_meta(struct bridge *bridge, struct bridge_request *request, const char *field)
{
    struct blynk_body body;
    uint16_t id;

    if (strlen(field) >= sizeof(request->key)) {
        return -EINVAL;
    }
    blynk_body_init(&body);
    blynk_body_add_text(&body, "meta");
    blynk_body_add_text(&body, "get");
    blynk_body_add_text(&body, field);
    int error =
        blynk_session_request(link_session(bridge->link), BLYNK_INTERNAL, 0, body.bytes, body.len, &id);
    if (error) {
        return error;
    }
    begin(bridge, request, REQUEST_META);
    request->id = id;
    snprintf(request->key, sizeof(request->key), "%s", field);
    timer_start(bridge->sched, &request->timer, bridge->config.request_ms);
    return 0;
}

static bool has_request(const struct bridge *bridge,
                        bool (*concerns)(const struct bridge_request *, const void *), const void *what)
{
    for (struct list *node = bridge->requests.next; node != &bridge->requests; node = node->next) {
        if (concerns(request_at(node), what)) {
            return true;
        }
    }
    return false;
}

/* ---- answers ---- */

/* Zero-terminated each, because the body is and fields end at zeros. */
static size_t fields_of(const struct blynk_frame *frame, const char *fields[FIELDS_MAX])
{
    struct blynk_fields reader;
    size_t count = 0;
    size_t len;

    blynk_fields_init(&reader, frame->body, frame->body_len);
    while (count < FIELDS_MAX && blynk_fields_next(&reader, &fields[count], &len)) {
        count++;
    }
    return count;
}

bool bridge_requests_answer(struct bridge *bridge, const struct blynk_frame *frame)
{
    const char *fields[FIELDS_MAX];
    size_t count = fields_of(frame, fields);

    if (count >= 2 && strcmp(fields[0], "rtc") == 0) {
        on_time(bridge, fields[1], strlen(fields[1]), "local");
        return true;
    }
    if (count >= 2 && strcmp(fields[0], "utc") == 0) {
        if (count >= 3 && strcmp(fields[1], "time") == 0) {
            size_t digits = strlen(fields[2]); /* milliseconds */
            on_time(bridge, fields[2], digits > 3 ? digits - 3 : 0, NULL);
        } else if (count >= 3 && strcmp(fields[1], "tz") == 0) {
            on_zone(bridge, fields[2], count > 3 ? fields[3] : "0");
        }
        return true;
    }
    if (count >= 2 && strcmp(fields[0], "meta") == 0 && has_request(bridge, concerns_field, fields[1])) {
        finish_all(bridge, concerns_field, fields[1], 0, fields + 2, count - 2);
        return true;
    }
    return false;
}

void bridge_requests_on_response(struct bridge *bridge, uint16_t id, unsigned status)
{
    if (status != BLYNK_STATUS_OK) {
        finish_all(bridge, concerns_id, &id, -EINVAL, NULL, 0);
    }
}

static bool concerns_server(const struct bridge_request *request, const void *what)
{
    (void)what;
    return request->kind == REQUEST_TIME || request->kind == REQUEST_META;
}

void bridge_requests_on_offline(struct bridge *bridge)
{
    finish_all(bridge, concerns_server, NULL, -ENOTCONN, NULL, 0);
}

/* ---- confirmation ---- */

static bool is_flush(const struct bridge_request *request, const void *what)
{
    (void)what;
    return request->kind == REQUEST_FLUSH;
}

static bool is_flushed(const struct bridge_request *request, const void *what)
{
    (void)what;
    return request->kind == REQUEST_FLUSH && !bridge_unconfirmed(request->bridge, request->sequence);
}

int bridge_flush(struct bridge *bridge, struct bridge_request *request, uint64_t sequence,
                 uint32_t timeout_ms)
{
    begin(bridge, request, REQUEST_FLUSH);
    request->sequence = sequence;
    if (!bridge_unconfirmed(bridge, sequence)) {
        timer_start(bridge->sched, &request->timer, 0);
        return 0;
    }
    if (timeout_ms) {
        timer_start(bridge->sched, &request->timer, timeout_ms);
    }
    outbox_want_confirmed(bridge->outbox, sequence);
    blynk_session_confirm_soon(link_session(bridge->link));
    return 0;
}

void bridge_requests_on_confirmed(struct bridge *bridge)
{
    finish_all(bridge, is_flushed, NULL, 0, NULL, 0);
    bridge_requests_on_online(bridge);
}

void bridge_requests_on_online(struct bridge *bridge)
{
    if (has_request(bridge, is_flush, NULL)) {
        blynk_session_confirm_soon(link_session(bridge->link));
    }
}

/* ---- the modem ---- */

static void on_modem_answer(void *arg, int error, const char *const *lines, size_t count)
{
    finish(arg, error, lines, count);
}

int bridge_ask_modem(struct bridge *bridge, struct bridge_request *request, const char *command,
                     uint32_t timeout_ms)
{
    if (!bridge->modem) {
        return -ENOTCONN;
    }
    if (bridge->modem_request) {
        return -EBUSY;
    }
    int error = modem_ask(bridge->modem, command, timeout_ms, on_modem_answer, request);
    if (error) {
        return error;
    }
    begin(bridge, request, REQUEST_MODEM);
    bridge->modem_request = request;
    return 0;
}

void bridge_request_cancel(struct bridge_request *request)
{
    struct bridge *bridge = request->bridge;

    if (!bridge) {
        return;
    }
    if (bridge->modem_request == request) {
        bridge->modem_request = NULL;
        modem_ask_cancel(bridge->modem);
    }
    list_remove(&request->node);
    timer_stop(&request->timer);
    request->bridge = NULL;
}
