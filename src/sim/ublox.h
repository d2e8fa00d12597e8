/*
 * u-blox SARA-R4 and R5 (part 2C of the fact sheet): sockets are made, then connected; the prompt is '@'.
 * Constant tables over the state in struct modem.
 */
#ifndef SIM_UBLOX_H
#define SIM_UBLOX_H

#include "at.h"
#include "profile.h"

#include <stdbool.h>

#define UBLOX_SEND_MAX 1024
#define UBLOX_READ_MAX 1024

struct ublox {
    unsigned made; /* bits: sockets of AT+USOCR */
    int connecting, sending;
    bool profile_up; /* R5: AT+UPSDA=0,3 */
    bool cgerep;
};

extern const struct at_command ublox_module_commands[];
extern const struct at_command ublox_tcp_commands[];
extern const struct family ublox_family;

#endif
