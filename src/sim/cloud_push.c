/* What the server sends to devices by itself: writes of an app, and what time and faults demand. */
#include <string.h>

#include "cloud_device.h"

#define GARBAGE_BYTES 64 /* unless the fault says how many */
#define FINISH_MS     2000
#define INJECT_PIN    "127" /* the pin that faults write; no test uses it for anything else */

/* The legacy server counts characters, not bytes, and allows 250 to a device that has not said its buffer. */
static bool push_fits(const struct cloud_conn *conn, const struct cloud_bytes *body)
{
    size_t size = body->len;

    if (conn->cloud->options.style == CLOUD_STYLE_LEGACY)
        size = cloud_utf8_count(body->data, body->len);
    if (conn->buff_in == 0)
        return size <= CLOUD_NO_INFO_BODY;
    return size + CLOUD_HEADER_BYTES <= conn->buff_in;
}

void cloud_device_push(struct cloud *cloud, struct cloud_project *project, struct cloud_pin_name pin,
                       uint16_t id, const void *values, size_t len)
{
    struct cloud_bytes body = {0};

    cloud_store_write(&project->store, pin, values, len);
    cloud_bytes_printf(&body, "%cw", pin.type);
    cloud_bytes_append_byte(&body, 0);
    cloud_bytes_printf(&body, "%u", pin.number);
    cloud_bytes_append_byte(&body, 0);
    cloud_bytes_append_utf8(&body, values, len);
    for (struct cloud_conn *conn = cloud->conns; conn != NULL; conn = conn->next) {
        if (conn->project != project)
            continue;
        if (push_fits(conn, &body)) {
            cloud_device_send(conn, CLOUD_HARDWARE, id, body.data, body.len);
            continue;
        }
        cloud->counters.pushes_too_big++;
        cloud_say(cloud, conn->number, "not sent, bigger than the device's buff-in: %zu bytes", body.len);
    }
    cloud_bytes_free(&body);
}

/* xorshift32: the same garbage for the same seed. */
static uint8_t random_byte(struct cloud *cloud)
{
    cloud->random ^= cloud->random << 13;
    cloud->random ^= cloud->random >> 17;
    cloud->random ^= cloud->random << 5;
    return (uint8_t)(cloud->random >> 11);
}

static void inject_garbage(struct cloud_conn *conn, const struct cloud_fault *fault)
{
    struct cloud_bytes bytes = {0};
    size_t count = fault->number > 0 ? (size_t)fault->number : GARBAGE_BYTES;

    for (size_t i = 0; i < count && i < CLOUD_BODY_MAX_BYTES; i++)
        cloud_bytes_append_byte(&bytes, random_byte(conn->cloud));
    cloud_say(conn->cloud, conn->number, "-> %zu random bytes", bytes.len);
    cloud_conn_send(conn, &bytes);
}

static void inject_id_zero(struct cloud_conn *conn)
{
    static const char body[] = "vw\0" INJECT_PIN "\0id-zero";

    cloud_device_send(conn, CLOUD_HARDWARE, 0, body, sizeof body - 1);
}

static void inject_big_frame(struct cloud_conn *conn, const struct cloud_fault *fault)
{
    static const char head[] = "vw\0" INJECT_PIN "\0";
    struct cloud_bytes body = {0};

    cloud_bytes_append(&body, head, sizeof head - 1);
    while (body.len < (size_t)fault->number && body.len < CLOUD_BODY_MAX_BYTES)
        cloud_bytes_append_byte(&body, 'x');
    cloud_device_send(conn, CLOUD_HARDWARE, CLOUD_ID_HTTP, body.data, body.len);
    cloud_bytes_free(&body);
}

/* Each setting of such a fault reaches a connection once, at once or after its login. */
static const struct cloud_fault *inject_due(struct cloud_conn *conn, enum cloud_fault_kind kind)
{
    struct cloud_faults *faults = &conn->cloud->faults;
    uint64_t now_ms = cloud_now_ms(conn->cloud);
    const struct cloud_fault *fault = cloud_fault_find(faults, kind, now_ms);

    if (fault == NULL || conn->injected[kind] == fault->serial)
        return NULL;
    conn->injected[kind] = fault->serial;
    return cloud_fault_take(faults, kind, now_ms);
}

static void device_inject(struct cloud_conn *conn)
{
    const struct cloud_fault *fault;

    fault = inject_due(conn, CLOUD_FAULT_GARBAGE);
    if (fault != NULL)
        inject_garbage(conn, fault);
    if (inject_due(conn, CLOUD_FAULT_ID_ZERO) != NULL)
        inject_id_zero(conn);
    fault = inject_due(conn, CLOUD_FAULT_BIG_FRAME);
    if (fault != NULL)
        inject_big_frame(conn, fault);
}

/* The real server gives up after ceil(factor x heartbeat) seconds without a byte from the device. */
static void device_check_idle(struct cloud_conn *conn, uint64_t now_ms)
{
    double exact_s = conn->cloud->options.heartbeat_factor * conn->heartbeat_s;
    uint64_t limit_s = (uint64_t)exact_s;

    if (exact_s - (double)limit_s > 1e-9)
        limit_s++;
    if (now_ms < conn->last_byte_ms + limit_s * 1000)
        return;
    conn->cloud->counters.closed_idle++;
    cloud_conn_finish(conn, "nothing heard for too long");
}

static void device_check_close_after(struct cloud_conn *conn, uint64_t now_ms)
{
    struct cloud_faults *faults = &conn->cloud->faults;
    const struct cloud_fault *fault = cloud_fault_find(faults, CLOUD_FAULT_CLOSE_AFTER, now_ms);
    uint64_t since_ms;

    if (fault == NULL)
        return;
    since_ms = fault->set_ms > conn->login_ms ? fault->set_ms : conn->login_ms;
    if (now_ms < since_ms + (uint64_t)(fault->number * 1000))
        return;
    cloud_fault_take(faults, CLOUD_FAULT_CLOSE_AFTER, now_ms);
    cloud_conn_finish(conn, "fault close-after");
}

void cloud_device_tick(struct cloud_conn *conn)
{
    uint64_t now_ms = cloud_now_ms(conn->cloud);

    if (conn->closing)
        return;
    if (conn->frozen ? cloud_conn_peer_gone(conn)
                     : conn->finishing && now_ms >= conn->finish_ms + FINISH_MS) {
        cloud_conn_close(conn);
        return;
    }
    if (conn->kind != CLOUD_CONN_DEVICE || conn->frozen || conn->finishing)
        return;
    if (cloud_fault_take(&conn->cloud->faults, CLOUD_FAULT_HALF_OPEN, now_ms)) {
        cloud_conn_freeze(conn);
        return;
    }
    device_check_idle(conn, now_ms);
    if (conn->project == NULL || conn->finishing)
        return;
    device_check_close_after(conn, now_ms);
    device_inject(conn);
}
