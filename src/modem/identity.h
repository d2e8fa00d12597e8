/*
 * Who a module says it is: the answers to ATI, AT+CGMM and their like in all forms of the sheets (with and
 * without prefix, "Revision:", "Model:", trailing blanks), gathered for comparing and for people. Owned by the
 * modem. Pure; never decides which profile it is.
 */
#ifndef MODEM_IDENTITY_H
#define MODEM_IDENTITY_H

#include <stddef.h>

struct identity {
    char text[512]; /* "|line|line|...|" of ATI and the model, for profile_identify() */
    char manufacturer[48];
    char model[48];
    char firmware[64];
    char imei[20];
    char iccid[24];
    char plain[3][48]; /* the first lines of ATI that have no name before a colon */
    size_t plain_count;
};

void identity_clear(struct identity *identity);

void identity_take_ati(struct identity *identity, const char *line, size_t len);
void identity_take_manufacturer(struct identity *identity, const char *line, size_t len);
void identity_take_model(struct identity *identity, const char *line, size_t len);
void identity_take_firmware(struct identity *identity, const char *line, size_t len);
/* A run of 14 to 17 digits. */
void identity_take_imei(struct identity *identity, const char *line, size_t len);
/* The longest run of hexadecimal digits and '#' in the line, if it has at least 18. */
void identity_take_iccid(struct identity *identity, const char *line, size_t len);

/* Fills from ATI what no other answer told. */
void identity_complete(struct identity *identity);

#endif
