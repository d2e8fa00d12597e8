/* u-blox SARA. Sources: fact sheet of Quectel and 3GPP, part 2C. */
#include "at_generic.h"
#include "boot.h"
#include "profile.h"
#include "ublox.h"

#include <stddef.h>

static const struct at_command *const tables[] = {
    ublox_module_commands, ublox_bearer_commands,
    ublox_socket_commands, ublox_data_commands,
    at_settings_commands,  at_identity_commands,
    at_cclk_commands,      at_ctzu_commands,
    at_network_commands,   NULL,
};

static const char *const storm[] = {"+CEREG: 1", "+CREG: 1", "+CMTI: \"ME\",4", NULL};

/* It hears nothing for 4 to 5 seconds, and does not tell that it has started. */
static const struct boot_step boot[] = {
    {500, 0, BOOT_HEAR, 0, NULL, 0},
    {510, 0, BOOT_SIM, 0, NULL, 0},
    {520, 0, BOOT_SEARCH, BOOT_IF_SIM, NULL, 0},
    {900, 0, BOOT_SEARCH_ENDS, BOOT_IF_SIM, NULL, 0},
    {1000, 0, BOOT_END, 0, NULL, 0},
};

static const struct variant_default variants[] = {
    {V_CMEE, "1"},
    {V_AUTO_ATTACH, "on"},
    {V_PAYLOAD_ECHO, "off"},
    {V_ESC_CANCELS, "never"},
    {V_BUSY, "swallow"},
    {V_CONNECT_TIMEOUT_S, "120"},
    {V_ICCID, "8944500102198304826"},
    {V_LOCAL_IP, "10.170.1.2"},
    {0, NULL},
};

#define COMMON                                                                                               \
    .vendor = "u-blox", .families = FAMILY_UBLOX, .family = &ublox_family, .tables = tables,                 \
    .variants = variants, .boot = boot, .storm = storm, .boot_real_ms = 9000, .line_max = 512, .links = 7,   \
    .send_max = UBLOX_SEND_MAX, .any_case = true, .lte = true, .buffered = true, .keeps_settings = true

static const struct profile sara_r4 = {.name = "sara-r4",
                                       .description = "u-blox SARA-R410M: LTE-M, sockets by USOCR",
                                       .model = "SARA-R410M-02B",
                                       .firmware = "L0.0.00.00.05.08",
                                       COMMON};
static const struct profile sara_r5 = {.name = "sara-r5",
                                       .description =
                                           "u-blox SARA-R510S: as the R4, with connection profiles",
                                       .model = "SARA-R510S-01B",
                                       .firmware = "02.06",
                                       COMMON};

const struct profile *const profiles_ublox[] = {&sara_r4, &sara_r5, NULL};
