#include "commands.h"

/* In the order in which the help shows them. */
/* clang-format off */
const struct ctl_command ctl_commands[] = {
    {"status", "[--watch] [--interval TIME]", "the link, the network, what waits and what it costs, on one screen",
     "  blynkctl status\n"
     "  blynkctl status --watch     stays, and follows every change of the link; Ctrl-C ends it\n"
     "  blynkctl --json status      one object of link, modem, budget and history\n",
     0, -1, run_status},
    {"top", "[--interval TIME]", "everything that moves, on a full screen",
     "The link and its past, signal and round trip, queues and rates, budgets, pins that change, programs.\n"
     "q ends it, ? shows the other keys. It looks every 2 seconds (--interval) and at once when the link or a\n"
     "pin from Blynk changes; over a slow line only what has changed is sent.\n"
     "  blynkctl --json top         all that it would show, once\n",
     0, -1, run_top},
    {"why", "", "the last outage: what was lost, what was tried, how it came back",
     "Reads the daemon's history of the last changes. Exit status 0 also without an outage.\n",
     0, 0, run_why},
    {"doctor", "[--wait TIME]", "check everything from the port to the budget, with what to do",
     "  blynkctl doctor             asks the daemon; if none runs, looks at the modem itself\n"
     "  sudo blynkctl doctor        sees other users' programs on the port, too\n"
     "  blynkctl --json doctor      an array of {step, verdict, finding, advice}\n"
     "Ends when it knows enough, at the latest after --wait (3m). Exit status 1: something is wrong.\n",
     0, 2, run_doctor},
    {"get", "[PIN ...]", "the last values known of pins",
     "  blynkctl get V5\n"
     "  blynkctl get V5 V6          one line a pin\n"
     "  blynkctl get                all that are known\n"
     "Several values of one pin (a joystick's) are separated by tabs. Exit status 1: a pin has no value yet.\n",
     0, -1, run_get},
    {"set", "PIN VALUE [VALUE ...] | PIN -", "write a pin towards Blynk",
     "  blynkctl set V5 21.5\n"
     "  blynkctl set V1 120 64      a pin with two values, such as a joystick\n"
     "  sensor | blynkctl set V5 -  each line of standard input is a value\n"
     "Accepted means: it will arrive, by and by, also if the link is down now. `blynkctl flush` waits for it.\n",
     2, -1, run_set},
    {"watch", "[PIN | PATTERN ...]", "print what Blynk writes to pins, as it comes",
     "  blynkctl watch              all pins\n"
     "  blynkctl watch V7 'V1?'     these\n"
     "  blynkctl watch link         each change of the link, one readable line\n"
     "  blynkctl --json watch V7    a JSON object a line\n",
     0, -1, run_watch},
    {"sync", "[PIN ...]", "ask Blynk to send its stored values again",
     "They arrive as messages (`blynkctl watch`) and are then what `blynkctl get` says. No pin: all.\n",
     0, -1, run_sync},
    {"event", "CODE [DESCRIPTION]", "log an event",
     "  blynkctl event overheated 'Pump 2 at 93 degrees'\n",
     1, 2, run_event},
    {"resolve", "CODE [all]", "resolve the latest event of a code, or all",
     NULL, 1, 2, run_resolve},
    {"property", "PIN NAME VALUE [VALUE ...]", "set a property of the pin's widget",
     "  blynkctl property V5 color '#D3435C'\n"
     "  blynkctl property V3 label 'Water, upper tank'\n",
     3, -1, run_property},
    {"meta", "FIELD [VALUE]", "read or set a field of the device's metadata",
     "  blynkctl meta 'Serial Number'\n",
     1, 2, run_meta},
    {"flush", "[SECONDS]", "wait until the server has confirmed what was written",
     "  blynkctl set V5 21.5 && blynkctl flush     a whole program\n"
     "Waits for what any program wrote until now, at most so long (60 seconds). Exit status 1: not all is\n"
     "confirmed yet; how many are not is printed.\n",
     0, 1, run_flush},
    {"plot", "[SERIES] [--last TIME] [--svg FILE] [--ascii]", "the recent history of a pin, the signal or the round trip",
     "  blynkctl plot                    which series there are\n"
     "  blynkctl plot V5                 in the terminal\n"
     "  blynkctl plot signal --last 2h   of the last two hours, in dBm\n"
     "  blynkctl plot round_trip --svg trip.svg\n"
     "The daemon keeps the last 720 numbers of a series in memory. Exit status 1: there are none.\n",
     0, -1, run_plot},
    {"trace", "[-f] [--raw] [--pcap FILE]", "what is said to the modem and to Blynk",
     "  blynkctl trace              the last exchanges\n"
     "  blynkctl trace -f           and what follows, until Ctrl-C\n"
     "  blynkctl trace --raw        as the daemon keeps it, each byte shown\n"
     "  blynkctl trace --pcap FILE  a capture that Wireshark opens (with -f: until Ctrl-C)\n"
     "Secrets are masked by the daemon. Arrows: to and from the modem; double: to and from Blynk's server,\n"
     "before any encryption. For admins.\n",
     0, -1, run_trace},
    {"at", "COMMAND [TIME]", "one AT command to the modem, between the daemon's own",
     "  blynkctl at AT+CSQ\n"
     "  blynkctl at 'AT+COPS=?' 3m\n"
     "Exit status 1: the modem answered an error. For admins.\n",
     1, 2, run_at},
    {"config", "show [--all] [PATTERN] | check [FILE] | set SECTION.KEY VALUE", "the daemon's settings",
     "  blynkctl config show                      what was set, and where it stands; secrets masked\n"
     "  blynkctl config show --all 'blynk.*'      defaults, too\n"
     "  blynkctl config check                     what is wrong with the file, if anything\n"
     "  blynkctl config check FILE                the same of another file, as if it stood in its place\n"
     "  blynkctl config set network.apn internet  keeps all comments, checks first, then has it taken over\n"
     "  blynkctl config set blynk.token -         reads the value from standard input: secrets must be given so\n",
     1, 3, run_config},
    {"bundle", "[FILE]", "an archive for whoever is to help, without any secret",
     "  blynkctl bundle             blynkd-bundle-DATE.tar.gz in this directory\n"
     "What the daemon says of link, modem, budgets and clients, its settings, the last exchanges, its journal,\n"
     "and what the system is. Token, PIN and passwords are not in it; IMEI and the card's number are cut short.\n",
     0, 1, run_bundle},
    {"help", "[COMMAND | --names]", "this overview, or more of one command",
     "--names prints the commands and options as a table for the shells' completion: name, tab, arguments, tab,\n"
     "what it is.\n",
     0, 1, run_help},
};
/* clang-format on */

const size_t ctl_command_count = sizeof(ctl_commands) / sizeof(ctl_commands[0]);
