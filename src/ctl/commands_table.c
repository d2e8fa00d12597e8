#include "commands.h"

/* In the order in which the help shows them. */
/* clang-format off */
const struct ctl_command ctl_commands[] = {
    {"why", "", "the last outage: what was lost, what was tried, how it came back",
     "Reads the daemon's history of the last changes. Exit status 0 also without an outage.\n",
     0, 0, run_why},
    {"doctor", "[--wait TIME]", "check everything from the port to the budget, with what to do",
     "  blynkctl doctor             asks the daemon; if none runs, looks at the modem itself\n"
     "  sudo blynkctl doctor        sees other users' programs on the port, too\n"
     "  blynkctl --json doctor      an array of {step, verdict, finding, advice}\n"
     "Ends when it knows enough, at the latest after --wait (3min). Exit status 1: something is wrong.\n",
     0, 2, run_doctor},
    {"get", "PIN [PIN ...]", "the last values known of pins",
     "  blynkctl get V5\n"
     "  blynkctl get V5 V6          one line a pin\n"
     "Several values of one pin (a joystick's) are separated by tabs. Exit status 1: a pin has no value yet.\n",
     1, -1, run_get},
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
    {"help", "[COMMAND]", "this overview, or more of one command",
     NULL, 0, 1, run_help},
};
/* clang-format on */

const size_t ctl_command_count = sizeof(ctl_commands) / sizeof(ctl_commands[0]);
