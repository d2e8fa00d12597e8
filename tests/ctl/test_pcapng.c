/* Capture files, read back byte by byte: lengths, checksums, sequence numbers, text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctl/pcapng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint8_t *file_bytes;
static size_t file_len;
static struct pcapng pcapng;

static void begin(void)
{
    FILE *file = open_memstream((char **)&file_bytes, &file_len);

    assert_true(pcapng_begin(&pcapng, file));
}

static void end(void)
{
    assert_true(pcapng_close(&pcapng));
}

static uint32_t le32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static uint32_t be16(const uint8_t *at)
{
    return (uint32_t)at[0] << 8 | at[1];
}

static uint32_t be32(const uint8_t *at)
{
    return be16(at) << 16 | be16(at + 2);
}

/* The block of this number; each block's lengths agree, and the last ends where the file does. */
static const uint8_t *block(size_t wanted, uint32_t *len)
{
    const uint8_t *found = NULL;
    size_t at = 0;

    for (size_t number = 0; at < file_len; number++) {
        uint32_t total = le32(file_bytes + at + 4);
        assert_int_equal(total % 4, 0);
        assert_true(total >= 12 && total <= file_len - at);
        assert_int_equal(le32(file_bytes + at + total - 4), total);
        if (number == wanted) {
            found = file_bytes + at;
            *len = total;
        }
        at += total;
    }
    assert_int_equal(at, file_len);
    return found;
}

/* RFC 1071: with its checksum in place everything adds up to all ones. */
static uint32_t folded(uint32_t sum, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        sum += i % 2 ? data[i] : (uint32_t)data[i] << 8;
    }
    while (sum >> 16) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum;
}

static const uint8_t *packet(size_t number, uint32_t *captured, uint32_t *original)
{
    uint32_t len;
    const uint8_t *at = block(3 + number, &len);

    assert_non_null(at);
    assert_int_equal(le32(at), 6);
    *captured = le32(at + 20);
    *original = le32(at + 24);
    assert_true(28 + *captured + 4 <= len);
    return at + 28;
}

static void assert_sums(const uint8_t *ip, uint32_t len)
{
    assert_int_equal(be16(ip + 2), len);
    assert_int_equal(folded(0, ip, 20), 0xffff);
    assert_int_equal(folded(6 + len - 20 + be16(ip + 12) + be16(ip + 14) + be16(ip + 16) + be16(ip + 18),
                            ip + 20, len - 20),
                     0xffff);
}

static void the_file_begins_with_what_it_is(void **state)
{
    uint32_t len;

    (void)state;
    begin();
    end();
    assert_int_equal(le32(block(0, &len)), 0x0a0d0d0a);
    assert_int_equal(le32(block(0, &len) + 8), 0x1a2b3c4d);
    assert_int_equal(le32(block(1, &len)), 1);
    assert_int_equal(le32(block(1, &len) + 8), 228);
    assert_int_equal(le32(block(2, &len) + 8), 252);
    assert_null(block(3, &len));
    free(file_bytes);
}

static void frames_are_a_conversation(void **state)
{
    uint32_t captured, original;
    const uint8_t *ip;

    (void)state;
    begin();
    assert_true(pcapng_frame(&pcapng, 0x123456789abull, true, (const uint8_t *)"hello", 5, 0));
    assert_true(pcapng_frame(&pcapng, 1, false, (const uint8_t *)"yes!", 4, 0));
    assert_true(pcapng_frame(&pcapng, 1, true, (const uint8_t *)"again", 5, 0));
    pcapng_next_connection(&pcapng);
    assert_true(pcapng_frame(&pcapng, 1, true, (const uint8_t *)"new", 3, 0));
    end();
    ip = packet(0, &captured, &original);
    assert_int_equal(captured, 45);
    assert_int_equal(original, 45);
    assert_int_equal(le32(ip - 16), 0x123); /* the time, high and low half */
    assert_int_equal(le32(ip - 12), 0x456789ab);
    assert_memory_equal(ip + 40, "hello", 5);
    assert_sums(ip, captured);
    uint32_t first_port = be16(ip + 20);
    ip = packet(1, &captured, &original);
    assert_sums(ip, captured);
    assert_int_equal(be16(ip + 22), first_port);
    assert_int_equal(be32(ip + 28), 6); /* acknowledges 1 + 5 */
    ip = packet(2, &captured, &original);
    assert_sums(ip, captured);
    assert_int_equal(be32(ip + 24), 6);
    assert_int_equal(be32(ip + 28), 5);
    ip = packet(3, &captured, &original);
    assert_sums(ip, captured);
    assert_int_equal(be16(ip + 20), first_port + 1);
    assert_int_equal(be32(ip + 24), 1);
    free(file_bytes);
}

static void what_was_left_out_is_not_forgotten(void **state)
{
    static uint8_t large[PCAPNG_PAYLOAD_MAX + 100];
    uint32_t captured, original;
    const uint8_t *ip;

    (void)state;
    begin();
    assert_true(pcapng_frame(&pcapng, 1, true, (const uint8_t *)"abc", 3, 300));
    assert_true(pcapng_frame(&pcapng, 1, true, large, sizeof(large), 0));
    assert_true(pcapng_frame(&pcapng, 1, true, large, 1, 1000000));
    assert_true(pcapng_frame(&pcapng, 1, true, large, 0, 0));
    end();
    ip = packet(0, &captured, &original);
    assert_int_equal(captured, 43);
    assert_int_equal(original, 343);
    assert_int_equal(be16(ip + 2), 343);
    ip = packet(1, &captured, &original);
    assert_int_equal(be32(ip + 24), 304);
    assert_int_equal(captured, 40 + PCAPNG_PAYLOAD_MAX);
    assert_int_equal(original, 40 + sizeof(large));
    packet(2, &captured, &original);
    assert_int_equal(original, 40 + PCAPNG_FRAME_MAX);
    ip = packet(3, &captured, &original);
    assert_int_equal(captured, 40);
    assert_sums(ip, captured);
    free(file_bytes);
}

static void lines_stand_beside_them(void **state)
{
    char large[5000];
    uint32_t captured, original, len;

    (void)state;
    memset(large, 'x', sizeof(large) - 1);
    large[sizeof(large) - 1] = '\0';
    begin();
    assert_true(pcapng_text(&pcapng, 1, "> AT+CSQ"));
    assert_true(pcapng_text(&pcapng, 1, ""));
    assert_true(pcapng_text(&pcapng, 1, large));
    end();
    const uint8_t *pdu = packet(0, &captured, &original);
    assert_int_equal(be16(pdu), 12);
    assert_memory_equal(pdu + 4, "data-text-lines", 15);
    assert_memory_equal(pdu + captured - 8, "> AT+CSQ", 8);
    assert_int_equal(le32(block(3, &len) + 8), 1); /* the second interface */
    packet(2, &captured, &original);
    assert_true(captured < 1100);
    free(file_bytes);
}

static void a_full_disk_is_told(void **state)
{
    FILE *full = fopen("/dev/full", "w");

    (void)state;
    assert_non_null(full);
    if (pcapng_begin(&pcapng, full)) { /* it may still be in the stream's buffer */
        assert_false(pcapng_frame(&pcapng, 1, true, (const uint8_t *)"x", 1, 0));
    }
    assert_false(pcapng_close(&pcapng));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_file_begins_with_what_it_is),
        cmocka_unit_test(frames_are_a_conversation),
        cmocka_unit_test(what_was_left_out_is_not_forgotten),
        cmocka_unit_test(lines_stand_beside_them),
        cmocka_unit_test(a_full_disk_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
