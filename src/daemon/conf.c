#include "conf_load.h"

#include "blynkd/base/secret.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is no key: a person has no reason to turn these. */
static void set_constants(struct conf *conf)
{
    static const uint32_t refused_ms[] = {60000, 5 * 60000, 15 * 60000, 60 * 60000}; /* protocol sheet, 10 */

    api_config_init(&conf->api);
    memcpy(conf->bridge.link.refused_ms, refused_ms, sizeof(refused_ms));
    conf->bridge.link.lasted_ms = 60000;
    conf->bridge.request_ms = 15000;
}

void conf_share_tls(struct conf *conf)
{
    conf->bridge.link.tls = conf->tls == CONF_TLS_YES;
    conf->bridge.link.tls_by_modem = conf->tls == CONF_TLS_MODEM;
    conf->modem.tls = conf->tls == CONF_TLS_MODEM;
}

void conf_defaults(struct conf *conf)
{
    char why[CONF_WHY_MAX];

    memset(conf, 0, sizeof(*conf));
    set_constants(conf);
    for (size_t i = 0; i < conf_key_count(); i++) {
        const struct conf_key *key = conf_key_at(i);
        if (key->fallback) {
            int error = conf_value_set(conf, key, key->section, key->name, key->fallback, why);
            assert(!error);
            (void)error;
        }
    }
    conf_share_tls(conf);
}

enum conf_delivery conf_delivery_of(const struct conf *conf, pin_id pin)
{
    unsigned own = conf->pin_delivery[pin];

    return (enum conf_delivery)(own == CONF_DELIVER_DEFAULT ? conf->delivery : own);
}

void conf_wipe(struct conf *conf)
{
    secret_wipe(conf, sizeof(*conf));
}

const char *conf_loader_file(const struct conf_loader *loader)
{
    return loader->origins.file_count ? loader->origins.files[loader->origins.file_count - 1] : "(no file)";
}

struct conf_place conf_loader_place(const struct conf_loader *loader, const struct conf_key *key,
                                    const char **file)
{
    struct conf_place place = loader->origins.places[key - conf_key_at(0)];

    *file = place.file ? loader->origins.files[place.file - 1] : NULL;
    return place;
}

bool conf_loader_has_secret(const struct conf_loader *loader)
{
    for (size_t i = 0; i < conf_key_count(); i++) {
        if (conf_key_at(i)->secret && loader->origins.places[i].file == loader->origins.file_count) {
            return true;
        }
    }
    return false;
}

/* Whoever can change the configuration can send the token to a server of his own. */
static void check_mode(struct conf_loader *loader, const char *path, const struct stat *stat)
{
    char why[CONF_WHY_MAX];

    if (conf_loader_has_secret(loader) && conf_file_exposed(path, stat, why)) {
        conf_report_add(loader->report, CONF_ERROR, path, 0, "%s", why);
    } else if (stat->st_mode & S_IWOTH) {
        conf_report_add(loader->report, CONF_ERROR, path, 0, "everybody can change it; mend it: chmod o-w %s",
                        path);
    }
}

static void load_file(struct conf_loader *loader, const char *path)
{
    struct conf_file file;
    char why[CONF_WHY_MAX];

    snprintf(loader->origins.files[loader->origins.file_count++], CONF_PATH_MAX, "%s", path);
    if (conf_file_read(path, CONF_FILE_MAX, &file, why) != 0) {
        conf_report_add(loader->report, CONF_ERROR, path, 0, "%s", why);
        loader->unread = true;
        return;
    }
    conf_ini_parse(loader, file.text, file.len);
    check_mode(loader, path, &file.stat);
    conf_file_free(&file);
}

static int is_dropin(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);

    return entry->d_name[0] != '.' && len > strlen(".conf") && strcmp(entry->d_name + len - 5, ".conf") == 0;
}

/* By bytes, not by the locale as alphasort() would: the order must be the same everywhere. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void load_dropin(struct conf_loader *loader, const char *directory, const char *name)
{
    char path[CONF_PATH_MAX];

    if (loader->origins.file_count == 1 + CONF_DROPINS_MAX) {
        conf_report_add(loader->report, CONF_ERROR, directory, 0, "more than %d files", CONF_DROPINS_MAX);
        return;
    }
    if (snprintf(path, sizeof(path), "%s/%s", directory, name) >= (int)sizeof(path)) {
        conf_report_add(loader->report, CONF_ERROR, directory, 0, "the name of a file in it is too long");
        return;
    }
    load_file(loader, path);
}

static void load_dropins(struct conf_loader *loader, const char *main_path)
{
    char directory[CONF_PATH_MAX];
    struct dirent **entries = NULL;

    if (snprintf(directory, sizeof(directory), "%s.d", main_path) >= (int)sizeof(directory)) {
        return;
    }
    int count = scandir(directory, &entries, is_dropin, by_name);
    if (count < 0 && errno != ENOENT && errno != ENOTDIR) {
        conf_report_add(loader->report, CONF_ERROR, directory, 0, "%s", strerror(errno));
    }
    for (int i = 0; i < count; i++) {
        /* One "too many" is enough. */
        if (i <= CONF_DROPINS_MAX) {
            load_dropin(loader, directory, entries[i]->d_name);
        }
        free(entries[i]);
    }
    free(entries);
}

static void list_files(const struct conf_loader *loader, struct buf *files)
{
    for (unsigned i = 0; i < loader->origins.file_count; i++) {
        (void)buf_printf(files, "%s%s", i ? " " : "", loader->origins.files[i]);
    }
    (void)buf_append(files, "", 1);
}

int conf_load_request(const struct conf_request *request, struct conf *conf, struct conf_report *report)
{
    struct conf_loader *loader = calloc(1, sizeof(*loader));

    conf_defaults(conf);
    if (!loader) {
        conf_report_add(report, CONF_ERROR, request->path, 0, "no memory to read it");
        return -EINVAL;
    }
    assert(conf_key_count() <= CONF_KEYS_MAX);
    loader->conf = conf;
    loader->report = report;
    load_file(loader, request->path);
    load_dropins(loader, request->dropins_of ? request->dropins_of : request->path);
    conf_secrets_fetch(loader);
    if (!loader->unread) {
        conf_check(loader);
    }
    if (request->files) {
        list_files(loader, request->files);
    }
    if (request->origins) {
        *request->origins = loader->origins;
    }
    free(loader);
    if (report->errors) {
        conf_wipe(conf);
    }
    return report->errors ? -EINVAL : 0;
}

int conf_load(const char *path, struct conf *conf, struct conf_report *report, struct buf *files)
{
    struct conf_request request = {.path = path, .files = files};

    return conf_load_request(&request, conf, report);
}
