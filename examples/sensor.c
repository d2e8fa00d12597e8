/*
 * A sensor and a switch, in C: writes the machine's load to V5 every so many seconds, and when the app writes V6 does
 * what it says (here: prints it) and reports the new state on V7. At its end it waits until Blynk has confirmed all.
 *
 *     cc sensor.c $(pkg-config --cflags --libs blynkd-client) -o sensor
 *     ./sensor [SECONDS]
 *
 * The socket is the daemon's default one, or BLYNKD_SOCKET.
 */
#include <blynkd/client.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static volatile sig_atomic_t ending;

static void on_signal(int number)
{
    (void)number;
    ending = 1;
}

static long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The daemon may be restarted at any time: what fails now is tried again with the next sample. */
static void complain(const struct blynkd_client *client)
{
    fprintf(stderr, "%s\n", blynkd_client_error(client));
}

static void measure(struct blynkd_client *client)
{
    double load;

    if (getloadavg(&load, 1) == 1 && blynkd_client_set_number(client, "V5", load) < 0) {
        complain(client);
    }
}

static void react(struct blynkd_client *client, const struct blynkd_message *message)
{
    printf("%s is now %s\n", message->channel, message->value);
    if (blynkd_client_set(client, "V7", message->value) < 0) {
        complain(client);
    }
}

static void run(struct blynkd_client *client, long interval_ms)
{
    const struct timespec pause = {.tv_sec = 1};
    long due_ms = now_ms();

    while (!ending) {
        struct blynkd_message message;
        long left_ms = due_ms - now_ms();
        int result;

        if (left_ms <= 0) {
            measure(client);
            due_ms += interval_ms;
            continue;
        }
        result = blynkd_client_next(client, (uint32_t)left_ms, &message);
        if (result > 0) {
            react(client, &message);
        } else if (result < 0 && result != -EINTR) {
            complain(client);
            nanosleep(&pause, NULL);
        }
    }
}

static int end(struct blynkd_client *client)
{
    int64_t left = blynkd_client_flush(client, 30000);

    if (left < 0) {
        complain(client);
    } else if (left > 0) {
        printf("%lld not confirmed yet; the daemon goes on\n", (long long)left);
    } else {
        puts("all confirmed");
    }
    blynkd_client_close(client);
    return left == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    const struct sigaction action = {.sa_handler = on_signal}; /* without SA_RESTART: waits end */
    double seconds = argc > 1 ? atof(argv[1]) : 10;
    struct blynkd_client *client;

    if (seconds <= 0) {
        fprintf(stderr, "usage: sensor [SECONDS]\n");
        return 64;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (blynkd_client_open(NULL, 5000, &client) < 0 || blynkd_client_subscribe(client, "V6") < 0) {
        complain(client);
        blynkd_client_close(client);
        return EXIT_FAILURE;
    }
    blynkd_client_sync(client,
                       "V6"); /* where the switch stands now; without a link it comes later by itself */
    puts("ready");
    run(client, (long)(seconds * 1000));
    return end(client);
}
