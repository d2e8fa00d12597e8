#include "blynkd/at/script.h"

#include <errno.h>
#include <string.h>

#define NAME_SIZE 32

struct output {
    char *out;
    size_t size;
    size_t len;
};

static int put(struct output *output, const char *text, size_t len)
{
    if (len >= output->size - output->len) {
        return -ENOSPC;
    }
    memcpy(output->out + output->len, text, len);
    output->len += len;
    return 0;
}

/* What could end the quotes that the value stands in, or the command. */
static bool is_allowed(const char *value)
{
    for (; *value; value++) {
        unsigned char c = (unsigned char)*value;
        if (c < ' ' || c == 0x7F || c == '"' || c == '\\') {
            return false;
        }
    }
    return true;
}

/* `text` points behind '{', `len` is up to '}'. */
static int put_variable(struct output *output, const char *text, size_t len,
                        const char *(*lookup)(void *arg, const char *name), void *arg)
{
    char name[NAME_SIZE];
    bool optional = len > 0 && text[len - 1] == '?';
    size_t name_len = len - optional;

    if (name_len == 0 || name_len >= sizeof(name)) {
        return -EINVAL;
    }
    memcpy(name, text, name_len);
    name[name_len] = '\0';
    const char *value = lookup ? lookup(arg, name) : NULL;
    if (!value) {
        return optional ? 0 : -ENOENT;
    }
    return is_allowed(value) ? put(output, value, strlen(value)) : -EINVAL;
}

int at_template_fill(const char *template, const char *(*lookup)(void *arg, const char *name), void *arg,
                     char *out, size_t size)
{
    struct output output = {out, size, 0};
    int error = size > 0 ? 0 : -ENOSPC;

    while (*template && !error) {
        size_t plain = strcspn(template, "{");
        error = put(&output, template, plain);
        template += plain;
        if (error || !*template) {
            break;
        }
        const char *end = strchr(template, '}');
        if (!end) {
            error = -EINVAL;
            break;
        }
        error = put_variable(&output, template + 1, (size_t)(end - template) - 1, lookup, arg);
        template = end + 1;
    }
    if (size > 0) {
        out[error ? 0 : output.len] = '\0';
    }
    return error;
}
