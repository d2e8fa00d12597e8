"""The stage of the crash test: simulated cloud and modem, and a daemon that is killed again and again while the link
flaps. What happened is kept as a list of lives.
"""
import os
import pathlib
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import harness  # noqa: E402
import writers  # noqa: E402

SPILL_S = 1.0  # the least that the configuration takes
STAMP_S = 1.0
DRAIN_S = 120

# What is done to the link; {} is for how long, in seconds.
MODEM_FAULTS = ["remote-close", "pdp-drop", "half-open;for={:.2f}", "signal-loss;for={:.2f}", "send-fail;count=1",
                "connect-fail;for={:.2f}", "no-prompt;count=1", "late-answer:40;for={:.2f}", "mute;for={:.2f}",
                "reboot"]
CLOUD_FAULTS = ["refuse;for={:.2f}", "half-open;for={:.2f}", "slow:30;for={:.2f}", "split:3;for={:.2f}",
                "no-ping-answer;for={:.2f}", "no-login-answer;count=1", "close-at-login;count=1"]
CLOUD_WORDS = ["close", "reset"]


class Life:
    """Of the daemon, from its start to the kill."""

    def __init__(self, number):
        self.number, self.begin, self.end = number, time.monotonic(), None
        self.views = []  # (since when, online), in the daemon's own view
        self.disk_was_full = False

    def offline_stretches(self):
        """Pairs of begin and end."""
        end = self.end if self.end is not None else time.monotonic()
        since = self.begin
        for when, online in [*self.views, (end, True)]:
            if online and since is not None:
                yield since, when
                since = None
            elif not online and since is None:
                since = when


class Round:
    """One stage with its kills: `name` is durability/number, which with the seed decides what is done."""

    def __init__(self, name, seed, kills, small_disk=False):
        self.small_disk = small_disk
        self.name, self.kills_wanted = name, kills
        self.durability, number = name.split("/")
        self.seed = f"{seed}/{name}"
        self.random = random.Random(self.seed)
        self.commit_s = [0.2, 1.0][int(number) % 2]
        self.baud = [0, 115200][int(number) // 2 % 2]
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="blynkd-crash-"))
        self.lives, self.problems = [], []
        self.heard = threading.Event()  # somebody got OK
        self.kills = self.checks = self.modem_kills = 0
        self.cloud = self.modem = self.daemon = None
        self.writers = []

    # ---- what it is made of ----

    def settings(self):
        settings = harness.default_settings(self.folder, harness.TOKEN, "sim800")
        return harness.merge(settings, {
            "modem": {"trace": "no", "poll": "0"},
            "blynk": {"retry_first": "100ms", "retry_max": "1s", "grace": "2s", "connect_timeout": "5s",
                      "login_timeout": "2s"},
            "outbox": {"durability": self.durability, "spill_after": f"{SPILL_S:.0f}s",
                       "stamp_after": f"{STAMP_S:.0f}s", "commit_interval": f"{self.commit_s * 1000:.0f}ms",
                       "min_free": "0" if self.small_disk else "1M"},
            "pin V10": {"delivery": "latest"},
            "log": {"level": "info"}})

    def mount(self):
        self.state = pathlib.Path(self.folder, "state")
        self.ballast = pathlib.Path(self.state, "ballast")
        if self.small_disk:
            self.state.mkdir()
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", self.state], check=True)

    def start_modem(self):
        self.modem = harness.Modem(self.folder, "sim800", self.cloud, baud=self.baud,
                                   options=("--quiet", "--variant", "boot_ms=100"))

    def build(self):
        self.mount()
        self.cloud = harness.Cloud(self.folder, options=("--style", "new", "--history", "5000000", "--quiet"))
        self.start_modem()
        self.daemon = harness.Daemon(self.folder, self.settings())
        self.socket = self.daemon.socket
        self.begin_life()
        self.writers = writers.cast(self, self.seed)
        self.watcher = writers.Watcher(self, self.seed)
        for program in [*self.writers, self.watcher]:
            program.start()

    def begin_life(self):
        self.life = Life(len(self.lives))
        self.life.disk_was_full = self.ballast.exists()
        self.lives.append(self.life)
        self.daemon.program = harness.Program("blynkd", self.folder,
                                              [harness.BUILD / "blynkd", "--config", self.daemon.config])

    # ---- what is done to it ----

    def kill(self):
        program = self.daemon.program
        if self.random.random() < 0.4:  # at once after an OK
            self.heard.clear()
            self.heard.wait(0.2)
        if not program.running():
            self.problems.append(f"life {self.life.number}: the daemon ended by itself, status "
                                 f"{program.process.returncode}:\n{program.log(everything=False)[-3000:]}")
        self.life.end = time.monotonic()
        if program.running():
            os.kill(program.pid, signal.SIGKILL)
        program.kill()
        self.kills += 1
        if self.random.random() < 0.2:
            self.check_file()
        self.begin_life()

    def check_file(self):
        """SQLite's own check of a copy of what the killed daemon has left."""
        if not pathlib.Path(self.state, "spool.db").exists():
            return
        copy = pathlib.Path(self.folder, "copy")
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        for ending in ("", "-wal"):
            source = pathlib.Path(self.state, "spool.db" + ending)
            if source.exists():
                shutil.copy(source, copy)
        database = sqlite3.connect(copy / "spool.db")
        try:
            verdict = [row[0] for row in database.execute("PRAGMA integrity_check")]
        except sqlite3.DatabaseError as error:
            verdict = [str(error)]
        finally:
            database.close()
        self.checks += 1
        if verdict != ["ok"]:
            self.problems.append(f"kill {self.kills}: the spool's file is not sound: {verdict[:5]}")
            shutil.copytree(copy, pathlib.Path(self.folder, f"bad-{self.kills}"), dirs_exist_ok=True)

    def disturb(self):
        """Something happens to the link. A modem that is just starting hears nothing of it."""
        seconds = self.random.choice([0.1, 0.5, 1.5, 4.0]) * self.random.random()
        where = self.random.random()
        if self.small_disk and self.random.random() < 0.5:
            self.fill_disk()
            return
        try:
            if where < 0.45:
                self.modem.control("fault " + self.random.choice(MODEM_FAULTS).format(seconds))
            elif where < 0.75:
                self.cloud.control("fault " + self.random.choice(CLOUD_FAULTS).format(seconds))
            elif where < 0.95:
                self.cloud.control(self.random.choice(CLOUD_WORDS))
            else:
                self.modem_kills += 1
                self.modem.kill()
                self.start_modem()
        except (OSError, AssertionError) as error:
            self.problems.append(f"the simulator: {error}")

    def fill_disk(self):
        """To the last byte, or makes room again."""
        if self.ballast.exists():
            self.ballast.unlink()
            return
        self.life.disk_was_full = True
        with open(self.ballast, "wb", buffering=0) as file:
            try:
                while file.write(b"x" * 4096):
                    pass
            except OSError:
                pass

    def live_s(self):
        kind = self.random.random()
        if kind < 0.15:
            return self.random.uniform(0, 0.1)  # while it starts
        if kind < 0.4:
            return self.random.uniform(0.1, 0.7)  # about when it comes online
        return self.random.uniform(0.6, 1.4) if kind < 0.85 else self.random.uniform(1.4, 3.5)

    def one_life(self):
        until = time.monotonic() + self.live_s()
        while self.random.random() < 0.4 and time.monotonic() < until:
            time.sleep(self.random.random() * max(0, until - time.monotonic()))
            self.disturb()
        time.sleep(max(0, until - time.monotonic()))
        self.kill()

    def kill_all(self):
        while self.kills < self.kills_wanted and not self.problems:
            if self.random.random() < 0.06:  # one after the other
                for _ in range(min(self.random.randrange(3, 9), self.kills_wanted - self.kills)):
                    time.sleep(self.random.random() * 0.15)
                    self.kill()
            else:
                self.one_life()

    # ---- the end ----

    def drain(self):
        """No more trouble: all that waits arrives, and nothing is left on the disk."""
        for program in self.writers:
            program.ended.set()
        for program in self.writers:
            program.join(writers.ANSWER_S + 5)
            self.problems += program.problems
        self.cloud.control("clear all")
        self.modem.control("clear all")
        self.ballast.unlink(missing_ok=True)
        harness.wait_until(self.daemon.answers, "the daemon's socket", 20)
        with self.daemon.client(socket_timeout=DRAIN_S) as client:
            harness.wait_until(lambda: client.info("spool")["disk"] in ("ok", "not used"), "a disk that is right", 30)
            client.set("V99", "the end")
            left = client.execute_command("BLYNK.FLUSH", (DRAIN_S - 5) * 1000)
            if left:
                self.problems.append(f"{left} writes are not confirmed {DRAIN_S - 5} s after the last kill")
            harness.wait_until(lambda: client.info("spool")["rows"] == 0, "an empty spool", 20)
            self.info = client.info("spool")
        self.histories = {pin: self.cloud.history(pin)
                          for pin in [pin for writer in self.writers for pin in writer.pins]}
        self.daemon.stop()
        self.check_file()
        log = self.daemon.program.log()
        self.problems += [f"the log says: {line}" for line in log.splitlines()
                          if "damaged" in line or "cannot be read back" in line or "Assertion" in line]

    def play(self):
        try:
            self.build()
            self.kill_all()
            self.drain()
        except (AssertionError, OSError, harness.redis.exceptions.RedisError) as error:
            self.problems.append(f"{type(error).__name__}: {error}")
        finally:
            self.end()

    def end(self):
        for program in self.writers:
            program.ended.set()
        for part in (self.daemon, self.modem, self.cloud):
            if part is not None:
                part.kill()
        if self.small_disk:
            subprocess.run(["umount", "--lazy", self.state], check=False)
