/*
 * A tty that is open and locked, and what differs between a real serial port and a PTY: how it is set up and let
 * go (serial.c, pty.c). Owned by tty.c, which also moves all bytes. Never reads, writes or waits.
 */
#ifndef IO_DEVICE_H
#define IO_DEVICE_H

#include "blynkd/io/port.h"

struct device_backend {
    /*
     * Sets up the tty behind `path`, which is resolved; `locked_fd` is open on it and stays open longer than
     * this. On success `*handle` is whatever close() wants to have back. Returns the descriptor for the bytes
     * (non-blocking, close-on-exec; may be `locked_fd`) or a negative errno.
     */
    int (*open)(const char *path, int locked_fd, const struct port_config *config, void **handle);

    /* Lets the tty go without waiting for bytes that are still on their way; does not close `locked_fd`. */
    void (*close)(int fd, void *handle);

    /* For people: why it went down by itself. */
    const char *gone_words;
};

extern const struct device_backend device_backend_serial; /* libserialport */
extern const struct device_backend device_backend_pty;    /* termios */

struct device {
    const struct device_backend *backend;
    void *handle;  /* the backend's */
    int fd;        /* for the bytes */
    int locked_fd; /* carries the lock; may be the same */
};

/*
 * Resolves the path anew, locks the tty and sets it up. 0, or a negative errno with `why` telling people what is
 * wrong and what to do.
 */
int device_open(struct device *device, const struct port_config *config, char *why, size_t size);
void device_close(struct device *device);

/* The words of device_open() for an error; returns the errno that the user of the port gets to see. */
int device_explain(int error, const struct port_config *config, char *why, size_t size);

#endif
