/* What LINK and INFO say of the configuration. Private to this floor; keeps nothing. */
#ifndef API_SETTINGS_H
#define API_SETTINGS_H

#include "blynkd/bridge/bridge.h"

struct api_server;

/* The file, what is missing in it, and why it was not taken over last time; nothing if nobody tells. */
void settings_show(const struct api_server *server, bridge_show_fn *show, void *arg);

#endif
