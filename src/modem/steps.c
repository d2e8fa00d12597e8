/* Commands of 3GPP TS 27.007 and V.250 that every module of the sheets has; profiles name them or bring theirs. */
#include "profile.h"

static const struct at_expect expect_quick = {.end = AT_END_OK, .deadline_ms = 2000};
static const struct at_expect expect_lines = {.end = AT_END_OK, .deadline_ms = 3000, .any_line = true};

/* V1 is forced because a module stored with V0 by other software answers numbers (facts/modems-simcom.md 1). */
const struct at_step steps_sync[] = {
    {.send = "ATE0", .expect = &expect_quick, .tries = 3, .retry_ms = 200, .what = "switching the echo off"},
    {.send = "ATV1",
     .expect = &expect_quick,
     .on_fail = AT_FAIL_GO_ON,
     .what = "asking for answers in words"},
    {.send = "AT+CMEE=1",
     .expect = &expect_quick,
     .on_fail = AT_FAIL_GO_ON,
     .what = "asking for error numbers"},
    {0},
};

const struct at_step steps_identify[] = {
    {.send = "ATI",
     .expect = &expect_lines,
     .store = "ati",
     .on_fail = AT_FAIL_GO_ON,
     .what = "asking who it is"},
    {.send = "AT+CGMI",
     .expect = &expect_lines,
     .store = "manufacturer",
     .on_fail = AT_FAIL_GO_ON,
     .what = "asking for the maker"},
    {.send = "AT+CGMM",
     .expect = &expect_lines,
     .store = "model",
     .on_fail = AT_FAIL_GO_ON,
     .what = "asking for the model"},
    {.send = "AT+CGMR",
     .expect = &expect_lines,
     .store = "firmware",
     .on_fail = AT_FAIL_GO_ON,
     .what = "asking for the firmware"},
    {.send = "AT+GMR", /* modules without 3GPP names */
     .expect = &expect_lines,
     .store = "ati",
     .unless = "identity",
     .on_fail = AT_FAIL_GO_ON,
     .what = "asking for the firmware"},
    {.send = "AT+GSN",
     .expect = &expect_lines,
     .store = "imei",
     .on_fail = AT_FAIL_GO_ON,
     .what = "asking for the serial number"},
    {.send = "AT+CGSN",
     .expect = &expect_lines,
     .store = "imei",
     .unless = "imei",
     .on_fail = AT_FAIL_GO_ON,
     .what = "asking for the serial number"},
    {0},
};

/* A module answers at once or after it has left the network, which takes up to 15 s. */
static const struct at_expect expect_radio = {.end = AT_END_OK, .deadline_ms = 20000};

const struct at_step steps_radio_off[] = {
    {.send = "AT+CFUN=0",
     .expect = &expect_radio,
     .on_fail = AT_FAIL_GO_ON,
     .what = "switching the radio off"},
    {0},
};

const struct at_step steps_radio_on[] = {
    {.send = "AT+CFUN=1",
     .expect = &expect_radio,
     .tries = 2,
     .retry_ms = 3000,
     .what = "switching the radio on"},
    {0},
};

/* The number belongs to a person: its answer is not shown anywhere. */
static const struct at_expect expect_number = {
    .end = AT_END_OK, .deadline_ms = 5000, .any_line = true, .is_private = true};

const struct at_step steps_subscriber[] = {
    {.send = "AT+CIMI",
     .expect = &expect_number,
     .store = "subscriber",
     .tries = 3,
     .retry_ms = 1000,
     .on_fail = AT_FAIL_GO_ON,
     .what = "asking whose SIM card it is"},
    {0},
};
