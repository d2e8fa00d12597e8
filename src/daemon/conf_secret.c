#include "conf_load.h"

#include "blynkd/base/secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECRET_FILE_MAX 512 /* bytes: the longest secret, a line end, some blanks */

/* A secret, and the two other ways to give it. */
struct source {
    const char *section;
    const char *name;
    const char *file_name;  /* key that names a file */
    size_t file_offset;     /* where that name is */
    const char *credential; /* systemd.exec(5), LoadCredential= */
};

static const struct source sources[] = {
    {"blynk", "token", "token_file", offsetof(struct conf, token_file), "token"},
    {"modem", "pin", "pin_file", offsetof(struct conf, pin_file), "pin"},
    {"network", "password", "password_file", offsetof(struct conf, password_file), "password"},
    {"wifi", "password", "password_file", offsetof(struct conf, wifi_password_file), "wifi_password"},
};

static char *value_of(struct conf *conf, const struct conf_key *key)
{
    return (char *)conf + key->offset;
}

/* Shorter values cannot be told from ordinary text and are not masked (base/secret.h). */
void conf_secret_register(struct conf_loader *loader, const struct conf_key *key)
{
    const char *value = value_of(loader->conf, key);

    if (strlen(value) < SECRET_MIN_BYTES) {
        return;
    }
    if (secret_add(value) != 0) {
        conf_report_add(loader->report, CONF_ERROR, NULL, 0,
                        "[%s] %s: too many different secrets since the start; restart the daemon",
                        key->section, key->name);
    }
}

/* Cuts the line end and blanks off the end; false if more than one line remains. */
static bool trim(char *text)
{
    size_t len = strlen(text);

    while (len && strchr(" \t\r\n", text[len - 1])) {
        text[--len] = '\0';
    }
    return !strpbrk(text, "\r\n");
}

static void take_secret(struct conf_loader *loader, const struct conf_key *key, struct conf_file *file,
                        const char *shown, bool must_hide)
{
    char why[CONF_WHY_MAX];

    if (must_hide && conf_file_exposed(shown, &file->stat, why)) {
        conf_report_add(loader->report, CONF_ERROR, shown, 0, "%s", why);
    }
    if (strlen(file->text) != file->len || !trim(file->text)) {
        conf_report_add(loader->report, CONF_ERROR, shown, 0,
                        "must hold one line of text, the %s, and nothing else", key->name);
        return;
    }
    if (!file->text[0]) {
        conf_report_add(loader->report, CONF_ERROR, shown, 0, "is empty");
        return;
    }
    if (conf_value_set(loader->conf, key, key->section, key->name, file->text, why) != 0) {
        loader->refused[key - conf_key_at(0)] = true;
        conf_report_add(loader->report, CONF_ERROR, shown, 0, "%s: %s", key->name, why);
    }
    conf_secret_register(loader, key);
}

static void fetch_file(struct conf_loader *loader, const struct source *source, const char *path)
{
    const struct conf_key *key = conf_key_find(source->section, source->name);
    const struct conf_key *file_key = conf_key_find(source->section, source->file_name);
    struct conf_file file;
    char why[CONF_WHY_MAX];
    const char *from;
    struct conf_place place = conf_loader_place(loader, file_key, &from);

    if (value_of(loader->conf, key)[0]) {
        conf_report_add(loader->report, CONF_ERROR, from, place.line, "[%s] has both %s and %s; remove one",
                        source->section, source->name, source->file_name);
        return;
    }
    if (conf_file_read(path, SECRET_FILE_MAX, &file, why) != 0) {
        conf_report_add(loader->report, CONF_ERROR, from, place.line, "[%s] %s: %s %s", source->section,
                        source->file_name, path, why);
        return;
    }
    snprintf(loader->origins.secrets[key - conf_key_at(0)], sizeof(loader->origins.secrets[0]), "%s",
             source->file_name);
    take_secret(loader, key, &file, path, true);
    conf_file_free(&file);
}

/* Credentials are protected by systemd itself, with access lists that the mode bits do not show. */
static void fetch_credential(struct conf_loader *loader, const struct source *source)
{
    const struct conf_key *key = conf_key_find(source->section, source->name);
    const char *directory = getenv("CREDENTIALS_DIRECTORY");
    char path[CONF_PATH_MAX];
    struct conf_file file;
    char why[CONF_WHY_MAX];

    if (!directory || value_of(loader->conf, key)[0]) {
        return;
    }
    int len = snprintf(path, sizeof(path), "%s/%s", directory, source->credential);
    if (len >= (int)sizeof(path) || conf_file_read(path, SECRET_FILE_MAX, &file, why) != 0) {
        return; /* not among the credentials of this unit */
    }
    snprintf(loader->origins.secrets[key - conf_key_at(0)], sizeof(loader->origins.secrets[0]),
             "credential %s", source->credential);
    take_secret(loader, key, &file, path, false);
    conf_file_free(&file);
}

void conf_secrets_fetch(struct conf_loader *loader)
{
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
        const struct source *source = &sources[i];
        const char *path = (const char *)loader->conf + source->file_offset;
        if (path[0]) {
            fetch_file(loader, source, path);
        } else {
            fetch_credential(loader, source);
        }
    }
}
