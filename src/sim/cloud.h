/*
 * The simulated Blynk cloud: a small server that speaks the Blynk device protocol and, on the same port, the HTTP calls of
 * the real server, keeps pins in memory and can be told to misbehave. The program's main() owns it: one call
 * runs it until SIGTERM. It never shares a table or a parser with the daemon that it is there to test.
 */
#ifndef BLYNKSIM_CLOUD_H
#define BLYNKSIM_CLOUD_H

/* Runs `blynksim cloud`: argv[0] is ignored, the options follow. Answers the exit status of the process. */
int sim_cloud_main(int argc, char **argv);

#endif
