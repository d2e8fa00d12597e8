/*
 * The listening sockets of the simulated cloud: one for plain TCP and one for TLS, either or both. The cloud owns them; they
 * are opened at the start and closed while the fault "refuse" is on. What connects is handed to cloud_conn: nothing is
 * read here.
 */
#ifndef BLYNKSIM_CLOUD_LISTEN_H
#define BLYNKSIM_CLOUD_LISTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#define CLOUD_ADDRESS_TEXT_BYTES 80

struct cloud;

struct cloud_listener {
    struct cloud *cloud;
    uv_tcp_t *tcp;                   /* NULL while closed */
    struct sockaddr_storage address; /* family 0: not wanted; port 0 becomes the port that was picked */
    bool tls;
};

/* Opens what is wanted and closed. Negative errno on failure, with all closed. */
int cloud_listen_start(struct cloud *cloud);
void cloud_listen_stop(struct cloud *cloud);
bool cloud_listens(const struct cloud *cloud);

/* 127.0.0.1:80 or [::1]:80 */
void cloud_address_text(const struct sockaddr_storage *address, char *text, size_t size);

/* The lines that say where, for those who wait for the start. */
void cloud_listen_say_ready(const struct cloud *cloud);

#endif
