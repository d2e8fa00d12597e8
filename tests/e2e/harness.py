"""Starts and ends the three programs that an end-to-end test needs, and asks them things.

Everything waits for a condition with a deadline; nothing sleeps for a fixed time. A program that prints a sanitizer's
report, or does not end with status 0 on SIGTERM, fails the test that started it.
"""
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import redis

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BLYNKD_BUILD_DIR", ROOT / "build/dev")).resolve()
TOKEN = "e2eE2Ee2eTokenOfTheDevice0123456"  # 32 characters, as every token
SERVER_NAME = "blynk.test"
EXTERNAL = os.environ.get("BLYNK_SERVER")  # ADDR:PORT of another server; with BLYNK_TOKEN
DEADLINE_S = float(os.environ.get("BLYNKD_E2E_DEADLINE", "60"))
SANITIZER = re.compile(r"(AddressSanitizer|LeakSanitizer|ThreadSanitizer|MemorySanitizer|runtime error:).*")
PROFILES = ["a9", "a9g", "a7", "a6", "sim800"]  # the whole suite runs with each
# and these with the matrix of faults
MORE_PROFILES = ["sim808", "sim868", "sim900", "sim7000", "sim7000ssl", "sim7080", "sim7070", "sim7090", "sim7600",
                 "a7672", "a7670", "sim5360", "bg96", "bg95", "ec25", "eg25", "ec200u", "eg915", "m95", "mc60", "mc60e",
                 "m590", "esp8266", "esp-at", "sara-r4", "sara-r5"]
WIFI_PROFILES = {"esp8266", "esp-at"}  # a wireless network instead of SIM card and operator
# before the command of a program: it does not outlive the tests, however they end
TIED_TO_US = [shutil.which("setpriv"), "--pdeathsig", "KILL"] if shutil.which("setpriv") else []

assert len(TOKEN) == 32


def wait_until(condition, what, deadline_s=None):
    """Returns what the condition returned as soon as that is true."""
    end = time.monotonic() + (deadline_s or DEADLINE_S)
    pause = 0.005
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError(f"waited in vain for: {what}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)


class Program:
    """One process with its output in a file."""

    def __init__(self, name, folder, command, env=None, pass_fds=()):
        self.name, self.command = name, [str(word) for word in command]
        self.log_path = pathlib.Path(folder, f"{name}.log")
        self.log_file = open(self.log_path, "ab")
        self.log_begin = self.log_file.tell()  # a restarted program goes on in the same file
        self.process = subprocess.Popen([*TIED_TO_US, *self.command], stdin=subprocess.DEVNULL, stdout=self.log_file,
                                        stderr=subprocess.STDOUT, env={**os.environ, **(env or {})},
                                        pass_fds=pass_fds, cwd=folder)

    @property
    def pid(self):
        return self.process.pid

    def log(self, everything=True):
        content = self.log_path.read_bytes()
        return content[0 if everything else self.log_begin:].decode(errors="replace")

    def running(self):
        return self.process.poll() is None

    def wait_for_log(self, pattern, deadline_s=None):
        def found():
            match = re.search(pattern, self.log(everything=False), re.M)
            assert match or self.running(), f"{self.name} ended with {self.process.returncode}:\n{self.log()[-3000:]}"
            return match
        return wait_until(found, f"{pattern!r} in the output of {self.name}", deadline_s)

    def kill(self):
        """The hard way, for a test that wants it or for cleaning up."""
        if self.running():
            self.process.kill()
        self.process.wait()
        self.log_file.close()

    def stop(self, deadline_s=10.0):
        """The orderly way; answers how long it took."""
        begin = time.monotonic()
        if self.running():
            self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(deadline_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} did not end within {deadline_s} s of SIGTERM") from None
        self.log_file.close()
        self.check_report()
        assert status == 0, f"{self.name} ended with status {status}:\n{self.log()[-3000:]}"
        return time.monotonic() - begin

    def check_report(self):
        report = SANITIZER.search(self.log())
        assert report is None, f"{self.name}: {self.log()[report.start():][:6000]}"


def holds(condition, seconds, what):
    """For what must not happen: the condition stays true for so long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert condition(), f"no longer true: {what}"
        time.sleep(0.05)


def first_occurrences(values):
    """Without the repetitions that a reconnect may bring (what was not confirmed is sent again)."""
    return list(dict.fromkeys(values))


def last_occurrences(values):
    """What remains if each repetition takes the place of what it repeats."""
    return first_occurrences(values[::-1])[::-1]


def say(path, line, deadline_s=5.0):
    """One line to a simulator's control socket; the answer must begin with ok."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(deadline_s)
        client.connect(str(path))
        client.sendall(line.encode() + b"\n")
        answer = client.makefile().readline().strip()
    assert answer.startswith("ok"), f"{line!r} was answered: {answer}"
    return answer


def make_certs(folder, *options):
    """A CA (ca.pem) and server certificates for SERVER_NAME, good and bad; see blynksim certs --help."""
    path = pathlib.Path(folder, "certs")
    subprocess.run([BUILD / "blynksim", "certs", path, *options], check=True, stdout=subprocess.DEVNULL)
    return path


def tls_options(certs):
    """For blynksim cloud, which then speaks TLS on a second port."""
    return ["--tls-cert", certs / "good.pem", "--tls-key", certs / "good.key"]


def clock_environment(folder, synced):
    """For a daemon that believes, or does not, that somebody keeps the machine's clock right."""
    library = pathlib.Path(folder, f"synced-{synced}.so")
    source = pathlib.Path(__file__).parent / "unsynced.c"
    subprocess.run(["cc", "-shared", "-fPIC", *(["-DSYNCED"] if synced else []), source, "-o", library], check=True)
    return {"LD_PRELOAD": str(library), "ASAN_OPTIONS": "verify_asan_link_order=0"}


class Server:
    """The HTTP calls that every Blynk server of this kind has."""

    has_control = False

    def __init__(self, address, token):
        self.address, self.token = address, token

    def call(self, path):
        url = f"http://{self.address}/{self.token}/{path}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.read().decode()

    def get(self, pin):
        """The values of the pin, None if it has none."""
        try:
            return json.loads(self.call(f"get/{pin}"))
        except urllib.error.HTTPError as error:
            if error.code == 400:
                return None
            raise

    def update(self, pin, *values):
        self.call(f"update/{pin}?" + "&".join("value=" + urllib.parse.quote(str(value), safe="") for value in values))

    def connected(self):
        return self.call("isHardwareConnected") == "true"

    def wait_for(self, pin, *values, deadline_s=None):
        want = [str(value) for value in values]
        wait_until(lambda: self.get(pin) == want, f"{want} on {pin} in the cloud", deadline_s)

    def stop(self):
        pass

    def kill(self):
        pass


class Cloud(Server):
    """blynksim cloud."""

    has_control = True

    def __init__(self, folder, name="cloud", token=TOKEN, options=()):
        self.control_path = pathlib.Path(folder, f"{name}.ctl")
        self.program = Program(name, folder, [BUILD / "blynksim", "cloud", "--listen", "127.0.0.1:0", "--token", token,
                                              "--control", self.control_path, *options])
        super().__init__(self.program.wait_for_log(r"^ready: (\S+)$", 15).group(1), token)

    def control(self, line):
        return say(self.control_path, line)

    @property
    def tls_address(self):
        """Of a cloud that was given a certificate."""
        return self.program.wait_for_log(r"^ready tls: (\S+)$", 15).group(1)

    def connections(self):
        return json.loads(self.control("connections").split(" ", 1)[1])

    def history(self, pin):
        return json.loads(self.call(f"history/{pin}"))

    def values(self, pin):
        return [sample["value"] for sample in self.history(pin)]

    def frames(self):
        return json.loads(self.control("stats").split(" ", 1)[1])

    def show(self, what):
        return json.loads(self.call(what))

    def stop(self):
        self.program.stop()

    def kill(self):
        self.program.kill()


class Modem:
    """blynksim modem."""

    def __init__(self, folder, profile, cloud, options=(), baud=0):
        self.tty = pathlib.Path(folder, "ttyModem")
        self.control_path = pathlib.Path(folder, "modem.ctl")
        self.program = Program("modem", folder, [
            BUILD / "blynksim", "modem", "--profile", profile, "--tty", self.tty, "--baud", baud, "--control",
            self.control_path, "--route", f"{SERVER_NAME}:80={cloud.address}", "--variant", "boot_ms=300", "--variant",
            "reg_ms=50", *self.patience(profile), *(["--allow-any"] if EXTERNAL else []), *options])
        self.program.wait_for_log(r"^ready: ", 15)

    @staticmethod
    def patience(profile):
        """An Ai-Thinker module is deaf for 30 s while it tries to connect; here for less than connect_timeout."""
        return ["--variant", "noresponse_after_s=3"] if profile in PROFILES[:4] else []

    def control(self, line):
        return say(self.control_path, line)

    def stop(self):
        self.program.stop()

    def kill(self):
        self.program.kill()


def default_settings(folder, token, profile="auto"):
    """The daemon's configuration in one place: section -> key -> value; None leaves a key out."""
    return {
        "modem": {"port": f"{folder}/ttyModem", "profile": profile, "baud": 115200, "command_gap": 0, "trace": "yes"},
        "network": {"apn": "internet"},
        **({"wifi": {"ssid": "home", "password": "e2ePassword"}} if profile in WIFI_PROFILES else {}),
        "blynk": {"server": f"{SERVER_NAME}:80", "token": token, "tls": "no", "heartbeat": "5s", "grace": "4s",
                  "connect_timeout": "8s", "login_timeout": "3s", "retry_first": "200ms", "retry_max": "2s",
                  "allowed_redirects": "." + SERVER_NAME},
        "socket": {"path": f"{folder}/blynkd.sock", "mode": "0660", "group": ""},
        "limits": {"rate": 0, "burst": 100},
        "log": {"level": "debug"},
        "daemon": {"state_dir": f"{folder}/state"},
    }


def merge(settings, changes):
    for section, keys in changes.items():
        settings.setdefault(section, {}).update(keys)
    return settings


def write_settings(path, settings):
    lines = []
    for section, keys in settings.items():
        lines.append(f"[{section}]")
        lines += [f"{key} = {value}".rstrip() for key, value in keys.items() if value is not None]
    path = pathlib.Path(path)
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text("\n".join(lines) + "\n")


class Daemon:
    """blynkd with a generated configuration."""

    def __init__(self, folder, settings, name="blynkd", env=None):
        self.folder, self.settings, self.name, self.env = pathlib.Path(folder), settings, name, env
        self.config = pathlib.Path(folder, "blynkd.conf")
        self.socket = settings["socket"]["path"]
        pathlib.Path(settings["daemon"]["state_dir"]).mkdir(exist_ok=True)
        self.configure()
        self.program = None

    def configure(self, changes=None):
        write_settings(self.config, merge(self.settings, changes or {}))

    def start(self):
        wrap = os.environ.get("BLYNKD_E2E_WRAP", "").split()  # "valgrind --leak-check=full ..."
        command = [*wrap, BUILD / "blynkd", "--config", self.config]
        self.program = Program(self.name, self.folder, command, env=self.env)
        wait_until(self.answers, "the daemon's socket", 20)

    def answers(self):
        assert self.program.running(), f"blynkd ended with {self.program.process.returncode}:\n{self.program.log()}"
        try:
            with self.client() as client:
                return client.ping()
        except redis.exceptions.ConnectionError:
            return False

    def client(self, **options):
        options = {"decode_responses": True, "socket_timeout": 30, **options}
        return redis.Redis(unix_socket_path=self.socket, **options)

    def reload(self):
        self.program.process.send_signal(signal.SIGHUP)

    def stop(self):
        return self.program.stop()

    def kill(self):
        if self.program is not None:
            self.program.kill()


def as_map(answer):
    """A RESP2 map comes flat."""
    if isinstance(answer, dict):
        return answer
    return {str(key).lower(): value for key, value in zip(answer[::2], answer[1::2])}


class Listener:
    """A subscriber with a thread of its own that keeps all it hears."""

    def __init__(self, daemon, *channels, patterns=()):
        self.messages = []
        self.client = daemon.client(socket_timeout=None)
        self.pubsub = self.client.pubsub()
        ready = threading.Event()
        self.wanted = len(channels) + len(patterns)
        if channels:
            self.pubsub.subscribe(*channels)
        if patterns:
            self.pubsub.psubscribe(*patterns)
        self.thread = threading.Thread(target=self.listen, args=(ready,), daemon=True)
        self.thread.start()
        assert ready.wait(20), "the subscription was not confirmed"

    def listen(self, ready):
        try:
            for message in self.pubsub.listen():
                if "subscribe" in message["type"]:
                    self.wanted -= 1
                    if self.wanted == 0:
                        ready.set()
                else:
                    self.messages.append((message["channel"], message["data"]))
        except (redis.exceptions.ConnectionError, ValueError, OSError, AttributeError):
            pass  # the daemon or the test has ended

    def wait_for(self, channel, data, deadline_s=None):
        wait_until(lambda: (channel, data) in self.messages, f"message {data!r} on {channel}; heard: "
                   f"{self.messages[-20:]}", deadline_s)

    def close(self):
        try:
            self.client.connection_pool.disconnect()
        except (OSError, AttributeError, redis.exceptions.RedisError):
            pass  # the thread saw the end at the same moment


class Rig:
    """Cloud, modem, daemon in a folder of their own. `modem_options` may be a function of the cloud."""

    def __init__(self, profile="a9", settings=None, modem_options=(), cloud_options=(), baud=0, auto=False, env=None,
                 start=True, token=None):
        self.profile = profile
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="blynkd-e2e-"))
        self.listeners, self.extra = [], []
        self.cloud = self.modem = self.daemon = None
        try:
            if EXTERNAL:
                self.cloud = Server(EXTERNAL, os.environ["BLYNK_TOKEN"])
            else:
                self.cloud = Cloud(self.folder, options=cloud_options)
            if callable(modem_options):
                modem_options = modem_options(self.cloud)
            self.modem = Modem(self.folder, profile, self.cloud, modem_options, baud)
            base = default_settings(self.folder, token or self.cloud.token, "auto" if auto else profile)
            self.daemon = Daemon(self.folder, merge(base, settings or {}), env=env)
            if start:
                self.daemon.start()
        except BaseException:
            self.dump()
            self.kill()
            raise

    def client(self, **options):
        return self.daemon.client(**options)

    def listen(self, *channels, patterns=()):
        listener = Listener(self.daemon, *channels, patterns=patterns)
        self.listeners.append(listener)
        return listener

    def link(self):
        with self.client() as client:
            return as_map(client.execute_command("LINK"))

    def state(self):
        return self.link()["state"]

    def wait_state(self, *states, deadline_s=None):
        seen = []

        def reached():
            link = self.link()
            if not seen or seen[-1] != (link["state"], link["why"]):
                seen.append((link["state"], link["why"]))
            return link if link["state"] in states else None
        try:
            return wait_until(reached, f"state {' or '.join(states)}", deadline_s)
        except AssertionError as error:
            raise AssertionError(f"{error}; seen: {seen[-12:]}") from None

    def online(self, deadline_s=None):
        return self.wait_state("ONLINE", deadline_s=deadline_s)

    def programs(self):
        return [part for part in (self.daemon, self.modem, self.cloud, *self.extra) if part is not None]

    def logs(self):
        text = []
        for path in sorted(self.folder.glob("*.log")):
            lines = path.read_text(errors="replace").splitlines()
            text.append(f"----- {self.profile} {path.name}: last of {len(lines)} lines")
            text += lines[-120:]
        return "\n".join(text)

    def dump(self):
        print(self.logs())

    def kill(self):
        for listener in self.listeners:
            listener.close()
        for part in self.programs():
            part.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def stop(self):
        """All end in order; what went wrong with any of them is an error of the test."""
        problems = []
        for listener in self.listeners:
            listener.close()
        for part in self.programs():
            try:
                if isinstance(part, Daemon) and (part.program is None or part.program.log_file.closed):
                    continue
                part.stop()
            except AssertionError as error:
                problems.append(str(error))
        logs = self.logs() if problems else ""
        self.kill()
        assert not problems, "\n".join(problems + [logs])

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is None:
            self.stop()
            return
        logs = self.logs()
        self.kill()
        if issubclass(kind, Exception):
            raise AssertionError(f"{kind.__name__}: {error}\n{logs}") from error


class NotifySocket:
    """Stands in for systemd's."""

    def __init__(self, path):
        self.path, self.seen = str(path), []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            try:
                self.seen += self.socket.recv(65536).decode().splitlines()
            except OSError:
                return

    def wait_for(self, pattern):
        wait_until(lambda: [line for line in self.seen if re.search(pattern, line)], f"{pattern}; seen: {self.seen}")


def rig_for_all(profile, **options):
    """The body of a fixture: one set, online, for as long as the fixture lives."""
    rig = Rig(profile, **options)
    try:
        rig.online()
    except BaseException:
        rig.dump()
        rig.kill()
        raise
    yield rig
    rig.stop()


class Farm:
    """Runs stories side by side, because most of a story about faults is waiting. Each is its own test all the same."""

    def __init__(self, workers):
        self.pool = concurrent.futures.ThreadPoolExecutor(workers)
        self.stories = {}

    def plant(self, name, story):
        self.stories.setdefault(name, self.pool.submit(story))

    def harvest(self, name):
        return self.stories[name].result(timeout=20 * DEADLINE_S)

    def close(self):
        self.pool.shutdown(wait=True, cancel_futures=True)
