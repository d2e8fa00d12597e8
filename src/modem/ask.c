#include "ask.h"

#include "blynkd/base/log.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define TIMEOUT_DEFAULT_MS 10000
#define TIMEOUT_MAX_MS     200000

/* `query`: the question about it ("AT+CPIN?", "AT+CPIN=?") is harmless. Names as after "AT". */
static const struct {
    const char *name;
    bool query;
    const char *why;
} refused[] = {
    {"+CPIN", true, "a wrong PIN locks the SIM card"},
    {"+CPWD", true, "it changes the PIN of the SIM card"},
    {"+CLCK", true, "it can lock the SIM card"},
    {"+IPR", true, "it changes the baud rate under the daemon"},
    {"+IPREX", true, "it changes the baud rate under the daemon"},
    {"+UART", true, "it changes the baud rate under the daemon"},
    {"+ICF", true, "it changes the serial line under the daemon"},
    {"+IFC", true, "it changes the serial line under the daemon"},
    {"+CMUX", true, "it changes the serial line under the daemon"},
    {"+CFUN", true, "it switches the modem off; use LINK RESTART"},
    {"+RST", false, "it restarts the modem; use LINK RESTART"},
    {"+CRESET", false, "it restarts the modem; use LINK RESTART"},
    {"+CREBOOT", false, "it restarts the modem; use LINK RESTART"},
    {"+REBOOT", false, "it restarts the modem; use LINK RESTART"},
    {"+CPOF", false, "it switches the modem off"},
    {"+CPOWD", false, "it switches the modem off"},
    {"+QPOWD", false, "it switches the modem off"},
    {"+CIP", true, "it is how the daemon sends its data"},
    {"+CA", true, "it is how the daemon sends its data"},
    {"+CNACT", true, "it is the daemon's data connection"},
    {"+CIICR", false, "it is the daemon's data connection"},
    {"+CSTT", true, "it is the daemon's data connection"},
    {"+CGACT", true, "it is the daemon's data connection"},
    {"+CGATT", true, "it is the daemon's data connection"},
    {"+CGDCONT", true, "it is the daemon's data connection"},
    {"+NETOPEN", true, "it is the daemon's data connection"},
    {"+NETCLOSE", true, "it is the daemon's data connection"},
    {"+QI", true, "it is how the daemon sends its data"},
    {"+TCP", true, "it is how the daemon sends its data"},
    {"+XIIC", true, "it is the daemon's data connection"},
    {"+COPS=?", false, "it can take minutes"},
    {"+COPS", true, "it can lose the network"},
    {"+CMGS", false, "it waits for text, which cannot be given here"},
    {"+CMGW", false, "it waits for text, which cannot be given here"},
    {"+CGDATA", false, "it turns the line into a data connection"},
    {"+CSLEEP", true, "the modem would sleep"},
    {"+SLEEP", true, "the modem would sleep"},
    {"+CSCLK", true, "the modem would sleep"},
    {"&", false, "it changes what the modem remembers"},
    {"Z", false, "it changes how the modem answers"},
    {"E", false, "it changes how the modem answers"},
    {"V", false, "it changes how the modem answers"},
    {"Q", false, "it changes how the modem answers"},
    {"X", false, "it changes how the modem answers"},
    {"S", false, "it changes how the modem answers"},
    {"D", false, "it dials"},
    {"A", false, "it answers a call"},
    {"O", false, "it turns the line into a data connection"},
    {"H", false, "it hangs up"},
    {"+CMEE", true, "it changes how the modem answers"},
};

/* "+CPIN?" and "+CPIN=?"; not "+CPIN=0000?". */
static bool is_question(const char *text, size_t len)
{
    const char *equals = memchr(text, '=', len);

    return len > 1 && text[len - 1] == '?' && (!equals || equals == text + len - 2);
}

/* "ATIE1" is two commands, and only the first would be looked at. */
static bool is_chained(const char *text, size_t len)
{
    return len > 1 && isalpha((unsigned char)text[0]) && isalpha((unsigned char)text[1]);
}

static const char *part_refusal(const char *text, size_t len)
{
    if (is_chained(text, len)) {
        return "commands in a row are separated by ;";
    }
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        size_t name_len = strlen(refused[i].name);
        if (len >= name_len && strncasecmp(text, refused[i].name, name_len) == 0 &&
            !(refused[i].query && is_question(text, len))) {
            return refused[i].why;
        }
    }
    return NULL;
}

/* The end of the part: a ';' outside quotes, or the end. */
static size_t part_length(const char *text)
{
    bool quoted = false;
    size_t len = 0;

    for (; text[len] && (quoted || text[len] != ';'); len++) {
        quoted ^= text[len] == '"';
    }
    return len;
}

/* Modems skip blanks. */
static bool copy_without_blanks(const char *command, char *text, size_t size)
{
    size_t len = 0;

    for (; *command && len + 1 < size; command++) {
        if (*command != ' ') {
            text[len++] = *command;
        }
    }
    text[len] = '\0';
    return !*command;
}

const char *ask_refusal(const char *command)
{
    char text[sizeof(((struct at_request *)0)->text)] = "";

    if (!copy_without_blanks(command, text, sizeof(text))) {
        return "it is too long";
    }
    if (strncasecmp(text, "AT", 2) != 0) {
        return "a command begins with AT";
    }
    for (const char *part = text + 2; *part; part += *part == ';') {
        size_t len = part_length(part);
        const char *why = part_refusal(part, len);
        if (why) {
            return why;
        }
        part += len;
    }
    return NULL;
}

/* "AT+CREG?" -> "+CREG: *", so that the answer is not taken for news of the network. */
static void make_prefix(struct ask *ask, const char *command)
{
    const char *name = command + 2;
    size_t len = strcspn(name, "?=;\"%");
    bool named = len > 1 && len + 4 < ASK_NAME_MAX && !isalnum((unsigned char)*name) && *name != '*';

    ask->prefixes[0] = NULL;
    ask->prefixes[1] = NULL;
    if (!named || memchr(name, '*', len)) {
        return;
    }
    for (size_t i = 0; i < len; i++) {
        ask->prefix[i] = (char)toupper((unsigned char)name[i]);
    }
    memcpy(ask->prefix + len, ": *", 4);
    ask->prefixes[0] = ask->prefix;
}

static void add_line(struct ask *ask, const char *line, size_t len)
{
    if (ask->count == ASK_LINES_MAX || len + 1 > sizeof(ask->text) - ask->text_len) {
        return; /* the bound; the final result keeps its place, see on_done */
    }
    char *copy = ask->text + ask->text_len;
    memcpy(copy, line, len);
    copy[len] = '\0';
    ask->lines[ask->count++] = copy;
    ask->text_len += len + 1;
}

static void on_line(void *arg, const char *line, size_t len)
{
    struct ask *ask = arg;

    if (ask->count < ASK_LINES_MAX - 1 && ask->text_len + len < sizeof(ask->text) - 200) {
        add_line(ask, line, len);
    }
}

static int error_of(enum at_result result)
{
    switch (result) {
    case AT_RESULT_OK:
    case AT_RESULT_ERROR:
    case AT_RESULT_FAIL:
        return 0;
    case AT_RESULT_TIMEOUT:
        return -ETIMEDOUT;
    case AT_RESULT_REBOOT:
    case AT_RESULT_CANCELLED:
        return -ENOTCONN;
    }
    return -EIO;
}

static void on_done(void *arg, const struct at_reply *reply)
{
    struct ask *ask = arg;
    size_t len = strlen(reply->text);

    if (len > 0) {
        add_line(ask, reply->text, len < 199 ? len : 199);
    }
    modem_answer_fn *done = ask->on_done;
    ask->on_done = NULL;
    done(ask->arg, error_of(reply->result), ask->lines, ask->count);
}

void ask_init(struct ask *ask, struct at_channel *channel)
{
    memset(ask, 0, sizeof(*ask));
    ask->channel = channel;
    ask->request.priority = AT_PRIORITY_LOW;
    ask->request.on_line = on_line;
    ask->request.on_done = on_done;
    ask->request.arg = ask;
}

int ask_start(struct ask *ask, const char *command, uint32_t timeout_ms, modem_answer_fn *done, void *arg)
{
    if (ask->on_done) {
        return -EBUSY;
    }
    if (strlen(command) >= sizeof(ask->request.text)) {
        return -EINVAL;
    }
    const char *why = ask_refusal(command);
    if (why) {
        log_notice("modem", "the command %.32s is refused: %s", command, why);
        return -EPERM;
    }
    snprintf(ask->request.text, sizeof(ask->request.text), "%s", command);
    make_prefix(ask, command);
    ask->expect = (struct at_expect){.end = AT_END_OK, .any_line = true, .lines = ask->prefixes};
    ask->expect.is_private = strcasestr(command, "CIMI"); /* whoever asks is told; the trace is not */
    ask->expect.deadline_ms = timeout_ms ? timeout_ms : TIMEOUT_DEFAULT_MS;
    if (ask->expect.deadline_ms > TIMEOUT_MAX_MS) {
        ask->expect.deadline_ms = TIMEOUT_MAX_MS;
    }
    ask->request.expect = &ask->expect;
    ask->count = 0;
    ask->text_len = 0;
    int error = at_channel_send(ask->channel, &ask->request);
    if (!error) {
        ask->on_done = done;
        ask->arg = arg;
    }
    return error;
}

void ask_cancel(struct ask *ask)
{
    ask->on_done = NULL;
    at_request_forget(ask->channel, &ask->request);
}
