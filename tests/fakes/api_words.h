/*
 * What most tests of the local interface begin with: a rig and one program connected to it, and short words for what
 * that program says. A test program includes it and uses the fixture that setup() put into its state. Never shares
 * anything between two tests.
 */
#ifndef API_WORDS_H
#define API_WORDS_H

#include "api_rig.h"

struct fixture {
    struct api_rig *rig;
    int fd; /* of the program */
};

/* For cmocka_unit_test_setup_teardown(); a setup of the test's own calls setup_with() (see api_rig_create()). */
int setup(void **state);
int setup_with(void **state, void (*adjust)(struct api_config *config));
int teardown(void **state);

/* Sends one line and expects the whole reply, or a reply of one line that begins so. */
void ask(struct fixture *f, const char *line, const char *reply);
void ask_error(struct fixture *f, const char *line, const char *beginning);

/* Over everything that HELLO 3 answers. */
void to_resp3(struct fixture *f);

#endif
