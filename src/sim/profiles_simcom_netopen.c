/* SIMCom's 3G and 4G modules with the NETOPEN stack. Sources: fact sheet, sections 1 to 7, family C, 14.C. */
#include "at_generic.h"
#include "boot.h"
#include "profile.h"
#include "simcom_netopen.h"

#include <stddef.h>

/* The SIM5360 has no CCH channel (C8). */
static const struct at_command *const tables_5360[] = {
    simcom_netopen_module_commands,
    simcom_netopen_commands,
    simcom_netopen_link_commands,
    simcom_netopen_read_commands,
    simcom_netopen_info_commands,
    at_settings_commands,
    at_identity_commands,
    at_cclk_commands,
    at_ctzu_commands,
    at_network_commands,
    NULL,
};
static const struct at_command *const tables[] = {
    simcom_netopen_module_commands,
    simcom_netopen_commands,
    simcom_netopen_link_commands,
    simcom_netopen_read_commands,
    simcom_netopen_cch_commands,
    simcom_netopen_ssl_commands,
    simcom_netopen_info_commands,
    at_settings_commands,
    at_identity_commands,
    at_cclk_commands,
    at_ctzu_commands,
    at_network_commands,
    NULL,
};

static const char *const storm[] = {"+CGREG: 1", "+CEREG: 1", "+CMTI: \"SM\",4", "RING", NULL};

/* Commands are heard from the first line on; CPIN? may still say that the card is busy (3). */
static const struct boot_step boot_7600[] = {
    {300, 0, BOOT_HEAR, 0, NULL, 0},
    {300, 0, BOOT_SAY, 0, "RDY", 0},
    {400, 0, BOOT_SAY, 0, "+CPIN: {sim}", 0},
    {410, 0, BOOT_SIM, 0, NULL, 0},
    {420, 0, BOOT_SEARCH, BOOT_IF_SIM, NULL, 0},
    {700, 0, BOOT_SAY, BOOT_IF_SIM | BOOT_IF_SMS_DONE, "SMS DONE", 0},
    {800, 0, BOOT_SEARCH_ENDS, BOOT_IF_SIM, NULL, 0},
    {950, 0, BOOT_SAY, BOOT_IF_SIM, "PB DONE", 0},
    {1000, 0, BOOT_END, 0, NULL, 0},
};

/* Chatter of the LTE attach before PB DONE, and one line behind it (14.C). */
static const struct boot_step boot_a76[] = {
    {300, 0, BOOT_HEAR, 0, NULL, 0},
    {300, 0, BOOT_SAY, 0, "*ATREADY: 1", 0},
    {400, 0, BOOT_SAY, 0, "+CPIN: {sim}", 0},
    {410, 0, BOOT_SIM, 0, NULL, 0},
    {420, 0, BOOT_SEARCH, BOOT_IF_SIM, NULL, 0},
    {700, 0, BOOT_SAY, BOOT_IF_SIM | BOOT_IF_SMS_DONE, "SMS DONE", 0},
    {800, 0, BOOT_SEARCH_ENDS, BOOT_IF_SIM, NULL, 0},
    {810, 0, BOOT_SAY, BOOT_IF_SIM | BOOT_IF_NOT_DENIED, "+CGEV: EPS PDN ACT 1", 0},
    {820, 0, BOOT_SAY, BOOT_IF_SIM | BOOT_IF_NOT_DENIED, "+CGEV: NW REATTACH", 0},
    {830, 0, BOOT_SAY, BOOT_IF_SIM | BOOT_IF_NOT_DENIED, "*COPN:0,\"KT\"", 0},
    {950, 0, BOOT_SAY, BOOT_IF_SIM, "PB DONE", 0},
    {960, 0, BOOT_SAY, BOOT_IF_SIM, "*ISIMAID: \"A0000000871004\"", 0},
    {1000, 0, BOOT_END, 0, NULL, 0},
};

/* Whether SMS DONE is among them is uncertain (0, 3): the variant sms_done. */
static const struct boot_step boot_5360[] = {
    {300, 0, BOOT_HEAR, 0, NULL, 0},
    {300, 0, BOOT_SAY, 0, "START", 0},
    {350, 0, BOOT_SAY, BOOT_IF_SIM, "+STIN: 25", 0},
    {400, 0, BOOT_SAY, 0, "+CPIN: {sim}", 0},
    {410, 0, BOOT_SIM, 0, NULL, 0},
    {420, 0, BOOT_SEARCH, BOOT_IF_SIM, NULL, 0},
    {600, 0, BOOT_SAY, BOOT_IF_SIM, "OPL UPDATING", 0},
    {610, 0, BOOT_SAY, BOOT_IF_SIM, "PNN UPDATING", 0},
    {700, 0, BOOT_SAY, BOOT_IF_SIM | BOOT_IF_SMS_DONE, "SMS DONE", 0},
    {800, 0, BOOT_SEARCH_ENDS, BOOT_IF_SIM, NULL, 0},
    {950, 0, BOOT_SAY, BOOT_IF_SIM, "PB DONE", 0},
    {1000, 0, BOOT_END, 0, NULL, 0},
};

#define VARIANTS                                                                                             \
    {V_TAKES_TIME, "ctzu"}, {V_AUTO_ATTACH, "on"}, {V_PAYLOAD_ECHO, "off"}, {V_PROMPT_SPACE, "off"},         \
        {V_CONNECT_TIMEOUT_S, "120"}, {V_CDNSGIP_ERROR, "10"}, {V_IMEI, "861477030000001"},                  \
        {V_ICCID, "89860012345678901234"},                                                                   \
    {                                                                                                        \
        V_LOCAL_IP, "10.71.155.118"                                                                          \
    }

static const struct variant_default variants[] = {VARIANTS, {0, NULL}};
static const struct variant_default variants_a76[] = {
    VARIANTS, {V_DATAECHO, "on"}, {V_CTZU, "0"}, {V_CLOCK_UNSET, "70/01/01,00:00:12"}, {0, NULL}};
static const struct variant_default variants_5360[] = {
    VARIANTS, {V_IMS, "absent"}, {V_SMS_DONE, "off"}, {0, NULL}};

#define COMMON                                                                                               \
    .families = FAMILY_NETOPEN, .family = &simcom_netopen_family, .storm = storm, .boot_real_ms = 20000,     \
    .line_max = 512, .links = 10, .send_max = NETOPEN_SEND_MAX, .any_case = true, .keeps_settings = true,    \
    .forgets_ipr = true

static const struct profile sim7600 = {.name = "sim7600",
                                       .description = "SIMCom SIM7600: LTE, NETOPEN stack, buffered receive",
                                       .vendor = "SIMCOM INCORPORATED",
                                       .model = "SIMCOM_SIM7600E-H",
                                       .firmware = "SIM7600M22_V1.1",
                                       .boot = boot_7600,
                                       .variants = variants,
                                       .tables = tables,
                                       .lte = true,
                                       COMMON};
static const struct profile a7672 = {.name = "a7672",
                                     .description = "SIMCom A7672: LTE Cat 1, as the SIM7600, echoes payload",
                                     .vendor = "SIMCOM INCORPORATED",
                                     .model = "A7672S-FASE",
                                     .firmware = "A7672M7_V1.11.1",
                                     .boot = boot_a76,
                                     .variants = variants_a76,
                                     .tables = tables,
                                     .lte = true,
                                     COMMON};
static const struct profile a7670 = {.name = "a7670",
                                     .description = "SIMCom A7670: as the A7672",
                                     .vendor = "INCORPORATED",
                                     .model = "A7670E-FASE",
                                     .firmware = "A7670M7_V1.11.1",
                                     .boot = boot_a76,
                                     .variants = variants_a76,
                                     .tables = tables,
                                     .lte = true,
                                     COMMON};
static const struct profile sim5360 = {.name = "sim5360",
                                       .description = "SIMCom SIM5360: 3G, as the SIM7600",
                                       .vendor = "SIMCOM INCORPORATED",
                                       .model = "SIMCOM_SIM5360E",
                                       .firmware = "SIM5360E_V1.5",
                                       .boot = boot_5360,
                                       .variants = variants_5360,
                                       .tables = tables_5360,
                                       .netopen_two = true,
                                       COMMON};

const struct profile *const profiles_simcom_netopen[] = {&sim7600, &a7672, &a7670, &sim5360, NULL};
