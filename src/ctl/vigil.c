#include "vigil.h"

#include "say.h"
#include "talk.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t was_resized, was_ended;

static void on_signal(int number)
{
    if (number == SIGWINCH) {
        was_resized = 1;
    } else {
        was_ended = 1;
    }
}

static const int signals[] = {SIGWINCH, SIGINT, SIGTERM, SIGHUP};

void vigil_begin(struct vigil *vigil, const struct ctl *ctl, const char *subscription)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t ours;

    *vigil = (struct vigil){.ears = *ctl, .subscription = subscription};
    vigil->ears.redis = NULL;
    sigemptyset(&ours);
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        sigaddset(&ours, signals[i]);
        sigaction(signals[i], &action, NULL);
    }
    sigprocmask(SIG_BLOCK, &ours, &vigil->before);
}

void vigil_end(struct vigil *vigil)
{
    talk_close(&vigil->ears);
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        signal(signals[i], SIG_DFL);
    }
    sigprocmask(SIG_SETMASK, &vigil->before, NULL);
}

void vigil_listen(struct vigil *vigil)
{
    enum ctl_exit exit;

    if (!vigil->ears.redis) {
        say_keep_error(NULL, VIGIL_TROUBLE_MAX);
        freeReplyObject(talk_ask_words(&vigil->ears, vigil->subscription, &exit));
        say_keep_error(NULL, 0);
    }
}

/* ---- messages ------------------------------------------------------------------------------------------- */

static bool take_message(struct vigil *vigil, const redisReply *reply)
{
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 4 || !reply->element[0]->str ||
        strcmp(reply->element[0]->str, "pmessage") != 0 || !reply->element[2]->str ||
        !reply->element[3]->str) {
        return false;
    }
    if (vigil->on_message) {
        vigil->on_message(vigil->arg, reply->element[2]->str, reply->element[3]->str,
                          (size_t)reply->element[3]->len);
    }
    return true;
}

/* What can be had without waiting. */
static bool take_messages(struct vigil *vigil, bool can_read)
{
    redisContext *redis = vigil->ears.redis;
    bool any = false;
    void *found = NULL;

    if (can_read && redisBufferRead(redis) != REDIS_OK) {
        talk_close(&vigil->ears);
        return true; /* the daemon has ended: something to look at */
    }
    while (redisGetReplyFromReader(redis, &found) == REDIS_OK && found) {
        any = take_message(vigil, found) || any;
        freeReplyObject(found);
        found = NULL;
    }
    return any;
}

/* ---- waiting -------------------------------------------------------------------------------------------- */

static int wait_once(struct vigil *vigil, struct pollfd pollfds[2], int64_t left_ms)
{
    struct timespec left = {.tv_sec = (time_t)(left_ms / 1000), .tv_nsec = (long)(left_ms % 1000 * 1000000)};

    pollfds[0] = (struct pollfd){.fd = vigil->wants_keys ? STDIN_FILENO : -1, .events = POLLIN};
    pollfds[1] = (struct pollfd){.fd = vigil->ears.redis ? vigil->ears.redis->fd : -1, .events = POLLIN};
    return ppoll(pollfds, 2, &left, &vigil->before);
}

enum vigil_event vigil_wait(struct vigil *vigil, uint32_t timeout_ms)
{
    int64_t end_ms = vigil_now_ms() + timeout_ms;

    if (vigil->ears.redis && take_messages(vigil, false)) {
        return VIGIL_MESSAGE;
    }
    for (;;) {
        int64_t left_ms = end_ms - vigil_now_ms();
        struct pollfd pollfds[2];
        int count = wait_once(vigil, pollfds, left_ms > 0 ? left_ms : 0);
        if (was_ended || (count < 0 && errno != EINTR)) {
            return VIGIL_ENDED;
        }
        if (was_resized) {
            was_resized = 0;
            return VIGIL_RESIZED;
        }
        if (count > 0 && pollfds[0].revents) {
            return VIGIL_KEY;
        }
        if (count > 0 && pollfds[1].revents && take_messages(vigil, true)) {
            return VIGIL_MESSAGE;
        }
        if (left_ms <= 0) {
            return VIGIL_TIME;
        }
    }
}

void vigil_screen_size(int *rows, int *columns)
{
    struct winsize size;

    *rows = *columns = 0;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) {
        *rows = size.ws_row;
        *columns = size.ws_col;
    }
}

static int64_t clock_ms(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t vigil_wall_ms(void)
{
    return clock_ms(CLOCK_REALTIME);
}

int64_t vigil_now_ms(void)
{
    return clock_ms(CLOCK_MONOTONIC);
}
