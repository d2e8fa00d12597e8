/*
 * The host's TCP stream against local listeners. This program answers name look-ups itself, so that no name server
 * is asked and a host can have any addresses.
 */
#include "blynkd/net/tcp.h"
#include "loop_turn.h"
#include "net/addresses.h"
#include "net/tcp_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#define MANY_BYTES 300000

/* ---- names ---- */

static uv_sem_t slow_name; /* "slow" is answered when somebody posts here */

/* A list of addresses from a text of the form "127.0.0.1 ::1". */
static struct addrinfo *make_addresses(const char *text, uint16_t port)
{
    struct addrinfo *list = NULL;
    struct addrinfo **end = &list;
    char copy[256];
    char *rest;

    snprintf(copy, sizeof(copy), "%s", text);
    for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        struct addrinfo *one = calloc(1, sizeof(*one) + sizeof(struct sockaddr_in6));
        void *address = one + 1;
        one->ai_addr = address;
        one->ai_family = strchr(word, ':') ? AF_INET6 : AF_INET;
        if (one->ai_family == AF_INET6) {
            uv_ip6_addr(word, port, address);
        } else {
            uv_ip4_addr(word, port, address);
        }
        *end = one;
        end = &one->ai_next;
    }
    return list;
}

int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
    static const char *const names[][2] = {
        {"one", "127.0.0.1"},           {"second-works", "127.0.0.2 127.0.0.1"},
        {"six-first", "::1 127.0.0.1"}, {"none-works", "127.0.0.2 127.0.0.3"},
        {"slow", "127.0.0.1"},          {"empty", ""},
    };

    assert_true(hints->ai_flags & AI_NUMERICSERV);
    assert_int_equal(hints->ai_socktype, SOCK_STREAM);
    if (strcmp(host, "slow") == 0) {
        uv_sem_wait(&slow_name);
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(host, names[i][0]) == 0) {
            *found = make_addresses(names[i][1], (uint16_t)atoi(service));
            return 0;
        }
    }
    return EAI_NONAME;
}

void freeaddrinfo(struct addrinfo *list)
{
    while (list) {
        struct addrinfo *next = list->ai_next;
        free(list);
        list = next;
    }
}

/* ---- the bench ---- */

struct bench {
    uv_loop_t loop;
    uv_timer_t tick;
    struct stream *stream;
    int listener;
    int peer; /* the server's end */
    uint16_t port;
    int opens;
    int rooms;
    int closes;
    enum stream_fault fault;
    char why[200];
    uint8_t bytes[MANY_BYTES];
    size_t len;
    bool in_call;
    void (*on_event)(struct bench *bench);
};

static void after_event(struct bench *bench)
{
    if (bench->on_event) {
        bench->on_event(bench);
    }
}

static void on_open(void *arg)
{
    struct bench *bench = arg;

    assert_false(bench->in_call);
    assert_int_equal(bench->closes, 0);
    bench->opens++;
    after_event(bench);
}

static void on_bytes(void *arg, const uint8_t *data, size_t len)
{
    struct bench *bench = arg;

    assert_false(bench->in_call);
    assert_true(bench->len + len <= sizeof(bench->bytes));
    memcpy(bench->bytes + bench->len, data, len);
    bench->len += len;
    after_event(bench);
}

static void on_room(void *arg)
{
    struct bench *bench = arg;

    assert_false(bench->in_call);
    assert_true(stream_room(bench->stream) > 0);
    bench->rooms++;
}

static void on_closed(void *arg, enum stream_fault fault, const char *why)
{
    struct bench *bench = arg;

    assert_false(bench->in_call);
    bench->closes++;
    bench->fault = fault;
    snprintf(bench->why, sizeof(bench->why), "%s", why);
    assert_int_equal(stream_room(bench->stream), 0);
    after_event(bench);
}

static int listen_on(int family, uint16_t *port, int backlog)
{
    struct sockaddr_storage address = {.ss_family = (sa_family_t)family};
    socklen_t len = family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (family == AF_INET6) {
        uv_ip6_addr("::1", *port, (struct sockaddr_in6 *)&address);
    } else {
        uv_ip4_addr("127.0.0.1", *port, (struct sockaddr_in *)&address);
    }
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) != 0 || listen(fd, backlog) != 0) {
        close(fd);
        return -1;
    }
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    /* The port is at the same place in both families' addresses. */
    *port = ntohs(((struct sockaddr_in *)&address)->sin_port);
    return fd;
}

static void make_stream(struct bench *bench)
{
    bench->stream = tcp_stream_create(&bench->loop);
    assert_non_null(bench->stream);
    bench->stream->events.on_open = on_open;
    bench->stream->events.on_bytes = on_bytes;
    bench->stream->events.on_room = on_room;
    bench->stream->events.on_closed = on_closed;
    bench->stream->arg = bench;
}

static int bench_up(void **state)
{
    static struct bench bench;

    memset(&bench, 0, sizeof(bench));
    loop_turn_begin(&bench.loop, &bench.tick);
    assert_int_equal(uv_sem_init(&slow_name, 0), 0);
    bench.listener = listen_on(AF_INET, &bench.port, 16);
    assert_true(bench.listener >= 0);
    bench.peer = -1;
    make_stream(&bench);
    *state = &bench;
    return 0;
}

static int bench_down(void **state)
{
    struct bench *bench = *state;

    if (bench->stream) {
        tcp_stream_destroy(bench->stream);
    }
    loop_turn_end(&bench->loop, &bench->tick);
    uv_sem_destroy(&slow_name);
    close(bench->listener);
    if (bench->peer >= 0) {
        close(bench->peer);
    }
    return 0;
}

static int bench_open(struct bench *bench, const char *host)
{
    bench->in_call = true;
    int error = stream_open(bench->stream, host, bench->port);
    bench->in_call = false;
    return error;
}

static size_t bench_write(struct bench *bench, const void *data, size_t len)
{
    bench->in_call = true;
    size_t taken = stream_write(bench->stream, data, len);
    bench->in_call = false;
    return taken;
}

static void bench_close(struct bench *bench)
{
    bench->in_call = true;
    stream_close(bench->stream);
    bench->in_call = false;
}

static void connect_to(struct bench *bench, const char *host)
{
    assert_int_equal(bench_open(bench, host), 0);
    loop_turn_until(&bench->loop, bench->opens == 1 || bench->closes);
    assert_int_equal(bench->closes, 0);
    bench->peer = accept4(bench->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    assert_true(bench->peer >= 0);
}

static void assert_closed(struct bench *bench, enum stream_fault fault, const char *words)
{
    loop_turn_until(&bench->loop, bench->closes > 0);
    loop_turn_settle(&bench->loop);
    assert_int_equal(bench->closes, 1);
    assert_int_equal(bench->fault, fault);
    assert_non_null(strstr(bench->why, words));
}

/* ---- tests ---- */

static void test_both_ways(void **state)
{
    struct bench *bench = *state;
    char text[8];

    connect_to(bench, "one");
    assert_int_equal(stream_room(bench->stream), 4096);
    assert_int_equal(bench_write(bench, "hello", 5), 5);
    loop_turn_until(&bench->loop, recv(bench->peer, text, sizeof(text), MSG_PEEK) == 5);
    assert_memory_equal(text, "hello", 5);
    assert_int_equal(send(bench->peer, "\0world", 6, 0), 6);
    loop_turn_until(&bench->loop, bench->len == 6);
    assert_memory_equal(bench->bytes, "\0world", 6);
    bench_close(bench);
    bench_close(bench);
    assert_int_equal(bench->closes, 0);
    assert_closed(bench, STREAM_FAULT_NONE, "closed as asked");
    assert_int_equal(bench->rooms, 0);
}

static void test_many_bytes_in(void **state)
{
    struct bench *bench = *state;
    static uint8_t sent[MANY_BYTES];
    size_t len = 0;

    for (size_t i = 0; i < sizeof(sent); i++) {
        sent[i] = (uint8_t)(i * 7 >> 3);
    }
    connect_to(bench, "one");
    while (len < sizeof(sent)) {
        ssize_t more = send(bench->peer, sent + len, sizeof(sent) - len, 0);
        len += more > 0 ? (size_t)more : 0;
        uv_run(&bench->loop, UV_RUN_NOWAIT);
    }
    loop_turn_until(&bench->loop, bench->len == sizeof(sent));
    assert_memory_equal(bench->bytes, sent, sizeof(sent));
}

/* The server does not read: room goes to 0; later every accepted byte arrives, in order. */
static void test_back_pressure(void **state)
{
    struct bench *bench = *state;
    static uint8_t piece[4096];
    static uint8_t received[65536];
    const int small = 4096;
    size_t sent = 0;
    size_t got = 0;
    uint64_t give_up_ns = uv_hrtime() + LOOP_TURN_DEADLINE_MS * UINT64_C(1000000);

    setsockopt(bench->listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    connect_to(bench, "one");
    for (int quiet = 0; quiet < 20;) {
        assert_true(uv_hrtime() < give_up_ns);
        size_t room = stream_room(bench->stream);
        assert_true(room <= 4096);
        for (size_t i = 0; i < sizeof(piece); i++) {
            piece[i] = (uint8_t)((sent + i) * 13 >> 4);
        }
        size_t taken = bench_write(bench, piece, sizeof(piece));
        assert_int_equal(taken, room);
        sent += taken;
        quiet = taken ? 0 : quiet + 1;
        uv_run(&bench->loop, UV_RUN_ONCE);
    }
    assert_int_equal(stream_room(bench->stream), 0);
    bench->rooms = 0;
    while (got < sent && uv_hrtime() < give_up_ns) {
        ssize_t more = recv(bench->peer, received, sizeof(received), 0);
        for (ssize_t i = 0; i < more; i++, got++) {
            assert_int_equal(received[i], (uint8_t)(got * 13 >> 4));
        }
        uv_run(&bench->loop, UV_RUN_NOWAIT);
    }
    assert_int_equal(got, sent);
    loop_turn_until(&bench->loop, bench->rooms > 0);
    loop_turn_until(&bench->loop, stream_room(bench->stream) == 4096);
}

static void test_peer_closes(void **state)
{
    struct bench *bench = *state;

    connect_to(bench, "one");
    assert_int_equal(send(bench->peer, "bye", 3, 0), 3);
    close(bench->peer);
    bench->peer = -1;
    assert_closed(bench, STREAM_FAULT_PEER, "closed the connection");
    assert_int_equal(bench->len, 3);
    assert_int_equal(bench_write(bench, "x", 1), 0);
    bench_close(bench);
    loop_turn_settle(&bench->loop);
    assert_int_equal(bench->closes, 1);
}

static void reset_peer(struct bench *bench)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};

    assert_int_equal(setsockopt(bench->peer, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
    close(bench->peer);
    bench->peer = -1;
}

static void test_peer_resets(void **state)
{
    struct bench *bench = *state;

    connect_to(bench, "one");
    reset_peer(bench);
    assert_closed(bench, STREAM_FAULT_PEER, "broke the connection off");
}

/* Writing into a connection that is gone is an error and neither a signal nor an event inside the call. */
static void test_write_after_reset(void **state)
{
    struct bench *bench = *state;

    connect_to(bench, "one");
    reset_peer(bench);
    bench_write(bench, "x", 1);
    bench_write(bench, "x", 1);
    assert_int_equal(bench->closes, 0);
    assert_int_equal(stream_room(bench->stream), 0);
    loop_turn_until(&bench->loop, bench->closes > 0);
    loop_turn_settle(&bench->loop);
    assert_int_equal(bench->closes, 1);
    assert_int_equal(bench->fault, STREAM_FAULT_SEND);
}

static void test_refused(void **state)
{
    struct bench *bench = *state;

    close(bench->listener);
    bench->listener = -1;
    assert_int_equal(bench_open(bench, "one"), 0);
    assert_closed(bench, STREAM_FAULT_CONNECT, "not reached: 127.0.0.1 connection refused");
    assert_string_equal(stream_peer(bench->stream), "");
    assert_non_null(strstr(bench->why, "one:"));
    assert_int_equal(bench->opens, 0);
}

static void test_every_address_is_tried(void **state)
{
    struct bench *bench = *state;

    connect_to(bench, "second-works");
    assert_string_equal(stream_peer(bench->stream), "127.0.0.1");
    bench_close(bench);
    assert_closed(bench, STREAM_FAULT_NONE, "");
    bench->closes = 0;
    assert_int_equal(bench_open(bench, "none-works"), 0);
    assert_closed(bench, STREAM_FAULT_CONNECT,
                  "not reached: 127.0.0.2 connection refused, 127.0.0.3 connection refused");
    bench->closes = 0;
    bench->opens = 0;
    close(bench->peer);
    connect_to(bench, "six-first"); /* nobody listens on ::1 */
}

static void test_ipv6(void **state)
{
    struct bench *bench = *state;

    close(bench->listener);
    bench->port = 0;
    bench->listener = listen_on(AF_INET6, &bench->port, 16);
    if (bench->listener < 0) {
        skip();
    }
    connect_to(bench, "six-first");
    assert_string_equal(stream_peer(bench->stream), "::1");
}

static void test_no_such_name(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(bench_open(bench, "nobody"), 0);
    assert_closed(bench, STREAM_FAULT_NAME, "nobody:");
    assert_non_null(strstr(bench->why, "has no address"));
    bench->closes = 0;
    assert_int_equal(bench_open(bench, "empty"), 0);
    assert_closed(bench, STREAM_FAULT_CONNECT, "not reached");
}

/* The pool's thread is inside the look-up and cannot be stopped; the user must not wait for it. */
static void test_close_while_resolving(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(bench_open(bench, "slow"), 0);
    loop_turn_settle(&bench->loop);
    assert_int_equal(bench_open(bench, "one"), -EALREADY);
    bench_close(bench);
    assert_int_equal(bench_open(bench, "one"), -EALREADY);
    assert_closed(bench, STREAM_FAULT_NONE, "closed as asked");
    /* Open again while the old look-up is still there; its answer must not be taken for the new one's. */
    bench->closes = 0;
    connect_to(bench, "one");
    uv_sem_post(&slow_name);
    loop_turn_settle(&bench->loop);
    assert_int_equal(bench->opens, 1);
    assert_int_equal(bench->closes, 0);
}

static void test_destroy_while_resolving(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(bench_open(bench, "slow"), 0);
    loop_turn_settle(&bench->loop);
    tcp_stream_destroy(bench->stream);
    bench->stream = NULL;
    loop_turn_settle(&bench->loop);
    uv_sem_post(&slow_name);
    loop_turn_settle(&bench->loop);
    assert_int_equal(bench->closes, 0);
}

static void test_lookup_deadline(void **state)
{
    struct bench *bench = *state;

    tcp_stream_set_deadlines(bench->stream, 30, 1000);
    assert_int_equal(bench_open(bench, "slow"), 0);
    assert_closed(bench, STREAM_FAULT_NAME, "no answer from the name server");
    uv_sem_post(&slow_name);
    loop_turn_settle(&bench->loop);
    assert_int_equal(bench->closes, 1);
}

/* A listener whose queue is full lets the next caller wait for ever. */
static void fill_queue(struct bench *bench, int callers[4])
{
    struct sockaddr_in address;

    close(bench->listener);
    bench->port = 0;
    bench->listener = listen_on(AF_INET, &bench->port, 0);
    uv_ip4_addr("127.0.0.1", bench->port, &address);
    for (int i = 0; i < 4; i++) {
        callers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        connect(callers[i], (struct sockaddr *)&address, sizeof(address));
    }
}

static void test_connect_deadline(void **state)
{
    struct bench *bench = *state;
    int callers[4];

    fill_queue(bench, callers);
    tcp_stream_set_deadlines(bench->stream, 1000, 50);
    uint64_t start_ns = uv_hrtime();
    assert_int_equal(bench_open(bench, "one"), 0);
    assert_closed(bench, STREAM_FAULT_CONNECT, "timed out");
    assert_true(uv_hrtime() - start_ns >= UINT64_C(45000000));
    for (int i = 0; i < 4; i++) {
        close(callers[i]);
    }
}

static void test_close_while_connecting(void **state)
{
    struct bench *bench = *state;
    int callers[4];

    fill_queue(bench, callers);
    assert_int_equal(bench_open(bench, "one"), 0);
    loop_turn_settle(&bench->loop);
    assert_int_equal(bench->opens + bench->closes, 0);
    bench_close(bench);
    assert_closed(bench, STREAM_FAULT_NONE, "closed as asked");
    for (int i = 0; i < 4; i++) {
        close(callers[i]);
    }
}

static void close_in_event(struct bench *bench)
{
    stream_close(bench->stream);
}

static void test_close_inside_event(void **state)
{
    struct bench *bench = *state;

    bench->on_event = close_in_event;
    assert_int_equal(bench_open(bench, "one"), 0);
    assert_closed(bench, STREAM_FAULT_NONE, "closed as asked");
    assert_int_equal(bench->opens, 1);
}

static void open_once_more(struct bench *bench)
{
    if (bench->closes == 1) {
        bench->on_event = NULL;
        assert_int_equal(stream_open(bench->stream, "nobody", bench->port), 0);
    }
}

static void test_open_inside_closed(void **state)
{
    struct bench *bench = *state;

    bench->on_event = open_once_more;
    assert_int_equal(bench_open(bench, "none-works"), 0);
    loop_turn_until(&bench->loop, bench->closes == 2);
    assert_int_equal(bench->fault, STREAM_FAULT_NAME);
}

static void destroy_in_event(struct bench *bench)
{
    tcp_stream_destroy(bench->stream);
    bench->stream = NULL;
}

static void test_destroy_inside_event(void **state)
{
    struct bench *bench = *state;

    bench->on_event = destroy_in_event;
    assert_int_equal(bench_open(bench, "nobody"), 0);
    loop_turn_until(&bench->loop, bench->closes == 1);
    loop_turn_settle(&bench->loop);
    make_stream(bench);
    bench->closes = 0;
    bench->on_event = NULL;
    connect_to(bench, "one");
    bench->on_event = destroy_in_event;
    assert_int_equal(send(bench->peer, "x", 1, 0), 1);
    loop_turn_until(&bench->loop, bench->len == 1);
    loop_turn_settle(&bench->loop);
    assert_int_equal(bench->closes, 0);
}

static void test_unusable(void **state)
{
    struct bench *bench = *state;
    char long_host[300];

    memset(long_host, 'a', sizeof(long_host) - 1);
    long_host[sizeof(long_host) - 1] = '\0';
    assert_int_equal(stream_open(bench->stream, "", 80), -EINVAL);
    assert_int_equal(stream_open(bench->stream, "one", 0), -EINVAL);
    assert_int_equal(stream_open(bench->stream, long_host, 80), -EINVAL);
    loop_turn_settle(&bench->loop);
    assert_int_equal(bench->opens + bench->closes, 0);
    assert_int_equal(stream_room(bench->stream), 0);
    bench_close(bench);
    loop_turn_settle(&bench->loop);
    assert_int_equal(bench->closes, 0);
}

static void assert_order(const char *found_text, const char *expected)
{
    struct addrinfo *found = make_addresses(found_text, 80);
    const struct addrinfo *order[ADDRESSES_MAX];
    size_t count = addresses_interleave(found, order);
    char text[1024] = "";
    char one[64];

    assert_true(count <= ADDRESSES_MAX);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(uv_ip_name(order[i]->ai_addr, one, sizeof(one)), 0);
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? " " : "", one);
    }
    assert_string_equal(text, expected);
    freeaddrinfo(found);
}

static void test_order(void **state)
{
    (void)state;
    assert_order("", "");
    assert_order("1.1.1.1", "1.1.1.1");
    assert_order("1.1.1.1 1.1.1.2 1.1.1.3", "1.1.1.1 1.1.1.2 1.1.1.3");
    assert_order("::1 ::2 ::3 1.1.1.1", "::1 1.1.1.1 ::2 ::3");
    assert_order("1.1.1.1 1.1.1.2 ::1 ::2 ::3", "1.1.1.1 ::1 1.1.1.2 ::2 ::3");
    assert_order("::1 1.1.1.1 1.1.1.2 1.1.1.3", "::1 1.1.1.1 1.1.1.2 1.1.1.3");
    assert_order(
        "::1 ::2 ::3 ::4 ::5 ::6 ::7 ::8 ::9 ::a 1.1.1.1 1.1.1.2 1.1.1.3 1.1.1.4 1.1.1.5 1.1.1.6 1.1.1.7",
        "::1 1.1.1.1 ::2 1.1.1.2 ::3 1.1.1.3 ::4 1.1.1.4 ::5 1.1.1.5 ::6 1.1.1.6 ::7 1.1.1.7 ::8 ::9");
}

static void test_fault_names(void **state)
{
    (void)state;
    assert_string_equal(stream_fault_name(STREAM_FAULT_NONE), "closed as asked");
    assert_string_equal(stream_fault_name(STREAM_FAULT_MODEM), "modem failed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_both_ways, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(test_many_bytes_in, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(test_back_pressure, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(test_peer_closes, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(test_peer_resets, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(test_write_after_reset, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(test_refused, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(test_every_address_is_tried, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(test_ipv6, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(test_no_such_name, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(test_close_while_resolving, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(test_destroy_while_resolving, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(test_lookup_deadline, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(test_connect_deadline, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(test_close_while_connecting, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(test_close_inside_event, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(test_open_inside_closed, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(test_destroy_inside_event, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(test_unusable, bench_up, bench_down),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_fault_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
