/* A dialect's commands, filled with the values of the link. */
#include "sock_private.h"

#include "blynkd/base/log.h"
#include "blynkd/base/scan.h"

#include <stdio.h>
#include <string.h>

struct fill {
    const struct sock *sock;
    long link;
    char text[24];
};

/* Where more must not be asked for than there is, and no read is sent unless something is. */
static size_t read_max(const struct sock *sock)
{
    size_t most = sock->dialect->receive_max_bytes;

    if (sock->dialect->reads_counted && (size_t)sock->waiting_bytes < most) {
        return (size_t)sock->waiting_bytes;
    }
    return most;
}

static const char *lookup(void *arg, const char *name)
{
    struct fill *fill = arg;
    const struct sock *sock = fill->sock;

    if (strcmp(name, "host") == 0) {
        return sock->host;
    }
    if (strcmp(name, "address") == 0) {
        return sock->address;
    }
    if (strcmp(name, "is_name") == 0) {
        return scan_is_ipv4(sock->host) ? "0" : "1";
    }
    if (strcmp(name, "port") == 0) {
        snprintf(fill->text, sizeof(fill->text), "%u", (unsigned)sock->port);
    } else if (strcmp(name, "link") == 0) {
        snprintf(fill->text, sizeof(fill->text), "%ld", fill->link);
    } else if (strcmp(name, "len") == 0) {
        snprintf(fill->text, sizeof(fill->text), "%zu", sock->out_len - sock->out_at);
    } else if (strcmp(name, "max") == 0) {
        snprintf(fill->text, sizeof(fill->text), "%zu", read_max(sock));
    } else {
        return NULL;
    }
    return fill->text;
}

static int send_command(struct sock *sock, struct at_request *request, const struct dialect_command *command,
                        long link)
{
    struct fill fill = {.sock = sock, .link = link};
    int error = at_template_fill(command->send, lookup, &fill, request->text, sizeof(request->text));

    if (error) {
        return error;
    }
    request->expect = command->expect;
    return at_channel_send(sock->channel, request);
}

bool sock_command(struct sock *sock, struct at_request *request, const struct dialect_command *command)
{
    bool by_host = sock->dialect->numbering == DIALECT_NUMBERED_BY_HOST;
    long link = sock->link < 0 && by_host ? sock->dialect->link : sock->link;
    int error = send_command(sock, request, command, link);

    if (error) {
        log_debug("modem", "%s: %s", command->send, strerror(-error));
        sock_blame(sock, STREAM_FAULT_MODEM, "a command could not be sent to the modem: %s",
                   strerror(-error));
        sock_go(sock, SOCK_REPORT);
    }
    return error == 0;
}

void sock_ask_status(struct sock *sock)
{
    const struct dialect *dialect = sock->dialect;

    rows_clear(&sock->rows);
    sock_command(sock, &sock->control, sock->status_unknown ? &dialect->other_status : &dialect->status);
}

bool sock_ask_status_again(struct sock *sock, const struct at_reply *reply)
{
    if (reply->result != AT_RESULT_ERROR || sock->status_unknown || !sock->dialect->other_status.send) {
        return false;
    }
    sock->status_unknown = true;
    sock_ask_status(sock);
    return true;
}

bool sock_close_row(struct sock *sock, long row)
{
    sock->closing_row = row;
    return send_command(sock, &sock->control, &sock->dialect->close, row) == 0;
}
