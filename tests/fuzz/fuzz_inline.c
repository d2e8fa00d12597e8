/*
 * One inline line of any bytes: the words never outgrow the line, lie in order inside it, and a line that is
 * written anew from them, each byte as \xHH in quotes, reads as the same words.
 */
#include "api/resp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct resp_command command;
static struct resp_command again;

static char *quote_all(size_t *len)
{
    size_t bytes = 2;

    for (size_t i = 0; i < command.count; i++) {
        bytes += command.args[i].len * 4 + 3;
    }
    char *line = malloc(bytes + 1);
    char *at = line;
    for (size_t i = 0; i < command.count; i++) {
        *at++ = '"';
        for (size_t j = 0; j < command.args[i].len; j++) {
            at += sprintf(at, "\\x%02x", (unsigned)(uint8_t)command.args[i].text[j]);
        }
        *at++ = '"';
        *at++ = ' ';
    }
    *at++ = '\n';
    *len = (size_t)(at - line);
    return line;
}

static void check_same(char *line, size_t len)
{
    struct resp_parser parser = {0};

    if (len > RESP_INLINE_MAX) {
        return;
    }
    if (resp_parse(&parser, (uint8_t *)line, len, &again) != RESP_COMMAND || again.count != command.count) {
        abort();
    }
    for (size_t i = 0; i < command.count; i++) {
        if (again.args[i].len != command.args[i].len ||
            memcmp(again.args[i].text, command.args[i].text, again.args[i].len) != 0) {
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct resp_parser parser = {0};

    if (len == 0 || data[0] == '*') {
        return 0;
    }
    uint8_t *line = malloc(len + 1);
    memcpy(line, data, len);
    line[len] = '\n';
    if (resp_parse(&parser, line, len + 1, &command) == RESP_COMMAND) {
        const char *end = (const char *)line;
        for (size_t i = 0; i < command.count; i++) {
            if (command.args[i].text < end ||
                command.args[i].text + command.args[i].len > (char *)line + len) {
                abort();
            }
            end = command.args[i].text + command.args[i].len;
        }
        size_t quoted_len;
        char *quoted = quote_all(&quoted_len);
        check_same(quoted, quoted_len);
        free(quoted);
    }
    free(line);
    return 0;
}
