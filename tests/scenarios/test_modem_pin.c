/* The PIN: sent once, written down before, and never again after a refusal, whatever dies in between. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "modem_rig.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXCHANGES 12 /* of a7/pin.log */

#define PIN_SENT ">> AT+CPIN=\"1234\"\\r\n"
#define ACCEPTED                                                                                             \
    "<< \\r\\nOK\\r\\n\n>> AT+CPIN?\\r\n<< \\r\\n+CPIN:READY\\r\\n\\r\\nOK\\r\\n\n>> AT+CREG=1\\r\n"

static void begin(struct modem_rig *rig, const char *pin)
{
    modem_rig_init(rig, "a7");
    snprintf(rig->config.pin, sizeof(rig->config.pin), "%s", pin);
    modem_rig_renew(rig);
}

/* What is known of the attempts on disk. */
static void read_attempts(const struct modem_rig *rig, char *text, size_t size)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/pin_attempts", rig->state_dir);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t len = fread(text, 1, size - 1, file);
    text[len] = '\0';
    fclose(file);
}

static void expect_attempts(struct modem_rig *rig, const char *word)
{
    char text[1024];

    sched_settle(rig->sched);
    read_attempts(rig, text, sizeof(text));
    if (!strstr(text, word)) {
        fail_msg("not \"%s\" in: %s", word, text);
    }
}

static void a_right_pin_opens_the_card(void **state)
{
    struct modem_rig rig;
    struct stat info;
    char path[128];

    (void)state;
    begin(&rig, "1234");
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    modem_rig_play_then(&rig, "a7/pin.log", EXCHANGES, PIN_SENT ACCEPTED, 10000);
    expect_attempts(&rig, " ok 1 0\n");
    snprintf(path, sizeof(path), "%s/pin_attempts", rig.state_dir);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    modem_rig_free(&rig);
}

static void it_is_written_down_before_it_is_sent(void **state)
{
    struct modem_rig rig;

    (void)state;
    begin(&rig, "1234");
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    modem_rig_play_then(&rig, "a7/pin.log", EXCHANGES, PIN_SENT, 10000);
    expect_attempts(&rig, " pending 0 0\n");
    modem_rig_free(&rig);
}

/* Another life of the daemon, the same card, the same PIN. */
static void live_again(struct modem_rig *rig)
{
    modem_rig_renew(rig);
    modem_rig_start(rig, UPLINK_RUNG_REDIAL);
    modem_rig_play_then(rig, "a7/pin.log", EXCHANGES, "", 10000);
}

static void a_wrong_pin_is_never_sent_twice(void **state)
{
    struct modem_rig rig;

    (void)state;
    begin(&rig, "1234");
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    modem_rig_play_then(&rig, "a7/pin.log", EXCHANGES, PIN_SENT "<< \\r\\n+CME ERROR:16\\r\\n\n", 10000);
    modem_rig_expect(
        &rig, "failed SIM card, hopeless: the SIM card refused the configured PIN (the modem says \"+CME "
              "ERROR:16\" (wrong PIN)); it is not tried again: configure the right one\n");
    expect_attempts(&rig, " failed 0 0\n");
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    modem_rig_say(&rig,
                  ">> AT+CPIN?\\r\n<< \\r\\n+CPIN:SIM PIN\\r\\n\\r\\nOK\\r\\n\n"
                  ">> AT+CCID\\r\n<< \\r\\n+SCID: SIM Card ID: 898602#4221620070426\\r\\n\\r\\nOK\\r\\n\n"
                  ">> AT^CPINC\\r\n<< \\r\\n^CPINC:2,10,3,10\\r\\n\\r\\nOK\\r\\n\n",
                  10000);
    modem_rig_expect(
        &rig, "failed SIM card, hopeless: the SIM card refused the configured PIN before, so it is not "
              "sent again: configure the right one\n");
    for (int life = 0; life < 3; life++) {
        live_again(&rig);
        modem_rig_expect(
            &rig, "failed SIM card, hopeless: the SIM card refused the configured PIN before, so it is "
                  "not sent again: configure the right one\n");
    }
    modem_rig_free(&rig);
}

static void a_daemon_that_dies_in_between_does_not_send_it_again(void **state)
{
    struct modem_rig rig;

    (void)state;
    begin(&rig, "1234");
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    modem_rig_play_then(&rig, "a7/pin.log", EXCHANGES, PIN_SENT, 10000);
    live_again(&rig);
    sched_settle(rig.sched);
    modem_rig_expect_why(&rig, "was sent to the SIM card before and the answer never seen");
    modem_rig_free(&rig);
}

static void a_known_good_pin_survives_one_crash(void **state)
{
    struct modem_rig rig;

    (void)state;
    begin(&rig, "1234");
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    modem_rig_play_then(&rig, "a7/pin.log", EXCHANGES, PIN_SENT ACCEPTED, 10000);
    for (int life = 0; life < 2; life++) {
        modem_rig_renew(&rig);
        modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
        modem_rig_play_then(&rig, "a7/pin.log", EXCHANGES, PIN_SENT, 10000);
    }
    live_again(&rig);
    sched_settle(rig.sched);
    modem_rig_expect_why(&rig, "the answer never seen");
    modem_rig_free(&rig);
}

/* The answer is lost in a restart of the modem; that the card is ready then is the answer. */
static void a_ready_card_is_an_answer_too(void **state)
{
    struct modem_rig rig;

    (void)state;
    begin(&rig, "1234");
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    modem_rig_play_then(&rig, "a7/pin.log", EXCHANGES, PIN_SENT "<< \\r\\n^CINIT: 2, 32, 41891\\r\\n\n",
                        10000);
    modem_rig_answer(&rig, 10000);
    modem_rig_expect(&rig, "ready\n");
    expect_attempts(&rig, " ok 1 0\n");
    modem_rig_free(&rig);
}

static void without_a_disk_it_is_not_sent(void **state)
{
    struct modem_rig rig;

    (void)state;
    begin(&rig, "1234");
    strcpy(rig.config.state_dir, "/nonexistent/blynkd");
    modem_rig_renew(&rig);
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    modem_rig_play_then(&rig, "a7/pin.log", EXCHANGES, "", 10000);
    modem_rig_expect(
        &rig, "failed SIM card, hopeless: the PIN is not sent because the attempt must be written down "
              "first: cannot open the directory of /nonexistent/blynkd/pin_attempts: No such file or "
              "directory\n");
    modem_rig_free(&rig);
}

static void a_damaged_book_forbids_it(void **state)
{
    struct modem_rig rig;
    char path[128];

    (void)state;
    begin(&rig, "1234");
    snprintf(path, sizeof(path), "%s/pin_attempts", rig.state_dir);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fputs("rubbish\n", file);
    fclose(file);
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    modem_rig_play_then(&rig, "a7/pin.log", EXCHANGES, "", 10000);
    sched_settle(rig.sched);
    modem_rig_expect_why(&rig, "cannot understand");
    modem_rig_free(&rig);
}

static void check_refused(const char *pin, unsigned exchanges, const char *answers, const char *failure)
{
    struct modem_rig rig;

    begin(&rig, pin);
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    modem_rig_play_then(&rig, "a7/pin.log", exchanges, answers, 30000);
    modem_rig_expect(&rig, failure);
    modem_rig_free(&rig);
}

static void hopeless_cards_are_told_in_words(void **state)
{
    (void)state;
    check_refused(
        "", 10, "",
        "failed SIM card, hopeless: the SIM card wants its PIN and none is configured: set it, or switch "
        "the PIN off in a phone\n");
    check_refused("12a4", 11, "",
                  "failed SIM card, hopeless: the configured PIN is not one: it must have 4 to 8 digits\n");
    check_refused(
        "1234", 9, ">> AT+CPIN?\\r\n<< \\r\\n+CPIN:SIM PUK\\r\\n\\r\\nOK\\r\\n\n",
        "failed SIM card, hopeless: the SIM card is locked and wants its PUK: put the SIM in a phone, enter "
        "the PUK and a new PIN there\n");
    check_refused(
        "1234", 11, ">> AT^CPINC\\r\n<< \\r\\n^CPINC:1,10,3,10\\r\\n\\r\\nOK\\r\\n\n",
        "failed SIM card, hopeless: the SIM card wants its PIN but has 1 try left: enter it in a phone "
        "first, then start again\n");
}

static void a_missing_card_is_waited_for(void **state)
{
    struct modem_rig rig;

    (void)state;
    modem_rig_init(&rig, "a7");
    modem_rig_answer_with(&rig, "AT+CPIN?\r", "\r\n+CME ERROR:10\r\n");
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    modem_rig_answer(&rig, 18000);
    modem_rig_expect(&rig, "");
    modem_rig_answer(&rig, 5000);
    modem_rig_expect(&rig, "failed SIM card, hopeless: there is no SIM card in the modem: put one in, the "
                           "right way round\n");
    modem_rig_answer_with(&rig, "AT+CPIN?\r", "\r\n+CPIN:READY\r\n\r\nOK\r\n");
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    modem_rig_answer(&rig, 5000);
    modem_rig_expect(&rig, "ready\n");
    modem_rig_free(&rig);
}

/* Some cards tell the tries of PIN 2 second, some the tries of the PUK: PIN 1 is first everywhere. */
static void a_sim800_asks_for_the_tries_its_way(void **state)
{
    struct modem_rig rig;

    (void)state;
    modem_rig_init(&rig, "sim800");
    strcpy(rig.config.pin, "1234");
    modem_rig_renew(&rig);
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    modem_rig_play_then(&rig, "sim800/pin.log", 100,
                        PIN_SENT
                        "<< \\r\\nOK\\r\\n\n<< \\r\\n+CPIN: READY\\r\\n\\r\\nCall Ready\\r\\n\\r\\nSMS "
                        "Ready\\r\\n\n>> AT+CPIN?\\r\n<< \\r\\n+CPIN: READY\\r\\n\\r\\nOK\\r\\n\n"
                        ">> AT+CNMI=0,0,0,0,0\\r\n",
                        10000);
    modem_rig_expect(&rig, "");
    modem_rig_free(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_right_pin_opens_the_card),
        cmocka_unit_test(it_is_written_down_before_it_is_sent),
        cmocka_unit_test(a_wrong_pin_is_never_sent_twice),
        cmocka_unit_test(a_daemon_that_dies_in_between_does_not_send_it_again),
        cmocka_unit_test(a_known_good_pin_survives_one_crash),
        cmocka_unit_test(a_ready_card_is_an_answer_too),
        cmocka_unit_test(without_a_disk_it_is_not_sent),
        cmocka_unit_test(a_damaged_book_forbids_it),
        cmocka_unit_test(hopeless_cards_are_told_in_words),
        cmocka_unit_test(a_missing_card_is_waited_for),
        cmocka_unit_test(a_sim800_asks_for_the_tries_its_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
