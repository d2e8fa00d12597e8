/* Answers of the daemon as maps and as JSON, odd ones included. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctl/answer.h"

#include <stdlib.h>
#include <string.h>

/* A reply from its bytes on the wire. */
static redisReply *reply_of(const char *bytes, size_t len)
{
    redisReader *reader = redisReaderCreate();
    void *reply = NULL;

    assert_int_equal(redisReaderFeed(reader, bytes, len), REDIS_OK);
    assert_int_equal(redisReaderGetReply(reader, &reply), REDIS_OK);
    assert_non_null(reply);
    redisReaderFree(reader);
    return reply;
}
#define REPLY(bytes) reply_of(bytes, sizeof(bytes) - 1)

static void assert_json(json_t *json, const char *text)
{
    char *dumped = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);

    assert_non_null(dumped);
    assert_string_equal(dumped, text);
    free(dumped);
    json_decref(json);
}
#define ASSERT_VALUE(bytes, text) assert_json(answer_json_value(bytes, sizeof(bytes) - 1), text)

static void values_are_strings_arrays_or_base64(void **state)
{
    (void)state;
    ASSERT_VALUE("21.5", "\"21.5\"");
    ASSERT_VALUE("", "\"\"");
    ASSERT_VALUE("3\0"
                 "4",
                 "[\"3\",\"4\"]");
    ASSERT_VALUE("\0", "[\"\",\"\"]");
    ASSERT_VALUE("a\0", "[\"a\",\"\"]");
    ASSERT_VALUE("\xc3\xa4", "\"\xc3\xa4\"");
    ASSERT_VALUE("\033[2J", "\"\\u001B[2J\"");
    /* RFC 4648, 10, with bytes that are no UTF-8 */
    ASSERT_VALUE("\xff", "{\"base64\":\"/w==\"}");
    ASSERT_VALUE("\xff\xfe", "{\"base64\":\"//4=\"}");
    ASSERT_VALUE("\xff\xfe\xfd", "{\"base64\":\"//79\"}");
    ASSERT_VALUE("\xff"
                 "foo",
                 "{\"base64\":\"/2Zvbw==\"}");
    ASSERT_VALUE("ok\0\xff", "[\"ok\",{\"base64\":\"/w==\"}]");
}

static void maps_are_searched_by_name(void **state)
{
    redisReply *map =
        REPLY("*8\r\n$5\r\nState\r\n$6\r\nONLINE\r\n$2\r\nms\r\n:42\r\n$4\r\ntext\r\n$3\r\n-17\r\n"
              "$3\r\nnil\r\n$-1\r\n");

    (void)state;
    assert_string_equal(answer_text(map, "state"), "ONLINE");
    assert_string_equal(answer_text(map, "ms"), "");
    assert_string_equal(answer_text(map, "nil"), "");
    assert_string_equal(answer_text(map, "none"), "");
    assert_int_equal(answer_integer(map, "ms", 7), 42);
    assert_int_equal(answer_integer(map, "text", 7), -17);
    assert_int_equal(answer_integer(map, "state", 7), 7);
    assert_int_equal(answer_integer(map, "nil", 7), 7);
    assert_int_equal(answer_integer(map, "none", 7), 7);
    assert_json(answer_json(map, true), "{\"State\":\"ONLINE\",\"ms\":42,\"text\":\"-17\",\"nil\":null}");
    assert_json(answer_json(map, false), "[\"State\",\"ONLINE\",\"ms\",42,\"text\",\"-17\",\"nil\",null]");
    freeReplyObject(map);
}

static void odd_maps_do_no_harm(void **state)
{
    redisReply *odd = REPLY("*5\r\n:1\r\n:2\r\n$-1\r\n$1\r\nx\r\n$4\r\nlast\r\n");
    redisReply *nested = REPLY("*2\r\n$1\r\na\r\n*2\r\n:1\r\n*0\r\n");
    redisReply *text = REPLY("+OK\r\n"), *error = REPLY("-ERR no\r\n"), *empty = REPLY("*0\r\n");

    (void)state;
    assert_null(answer_find(odd, "last")); /* nothing follows it */
    assert_null(answer_find(NULL, "x"));
    assert_null(answer_find(text, "OK"));
    assert_json(answer_json(odd, true), "{\"?\":\"x\"}");
    assert_json(answer_json(nested, true), "{\"a\":[1,[]]}");
    assert_json(answer_json(text, true), "\"OK\"");
    assert_json(answer_json(error, false), "\"ERR no\"");
    assert_json(answer_json(empty, true), "{}");
    assert_json(answer_json(empty, false), "[]");
    freeReplyObject(odd);
    freeReplyObject(nested);
    freeReplyObject(text);
    freeReplyObject(error);
    freeReplyObject(empty);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_strings_arrays_or_base64),
        cmocka_unit_test(maps_are_searched_by_name),
        cmocka_unit_test(odd_maps_do_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
