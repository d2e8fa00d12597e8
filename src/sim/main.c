/* blynksim: a simulated modem and a simulated Blynk cloud. */
#include "certs.h"
#include "cloud.h"
#include "profile.h"
#include "sim_modem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: blynksim list                 the modems there are\n"
    "       blynksim modem OPTION...      a simulated modem (--help says more)\n"
    "       blynksim cloud OPTION...      a simulated Blynk server (--help says more)\n"
    "       blynksim certs DIR            certificates for tests (--help says more)\n"
    "       blynksim --help | --version\n";

int main(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : "";

    if (strcmp(word, "modem") == 0) {
        argv[1] = "blynksim modem"; /* how getopt begins its complaints */
        return sim_modem_main(argc - 1, argv + 1);
    }
    if (strcmp(word, "cloud") == 0) {
        argv[1] = "blynksim cloud";
        return sim_cloud_main(argc - 1, argv + 1);
    }
    if (strcmp(word, "certs") == 0) {
        argv[1] = "blynksim certs";
        return sim_certs_main(argc - 1, argv + 1);
    }
    if (strcmp(word, "list") == 0 && argc == 2) {
        profile_print_all();
        return EXIT_SUCCESS;
    }
    if (strcmp(word, "--version") == 0) {
        printf("blynksim %s\n", BLYNKD_VERSION);
        return EXIT_SUCCESS;
    }
    if (strcmp(word, "--help") == 0) {
        fputs(usage, stdout);
        return EXIT_SUCCESS;
    }
    fputs(usage, stderr);
    return 2;
}
