#include "talk.h"

#include "say.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/time.h>

#define WORDS_MAX 32

static struct timeval to_timeval(uint32_t timeout_ms)
{
    return (struct timeval){.tv_sec = timeout_ms / 1000, .tv_usec = (suseconds_t)(timeout_ms % 1000) * 1000};
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
    }
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

/* ---- questions ----------------------------------------------------------------------------------------- */

redisReply *talk_ask(struct ctl *ctl, int count, const char *const *words, const size_t *lengths,
                     enum ctl_exit *exit)
{
    redisReply *reply;

    *exit = talk_open(ctl);
    if (*exit != CTL_OK) {
        return NULL;
    }
    errno = 0;
    reply = redisCommandArgv(ctl->redis, count, (const char **)words, lengths);
    if (!reply) {
        *exit = tell_broken(ctl);
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
        {"OFFLINE ", CTL_OFFLINE},
        {"NOPERM ", CTL_NOT_ALLOWED},
        {"TIMEOUT ", CTL_TIMED_OUT},
        {"ERR ", CTL_REFUSED},
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
    struct pollfd pollfd = {.fd = ctl->redis->fd, .events = POLLIN};
    void *found = NULL;
    int count;

    *reply = NULL;
    if (redisGetReplyFromReader(ctl->redis, &found) == REDIS_OK && !found) {
        count = poll(&pollfd, 1, timeout_ms ? (int)timeout_ms : -1);
        if (count == 0) {
            return CTL_OK;
        }
        if (count < 0) {
            return errno == EINTR ? CTL_OK : tell_broken(ctl);
        }
        errno = 0;
        redisGetReply(ctl->redis, &found);
    }
    if (!found) {
        return tell_broken(ctl);
    }
    *reply = found;
    return CTL_OK;
}
