#include "talk.h"

#include "say.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#define WORDS_MAX        32
#define ANSWER_MAX_BYTES 8388608u /* the daemon's own bound for replies is an eighth of this */
#define ARRAY_MAX        65536
#define NO_DEADLINE      UINT64_MAX

/* ---- an answer's size ---------------------------------------------------------------------------------- */

/* hiredis 1.0 has a limit of its own; before, an array had the memory that its first line asked for. */
#if HIREDIS_MAJOR >= 1
static void bound_arrays(redisReader *reader)
{
    reader->maxelements = ARRAY_MAX;
}
#else
static redisReplyObjectFunctions usual, bounded; /* how hiredis makes replies, and so within the bound */

static void *create_bounded_array(const redisReadTask *task, int elements)
{
    return elements > ARRAY_MAX ? NULL : usual.createArray(task, elements);
}

static void bound_arrays(redisReader *reader)
{
    if (reader->fn != &bounded) {
        usual = bounded = *reader->fn;
        bounded.createArray = create_bounded_array;
        reader->fn = &bounded;
    }
}
#endif

static struct timeval to_timeval(uint32_t timeout_ms)
{
    return (struct timeval){.tv_sec = (time_t)(timeout_ms / 1000),
                            .tv_usec = (suseconds_t)(timeout_ms % 1000) * 1000};
}

/* ---- reaching the daemon ------------------------------------------------------------------------------- */

static enum ctl_exit tell_unreachable(const struct ctl *ctl, int error)
{
    const char *path = ctl->socket_path;

    switch (error) {
    case ENOENT:
        say_error("there is no socket at %s: the daemon does not run, or listens elsewhere", path);
        say_hint("systemctl start blynkd; `journalctl -u blynkd` says why it does not stay up; "
                 "--socket PATH if [socket] path is another");
        return CTL_UNREACHABLE;
    case ECONNREFUSED:
        say_error("nobody listens at %s: the daemon has ended", path);
        say_hint("systemctl start blynkd; `journalctl -u blynkd` says why it ended");
        return CTL_UNREACHABLE;
    case EACCES:
    case EPERM:
        say_error("you may not open %s", path);
        say_hint("sudo adduser $USER blynkd, then log in again; or use sudo");
        return CTL_NOT_ALLOWED;
    case ETIMEDOUT:
    case EAGAIN:
        say_error("the daemon at %s does not answer", path);
        return CTL_TIMED_OUT;
    default:
        say_error("%s: %s", path, strerror(error));
        return CTL_UNREACHABLE;
    }
}

enum ctl_exit talk_open(struct ctl *ctl)
{
    int error;

    if (ctl->redis) {
        return CTL_OK;
    }
    errno = 0;
    ctl->redis = redisConnectUnixWithTimeout(ctl->socket_path, to_timeval(ctl->timeout_ms));
    if (!ctl->redis) {
        say_error("out of memory");
        return CTL_OUT_OF_MEMORY;
    }
    if (ctl->redis->err) {
        error = ctl->redis->err == REDIS_ERR_IO && errno ? errno : ENOENT;
        talk_close(ctl);
        return tell_unreachable(ctl, error);
    }
    bound_arrays(ctl->redis->reader);
    talk_set_timeout(ctl, ctl->timeout_ms);
    return CTL_OK;
}

void talk_close(struct ctl *ctl)
{
    if (ctl->redis) {
        redisFree(ctl->redis);
        ctl->redis = NULL;
    }
}

void talk_set_timeout(struct ctl *ctl, uint32_t timeout_ms)
{
    if (ctl->redis) {
        redisSetTimeout(ctl->redis, to_timeval(timeout_ms));
        ctl->answer_timeout_ms = timeout_ms;
    }
}

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* The connection is of no use any more: hiredis allows nothing after an error. */
static enum ctl_exit tell_broken(struct ctl *ctl)
{
    bool late = ctl->redis->err == REDIS_ERR_IO && (errno == EAGAIN || errno == ETIMEDOUT);
    bool ended = ctl->redis->err == REDIS_ERR_EOF || (ctl->redis->err == REDIS_ERR_IO && !late);

    if (late) {
        say_error("the daemon has not answered in time");
    } else if (ended) {
        say_error("the daemon closed the connection");
    } else {
        say_error("what listens at %s does not speak as blynkd does: %s", ctl->socket_path,
                  ctl->redis->errstr);
    }
    talk_close(ctl);
    return late ? CTL_TIMED_OUT : CTL_UNREACHABLE;
}

static enum ctl_exit tell_late(struct ctl *ctl)
{
    say_error("the daemon has not answered in time");
    talk_close(ctl);
    return CTL_TIMED_OUT;
}

/* ---- what comes ---------------------------------------------------------------------------------------- */

/* As poll(): 1 readable, 0 the time is over, -1 errno. */
static int wait_readable(const struct ctl *ctl, uint64_t deadline_ms)
{
    struct pollfd pollfd = {.fd = ctl->redis->fd, .events = POLLIN};
    uint64_t now = now_ms(), left_ms = deadline_ms > now ? deadline_ms - now : 0;

    return poll(&pollfd, 1, deadline_ms == NO_DEADLINE ? -1 : left_ms < INT_MAX ? (int)left_ms : INT_MAX);
}

/* Reads what is there. False: the connection is of no use any more. */
static bool read_some(struct ctl *ctl, size_t *read_bytes)
{
    const redisReader *reader = ctl->redis->reader;
    size_t before = reader->len;

    errno = 0;
    if (redisBufferRead(ctl->redis) != REDIS_OK) {
        return false;
    }
    *read_bytes += reader->len - before;
    return true;
}

enum arrival { ARRIVED, LATE, INTERRUPTED, BROKEN, TOO_LARGE };

/* The limit is for the whole answer, however slowly its bytes come. */
static enum arrival receive(struct ctl *ctl, uint64_t deadline_ms, redisReply **reply)
{
    size_t read_bytes = 0;

    while (read_bytes <= ANSWER_MAX_BYTES) {
        void *found = NULL;
        if (redisGetReplyFromReader(ctl->redis, &found) != REDIS_OK) {
            return BROKEN;
        }
        if (found) {
            *reply = found;
            return ARRIVED;
        }
        int count = wait_readable(ctl, deadline_ms);
        if (count == 0) {
            return LATE;
        }
        if (count < 0) {
            return errno == EINTR ? INTERRUPTED : BROKEN;
        }
        if (!read_some(ctl, &read_bytes)) {
            return BROKEN;
        }
    }
    return TOO_LARGE;
}

enum ctl_exit talk_tell_strange(const struct ctl *ctl)
{
    say_error("what listens at %s does not answer as blynkd does; is it another version?", ctl->socket_path);
    return CTL_UNREACHABLE;
}

static enum ctl_exit tell_arrival(struct ctl *ctl, enum arrival arrival)
{
    if (arrival == LATE) {
        return tell_late(ctl);
    }
    if (arrival == TOO_LARGE) {
        say_error("what listens at %s does not speak as blynkd does: it sends without end", ctl->socket_path);
        talk_close(ctl);
        return CTL_UNREACHABLE;
    }
    return tell_broken(ctl);
}

/* ---- questions ----------------------------------------------------------------------------------------- */

redisReply *talk_ask(struct ctl *ctl, int count, const char *const *words, const size_t *lengths,
                     enum ctl_exit *exit)
{
    redisReply *reply = NULL;
    enum arrival arrival;
    int sent = 0;

    *exit = talk_open(ctl);
    if (*exit != CTL_OK) {
        return NULL;
    }
    uint64_t deadline_ms = now_ms() + ctl->answer_timeout_ms;
    errno = 0;
    if (redisAppendCommandArgv(ctl->redis, count, (const char **)words, lengths) != REDIS_OK) {
        *exit = tell_broken(ctl);
        return NULL;
    }
    while (!sent) {
        if (redisBufferWrite(ctl->redis, &sent) != REDIS_OK) {
            *exit = tell_broken(ctl);
            return NULL;
        }
    }
    do {
        arrival = receive(ctl, deadline_ms, &reply);
    } while (arrival == INTERRUPTED);
    if (arrival != ARRIVED) {
        *exit = tell_arrival(ctl, arrival);
    }
    return reply;
}

redisReply *talk_ask_words(struct ctl *ctl, const char *words, enum ctl_exit *exit)
{
    const char *list[WORDS_MAX];
    size_t lengths[WORDS_MAX];
    int count = 0;

    while (*words && count < WORDS_MAX) {
        list[count] = words;
        lengths[count] = strcspn(words, " ");
        words += lengths[count];
        words += *words == ' ';
        count++;
    }
    return talk_ask(ctl, count, list, lengths, exit);
}

static redisReply *unless_refused(redisReply *reply, enum ctl_exit *exit)
{
    if (reply && reply->type == REDIS_REPLY_ERROR) {
        *exit = talk_tell_error(reply);
        freeReplyObject(reply);
        return NULL;
    }
    return reply;
}

redisReply *talk_need(struct ctl *ctl, const char *words, enum ctl_exit *exit)
{
    return unless_refused(talk_ask_words(ctl, words, exit), exit);
}

redisReply *talk_need_list(struct ctl *ctl, int count, const char *const *words, enum ctl_exit *exit)
{
    return unless_refused(talk_ask(ctl, count, words, NULL, exit), exit);
}

enum ctl_exit talk_tell_error(const redisReply *error)
{
    static const struct {
        const char *word;
        enum ctl_exit exit;
    } meanings[] = {
        {"OFFLINE ", CTL_OFFLINE}, {"NOPERM ", CTL_NOT_ALLOWED}, {"TIMEOUT ", CTL_TIMED_OUT},
        {"ERR ", CTL_REFUSED},     {"WRONGPIN ", CTL_REFUSED},   {"SPOOLFULL ", CTL_REFUSED},
        {"BUSY ", CTL_REFUSED},    {"TOOBIG ", CTL_REFUSED},
    };

    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
        size_t len = strlen(meanings[i].word);
        if (strncmp(error->str, meanings[i].word, len) == 0) {
            say_error("%s", error->str + len);
            return meanings[i].exit;
        }
    }
    say_error("%s", error->str);
    return CTL_REFUSED;
}

/* ---- messages ------------------------------------------------------------------------------------------ */

enum ctl_exit talk_next(struct ctl *ctl, uint32_t timeout_ms, redisReply **reply)
{
    enum arrival arrival;

    *reply = NULL;
    arrival = receive(ctl, timeout_ms ? now_ms() + timeout_ms : NO_DEADLINE, reply);
    return arrival == ARRIVED || arrival == LATE || arrival == INTERRUPTED ? CTL_OK
                                                                           : tell_arrival(ctl, arrival);
}
