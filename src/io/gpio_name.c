#include "blynkd/base/scan.h"
#include "blynkd/io/gpio.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define OFFSET_MAX 1023 /* far beyond any chip */

static int set_chip(struct gpio_name *name, const char *text, size_t len)
{
    static const char dev[] = "/dev/";
    bool is_path = len > strlen(dev) && strncmp(text, dev, strlen(dev)) == 0;

    if (len == 0 || (!is_path && memchr(text, '/', len)) || len + sizeof(dev) > sizeof(name->chip)) {
        return -EINVAL;
    }
    snprintf(name->chip, sizeof(name->chip), "%s%.*s", is_path ? "" : dev, (int)len, text);
    return 0;
}

static int set_level(struct gpio_name *name, const char *text)
{
    text += strspn(text, " \t");
    name->active_low = strcmp(text, "low") == 0;
    return name->active_low || text[0] == '\0' || strcmp(text, "high") == 0 ? 0 : -EINVAL;
}

int gpio_name_parse(const char *text, struct gpio_name *name)
{
    const char *colon = strrchr(text, ':');
    char digits[8];
    uint64_t offset;

    memset(name, 0, sizeof(*name));
    if (!colon) {
        return -EINVAL;
    }
    size_t len = strspn(colon + 1, "0123456789");
    const char *level = colon + 1 + len;
    if (len == 0 || len >= sizeof(digits) || (level[0] != '\0' && level[0] != ' ' && level[0] != '\t')) {
        return -EINVAL;
    }
    snprintf(digits, sizeof(digits), "%.*s", (int)len, colon + 1);
    if (scan_uint64(digits, OFFSET_MAX, &offset) != 0 || set_level(name, level) != 0 ||
        set_chip(name, text, (size_t)(colon - text)) != 0) {
        memset(name, 0, sizeof(*name));
        return -EINVAL;
    }
    name->offset = (unsigned)offset;
    return 0;
}
