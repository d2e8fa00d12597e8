/* A6, A7 (A7: with GNSS), A9, A9G (A9G: with GNSS). Sources: fact sheet 1, 2.2, 2.4, 2.21. */
#include "ai_thinker.h"

#include "at_generic.h"
#include "boot.h"
#include "profile.h"

#include <stddef.h>

static const struct at_command *const tables[] = {
    ai_thinker_commands,      ai_thinker_bearer_commands, ai_thinker_open_commands,
    ai_thinker_send_commands, at_settings_commands,       at_identity_commands,
    at_cclk_commands,         at_network_commands,        NULL,
};

static const struct at_command *const tables_a7[] = {
    ai_thinker_commands,      ai_thinker_bearer_commands,
    ai_thinker_open_commands, ai_thinker_send_commands,
    ai_thinker_gnss_commands, at_settings_commands,
    at_identity_commands,     at_cclk_commands,
    at_network_commands,      NULL,
};

static const struct at_command *const tables_a9g[] = {
    ai_thinker_commands,
    ai_thinker_bearer_commands,
    ai_thinker_open_commands,
    ai_thinker_send_commands,
    ai_thinker_gnss_commands,
    ai_thinker_location_commands,
    at_settings_commands,
    at_identity_commands,
    at_cclk_commands,
    at_network_commands,
    NULL,
};

/* Every second one may also come between a send's prompt and its OK, which is why they are all harmless. */
static const char *const storm[] = {
    "+CREG: 1", "+CTZV:22/03/14,09:12:44,+01", "+CIEV: service, 1", "+CGREG: 1", "+CIEV: roam, 0", NULL,
};

/* Order of the manual's log (App. D-F); AT answers about 3 s after the reset, CPIN? only after ^CINIT: 2. */
static const struct boot_step boot_a6[] = {
    {0, 0, BOOT_SAY, BOOT_IF_NOISE, "\xFF\x00y", 3},
    {200, 0, BOOT_HEAR, 0, NULL, 0},
    {300, 0, BOOT_SAY, 0, "^CINIT: 1, 0, 0", 0},
    {310, 0, BOOT_SIM, 0, "^CINIT: 2, 32, 41891", 0},
    {320, 0, BOOT_SAY, BOOT_IF_SIM | BOOT_IF_STN, "^STN: 38", 0},
    {320, 0, BOOT_SAY, BOOT_IF_SIM | BOOT_IF_STN, "^CINIT: 4, 8192, 38", 0},
    {330, 0, BOOT_SAY, BOOT_IF_NO_SIM | BOOT_IF_SIM_TEXT, "{sim_text}", 0},
    {330, 0, BOOT_SAY, BOOT_IF_PIN_TEXT, "{pin_text}", 0},
    {600, 0, BOOT_SAY, 0, "^CINIT: 8, 2048, 1", 0},
    {600, 0, BOOT_SAY, 0, "^CINIT: 16, 0, 1638450", 0},
    {600, 0, BOOT_SAY, 0, "^CINIT: 32, 0, 0", 0},
    {700, 0, BOOT_SEARCH, BOOT_IF_SIM | BOOT_IF_NOT_DENIED, "+CREG: 0", 0},
    {705, 0, BOOT_ANNOUNCE, BOOT_IF_SIM, NULL, 0},
    {890, 0, BOOT_SAY, BOOT_IF_SIM | BOOT_IF_NOT_DENIED | BOOT_IF_CIEV, "+CIEV: service, 1", 0},
    {895, 0, BOOT_SAY, BOOT_IF_SIM | BOOT_IF_NOT_DENIED | BOOT_IF_CIEV, "+CIEV: roam, 0", 0},
    {900, 0, BOOT_SEARCH_ENDS, BOOT_IF_SIM, NULL, 0},
    {1000, 0, BOOT_END, 0, NULL, 0},
};

/* Without registration the log stops at +CREG: 3 and READY never comes (2.2). */
static const struct boot_step boot_a9[] = {
    {0, 0, BOOT_SAY, BOOT_IF_NOISE, "yy", 2},
    {100, 0, BOOT_SAY, 0, "Init...", 0},
    {250, 0, BOOT_SAY, BOOT_IF_CIEV, "+CIEV: \"Charging\",100%", 0},
    {300, 0, BOOT_SIM, 0, NULL, 0},
    {310, 0, BOOT_HEAR, 0, NULL, 0},
    {315, 0, BOOT_SAY, BOOT_IF_SIM | BOOT_IF_STN, "^STN: 37", 0},
    {320, 0, BOOT_SAY, BOOT_IF_NO_SIM | BOOT_IF_SIM_TEXT, "{sim_text}", 0},
    {320, 0, BOOT_SAY, BOOT_IF_PIN_TEXT, "{pin_text}", 0},
    {500, 0, BOOT_ANNOUNCE, BOOT_IF_SIM, NULL, 0},
    {800, 0, BOOT_SEARCH_ENDS, BOOT_IF_SIM, NULL, 0},
    {900, 400, BOOT_SAY, BOOT_IF_NOT_DENIED, "{model}\r\n{firmware}\r\n{vendor}\r\nREADY", 0},
    {1000, 0, BOOT_END, 0, NULL, 0},
};

static const struct variant_default variants_a6[] = {
    {V_ZONE, "+01"},
    {V_CCLK_TIME, "utc"},
    {V_CMEE, "1"},
    {V_CME_SPACE, "off"},
    {V_CPIN_SPACE, "off"},
    {V_CGATT_LINE, "ctzv"},
    {V_CDNSCFG, "absent"},
    {V_ICCID, "898602#4221620070426"},
    {0, NULL},
};

static const struct variant_default variants_a9[] = {
    {V_ZONE, "+01"},
    {V_CCLK_TIME, "utc"},
    {V_CMEE, "1"},
    {V_PROMPT_SPACE, "off"},
    {V_CPIN_SPACE, "off"},
    {V_CIPRCV_FORM, "comma"},
    {V_CIPRCV_CRLF, "on"},
    {V_CLOSE_URC, "closed"},
    {V_STATUS_STYLE, "a9rows"},
    {V_CGATT_LINE, "cgatt"},
    {V_CCID_FORM, "ccid"},
    {V_DNS_ERROR, "cdnsgip"},
    {V_UNKNOWN_COMMAND, "cme58"},
    {V_NO_SIM_TEXT, "NO SIM CARD"},
    {0, NULL},
};

/* What is the same in all four (2.1, 2.9, 2.10). */
#define AI_THINKER                                                                                           \
    .families = FAMILY_AI_THINKER, .family = &ai_thinker_family, .storm = storm, .line_max = 256, .creg = 1, \
    .links = 8, .send_max = 1023, .escapes = true, .forgets_ipr = true

static const struct profile a6 = {
    .name = "a6",
    .description = "Ai-Thinker A6: 2G, own TCP stack, received data as +CIPRCV:0,5,...",
    .vendor = "Ai Thinker Co.LTD",
    .model = "A6",
    .firmware = "V03.03.20161229019H03",
    .tables = tables,
    .variants = variants_a6,
    .boot = boot_a6,
    .boot_real_ms = 15000,
    AI_THINKER,
};

static const struct profile a7 = {
    .name = "a7",
    .description = "Ai-Thinker A7: an A6 with GNSS",
    .vendor = "Ai Thinker Co.LTD",
    .model = "A7",
    .firmware = "V03.03.20160710006H03",
    .tables = tables_a7,
    .variants = variants_a6,
    .boot = boot_a6,
    .boot_real_ms = 15000,
    .gnss = true,
    AI_THINKER,
};

static const struct profile a9 = {
    .name = "a9",
    .description = "Ai-Thinker A9: 2G, own TCP stack, received data as +CIPRCV,0,5:...",
    .vendor = "Ai_Thinker_Co._Ltd.",
    .model = "A9/A9G",
    .firmware = "V02.02.20190915R",
    .tables = tables,
    .variants = variants_a9,
    .boot = boot_a9,
    .boot_real_ms = 10000,
    AI_THINKER,
};

static const struct profile a9g = {
    .name = "a9g",
    .description = "Ai-Thinker A9G: an A9 with GNSS",
    .vendor = "Ai_Thinker_Co._Ltd.",
    .model = "A9/A9G",
    .firmware = "V02.02.20190915R",
    .tables = tables_a9g,
    .variants = variants_a9,
    .boot = boot_a9,
    .boot_real_ms = 10000,
    .gnss = true,
    AI_THINKER,
};

const struct profile *const profiles_ai_thinker[] = {&a6, &a7, &a9, &a9g, NULL};
