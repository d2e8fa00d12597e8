/*
 * The configuration: what blynkd.conf and its drop-ins say, checked, in the form in which the parts take it. One
 * table (conf_table.c) names every key with its type, default, range and help; parsing, defaults, the printed
 * file and the comparison of two configurations come from that table. It owns no file and no part of the daemon,
 * and never shows the value of a secret.
 */
#ifndef BLYNKD_DAEMON_CONF_H
#define BLYNKD_DAEMON_CONF_H

#include "blynkd/api/server.h"
#include "blynkd/base/buf.h"
#include "blynkd/base/log.h"
#include "blynkd/bridge/bridge.h"
#include "blynkd/io/port.h"
#include "blynkd/io/power.h"
#include "blynkd/modem/modem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONF_PATH_MAX     256
#define CONF_FILE_MAX     65536 /* bytes of one file */
#define CONF_DROPINS_MAX  64    /* files in blynkd.conf.d */
#define CONF_WHY_MAX      200
#define CONF_DEFAULT_PATH "/etc/blynkd/blynkd.conf"

enum conf_uplink { CONF_UPLINK_MODEM, CONF_UPLINK_HOST };
/* Who encrypts. */
enum conf_tls { CONF_TLS_NO, CONF_TLS_YES, CONF_TLS_MODEM };

/* What a device cannot do without, and no default can be: not wrong, but unfinished. */
enum conf_missing { CONF_MISSING_TOKEN = 1, CONF_MISSING_APN = 2, CONF_MISSING_SSID = 4 };

/* A pin's own rule; CONF_DELIVER_DEFAULT is what [pins] delivery says. */
enum conf_delivery { CONF_DELIVER_DEFAULT, CONF_DELIVER_ALL, CONF_DELIVER_LATEST };

/* Every member that a key sets is named in the table by its place in here. */
struct conf {
    struct port_config port;
    struct modem_config modem;
    struct power_command_config power;
    struct power_lines_config lines;
    struct bridge_config bridge;
    struct api_config api; /* listen_fd is not the configuration's: -1 */
    unsigned uplink;       /* enum conf_uplink */
    unsigned tls;          /* enum conf_tls */
    unsigned log_level;    /* enum log_level */
    bool trace;
    bool apn_given;   /* an empty apn was written on purpose: the network chooses */
    unsigned missing; /* bits of enum conf_missing */
    char token_file[CONF_PATH_MAX];
    char pin_file[CONF_PATH_MAX];
    char password_file[CONF_PATH_MAX];
    char wifi_password_file[CONF_PATH_MAX];
    unsigned delivery;               /* enum conf_delivery, never the first */
    uint8_t pin_delivery[PIN_COUNT]; /* enum conf_delivery */
    uint32_t pin_min_interval_ms[PIN_COUNT];
    double pin_deadband[PIN_COUNT];
};

enum conf_type {
    CONF_TYPE_TEXT,         /* char[]: printable, can stand between quotes in a command */
    CONF_TYPE_DIGITS,       /* char[]: min to max digits */
    CONF_TYPE_PATH,         /* char[]: absolute */
    CONF_TYPE_NAME,         /* char[]: a user's or group's name; may be empty */
    CONF_TYPE_SERVER,       /* host:port, into bridge.link */
    CONF_TYPE_LINE,         /* struct gpio_name */
    CONF_TYPE_LIST,         /* char[LINK_FALLBACKS_MAX][]: hosts separated by commas or blanks */
    CONF_TYPE_ADDRESSES,    /* char[MODEM_NAME_SERVERS][]: dotted addresses, separated the same way */
    CONF_TYPE_PROFILE,      /* char[]: "auto" or the name of a modem profile */
    CONF_TYPE_BOOL,         /* bool or int */
    CONF_TYPE_NUMBER,       /* an integer */
    CONF_TYPE_OCTAL,        /* file mode */
    CONF_TYPE_DURATION,     /* milliseconds */
    CONF_TYPE_SIZE,         /* bytes */
    CONF_TYPE_WORD,         /* one of `words`; its index */
    CONF_TYPE_PIN_RULE,     /* [pin V5]: into pin_delivery */
    CONF_TYPE_PIN_INTERVAL, /* [pin V5]: into pin_min_interval_ms */
    CONF_TYPE_PIN_DEADBAND, /* [pin V5]: into pin_deadband */
    CONF_TYPE_ROLE,         /* user.NAME, group.NAME: into api.rules */
};

/* What a changed value costs when the configuration is read again. */
enum conf_apply {
    CONF_APPLY_LIVE,    /* nothing */
    CONF_APPLY_LINK,    /* the link is made anew, if the part says so */
    CONF_APPLY_RESTART, /* the old value stays until the daemon is restarted */
};

struct conf_key {
    const char *section; /* "pin *": any section "pin NAME" */
    const char *name;    /* "user.*": any key that begins so */
    enum conf_type type;
    size_t offset;        /* in struct conf */
    size_t size;          /* of the member; of one element of a list */
    size_t count_offset;  /* of a list: of the size_t that counts */
    const char *fallback; /* the default as one would write it; NULL: none */
    const char *example;  /* shown in the file where there is no default */
    const char *unit;     /* what kind of value, for people */
    uint64_t min;
    uint64_t max;             /* 0: no bound but the type's */
    const char *const *words; /* CONF_TYPE_WORD, CONF_TYPE_ROLE, CONF_TYPE_PIN_RULE; ended by NULL */
    const char *automatic;    /* a word that stands for -1 */
    bool secret;
    enum conf_apply apply;
    const char *help; /* one line */
};

size_t conf_key_count(void);
const struct conf_key *conf_key_at(size_t index);

/* How many elements the list may have; 0: the key is no list. */
size_t conf_list_max(const struct conf_key *key);

/* NULL if there is none. `section` and `name` as written in the file. */
const struct conf_key *conf_key_find(const char *section, const char *name);
/* True for a section that can be in a file, "pin V5" with a pin that exists included. */
bool conf_section_known(const char *section);
/* The pin of "pin V5"; false if it is no such section or there is no such pin. */
bool conf_section_pin(const char *section, pin_id *pin);
/* What [pin V5] says, or else [pins]; never CONF_DELIVER_DEFAULT. */
enum conf_delivery conf_delivery_of(const struct conf *conf, pin_id pin);

/* The nearest known word for "did you mean", NULL if none is near. */
const char *conf_nearest_key(const char *section, const char *name);
const char *conf_nearest_section(const char *section);
/* The section in which a key of this name exists, NULL if none. */
const char *conf_section_of(const char *name);

/* Everything as if the files were empty. */
void conf_defaults(struct conf *conf);
/* Overwrites all of it, secrets included. */
void conf_wipe(struct conf *conf);

/*
 * Reads one value. `section` and `name` as written (they say which pin, which user). 0; -EINVAL with the reason
 * in `why`, which begins with the value unless it is a secret.
 */
int conf_value_set(struct conf *conf, const struct conf_key *key, const char *section, const char *name,
                   const char *text, char why[CONF_WHY_MAX]);

/* The table as a file, every key commented out with its default, unit and help: `blynkd --help-config`. 0, -ENOSPC
 * or -ENOMEM as buf_append(). */
int conf_print(struct buf *out);

enum conf_gravity {
    CONF_WARNING,
    CONF_ERROR,
    CONF_MISSING, /* unfinished: see enum conf_missing */
};

/* What is wrong, all of it, in the order found. */
struct conf_report {
    struct buf lines; /* private */
    unsigned errors;
    unsigned warnings;
    unsigned missing;
    unsigned left_out; /* private: findings past the bound */
};

void conf_report_init(struct conf_report *report);
void conf_report_free(struct conf_report *report);
/* `line` 0: none; `file` NULL: none. */
void conf_report_add(struct conf_report *report, enum conf_gravity gravity, const char *file, unsigned line,
                     const char *format, ...) __attribute__((format(printf, 5, 6)));
/* One call a finding, "blynkd.conf:12: [blynk] ...". */
typedef void conf_finding_fn(void *arg, enum conf_gravity gravity, const char *text);
void conf_report_each(const struct conf_report *report, conf_finding_fn *finding, void *arg);

/* Where a key was last set. */
struct conf_place {
    unsigned file; /* 1 based; 0: nowhere */
    unsigned line;
};

#define CONF_KEYS_MAX  128
#define CONF_PIN_RULES 3 /* kinds of keys that a pin's own section has */

/* Where each value came from: kept beside the configuration by whoever wants to show it. */
struct conf_origins {
    char files[1 + CONF_DROPINS_MAX][CONF_PATH_MAX]; /* as they are shown */
    unsigned file_count;
    struct conf_place places[CONF_KEYS_MAX]; /* by index of the key */
    struct conf_place pin_places[CONF_PIN_RULES][PIN_COUNT];
    struct conf_place rule_places[API_RULES_MAX]; /* of api.rules */
    char secrets[CONF_KEYS_MAX][24]; /* "credential token", "token_file": not written as the key itself */
};

/* Which of the kinds of a pin's own keys it is; -1: none. */
int conf_pin_rule(const struct conf_key *key);

/* One value as it is in force. */
struct conf_item {
    const struct conf_key *key;
    const char *section; /* "pin V5" */
    const char *name;    /* "user.pi" */
    const char *value;   /* as one would write it; "****" for a secret, "" for one that is not there */
    const char *origin;  /* "default", "/etc/blynkd/blynkd.conf:12", "credential token" */
};
typedef void conf_item_fn(void *arg, const struct conf_item *item);
/* All keys in the order of the table; pins, users and groups only if a file names them. */
void conf_each(const struct conf *conf, const struct conf_origins *origins, conf_item_fn *item, void *arg);
/* One value as it would be written in a file; "" if there is none. For a pin's key: `index` is the pin, for [access]
 * the rule. */
void conf_value_format(const struct conf *conf, const struct conf_key *key, size_t index, char *out,
                       size_t size);

/* What is missing: "[blynk] token and [network] apn", or "". */
const char *conf_missing_words(unsigned missing);

struct conf_request {
    const char *path;
    const char *dropins_of; /* NULL: of `path`. A candidate is read with those of the file it is to replace */
    struct buf *files;      /* gets the names of what was read, separated by blanks; NULL: not wanted */
    struct conf_origins *origins; /* NULL: not wanted */
};
/* As conf_load(). */
int conf_load_request(const struct conf_request *request, struct conf *conf, struct conf_report *report);

/*
 * Reads `path`, the drop-ins in `path`.d, and the files and credentials that hold secrets; checks everything and
 * registers the secrets with secret_add(). 0, or -EINVAL if the report has errors (then `conf` is wiped). What is
 * missing is no error.
 * `files` (may be NULL) gets the names of what was read, separated by blanks.
 */
int conf_load(const char *path, struct conf *conf, struct conf_report *report, struct buf *files);

/* One call for each key whose value differs. Access and pin rules are compared as a whole. */
typedef void conf_change_fn(void *arg, const struct conf_key *key);
void conf_compare(const struct conf *before, const struct conf *after, conf_change_fn *change, void *arg);
/* Puts the value that `from` has for this key into `conf`. */
void conf_copy_value(struct conf *conf, const struct conf *from, const struct conf_key *key);

#endif
