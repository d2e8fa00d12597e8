/*
 * Why a command failed, in words for people: the numbers of +CME ERROR and the modules' own words
 * (3GPP TS 27.007 9.2; facts/modems-simcom.md 5). Pure.
 */
#ifndef MODEM_CME_H
#define MODEM_CME_H

#include "blynkd/at/channel.h"

/* "the SIM card wants its PIN", or NULL for a number that says nothing more. */
const char *cme_words(int code);

/* One sentence part about the end of a command: "no answer in time", "the modem says \"+CME ERROR: 148\"
 * (the network gave no reason)". Returns `out`. */
const char *cme_describe(const struct at_reply *reply, char *out, size_t size);

#endif
