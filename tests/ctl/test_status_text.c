/* The page of `status`: from answers of the daemon, good, old and hostile, to lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctl/status_text.h"
#include "ctl/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NOW INT64_C(1795263000000) /* 2026-11-21 12:10:00 UTC */

static struct facts facts;
static char *page;

/* Words separated by '|' as an array of bulk strings; ":7" is an integer. */
static redisReply *answer(const char *words)
{
    redisReader *reader = redisReaderCreate();
    size_t count = *words ? 1 : 0;
    char head[64];
    void *reply = NULL;

    for (const char *at = words; *at; at++) {
        count += *at == '|';
    }
    redisReaderFeed(reader, head, (size_t)snprintf(head, sizeof(head), "*%zu\r\n", count));
    for (const char *at = words; count--; at += strcspn(at, "|") + 1) {
        size_t len = strcspn(at, "|");
        if (*at == ':') {
            redisReaderFeed(reader, at, len);
        } else {
            redisReaderFeed(reader, head, (size_t)snprintf(head, sizeof(head), "$%zu\r\n", len));
            redisReaderFeed(reader, at, len);
        }
        redisReaderFeed(reader, "\r\n", 2);
    }
    assert_int_equal(redisReaderGetReply(reader, &reply), REDIS_OK);
    redisReaderFree(reader);
    assert_non_null(reply);
    return reply;
}

static void read_with(void (*read)(struct facts *facts, const redisReply *reply), const char *words)
{
    redisReply *reply = answer(words);

    read(&facts, reply);
    freeReplyObject(reply);
}

static int setup(void **state)
{
    (void)state;
    memset(&facts, 0, sizeof(facts));
    facts.utf8 = true;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    free(page);
    page = NULL;
    return 0;
}

static void print(size_t columns)
{
    struct status_page how = {.now_ms = NOW, .columns = columns};
    size_t len;
    FILE *out;

    free(page);
    out = open_memstream(&page, &len);
    status_text_print(out, &facts, &how);
    fclose(out);
}

static void assert_line(const char *line)
{
    if (!strstr(page, line)) {
        fail_msg("not on the page: '%s'\n%s", line, page);
    }
}

static void read_good_facts(void)
{
    read_with(
        facts_read_link,
        "state|ONLINE|since|:1795262609405|why|logged in|uplink|modem|server|blynk.cloud:443|address|1.2.3.4|"
        "encryption|TLSv1.3, AES, resumed|round_trip_ms|:84|bytes_up|:141|reconnects|:2|queue|:3|"
        "unconfirmed|:1|spool|:200|disk|no space left on device|next_try_ms|:0");
    read_with(facts_read_modem,
              "state|READY|profile|x1|level|recorded|manufacturer|Maker|model|X1|operator|Demo|"
              "access|EDGE|registration|registered|signal_dbm|:-71");
    read_with(facts_read_budget,
              "level|save|why|85 % are used: less is sent|bytes_spent|:2048|bytes_limit|"
              ":10485760|bytes_percent|:85|messages_spent|:7|messages_limit|:0|forecast|dear");
    read_with(
        facts_read_changes,
        "2026-11-21T12:00:00.000Z ONLINE: logged in|2026-11-21T12:01:00.500Z WAIT: the server was silent|"
        "2026-11-21T12:01:01.000Z CONNECT: again|2026-11-21T12:03:30.500Z ONLINE: logged in");
}

static void a_good_day(void **state)
{
    (void)state;
    read_good_facts();
    snprintf(facts.config_note, sizeof(facts.config_note), "line 7: no such key");
    print(0);
    assert_line("Link         connected to Blynk since 12:03:29 (6 min)\n             logged in\n");
    assert_line("Last outage  12:01:00, for 2 min: the server was silent\n");
    assert_line("             2 reconnects since");
    assert_line("Network      Demo, EDGE (2G), registered\n");
    assert_line("Signal       ▁▂▄▆█ excellent (-71 dBm)\n");
    assert_line("Modem        Maker X1, profile x1, supported and proven");
    assert_line("Server       blynk.cloud:443 (1.2.3.4), round trip 84 ms\n");
    assert_line("Encryption   TLSv1.3, AES, resumed\n");
    assert_line("Waiting      3 to be sent, 1 not confirmed yet, 200 on the disk\n");
    assert_line("Disk         no space left on device\n");
    assert_line("Data         2.0 kB of 10.0 MB this month (85 %)\n");
    assert_line("Messages     7 this month, no budget is set\n             85 % are used: less is sent\n");
    assert_line("Config       line 7: no such key\n");
    assert_null(strchr(page, '\033'));
}

static void an_outage_that_is_not_over(void **state)
{
    (void)state;
    read_with(facts_read_link, "state|WAIT|since|:1795262950000|why|no answer|next_try_ms|:12000");
    read_with(facts_read_changes,
              "2026-11-21T12:00:00.000Z ONLINE: in|2026-11-21T12:01:00.500Z MODEM: modem gone|"
              "2026-11-21T12:09:10.000Z WAIT: no answer");
    print(0);
    assert_line("Link         not connected: waits before the next try since 12:09:10 (50 s)\n");
    assert_line("             next try in 12 s\n");
    assert_line("Down since   12:01:00 (8 min): modem gone\n");
}

static void an_old_daemon_tells_less(void **state)
{
    redisReply error = {.type = REDIS_REPLY_ERROR, .str = (char *)"ERR unknown command", .len = 19};

    (void)state;
    facts_read_link(&facts, &error);
    facts_read_modem(&facts, NULL);
    facts_read_budget(&facts, &error);
    facts_read_changes(&facts, &error);
    facts_read_info(&facts, &error);
    print(0);
    assert_line("Link         not known\n");
    assert_line("Modem        not known\n");
    assert_line("round trip not measured yet\n");
    assert_null(strstr(page, "Data"));
    assert_null(strstr(page, "outage"));
}

static void hostile_answers_do_not_reach_the_terminal(void **state)
{
    (void)state;
    read_with(facts_read_modem, "profile|x\033[31m|level|\233|operator|\033]0;owned\007\r\n|access|"
                                "LTELTELTELTELTELTELTELTELTELTELTELTE|signal_dbm|99999999999999999999");
    read_with(facts_read_link,
              "state|\033c|since|:9223372036854775807|queue|:-5|round_trip_ms|:9223372036854775807|"
              "next_try_ms|:9223372036854775807|spool|not a number");
    read_with(facts_read_budget, "level|x|bytes_spent|:9223372036854775807|bytes_limit|:1|bytes_percent|:-1");
    read_with(facts_read_changes, "|x|2026-11-21T12:00:00.000Z|9999-99-99T99:99:99.999Z X: y|:5|"
                                  "2026-11-21T12:00:00.000Z \033[2J: \033[2J");
    print(40);
    for (const char *at = page; *at; at++) {
        assert_true((unsigned char)*at >= ' ' || *at == '\n');
    }
    assert_line("Waiting      nothing");
    assert_line("Signal       not known");
    assert_int_equal(facts.change_count, 1); /* and the impossible date is none */
}

static void long_lines_are_wrapped(void **state)
{
    (void)state;
    read_good_facts();
    print(40);
    for (const char *at = page; *at; at += strcspn(at, "\n") + 1) {
        char line[512];
        snprintf(line, sizeof(line), "%.*s", (int)strcspn(at, "\n"), at);
        assert_true(words_columns(line) <= 40);
    }
    assert_line("Last outage  12:01:00, for 2 min: the\n             server was silent\n");
}

static void info_is_read_line_by_line(void **state)
{
    char text[] =
        "# Server\r\nblynkd_version:1.2\r\nconfig_missing:[x] y\r\nconfig_refused:a: "
        "b\033\r\nmessages_sent:12\r\n"
        "messages_received:-1\r\nconnected_clients:99999999999999999999\r\nmessages_sentry:9\r\nnonsense";
    redisReply info = {.type = REDIS_REPLY_STRING, .str = text, .len = sizeof(text) - 1};

    (void)state;
    facts_read_info(&facts, &info);
    assert_string_equal(facts.version, "1.2");
    assert_string_equal(facts.config_note, "the file as it is now was refused: a: b?");
    assert_int_equal(facts.messages_sent, 12);
    assert_int_equal(facts.messages_received, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_good_day, setup, teardown),
        cmocka_unit_test_setup_teardown(an_outage_that_is_not_over, setup, teardown),
        cmocka_unit_test_setup_teardown(an_old_daemon_tells_less, setup, teardown),
        cmocka_unit_test_setup_teardown(hostile_answers_do_not_reach_the_terminal, setup, teardown),
        cmocka_unit_test_setup_teardown(long_lines_are_wrapped, setup, teardown),
        cmocka_unit_test_setup_teardown(info_is_read_line_by_line, setup, teardown),
    };

    setenv("TZ", "UTC", 1);
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
