/*
 * Who else is on a serial port: a login prompt, ModemManager, another program. Looks through /proc, so it blocks a
 * little: from libuv's pool only. Pure but for reading; never touches the port.
 */
#ifndef IO_RIVAL_H
#define IO_RIVAL_H

#include <stdbool.h>
#include <stddef.h>

/* Who has the device open (`path` is resolved), or waits on it, in a sentence that says what to do. `proc` is
 * "/proc" but in tests. False: nobody that could be seen; without rights other users' descriptors cannot. */
bool rival_find(const char *proc, const char *path, char *words, size_t size);

#endif
