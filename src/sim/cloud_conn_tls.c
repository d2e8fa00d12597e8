#include "cloud_conn_tls.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define CUT_BYTES 100

static const struct {
    enum cloud_fault_kind fault;
    enum cloud_cert cert;
} cert_faults[] = {
    {CLOUD_FAULT_CERT_EXPIRED, CLOUD_CERT_EXPIRED},
    {CLOUD_FAULT_CERT_NOT_YET_VALID, CLOUD_CERT_NOT_YET_VALID},
    {CLOUD_FAULT_CERT_WRONG_NAME, CLOUD_CERT_WRONG_NAME},
    {CLOUD_FAULT_CERT_UNKNOWN_CA, CLOUD_CERT_UNKNOWN_CA},
    {CLOUD_FAULT_CERT_SELF_SIGNED, CLOUD_CERT_SELF_SIGNED},
};

static const enum cloud_fault_kind handshake_faults[] = {CLOUD_FAULT_TLS_CUT, CLOUD_FAULT_PLAIN_ANSWER};

static const char portal_answer[] = "HTTP/1.1 302 Found\r\n"
                                    "location: http://login.portal.example/\r\n"
                                    "content-length: 0\r\n"
                                    "connection: close\r\n\r\n";

static bool fault_refuse(struct cloud *cloud, enum cloud_fault_kind fault, char *error, size_t error_size,
                         const char *why)
{
    cloud_fault_clear(&cloud->faults, cloud_fault_word(fault));
    snprintf(error, error_size, "%s needs %s", cloud_fault_word(fault), why);
    return false;
}

bool cloud_fault_check(struct cloud *cloud, char *error, size_t error_size)
{
    for (size_t i = 0; i < sizeof handshake_faults / sizeof *handshake_faults; i++) {
        if (cloud->tls_server == NULL && cloud->faults.kinds[handshake_faults[i]].on)
            return fault_refuse(cloud, handshake_faults[i], error, error_size, "--tls-cert and --tls-key");
    }
    for (size_t i = 0; i < sizeof cert_faults / sizeof *cert_faults; i++) {
        if (cloud->faults.kinds[cert_faults[i].fault].on &&
            !cloud_tls_server_has(cloud->tls_server, cert_faults[i].cert))
            return fault_refuse(cloud, cert_faults[i].fault, error, error_size,
                                "its certificate beside --tls-cert, as 'blynksim certs' makes it");
    }
    return true;
}

static enum cloud_cert tls_choose_cert(struct cloud *cloud)
{
    for (size_t i = 0; i < sizeof cert_faults / sizeof *cert_faults; i++) {
        if (cloud_fault_take(&cloud->faults, cert_faults[i].fault, cloud_now_ms(cloud)))
            return cert_faults[i].cert;
    }
    return CLOUD_CERT_GOOD;
}

/* With the first bytes it is decided what this connection will see; false: no TLS. */
static bool tls_begin(struct cloud_conn *conn)
{
    struct cloud *cloud = conn->cloud;
    struct cloud_bytes answer = {0};

    if (!cloud_fault_take(&cloud->faults, CLOUD_FAULT_PLAIN_ANSWER, cloud_now_ms(cloud))) {
        conn->tls = cloud_tls_open(cloud->tls_server, tls_choose_cert(cloud));
        return true;
    }
    cloud_bytes_append_text(&answer, portal_answer);
    cloud_conn_send(conn, &answer);
    cloud_conn_finish(conn, "fault plain-answer");
    return false;
}

/* True: the fault has let the beginning of the answer through and ended the connection. */
static bool tls_cut(struct cloud_conn *conn, struct cloud_bytes *wire)
{
    struct cloud *cloud = conn->cloud;
    const struct cloud_fault *fault;
    size_t len;

    if (wire->len == 0 || cloud_tls_facts(conn->tls)->done)
        return false;
    fault = cloud_fault_take(&cloud->faults, CLOUD_FAULT_TLS_CUT, cloud_now_ms(cloud));
    if (fault == NULL)
        return false;
    len = fault->text[0] != '\0' ? (size_t)fault->number : CUT_BYTES;
    if (wire->len > len)
        wire->len = len;
    cloud_conn_send_wire(conn, wire);
    cloud->counters.tls_failed++;
    cloud_tls_give_up(conn->tls, "cut by a fault");
    cloud_conn_finish(conn, "fault tls-cut-in-handshake");
    return true;
}

static void tls_say_done(struct cloud_conn *conn)
{
    const struct cloud_tls_facts *facts = cloud_tls_facts(conn->tls);
    struct cloud_bytes name = {0};

    if (facts->resumed)
        conn->cloud->counters.tls_resumed++;
    else
        conn->cloud->counters.tls_full++;
    cloud_bytes_append_escaped(&name, facts->name, strlen(facts->name)); /* it comes from the wire */
    cloud_say(conn->cloud, conn->number,
              "%s, %s, %s handshake with %" PRIu64 " bytes in and %" PRIu64 " out, name %.*s", facts->version,
              facts->cipher, facts->resumed ? "resumed" : "full", facts->handshake_in_bytes,
              facts->handshake_out_bytes, (int)name.len, (const char *)name.data);
    cloud_bytes_free(&name);
}

static void tls_failed(struct cloud_conn *conn)
{
    char why[160];

    conn->cloud->counters.tls_failed++;
    snprintf(why, sizeof why, "TLS failed: %s", cloud_tls_facts(conn->tls)->failure);
    cloud_conn_finish(conn, why);
}

void cloud_conn_tls_end(struct cloud_conn *conn)
{
    struct cloud_bytes wire = {0};

    if (conn->tls == NULL)
        return;
    cloud_tls_end(conn->tls, &wire);
    cloud_conn_send_wire(conn, &wire);
}

void cloud_conn_tls_read(struct cloud_conn *conn, const void *data, size_t len)
{
    size_t waiting = conn->in.len;
    struct cloud_bytes wire = {0};
    enum cloud_tls_result result;
    bool was_done;

    if (conn->tls == NULL && !tls_begin(conn))
        return;
    was_done = cloud_tls_facts(conn->tls)->done;
    result = cloud_tls_feed(conn->tls, data, len, &conn->in, &wire);
    if (tls_cut(conn, &wire))
        return;
    cloud_conn_send_wire(conn, &wire);
    if (!was_done && cloud_tls_facts(conn->tls)->done)
        tls_say_done(conn);
    conn->plain_in_bytes += conn->in.len - waiting;
    if (conn->in.len > waiting)
        cloud_conn_process(conn);
    if (result == CLOUD_TLS_FAILED)
        tls_failed(conn);
    if (result != CLOUD_TLS_ENDED)
        return;
    cloud_conn_tls_end(conn); /* a goodbye is answered */
    cloud_conn_gone(conn, UV_EOF);
}

void cloud_conn_tls_gone(struct cloud_conn *conn)
{
    if (conn->tls == NULL || cloud_tls_facts(conn->tls)->done || cloud_tls_facts(conn->tls)->failed)
        return;
    conn->cloud->counters.tls_failed++;
    cloud_tls_give_up(conn->tls, "the client went away in the handshake");
    cloud_say(conn->cloud, conn->number, "the client went away in the TLS handshake");
}
