#include "name_servers.h"

const struct at_expect name_servers_expect = {.end = AT_END_OK, .deadline_ms = 5000};

const struct at_step name_servers_cdnscfg[] = {
    NAME_SERVER_STEPS("AT+CDNSCFG=\"{dns}\"", "AT+CDNSCFG=\"{dns}\",\"{dns2}\"")};
