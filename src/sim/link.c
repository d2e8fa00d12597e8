#include "link.h"

#include "link_secure.h"
#include "modem.h"
#include "print.h"

#include <stdio.h>
#include <string.h>

/* In push mode: received data wait in TCP while so much still waits for the UART. */
#define PUSH_WAITING 2048

static const struct tcp_events link_tcp_events;

void links_init(struct modem *modem)
{
    for (int id = 0; id < LINKS_MAX; id++) {
        struct link *link = &modem->links[id];

        link->modem = modem;
        link->id = id;
        uv_timer_init(modem->loop, &link->timer);
        link->timer.data = link;
    }
}

/* ---- opening ---- */

static void opened(struct link *link)
{
    print_event("--", "link %d connected to %s:%u", link->id, link->host, link->port);
    link->state = LINK_OPEN;
    if (fault_use(link->modem, FAULT_HALF_OPEN))
        link_kill_silently(link);
    link->modem->profile->family->link_opened(link->modem, link);
    links_resume(link->modem);
}

static void failed(struct link *link)
{
    print_event("--", "link %d: no connection to %s:%u", link->id, link->host, link->port);
    link->failed = true;
    link->modem->profile->family->link_failed(link->modem, link);
}

static void on_result_due(uv_timer_t *timer)
{
    struct link *link = timer->data;

    if (link->failed)
        failed(link);
    else
        opened(link);
}

/* What comes of the opening is known, and told after connect_ms. */
static void decide(struct link *link, int status)
{
    long delay = VARIANT_NUMBER(link->modem, CONNECT_MS) + link->extra_ms;

    link->shaking = false;
    link->failed = status < 0;
    if (status < 0)
        link->conn = NULL;
    else
        tcp_pause(link->conn, true);
    uv_timer_start(&link->timer, on_result_due, (uint64_t)delay, 0);
}

static void go_on(struct link *link, enum link_tls_state state)
{
    if (state == LINK_TLS_FAILED)
        tcp_close(link->conn);
    if (state != LINK_TLS_SHAKING)
        decide(link, state == LINK_TLS_DONE ? 0 : -1);
}

static void on_tcp_opened(void *owner, int status)
{
    struct link *link = owner;

    if (status == 0 && link->secure)
        go_on(link, link_secure_begin(link));
    else
        decide(link, status);
}

void link_fail_later(struct link *link)
{
    link->state = LINK_CONNECTING;
    link->timed_out = false;
    on_tcp_opened(link, -1);
}

/* Nobody has answered for so long that the modem's own TCP gives up. */
static void on_connect_timeout(uv_timer_t *timer)
{
    struct link *link = timer->data;

    if (link->conn != NULL)
        tcp_close(link->conn);
    link->conn = NULL;
    link->timed_out = true;
    failed(link);
}

static void connect_to(struct link *link, const struct sockaddr_storage *target)
{
    link->conn = tcp_open(link->modem->loop, target, &link_tcp_events, link);
    if (link->conn == NULL)
        on_tcp_opened(link, -1);
}

static bool name_is_refused(struct link *link)
{
    if (route_is_numeric(link->host))
        return false;
    return !names_answer(link->modem);
}

static uint64_t connect_timeout_ms(const struct link *link)
{
    if (link->timeout_ms > 0)
        return (uint64_t)link->timeout_ms;
    return (uint64_t)VARIANT_NUMBER(link->modem, CONNECT_TIMEOUT_S) * 1000;
}

enum link_open link_open(struct link *link, const char *host, uint16_t port)
{
    struct modem *modem = link->modem;
    struct sockaddr_storage target;
    enum route_result route;

    snprintf(link->host, sizeof link->host, "%s", host);
    link->port = port;
    if (name_is_refused(link))
        return LINK_NO_NAME;
    route = route_find(&modem->routes, host, port, &target, link->ip);
    if (route == ROUTE_NO_NAME)
        return LINK_NO_NAME;
    modem->stats.opens++;
    link->state = LINK_CONNECTING;
    link->failed = link->timed_out = link->dead = link->notified = link->shaking = false;
    link->problem = LINK_TLS_OTHER;
    link->rx_length = link->dead_waiting = 0;
    link->sent = link->taken = 0;
    print_event("--", "link %d connects to %s:%u", link->id, host, port);
    uv_timer_start(&link->timer, on_connect_timeout, connect_timeout_ms(link), 0);
    link->passed_ms = uv_now(modem->loop);
    if (fault_use(modem, FAULT_CONNECT_FAIL) || (link->id == 0 && fault_use(modem, FAULT_STUCK_SOCKET_ID)))
        on_tcp_opened(link, -1);
    else if (!route_is_numeric(host) && !VARIANT_IS(modem, DNS, "ok"))
        print_event("--", "wrong or no answer of the name service: nobody will answer");
    else if (link->nowhere)
        print_event("--", "link %d: nobody will answer", link->id);
    else if (route == ROUTE_FOUND)
        connect_to(link, &target);
    return LINK_STARTED;
}

/* silent-nat: what has been idle too long passes nothing any more. */
static bool link_is_forgotten(struct link *link)
{
    struct modem *modem = link->modem;
    uint64_t now_ms = uv_now(modem->loop);

    if (fault_active(modem, FAULT_SILENT_NAT) && link->state == LINK_OPEN && !link->dead &&
        now_ms - link->passed_ms >= (uint64_t)fault_number(modem, FAULT_SILENT_NAT) * 1000) {
        print_event("--", "link %d was idle too long and is forgotten by the network", link->id);
        link_kill_silently(link);
    }
    link->passed_ms = now_ms;
    return link->dead;
}

/* ---- receiving ---- */

static void on_tcp_data(void *owner, const uint8_t *bytes, size_t count)
{
    struct link *link = owner;

    if (link->shaking) {
        go_on(link, link_secure_take(link, bytes, count));
        return;
    }
    if (link_is_forgotten(link))
        return;
    if (link->tls != NULL)
        link_secure_take(link, bytes, count);
    else
        link->modem->profile->family->link_data(link->modem, link, bytes, count);
    links_resume(link->modem);
}

static bool is_buffered(const struct link *link)
{
    const struct modem *modem = link->modem;

    return link->buffered || modem->settings.rxget != 0 || modem->profile->buffered;
}

size_t link_room(const struct link *link)
{
    const struct modem *modem = link->modem;
    size_t limit = (size_t)VARIANT_NUMBER(modem, CHUNK_MAX);

    if (link->shaking)
        return sizeof link->rx;
    if (link->dead || link->state != LINK_OPEN || fault_is_mute(modem))
        return 0;
    if (!is_buffered(link))
        return uart_waiting(&modem->uart) < PUSH_WAITING ? (limit > 0 ? limit : 1) : 0;
    limit = (size_t)VARIANT_NUMBER(modem, RX_BUFFER);
    if (limit > sizeof link->rx)
        limit = sizeof link->rx;
    return link->rx_length < limit ? limit - link->rx_length : 0;
}

static size_t on_tcp_room(void *owner)
{
    return link_room(owner);
}

void links_resume(struct modem *modem)
{
    for (int id = 0; id < LINKS_MAX; id++) {
        struct link *link = &modem->links[id];

        link_secure_hand_on(link);
        if (link->conn != NULL && link->state == LINK_OPEN)
            tcp_pause(link->conn, link_room(link) == 0);
    }
}

void link_keep(struct link *link, const uint8_t *bytes, size_t count)
{
    size_t room = sizeof link->rx - link->rx_length;

    if (count > room)
        count = room;
    memcpy(link->rx + link->rx_length, bytes, count);
    link->rx_length += count;
}

void link_taken(struct link *link, size_t count)
{
    memmove(link->rx, link->rx + count, link->rx_length - count);
    link->rx_length -= count;
    link->taken += count;
    links_resume(link->modem);
}

/* ---- closing ---- */

static void on_tcp_closed(void *owner)
{
    struct link *link = owner;

    link->conn = NULL;
    if (link->dead)
        return;
    if (link->shaking)
        decide(link, -1);
    if (link->state == LINK_CONNECTING) {
        link->failed = true;
        return;
    }
    print_event("--", "link %d closed by the peer", link->id);
    link_secure_end(link);
    link->state = link->rx_length > 0 ? LINK_REMOTE_CLOSING : LINK_CLOSED;
    link->modem->profile->family->link_closed(link->modem, link);
}

void link_remote_close(struct link *link)
{
    if (link->state != LINK_OPEN)
        return;
    if (link->conn != NULL)
        tcp_close(link->conn);
    on_tcp_closed(link);
}

void link_close(struct link *link, enum link_state after)
{
    uv_timer_stop(&link->timer);
    link_secure_end(link);
    if (link->conn != NULL && link->dead)
        tcp_bury(&link->modem->graveyard, link->conn);
    else if (link->conn != NULL)
        tcp_close(link->conn);
    if (link->state == LINK_OPEN || link->state == LINK_CONNECTING)
        print_event("--", "link %d closed", link->id);
    link->conn = NULL;
    link->state = after;
    link->rx_length = 0;
    link->dead = false;
}

void links_lose(struct modem *modem, enum link_state after)
{
    for (int id = 0; id < LINKS_MAX; id++) {
        struct link *link = &modem->links[id];

        if (VARIANT_IS(modem, TCP_ON_POWER_LOSS, "silent"))
            link->dead = link->state == LINK_OPEN;
        if (link->state != LINK_INITIAL)
            link_close(link, after);
    }
}

void links_close(struct modem *modem)
{
    for (int id = 0; id < LINKS_MAX; id++) {
        modem->links[id].dead = false;
        link_close(&modem->links[id], LINK_INITIAL);
        uv_close((uv_handle_t *)&modem->links[id].timer, NULL);
    }
    graveyard_close(&modem->graveyard);
}

void link_kill_silently(struct link *link)
{
    if (link->state != LINK_OPEN || link->dead)
        return;
    print_event("--", "link %d is dead, and nobody knows it", link->id);
    link->dead = true;
    if (link->conn != NULL)
        tcp_pause(link->conn, true);
}

/* ---- sending ---- */

size_t link_send_room(const struct link *link)
{
    size_t waiting = link->dead || link->conn == NULL ? link->dead_waiting : tcp_pending(link->conn);

    return waiting < LINK_TX_WAITING ? LINK_TX_WAITING - waiting : 0;
}

size_t link_unacked(const struct link *link)
{
    if (link->dead)
        return link->dead_waiting;
    return link->conn != NULL ? tcp_unacked(link->conn) : 0;
}

bool link_send(struct link *link, const uint8_t *bytes, size_t count)
{
    link->modem->stats.sends++;
    link->sent += count;
    if (link_is_forgotten(link) || link->conn == NULL) {
        link->dead_waiting += count;
        return true;
    }
    if (link->tls == NULL)
        return tcp_send(link->conn, bytes, count) == 0;
    return link_secure_send(link, bytes, count);
}

static void on_tcp_sent(void *owner)
{
    struct link *link = owner;

    if (link->modem->profile->family->link_sent != NULL)
        link->modem->profile->family->link_sent(link->modem, link);
}

static const struct tcp_events link_tcp_events = {
    .opened = on_tcp_opened,
    .data = on_tcp_data,
    .closed = on_tcp_closed,
    .sent = on_tcp_sent,
    .room = on_tcp_room,
};

int links_count(const struct modem *modem, enum link_state state)
{
    int count = 0;

    for (int id = 0; id < LINKS_MAX; id++)
        count += modem->links[id].state == state;
    return count;
}

const char *link_state_name(enum link_state state)
{
    switch (state) {
    case LINK_INITIAL:
        return "initial";
    case LINK_CONNECTING:
        return "connecting";
    case LINK_OPEN:
        return "open";
    case LINK_REMOTE_CLOSING:
        return "remote-closing";
    case LINK_CLOSED:
        return "closed";
    }
    return "";
}
