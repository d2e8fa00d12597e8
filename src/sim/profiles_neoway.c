/* M590 of Neoway. Source: fact sheet, section 3. */
#include "neoway.h"

#include "at_generic.h"
#include "boot.h"
#include "profile.h"

#include <stddef.h>

static const struct at_command *const tables[] = {
    neoway_module_commands, neoway_bearer_commands, neoway_tcp_commands, at_settings_commands,
    at_identity_commands,   at_cclk_commands,       at_network_commands, NULL,
};

static const char *const storm[] = {"+CREG: 1", "RING", "+CMTI: \"SM\",4", "+PBREADY", NULL};

/* +PBREADY is the end of the start (3.1); a modem without registration says it as well. */
static const struct boot_step boot_m590[] = {
    {0, 0, BOOT_SAY, BOOT_IF_NOISE, "\xFF\x00", 2},
    {150, 0, BOOT_SAY, 0, "MODEM:STARTUP", 0},
    {200, 0, BOOT_HEAR, 0, NULL, 0},
    {400, 0, BOOT_SIM, 0, NULL, 0},
    {450, 0, BOOT_SEARCH, BOOT_IF_SIM, NULL, 0},
    {700, 0, BOOT_SAY, 0, "+PBREADY", 0},
    {900, 0, BOOT_SEARCH_ENDS, BOOT_IF_SIM, NULL, 0},
    {1000, 0, BOOT_END, 0, NULL, 0},
};

static const struct variant_default variants[] = {
    {V_CMEE, "1"},
    {V_AUTO_ATTACH, "on"},
    {V_PROMPT_SPACE, "off"},
    {V_CPIN_SPACE, "off"},
    {V_PAYLOAD_ECHO, "off"},
    {V_ESC_CANCELS, "never"},
    {V_CSQ_BER, "0"},
    {V_CREG_SWAP, "on"},
    {V_LOCAL_IP, "10.232.165.29"},
    {0, NULL},
};

static const struct profile m590 = {
    .name = "m590",
    .description = "Neoway M590: 2G, connects to numeric addresses only, received data as +TCPRECV:0,5,...",
    .vendor = "NEOWAY",
    .model = "M590",
    .firmware = "01.30e",
    .families = FAMILY_NEOWAY,
    .family = &neoway_family,
    .tables = tables,
    .variants = variants,
    .boot = boot_m590,
    .storm = storm,
    .boot_real_ms = 20000,
    .line_max = 256,
    .links = 2,
    .send_max = NEOWAY_SEND_MAX,
    .keeps_settings = true,
    .plain_sim_errors = true, /* 3.2: before the PIN */
};

const struct profile *const profiles_neoway[] = {&m590, NULL};
