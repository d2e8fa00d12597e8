/*
 * SIMCom's newer stacks: NETOPEN (SIM7600, A76xx, SIM5360; family C of the fact sheet) and CA (SIM7080, SIM7000;
 * family B). Constant tables over the state in struct modem. B1 to B7 and C1 to C9 name sections.
 */
#ifndef SIM_SIMCOM_NET_H
#define SIM_SIMCOM_NET_H

#include "at.h"
#include "profile.h"

#include <stdbool.h>

#define SIMCOM_CA_SEND_MAX 1460

struct simcom_net {
    int sending;
    int opening;
    int error;     /* of the open that is running */
    unsigned used; /* bits: links of the CA stack that the host has not closed */
};

extern const struct at_command simcom_net_module_commands[];
extern const struct at_command simcom_ca_commands[];
extern const struct family simcom_ca_family;

void simcom_net_keep(struct link *link, const uint8_t *bytes, size_t count);
void simcom_net_given(struct link *link, size_t count);
void simcom_net_sim_changed(struct modem *modem);
void simcom_net_reset(struct modem *modem);

#endif
