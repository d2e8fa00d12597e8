/*
 * Takes out of a text what identifies a person's modem and SIM card: the last digits of IMEI, IMSI and ICCID, which
 * are the only runs of 14 to 22 digits that the daemon writes. Pure; secrets are not its affair, the daemon masks
 * those before anybody sees them.
 */
#ifndef BLYNKD_CTL_BUNDLE_MASK_H
#define BLYNKD_CTL_BUNDLE_MASK_H

#define BUNDLE_DIGITS_KEPT                                                                                   \
    8 /* the model of a modem (TAC, 3GPP TS 23.003, 6.2), the issuer of a card (ITU-T E.118) */

void bundle_mask(char *text);

#endif
