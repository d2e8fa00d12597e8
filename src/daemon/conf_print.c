#include "conf.h"

#include <string.h>

static const char head[] =
    "# blynkd.conf - configuration of blynkd(8); blynkd.conf(5) explains it.\n"
    "#\n"
    "# Every key is here, commented out, with its default. To set up a device, write at least\n"
    "# [network] apn and [blynk] token; until then blynkd runs and waits. `blynkd --check-config` tells what "
    "is wrong with this file.\n"
    "# Files in blynkd.conf.d/*.conf are read after it, in the order of their names.\n"
    "# Times are written 500ms, 10s, 5m, 2h; a comment behind a value begins with \" ;\".\n"
    "# This file holds secrets: it must not be readable by others (chmod o-rwx).\n";

static const char *apply_words(enum conf_apply apply)
{
    switch (apply) {
    case CONF_APPLY_LIVE:
        return "a reload applies it";
    case CONF_APPLY_LINK:
        return "a reload connects anew";
    case CONF_APPLY_RESTART:
        return "needs a restart";
    }
    return "";
}

/* "pin *" is shown as "pin V5", "user.*" as "user.pi". */
static int print_form(struct buf *out, const char *form)
{
    static const char *const samples[][2] = {
        {"pin *", "pin V5"}, {"user.*", "user.pi"}, {"group.*", "group.sensors"}};

    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        if (strcmp(form, samples[i][0]) == 0) {
            return buf_append_text(out, samples[i][1]);
        }
    }
    return buf_append_text(out, form);
}

static int print_section(struct buf *out, const char *section)
{
    int error = buf_append_text(out, "\n[");

    error = error ? error : print_form(out, section);
    return error ? error : buf_append_text(out, "]\n");
}

static int print_key(struct buf *out, const struct conf_key *key)
{
    int error = buf_printf(out, "\n# %s\n# (%s; %s%s; %s)\n#", key->help, key->unit,
                           key->fallback ? "default: " : "no default", key->fallback ? key->fallback : "",
                           apply_words(key->apply));

    error = error ? error : print_form(out, key->name);
    return error ? error : buf_printf(out, " = %s\n", key->fallback ? key->fallback : key->example);
}

int conf_print(struct buf *out)
{
    const char *section = "";
    int error = buf_append_text(out, head);

    for (size_t i = 0; i < conf_key_count() && !error; i++) {
        const struct conf_key *key = conf_key_at(i);
        if (strcmp(section, key->section) != 0) {
            section = key->section;
            error = print_section(out, section);
        }
        error = error ? error : print_key(out, key);
    }
    return error;
}
