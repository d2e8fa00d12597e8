/*
 * The configuration file as blynkctl changes it: read whole, written anew beside itself, checked by blynkd, then put
 * into its place, with owner and mode as they were. Owns what it reads until config_file_free(). It never leaves a
 * half-written file in place and never understands what is in it.
 */
#ifndef BLYNKD_CTL_CONFIG_FILE_H
#define BLYNKD_CTL_CONFIG_FILE_H

#include "config_edit.h"

#include <stdbool.h>
#include <sys/stat.h>

#define CONFIG_FILE_MAX ((off_t)1 << 20)

struct config_file {
    char path[4096];  /* behind symbolic links */
    char fresh[4160]; /* the changed text, until it is taken or dropped */
    char *text;
    struct stat stat;
};

/* 0, or a negative errno. */
int config_file_read(struct config_file *file, const char *path);
/* Writes the changed text beside the file: 0600 from the first moment, then as the file was. */
int config_file_change(struct config_file *file, const struct config_key *key, const char *value);
int config_file_take(struct config_file *file);
void config_file_drop(struct config_file *file);
/* The text may hold secrets: it is wiped. */
void config_file_free(struct config_file *file);

/* Runs blynkd --check-config [candidate]; its words go to standard error. Its exit status (0: good, 75: something is
 * still missing, 78: wrong), or a negative errno: it could not be run. */
int config_file_check(const char *path, const char *candidate);

#endif
