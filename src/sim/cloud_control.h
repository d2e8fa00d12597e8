/*
 * The control socket of the simulated cloud: text lines that switch faults and make the server send things while it runs. The
 * cloud owns one if it was asked for. Each line is answered with "ok" or "error ..."; it is for tests and
 * people on this machine only.
 */
#ifndef BLYNKSIM_CLOUD_CONTROL_H
#define BLYNKSIM_CLOUD_CONTROL_H

#include "cloud_state.h"

/* Makes the socket at options.control_path. Negative errno on failure. */
int cloud_control_open(struct cloud *cloud);
/* Closes the socket and its clients and removes the file; the memory goes with the close callbacks. */
void cloud_control_close(struct cloud *cloud);

/* Does one line; `answer` receives the reply without line end. */
void cloud_control_line(struct cloud *cloud, char *line, struct cloud_bytes *answer);

#endif
