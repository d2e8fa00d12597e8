/* Patterns against hostile lines: pattern up to the first zero byte, the line behind it. */
#include "blynkd/base/pattern.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void check_match(const struct pattern_match *match, const char *line, size_t len)
{
    char out[16];

    assert(match->count <= PATTERN_CAPTURES);
    for (size_t i = 0; i < match->count; i++) {
        const struct pattern_capture *capture = &match->captures[i];
        assert(capture->text >= line);
        assert(capture->text + capture->len <= line + len);
        pattern_copy(match, i, out, sizeof(out));
        assert(strlen(out) == (capture->len < sizeof(out) ? capture->len : sizeof(out) - 1));
    }
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static const char *const real[] = {"+CREG: %d,%d*",  "+COPS: %d,%d,%q,%d", "+CDNSGIP: %d,%q,%i",
                                       "%d, CONNECT OK", "+RECEIVE,%d,%d:",    NULL};
    const unsigned char *zero = memchr(data, 0, size);
    struct pattern_match match;

    if (!zero) {
        return 0;
    }
    /* Copies of exact size, so that a read beyond an end is seen. */
    size_t pattern_size = (size_t)(zero - data) + 1;
    size_t len = size - pattern_size;
    char *pattern = malloc(pattern_size);
    char *line = malloc(len ? len : 1);
    if (pattern && line) {
        memcpy(pattern, data, pattern_size);
        memcpy(line, data + pattern_size, len);
        bool well_formed = pattern_check(pattern) == NULL;
        bool matches = pattern_matches(pattern, line, len, &match);
        check_match(&match, line, len);
        assert(well_formed || !matches || match.count <= PATTERN_CAPTURES);
        pattern_find(real, line, len, &match);
        check_match(&match, line, len);
    }
    free(pattern);
    free(line);
    return 0;
}
