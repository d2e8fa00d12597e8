/* SIMCom's LTE-M modules with the CA stack. Sources: fact sheet, sections 1 to 7, family B, 14.B. */
#include "at_generic.h"
#include "boot.h"
#include "profile.h"
#include "simcom_ca.h"
#include "simcom_cip.h"

#include <stddef.h>

static const struct at_command *const tables[] = {
    simcom_ca_bearer_commands,
    simcom_ca_ssl_commands,
    simcom_ca_commands,
    simcom_ca_data_commands,
    simcom_lte_commands,
    simcom_gnss_commands,
    simcom_commands,
    at_settings_commands,
    at_identity_commands,
    at_cclk_commands,
    at_ctzu_commands,
    at_network_commands,
    NULL,
};

static const char *const storm[] = {"+CEREG: 1", "*PSUTTZ: 22/03/14,09:12:44,\"+04\",0", "+CMTI: \"SM\",4",
                                    NULL};

static const struct boot_step boot[] = {
    {300, 0, BOOT_HEAR, 0, NULL, 0},
    {310, 0, BOOT_SAY, BOOT_IF_FIXED_BAUD, "RDY", 0},
    {350, 0, BOOT_SAY, BOOT_IF_FIXED_BAUD, "+CFUN: {cfun}", 0},
    {400, 0, BOOT_SAY, BOOT_IF_FIXED_BAUD, "+CPIN: {sim}", 0},
    {410, 0, BOOT_SIM, 0, NULL, 0},
    {420, 0, BOOT_SEARCH, BOOT_IF_SIM, NULL, 0},
    {700, 0, BOOT_SAY, BOOT_IF_SIM, "SMS Ready", 0},
    {800, 0, BOOT_SEARCH_ENDS, BOOT_IF_SIM, NULL, 0},
    {1000, 0, BOOT_END, 0, NULL, 0},
};

/* The channel is blocked while CAOPEN runs (B3). RCVBUF is larger than what a link of the simulator holds (B6). */
/* clang-format off */
#define VARIANTS                                                                                             \
    {V_TAKES_TIME, "clts"}, {V_AUTO_ATTACH, "on"}, {V_PAYLOAD_ECHO, "off"}, {V_PROMPT_SPACE, "off"}, \
    {V_BUSY, "swallow"},    \
    {V_WRONG_STATE, "error"}, {V_RX_BUFFER, "8192"}, {V_CALL_READY, "off"}, {V_ICCID, "8949000000000000001f"}
/* clang-format on */

static const struct variant_default variants[] = {VARIANTS, {V_LOCAL_IP, "10.94.36.44"}, {0, NULL}};

/* It refuses several of the settings of CACFG (B6), wants small letters (B7) and has lost a quote of *PSUTTZ (9). */
static const struct variant_default variants_first[] = {VARIANTS,
                                                        {V_PSUTTZ, "broken"},
                                                        {V_LOCAL_IP, "10.181.182.177"},
                                                        {V_APP_PDP_INDEX, "off"},
                                                        {V_CNACT_FORM, "plain"},
                                                        {V_CACFG, "refused"},
                                                        {V_SSL_KEYS, "lower"},
                                                        {0, NULL}};

#define COMMON                                                                                               \
    .vendor = "SIMCOM_Ltd", .families = FAMILY_SIMCOM_CA, .family = &simcom_ca_family, .tables = tables,     \
    .boot = boot, .storm = storm, .boot_real_ms = 8000, .line_max = 512, .send_max = SIMCOM_CA_SEND_MAX,     \
    .any_case = true, .lte = true, .gnss = true, .buffered = true, .keeps_settings = true
#define NEWER .variants = variants, .links = SIMCOM_CA_SOCKETS

static const struct profile sim7080 = {.name = "sim7080",
                                       .description = "SIMCom SIM7080G: LTE-M and NB-IoT, CA stack",
                                       .model = "SIMCOM_SIM7080",
                                       .ati = "SIM7080 R1951.01",
                                       .firmware = "1951B17SIM7080",
                                       NEWER,
                                       COMMON};
static const struct profile sim7070 = {.name = "sim7070",
                                       .description = "SIMCom SIM7070G: as the SIM7080, with 2G",
                                       .model = "SIMCOM_SIM7070",
                                       .ati = "SIM7070 R1951.01",
                                       .firmware = "1951B17SIM7070",
                                       NEWER,
                                       COMMON};
static const struct profile sim7090 = {.name = "sim7090",
                                       .description = "SIMCom SIM7090G: as the SIM7080",
                                       .model = "SIMCOM_SIM7090",
                                       .ati = "SIM7090 R1951.01",
                                       .firmware = "1951B17SIM7090",
                                       NEWER,
                                       COMMON};
static const struct profile sim7000ssl = {.name = "sim7000ssl",
                                          .description = "SIMCom SIM7000, spoken to by its CA stack",
                                          .model = "SIMCOM_SIM7000G",
                                          .ati = "SIM7000G R1529",
                                          .firmware = "1529B10SIM7000G",
                                          .variants = variants_first,
                                          .links = 2,
                                          .first_lte = true,
                                          COMMON};

const struct profile *const profiles_simcom_ca[] = {&sim7080, &sim7070, &sim7090, &sim7000ssl, NULL};
