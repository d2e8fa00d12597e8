/*
 * What the steps of one loading share: where each value came from, and the report they write to. Made on the
 * stack of conf_load() and of the tests; owns nothing. It never outlives the loading.
 */
#ifndef BLYNKD_DAEMON_CONF_LOAD_H
#define BLYNKD_DAEMON_CONF_LOAD_H

#include "conf.h"

#include <sys/stat.h>

struct conf_loader {
    struct conf *conf;
    struct conf_report *report;
    struct conf_origins origins;
    bool unread;                 /* a file: what is missing may stand in it */
    bool refused[CONF_KEYS_MAX]; /* by index of the key: there was a value, but it could not be taken */
};

/* The name of the file that is being read. */
const char *conf_loader_file(const struct conf_loader *loader);
/* Where `key` was set; `file` NULL: nowhere. */
struct conf_place conf_loader_place(const struct conf_loader *loader, const struct conf_key *key,
                                    const char **file);
/* True if the file that is being read has set a key whose value is a secret. */
bool conf_loader_has_secret(const struct conf_loader *loader);

/* Reads the text of one file: any bytes, `len` of them. What is wrong goes to the report. */
void conf_ini_parse(struct conf_loader *loader, const char *text, size_t len);

/*
 * Opens and reads a regular file of at most `max` bytes, with a zero after the last. 0 and `text`, to be given
 * to conf_file_free(); or -1 with the reason in `why`.
 */
struct conf_file {
    char *text;
    size_t len;
    struct stat stat;
};
int conf_file_read(const char *path, size_t max, struct conf_file *file, char why[CONF_WHY_MAX]);
/* Overwrites and frees. */
void conf_file_free(struct conf_file *file);

/*
 * True if a file that holds a secret can be read or written by people who should not; `why` says so, with the
 * command that mends it. Allowed: the owner, and as a group root's, blynkd's or the one this process runs with.
 */
bool conf_file_exposed(const char *path, const struct stat *stat, char why[CONF_WHY_MAX]);

/* Tells base/secret.h the value of a secret key, so that it shows nowhere, not in the report either. */
void conf_secret_register(struct conf_loader *loader, const struct conf_key *key);
/* Reads token_file, pin_file, password_file or the credentials of systemd. */
void conf_secrets_fetch(struct conf_loader *loader);

/* Tells the parts what `tls` means for each. */
void conf_share_tls(struct conf *conf);

/* What no single value can tell: keys that must be there, values that do not go together. */
void conf_check(struct conf_loader *loader);

#endif
