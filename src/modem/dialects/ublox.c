/*
 * u-blox SARA (facts/modems-quectel-3gpp.md, part 2C).
 *
 *   > AT+USOCR=6                 a TCP socket
 *   < +USOCR: 0                  its number is the module's choice
 *   < OK
 *   > AT+USOCO=0,"blynk.cloud",80
 *   < OK                         connected, up to 120 s later; nothing else is answered meanwhile
 *   > AT+USOWR=0,32
 *   < @                          not '>'
 *   > (32 bytes)
 *   < +USOWR: 0,32
 *   < OK
 *   < +UUSORD: 0,5               there is data
 *   > AT+USORD=0,1024
 *   < +USORD: 0,5,"(5 bytes)"    by count, a quote may be among them
 *   < OK
 *   < +UUSOCL: 0                 closed by the server; the socket is free
 *   < +UUPSDD: 0                 the data connection is gone (R5); +CGEV: NW PDN DEACT 1 (R4)
 */
#include "dialects.h"

static const char *const created[] = {"+USOCR: %d", NULL};
static const char *const sent[] = {"+USOWR: %d,%d", NULL};
static const char *const status[] = {"+USOCTL: %d,10,%d", NULL};
static const char *const attach_line[] = {"+CGATT: %d", NULL};
static const char *const address[] = {"+CGPADDR: %d,%i", "+UPSND: 0,0,%i", NULL};
static const char *const resolved[] = {"+UDNSRN: *", NULL};

static const char *const data[] = {"+UUSORD: %d,%d", NULL};
static const char *const nothing[] = {"+USORD: %d,%d", "+USORD: %d", NULL};
static const char *const closed[] = {"+UUSOCL: %d", NULL};
static const char *const bearer_lost[] = {"+UUPSDD: %d", "+CGEV: NW PDN DEACT *", "+CGEV: NW DETACH", NULL};

static const struct dialect_row_form row_forms[] = {{"+USOCTL: %d,10,%d", 0, 1}, {NULL, 0, 0}};
static const struct dialect_word words[] = {
    {"0", ROW_FREE},   {"2", ROW_CONNECTING}, {"3", ROW_CONNECTING}, {"4", ROW_UP},
    {"7", ROW_ENDING}, {"5", ROW_CLOSED},     {"6", ROW_CLOSED},     {"8", ROW_CLOSED},
    {"9", ROW_CLOSED}, {"10", ROW_CLOSED},    {NULL, ROW_UNKNOWN},
};

/* The quote that opens stands before the payload; the one that closes is a line of its own and says nothing. */
static const struct at_announce announces[] = {{"+USORD:%l,%n,\""}, {NULL}};

static const struct at_expect expect_quick = {.end = AT_END_OK, .deadline_ms = 10000};
static const struct at_expect expect_attach = {.end = AT_END_OK, .deadline_ms = 180000};
static const struct at_expect expect_attached = {.end = AT_END_OK, .deadline_ms = 5000, .lines = attach_line};
static const struct at_expect expect_activate = {.end = AT_END_OK, .deadline_ms = 155000};
static const struct at_expect expect_address = {.end = AT_END_OK, .deadline_ms = 10000, .lines = address};

/* User before password in both (part 1.9); a module knows one of the two commands at least. */
#define ATTACH                                                                                               \
    {.send = "AT+CGDCONT=1,\"IP\",\"{apn}\"",                                                                \
     .expect = &expect_quick,                                                                                \
     .what = "setting the access point name"},                                                               \
        {.send = "AT+UAUTHREQ=1,1,\"{user?}\",\"{password?}\"",                                              \
         .expect = &expect_quick,                                                                            \
         .only_if = "user",                                                                                  \
         .on_fail = AT_FAIL_GO_ON,                                                                           \
         .what = "setting user and password of the access point"},                                           \
        {.send = "AT+CGAUTH=1,1,\"{user?}\",\"{password?}\"",                                                \
         .expect = &expect_quick,                                                                            \
         .only_if = "user",                                                                                  \
         .on_fail = AT_FAIL_GO_ON,                                                                           \
         .what = "setting user and password of the access point"},                                           \
        {.send = "AT+CGATT?",                                                                                \
         .expect = &expect_attached,                                                                         \
         .store = "attached",                                                                                \
         .on_fail = AT_FAIL_GO_ON,                                                                           \
         .what = "attaching to the data network"},                                                           \
    {                                                                                                        \
        .send = "AT+CGATT=1", .expect = &expect_attach, .unless = "attached",                                \
        .what = "attaching to the data network"                                                              \
    }

/* CGEREP=2 tells when the network takes the context away. */
static const struct at_step bearer_up_r4[] = {
    ATTACH,
    {.send = "AT+CGEREP=2", .on_fail = AT_FAIL_GO_ON, .what = "asking to be told of the data connection"},
    {.send = "AT+CGACT=1,1",
     .expect = &expect_activate,
     .tries = 3,
     .retry_ms = 10000,
     .what = "opening the data connection"},
    {.send = "AT+CGPADDR=1",
     .expect = &expect_address,
     .store = "address",
     .on_fail = AT_FAIL_GO_ON,
     .what = "asking for the own address"},
    {0},
};

static const char *const activated[] = {"+UUPSDA: 0,*", NULL};
static const char *const not_activated[] = {"+UUPSDA: 1,*", "+UUPSDA: 1", NULL};
static const struct at_expect expect_profile = {
    .end = AT_END_DONE, .deadline_ms = 180000, .done = activated, .fail = not_activated};

static const struct at_step bearer_up_r5[] = {
    ATTACH,
    {.send = "AT+CGACT=1,1",
     .expect = &expect_activate,
     .tries = 3,
     .retry_ms = 10000,
     .what = "opening the data connection"},
    {.send = "AT+UPSDA=0,4", .on_fail = AT_FAIL_GO_ON, .what = "closing old connections"},
    {.send = "AT+UPSD=0,100,1", .expect = &expect_quick, .what = "choosing the context"},
    {.send = "AT+UPSD=0,0,0", .expect = &expect_quick, .what = "choosing the kind of address"},
    {.send = "AT+UPSDA=0,3", .expect = &expect_profile, .what = "opening the data connection"},
    {.send = "AT+UPSND=0,0",
     .expect = &expect_address,
     .store = "address",
     .on_fail = AT_FAIL_GO_ON,
     .what = "asking for the own address"},
    {0},
};

/* Not on LTE: leaving the context there means leaving the network. */
static const struct at_step bearer_down_r5[] = {
    {.send = "AT+UPSDA=0,4", .on_fail = AT_FAIL_GO_ON, .what = "closing the data connection"},
    {0},
};

static const struct at_expect expect_create = {.end = AT_END_OK, .deadline_ms = 5000, .lines = created};
static const struct at_expect expect_open = {.end = AT_END_OK, .deadline_ms = 125000};
static const struct at_expect expect_resolve = {.end = AT_END_OK, .deadline_ms = 75000, .lines = resolved};
static const struct at_expect expect_send = {
    .end = AT_END_BOTH, .deadline_ms = 20000, .prompt_ms = 5000, .settle_ms = 2000, .done = sent};
static const struct at_expect expect_receive = {.end = AT_END_OK, .deadline_ms = 10000, .lines = nothing};
static const struct at_expect expect_status = {.end = AT_END_OK, .deadline_ms = 5000, .lines = status};
static const struct at_expect expect_close = {.end = AT_END_OK, .deadline_ms = 125000};

#define COMMON                                                                                               \
    .numbering = DIALECT_NUMBERED_BY_MODEM, .prepare = {"AT+USOCR=6", &expect_create},                       \
    .prepare_link = "+USOCR: %d", .open = {"AT+USOCO={link},\"{host}\",{port}", &expect_open},               \
    .resolve = {"AT+UDNSRN=0,\"{host}\"", &expect_resolve}, .send = {"AT+USOWR={link},{len}", &expect_send}, \
    .send_taken = "+USOWR: %d,%d", .send_taken_capture = 1, .send_max_bytes = 1024,                          \
    .reading = DIALECT_BUFFERED, .announces = announces,                                                     \
    .receive = {"AT+USORD={link},{max}", &expect_receive}, .receive_max_bytes = 1024,                        \
    .waiting = {"AT+USORD={link},0", &expect_receive}, .waiting_line = "+USORD: %d,%d",                      \
    .waiting_capture = 1, .status = {"AT+USOCTL={link},10", &expect_status}, .row_forms = row_forms,         \
    .words = words, .close = {"AT+USOCL={link}", &expect_close}, .close_after_failure = true,                \
    .data_lines = data, .closed_lines = closed, .bearer_lost_lines = bearer_lost

const struct dialect dialect_ublox_r4 = {
    .name = "u-blox",
    .bearer_up = bearer_up_r4,
    COMMON,
};

const struct dialect dialect_ublox_r5 = {
    .name = "u-blox (profiles)",
    .bearer_up = bearer_up_r5,
    .bearer_down = bearer_down_r5,
    COMMON,
};
