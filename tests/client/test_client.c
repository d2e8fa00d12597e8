/* The library for local programs against a server that answers what a test wants, byte by byte if need be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "blynkd/client.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <locale.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define ANSWERS_MAX 80
#define HANG_UP     ((const char *)-1) /* instead of an answer */
#define SILENCE     ((const char *)-2)

/* Answers its commands one after the other, whatever they are; CLIENT SETNAME always has +OK. */
static struct server {
    char folder[64], path[96];
    int listener;
    pthread_t thread;
    const char *answers[ANSWERS_MAX];
    size_t answered;
    size_t drip_us; /* pause behind each byte of an answer */
    pthread_mutex_t lock;
    char heard[8192]; /* the commands, words separated by '|', NUL as '^', a line each */
} server;

static void note(const char *bytes, size_t len)
{
    size_t at = strlen(server.heard);

    for (size_t i = 0; i < len && at + 1 < sizeof(server.heard); i++) {
        server.heard[at++] = bytes[i] ? bytes[i] : '^';
    }
}

static void hear(const redisReply *command)
{
    pthread_mutex_lock(&server.lock);
    for (size_t i = 0; i < command->elements; i++) {
        note("|", i > 0);
        note(command->element[i]->str, (size_t)command->element[i]->len);
    }
    note("\n", 1);
    pthread_mutex_unlock(&server.lock);
}

static bool say_bytes(int fd, const char *bytes)
{
    size_t step = server.drip_us ? 1 : 65536;

    for (size_t at = 0, len = strlen(bytes); at < len; at += step) {
        if (send(fd, bytes + at, len - at < step ? len - at : step, MSG_NOSIGNAL) < 0) {
            return false;
        }
        if (server.drip_us) {
            nanosleep(&(struct timespec){.tv_nsec = (long)server.drip_us * 1000}, NULL);
        }
    }
    return true;
}

/* False: the connection is over. */
static bool answer(int fd, const redisReply *command)
{
    if (strcmp(command->element[0]->str, "CLIENT") == 0) {
        return say_bytes(fd, "+OK\r\n");
    }
    hear(command);
    const char *answer = server.answers[server.answered];
    if (!answer || answer == HANG_UP) {
        server.answered += answer != NULL;
        return false;
    }
    server.answered++;
    return answer == SILENCE || say_bytes(fd, answer);
}

static void serve(int fd)
{
    redisReader *reader = redisReaderCreate();
    bool goes_on = true;
    char bytes[4096];
    ssize_t len;

    while (goes_on && (len = recv(fd, bytes, sizeof(bytes), 0)) > 0) {
        void *command = NULL;
        redisReaderFeed(reader, bytes, (size_t)len);
        while (goes_on && redisReaderGetReply(reader, &command) == REDIS_OK && command) {
            goes_on = answer(fd, command);
            freeReplyObject(command);
        }
    }
    redisReaderFree(reader);
    close(fd);
}

static void *run_connection(void *argument)
{
    serve((int)(intptr_t)argument);
    return NULL;
}

/* A thread a connection: a client has two. */
static void *run_server(void *unused)
{
    pthread_t threads[8];
    sigset_t alarm_only;
    size_t count = 0;
    int fd;

    (void)unused;
    sigemptyset(&alarm_only);
    sigaddset(&alarm_only, SIGALRM);
    pthread_sigmask(SIG_BLOCK, &alarm_only, NULL); /* and the threads for connections inherit this */
    while (count < 8 && (fd = accept(server.listener, NULL, NULL)) >= 0) {
        pthread_create(&threads[count++], NULL, run_connection, (void *)(intptr_t)fd);
    }
    for (size_t i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
    }
    return NULL;
}

static int begin(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    (void)state;
    server = (struct server){.folder = "/tmp/blynkd-client-XXXXXX", .lock = PTHREAD_MUTEX_INITIALIZER};
    assert_non_null(mkdtemp(server.folder));
    snprintf(server.path, sizeof(server.path), "%s/s", server.folder);
    strcpy(address.sun_path, server.path);
    server.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(server.listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(server.listener, 8), 0);
    assert_int_equal(pthread_create(&server.thread, NULL, run_server, NULL), 0);
    return 0;
}

static int end(void **state)
{
    (void)state;
    shutdown(server.listener, SHUT_RDWR);
    pthread_join(server.thread, NULL);
    close(server.listener);
    unlink(server.path);
    rmdir(server.folder);
    return 0;
}

static struct blynkd_client *open_client(uint32_t timeout_ms)
{
    struct blynkd_client *client;

    assert_int_equal(blynkd_client_open(server.path, timeout_ms, &client), 0);
    return client;
}

static void assert_heard(const char *commands)
{
    pthread_mutex_lock(&server.lock);
    assert_string_equal(server.heard, commands);
    pthread_mutex_unlock(&server.lock);
}

static void assert_error(const struct blynkd_client *client, const char *part)
{
    if (!strstr(blynkd_client_error(client), part)) {
        fail_msg("\"%s\" is not in: %s", part, blynkd_client_error(client));
    }
}

/* ---- calls ---- */

static void what_is_written_is_what_was_meant(void **state)
{
    struct blynkd_client *client = open_client(2000);

    (void)state;
    for (int i = 0; i < 9; i++) {
        server.answers[i] = "+OK\r\n";
    }
    assert_int_equal(blynkd_client_set(client, "V5", "two words"), 0);
    assert_int_equal(blynkd_client_set(client, "V5", ""), 0);
    assert_int_equal(blynkd_client_write(client, "V1", (const char *[]){"3", "4"}, 2, 0), 0);
    assert_int_equal(blynkd_client_write(client, "V1", (const char *[]){"AT", "1"}, 2, 1700000000123), 0);
    assert_int_equal(blynkd_client_property(client, "V5", "label", "Water"), 0);
    assert_int_equal(blynkd_client_event(client, "hot", NULL), 0);
    assert_int_equal(blynkd_client_event(client, "hot", "93 degrees"), 0);
    assert_int_equal(blynkd_client_sync(client, NULL), 0);
    assert_int_equal(blynkd_client_sync(client, "V5"), 0);
    assert_heard("SET|V5|two words\nSET|V5|\nSET|V1|3^4\nBLYNK.WRITE|V1|AT^1|AT|1700000000123\n"
                 "BLYNK.PROPERTY|V5|label|Water\nBLYNK.EVENT|hot\nBLYNK.EVENT|hot|93 degrees\nBLYNK.SYNC\n"
                 "BLYNK.SYNC|V5\n");
    blynkd_client_close(client);
}

static void a_number_has_a_point_everywhere(void **state)
{
    struct blynkd_client *client = open_client(2000);

    (void)state;
    setlocale(LC_ALL, "de_DE.UTF-8"); /* where it is installed */
    server.answers[0] = server.answers[1] = server.answers[2] = "+OK\r\n";
    assert_int_equal(blynkd_client_set_number(client, "V5", 21.5), 0);
    assert_int_equal(blynkd_client_set_number(client, "V5", -0.1), 0);
    assert_int_equal(blynkd_client_set_number(client, "V5", 1234567890), 0);
    assert_int_equal(blynkd_client_set_number(client, "V5", (double)NAN), -EINVAL);
    assert_int_equal(blynkd_client_set_number(client, "V5", (double)INFINITY), -EINVAL);
    setlocale(LC_ALL, "C");
    assert_heard("SET|V5|21.5\nSET|V5|-0.1\nSET|V5|1234567890\n");
    blynkd_client_close(client);
}

static void arguments_that_cannot_be_are_not_sent(void **state)
{
    struct blynkd_client *client = open_client(2000);
    const char *many[BLYNKD_CLIENT_VALUES_MAX + 1];
    char *large = malloc(70000);

    (void)state;
    for (size_t i = 0; i <= BLYNKD_CLIENT_VALUES_MAX; i++) {
        many[i] = "1";
    }
    memset(large, 'x', 69999);
    large[69999] = '\0';
    assert_int_equal(blynkd_client_write(client, "V1", many, BLYNKD_CLIENT_VALUES_MAX + 1, 0), -EINVAL);
    assert_int_equal(blynkd_client_write(client, "V1", many, 0, 0), -EINVAL);
    assert_int_equal(blynkd_client_write(client, "V1", many, 1, -1), -EINVAL);
    assert_int_equal(blynkd_client_set(client, "V1", large), -EMSGSIZE);
    assert_int_equal(blynkd_client_write(client, "V1", (const char *[]){large}, 1, 0), -EMSGSIZE);
    assert_int_equal(blynkd_client_flush(client, 0), -EINVAL);
    assert_int_equal(blynkd_client_subscribe(client, ""), -EINVAL);
    large[BLYNKD_CLIENT_CHANNEL_BYTES] = '\0';
    assert_int_equal(blynkd_client_subscribe(client, large), -EINVAL);
    assert_heard("");
    free(large);
    blynkd_client_close(client);
}

static void a_value_is_copied_as_far_as_there_is_room(void **state)
{
    struct blynkd_client *client = open_client(2000);
    char value[4];
    size_t len;

    (void)state;
    server.answers[0] = "$3\r\nabc\r\n";
    server.answers[1] = "$4\r\nabcd\r\n";
    server.answers[2] = "$-1\r\n";
    server.answers[3] = "$0\r\n\r\n";
    server.answers[4] = ":7\r\n";
    assert_int_equal(blynkd_client_get(client, "V5", value, sizeof(value), &len), 0);
    assert_string_equal(value, "abc");
    assert_int_equal(blynkd_client_get(client, "V5", value, sizeof(value), &len), -ENOBUFS);
    assert_string_equal(value, "abc");
    assert_int_equal(len, 4);
    assert_int_equal(blynkd_client_get(client, "V5", value, sizeof(value), NULL), -ENODATA);
    assert_error(client, "no value yet");
    assert_int_equal(blynkd_client_get(client, "V5", value, sizeof(value), &len), 0);
    assert_int_equal(len, 0);
    assert_int_equal(blynkd_client_get(client, "V5", value, sizeof(value), NULL), -EPROTO);
    blynkd_client_close(client);
}

static void refusals_are_numbers_and_sentences(void **state)
{
    static const struct {
        const char *answer;
        int result;
    } cases[] = {
        {"-ERR wrong number\r\n", -EINVAL},       {"-WRONGPIN no pin\r\n", -EINVAL},
        {"-NOPERM for admins\r\n", -EPERM},       {"-OFFLINE the link is down\r\n", -ENETDOWN},
        {"-TIMEOUT no answer\r\n", -ETIMEDOUT},   {"-SPOOLFULL the disk is full\r\n", -ENOSPC},
        {"-BUSY the modem is busy\r\n", -EBUSY},  {"-TOOBIG too large\r\n", -EMSGSIZE},
        {"-NEW a word of later\r\n", -EREMOTEIO}, {"-\r\n", -EREMOTEIO},
    };
    struct blynkd_client *client = open_client(2000);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        server.answers[i] = cases[i].answer;
        assert_int_equal(blynkd_client_set(client, "V5", "1"), cases[i].result);
    }
    server.answers[10] = "-ERR \033[2Jgone\007\r\n";
    assert_int_equal(blynkd_client_set(client, "V5", "1"), -EINVAL);
    assert_string_equal(blynkd_client_error(client), "?[2Jgone?");
    server.answers[11] = "+OK\r\n";
    assert_int_equal(blynkd_client_set(client, "V5", "1"), 0);
    blynkd_client_close(client);
}

/* ---- a bad other side ---- */

static void nobody_there_is_told_with_what_to_do(void **state)
{
    struct blynkd_client *client;

    (void)state;
    assert_int_equal(blynkd_client_open("/nowhere/at/all", 100, &client), -ENOENT);
    assert_error(client, "systemctl start blynkd");
    assert_int_equal(blynkd_client_set(client, "V1", "1"), -ENOENT);
    blynkd_client_close(client);
    assert_int_equal(blynkd_client_open(server.path, 0, &client), -EINVAL);
    blynkd_client_close(client);
    assert_int_equal(blynkd_client_open("", 100, &client), -EINVAL);
    blynkd_client_close(client);
    char longer[200];
    memset(longer, 'x', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    assert_int_equal(blynkd_client_open(longer, 100, &client), -EINVAL);
    assert_int_equal(blynkd_client_set(client, "V1", "1"), -EINVAL);
    blynkd_client_close(client);
    assert_string_equal(blynkd_client_error(NULL), "out of memory");
    blynkd_client_close(NULL);
    setenv("BLYNKD_SOCKET", server.path, 1);
    assert_int_equal(blynkd_client_open(NULL, 2000, &client), 0);
    unsetenv("BLYNKD_SOCKET");
    blynkd_client_close(client);
}

static void silence_ends_in_time_and_the_next_call_connects_again(void **state)
{
    struct blynkd_client *client = open_client(500);
    char value[16];

    (void)state;
    server.answers[0] = SILENCE;
    assert_int_equal(blynkd_client_set(client, "V5", "1"), -ETIMEDOUT);
    server.answers[1] = "$2\r\nok\r\n";
    blynkd_client_close(client);
    client = open_client(2000);
    assert_int_equal(blynkd_client_get(client, "V5", value, sizeof(value), NULL), 0);
    assert_string_equal(value, "ok");
    server.answers[2] = HANG_UP;
    server.answers[3] = "+OK\r\n";
    assert_int_equal(blynkd_client_set(client, "V5", "1"), -ECONNRESET);
    assert_int_equal(blynkd_client_set(client, "V5", "1"), 0);
    blynkd_client_close(client);
}

/* A byte every 20 ms would keep a limit for each single read alive for ever. */
static void slow_speech_does_not_stretch_the_limit(void **state)
{
    struct blynkd_client *client = open_client(500);
    struct timespec begin, now;
    static char answer[2048];

    (void)state;
    memset(answer, 'x', sizeof(answer) - 1);
    memcpy(answer, "$2000\r\n", 7);
    server.answers[0] = answer;
    server.drip_us = 20000;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    assert_int_equal(blynkd_client_set(client, "V5", "1"), -ETIMEDOUT);
    clock_gettime(CLOCK_MONOTONIC, &now);
    assert_true(now.tv_sec - begin.tv_sec < 10); /* 2,000 bytes would take 40 s */
    blynkd_client_close(client);
}

static void nonsense_and_floods_end_the_conversation(void **state)
{
    static char flood[2 * 1048576];
    struct blynkd_client *client = open_client(5000);

    (void)state;
    server.answers[0] = "HTTP/1.1 400 Bad Request\r\n";
    assert_int_equal(blynkd_client_set(client, "V5", "1"), -EPROTO);
    assert_error(client, "does not speak");
    server.answers[1] = "*2000000000\r\n";
    assert_int_equal(blynkd_client_set(client, "V5", "1"), -EPROTO);
    memset(flood, 'x', sizeof(flood) - 1);
    memcpy(flood, "$2000000000\r\n", 13);
    server.answers[2] = flood;
    assert_int_equal(blynkd_client_set(client, "V5", "1"), -EPROTO);
    server.answers[3] = "+OK\r\n";
    assert_int_equal(blynkd_client_set(client, "V5", "1"), 0);
    blynkd_client_close(client);
}

/* ---- confirmation ---- */

static void flush_counts_and_minds_all_after_a_new_connection(void **state)
{
    struct blynkd_client *client = open_client(2000);

    (void)state;
    server.answers[0] = ":0\r\n";
    server.answers[1] = ":3\r\n";
    server.answers[2] = HANG_UP;
    server.answers[3] = ":0\r\n";
    server.answers[4] = ":-1\r\n";
    assert_int_equal(blynkd_client_flush(client, 1000), 0);
    assert_int_equal(blynkd_client_flush(client, 1000), 3);
    assert_int_equal(blynkd_client_flush(client, 1000), -ECONNRESET);
    assert_int_equal(blynkd_client_flush(client, 1000), 0);
    assert_int_equal(blynkd_client_flush(client, 1000), -EPROTO);
    assert_heard("BLYNK.FLUSH|1000\nBLYNK.FLUSH|1000\nBLYNK.FLUSH|1000\nBLYNK.FLUSH|1000|ALL\n"
                 "BLYNK.FLUSH|1000|ALL\n");
    blynkd_client_close(client);
}

static void on_alarm(int number)
{
    (void)number;
}

static void alarm_in_a_moment(void)
{
    const struct sigaction action = {.sa_handler = on_alarm}; /* no SA_RESTART */
    const struct itimerval soon = {.it_value = {.tv_usec = 50000}, .it_interval = {.tv_usec = 50000}};

    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &soon, NULL);
}

static void no_more_alarms(void)
{
    const struct itimerval never = {0};

    setitimer(ITIMER_REAL, &never, NULL);
}

static void a_signal_ends_the_long_waits_only(void **state)
{
    struct blynkd_client *client = open_client(600);
    struct blynkd_message message;

    (void)state;
    server.answers[0] = "*3\r\n$10\r\npsubscribe\r\n$2\r\nV7\r\n:1\r\n";
    server.answers[1] = SILENCE;
    server.answers[2] = SILENCE;
    assert_int_equal(blynkd_client_subscribe(client, "V7"), 0);
    alarm_in_a_moment();
    assert_int_equal(blynkd_client_next(client, 60000, &message), -EINTR);
    assert_int_equal(blynkd_client_flush(client, 60000), -EINTR);
    assert_int_equal(blynkd_client_set(client, "V5", "1"), -ETIMEDOUT);
    no_more_alarms();
    assert_int_equal(blynkd_client_next(client, 0, &message), 0);
    blynkd_client_close(client);
}

/* ---- messages ---- */

#define CONFIRM(pattern, count) "*3\r\n$10\r\npsubscribe\r\n$2\r\n" pattern "\r\n:" count "\r\n"
#define MESSAGE(pin, value)     "*4\r\n$8\r\npmessage\r\n$2\r\nV*\r\n$2\r\n" pin "\r\n$2\r\n" value "\r\n"

static void assert_next(struct blynkd_client *client, const char *pin, const char *value)
{
    struct blynkd_message message;

    assert_int_equal(blynkd_client_next(client, 5000, &message), 1);
    assert_string_equal(message.channel, pin);
    assert_string_equal(message.value, value);
    assert_int_equal(message.len, strlen(value));
}

static void messages_come_in_order_beside_calls(void **state)
{
    struct blynkd_client *client = open_client(2000);
    struct blynkd_message message;

    (void)state;
    assert_int_equal(blynkd_client_fd(client), -ENOTCONN);
    assert_int_equal(blynkd_client_next(client, 0, &message), -ENOENT);
    server.answers[0] = CONFIRM("V*", "1") MESSAGE("V7", "on");
    server.answers[1] = "+OK\r\n";
    server.answers[2] = MESSAGE("V8", "a2") MESSAGE("V7", "b3") CONFIRM("D*", "2") MESSAGE("V7", "c4");
    assert_int_equal(blynkd_client_subscribe(client, "V*"), 0);
    assert_int_equal(blynkd_client_set(client, "V5", "1"), 0);
    assert_true(blynkd_client_fd(client) >= 0);
    assert_next(client, "V7", "on");
    assert_int_equal(blynkd_client_next(client, 0, &message), 0);
    assert_int_equal(blynkd_client_subscribe(client, "D*"), 0);
    assert_next(client, "V8", "a2");
    assert_next(client, "V7", "b3");
    assert_next(client, "V7", "c4");
    assert_int_equal(blynkd_client_next(client, 20, &message), 0);
    assert_heard("PSUBSCRIBE|V*\nSET|V5|1\nPSUBSCRIBE|D*\n");
    blynkd_client_close(client);
}

static void more_early_messages_than_are_kept_are_heard_all_the_same(void **state)
{
    static char burst[32768] = "";
    struct blynkd_client *client = open_client(2000);
    char value[16];

    (void)state;
    for (int i = 0; i < 90; i++) {
        size_t len = strlen(burst);
        snprintf(burst + len, sizeof(burst) - len,
                 "*4\r\n$8\r\npmessage\r\n$2\r\nV*\r\n$2\r\nV7\r\n$2\r\n%02d\r\n", i);
    }
    strcat(burst, CONFIRM("D*", "2") MESSAGE("V8", "zz"));
    server.answers[0] = CONFIRM("V*", "1");
    server.answers[1] = burst;
    assert_int_equal(blynkd_client_subscribe(client, "V*"), 0);
    assert_int_equal(blynkd_client_subscribe(client, "D*"), 0);
    for (int i = 0; i < 90; i++) {
        snprintf(value, sizeof(value), "%02d", i);
        assert_next(client, "V7", value);
    }
    assert_next(client, "V8", "zz");
    blynkd_client_close(client);
}

static void a_lost_subscription_is_made_again(void **state)
{
    struct blynkd_client *client = open_client(2000);
    struct blynkd_message message;

    (void)state;
    server.answers[0] = CONFIRM("V*", "1");
    server.answers[1] = HANG_UP; /* what a second subscription meets */
    server.answers[2] = CONFIRM("V*", "1") MESSAGE("V7", "on");
    assert_int_equal(blynkd_client_subscribe(client, "V*"), 0);
    assert_int_equal(blynkd_client_subscribe(client, "D*"), -ECONNRESET);
    assert_int_equal(blynkd_client_fd(client), -ENOTCONN);
    assert_next(client, "V7", "on");
    assert_int_equal(blynkd_client_next(client, 0, &message), 0);
    assert_heard("PSUBSCRIBE|V*\nPSUBSCRIBE|D*\nPSUBSCRIBE|V*\n");
    server.answers[3] = "-NOPERM for admins\r\n";
    assert_int_equal(blynkd_client_subscribe(client, "trace"), -EPERM);
    assert_int_equal(blynkd_client_next(client, 0, &message), 0);
    blynkd_client_close(client);
}

static void what_is_no_message_ends_the_subscription(void **state)
{
    struct blynkd_client *client = open_client(2000);
    struct blynkd_message message;

    (void)state;
    server.answers[0] = CONFIRM("V*", "1") "*4\r\n$8\r\npmessage\r\n:1\r\n:2\r\n:3\r\n";
    server.answers[1] = CONFIRM("V*", "1") "*0\r\n";
    assert_int_equal(blynkd_client_subscribe(client, "V*"), 0);
    assert_int_equal(blynkd_client_next(client, 2000, &message), -EPROTO);
    assert_int_equal(blynkd_client_next(client, 2000, &message), -EPROTO);
    blynkd_client_close(client);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_written_is_what_was_meant),
        TEST(a_number_has_a_point_everywhere),
        TEST(arguments_that_cannot_be_are_not_sent),
        TEST(a_value_is_copied_as_far_as_there_is_room),
        TEST(refusals_are_numbers_and_sentences),
        TEST(nobody_there_is_told_with_what_to_do),
        TEST(silence_ends_in_time_and_the_next_call_connects_again),
        TEST(slow_speech_does_not_stretch_the_limit),
        TEST(nonsense_and_floods_end_the_conversation),
        TEST(flush_counts_and_minds_all_after_a_new_connection),
        TEST(a_signal_ends_the_long_waits_only),
        TEST(messages_come_in_order_beside_calls),
        TEST(more_early_messages_than_are_kept_are_heard_all_the_same),
        TEST(a_lost_subscription_is_made_again),
        TEST(what_is_no_message_ends_the_subscription),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
