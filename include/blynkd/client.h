/*
 * The C interface for local programs: write pins towards Blynk, be told what Blynk writes, wait until it is confirmed.
 * A program owns each struct blynkd_client that it opens, and closes it. The library starts no thread, installs no
 * signal handler, keeps no global state, prints nothing, and calls nothing of the program's.
 *
 *     struct blynkd_client *client;
 *     if (blynkd_client_open(NULL, 5000, &client) || blynkd_client_set(client, "V5", "21.5")) {
 *         fprintf(stderr, "%s\n", blynkd_client_error(client));
 *     }
 *     blynkd_client_close(client);
 *
 * Build with: cc program.c $(pkg-config --cflags --libs blynkd-client). What pins, values, channels and delivery are
 * stands in blynkd-socket(7).
 *
 * Results: 0 or more is success, below 0 a negative errno, and blynkd_client_error() then says in a sentence what is
 * wrong and what to do:
 *
 *     -EINVAL          a wrong argument: no such pin, no such command for this daemon
 *     -EPERM           the daemon does not allow this to the caller
 *     -ENETDOWN        this needs the connection to Blynk, which is down now
 *     -ENOSPC          too much waits for Blynk already; nothing of this write was accepted
 *     -EMSGSIZE        larger than Blynk or the daemon takes
 *     -EBUSY           the modem is doing something else
 *     -ETIMEDOUT       no answer in time
 *     -ENOENT, -ECONNREFUSED, -EACCES   the daemon cannot be reached
 *     -ECONNRESET      the daemon ended the conversation, for instance because it is restarted
 *     -EPROTO          what listens there does not speak as the daemon does
 *     -ENOMEM          out of memory
 *     -EREMOTEIO       the daemon says no with a word that this library does not know
 *
 * After any of them the client is usable: where the connection was lost, the next call makes a new one. Whether a write
 * that ended with -ETIMEDOUT, -ECONNRESET or -EPROTO was accepted is not known; to write it again is right for a pin
 * that shows the newest value.
 *
 * Threads: a client is used by one thread at a time (the program's lock, or a client a thread); different clients are
 * independent. After fork() only one of the two processes may go on with a client; a new program (execve) does not
 * inherit it. SIGPIPE is never raised.
 *
 * Bounds: no call waits longer than the timeout given to blynkd_client_open(), or its own where it has one (connecting
 * again adds once more). An answer has at most 1 MiB; a client has at most BLYNKD_CLIENT_SUBSCRIPTIONS_MAX
 * subscriptions.
 */
#ifndef BLYNKD_CLIENT_H
#define BLYNKD_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BLYNKD_CLIENT_SOCKET            "/run/blynkd/blynkd.sock"
#define BLYNKD_CLIENT_VALUES_MAX        64
#define BLYNKD_CLIENT_SUBSCRIPTIONS_MAX 32
#define BLYNKD_CLIENT_CHANNEL_BYTES     64 /* of a pin, pattern or channel, with its NUL */

struct blynkd_client;

/* ---- beginning and end ---- */

/*
 * Connects to the daemon. socket_path NULL: the environment's BLYNKD_SOCKET, else BLYNKD_CLIENT_SOCKET. timeout_ms
 * (1 to an hour) is how long any call may wait for the daemon. *client is set also when this fails, so that
 * blynkd_client_error() can tell why and the program can go on trying (only -ENOMEM gives NULL).
 */
int blynkd_client_open(const char *socket_path, uint32_t timeout_ms, struct blynkd_client **client);

/* NULL is allowed. Accepted writes are the daemon's: closing loses none. */
void blynkd_client_close(struct blynkd_client *client);

/* What was wrong with the last call that failed; valid until the next call. Never NULL, without control characters. */
const char *blynkd_client_error(const struct blynkd_client *client);

/* ---- writing towards Blynk ---- */

/*
 * 0 means accepted: it will arrive, by and by, also if the link is down now (`durability` in blynkd.conf(5) says what
 * that is worth when the power fails).
 */
int blynkd_client_set(struct blynkd_client *client, const char *pin, const char *value);

/* The number with a point in any locale, with up to ten digits; not a number or infinite: -EINVAL. */
int blynkd_client_set_number(struct blynkd_client *client, const char *pin, double value);

/*
 * Several values for one pin (a joystick's x and y), at most BLYNKD_CLIENT_VALUES_MAX. unix_ms is when the sample was
 * taken, in milliseconds since 1970; 0: now.
 */
int blynkd_client_write(struct blynkd_client *client, const char *pin, const char *const *values,
                        size_t count, int64_t unix_ms);

/* A property of the pin's widget ("color", "label", "min", ...). */
int blynkd_client_property(struct blynkd_client *client, const char *pin, const char *name,
                           const char *value);

/* Logs an event; description may be NULL. */
int blynkd_client_event(struct blynkd_client *client, const char *code, const char *description);

/*
 * Waits until Blynk's server has confirmed everything that this client wrote, at most timeout_ms (1 to a day). Answers
 * how many writes are not confirmed yet: 0 is all through; more is no loss, the daemon goes on trying. If the client
 * had to connect again since it was opened, it waits for the writes of all programs, its own among them. A signal
 * handler that runs meanwhile ends the wait with -EINTR.
 */
int64_t blynkd_client_flush(struct blynkd_client *client, uint32_t timeout_ms);

/* ---- reading ---- */

/*
 * The last value known of a pin, from either side, into `value`, ended by NUL; *len (may be NULL) is its length.
 * Several values are separated by NUL bytes. -ENODATA: it has none yet. -ENOBUFS: it does not fit into `size`; *len
 * says how long it is, `value` has its beginning.
 */
int blynkd_client_get(struct blynkd_client *client, const char *pin, char *value, size_t size, size_t *len);

/* Asks Blynk to send the stored value of a pin (NULL: of all) again; it arrives as a message. */
int blynkd_client_sync(struct blynkd_client *client, const char *pin);

/* ---- being told ---- */

/*
 * From here on blynkd_client_next() gives what Blynk writes to a pin ("V7"), to pins of a pattern ("V1?", "V*"), or one
 * of the daemon's own channels ("link", "internal"). The messages come over a connection of their own: other calls go
 * on as before and never swallow one. A message that fits two subscriptions comes twice.
 */
int blynkd_client_subscribe(struct blynkd_client *client, const char *channel);

struct blynkd_message {
    char channel[BLYNKD_CLIENT_CHANNEL_BYTES]; /* the pin, in upper case */
    const char *value; /* ended by NUL; valid until the next blynkd_client_next() or close */
    size_t len;        /* several values are separated by NUL bytes */
};

/*
 * The next message, waiting at most timeout_ms; 0 takes only what has arrived. 1: there is one. 0: there was none in
 * time. -EINTR: a signal handler ran meanwhile, nothing is lost. -ENOENT without any subscription. After -ECONNRESET
 * the next call connects and subscribes again; what Blynk wrote meanwhile was not heard (blynkd_client_sync()).
 */
int blynkd_client_next(struct blynkd_client *client, uint32_t timeout_ms, struct blynkd_message *message);

/*
 * The descriptor to wait for with poll() (POLLIN). Before each wait, call blynkd_client_next() with 0 until that gives
 * 0: what has been read already does not make it readable. Only to be waited for, never read, written or closed. It
 * can change when the client connects again: ask before each wait. -ENOTCONN: nothing is subscribed, or the connection
 * is lost; call blynkd_client_next().
 */
int blynkd_client_fd(const struct blynkd_client *client);

#ifdef __cplusplus
}
#endif

#endif
