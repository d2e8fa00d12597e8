"""The rig of the benchmarks: starts blynksim and blynkd in a temporary folder and takes them down again."""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BLYNKD_BUILD_DIR", ROOT / "build/release"))
TOKEN = "0123456789abcdefghijklmnopqrstuv"


def wait_for(condition, seconds, what):
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds} s in vain for {what}")
        time.sleep(0.01)


class Resp:
    """Just enough of a Redis client to be fast: raw bytes out, whole replies counted."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(path))
        self.file = self.socket.makefile("rb")

    @staticmethod
    def encode(*words):
        out = [b"*%d\r\n" % len(words)]
        for word in words:
            word = word if isinstance(word, bytes) else str(word).encode()
            out.append(b"$%d\r\n%s\r\n" % (len(word), word))
        return b"".join(out)

    def reply(self):
        line = self.file.readline().rstrip(b"\r\n")
        kind, rest = line[:1], line[1:]
        if kind == b"$":
            return None if rest == b"-1" else self.file.read(int(rest) + 2)[:-2].decode("latin-1")
        if kind in (b"*", b"%"):
            return [self.reply() for _ in range(int(rest) * (2 if kind == b"%" else 1))]
        if kind == b"-":
            raise RuntimeError(rest.decode())
        return int(rest) if kind == b":" else rest.decode()

    def __call__(self, *words):
        self.socket.sendall(self.encode(*words))
        return self.reply()


class Rig:
    """One modem, one cloud, one daemon."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="blynkd-bench."))
        self.processes = {}
        self.cloud_address = None

    def start(self, name, command, ready=None, prefix=(), env=None):
        log = open(self.folder / f"{name}.log", "wb")
        process = subprocess.Popen([*prefix, *map(str, command)], stdout=log, stderr=subprocess.STDOUT,
                                   env={**os.environ, **(env or {})})
        self.processes[name] = process
        if ready:
            wait_for(lambda: ready in self.log(name) or process.poll() is not None, 15, f"{name}: {ready}")
            if process.poll() is not None:
                raise RuntimeError(f"{name} ended:\n{self.log(name)}")
        return process

    def log(self, name):
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def stop(self, name):
        process = self.processes.pop(name)
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def close(self):
        for name in reversed(list(self.processes)):
            self.stop(name)
        shutil.rmtree(self.folder, ignore_errors=True)

    def cloud(self, listen="127.0.0.1:0", *more):
        self.start("cloud", [BUILD / "blynksim", "cloud", "--listen", listen, "--token", TOKEN, "--quiet", *more],
                   "ready: ")
        self.cloud_address = self.log("cloud").split("ready: ")[1].split()[0]

    def http(self, path):
        with urllib.request.urlopen(f"http://{self.cloud_address}/{TOKEN}{path}", timeout=20) as answer:
            return answer.read().decode()

    def modem(self, profile, *more, baud=115200, latency=20):
        self.start("modem", [BUILD / "blynksim", "modem", "--profile", profile, "--tty", self.folder / "tty",
                             "--baud", baud, "--latency", latency, "--route", f"blynk.cloud:80={self.cloud_address}",
                             "--control", self.folder / "modem.ctl", "--quiet", *more], "ready: ")

    def modem_does(self, line):
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as control:
            control.connect(str(self.folder / "modem.ctl"))
            control.sendall(line.encode() + b"\n")
            control.settimeout(5)
            return control.recv(65536).decode()

    def modem_stats(self):
        """The simulator's counters, by name."""
        text = self.modem_does("stats")
        words = dict(word.split("=", 1) for word in text.split() if "=" in word)
        return {key: int(value) for key, value in words.items() if value.isdigit()}

    def configuration(self, profile, tty=None, **more):
        sections = {
            "modem": {"port": tty or self.folder / "tty", "profile": profile},
            "network": {"apn": "internet"},
            "blynk": {"server": "blynk.cloud:80", "token": TOKEN, "tls": "no"},
            "socket": {"path": self.folder / "sock"},
            "daemon": {"state_dir": self.folder},
        }
        for key, value in more.items():
            section, name = key.split("__")
            sections.setdefault(section.replace("_pin_", "pin "), {})[name] = value
        text = "".join(f"[{section}]\n" + "".join(f"{k} = {v}\n" for k, v in keys.items())
                       for section, keys in sections.items())
        path = self.folder / "blynkd.conf"
        path.write_text(text)
        path.chmod(0o600)
        return path

    def daemon(self, profile, prefix=(), online=True, tty=None, **more):
        conf = self.configuration(profile, tty, **more)
        began = time.monotonic()
        self.start("daemon", [BUILD / "blynkd", "--config", conf], prefix=prefix)
        wait_for(lambda: (self.folder / "sock").exists(), 10, "the socket")
        if online:
            self.wait_online(60)
        return time.monotonic() - began

    def client(self):
        return Resp(self.folder / "sock")

    def link(self):
        flat = self.client()("LINK")
        return dict(zip(flat[::2], flat[1::2]))

    def wait_online(self, seconds):
        wait_for(lambda: self.link()["state"] == "ONLINE", seconds, "the link")

    def daemon_pid(self):
        return self.processes["daemon"].pid

    def history(self, pin):
        return json.loads(self.http(f"/history/{pin}"))


@contextlib.contextmanager
def rig():
    made = Rig()
    try:
        yield made
    except Exception:
        for name in ("daemon", "modem", "cloud"):
            with contextlib.suppress(FileNotFoundError):
                print(f"--- {name}:\n" + "\n".join(made.log(name).splitlines()[-25:]))
        raise
    finally:
        made.close()
