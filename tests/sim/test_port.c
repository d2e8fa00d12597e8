/* The port: its name, plugging, pacing, back-pressure, what happens while nobody listens. */
#include "harness.h"

static void start_unpaced(struct rig *rig, const char *profile)
{
    rig_init(rig, profile);
    rig_arg(rig, "--baud");
    rig_arg(rig, "0");
    rig_start(rig);
}

static void test_ready_line(void **state)
{
    struct rig rig;
    char target[64] = "", line[256] = "", wanted[256];
    FILE *log;

    (void)state;
    rig_init(&rig, "a9");
    rig_start(&rig);
    assert_true(readlink(rig.tty, target, sizeof target - 1) > 0);
    snprintf(wanted, sizeof wanted, "ready: %s -> %s profile=a9\n", rig.tty, target);
    log = fopen(rig.log, "r");
    assert_non_null(log);
    assert_non_null(fgets(line, sizeof line, log));
    fclose(log);
    assert_string_equal(line, wanted);
    rig_stop(&rig);
}

static void test_a_file_in_the_way_stays(void **state)
{
    struct rig rig;
    FILE *file;

    (void)state;
    rig_init(&rig, "a9");
    file = fopen(rig.tty, "w");
    assert_non_null(file);
    fclose(file);
    rig_spawn(&rig);
    assert_int_equal(WEXITSTATUS(rig_wait_exit(&rig)), EXIT_FAILURE);
    assert_true(rig_log_has(&rig, "is not a symbolic link"));
    assert_int_equal(access(rig.tty, F_OK), 0);
    rig_free(&rig);
}

static void test_a_stale_link_is_replaced(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, "a9");
    assert_int_equal(symlink("/nowhere", rig.tty), 0);
    rig_start(&rig);
    rig_ask(&rig, "AT\r", "AT\r\r\nOK\r\n");
    rig_stop(&rig);
}

static void wait_hang_up(struct rig *rig)
{
    struct pollfd wait = {.fd = rig->fd};

    assert_int_equal(poll(&wait, 1, DEADLINE_MS), 1);
    assert_true((wait.revents & POLLHUP) != 0);
    close(rig->fd);
    rig->fd = -1;
}

static void wait_for_link(struct rig *rig)
{
    long long end = rig_now_ms() + DEADLINE_MS;

    while (access(rig->tty, F_OK) != 0) {
        if (rig_now_ms() > end)
            RIG_FAIL(rig, "the port does not come back");
        poll(NULL, 0, 5);
    }
}

static void test_unplug_and_replug_keep_the_modem(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, "a9");
    rig_start(&rig);
    rig_connect_ai(&rig);
    rig_do(&rig, "fault unplug");
    wait_hang_up(&rig);
    assert_int_not_equal(access(rig.tty, F_OK), 0);
    rig_do(&rig, "fault replug");
    rig_open_tty(&rig);
    rig_ask(&rig, "AT+CIPMUX?\r", "\r\n+CIPMUX:1\r\n\r\nOK\r\n");
    rig_server_send(&rig, "still", 5);
    rig_expect(&rig, "\r\n+CIPRCV,0,5:still\r\n");
    rig_do(&rig, "fault unplug:1");
    wait_hang_up(&rig);
    wait_for_link(&rig);
    rig_open_tty(&rig);
    rig_ask(&rig, "AT\r", "\r\nOK\r\n");
    rig_stop(&rig);
}

static void test_unplug_can_cut_the_power(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, "a9");
    rig_variant(&rig, "unplug_power=lose");
    rig_variant(&rig, "boot_ms=200");
    rig_start(&rig);
    rig_do(&rig, "fault unplug");
    wait_hang_up(&rig);
    assert_true(rig_status_has(&rig, "power=off"));
    rig_do(&rig, "fault replug");
    rig_wait_status(&rig, "power=on");
    assert_int_equal(rig_stat(&rig, "boots"), 1);
    rig_stop(&rig);
}

/* What is said while nobody has the port open is gone, as on a wire. */
static void test_nobody_listens(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, "a9");
    rig_start_closed(&rig);
    assert_true(rig_status_has(&rig, "host=closed"));
    rig_do(&rig, "send-urc LOST");
    rig_open_tty(&rig);
    rig_ask(&rig, "AT\r", "AT\r\r\nOK\r\n");
    close(rig.fd);
    rig_wait_status(&rig, "host=closed");
    rig_do(&rig, "send-urc LOST");
    rig_open_tty(&rig);
    rig_wait_status(&rig, "host=open");
    rig_ask(&rig, "AT\r", "AT\r\r\nOK\r\n");
    rig_stop(&rig);
}

static void receive_all(struct rig *rig, size_t count)
{
    char got[4096];
    long long end = rig_now_ms() + 4 * DEADLINE_MS;

    for (size_t used = 0; used < count;) {
        used += rig_read(rig, got, sizeof got, 100);
        if (rig_now_ms() > end)
            RIG_FAIL(rig, "%zu of %zu bytes", used, count);
    }
}

/* 5760 bytes are half a second at 115200 baud; never faster, and not many times slower even on a busy machine. */
static void test_pace_to_the_host(void **state)
{
    static char data[5760];
    struct rig rig;
    long long begun, took;

    (void)state;
    rig_init(&rig, "a9");
    rig_variant(&rig, "ciprcv_trailing_crlf=off");
    rig_start(&rig);
    rig_connect_ai(&rig);
    begun = rig_now_ms();
    rig_server_send(&rig, data, sizeof data);
    receive_all(&rig, sizeof data);
    took = rig_now_ms() - begun;
    assert_in_range(took, 480, 2500);
    rig_stop(&rig);
}

static void test_pace_from_the_host(void **state)
{
    static char data[960];
    struct rig rig;
    long long begun, took;

    (void)state;
    rig_init(&rig, "a9");
    rig_arg(&rig, "--baud");
    rig_arg(&rig, "9600");
    rig_start(&rig);
    rig_connect_ai(&rig);
    rig_ask(&rig, "AT+CIPSEND=0,960\r", "\r\n>");
    begun = rig_now_ms();
    rig_send_bytes(&rig, data, sizeof data);
    rig_expect(&rig, "\r\nOK\r\n");
    took = rig_now_ms() - begun;
    assert_in_range(took, 950, 5000);
    rig_server_expect(&rig, data, sizeof data);
    rig_stop(&rig);
}

static long switches(const struct rig *rig)
{
    char path[64], line[256];
    long count = -1;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/status", (int)rig->pid);
    file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL)
        sscanf(line, "voluntary_ctxt_switches: %ld", &count);
    fclose(file);
    return count;
}

static void test_no_ticks_while_nothing_moves(void **state)
{
    struct rig rig;
    char byte;
    long before;

    (void)state;
    rig_init(&rig, "sim800");
    rig_start(&rig);
    rig_connect_sim800(&rig);
    rig_expect_silence(&rig);
    before = switches(&rig);
    assert_int_equal(rig_read(&rig, &byte, 1, 300), 0);
    assert_true(before >= 0);
    assert_true(switches(&rig) - before <= 2);
    rig_stop(&rig);
}

/* Pushed data wait in TCP when the host does not read; nothing is lost. */
static void test_push_is_held_back(void **state)
{
    static char data[400000];
    struct rig rig;
    size_t sent = 0;

    (void)state;
    start_unpaced(&rig, "a9");
    rig_connect_ai(&rig);
    rig_do(&rig, "variant ciprcv_trailing_crlf=off");
    fcntl(rig.server, F_SETFL, O_NONBLOCK);
    memset(data, 'd', sizeof data);
    while (sent < sizeof data) {
        char got[8192];
        ssize_t more = send(rig.server, data + sent, sizeof data - sent, MSG_NOSIGNAL);

        if (more > 0)
            sent += (size_t)more;
        rig_read(&rig, got, 1000, more > 0 ? 0 : 10);
    }
    assert_int_equal(rig_stat(&rig, "bytes_lost"), 0);
    rig_server_close(&rig);
    rig_expect_later(&rig, "CLOSED:0\r\n");
    assert_true(rig.received > sizeof data);
    assert_int_equal(rig_stat(&rig, "bytes_lost"), 0);
    rig_stop(&rig);
}

/* Buffered receive: the modem's buffer is small, and full means that TCP waits. */
static void test_buffer_is_bounded(void **state)
{
    static char data[20000], got[1460];
    struct rig rig;
    size_t left = sizeof data;

    (void)state;
    start_unpaced(&rig, "sim800");
    rig_connect_sim800(&rig);
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (char)(i * 7);
    rig_server_send(&rig, data, sizeof data);
    rig_expect(&rig, "\r\n+CIPRXGET: 1,0\r\n");
    rig_do(&rig, "fault drop-urc");
    while (left > 0) {
        char header[64];
        size_t used = 0;
        unsigned count, rest;

        rig_send(&rig, "AT+CIPRXGET=2,0,1460\r");
        while (used < 4 || memcmp(header + used - 2, "\r\n", 2) != 0)
            used += rig_read(&rig, header + used, 1, DEADLINE_MS);
        header[used] = '\0';
        assert_int_equal(sscanf(header, "\r\n+CIPRXGET: 2,0,%u,%u\r\n", &count, &rest), 2);
        assert_true(count <= 1460 && count + rest <= 2920);
        for (used = 0; used < count;)
            used += rig_read(&rig, got + used, count - used, DEADLINE_MS);
        assert_memory_equal(got, data + sizeof data - left, count);
        left -= count;
        rig_expect(&rig, "\r\nOK\r\n");
    }
    rig_stop(&rig);
}

static void test_wrong_baud_is_noise(void **state)
{
    struct rig rig;
    char got[16];

    (void)state;
    rig_init(&rig, "a9");
    rig_arg(&rig, "--baud");
    rig_arg(&rig, "9600");
    rig_variant(&rig, "check_baud=on");
    rig_start(&rig);
    rig_send(&rig, "AT\r"); /* the pseudo terminal begins with 115200 */
    assert_true(rig_read(&rig, got, 3, DEADLINE_MS) > 0);
    assert_true((got[0] & 0x80) != 0);
    rig_do(&rig, "variant autobaud=on");
    rig_send(&rig, "\rAT\r");
    rig_wait_log(&rig, "follows the host to 115200 baud");
    rig_expect_later(&rig, "\r\nOK\r\n");
    rig_stop(&rig);
}

static void test_cold_boot(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, "a9");
    rig_variant(&rig, "boot=cold");
    rig_variant(&rig, "boot_ms=200");
    rig_start_closed(&rig);
    rig_wait_status(&rig, "power=on");
    assert_int_equal(rig_stat(&rig, "boots"), 1);
    assert_true(rig_log_has(&rig, "Init..."));
    assert_true(rig_log_has(&rig, "READY"));
    rig_stop(&rig);
}

static void test_counters(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, "a9");
    rig_start(&rig);
    rig_ask(&rig, "ATE0\r", "ATE0\r\r\nOK\r\n");
    assert_int_equal(rig_stat(&rig, "commands"), 1);
    assert_int_equal(rig_stat(&rig, "bytes_in"), 5);
    assert_int_equal(rig_stat(&rig, "bytes_out"), 11);
    rig_do(&rig, "stats reset");
    rig_ask(&rig, "AT\r", "\r\nOK\r\n");
    assert_int_equal(rig_stat(&rig, "since_reset_commands"), 1);
    assert_int_equal(rig_stat(&rig, "since_reset_bytes_in"), 3);
    assert_int_equal(rig_stat(&rig, "since_reset_bytes_out"), 6);
    rig_stop(&rig);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ready_line),
        cmocka_unit_test(test_a_file_in_the_way_stays),
        cmocka_unit_test(test_a_stale_link_is_replaced),
        cmocka_unit_test(test_unplug_and_replug_keep_the_modem),
        cmocka_unit_test(test_unplug_can_cut_the_power),
        cmocka_unit_test(test_nobody_listens),
        cmocka_unit_test(test_pace_to_the_host),
        cmocka_unit_test(test_pace_from_the_host),
        cmocka_unit_test(test_no_ticks_while_nothing_moves),
        cmocka_unit_test(test_push_is_held_back),
        cmocka_unit_test(test_buffer_is_bounded),
        cmocka_unit_test(test_wrong_baud_is_noise),
        cmocka_unit_test(test_cold_boot),
        cmocka_unit_test(test_counters),
    };

    RIG_MAIN(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
