#!/usr/bin/env bash
# A sensor and a switch, in the shell, with redis-cli and socat only: sensor-redis-cli.sh [SECONDS]
#
# Writes the machine's load to V5 every so many seconds, and when the app writes V6 does what it says (here: prints it)
# and reports the new state on V7. At its end it waits until Blynk has confirmed all.
socket=${BLYNKD_SOCKET:-/run/blynkd/blynkd.sock}
seconds=${1:-10}

# Of each message redis-cli prints three lines: "message", the pin, the value.
exec {switch}< <(exec redis-cli -s "$socket" SUBSCRIBE V6)
watcher=$!

# Any program that can write a line to a socket will do: socat sends the two commands and prints the two answers.
end()
{
    trap '' INT TERM
    kill "$watcher" 2>/dev/null
    left=$(printf 'BLYNK.FLUSH 30000 ALL\r\nQUIT\r\n' | socat -t 40 - "UNIX-CONNECT:$socket" | head -n 1)
    if [ "$left" = $':0\r' ]; then
        echo "all confirmed"
        exit 0
    fi
    echo "not all is confirmed yet; the daemon goes on"
    exit 1
}
trap end INT TERM

redis-cli -s "$socket" BLYNK.SYNC V6 >/dev/null # where the switch stands now
echo ready
while :; do
    read -r load _ </proc/loadavg
    redis-cli -s "$socket" SET V5 "$load" >/dev/null
    read -r -t "$seconds" -u "$switch" kind
    status=$?
    if [ "$status" -eq 1 ]; then
        echo "the daemon has ended" >&2
        exit 1
    fi
    if [ "$kind" = message ] && read -r -u "$switch" pin && read -r -u "$switch" value; then
        echo "$pin is now $value"
        redis-cli -s "$socket" SET V7 "$value" >/dev/null
    fi
    kind=
done
