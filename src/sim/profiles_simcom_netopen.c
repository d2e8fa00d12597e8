/* SIMCom's 3G and 4G modules with the NETOPEN stack. Sources: fact sheet, sections 1 to 7, family C, 14.C. */
#include "at_generic.h"
#include "boot.h"
#include "profile.h"
#include "simcom_net.h"

#include <stddef.h>

static const struct at_command *const tables[] = {
    simcom_net_module_commands, simcom_net_commands, at_settings_commands,
    at_identity_commands,       at_network_commands, NULL,
};

static const char *const storm[] = {"+CGREG: 1", "+CEREG: 1", "+CMTI: \"SM\",4", "RING", NULL};

#define START(word)                                                                                          \
    {                                                                                                        \
        {300, 0, BOOT_SAY, 0, word, 0}, {310, 0, BOOT_HEAR, 0, NULL, 0},                                     \
            {400, 0, BOOT_SAY, 0, "+CPIN: {sim}", 0}, {410, 0, BOOT_SIM, 0, NULL, 0},                        \
            {420, 0, BOOT_SEARCH, BOOT_IF_SIM, NULL, 0}, {700, 0, BOOT_SAY, BOOT_IF_SIM, "SMS DONE", 0},     \
            {800, 0, BOOT_SEARCH_ENDS, BOOT_IF_SIM, NULL, 0}, {950, 0, BOOT_SAY, BOOT_IF_SIM, "PB DONE", 0}, \
        {                                                                                                    \
            1000, 0, BOOT_END, 0, NULL, 0                                                                    \
        }                                                                                                    \
    }

static const struct boot_step boot_7600[] = START("RDY");
static const struct boot_step boot_a76[] = START("*ATREADY: 1");
static const struct boot_step boot_5360[] = START("START");

static const struct variant_default variants[] = {
    {V_CMEE, "1"},
    {V_AUTO_ATTACH, "on"},
    {V_PAYLOAD_ECHO, "off"},
    {V_PROMPT_SPACE, "off"},
    {V_ICCID, "89860012345678901234"},
    {V_LOCAL_IP, "10.71.155.118"},
    {0, NULL},
};

#define COMMON                                                                                               \
    .families = FAMILY_SIMCOM_NET, .family = &simcom_net_family, .tables = tables, .variants = variants,     \
    .storm = storm, .boot_real_ms = 20000, .line_max = 512, .links = 10, .send_max = SIMCOM_NET_SEND_MAX,    \
    .any_case = true, .buffered = true, .keeps_settings = true

static const struct profile sim7600 = {.name = "sim7600",
                                       .description = "SIMCom SIM7600: LTE, NETOPEN stack, buffered receive",
                                       .vendor = "SIMCOM INCORPORATED",
                                       .model = "SIMCOM_SIM7600E-H",
                                       .firmware = "SIM7600M22_V1.1",
                                       .boot = boot_7600,
                                       .lte = true,
                                       COMMON};
static const struct profile a7672 = {.name = "a7672",
                                     .description = "SIMCom A7672: LTE Cat 1, as the SIM7600, echoes payload",
                                     .vendor = "SIMCOM INCORPORATED",
                                     .model = "A7672S-FASE",
                                     .firmware = "A7672M7_V1.11.1",
                                     .boot = boot_a76,
                                     .lte = true,
                                     COMMON};
static const struct profile a7670 = {.name = "a7670",
                                     .description = "SIMCom A7670: as the A7672",
                                     .vendor = "INCORPORATED",
                                     .model = "A7670E-FASE",
                                     .firmware = "A7670M7_V1.11.1",
                                     .boot = boot_a76,
                                     .lte = true,
                                     COMMON};
static const struct profile sim5360 = {.name = "sim5360",
                                       .description = "SIMCom SIM5360: 3G, as the SIM7600",
                                       .vendor = "SIMCOM INCORPORATED",
                                       .model = "SIMCOM_SIM5360E",
                                       .firmware = "SIM5360E_V1.5",
                                       .boot = boot_5360,
                                       .netopen_two = true,
                                       COMMON};

const struct profile *const profiles_simcom_netopen[] = {&sim7600, &a7672, &a7670, &sim5360, NULL};
