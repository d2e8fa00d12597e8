/* Lines without an empty one in front, identity, restart, settings (4.1, 4.2, 4.5). */
#include "at_generic.h"
#include "at_result.h"
#include "modem.h"
#include "print.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void esp8266_say(struct modem *modem, int kind, const char *format, ...)
{
    char text[512];
    va_list args;
    int length;

    out_storm(modem, false);
    va_start(args, format);
    length = vsnprintf(text, sizeof text - 2, format, args);
    va_end(args);
    if (length > (int)sizeof text - 3)
        length = (int)sizeof text - 3;
    text[length] = '\r';
    text[length + 1] = '\n';
    out_bytes(modem, (enum out_kind)kind, text, (size_t)length + 2);
}

bool esp8266_is_at2(const struct modem *modem)
{
    return VARIANT_IS(modem, ESP_AT, "2");
}

/* ---- identity ---- */

/* The one answer whose OK has no empty line in front. */
static int run_gmr(struct modem *modem, const struct at_call *call)
{
    const char *wanted = VARIANT_TEXT(modem, FIRMWARE);

    (void)call;
    if (wanted[0] != '\0')
        esp8266_say(modem, OUT_ANSWER, "AT version:%s", wanted);
    else if (esp8266_is_at2(modem))
        esp8266_say(modem, OUT_ANSWER, "AT version:2.2.0.0");
    else
        esp8266_say(modem, OUT_ANSWER, "AT version:%s", modem->profile->firmware);
    if (esp8266_is_at2(modem))
        esp8266_say(modem, OUT_ANSWER, "SDK version:v3.4");
    else
        esp8266_say(modem, OUT_ANSWER,
                    "SDK version:3.0.0(d49923c)\r\ncompile time:Aug 23 2018 16:58:12\r\n"
                    "Bin version(Wroom 02):v1.7.0");
    esp8266_say(modem, OUT_ANSWER, "OK");
    return AT_DONE;
}

/* ---- settings ---- */

static int run_echo(struct modem *modem, const struct at_call *call)
{
    long on;

    if (!at_number(call, 0, 0, 1, &on))
        return AT_ERROR;
    modem->settings.echo = on == 1;
    return AT_OK;
}

static int run_sysstore(struct modem *modem, const struct at_call *call)
{
    long on;

    if (!esp8266_is_at2(modem))
        return at_unknown(modem);
    if (call->kind == AT_QUERY) {
        esp8266_say(modem, OUT_ANSWER, "+SYSSTORE:%d", !modem->esp8266.no_sysstore);
        return AT_OK;
    }
    if (!at_number(call, 0, 0, 1, &on))
        return AT_ERROR;
    modem->esp8266.no_sysstore = on == 0;
    return AT_OK;
}

static int run_sleep(struct modem *modem, const struct at_call *call)
{
    long mode;

    if (call->kind == AT_QUERY) {
        esp8266_say(modem, OUT_ANSWER, "+SLEEP:%d", modem->esp8266.sleep);
        return AT_OK;
    }
    if (!at_number(call, 0, 0, 2, &mode))
        return AT_ERROR;
    modem->esp8266.sleep = (int)mode;
    return AT_OK;
}

/* All five numbers must stand there. */
static int run_uart(struct modem *modem, const struct at_call *call)
{
    long baud;

    if (call->kind == AT_QUERY) {
        esp8266_say(modem, OUT_ANSWER, "+UART_CUR:%ld,8,1,0,0", modem->uart.baud);
        return AT_OK;
    }
    if (call->argc != 5 || !at_number(call, 0, 80, 5000000, &baud))
        return AT_ERROR;
    at_result(modem, AT_OK);
    if (modem->uart.baud > 0)
        modem->uart.baud = baud;
    print_event("--", "the module now talks at %ld baud", baud);
    return AT_DONE;
}

/* ---- time ---- */

static int run_sntpcfg(struct modem *modem, const struct at_call *call)
{
    long on;

    if (call->kind == AT_SET && !at_number(call, 0, 0, 1, &on))
        return AT_ERROR;
    if (call->kind == AT_SET)
        modem->settings.clts = (int)on;
    else
        esp8266_say(modem, OUT_ANSWER, "+CIPSNTPCFG:%d,0,\"pool.ntp.org\"", modem->settings.clts);
    return AT_OK;
}

/* Without an answer of a server it is still 1970. */
static int run_sntptime(struct modem *modem, const struct at_call *call)
{
    bool knows = modem->settings.clts == 1 && modem->network.bearer_up && clock_is_told(modem);
    time_t now = knows ? clock_time(modem) : 0;
    struct tm utc;
    char text[40];

    (void)call;
    gmtime_r(&now, &utc);
    strftime(text, sizeof text, "%a %b %d %H:%M:%S %Y", &utc);
    esp8266_say(modem, OUT_ANSWER, "+CIPSNTPTIME:%s", text);
    return AT_OK;
}

/* ---- restart ---- */

static int run_rst(struct modem *modem, const struct at_call *call)
{
    (void)call;
    at_result(modem, AT_OK);
    modem_reboot(modem, "AT+RST", false);
    return AT_SILENT;
}

static int run_restore(struct modem *modem, const struct at_call *call)
{
    (void)call;
    memset(&modem->esp8266.stored, 0, sizeof modem->esp8266.stored);
    at_result(modem, AT_OK);
    modem_reboot(modem, "AT+RESTORE", false);
    return AT_SILENT;
}

const struct at_command esp8266_module_commands[] = {
    {"E", run_echo, AT_SET, 0},
    {"+GMR", run_gmr, AT_EXEC, 0},
    {"+SYSSTORE", run_sysstore, AT_QUERY | AT_SET, 0},
    {"+SLEEP", run_sleep, AT_QUERY | AT_SET, 0},
    {"+UART_CUR", run_uart, AT_QUERY | AT_SET, 0},
    {"+CIPSNTPCFG", run_sntpcfg, AT_QUERY | AT_SET, 0},
    {"+CIPSNTPTIME", run_sntptime, AT_QUERY, 0},
    {"+RST", run_rst, AT_EXEC, 0},
    {"+RESTORE", run_restore, AT_EXEC, 0},
    {NULL, NULL, 0, 0},
};

/* ---- by itself ---- */

/* What was joined for this run only is forgotten; what is stored is joined again when the boot is over. */
static void reset(struct modem *modem)
{
    struct esp8266 *esp = &modem->esp8266;

    if (VARIANT_ON(modem, WIFI_STORED) && esp->stored.ssid[0] == '\0')
        snprintf(esp->stored.ssid, sizeof esp->stored.ssid, "%s",
                 modem->options->ssid != NULL ? modem->options->ssid : "home");
    esp->wanted = esp->stored;
    esp->no_sysstore = esp->had_link = false;
    esp->cwmode = 1;
    esp->sleep = 2;
    esp->info = 0;
}

static void settled(struct modem *modem)
{
    modem->network.bearer_up = modem->esp8266.wanted.ssid[0] != '\0';
}

static const char *prompt(const struct modem *modem)
{
    if (VARIANT_IS(modem, ESP_PROMPT, "auto"))
        return esp8266_is_at2(modem) ? "\r\n>" : "> ";
    if (VARIANT_IS(modem, ESP_PROMPT, "line"))
        return "\r\n>";
    return VARIANT_IS(modem, ESP_PROMPT, "blank") ? "> " : ">";
}

const struct family esp8266_family = {
    .reset = reset,
    .link_opened = esp8266_link_opened,
    .link_failed = esp8266_link_failed,
    .link_data = esp8266_link_data,
    .link_closed = esp8266_link_closed,
    .link_sent = esp8266_link_sent,
    .bearer_lost = esp8266_bearer_lost,
    .registered = esp8266_rejoin,
    .settled = settled,
    .prompt = prompt,
};
