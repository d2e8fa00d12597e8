#include "commands.h"

#define WR COMMAND_WRITE
#define RO COMMAND_READONLY
#define FA COMMAND_FAST
#define AD COMMAND_ADMIN
#define PS COMMAND_PUBSUB
#define BL COMMAND_BLOCKING
#define NM COMMAND_NO_MULTI

/*
 * Name, arity, role, flags, pins among the words (first, last, step), handler, group, syntax, what it does.
 * Arity and key positions of the commands that Redis has are those of Redis.
 */
/* clang-format off */
const struct command commands[] = {
    {"get", 2, API_READER, RO | FA, 1, 1, 1, run_get, "string",
     "pin", "The last value known of a pin, from either side"},
    {"set", -3, API_WRITER, WR | FA, 1, 1, 1, run_set, "string",
     "pin value", "Writes a pin towards Blynk"},
    {"mget", -2, API_READER, RO | FA, 1, -1, 1, run_mget, "string",
     "pin [pin ...]", "The last values known of several pins"},
    {"mset", -3, API_WRITER, WR, 1, -1, 2, run_mset, "string",
     "pin value [pin value ...]", "Writes several pins as one Blynk group, all or none"},
    {"publish", 3, API_WRITER, WR | FA, 1, 1, 1, run_publish, "pubsub",
     "pin value", "The same as SET; answers 1, for Blynk is the one receiver"},
    {"blynk.write", -3, API_WRITER, WR | FA, 1, 1, 1, run_blynk_write, "blynk",
     "pin value [value ...] [AT unix-ms]", "Writes several values to one pin, if wanted with the sample's own time"},

    {"keys", 2, API_READER, RO, 0, 0, 0, run_keys, "generic",
     "pattern", "The pins known whose names match"},
    {"scan", -2, API_READER, RO, 0, 0, 0, run_scan, "generic",
     "cursor [MATCH pattern] [COUNT count] [TYPE type]", "The pins known, piece by piece"},
    {"exists", -2, API_READER, RO | FA, 1, -1, 1, run_exists, "generic",
     "pin [pin ...]", "How many of these pins have a value"},
    {"type", 2, API_READER, RO | FA, 1, 1, 1, run_type, "generic",
     "pin", "string, or none if the pin has no value"},
    {"dbsize", 1, API_READER, RO | FA, 0, 0, 0, run_dbsize, "server",
     "", "How many pins have a value"},

    {"subscribe", -2, API_READER, PS | NM, 0, 0, 0, run_subscribe, "pubsub",
     "channel [channel ...]", "Be told what Blynk writes to pins; also link, internal, and trace for admins"},
    {"psubscribe", -2, API_READER, PS | NM, 0, 0, 0, run_psubscribe, "pubsub",
     "pattern [pattern ...]", "Be told of every channel whose name matches"},
    {"unsubscribe", -1, API_READER, PS | NM, 0, 0, 0, run_unsubscribe, "pubsub",
     "[channel ...]", "No more of these channels; none named: of all"},
    {"punsubscribe", -1, API_READER, PS | NM, 0, 0, 0, run_punsubscribe, "pubsub",
     "[pattern ...]", "No more of these patterns; none named: of all"},
    {"pubsub", -2, API_READER, 0, 0, 0, 0, run_pubsub, "pubsub",
     "CHANNELS|NUMSUB|NUMPAT [argument ...]", "Who is subscribed to what"},

    {"blynk.sync", -1, API_WRITER, FA, 1, -1, 1, run_blynk_sync, "blynk",
     "[pin ...]", "Asks Blynk to resend stored values; none named: of all pins. They arrive as messages"},
    {"blynk.property", -4, API_WRITER, WR, 1, 1, 1, run_blynk_property, "blynk",
     "pin name value [value ...]", "Sets a property of the pin's widget, such as color or label"},
    {"blynk.event", -2, API_WRITER, WR, 0, 0, 0, run_blynk_event, "blynk",
     "code [description]", "Logs an event"},
    {"blynk.resolve", -2, API_WRITER, WR, 0, 0, 0, run_blynk_resolve, "blynk",
     "code [ALL]", "Resolves the latest event of this code, or all"},
    {"blynk.meta", -3, API_READER, BL, 0, 0, 0, run_blynk_meta, "blynk",
     "GET|SET field [value]", "Reads or sets a field of the device's metadata"},
    {"blynk.time", 1, API_READER, BL, 0, 0, 0, run_blynk_time, "blynk",
     "", "The server's clock: unix seconds and time zone"},
    {"blynk.flush", -1, API_WRITER, BL, 0, 0, 0, run_blynk_flush, "blynk",
     "[timeout-ms] [ALL]", "Waits until the server has confirmed what this client (ALL: anybody) wrote; "
     "answers how many are not"},
    {"blynk.budget", 1, API_READER, 0, 0, 0, 0, run_blynk_budget, "blynk",
     "", "What the link has cost this month, what is left and how long that lasts"},

    {"link", -1, API_READER, 0, 0, 0, 0, run_link, "link",
     "[UP|DOWN|RESTART|HISTORY]", "The state of the link to Blynk, or a change of it (admin)"},
    {"history", -1, API_READER, RO, 0, 0, 0, run_history, "link",
     "[series] [count]", "The recent numbers of a pin, of signal (dBm) or round_trip (ms), as [unix-ms, value]; "
     "none named: which series there are"},
    {"modem", 1, API_READER, 0, 0, 0, 0, run_modem, "modem",
     "", "What the modem is and how it is registered"},
    {"modem.at", -2, API_ADMIN, AD | BL, 0, 0, 0, run_modem_at, "modem",
     "command [timeout-ms]", "One command to the modem, between the daemon's own; answers its lines"},
    {"modem.trace", 1, API_ADMIN, AD, 0, 0, 0, run_modem_trace, "modem",
     "", "The last exchanges with the modem, secrets masked"},

    {"ping", -1, API_READER, FA | PS, 0, 0, 0, run_ping, "connection",
     "[message]", "PONG, or the message"},
    {"echo", 2, API_READER, FA, 0, 0, 0, run_echo, "connection",
     "message", "The message"},
    {"quit", -1, API_READER, FA | PS, 0, 0, 0, run_quit, "connection",
     "", "Closes the connection"},
    {"reset", 1, API_READER, FA | PS, 0, 0, 0, run_reset, "connection",
     "", "As if just connected"},
    {"select", 2, API_READER, FA, 0, 0, 0, run_select, "connection",
     "index", "There is one data base, 0"},
    {"hello", -1, API_READER, FA, 0, 0, 0, run_hello, "connection",
     "[protocol-version] [AUTH user password] [SETNAME name]", "Chooses the protocol, 2 or 3"},
    {"auth", -2, API_READER, FA, 0, 0, 0, run_auth, "connection",
     "[user] password", "Not needed: the socket knows its callers"},
    {"client", -2, API_READER, 0, 0, 0, 0, run_client, "connection",
     "ID|SETNAME|GETNAME|SETINFO|INFO|LIST|KILL [argument ...]", "About this and other connections"},

    {"command", -1, API_READER, 0, 0, 0, 0, run_command, "server",
     "[COUNT|DOCS|INFO|LIST] [argument ...]", "What commands there are"},
    {"info", -1, API_READER, 0, 0, 0, 0, run_info, "server",
     "[section ...]", "Figures: server, clients, link, modem, blynk, spool, stats"},
    {"config", -2, API_READER, 0, 0, 0, 0, run_config, "server",
     "GET|SHOW|RELOAD [pattern ...]", "What Redis tools ask for; all settings, or reading them again (admin)"},
    {"time", 1, API_READER, FA, 0, 0, 0, run_time, "server",
     "", "This host's clock: unix seconds and microseconds"},
    {"multi", 1, API_READER, FA, 0, 0, 0, run_multi, "transactions",
     "", "The commands up to EXEC are queued, then run with nobody else's between them"},
    {"exec", 1, API_READER, 0, 0, 0, 0, run_exec, "transactions",
     "", "Runs what was queued; null if a watched pin has changed"},
    {"discard", 1, API_READER, FA, 0, 0, 0, run_discard, "transactions",
     "", "Forgets what was queued and which pins are watched"},
    {"watch", -2, API_READER, FA, 1, -1, 1, run_watch, "transactions",
     "pin [pin ...]", "EXEC is to do nothing if one of these pins, at most 64, changes before it"},
    {"unwatch", 1, API_READER, FA, 0, 0, 0, run_unwatch, "transactions",
     "", "Forgets which pins are watched"},
};
/* clang-format on */

const size_t command_count = sizeof(commands) / sizeof(commands[0]);
