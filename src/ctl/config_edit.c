#include "config_edit.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

/* ---- what is asked for --------------------------------------------------------------------------------- */

int config_key_parse(const char *text, struct config_key *key)
{
    const char *point = strrchr(text, '.');
    size_t section = point ? (size_t)(point - text) : 0;

    if (!section || section >= sizeof(key->section) || !point[1] || strlen(point + 1) >= sizeof(key->key) ||
        strspn(point + 1, LETTERS) != strlen(point + 1) || strspn(text, LETTERS " ") < section) {
        return -EINVAL;
    }
    snprintf(key->section, sizeof(key->section), "%.*s", (int)section, text);
    snprintf(key->key, sizeof(key->key), "%s", point + 1);
    return 0;
}

const char *config_value_check(const char *value)
{
    size_t len = strlen(value);

    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)value[i] < ' ' || value[i] == 0x7f) {
            return "it has a control character";
        }
    }
    if (len && (value[0] == ' ' || value[len - 1] == ' ')) {
        return "blanks around a value are not kept";
    }
    return strstr(value, " ;") || value[0] == ';' ? "\" ;\" begins a comment" : NULL;
}

/* ---- lines --------------------------------------------------------------------------------------------- */

struct line {
    const char *begin;
    size_t len; /* with its line end */
};

static bool next_line(const char **text, struct line *line)
{
    const char *end = strchr(*text, '\n');

    line->begin = *text;
    line->len = end ? (size_t)(end - *text) + 1 : strlen(*text);
    *text += line->len;
    return line->len > 0;
}

static const char *skip_blanks(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t')) {
        at++;
    }
    return at;
}

static bool is_header(const struct line *line, const char **name, size_t *len)
{
    const char *end = line->begin + line->len;
    const char *at = skip_blanks(line->begin, end);
    const char *close = at < end && *at == '[' ? memchr(at, ']', (size_t)(end - at)) : NULL;

    if (!close) {
        return false;
    }
    *name = at + 1;
    *len = (size_t)(close - at - 1);
    return true;
}

static bool is_blank(const struct line *line)
{
    for (size_t i = 0; i < line->len; i++) {
        if (!isspace((unsigned char)line->begin[i])) {
            return false;
        }
    }
    return true;
}

/* "key =", or "#key =" where is_example. */
static bool is_key(const struct line *line, const char *key, bool is_example)
{
    const char *end = line->begin + line->len;
    const char *at = skip_blanks(line->begin, end);
    size_t len = strlen(key);

    if (is_example) {
        if (at == end || *at != '#') {
            return false;
        }
        at++;
    }
    if ((size_t)(end - at) <= len || strncasecmp(at, key, len) != 0) {
        return false;
    }
    at = skip_blanks(at + len, end);
    return at < end && *at == '=';
}

/* ---- where it goes ------------------------------------------------------------------------------------- */

/* Line numbers from 1; 0: there is none. */
struct place {
    unsigned active;  /* replaced */
    unsigned example; /* the new line goes behind it */
    unsigned last;    /* of the section that says something */
};

static struct place find_place(const char *text, const struct config_key *key)
{
    struct place place = {0};
    struct line line;
    bool inside = false;

    for (unsigned number = 1; next_line(&text, &line); number++) {
        const char *name;
        size_t len;
        if (is_header(&line, &name, &len)) {
            inside = len == strlen(key->section) && strncasecmp(name, key->section, len) == 0;
        }
        if (!inside) {
            continue;
        }
        place.last = is_blank(&line) ? place.last : number;
        place.active = is_key(&line, key->key, false) ? number : place.active; /* the last one counts */
        place.example = is_key(&line, key->key, true) ? number : place.example;
    }
    return place;
}

/* ---- the new text -------------------------------------------------------------------------------------- */

/* " ; why it is so", or the end. */
static const char *comment_of(const struct line *line)
{
    for (size_t i = 1; i < line->len; i++) {
        if (line->begin[i] == ';' && (line->begin[i - 1] == ' ' || line->begin[i - 1] == '\t')) {
            return line->begin + i - 1;
        }
    }
    return NULL;
}

static void write_replaced(const struct line *line, const char *key, const char *value, FILE *out)
{
    const char *comment = comment_of(line);
    const char *end = line->begin + line->len;

    fprintf(out, "%s = %s", key, value);
    if (comment) {
        fwrite(comment, 1, (size_t)(end - comment), out);
    }
    if (!comment || end[-1] != '\n') {
        fputc('\n', out);
    }
}

int config_edit(const char *text, const struct config_key *key, const char *value, FILE *out)
{
    struct place place = find_place(text, key);
    unsigned behind = place.example ? place.example : place.last;
    struct line line = {.len = 0};

    for (unsigned number = 1; next_line(&text, &line); number++) {
        if (number == place.active) {
            write_replaced(&line, key->key, value, out);
            continue;
        }
        fwrite(line.begin, 1, line.len, out);
        bool ends = line.begin[line.len - 1] == '\n';
        if (!place.active && number == behind) {
            fprintf(out, "%s%s = %s\n", ends ? "" : "\n", key->key, value);
        } else if (!ends && !place.last) {
            fputc('\n', out);
        }
    }
    if (!place.last) {
        fprintf(out, "\n[%s]\n%s = %s\n", key->section, key->key, value);
    }
    return ferror(out) ? -EIO : 0;
}
