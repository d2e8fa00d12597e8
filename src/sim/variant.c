#include "variant.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct variant_info {
    const char *name, *allowed, *normal, *help;
    unsigned families;
};

static const struct variant_info infos[VARIANT_COUNT] = {
#define VARIANT(id, family, name, allowed, normal, help) [V_##id] = {name, allowed, normal, help, family},
    VARIANT_LIST(VARIANT)
#undef VARIANT
};

static bool is_number(const char *text)
{
    size_t digits = strspn(text, "0123456789");

    return digits > 0 && digits <= 9 && text[digits] == '\0';
}

/* `literal`: the value must stand in the list as a word, '#' and '*' do not count. */
static bool allows(const char *allowed, const char *value, bool literal)
{
    size_t length = strlen(value);

    while (*allowed != '\0') {
        size_t word = strcspn(allowed, "|");

        if (word == length && strncmp(allowed, value, length) == 0)
            return true;
        if (!literal && word == 1 && *allowed == '*')
            return true;
        if (!literal && word == 1 && *allowed == '#' && is_number(value))
            return true;
        allowed += word + (allowed[word] == '|');
    }
    return false;
}

static void store(struct variants *set, enum variant_key key, const char *value)
{
    snprintf(set->value[key], VARIANT_TEXT_MAX, "%s", value);
}

void variants_init(struct variants *set, unsigned families, const struct variant_default *changes)
{
    set->families = families;
    for (int key = 0; key < VARIANT_COUNT; key++)
        store(set, (enum variant_key)key, infos[key].normal);
    for (; changes != NULL && changes->value != NULL; changes++) {
        assert(allows(infos[changes->key].allowed, changes->value, false));
        store(set, changes->key, changes->value);
    }
}

static int find(const struct variants *set, const char *name, size_t length)
{
    for (int key = 0; key < VARIANT_COUNT; key++)
        if ((infos[key].families & set->families) != 0 && strlen(infos[key].name) == length &&
            strncmp(infos[key].name, name, length) == 0)
            return key;
    return -1;
}

static void list_names(const struct variants *set, char *out, size_t room)
{
    size_t used = strlen(out);

    for (int key = 0; key < VARIANT_COUNT && used + 1 < room; key++) {
        if ((infos[key].families & set->families) == 0)
            continue;
        snprintf(out + used, room - used, " %s", infos[key].name);
        used = strlen(out);
    }
}

int variants_set(struct variants *set, const char *assignment, char *problem, size_t room)
{
    size_t length = strcspn(assignment, "=");
    const char *value = assignment + length + 1;
    int key;

    if (assignment[length] != '=') {
        snprintf(problem, room, "a variant is written KEY=VALUE, not '%s'", assignment);
        return -EINVAL;
    }
    key = find(set, assignment, length);
    if (key < 0) {
        snprintf(problem, room, "this profile has no variant '%.*s'; it has:", (int)length, assignment);
        list_names(set, problem, room);
        return -ENOENT;
    }
    if (!allows(infos[key].allowed, value, false) || strlen(value) >= VARIANT_TEXT_MAX) {
        snprintf(problem, room, "variant %s cannot be '%s'; allowed: %s", infos[key].name, value,
                 infos[key].allowed);
        return -EINVAL;
    }
    store(set, (enum variant_key)key, value);
    return 0;
}

void variants_print(const struct variants *set)
{
    for (int key = 0; key < VARIANT_COUNT; key++)
        if ((infos[key].families & set->families) != 0)
            printf("%s=%s\n    %s (%s)\n", infos[key].name, set->value[key], infos[key].help,
                   infos[key].allowed);
}

bool variant_is(const struct variants *set, enum variant_key key, const char *value)
{
    assert(allows(infos[key].allowed, value, true));
    return strcmp(set->value[key], value) == 0;
}

bool variant_on(const struct variants *set, enum variant_key key)
{
    return variant_is(set, key, "on");
}

long variant_number(const struct variants *set, enum variant_key key)
{
    return strtol(set->value[key], NULL, 10);
}

const char *variant_text(const struct variants *set, enum variant_key key)
{
    return set->value[key];
}
