/*
 * A server that answers a TLS client with anything, or a real one whose answers are changed on the way: nothing
 * crashes, the stream opens and closes once, and what comes out is what the server said. The first byte chooses; then
 * come edits of three bytes each (how far from the last one, how, with what) and noise.
 */
#include "blynkd/base/buf.h"
#include "blynkd/base/log.h"
#include "blynkd/base/timer.h"
#include "blynkd/net/tls.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME      "a.example"
#define WALL_S    1800000000
#define TURNS_MAX 200

struct world {
    struct sched *sched;
    struct stream carrier;
    struct tls_stream *tls;
    SSL *server; /* NULL: only noise */
    BIO *in;
    BIO *out;
    const uint8_t *edits;
    size_t edits_left;
    size_t until_edit;
    struct task closed;
    size_t room;
    size_t said; /* by the server, all of them 'x' */
    unsigned opens;
    unsigned closes;
};

static SSL_CTX *server_context;
static struct tls_context *client_context;

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* ---- the carrier ---- */

static struct world *world_of(const struct stream *stream)
{
    return (struct world *)((uintptr_t)stream - offsetof(struct world, carrier));
}

static int carrier_open(struct stream *stream, const char *host, uint16_t port)
{
    (void)stream;
    require(strcmp(host, NAME) == 0 && port == 443);
    return 0;
}

static size_t carrier_write(struct stream *stream, const uint8_t *data, size_t len)
{
    struct world *world = world_of(stream);
    size_t taken = len < world->room ? len : world->room;

    if (world->server) {
        BIO_write(world->in, data, (int)taken);
    }
    return taken;
}

static size_t carrier_room(const struct stream *stream)
{
    return world_of(stream)->room;
}

static void carrier_close(struct stream *stream)
{
    task_post(world_of(stream)->sched, &world_of(stream)->closed);
}

static void on_carrier_closed(void *arg)
{
    struct world *world = arg;

    world->carrier.events.on_closed(world->carrier.arg, STREAM_FAULT_NONE, "closed as asked");
}

static const struct stream_ops ops = {
    .open = carrier_open, .write = carrier_write, .room = carrier_room, .close = carrier_close};

/* ---- the user ---- */

static void on_handshake(void *arg)
{
    (void)arg;
}

static void on_count(void *arg, size_t bytes)
{
    (void)arg;
    require(bytes > 0);
}

static enum tls_clock clock_now(void *arg, int64_t *wall_ms)
{
    (void)arg;
    *wall_ms = INT64_C(1000) * WALL_S;
    return TLS_CLOCK_KNOWN;
}

static void on_session(void *arg, const char *name, const uint8_t *bytes, size_t len)
{
    (void)arg;
    require(strcmp(name, NAME) == 0 && bytes && len <= TLS_SESSION_MAX);
}

/* Whatever was kept: here, the edits themselves. */
static size_t take_session(void *arg, const char *name, uint8_t bytes[TLS_SESSION_MAX])
{
    const struct world *world = arg;
    size_t len = world->edits_left < TLS_SESSION_MAX ? world->edits_left : TLS_SESSION_MAX;

    (void)name;
    if (len) {
        memcpy(bytes, world->edits, len);
    }
    return len;
}

static void on_open(void *arg)
{
    struct world *world = arg;

    require(world->server && world->opens++ == 0 && world->closes == 0);
    stream_write(tls_stream_stream(world->tls), (const uint8_t *)"hello", 5);
}

static void on_bytes(void *arg, const uint8_t *data, size_t len)
{
    struct world *world = arg;

    require(world->opens == 1 && world->closes == 0 && len <= world->said);
    world->said -= len;
    for (size_t i = 0; i < len; i++) {
        require(data[i] == 'x');
    }
}

static void on_room(void *arg)
{
    require(((struct world *)arg)->opens == 1);
}

static void on_closed(void *arg, enum stream_fault fault, const char *why)
{
    require(*why && strlen(why) < TLS_WHY_MAX && *stream_fault_name(fault));
    ((struct world *)arg)->closes++;
}

/* ---- the server ---- */

static void hand_over(struct world *world, const uint8_t *data, size_t len)
{
    if (len && !world->closes) {
        uint8_t *copy = malloc(len);
        memcpy(copy, data, len);
        world->carrier.events.on_bytes(world->carrier.arg, copy, len);
        free(copy);
    }
    sched_settle(world->sched);
}

static size_t edit(struct world *world, uint8_t *byte)
{
    if (world->edits_left < 3 || world->until_edit-- > 0) {
        return 1;
    }
    uint8_t how = world->edits[1];
    uint8_t with = world->edits[2];
    world->edits += 3;
    world->edits_left -= 3;
    world->until_edit = world->edits_left ? (size_t)world->edits[0] * (with & 1 ? 1 : 8) : 0;
    switch (how & 3) {
    case 0:
        return 0;
    case 1:
        *byte = with;
        return 1;
    default:
        *byte ^= with;
        return 1;
    }
}

static void let_server_speak(struct world *world)
{
    uint8_t bytes[512];
    char heard[64];
    int len;

    if (SSL_is_init_finished(world->server) || SSL_do_handshake(world->server) == 1) {
        while (SSL_read(world->server, heard, sizeof(heard)) > 0) {
            if (SSL_write(world->server, "xxxxxxxx", 8) == 8) {
                world->said += 8;
            }
        }
    }
    ERR_clear_error();
    while ((len = BIO_read(world->out, bytes, sizeof(bytes))) > 0) {
        size_t kept = 0;
        for (int i = 0; i < len; i++) {
            bytes[kept] = bytes[i];
            kept += edit(world, &bytes[kept]);
        }
        hand_over(world, bytes, kept);
    }
}

static void talk(struct world *world)
{
    for (int i = 0; i < TURNS_MAX && !world->closes && BIO_ctrl_pending(world->in); i++) {
        let_server_speak(world);
        if (!world->closes) {
            world->carrier.events.on_room(world->carrier.arg);
        }
    }
}

static void make_noise(struct world *world)
{
    while (world->edits_left && !world->closes) {
        size_t len = 1 + world->edits[0] % 64;
        len = len < world->edits_left ? len : world->edits_left;
        hand_over(world, world->edits, len);
        world->edits += len;
        world->edits_left -= len;
    }
}

/* ---- once ---- */

static X509 *make_certificate(EVP_PKEY *key)
{
    X509 *certificate = X509_new();

    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    ASN1_TIME_set(X509_getm_notBefore(certificate), WALL_S - 1000);
    ASN1_TIME_set(X509_getm_notAfter(certificate), WALL_S + 1000);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                               (const unsigned char *)NAME, -1, -1, 0);
    X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
    X509_set_pubkey(certificate, key);
    X509_sign(certificate, key, EVP_sha256());
    return certificate;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    char path[] = "/tmp/fuzz-tls-XXXXXX";
    char why[TLS_WHY_MAX];
    struct tls_config config = {.wall_ms = 0};
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = make_certificate(key);
    FILE *file = fdopen(mkstemp(path), "w");

    (void)argc;
    (void)argv;
    PEM_write_X509(file, certificate);
    fclose(file);
    server_context = SSL_CTX_new(TLS_server_method());
    require(SSL_CTX_use_certificate(server_context, certificate) &&
            SSL_CTX_use_PrivateKey(server_context, key));
    X509_free(certificate);
    EVP_PKEY_free(key);
    snprintf(config.ca_file, sizeof(config.ca_file), "%s", path);
    client_context = tls_context_create(&config, why);
    unlink(path);
    require(client_context);
    return 0;
}

static void start_server(struct world *world, uint8_t how)
{
    if (how & 1) {
        return;
    }
    world->server = SSL_new(server_context);
    world->in = BIO_new(BIO_s_mem());
    world->out = BIO_new(BIO_s_mem());
    SSL_set_bio(world->server, world->in, world->out);
    SSL_set_accept_state(world->server);
    SSL_set_max_proto_version(world->server, how & 2 ? TLS1_2_VERSION : TLS1_3_VERSION);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct tls_events events = {on_handshake, on_count,   on_count,
                                             clock_now,    on_session, take_session};
    static const struct stream_events user = {on_open, on_bytes, on_room, on_closed};
    struct world world = {.sched = sched_create_virtual(1), .carrier.ops = &ops};
    uint8_t how = size ? data[0] : 0;

    world.edits = data + (size > 0);
    world.edits_left = size ? size - 1 : 0;
    world.until_edit = world.edits_left ? world.edits[0] : 0;
    world.room = how & 4 ? 30 : 4096;
    task_init(&world.closed, on_carrier_closed, &world);
    start_server(&world, how);
    world.tls = tls_stream_create(world.sched, &world.carrier, &events, &world);
    struct stream *stream = tls_stream_stream(world.tls);
    stream->events = user;
    stream->arg = &world;
    tls_stream_use(world.tls, client_context, "");
    require(stream_open(stream, NAME, 443) == 0);
    world.carrier.events.on_open(world.carrier.arg);
    if (world.server) {
        talk(&world);
        require(size > 1 || (world.opens == 1 && world.said == 0)); /* nothing was changed */
    }
    make_noise(&world);
    stream_close(stream);
    sched_advance(world.sched, 5000);
    require(world.closes == 1);
    tls_stream_destroy(world.tls);
    SSL_free(world.server);
    sched_close(world.sched);
    return 0;
}
