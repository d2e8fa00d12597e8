/*
 * Any bytes from the server to a session, before and after its login, with time passing. The first byte of a
 * piece says how long it is and how much time passes after it.
 */
#include "blynkd/base/log.h"
#include "blynkd/base/timer.h"
#include "blynkd/blynk/session.h"
#include "blynkd/net/stream.h"

#include <stdlib.h>

struct world {
    struct sched *sched;
    struct blynk_session *session;
    struct stream stream;
    unsigned waiting;
    unsigned ends;
};

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static size_t fill(void *arg, struct blynk_session *session, struct buf *out, size_t room,
                   size_t max_messages, bool most, uint64_t *mark)
{
    struct world *world = arg;

    (void)most;
    if (!world->waiting || !max_messages || room < 16) {
        return 0;
    }
    require(blynk_frame_encode(out, BLYNK_HARDWARE, blynk_session_next_id(session), "vw\0001\0x", 6) == 0);
    world->waiting--;
    (*mark)++;
    return 1;
}

static bool waiting(void *arg)
{
    return ((struct world *)arg)->waiting > 0;
}

static void confirmed(void *arg, uint64_t mark)
{
    (void)arg;
    (void)mark;
}

static void lost(void *arg)
{
    ((struct world *)arg)->waiting++;
}

static void on_login(void *arg, enum blynk_login result, const char *why, const char *host, uint16_t port)
{
    (void)port;
    require(why && *why);
    require(result != BLYNK_LOGIN_REDIRECT || (host && *host));
    ((struct world *)arg)->ends += result != BLYNK_LOGIN_OK;
}

static void on_write(void *arg, char kind, unsigned pin, const void *value, size_t len)
{
    (void)arg;
    require((kind == 'v' || kind == 'd' || kind == 'a') && pin <= 65535 && value && len <= BLYNK_BODY_MAX);
}

static void on_read(void *arg, char kind, unsigned pin, uint16_t id)
{
    struct world *world = arg;

    (void)kind;
    (void)pin;
    blynk_session_respond(world->session, id, BLYNK_STATUS_ILLEGAL_COMMAND);
}

static void on_mode(void *arg, unsigned pin, const char *mode, size_t len)
{
    (void)arg;
    (void)pin;
    require(mode && len <= BLYNK_BODY_MAX);
}

static void on_internal(void *arg, const struct blynk_frame *frame)
{
    struct world *world = arg;

    require(frame->command == BLYNK_INTERNAL);
    blynk_session_request(world->session, BLYNK_INTERNAL, 0, "rtc\0sync", 8, NULL);
}

static void on_response(void *arg, uint16_t id, unsigned status)
{
    (void)arg;
    require(id != 0 && status <= 65535);
}

static void on_debug_print(void *arg, const char *text, size_t len)
{
    (void)arg;
    require(text && len <= BLYNK_BODY_MAX);
}

static void on_round_trip(void *arg, uint32_t ms)
{
    (void)arg;
    (void)ms;
}

static void on_dead(void *arg, const char *why)
{
    require(why && *why);
    ((struct world *)arg)->ends++;
}

static size_t stream_takes(struct stream *stream, const uint8_t *data, size_t len)
{
    (void)stream;
    (void)data;
    return len > 100 ? 100 : len;
}

static size_t stream_has_room(const struct stream *stream)
{
    (void)stream;
    return 100;
}

static const struct stream_ops stream_ops = {.write = stream_takes, .room = stream_has_room};

static void no_log(void *arg, enum log_level level, const char *part, const char *line)
{
    (void)arg;
    (void)level;
    (void)part;
    (void)line;
}

static void run(struct world *world, const uint8_t *data, size_t size)
{
    static const uint8_t logged_in[] = {0, 0, 1, 0, 200};
    size_t at = 1;

    blynk_session_begin(world->session, &world->stream);
    if (size && data[0] & 1) {
        blynk_session_bytes(world->session, logged_in, sizeof(logged_in));
        require(blynk_session_online(world->session));
    }
    while (at < size) {
        size_t piece = data[at] & 15;
        unsigned pause = data[at] >> 4;
        at++;
        piece = piece < size - at ? piece : size - at;
        blynk_session_bytes(world->session, data + at, piece);
        at += piece;
        world->waiting += pause & 1;
        blynk_session_wake(world->session);
        sched_advance(world->sched, pause * pause * 100);
    }
    require(world->ends <= 1);
    blynk_session_end(world->session);
    require(sched_next_ms(world->sched) == UINT64_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct blynk_session_events events = {
        .on_login = on_login,
        .on_write = on_write,
        .on_read = on_read,
        .on_mode = on_mode,
        .on_internal = on_internal,
        .on_response = on_response,
        .on_debug_print = on_debug_print,
        .on_round_trip = on_round_trip,
        .on_dead = on_dead,
    };
    struct blynk_session_config config = {.token = "0123456789abcdefghijklmnopqrstuv",
                                          .heartbeat_ms = 10000,
                                          .grace_ms = 10000,
                                          .login_ms = 20000,
                                          .rate_per_s = 8,
                                          .burst = 10,
                                          .confirm_messages = 5};
    struct world world = {.sched = sched_create_virtual(1), .stream.ops = &stream_ops};
    struct blynk_source source = {
        .fill = fill, .waiting = waiting, .confirmed = confirmed, .lost = lost, .arg = &world};

    log_set_sink(no_log, NULL);
    world.session = blynk_session_create(world.sched, &config, &source, &events, &world);
    run(&world, data, size);
    blynk_session_destroy(world.session);
    sched_close(world.sched);
    return 0;
}
