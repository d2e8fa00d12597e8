/*
 * How a module is told one or two DNS servers: the steps, with the command's two forms. Constant tables for the
 * dialects; that of AT+CDNSCFG is shared, for several families have it. They decide nothing: which servers, and
 * whether any, is the configuration's.
 */
#ifndef MODEM_NAME_SERVERS_H
#define MODEM_NAME_SERVERS_H

#include "dialect.h"

extern const struct at_expect name_servers_expect;

/* A table's rows. */
#define NAME_SERVER_STEPS(one, two)                                                                          \
    {.send = (two), .expect = &name_servers_expect, .only_if = "dns2", .what = "choosing the name servers"}, \
        {.send = (one),                                                                                      \
         .expect = &name_servers_expect,                                                                     \
         .unless = "dns2",                                                                                   \
         .what = "choosing the name servers"},                                                               \
    {                                                                                                        \
        0                                                                                                    \
    }

extern const struct at_step name_servers_cdnscfg[];

#endif
