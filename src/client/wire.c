#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define READ_BYTES 16384

uint64_t wire_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void wire_init(struct wire *wire)
{
    *wire = (struct wire){.fd = -1};
}

void wire_close(struct wire *wire)
{
    if (wire->reader) {
        redisReaderFree(wire->reader);
    }
    if (wire->fd >= 0) {
        close(wire->fd);
    }
    wire_init(wire);
}

static uint64_t left_ms(uint64_t deadline_ms)
{
    uint64_t now_ms = wire_now_ms();

    return deadline_ms > now_ms ? deadline_ms - now_ms : 0;
}

/* 0, -ETIMEDOUT, or -EINTR. Looks once even when the time is over. */
static int wait_for(int fd, short events, uint64_t deadline_ms)
{
    struct pollfd pollfd = {.fd = fd, .events = events};
    uint64_t wait_ms = left_ms(deadline_ms);
    int count = poll(&pollfd, 1, wait_ms > INT32_MAX ? INT32_MAX : (int)wait_ms);

    return count > 0 ? 0 : count == 0 ? -ETIMEDOUT : -errno;
}

/* ---- an answer's size ---- */

/* hiredis 1.0 has a limit of its own; before, an array had the memory that its first line asked for. */
#if HIREDIS_MAJOR >= 1
static void bound_arrays(struct wire *wire)
{
    wire->reader->maxelements = WIRE_ARRAY_MAX;
}
#else
static void *create_bounded_array(const redisReadTask *task, int elements)
{
    const struct wire *wire = task->privdata;

    return elements > WIRE_ARRAY_MAX ? NULL : wire->usual.createArray(task, elements);
}

static void bound_arrays(struct wire *wire)
{
    wire->usual = wire->functions = *wire->reader->fn;
    wire->functions.createArray = create_bounded_array;
    wire->reader->fn = &wire->functions;
    wire->reader->privdata = wire;
}
#endif

/* ---- connecting ---- */

/* A Unix socket connects at once or, when the queue of the listener is full, after a wait that SO_SNDTIMEO limits. */
static int connect_in_time(int fd, const char *path, uint64_t deadline_ms)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    uint64_t wait_ms = left_ms(deadline_ms) + 1; /* 0 would mean for ever */
    struct timeval timeout = {.tv_sec = (time_t)(wait_ms / 1000),
                              .tv_usec = (suseconds_t)(wait_ms % 1000) * 1000};
    size_t len = strlen(path);

    if (len == 0 || len >= sizeof(address.sun_path)) {
        return -ENAMETOOLONG;
    }
    memcpy(address.sun_path, path, len);
    if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout))) {
        return -errno;
    }
    while (connect(fd, (const struct sockaddr *)&address, sizeof(address))) {
        if (errno != EINTR || left_ms(deadline_ms) == 0) {
            return errno == EAGAIN || errno == EINTR ? -ETIMEDOUT : -errno;
        }
    }
    return fcntl(fd, F_SETFL, O_NONBLOCK) ? -errno : 0;
}

int wire_open(struct wire *wire, const char *path, uint64_t deadline_ms)
{
    int result;

    wire_init(wire);
    wire->reader = redisReaderCreate();
    if (!wire->reader) {
        return -ENOMEM;
    }
    bound_arrays(wire);
    wire->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    result = wire->fd < 0 ? -errno : connect_in_time(wire->fd, path, deadline_ms);
    if (result) {
        wire_close(wire);
    }
    return result;
}

/* ---- out and in ---- */

static int send_all(int fd, const char *bytes, size_t len, uint64_t deadline_ms)
{
    while (len) {
        ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);
        if (sent >= 0) {
            bytes += sent;
            len -= (size_t)sent;
            continue;
        }
        if (errno != EAGAIN && errno != EINTR) {
            return -ECONNRESET;
        }
        int result = wait_for(fd, POLLOUT, deadline_ms);
        if (result && result != -EINTR) {
            return result;
        }
    }
    return 0;
}

int wire_send(struct wire *wire, int count, const char *const *words, const size_t *lengths,
              uint64_t deadline_ms)
{
    char *text = NULL;
    int len = (int)redisFormatCommandArgv(&text, count, (const char **)words, lengths);
    int result;

    if (len < 0 || !text) {
        return -ENOMEM;
    }
    result = send_all(wire->fd, text, (size_t)len, deadline_ms);
    redisFreeCommand(text);
    return result;
}

/* 0: something was read, or there was nothing to read after all. */
static int feed(struct wire *wire)
{
    char bytes[READ_BYTES];
    ssize_t len = recv(wire->fd, bytes, sizeof(bytes), 0);

    if (len < 0) {
        return errno == EAGAIN || errno == EINTR ? 0 : -ECONNRESET;
    }
    if (len == 0) {
        return -ECONNRESET;
    }
    wire->fed_bytes += (size_t)len;
    if (wire->fed_bytes > WIRE_REPLY_MAX_BYTES) {
        return -EPROTO;
    }
    return redisReaderFeed(wire->reader, bytes, (size_t)len) == REDIS_OK ? 0 : -ENOMEM;
}

int wire_receive(struct wire *wire, uint64_t deadline_ms, bool interruptible, redisReply **reply)
{
    for (;;) {
        void *found = NULL;
        if (redisReaderGetReply(wire->reader, &found) != REDIS_OK) {
            return -EPROTO;
        }
        if (found) {
            wire->fed_bytes = 0;
            *reply = found;
            return 0;
        }
        int result = wait_for(wire->fd, POLLIN, deadline_ms);
        if (result == 0) {
            result = feed(wire);
        }
        if (result && (result != -EINTR || interruptible)) {
            return result;
        }
    }
}
