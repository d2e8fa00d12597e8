/*
 * TLS on one connection of the simulated cloud: which certificate it sees, the faults of the handshake, what is printed and
 * counted of it. Works on a connection of the TLS listener. It knows no OpenSSL: that is cloud_tls's.
 */
#ifndef BLYNKSIM_CLOUD_CONN_TLS_H
#define BLYNKSIM_CLOUD_CONN_TLS_H

#include "cloud_conn.h"

/* Takes bytes of the wire; what is in them is handled, what must be answered is sent. */
void cloud_conn_tls_read(struct cloud_conn *conn, const void *data, size_t len);
/* Before the connection is closed by the cloud, and after the peer has gone. Nothing happens without TLS. */
void cloud_conn_tls_end(struct cloud_conn *conn);
void cloud_conn_tls_gone(struct cloud_conn *conn);

/* Faults that cannot work here (no TLS, no such certificate) are cleared, and `error` says so: false. */
bool cloud_fault_check(struct cloud *cloud, char *error, size_t error_size);

#endif
