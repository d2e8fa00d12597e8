/*
 * `blynksim modem`: from the arguments to the end of the program.
 * Called by main.c and by the tests.
 * It never returns before a signal or a failure ends it.
 */
#ifndef SIM_SIM_MODEM_H
#define SIM_SIM_MODEM_H

/* Exit status. argv[0] is "modem". */
int sim_modem_main(int argc, char **argv);

#endif
