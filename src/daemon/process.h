/* What the process does to itself before it reads anything. */
#ifndef BLYNKD_DAEMON_PROCESS_H
#define BLYNKD_DAEMON_PROCESS_H

/* Nobody can look into it, what it makes is for its user only, and descriptors 0 to 2 are taken. */
void process_harden(void);

#endif
