#!/usr/bin/env bash
# A sensor and a switch, in the shell: sensor.sh [SECONDS]
#
# Writes the machine's load to V5 every so many seconds, and when the app writes V6 does what it says (here: prints it)
# and reports the new state on V7. At its end it waits until Blynk has confirmed all. Needs blynkctl.
seconds=${1:-10}
watcher=

watch_switch()
{
    exec {switch}< <(exec blynkctl watch V6)
    watcher=$!
}

end()
{
    trap '' INT TERM
    kill "$watcher" 2>/dev/null
    blynkctl flush 30s && echo "all confirmed"
    exit
}
trap end INT TERM

watch_switch
blynkctl sync V6 # where the switch stands now
echo ready
while :; do
    read -r load _ </proc/loadavg
    blynkctl set V5 "$load"
    # Waits for the next message, or until the next sample is due.
    IFS=$'\t' read -r -t "$seconds" -u "$switch" pin value
    status=$?
    if [ "$status" -eq 0 ]; then
        echo "$pin is now $value"
        blynkctl set V7 "$value"
    elif [ "$status" -eq 1 ]; then # the daemon has ended: again, when it is back
        exec {switch}<&-
        sleep "$seconds"
        watch_switch
    fi
done
