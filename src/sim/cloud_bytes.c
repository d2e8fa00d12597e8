#include "cloud_bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void cloud_die_of_memory(void)
{
    fputs("blynksim cloud: out of memory\n", stderr);
    abort();
}

void *cloud_alloc(size_t size)
{
    void *memory = calloc(1, size);

    if (memory == NULL)
        cloud_die_of_memory();
    return memory;
}

static void cloud_bytes_reserve(struct cloud_bytes *bytes, size_t more)
{
    size_t needed = bytes->len + more;
    size_t capacity = bytes->capacity ? bytes->capacity : 64;
    uint8_t *data;

    if (needed <= bytes->capacity)
        return;
    while (capacity < needed)
        capacity *= 2;
    data = realloc(bytes->data, capacity);
    if (data == NULL)
        cloud_die_of_memory();
    bytes->data = data;
    bytes->capacity = capacity;
}

void cloud_bytes_append(struct cloud_bytes *bytes, const void *data, size_t len)
{
    if (len == 0)
        return;
    cloud_bytes_reserve(bytes, len);
    memcpy(bytes->data + bytes->len, data, len);
    bytes->len += len;
}

void cloud_bytes_append_text(struct cloud_bytes *bytes, const char *text)
{
    cloud_bytes_append(bytes, text, strlen(text));
}

void cloud_bytes_append_byte(struct cloud_bytes *bytes, uint8_t byte)
{
    cloud_bytes_append(bytes, &byte, 1);
}

void cloud_bytes_printf(struct cloud_bytes *bytes, const char *format, ...)
{
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len <= 0)
        return;
    cloud_bytes_reserve(bytes, (size_t)len + 1);
    va_start(args, format);
    vsnprintf((char *)bytes->data + bytes->len, (size_t)len + 1, format, args);
    va_end(args);
    bytes->len += (size_t)len;
}

void cloud_bytes_append_json(struct cloud_bytes *bytes, const void *data, size_t len)
{
    const uint8_t *text = data;

    cloud_bytes_append_byte(bytes, '"');
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '"' || text[i] == '\\')
            cloud_bytes_append_byte(bytes, '\\');
        if (text[i] < 0x20 || text[i] == 0x7f)
            cloud_bytes_printf(bytes, "\\u%04x", text[i]);
        else
            cloud_bytes_append_byte(bytes, text[i]);
    }
    cloud_bytes_append_byte(bytes, '"');
}

/* Length of the well-formed character at `text` (RFC 3629), or minus the length of the ill-formed part to replace. */
static int utf8_next(const uint8_t *text, size_t len)
{
    uint8_t first = text[0];
    uint8_t low = 0x80, high = 0xbf;
    int need;

    if (first < 0x80)
        return 1;
    if (first < 0xc2 || first > 0xf4)
        return -1;
    need = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    if (first == 0xe0)
        low = 0xa0;
    if (first == 0xed)
        high = 0x9f;
    if (first == 0xf0)
        low = 0x90;
    if (first == 0xf4)
        high = 0x8f;
    for (int i = 1; i <= need; i++) {
        if ((size_t)i >= len || text[i] < low || text[i] > high)
            return -i;
        low = 0x80;
        high = 0xbf;
    }
    return need + 1;
}

void cloud_bytes_append_utf8(struct cloud_bytes *bytes, const void *data, size_t len)
{
    const uint8_t *text = data;
    size_t at = 0;

    while (at < len) {
        int step = utf8_next(text + at, len - at);

        if (step > 0)
            cloud_bytes_append(bytes, text + at, (size_t)step);
        else
            cloud_bytes_append(bytes, "\xef\xbf\xbd", 3);
        at += (size_t)abs(step);
    }
}

void cloud_bytes_append_escaped(struct cloud_bytes *bytes, const void *data, size_t len)
{
    const uint8_t *text = data;

    for (size_t i = 0; i < len; i++) {
        if (text[i] >= 0x20 && text[i] < 0x7f && text[i] != '\\')
            cloud_bytes_append_byte(bytes, text[i]);
        else
            cloud_bytes_printf(bytes, "\\x%02x", text[i]);
    }
}

size_t cloud_utf8_count(const void *data, size_t len)
{
    const uint8_t *text = data;
    size_t count = 0;

    for (size_t i = 0; i < len; i++)
        count += (text[i] & 0xc0) != 0x80;
    return count;
}

void cloud_bytes_consume(struct cloud_bytes *bytes, size_t count)
{
    if (count >= bytes->len) {
        bytes->len = 0;
        return;
    }
    memmove(bytes->data, bytes->data + count, bytes->len - count);
    bytes->len -= count;
}

void cloud_bytes_clear(struct cloud_bytes *bytes)
{
    bytes->len = 0;
}

void cloud_bytes_free(struct cloud_bytes *bytes)
{
    free(bytes->data);
    memset(bytes, 0, sizeof *bytes);
}
