/*
 * The ESP8266 with Espressif's AT firmware: Wi-Fi in place of a mobile network, five links.
 * Owned by the modem; the command tables are listed by its profile.
 * It never has a SIM card; "registered" means that the access point is in reach, "bearer" that it is joined.
 */
#ifndef SIM_ESP8266_H
#define SIM_ESP8266_H

#include "at.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ESP8266_SSID_MAX     33
#define ESP8266_PASSWORD_MAX 65

struct link;
struct family;

struct esp8266_access {
    char ssid[ESP8266_SSID_MAX], password[ESP8266_PASSWORD_MAX];
};

struct esp8266 {
    struct esp8266_access wanted; /* "" : none */
    struct esp8266_access stored; /* survives a reboot */
    struct esp8266_access trying;
    bool trying_stores, no_sysstore;
    int cwmode, sleep, info; /* CWMODE, SLEEP, CIPDINFO */
    bool ack_timed;          /* SEND OK comes after send_ok_ms, whatever TCP has done */
    bool had_link;           /* STATUS:4: one was up and is not any more */
};

extern const struct family esp8266_family;

extern const struct at_command esp8266_module_commands[]; /* esp8266_module.c: GMR, RST, UART ... */
extern const struct at_command esp8266_wifi_commands[];   /* esp8266_wifi.c: CWJAP, CIFSR, CIPDOMAIN ... */
extern const struct at_command esp8266_link_commands[];   /* esp8266_link.c: CIPSTART, CIPCLOSE, CIPSTATUS */
extern const struct at_command esp8266_data_commands[];   /* esp8266_data.c: CIPSEND, CIPRECVDATA ... */

/* Lines carry no empty line in front here: TEXT\r\n. `kind` is an enum out_kind. */
void esp8266_say(struct modem *modem, int kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ESP-AT 2.x in place of the older Non-OS AT. */
bool esp8266_is_at2(const struct modem *modem);

/* "0," in multiplexed mode, else nothing. */
const char *esp8266_prefix(const struct modem *modem, const struct link *link, char out[8]);

/* The link of argument `index`, which moves behind it; NULL when the number is wrong. */
struct link *esp8266_take_link(struct modem *modem, const struct at_call *call, int *index);

/* Joins what is wanted (after a loss) or stored (after a boot), if it is in reach. */
void esp8266_rejoin(struct modem *modem);
void esp8266_bearer_lost(struct modem *modem);

void esp8266_link_opened(struct modem *modem, struct link *link);
void esp8266_link_failed(struct modem *modem, struct link *link);
void esp8266_link_data(struct modem *modem, struct link *link, const uint8_t *bytes, size_t count);
void esp8266_link_closed(struct modem *modem, struct link *link);
void esp8266_link_sent(struct modem *modem, struct link *link);

/* What the peer has closed and the host has now read empty is told to be closed. */
void esp8266_say_closed(struct modem *modem, const struct link *link);

#endif
