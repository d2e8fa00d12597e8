#include "cloud_listen.h"

#include <stdio.h>
#include <stdlib.h>

#include "cloud_conn.h"
#include "cloud_state.h"

#define LISTEN_BACKLOG 128

static void on_connection(uv_stream_t *stream, int status)
{
    if (status == 0)
        cloud_conn_accept(stream->data, stream);
}

static void on_listener_closed(uv_handle_t *handle)
{
    free(handle);
}

static void listener_stop(struct cloud_listener *listener)
{
    if (listener->tcp != NULL)
        uv_close((uv_handle_t *)listener->tcp, on_listener_closed);
    listener->tcp = NULL;
}

/* Listens at the address, and remembers there which port was picked the first time. */
static int listener_start(struct cloud_listener *listener)
{
    int len = sizeof listener->address;
    int result;

    if (listener->address.ss_family == 0 || listener->tcp != NULL)
        return 0;
    listener->tcp = cloud_alloc(sizeof *listener->tcp);
    uv_tcp_init(listener->cloud->loop, listener->tcp);
    listener->tcp->data = listener;
    result = uv_tcp_bind(listener->tcp, (const struct sockaddr *)&listener->address, 0);
    if (result == 0)
        result = uv_listen((uv_stream_t *)listener->tcp, LISTEN_BACKLOG, on_connection);
    if (result == 0)
        result = uv_tcp_getsockname(listener->tcp, (struct sockaddr *)&listener->address, &len);
    return result;
}

int cloud_listen_start(struct cloud *cloud)
{
    int result = listener_start(&cloud->plain);

    if (result == 0)
        result = listener_start(&cloud->secure);
    if (result < 0)
        cloud_listen_stop(cloud);
    return result;
}

void cloud_listen_stop(struct cloud *cloud)
{
    listener_stop(&cloud->plain);
    listener_stop(&cloud->secure);
}

bool cloud_listens(const struct cloud *cloud)
{
    return cloud->plain.tcp != NULL || cloud->secure.tcp != NULL;
}

void cloud_address_text(const struct sockaddr_storage *address, char *text, size_t size)
{
    char host[64] = "";

    if (address->ss_family == AF_INET6) {
        const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;

        uv_ip6_name(six, host, sizeof host);
        snprintf(text, size, "[%s]:%u", host, ntohs(six->sin6_port));
    } else {
        const struct sockaddr_in *four = (const struct sockaddr_in *)address;

        uv_ip4_name(four, host, sizeof host);
        snprintf(text, size, "%s:%u", host, ntohs(four->sin_port));
    }
}

static void listener_say_ready(const struct cloud_listener *listener)
{
    char text[CLOUD_ADDRESS_TEXT_BYTES];

    if (listener->address.ss_family == 0)
        return;
    cloud_address_text(&listener->address, text, sizeof text);
    printf("ready%s: %s\n", listener->tls ? " tls" : "", text);
}

void cloud_listen_say_ready(const struct cloud *cloud)
{
    /* Both lines leave together: who has seen the first can read the second. */
    listener_say_ready(&cloud->plain);
    listener_say_ready(&cloud->secure);
    fflush(stdout);
}
