/*
 * What the local interface asks of whoever holds the configuration: CONFIG SHOW, CONFIG RELOAD, and the lines about it
 * in LINK and INFO. The holder gives the calls downwards and keeps all it tells; the server keeps a pointer to them.
 * It never sees the value of a secret.
 */
#ifndef BLYNKD_API_SETTINGS_H
#define BLYNKD_API_SETTINGS_H

#include <stdbool.h>

struct api_server;

/* One setting as it is in force; the texts live as long as the call. */
struct api_setting {
    const char *section;
    const char *name;
    const char *value;  /* "****" for a secret, "" for one that is not there */
    const char *origin; /* "default", a file and line, a credential */
    const char *change; /* what a change costs: "live", "link" (a new connection), "restart" */
    bool waits_restart; /* the file says something else, which counts from the next start on */
    bool is_secret;
    const char *help; /* one line */
};
typedef void api_setting_fn(void *to, const struct api_setting *setting);

struct api_settings_ops {
    void (*each)(void *arg, api_setting_fn *tell, void *to);
    bool (*reload)(void *arg);         /* false: refused, and all stays as it was */
    const char *(*refused)(void *arg); /* why the last reload was; "": it was not */
    const char *(*missing)(void *arg); /* what has to be configured yet; "": nothing */
};

/* Before api_server_listen(). `file` is named to people; both must outlive the server. */
void api_server_set_settings(struct api_server *server, const struct api_settings_ops *ops, const char *file,
                             void *arg);

#endif
