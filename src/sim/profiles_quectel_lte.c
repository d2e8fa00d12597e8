/* Quectel's LTE modules. Sources: fact sheet, part 2B. */
#include "at_generic.h"
#include "boot.h"
#include "profile.h"
#include "quectel.h"

#include <stddef.h>

static const struct at_command *const tables[] = {
    quectel_module_commands,   quectel_network_commands,
    quectel_lte_commands,      quectel_lte_tcp_commands,
    quectel_lte_ssl_commands,  quectel_file_commands,
    quectel_lte_data_commands, at_settings_commands,
    at_identity_commands,      at_cclk_commands,
    at_ctzu_commands,          quectel_lte_clock_commands,
    at_network_commands,       NULL,
};

static const char *const storm[] = {"+CEREG: 1", "+QIND: \"csq\",24,99", "+CMTI: \"SM\",4", "RING", NULL};

/* B1; the order varies. What comes before APP RDY is lost. */
static const struct boot_step bg_boot[] = {
    {0, 0, BOOT_SAY, BOOT_IF_NOISE, "\0\xFF", 2},
    {300, 0, BOOT_SAY, 0, "RDY", 0},
    {400, 0, BOOT_SAY, BOOT_IF_APP_READY, "APP RDY", 0},
    {410, 0, BOOT_HEAR, 0, NULL, 0},
    {450, 0, BOOT_SAY, 0, "+CFUN: 1", 0},
    {500, 0, BOOT_SAY, 0, "+CPIN: {sim}", 0},
    {510, 0, BOOT_SIM, 0, NULL, 0},
    {520, 0, BOOT_SEARCH, BOOT_IF_SIM, NULL, 0},
    {600, 0, BOOT_SAY, BOOT_IF_SIM, "+QUSIM: 1", 0},
    {700, 0, BOOT_SAY, BOOT_IF_SIM, "+QIND: SMS DONE", 0},
    {800, 0, BOOT_SEARCH_ENDS, BOOT_IF_SIM, NULL, 0},
    {1000, 0, BOOT_END, 0, NULL, 0},
};

/* B10: EC25, EG25-G. */
static const struct boot_step ec_boot[] = {
    {0, 0, BOOT_SAY, BOOT_IF_NOISE, "\0\xFF", 2},
    {300, 0, BOOT_SAY, 0, "RDY", 0},
    {350, 0, BOOT_HEAR, 0, NULL, 0},
    {450, 0, BOOT_SAY, 0, "+CFUN: 1", 0},
    {500, 0, BOOT_SAY, 0, "+CPIN: {sim}", 0},
    {510, 0, BOOT_SIM, 0, NULL, 0},
    {520, 0, BOOT_SEARCH, BOOT_IF_SIM, NULL, 0},
    {600, 0, BOOT_SAY, BOOT_IF_SIM, "+QUSIM: 1", 0},
    {700, 0, BOOT_SAY, BOOT_IF_SIM, "+QIND: SMS DONE", 0},
    {800, 0, BOOT_SEARCH_ENDS, BOOT_IF_SIM, NULL, 0},
    {850, 0, BOOT_SAY, BOOT_IF_SIM, "+QIND: PB DONE", 0},
    {1000, 0, BOOT_END, 0, NULL, 0},
};

/* B10: EC200U, EG915U; the shortest. */
static const struct boot_step u_boot[] = {
    {0, 0, BOOT_SAY, BOOT_IF_NOISE, "\0\xFF", 2},
    {300, 0, BOOT_SAY, 0, "RDY", 0},
    {350, 0, BOOT_HEAR, 0, NULL, 0},
    {500, 0, BOOT_SAY, 0, "+CPIN: {sim}", 0},
    {510, 0, BOOT_SIM, 0, NULL, 0},
    {520, 0, BOOT_SEARCH, BOOT_IF_SIM, NULL, 0},
    {800, 0, BOOT_SEARCH_ENDS, BOOT_IF_SIM, NULL, 0},
    {850, 0, BOOT_SAY, BOOT_IF_SIM, "+QIND: PB DONE", 0},
    {1000, 0, BOOT_END, 0, NULL, 0},
};

#define VARIANTS                                                                                             \
    {V_CCLK_TIME, "utc"}, {V_CMEE, "1"}, {V_AUTO_ATTACH, "on"}, {V_PAYLOAD_ECHO, "off"},                     \
        {V_ICCID, "8949227002805216770F"}, {V_LOCAL_IP, "10.7.157.1"},                                       \
    {                                                                                                        \
        V_CONNECT_TIMEOUT_S, "150"                                                                           \
    }

static const struct variant_default variants[] = {VARIANTS, {0, NULL}};
/* 8 is Cat-M1 in Quectel's numbering (1.7). */
static const struct variant_default bg_variants[] = {VARIANTS, {V_ACT, "8"}, {0, NULL}};

#define COMMON                                                                                               \
    .vendor = "Quectel", .families = FAMILY_QUECTEL, .family = &quectel_lte_family, .tables = tables,        \
    .storm = storm, .boot_real_ms = 8000, .line_max = 512, .links = QUECTEL_LTE_SOCKETS,                     \
    .send_max = QUECTEL_SEND_MAX, .any_case = true, .repeats = true, .lte = true, .buffered = true,          \
    .keeps_settings = true

static const struct profile bg96 = {.name = "bg96",
                                    .description = "Quectel BG96: LTE-M, NB-IoT and 2G, buffered receive",
                                    .model = "BG96",
                                    .firmware = "BG96MAR02A07M1G",
                                    .boot = bg_boot,
                                    .variants = bg_variants,
                                    COMMON};
static const struct profile bg95 = {.name = "bg95",
                                    .description = "Quectel BG95: as the BG96",
                                    .model = "BG95-M3",
                                    .firmware = "BG95M3LAR02A04",
                                    .boot = bg_boot,
                                    .variants = bg_variants,
                                    COMMON};
static const struct profile ec25 = {.name = "ec25",
                                    .description = "Quectel EC25: LTE, 3G and 2G, as the BG96",
                                    .model = "EC25",
                                    .firmware = "EC25EFAR06A03M4G",
                                    .boot = ec_boot,
                                    .variants = variants,
                                    COMMON};
static const struct profile eg25 = {.name = "eg25",
                                    .description = "Quectel EG25-G: LTE, 3G and 2G, as the BG96",
                                    .model = "EG25",
                                    .firmware = "EG25GGBR07A08M2G",
                                    .boot = ec_boot,
                                    .variants = variants,
                                    COMMON};
static const struct profile ec200u = {.name = "ec200u",
                                      .description = "Quectel EC200U: LTE Cat 1, as the BG96",
                                      .model = "EC200U",
                                      .firmware = "EC200UCNAAR02A09M08",
                                      .boot = u_boot,
                                      .variants = variants,
                                      COMMON};
static const struct profile eg915 = {.name = "eg915",
                                     .description = "Quectel EG915U: LTE Cat 1, as the BG96",
                                     .model = "EG915U",
                                     .firmware = "EG915UEUABR02A01M08",
                                     .boot = u_boot,
                                     .variants = variants,
                                     COMMON};

const struct profile *const profiles_quectel_lte[] = {&bg96, &bg95, &ec25, &eg25, &ec200u, &eg915, NULL};
