#!/usr/bin/env python3
"""A sensor and a switch, in Python: sensor.py [SECONDS]

Writes the machine's load to V5 every so many seconds, and when the app writes V6 does what it says (here: prints it)
and reports the new state on V7. At its end it waits until Blynk has confirmed all. Needs redis-py (python3-redis).
"""
import os
import signal
import sys
import time

import redis

SOCKET = os.environ.get("BLYNKD_SOCKET", "/run/blynkd/blynkd.sock")


class Ending(Exception):
    """Somebody wants the program to end."""


def end(*_):
    raise Ending


def main():
    interval_s = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    blynk = redis.Redis(unix_socket_path=SOCKET, decode_responses=True, socket_timeout=40)
    messages = blynk.pubsub(ignore_subscribe_messages=True)
    try:
        messages.subscribe("V6")
        messages.get_message(timeout=5)  # it is confirmed
        print("ready", flush=True)
        try:
            blynk.execute_command("BLYNK.SYNC", "V6")  # where the switch stands now
        except redis.ResponseError as error:
            print(error, file=sys.stderr)  # OFFLINE: it comes later by itself
        due = time.monotonic()
        while True:
            if time.monotonic() >= due:
                blynk.set("V5", round(os.getloadavg()[0], 2))
                due += interval_s
            message = messages.get_message(timeout=max(0.001, due - time.monotonic()))
            if message:
                print(f"{message['channel']} is now {message['data']}", flush=True)
                blynk.set("V7", message["data"])
    except Ending:
        left = blynk.execute_command("BLYNK.FLUSH", 30000, "ALL")
        print("all confirmed" if left == 0 else f"{left} not confirmed yet; the daemon goes on")
        return 0 if left == 0 else 1
    except redis.RedisError as error:
        print(f"{SOCKET}: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
