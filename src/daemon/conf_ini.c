#include "conf_load.h"

#include "blynkd/base/secret.h"

#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ECHO_MAX                                                                                             \
    24 /* a longer key is not repeated in a message: it might be a token pasted without its key */

/* inih asks for lines and tells keys; between the two stands what only we know: line numbers, and which line
 * nothing came of. */
struct reader {
    struct conf_loader *loader;
    const char *at;
    const char *end;
    unsigned line;
    bool pending;      /* a line that must become a key was handed over */
    bool skip_section; /* the section is unknown: that was said, its keys are not looked at */
};

__attribute__((format(printf, 3, 4))) static void complain(struct reader *reader, bool is_error,
                                                           const char *format, ...)
{
    char words[CONF_WHY_MAX + 200];
    va_list args;

    va_start(args, format);
    vsnprintf(words, sizeof(words), format, args);
    va_end(args);
    conf_report_add(reader->loader->report, is_error ? CONF_ERROR : CONF_WARNING,
                    conf_loader_file(reader->loader), reader->line, "%s", words);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static void settle_pending(struct reader *reader)
{
    if (reader->pending) {
        complain(reader, true, "not a line of the form `key = value`");
    }
    reader->pending = false;
}

/* Takes the next line, without blanks around it; false at the end of the text. */
static bool next_line(struct reader *reader, const char **line, size_t *len)
{
    if (reader->at == reader->end) {
        return false;
    }
    const char *newline = memchr(reader->at, '\n', (size_t)(reader->end - reader->at));
    const char *stop = newline ? newline : reader->end;

    *line = reader->at;
    reader->at = newline ? newline + 1 : reader->end;
    reader->line++;
    while (*line < stop && is_blank(**line)) {
        ++*line;
    }
    while (stop > *line && (is_blank(stop[-1]) || stop[-1] == '\r')) {
        stop--;
    }
    *len = (size_t)(stop - *line);
    return true;
}

static bool has_control(const char *line, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (((unsigned char)line[i] < ' ' && line[i] != '\t') || line[i] == 0x7F) {
            return true;
        }
    }
    return false;
}

/* "pinV5", "pinV300": somebody meant a pin's own section. */
static bool means_pin(const char *section)
{
    return strncmp(section, "pin", 3) == 0 && strpbrk(section, "0123456789");
}

static void say_unknown_section(struct reader *reader, const char *section)
{
    const char *near = conf_nearest_section(section);

    if (strlen(section) > ECHO_MAX) {
        complain(reader, true, "no section has a name of %zu letters", strlen(section));
    } else if (strncmp(section, "pin ", 4) == 0) {
        complain(reader, true, "[%s]: there is no such pin; V0 to V255, D0..., A0...", section);
    } else if (means_pin(section)) {
        complain(reader, true, "[%s]: no such section; a pin's own is written [pin V5]", section);
    } else {
        complain(reader, true, "[%s]: no such section%s%s%s", section, near ? "; did you mean [" : "",
                 near ? near : "", near ? "]?" : "");
    }
}

/* Looks at a line that begins with '['; false if inih must not see it. */
static bool check_section(struct reader *reader, const char *line, size_t len)
{
    char section[CONF_WHY_MAX];
    const char *close = memchr(line, ']', len);
    size_t section_len = close ? (size_t)(close - line) - 1 : 0;

    reader->skip_section = true;
    if (!close) {
        complain(reader, true, "a section's name ends with ]");
        return false;
    }
    section_len = section_len < sizeof(section) ? section_len : sizeof(section) - 1;
    memcpy(section, line + 1, section_len);
    section[section_len] = '\0';
    if (!conf_section_known(section)) {
        say_unknown_section(reader, section);
        secret_wipe(section, sizeof(section));
        return false;
    }
    reader->skip_section = false;
    return true;
}

/* True if inih is to see the line. */
static bool check_line(struct reader *reader, const char *line, size_t len, size_t room)
{
    if (len == 0 || *line == '#' || *line == ';') {
        return false;
    }
    if (has_control(line, len)) {
        complain(reader, true, "a control character in the line");
        return false;
    }
    if (*line == '[') {
        return check_section(reader, line, len);
    }
    if (reader->skip_section) {
        return false;
    }
    if (len > room) {
        complain(reader, true, "the line is too long (%zu bytes; at most %zu)", len, room);
        return false;
    }
    reader->pending = true;
    return true;
}

/* In the manner of fgets(). Blanks at the beginning are gone, so inih sees no continuation lines. */
static char *read_line(char *out, int size, void *stream)
{
    struct reader *reader = stream;
    size_t room = size > 2 ? (size_t)size - 2 : 0;
    const char *line;
    size_t len;

    settle_pending(reader);
    if (!next_line(reader, &line, &len)) {
        secret_wipe(out, (size_t)size); /* inih's own buffer still holds the last lines */
        return NULL;
    }
    if (!check_line(reader, line, len, room)) {
        len = 0;
    }
    if (len > room) {
        len = room;
    }
    memcpy(out, line, len);
    out[len] = '\n';
    out[len + 1] = '\0';
    return out;
}

static void say_unknown_key(struct reader *reader, const char *section, const char *name)
{
    const char *near = conf_nearest_key(section, name);
    const char *elsewhere = conf_section_of(name);

    if (strlen(name) > ECHO_MAX) {
        complain(reader, true, "[%s]: no key has a name of %zu letters", section, strlen(name));
    } else if (elsewhere) {
        complain(reader, true, "[%s] %s: no such key here; it belongs to [%s]", section, name, elsewhere);
    } else if (near) {
        complain(reader, true, "[%s] %s: no such key; did you mean \"%s\"?", section, name, near);
    } else {
        complain(reader, true, "[%s] %s: no such key", section, name);
    }
}

/* Takes the double quotes off that stand around a value; false if there is only one of them. */
static bool unquote(char *value)
{
    size_t len = strlen(value);

    if (value[0] != '"') {
        return true;
    }
    if (len < 2 || value[len - 1] != '"') {
        return false;
    }
    memmove(value, value + 1, len - 2);
    value[len - 2] = '\0';
    return true;
}

static void remember_rule(struct conf_loader *loader, const char *name, const struct conf_place *place)
{
    const struct api_config *api = &loader->conf->api;

    for (size_t i = 0; i < api->rule_count; i++) {
        if (api->rules[i].is_group == (name[0] == 'g') &&
            strcmp(api->rules[i].name, strchr(name, '.') + 1) == 0) {
            loader->origins.rule_places[i] = *place;
        }
    }
}

/* Keys of many sections or names (pins, users) share one place; for them a second line is no surprise. */
static void remember_place(struct reader *reader, const struct conf_key *key, const char *section,
                           const char *name)
{
    struct conf_loader *loader = reader->loader;
    struct conf_place *place = &loader->origins.places[key - conf_key_at(0)];
    pin_id pin;

    if (place->file == loader->origins.file_count && strcmp(key->name, name) == 0 &&
        strcmp(key->section, section) == 0) {
        complain(reader, false, "[%s] %s is also in line %u; this one counts", section, name, place->line);
    }
    *place = (struct conf_place){loader->origins.file_count, reader->line};
    if (conf_pin_rule(key) >= 0 && conf_section_pin(section, &pin)) {
        loader->origins.pin_places[conf_pin_rule(key)][pin] = *place;
    }
    if (key->type == CONF_TYPE_ROLE) {
        remember_rule(loader, name, place);
    }
}

static void take_value(struct reader *reader, const struct conf_key *key, const char *section,
                       const char *name, const char *text)
{
    char value[512];
    char why[CONF_WHY_MAX];
    size_t len = strlen(text);

    if (len >= sizeof(value)) {
        complain(reader, true, "[%s] %s: the value is too long", section, name);
        return;
    }
    memcpy(value, text, len + 1);
    if (!unquote(value)) {
        reader->loader->refused[key - conf_key_at(0)] = true;
        complain(reader, true, "[%s] %s: a double quote at the beginning of the value, but none at its end",
                 section, name);
    } else if (conf_value_set(reader->loader->conf, key, section, name, value, why) != 0) {
        reader->loader->refused[key - conf_key_at(0)] = true;
        complain(reader, true, "[%s] %s: %s", section, name, why);
    }
    if (key->secret) {
        conf_secret_register(reader->loader, key);
    }
    remember_place(reader, key, section, name);
    secret_wipe(value, sizeof(value));
}

static int on_key(void *user, const char *section, const char *name, const char *value)
{
    struct reader *reader = user;
    const struct conf_key *key = conf_key_find(section, name);

    reader->pending = false;
    if (!section[0]) {
        complain(reader, true, "a key before the first [section]");
    } else if (!key) {
        say_unknown_key(reader, section, name);
    } else {
        take_value(reader, key, section, name, value);
    }
    return 1;
}

void conf_ini_parse(struct conf_loader *loader, const char *text, size_t len)
{
    static const char bom[] = "\xEF\xBB\xBF";
    struct reader reader = {.loader = loader, .at = text, .end = text + len};

    if (memchr(text, '\0', len)) {
        conf_report_add(loader->report, CONF_ERROR, conf_loader_file(loader), 0,
                        "has zero bytes: this is not a text file");
        loader->unread = true;
        return;
    }
    if (len >= strlen(bom) && memcmp(text, bom, strlen(bom)) == 0) {
        reader.at += strlen(bom);
    }
    if (ini_parse_stream(read_line, &reader, on_key, &reader) == -2) {
        conf_report_add(loader->report, CONF_ERROR, conf_loader_file(loader), 0, "no memory to read it");
    }
}
