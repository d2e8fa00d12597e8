/*
 * Arrays and inline commands in any pieces. The first byte says how large the pieces are; the parser must give
 * the same commands as for all at once, and never look beyond what it was given (each piece has memory of its own).
 */
#include "api/resp.h"

#include <stdlib.h>
#include <string.h>

static struct resp_command command;

struct result {
    size_t commands;
    size_t bytes;
    uint64_t sum; /* of all argument bytes, in order */
    enum resp_status status;
};

static void add_command(struct result *result)
{
    result->commands++;
    result->bytes += command.bytes;
    for (size_t i = 0; i < command.count; i++) {
        for (size_t j = 0; j < command.args[i].len; j++) {
            result->sum = result->sum * 31 + (uint8_t)command.args[i].text[j] + 1;
        }
        result->sum = result->sum * 31 + 7;
    }
}

static struct result parse_in_pieces(const uint8_t *data, size_t len, size_t piece)
{
    struct result result = {.status = RESP_MORE};
    struct resp_parser parser = {0};
    uint8_t *memory = NULL;
    size_t have = 0;
    size_t taken = 0;

    while (result.status != RESP_BROKEN) {
        result.status = resp_parse(&parser, memory, have, &command);
        if (result.status == RESP_COMMAND) {
            add_command(&result);
            have -= command.bytes;
            memmove(memory, memory + command.bytes, have);
        } else if (result.status == RESP_MORE) {
            size_t more = len - taken < piece ? len - taken : piece;
            if (more == 0) {
                break;
            }
            uint8_t *larger = malloc(have + more);
            if (have > 0) {
                memcpy(larger, memory, have);
            }
            memcpy(larger + have, data + taken, more);
            free(memory);
            memory = larger;
            have += more;
            taken += more;
        }
    }
    free(memory);
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len < 2) {
        return 0;
    }
    struct result at_once = parse_in_pieces(data + 1, len - 1, len);
    struct result in_pieces = parse_in_pieces(data + 1, len - 1, data[0] % 16 + 1U);

    if (at_once.commands != in_pieces.commands || at_once.bytes != in_pieces.bytes ||
        at_once.sum != in_pieces.sum) {
        abort();
    }
    return 0;
}
