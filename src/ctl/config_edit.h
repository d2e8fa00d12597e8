/*
 * Changes one key in the text of a configuration file as a person would: an active line gets the new value and keeps
 * its comment, else the line goes behind the commented example of the key, else to the end of its section, else into
 * a new section at the end. Everything else stays as it is, byte by byte. Pure; what the key and the value mean is not
 * its affair.
 */
#ifndef BLYNKD_CTL_CONFIG_EDIT_H
#define BLYNKD_CTL_CONFIG_EDIT_H

#include <stdio.h>

struct config_key {
    char section[64]; /* "blynk", "pin V5" */
    char key[64];
};

/* "blynk.token", "pin V5.min_interval". -EINVAL: not of the form SECTION.KEY, or with odd characters. */
int config_key_parse(const char *text, struct config_key *key);

/* NULL, or why the value cannot stand in such a file. */
const char *config_value_check(const char *value);

/* Writes the changed text. 0, or -EIO if `out` has an error. */
int config_edit(const char *text, const struct config_key *key, const char *value, FILE *out);

#endif
