#include "at_parse.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Longest quoted string that the Ai-Thinker manual allows (1.5); host names stay within 100 (8.x). */
#define STRING_MAX 200

/* End of the command that begins at `text`: the next ';' outside of quotes. */
static size_t extended_length(const char *text, bool escapes)
{
    bool quoted = false;
    size_t i;

    for (i = 0; text[i] != '\0' && (quoted || text[i] != ';'); i++) {
        if (escapes && quoted && text[i] == '\\' && text[i + 1] != '\0')
            i++;
        else if (text[i] == '"')
            quoted = !quoted;
    }
    return i;
}

/* One argument out of `from` into itself without quotes and escapes; returns where the next one begins. */
static char *take_argument(char *from, bool escapes, struct at_arg *arg)
{
    char *to = from;
    bool quoted = false;

    arg->text = from;
    arg->quoted = *from == '"';
    for (; *from != '\0' && (quoted || *from != ','); from++) {
        if (escapes && quoted && *from == '\\' && from[1] != '\0')
            *to++ = *++from;
        else if (*from == '"')
            quoted = !quoted;
        else
            *to++ = *from;
    }
    if (*from == ',') {
        *to = '\0';
        return from + 1;
    }
    *to = '\0';
    return NULL;
}

static bool take_arguments(struct at_parsed *out, bool escapes)
{
    char *next = out->copy;

    while (next != NULL) {
        struct at_arg *arg;

        if (out->call.argc == AT_ARGS_MAX)
            return false;
        arg = &out->call.arg[out->call.argc++];
        next = take_argument(next, escapes, arg);
        if (strlen(arg->text) > STRING_MAX)
            return false;
    }
    return true;
}

static bool parse_extended(const char *text, size_t length, bool escapes, struct at_parsed *out)
{
    size_t name = strcspn(text, "=?;");

    if (name > length)
        name = length;
    if (name >= sizeof out->name || memchr(text, ' ', name) != NULL)
        return false;
    snprintf(out->name, sizeof out->name, "%.*s", (int)name, text);
    out->call.kind = AT_EXEC;
    if (name == length)
        return true;
    if (text[name] == '?')
        out->call.kind = AT_QUERY;
    else if (length == name + 2 && text[name + 1] == '?')
        out->call.kind = AT_TEST;
    else
        out->call.kind = AT_SET;
    if (out->call.kind != AT_SET)
        return length == name + (out->call.kind == AT_QUERY ? 1 : 2);
    snprintf(out->copy, sizeof out->copy, "%.*s", (int)(length - name - 1), text + name + 1);
    snprintf(out->raw, sizeof out->raw, "%s", out->copy);
    out->call.raw = out->raw;
    return take_arguments(out, escapes);
}

/* E0, &W, S0=1: a letter, perhaps with '&' before and a number behind. */
static size_t parse_basic(const char *text, struct at_parsed *out)
{
    size_t name = text[0] == '&' ? 2 : 1;
    size_t digits;

    if (!isalpha((unsigned char)text[name - 1]))
        return 0;
    snprintf(out->name, sizeof out->name, "%.*s", (int)name, text);
    digits = strspn(text + name, "0123456789");
    out->call.kind = digits > 0 ? AT_SET : AT_EXEC;
    snprintf(out->copy, sizeof out->copy, "%.*s", (int)digits, text + name);
    out->call.arg[0].text = out->copy;
    out->call.argc = digits > 0 ? 1 : 0;
    return name + digits;
}

bool at_parse_next(const char *text, size_t *position, bool escapes, struct at_parsed *out)
{
    const char *at = text + *position;
    size_t length;

    memset(out, 0, sizeof *out);
    out->call.raw = "";
    if (strchr("+^*$#%", at[0]) == NULL) {
        length = parse_basic(at, out);
        *position += length + (length > 0 && at[length] == ';');
        return length > 0;
    }
    length = extended_length(at, escapes);
    *position += length + (at[length] == ';');
    return parse_extended(at, length, escapes, out);
}
