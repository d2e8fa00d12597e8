/* Quectel's GSM modules. Sources: fact sheet, part 2A. */
#include "at_generic.h"
#include "boot.h"
#include "profile.h"
#include "quectel.h"

#include <stddef.h>

static const struct at_command *const tables[] = {
    quectel_module_commands,   quectel_network_commands,   quectel_gsm_commands, quectel_gsm_tcp_commands,
    quectel_gsm_data_commands, at_settings_commands,       at_identity_commands, at_cclk_commands,
    at_ctzu_commands,          quectel_gsm_clock_commands, at_network_commands,  NULL,
};

static const char *const storm[] = {"+CREG: 1", "RING", "+CMTI: \"SM\",4", "UNDER_VOLTAGE WARNING", NULL};

/* With automatic baud rate nothing of it is seen (A2). */
static const struct boot_step boot[] = {
    {0, 0, BOOT_SAY, BOOT_IF_NOISE, "\0\xFF", 2},
    {300, 0, BOOT_HEAR, 0, NULL, 0},
    {310, 0, BOOT_SAY, BOOT_IF_FIXED_BAUD, "RDY", 0},
    {400, 0, BOOT_SAY, BOOT_IF_FIXED_BAUD, "+CFUN: 1", 0},
    {450, 0, BOOT_SAY, BOOT_IF_FIXED_BAUD, "+CPIN: {sim}", 0},
    {460, 0, BOOT_SIM, 0, NULL, 0},
    {500, 0, BOOT_SEARCH, BOOT_IF_SIM, NULL, 0},
    {800, 0, BOOT_SEARCH_ENDS, BOOT_IF_SIM, NULL, 0},
    {850, 0, BOOT_SAY, BOOT_IF_SIM | BOOT_IF_FIXED_BAUD | BOOT_IF_CALL_READY, "Call Ready", 0},
    {860, 0, BOOT_SAY, BOOT_IF_SIM | BOOT_IF_FIXED_BAUD | BOOT_IF_SMS_READY, "SMS Ready", 0},
    {1000, 0, BOOT_END, 0, NULL, 0},
};

static const struct variant_default variants[] = {
    {V_CLOCK_UNSET, "04/01/01,00:00:12+00"},
    {V_CMEE, "1"},
    {V_AUTO_ATTACH, "on"},
    {V_PAYLOAD_ECHO, "off"},
    {V_SMS_READY, "off"},
    {V_QCCID_PREFIX, "off"},
    {V_CSQ_BER, "0"},
    {V_ICCID, "898600220909A0206023"},
    {V_LOCAL_IP, "10.64.12.7"},
    {0, NULL},
};

#define COMMON                                                                                               \
    .vendor = "Quectel_Ltd", .families = FAMILY_QUECTEL, .family = &quectel_gsm_family, .tables = tables,    \
    .variants = variants, .boot = boot, .storm = storm, .boot_real_ms = 8000, .line_max = 256,               \
    .links = QUECTEL_GSM_SOCKETS, .send_max = QUECTEL_SEND_MAX, .any_case = true, .repeats = true,           \
    .keeps_settings = true

static const struct profile m95 = {.name = "m95",
                                   .description = "Quectel M95: 2G, buffered receive with QIRD",
                                   .model = "Quectel_M95",
                                   .firmware = "M95FAR02A08",
                                   COMMON};
static const struct profile mc60 = {.name = "mc60",
                                    .description = "Quectel MC60: as the M95",
                                    .model = "Quectel_MC60",
                                    .firmware = "MC60CAR01A01",
                                    COMMON};
static const struct profile mc60e = {.name = "mc60e",
                                     .description = "Quectel MC60E: as the MC60",
                                     .model = "Quectel_MC60E",
                                     .firmware = "MC60ECAR01A01",
                                     COMMON};

const struct profile *const profiles_quectel_gsm[] = {&m95, &mc60, &mc60e, NULL};
