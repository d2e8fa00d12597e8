/*
 * The simulated modem's small file store: where certificates are put.
 * Owned by the modem; what is in it survives every reboot.
 * It never looks into a file.
 */
#ifndef SIM_FILES_H
#define SIM_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FILES_COUNT    4
#define FILE_NAME_MAX  80
#define FILE_BYTES_MAX 10240

struct file {
    char name[FILE_NAME_MAX]; /* empty: this place is free */
    uint8_t bytes[FILE_BYTES_MAX];
    size_t length;
};

struct files {
    struct file all[FILES_COUNT];
};

/* NULL: there is none. */
const struct file *files_find(const struct files *files, const char *name);
/* In place of one of the same name. False: there is no room, or the name is too long or empty. */
bool files_put(struct files *files, const char *name, const uint8_t *bytes, size_t length);
bool files_remove(struct files *files, const char *name);

#endif
