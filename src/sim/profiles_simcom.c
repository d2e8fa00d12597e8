/* SIM800 (800L, 800C, and as far as TCP goes 808 and 868). Sources: fact sheet 1 to 7, family A, 14.A. */
#include "at_generic.h"
#include "boot.h"
#include "profile.h"
#include "simcom_cip.h"

#include <stddef.h>

static const struct at_command *const tables[] = {
    simcom_commands,
    simcom_cip_bearer_commands,
    simcom_sapbr_commands,
    simcom_cip_open_commands,
    simcom_cip_status_commands,
    simcom_cip_send_commands,
    simcom_commands,
    simcom_cip_bearer_commands,
    simcom_sapbr_commands,
    simcom_cip_open_commands,
    simcom_cip_status_commands,
    simcom_cip_send_commands,
    simcom_cip_read_commands,
    simcom_gnss_commands,
    at_settings_commands,
    at_identity_commands,
    at_cclk_commands,
    at_network_commands,
    NULL,
};

static const struct at_command *const tables_lte[] = {
    simcom_commands,
    simcom_lte_commands,
    simcom_cip_bearer_commands,
    simcom_sapbr_commands,
    simcom_cip_open_commands,
    simcom_cip_status_commands,
    simcom_cip_send_commands,
    simcom_cip_read_commands,
    simcom_gnss_commands,
    at_settings_commands,
    at_identity_commands,
    at_cclk_commands,
    at_network_commands,
    NULL,
};

static const char *const storm[] = {
    "+CREG: 1", "*PSUTTZ: 22/03/14,09:12:44,\"+04\",0", "+CMTI: \"SM\",4", "RING", "UNDER-VOLTAGE WARNNING",
    NULL,
};

/* With autobaud the first three lines are not said (section 2). */
static const struct boot_step boot_sim800[] = {
    {0, 0, BOOT_SAY, BOOT_IF_NOISE, "\0IIII\xFF\xFF\xFF\xFF", 9},
    {400, 0, BOOT_HEAR, 0, NULL, 0},
    {400, 0, BOOT_SAY, BOOT_IF_FIXED_BAUD, "RDY", 0},
    {410, 0, BOOT_SAY, BOOT_IF_FIXED_BAUD, "+CFUN: {cfun}", 0},
    {450, 0, BOOT_SAY, BOOT_IF_FIXED_BAUD, "+CPIN: {sim}", 0},
    {460, 0, BOOT_SIM, 0, NULL, 0},
    {500, 0, BOOT_SEARCH, BOOT_IF_SIM, NULL, 0},
    {800, 0, BOOT_SEARCH_ENDS, BOOT_IF_SIM, NULL, 0},
    {850, 0, BOOT_SAY, BOOT_IF_SIM | BOOT_IF_CALL_READY, "Call Ready", 0},
    {950, 0, BOOT_SAY, BOOT_IF_SIM | BOOT_IF_SMS_READY, "SMS Ready", 0},
    {1000, 0, BOOT_END, 0, NULL, 0},
};

static const struct variant_default variants_sim800[] = {
    {V_TAKES_TIME, "clts"},
    {V_CLOCK_UNSET, "04/01/01,00:00:12+00"},
    {V_BOOT_NOISE, "on"},
    {V_AUTO_ATTACH, "on"},
    {V_KEEPS_IPR, "on"},
    {V_BUSY, "swallow"},
    {V_PAYLOAD_ECHO, "off"},
    {V_CSQ_BER, "0"},
    {V_ICCID, "8949000000000000001f"},
    {V_LOCAL_IP, "10.177.109.126"},
    {0, NULL},
};

/* Another chip: no junk at power-on, no SMS Ready, no CIPSSL (0, A10). */
static const struct variant_default variants_sim900[] = {
    {V_TAKES_TIME, "clts"},
    {V_CLOCK_UNSET, "04/01/01,00:00:12+00"},
    {V_AUTO_ATTACH, "on"},
    {V_KEEPS_IPR, "on"},
    {V_BUSY, "swallow"},
    {V_PAYLOAD_ECHO, "off"},
    {V_CSQ_BER, "0"},
    {V_SMS_READY, "off"},
    {V_CIPSSL, "absent"},
    {V_ICCID, "8949000000000000001f"},
    {V_LOCAL_IP, "10.177.109.126"},
    {0, NULL},
};

/* No Call Ready, no CIPSSL (A10), no blank behind the prompt (1). */
static const struct variant_default variants_sim7000[] = {
    {V_TAKES_TIME, "clts"},
    {V_PSUTTZ, "broken"},
    {V_AUTO_ATTACH, "on"},
    {V_KEEPS_IPR, "on"},
    {V_BUSY, "swallow"},
    {V_PAYLOAD_ECHO, "off"},
    {V_CALL_READY, "off"},
    {V_CIPSSL, "absent"},
    {V_PROMPT_SPACE, "off"},
    {V_ICCID, "8949000000000000001f"},
    {V_LOCAL_IP, "10.181.182.177"},
    {0, NULL},
};

#define COMMON                                                                                               \
    .vendor = "SIMCOM_Ltd", .families = FAMILY_SIMCOM_CIP, .family = &simcom_cip_family,                     \
    .boot = boot_sim800, .storm = storm, .boot_real_ms = 5000, .line_max = 556, .send_max = 1460,            \
    .any_case = true, .repeats = true, .keeps_settings = true, .forgets_ipr = true

static const struct profile sim800 = {.name = "sim800",
                                      .description =
                                          "SIMCom SIM800/800L/800C: 2G, CIP stack, buffered receive",
                                      .ati = "SIM800 R14.18",
                                      .model = "SIMCOM_SIM800L",
                                      .firmware = "1418B05SIM800L24",
                                      .variants = variants_sim800,
                                      .links = 6,
                                      .tables = tables,
                                      COMMON};
static const struct profile sim808 = {.name = "sim808",
                                      .description = "SIMCom SIM808: as the SIM800, with positions",
                                      .ati = "SIM808 R14.18",
                                      .model = "SIMCOM_SIM808",
                                      .firmware = "1418B04SIM808M32",
                                      .variants = variants_sim800,
                                      .links = 6,
                                      .tables = tables,
                                      .gnss = true,
                                      .no_auto_sleep = true,
                                      COMMON};
static const struct profile sim868 = {.name = "sim868",
                                      .description = "SIMCom SIM868: as the SIM808",
                                      .ati = "SIM868 R14.18",
                                      .model = "SIMCOM_SIM868",
                                      .firmware = "1418B04SIM868M32",
                                      .variants = variants_sim800,
                                      .links = 6,
                                      .tables = tables,
                                      .gnss = true,
                                      COMMON};
static const struct profile sim900 = {.name = "sim900",
                                      .description = "SIMCom SIM900: the CIP stack with 8 links, no CIPSSL",
                                      .ati = "SIM900 R11.0",
                                      .model = "SIMCOM_SIM900",
                                      .firmware = "1137B12SIM900M64_ST",
                                      .variants = variants_sim900,
                                      .links = 8,
                                      .unlocked_line = "+PACSP: 1",
                                      .tables = tables,
                                      COMMON};
static const struct profile sim7000 = {.name = "sim7000",
                                       .description = "SIMCom SIM7000: LTE-M, NB-IoT and 2G, CIP stack",
                                       .ati = "SIM7000G R1529",
                                       .model = "SIMCOM_SIM7000G",
                                       .firmware = "1529B10SIM7000G",
                                       .variants = variants_sim7000,
                                       .links = 8,
                                       .lte = true,
                                       .first_lte = true,
                                       .gnss = true,
                                       .tables = tables_lte,
                                       COMMON};

const struct profile *const profiles_simcom[] = {&sim800, &sim808, &sim868, &sim900, &sim7000, NULL};
