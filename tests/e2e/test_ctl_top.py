"""blynkctl top on a real terminal: tmux holds it, and its captured screens are read."""
import json
import os
import pty
import re
import shutil
import signal
import subprocess
import threading

import pytest

import fake_daemon
import harness

pytestmark = pytest.mark.skipif(not shutil.which("tmux"), reason="tmux is not installed: run scripts/setup test")
UTF8 = {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
ASCII = {"LANG": "C", "LC_ALL": "C", "TZ": "UTC"}


@pytest.fixture(scope="module")
def rig():
    yield from harness.rig_for_all("a9")


class Screen:
    """A terminal of so many columns and rows in which blynkctl runs; its end leaves END and the status."""

    def __init__(self, folder, path, *words, columns=80, rows=24, environment=None):
        self.name = f"blynkctl-{os.getpid()}-{id(self)}"
        environment = {"TERM": "screen-256color", **(environment or UTF8)}
        command = " ".join(["env", *(f"{key}={value}" for key, value in environment.items()),
                            str(harness.BUILD / "blynkctl"), "--socket", str(path), *words])
        self.errors = folder / "errors"
        self.tmux("-f", "/dev/null", "-u", "new-session", "-d", "-x", columns, "-y", rows,
                  f"{command} 2>{self.errors}; echo END $?; exec cat")

    def tmux(self, *words):
        return subprocess.run(["tmux", "-L", self.name, *map(str, words)], check=True, capture_output=True,
                              env={**os.environ, **UTF8}, timeout=20).stdout.decode()

    def text(self):
        return self.tmux("capture-pane", "-p")

    def wait_for(self, pattern):
        try:
            return harness.wait_until(lambda: re.search(pattern, self.text(), re.M), pattern, 20)
        except AssertionError as error:
            raise AssertionError(f"{error} on the screen:\n{self.text()}\n{self.errors.read_text()}") from None

    def keys(self, *keys):
        self.tmux("send-keys", *keys)

    def resize(self, columns, rows):
        self.tmux("resize-window", "-x", columns, "-y", rows)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.tmux("kill-server")
        assert not harness.SANITIZER.search(self.errors.read_text()), self.errors.read_text()[:3000]


def top(folder, path, *words, **how):
    return Screen(folder, path, "top", "--interval", "200ms", *words, **how)


def test_everything_on_eighty_by_twenty_four(rig, tmp_path):
    with rig.client() as client:
        client.client_setname("thermometer")
        client.execute_command("SET", "V5", "21.5")
        with top(tmp_path, rig.daemon.socket) as screen:
            screen.wait_for(r"^Link connected to Blynk since \d\d:\d\d:\d\d \(")
            for pattern in (r"^1 h .*█", r"^[▁▂▄▆█·]{5} -\d+ dBm  \S+.*blynk\.test:80, \d+ ms$", r"^ Signal, dBm",
                            r"Round trip, ms$", r"[\u2801-\u28ff]", r"^Waiting \d+  unconfirmed \d+  on disk \d+$",
                            r"^Per minute: \d+ messages", r"^Data     ", r"^Messages ", r"^ Pins: \d+, last changed first",
                            r"Programs: 1, commands$", r"thermometer +\d+ active", r"^V5 +21\.5", r"^q quit"):
                screen.wait_for(pattern)
            assert len(screen.text().splitlines()) == 24
            client.execute_command("SET", "V5", "22.5")
            screen.wait_for(r"^V5   ↑ 22\.5 +now")
            rig.cloud.update("V7", "on")
            screen.wait_for(r"^V7   ↓ on +now")
            screen.keys("q")
            screen.wait_for(r"^END 0$")
    assert tmp_path.joinpath("errors").read_text() == ""


def test_keys(rig, tmp_path):
    with rig.client() as client:
        for pin in range(10, 60):
            client.execute_command("SET", f"V{pin}", pin)
    with top(tmp_path, rig.daemon.socket) as screen:
        screen.wait_for(r"^1 h ")
        screen.keys("t")
        screen.wait_for(r"^6 h ")
        screen.keys("t", "t")
        screen.wait_for(r"^10 min ")
        screen.keys("s")
        screen.wait_for(r"^ Pins: \d+, by name")
        screen.wait_for(r"^V10 +10")
        screen.keys("NPage", "NPage", "Up")
        harness.wait_until(lambda: "V10 " not in screen.text(), "the pins to be scrolled")
        screen.keys("Home")
        screen.wait_for(r"^V10 +10")
        screen.keys("p")
        screen.wait_for(r"^PAUSED")
        screen.keys("p")
        screen.wait_for(r"^q quit")
        screen.keys("?")
        screen.wait_for(r"shows the daemon's link")
        screen.keys("x")
        screen.wait_for(r"^Link ")
        screen.keys("C-c")
        screen.wait_for(r"^END 0$")


def test_small_and_changing_terminals(rig, tmp_path):
    with top(tmp_path, rig.daemon.socket, columns=40, rows=10) as screen:
        screen.wait_for(r"^Link connected to Blynk \(")
        screen.wait_for(r"^Waiting \d+")
        screen.wait_for(r"^ Pins: ")
        screen.wait_for(r"^q quit")
        for columns, rows in ((20, 5), (2, 1), (1, 2), (10, 60), (250, 70), (69, 24), (200, 9)):
            screen.resize(columns, rows)
            harness.wait_until(lambda: screen.text().strip(), f"something on {columns} by {rows}", 20)
        screen.resize(100, 30)
        screen.wait_for(r"^ Signal, dBm .*Round trip, ms$")
        assert len(screen.text().splitlines()) == 30
        screen.wait_for(r"^q quit")
        screen.keys("q")
        screen.wait_for(r"^END 0$")


def test_without_utf8(rig, tmp_path):
    with top(tmp_path, rig.daemon.socket, environment=ASCII) as screen:
        screen.wait_for(r"^1 h +[.=cm!x ]*=")
        screen.wait_for(r"^[|.]{5} -\d+ dBm")
        screen.wait_for(r"^ Signal, dBm")
        assert screen.text().isascii(), screen.text()
        screen.keys("q")
        screen.wait_for(r"^END 0$")


def test_a_daemon_that_goes_and_returns(tmp_path):
    with harness.Rig("a9") as rig:
        rig.online()
        with top(tmp_path, rig.daemon.socket) as screen:
            screen.wait_for(r"^Link connected to Blynk")
            rig.daemon.stop()
            screen.wait_for(r"^Link no daemon: trying again$")
            screen.wait_for(r"^there is no socket at|^nobody listens at")
            rig.daemon.start()
            screen.wait_for(r"^Link connected to Blynk")
            screen.keys("t", "t", "t")
            screen.wait_for(r"^10 min .*x.*█$")
            rig.client().execute_command("LINK", "DOWN")
            screen.wait_for(r"^Link switched off")
            screen.keys("q")
            screen.wait_for(r"^END 0$")


def test_a_hostile_daemon(tmp_path):
    harm = "\x1b]0;owned\x07\x1b[2J\x1b[?1049l\r\n\x9bH" + "中国移动" * 9
    flat = fake_daemon.flat
    daemon = fake_daemon.FakeDaemon(tmp_path, {
        "LINK": flat({"state": harm, "why": harm, "since": 2 ** 63 - 1, "server": harm, "queue": 2 ** 63 - 1,
                      "bytes_up": 2 ** 63 - 1, "disk": harm}),
        "MODEM": flat({"operator": harm, "access": harm, "signal_dbm": -99, "profile": harm}),
        "BLYNK.BUDGET": flat({"level": harm, "bytes_spent": 2 ** 63 - 1, "bytes_limit": 1, "bytes_percent": 2 ** 62}),
        "LINK HISTORY": [f"2026-11-21T12:00:00.000Z {harm}", harm, 7],
        "INFO": f"config_refused:{harm}\r\nmessages_sent:{2 ** 80}\r\n",
        "CLIENT LIST": f"id=1 name={harm} uid=-5 commands={2 ** 90}\nid=2 name=honest uid=99999999 commands=3\n",
        "KEYS": ["V1", harm, 5, None, "V2"],
        "MGET": [harm, "x"],
        "HISTORY signal": [[1, "1"], [harm]],
        "HISTORY": [[1795262400000, "1e308"], [1795262400001, "-1e308"], harm],
        "PSUBSCRIBE": ["psubscribe", harm, 1],
    })
    with top(tmp_path, daemon.path) as screen:
        screen.wait_for(r"honest +3 active")
        screen.wait_for(r"^Link \?\]0;owned\?")
        screen.wait_for(r"^q quit")
        assert "中国移动" in screen.text()
        daemon.answers = {"LINK": flat({"state": "ONLINE"})}  # and now an old one
        screen.wait_for(r"^Link connected to Blynk")
        screen.keys("q")
        screen.wait_for(r"^END 0$")
    daemon.close()


def test_where_it_cannot_run(rig, tmp_path):
    command = [harness.BUILD / "blynkctl", "--socket", rig.daemon.socket, "top"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=20, check=False)
    assert done.returncode == 64 and b"needs a terminal" in done.stderr
    with Screen(tmp_path, rig.daemon.socket, "top", environment={**UTF8, "TERM": "dumb"}) as screen:
        screen.wait_for(r"^END 64$")
        assert "cannot place the cursor" in screen.errors.read_text()
    done = subprocess.run([*command[:1], "--json", *command[1:]], capture_output=True, timeout=20, check=True)
    answer = json.loads(done.stdout)
    assert answer["link"]["state"] == "ONLINE" and "pins" in answer and "clients" in answer


def test_status_watch_on_a_terminal(rig, tmp_path):
    with Screen(tmp_path, rig.daemon.socket, "status", "--watch", "--interval", "200ms", columns=70) as screen:
        screen.wait_for(r"^Link +connected to Blynk since")
        screen.resize(44, 30)
        screen.wait_for(r"^Modem .*\n {13}\S")  # wrapped
        screen.resize(100, 6)
        screen.wait_for(r"^Network")
        rig.client().execute_command("LINK", "DOWN")
        screen.wait_for(r"^Link +switched off")
        rig.client().execute_command("LINK", "UP")
        screen.wait_for(r"^Link +connected to Blynk")
        screen.keys("C-c")
        screen.wait_for(r"^END 0$")


def test_few_bytes_over_a_slow_line(rig):
    """Ten looks at a link at rest cost less than a tenth of a screen each."""
    primary, secondary = pty.openpty()
    seen = bytearray()
    with subprocess.Popen([harness.BUILD / "blynkctl", "--socket", rig.daemon.socket, "top", "--interval", "100ms"],
                          stdin=secondary, stdout=secondary, stderr=subprocess.PIPE,
                          env={**os.environ, **UTF8, "TERM": "xterm", "LINES": "24", "COLUMNS": "80"}) as program:
        os.close(secondary)

        def read():
            try:
                while chunk := os.read(primary, 65536):
                    seen.extend(chunk)
            except OSError:
                pass

        reader = threading.Thread(target=read, daemon=True)
        reader.start()

        def commands():
            found = re.findall(rf"pid={program.pid} .*commands=(\d+)", raw_clients(rig))
            return max(map(int, found), default=0)

        harness.wait_until(lambda: commands() > 30, "the first looks")
        begin, bytes_begin = commands(), len(seen)
        assert bytes_begin > 500
        harness.wait_until(lambda: commands() >= begin + 100, "ten looks more")
        cost = len(seen) - bytes_begin
        program.send_signal(signal.SIGTERM)
        assert program.wait(10) == 0
        assert program.stderr.read() == b""
        reader.join(10)
    os.close(primary)
    assert cost < 10 * 200, f"{cost} bytes for ten looks"
    print(f"{bytes_begin} bytes for the first screen, {cost} for ten looks")


def raw_clients(rig):
    with rig.client() as client:
        client.set_response_callback("CLIENT LIST", lambda response, **_: response)
        return client.execute_command("CLIENT LIST")
