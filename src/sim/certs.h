/*
 * Certificates for tests: a certificate authority and, signed by it or not, one good server certificate and one for each way
 * to be wrong. The program's main() owns it: one call writes the files and is done. They are made anew each time
 * and are never part of this tree.
 */
#ifndef BLYNKSIM_CERTS_H
#define BLYNKSIM_CERTS_H

/* Runs `blynksim certs`: argv[0] is ignored, the options follow. Answers the exit status of the process. */
int sim_certs_main(int argc, char **argv);

#endif
