/*
 * Espressif's AT firmware (facts/modems-aithinker-m590-esp8266.md, section 4). No SIM card, no operator: the name and
 * the password of a wireless network instead.
 *
 *   ready
 *   AT+GMR     AT version:1.7.0.0(Aug 16 2018 00:57:04) / SDK version:3.0.0(d49923c) / ... / OK
 */
#include "dialects/dialects.h"
#include "profile.h"

static const char *const identity_1[] = {"AT version:1.", "AT version:0.", NULL};
static const char *const identity_2[] = {"AT version:2.", "AT version:3.", "AT version:4.", NULL};

/* It prints at another speed before (4.6); that is noise. */
static const char *const boot[] = {"ready", NULL};
static const char *const final_words[] = {"FAIL", NULL};

static const struct at_expect expect_lines = {.end = AT_END_OK, .deadline_ms = 3000, .any_line = true};
static const struct at_step identify[] = {
    {.send = "AT+GMR",
     .expect = &expect_lines,
     .store = "ati",
     .tries = 2,
     .retry_ms = 500,
     .what = "asking who it is"},
    {0},
};

static const struct at_step setup[] = {
    {.send = "AT+SLEEP=0", .on_fail = AT_FAIL_GO_ON, .what = "switching sleep off"},
    {0},
};

static const struct at_step soft_reset[] = {
    {.send = "AT+RST", .on_fail = AT_FAIL_GO_ON, .what = "restarting the modem"},
    {0},
};

/* Of a time server, which is asked for since it joined (dialects/esp_at.c); UTC, as no zone is set (4.5). */
static const char *const sntp_lines[] = {"+CIPSNTPTIME: *", NULL};
static const struct at_expect expect_sntp = {.end = AT_END_OK, .deadline_ms = 2000, .lines = sntp_lines};
static const struct net_time_form sntp[] = {{"+CIPSNTPTIME: *", NET_TIME_UTC, 0}, {0}};
static const struct net_time_source net_time = {.ask = {"AT+CIPSNTPTIME?", &expect_sntp}, .answers = sntp};

/* Its TLS is best effort: little memory, usually no check of the certificate (4.5). */
#define COMMON                                                                                               \
    .vendor = "Espressif", .level = PROFILE_MANUAL, .tls = PROFILE_TLS_NONE,                                 \
    .manner = {.line_end = "\r\n", .boot_lines = boot, .final_fail = final_words}, .default_baud = 115200,   \
    .identify = identify, .setup = setup, .soft_reset = soft_reset, .boot_ms = 20000,                        \
    .power = {.reset_ms = 300}, .needs_sim = false, .needs_wifi = true, .access = "Wi-Fi",                   \
    .net_time = &net_time

const struct modem_profile profiles_espressif[] = {
    {.name = "esp8266",
     .title = "ESP8266, AT firmware 1.x",
     .identity = identity_1,
     .dialect = &dialect_esp_at1,
     COMMON},
    {.name = "esp-at",
     .title = "ESP8266, ESP32, AT firmware 2",
     .identity = identity_2,
     .dialect = &dialect_esp_at2,
     COMMON},
    {0},
};
