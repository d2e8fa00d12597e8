/*
 * SIMCom's NETOPEN stack (SIM7600, A76xx, SIM5360; family C of the fact sheet). Constant tables over the state in
 * struct modem. C1 to C9 name sections.
 */
#ifndef SIM_SIMCOM_NET_H
#define SIM_SIMCOM_NET_H

#include "at.h"
#include "profile.h"

#include <stdbool.h>

#define SIMCOM_NET_SEND_MAX 1500

struct simcom_net {
    bool opened; /* NETOPEN; stays so when the network took the connection away */
    bool lost;   /* it did */
    bool rxget;  /* CIPRXGET=1 */
    bool echo;   /* of the payload: DATAECHO of the A76xx */
    int sending;
    int opening;
    int error; /* of the open that is running */
};

extern const struct at_command simcom_net_module_commands[];
extern const struct at_command simcom_net_commands[];
extern const struct family simcom_net_family;

void simcom_net_keep(struct link *link, const uint8_t *bytes, size_t count);
void simcom_net_given(struct link *link, size_t count);
void simcom_net_sim_changed(struct modem *modem);
void simcom_net_reset(struct modem *modem);

#endif
