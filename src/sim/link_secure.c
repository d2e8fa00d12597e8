#include "link_secure.h"

#include "modem.h"
#include "print.h"

static void send_wire(struct link *link)
{
    uint8_t bytes[2048];
    size_t count;

    while (link->conn != NULL && (count = link_tls_wire(link->tls, bytes, sizeof bytes)) > 0)
        tcp_send(link->conn, bytes, count);
}

enum link_tls_state link_secure_begin(struct link *link)
{
    link->tls = link_tls_open(&link->wish);
    link->shaking = link->tls != NULL;
    if (link->tls == NULL) {
        print_event("--", "link %d: no handshake: the file holds no certificate", link->id);
        return LINK_TLS_FAILED;
    }
    send_wire(link);
    return LINK_TLS_SHAKING;
}

enum link_tls_state link_secure_take(struct link *link, const uint8_t *bytes, size_t count)
{
    bool first = link->shaking;
    enum link_tls_state state = link_tls_take(link->tls, bytes, count);

    send_wire(link);
    if (first && state == LINK_TLS_FAILED) {
        link->problem = link_tls_problem(link->tls);
        print_event("--", "link %d: the handshake failed: %s", link->id, link_tls_failure(link->tls));
    }
    return state;
}

void link_secure_hand_on(struct link *link)
{
    uint8_t bytes[2048];
    size_t room, count;

    if (link->tls == NULL || link->handing)
        return;
    link->handing = true;
    while (link->state == LINK_OPEN && (room = link_room(link)) > 0 &&
           (count = link_tls_read(link->tls, bytes, room < sizeof bytes ? room : sizeof bytes)) > 0)
        link->modem->profile->family->link_data(link->modem, link, bytes, count);
    link->handing = false;
}

bool link_secure_send(struct link *link, const uint8_t *bytes, size_t count)
{
    if (!link_tls_write(link->tls, bytes, count))
        return false;
    send_wire(link);
    return true;
}

void link_secure_end(struct link *link)
{
    if (link->tls != NULL && link->conn != NULL && !link->dead) {
        link_tls_end(link->tls);
        send_wire(link);
    }
    link_tls_free(link->tls);
    link->tls = NULL;
    link->secure = link->shaking = false;
}
