/*
 * Which access point the operator of a SIM card usually has, from a table that is part of the program: it needs no
 * file at run time, cannot be missing, and takes 25 KiB. Pure; owns nothing. It never decides that an access point is
 * used: operators have several, and those who rent a network may have their own.
 */
#ifndef MODEM_APNS_H
#define MODEM_APNS_H

#include <stdbool.h>

#define APN_DIGITS_MAX 7 /* of country and network, with the zero */

struct apn_usual {
    char network[APN_DIGITS_MAX]; /* country and network: all of the card's number that is ever shown */
    char operator_name[48];       /* "Vodafone DE" */
    char apn[101];
    char user[65];
    char password[65]; /* no secret: it is in a public data base */
};

/* Made by scripts/make-apns: "26202,26204|Vodafone DE|web.vodafone.de|user|password"; ended by NULL. */
extern const char *const apn_rows[];

/* `imsi`: the card's number, of which the first five or six digits count. False: the table does not know its network;
 * only `network` is filled then, with five digits. */
bool apn_find(const char *imsi, struct apn_usual *usual);

#endif
