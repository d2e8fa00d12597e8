/*
 * One value on its way from the text of a file into the configuration. Private to the conf_value files.
 */
#ifndef BLYNKD_DAEMON_CONF_VALUE_H
#define BLYNKD_DAEMON_CONF_VALUE_H

#include "conf.h"

struct setting {
    struct conf *conf;
    const struct conf_key *key;
    const char *section;
    const char *name;
    const char *text;
    char *why; /* CONF_WHY_MAX */
};

/* Always -EINVAL. Says what is wanted, and what was written unless it is a secret. */
int conf_refuse(const struct setting *setting, const char *problem);
/* The index of the text among the key's words, or -1. */
int conf_find_word(const struct setting *setting);

/* Reads a number between the key's bounds; else refuses. */
int conf_scan_amount(const struct setting *setting, int (*scan)(const char *, uint64_t, uint64_t *),
                     uint64_t *value);

/* A number as one would write it: 90s, 1M, 0660. */
void conf_format_amount(const struct conf_key *key, uint64_t amount, char *out, size_t size);

int conf_set_pin_rule(const struct setting *setting);
int conf_set_pin_interval(const struct setting *setting);
int conf_set_pin_deadband(const struct setting *setting);
int conf_set_role(const struct setting *setting);

#endif
