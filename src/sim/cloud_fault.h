/*
 * The switches with which the simulated cloud misbehaves, and how they are written: NAME[:ARGUMENT][;count=N][;for=SECONDS].
 * One set belongs to the server; tests and people change it while it runs. It only remembers what is switched on: doing it
 * is the business of the connection and of the device protocol.
 */
#ifndef BLYNKSIM_CLOUD_FAULT_H
#define BLYNKSIM_CLOUD_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Name, word, argument (n none, i integer, s seconds, h host and port, H that if one likes, o optional
 * integer), the times it happens unless
 * ";count=" says otherwise (0: until it is cleared), and what it does in words.
 */
#define CLOUD_FAULTS(X)                                                                                      \
    X(CLOUD_FAULT_NO_LOGIN_ANSWER, "no-login-answer", 'n', 0, "a login gets no answer")                      \
    X(CLOUD_FAULT_LOGIN_STATUS, "login-status", 'i', 0, "a login is answered with status N")                 \
    X(CLOUD_FAULT_CLOSE_AT_LOGIN, "close-at-login", 'n', 0, "a login closes the connection")                 \
    X(CLOUD_FAULT_REDIRECT, "redirect", 'h', 0, "a login is answered: go to HOST:PORT")                      \
    X(CLOUD_FAULT_REDIRECT_LOOP, "redirect-loop", 'H', 0,                                                    \
      "the same, to itself or to each of HOST:PORT,HOST:PORT...")                                            \
    X(CLOUD_FAULT_REDIRECT_ELSEWHERE, "redirect-elsewhere", 'H', 0, "the same, to a foreign HOST:PORT")      \
    X(CLOUD_FAULT_NO_PING_ANSWER, "no-ping-answer", 'n', 0, "a ping gets no answer")                         \
    X(CLOUD_FAULT_HALF_OPEN, "half-open", 'n', 0, "devices are neither read nor answered any more")          \
    X(CLOUD_FAULT_CLOSE_AFTER, "close-after", 's', 0, "a device is closed SECONDS after its login")          \
    X(CLOUD_FAULT_SPLIT, "split", 'i', 0, "bytes to devices leave in pieces of N")                           \
    X(CLOUD_FAULT_SLOW, "slow", 'i', 0, "bytes to devices leave N milliseconds late")                        \
    X(CLOUD_FAULT_REFUSE, "refuse", 'n', 0, "the listening socket is closed")                                \
    X(CLOUD_FAULT_GARBAGE, "garbage", 'o', 1, "N (64) random bytes are sent to a device")                    \
    X(CLOUD_FAULT_ID_ZERO, "id-zero", 'n', 1, "a device is sent a write with message id 0")                  \
    X(CLOUD_FAULT_BIG_FRAME, "big-frame", 'i', 1, "a device is sent a write of an N-byte body")              \
    X(CLOUD_FAULT_FLOOD, "flood", 'n', 1, "a write is dropped and answered with status 1")                   \
    X(CLOUD_FAULT_CERT_EXPIRED, "cert-expired", 'n', 0, "TLS: shows expired.pem from beside --tls-cert")     \
    X(CLOUD_FAULT_CERT_NOT_YET_VALID, "cert-not-yet-valid", 'n', 0, "TLS: shows not-yet-valid.pem")          \
    X(CLOUD_FAULT_CERT_WRONG_NAME, "cert-wrong-name", 'n', 0, "TLS: shows wrong-name.pem")                   \
    X(CLOUD_FAULT_CERT_UNKNOWN_CA, "cert-unknown-ca", 'n', 0, "TLS: shows unknown-ca.pem")                   \
    X(CLOUD_FAULT_CERT_SELF_SIGNED, "cert-self-signed", 'n', 0, "TLS: shows self-signed.pem")                \
    X(CLOUD_FAULT_TLS_CUT, "tls-cut-in-handshake", 'o', 0,                                                   \
      "TLS: closes after N (100) bytes of its first answer")                                                 \
    X(CLOUD_FAULT_PLAIN_ANSWER, "plain-answer", 'n', 0, "TLS: answers HTTP/1.1 302, as a captive portal")

enum cloud_fault_kind {
#define CLOUD_FAULT_ENUM(name, word, argument, times, help) name,
    CLOUD_FAULTS(CLOUD_FAULT_ENUM)
#undef CLOUD_FAULT_ENUM
        CLOUD_FAULT_KINDS
};

#define CLOUD_FAULT_TEXT_MAX 128

struct cloud_fault {
    bool on;
    double number;
    char text[CLOUD_FAULT_TEXT_MAX];
    unsigned times_left; /* 0: no limit */
    unsigned times_taken;
    uint64_t set_ms;
    uint64_t until_ms; /* 0: no limit */
    unsigned serial;   /* a new one each time it is switched on */
};

struct cloud_faults {
    struct cloud_fault kinds[CLOUD_FAULT_KINDS];
    unsigned serial;
};

/* Switches on what `spec` says. On -EINVAL `error` holds a sentence for people. */
int cloud_fault_set(struct cloud_faults *faults, const char *spec, uint64_t now_ms, char *error,
                    size_t error_size);

/* -ENOENT: no such fault. "all" clears every one. */
int cloud_fault_clear(struct cloud_faults *faults, const char *name);

/* The fault if it is on at this time, else NULL; nothing is counted. */
struct cloud_fault *cloud_fault_find(struct cloud_faults *faults, enum cloud_fault_kind kind,
                                     uint64_t now_ms);

/* The same, and counts one occurrence: the last one switches it off (the record stays readable). */
struct cloud_fault *cloud_fault_take(struct cloud_faults *faults, enum cloud_fault_kind kind,
                                     uint64_t now_ms);

const char *cloud_fault_word(enum cloud_fault_kind kind);
const char *cloud_fault_help(enum cloud_fault_kind kind);

#endif
