/* ESP8266 with AT firmware, both generations (variant esp_at). Source: fact sheet, section 4. */
#include "esp8266.h"

#include "boot.h"
#include "profile.h"

#include <stddef.h>

static const struct at_command *const tables[] = {
    esp8266_module_commands, esp8266_wifi_commands, esp8266_link_commands, esp8266_data_commands, NULL,
};

static const char *const storm[] = {"WIFI GOT IP", "WIFI CONNECTED", NULL};

/* The boot ROM speaks at 74880 baud: at any other speed its line is noise (4.1, 4.6). */
static const struct boot_step boot_esp8266[] = {
    {0, 0, BOOT_SAY, BOOT_IF_NOISE, "\r\n ets Jan  8 2013,rst cause:4, boot mode:(3,7)\r\n", 49},
    {10, 0, BOOT_SAY, BOOT_IF_NOISE, "\x1C\xE0\x80rl\x8C\xF2\x00\x9Cn\xEC", 11},
    {400, 0, BOOT_HEAR, 0, NULL, 0},
    {400, 0, BOOT_SIM, 0, "ready", 0},
    {450, 0, BOOT_SEARCH, 0, NULL, 0},
    {700, 0, BOOT_SEARCH_ENDS, 0, NULL, 0},
    {1000, 0, BOOT_END, 0, NULL, 0},
};

static const struct variant_default variants[] = {
    {V_BOOT_NOISE, "on"},
    {V_PAYLOAD_ECHO, "off"},
    {V_ESC_CANCELS, "never"},
    {V_BUSY, "say"},
    {V_CHUNK_MAX, "1460"},
    {V_LOCAL_IP, "192.168.3.133"},
    {0, NULL},
};

/* Logs and the boot ROM use other pins; larger pieces, a larger window (4.1, 4.4). */
static const struct variant_default variants_esp_at[] = {
    {V_ESP_AT, "2"},       {V_PAYLOAD_ECHO, "off"}, {V_ESC_CANCELS, "never"},      {V_BUSY, "say"},
    {V_CHUNK_MAX, "2920"}, {V_RX_BUFFER, "5744"},   {V_LOCAL_IP, "192.168.3.133"}, {0, NULL},
};

#define COMMON                                                                                               \
    .vendor = "Espressif", .model = "ESP8266", .firmware = "1.7.0.0(Aug 16 2018 00:57:04)",                  \
    .families = FAMILY_ESPRESSIF, .family = &esp8266_family, .tables = tables, .boot = boot_esp8266,         \
    .storm = storm, .boot_real_ms = 1500, .line_max = 256, .links = 5, .send_max = 2048, .escapes = true,    \
    .needs_feed = true, .answers_noise = true

static const struct profile esp8266 = {
    .name = "esp8266",
    .description = "Espressif ESP8266 with AT firmware: Wi-Fi, no SIM card, received data as +IPD,0,5:...",
    .variants = variants,
    COMMON};
static const struct profile esp_at = {
    .name = "esp-at", .description = "the same with ESP-AT 2.2", .variants = variants_esp_at, COMMON};

const struct profile *const profiles_espressif[] = {&esp8266, &esp_at, NULL};
