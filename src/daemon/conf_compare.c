#include "conf.h"

#include <string.h>

/* Where the value of a key is; a list and the server have a second part. */
struct extent {
    size_t offset;
    size_t size;
};

size_t conf_list_max(const struct conf_key *key)
{
    switch (key->type) {
    case CONF_TYPE_LIST:
        return LINK_FALLBACKS_MAX;
    case CONF_TYPE_ADDRESSES:
        return MODEM_NAME_SERVERS;
    default:
        return 0;
    }
}

static struct extent main_part(const struct conf_key *key)
{
    size_t elements = conf_list_max(key);

    return (struct extent){key->offset, key->size * (elements > 0 ? elements : 1)};
}

static struct extent second_part(const struct conf_key *key)
{
    if (conf_list_max(key) > 0) {
        return (struct extent){key->count_offset, sizeof(size_t)};
    }
    if (key->type == CONF_TYPE_SERVER) {
        return (struct extent){offsetof(struct conf, bridge.link.port),
                               sizeof(((struct conf *)0)->bridge.link.port)};
    }
    if (key->type == CONF_TYPE_ROLE) {
        return (struct extent){offsetof(struct conf, api.rule_count),
                               sizeof(((struct conf *)0)->api.rule_count)};
    }
    return (struct extent){0, 0};
}

static bool differs(const struct conf *a, const struct conf *b, struct extent extent)
{
    return memcmp((const char *)a + extent.offset, (const char *)b + extent.offset, extent.size) != 0;
}

static void copy(struct conf *to, const struct conf *from, struct extent extent)
{
    memcpy((char *)to + extent.offset, (const char *)from + extent.offset, extent.size);
}

void conf_compare(const struct conf *before, const struct conf *after, conf_change_fn *change, void *arg)
{
    const struct conf_key *told = NULL; /* user.* and group.* are one member: told once */

    for (size_t i = 0; i < conf_key_count(); i++) {
        const struct conf_key *key = conf_key_at(i);
        if (told && told->offset == key->offset) {
            continue;
        }
        if (differs(before, after, main_part(key)) || differs(before, after, second_part(key))) {
            told = key;
            change(arg, key);
        }
    }
}

void conf_copy_value(struct conf *conf, const struct conf *from, const struct conf_key *key)
{
    copy(conf, from, main_part(key));
    copy(conf, from, second_part(key));
}
