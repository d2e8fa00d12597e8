"""blynkctl as a person and a script use it: what is printed where, how it ends, also when little is as it should be."""
import json
import os
import pathlib
import pwd
import shutil
import signal
import struct
import subprocess
import time

import pytest

import harness
from harness import BUILD, TOKEN, wait_until
from odd_server import OddServer

OK, REFUSED, UNREACHABLE, OFFLINE, NOT_ALLOWED, TIMED_OUT, USAGE = 0, 1, 2, 3, 4, 5, 64


@pytest.fixture(scope="module")
def shared_rig():
    yield from harness.rig_for_all("sim800", cloud_options=("--style", "new", "--meta", "Serial Number=77"))


def environment():
    return {**os.environ, "LC_ALL": "C.UTF-8", "NO_COLOR": ""}


def run(path, *words, expect=OK, **options):
    """Standard output; what is said on standard error is checked where a test wants it (see `complain`)."""
    result = subprocess.run([BUILD / "blynkctl", "-s", path, *map(str, words)], capture_output=True, timeout=60,
                            env=environment(), check=False, **options)
    assert result.returncode == expect, result
    assert not harness.SANITIZER.search(result.stderr.decode(errors="replace")), result.stderr
    assert (result.stderr == b"") == (expect == OK), result.stderr
    return result.stdout.decode()


def complain(path, *words, expect, **options):
    result = subprocess.run([BUILD / "blynkctl", "-s", path, *map(str, words)], capture_output=True, timeout=60,
                            env=environment(), check=False, **options)
    assert result.returncode == expect, result
    return result.stderr.decode()


def ctl(rig, *words, **options):
    return run(rig.daemon.socket, *words, **options)


class Follower:
    """A blynkctl that goes on until Ctrl-C."""

    def __init__(self, rig, *words):
        self.process = subprocess.Popen([BUILD / "blynkctl", "-s", rig.daemon.socket, *map(str, words)],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(), text=True)

    def line(self):
        return self.process.stdout.readline().rstrip("\n")

    def line_with(self, text):
        for line in iter(self.process.stdout.readline, ""):
            if text in line:
                return line.rstrip("\n")
        raise AssertionError(f"ended without {text!r}: {self.process.stderr.read()}")

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)
        out, said = self.process.communicate(timeout=20)
        assert self.process.returncode == -signal.SIGINT, said
        return out, said

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


def watching(rig, *words):
    """A `watch` whose subscription stands."""
    before = rig.client().execute_command("PUBSUB", "NUMPAT")
    follower = Follower(rig, *words)
    wait_until(lambda: rig.client().execute_command("PUBSUB", "NUMPAT") > before, "the subscription")
    return follower


# ---- pins ----


def test_set_and_get(rig):
    stamp = str(time.time_ns())
    assert ctl(rig, "set", "V5", stamp) == ""
    assert ctl(rig, "get", "V5") == stamp + "\n"
    rig.cloud.wait_for("V5", stamp)
    assert ctl(rig, "set", "v1", "120", "64") == ""
    rig.cloud.wait_for("V1", "120", "64")
    assert ctl(rig, "get", "V5", "V1") == f"V5\t{stamp}\nV1\t120\t64\n"
    assert json.loads(ctl(rig, "--json", "get", "V5", "V1")) == {"V5": stamp, "V1": ["120", "64"]}
    assert json.loads(ctl(rig, "--json", "set", "V5", "2")) == {"ok": True}


def test_get_all_in_the_order_of_pins(rig):
    ctl(rig, "set", "V10", "ten")
    ctl(rig, "set", "V9", "nine")
    ctl(rig, "set", "A3", "analog")
    names = [line.split("\t")[0] for line in ctl(rig, "get").splitlines()]
    assert names == sorted(names, key=lambda name: (name[0], int(name[1:])))
    assert {"A3", "V9", "V10"} <= set(names)
    assert json.loads(ctl(rig, "--json", "get"))["V9"] == "nine"


def test_a_pin_without_a_value(rig):
    assert "V199 has no value yet" in complain(rig.daemon.socket, "get", "V199", expect=REFUSED)
    ctl(rig, "set", "V5", "1")
    result = subprocess.run([BUILD / "blynkctl", "-s", rig.daemon.socket, "--json", "get", "V5", "V199"],
                            capture_output=True, timeout=60, check=False)
    assert result.returncode == REFUSED
    assert json.loads(result.stdout) == {"V5": "1", "V199": None}


def test_values_that_could_move_the_cursor_are_made_visible(rig):
    with rig.client() as client:
        client.set("V20", b"\x1b[2J\x9b\r\nx")
    assert subprocess.run([BUILD / "blynkctl", "-s", rig.daemon.socket, "get", "V20"], capture_output=True, timeout=60,
                          check=True).stdout == b"\\x1B[2J\\x9B\\x0D\\x0Ax\n"
    assert json.loads(ctl(rig, "--json", "get", "V20")) == {"V20": {"base64": "G1sySpsNCng="}}


def test_set_from_standard_input(rig):
    lines = [f"line {i} of {time.time_ns()}" for i in range(50)]
    ctl(rig, "set", "V6", "-", input=("\r\n".join(lines)).encode())  # the last without its end
    wait_until(lambda: harness.first_occurrences(rig.cloud.values("V6"))[-50:] == lines, "all lines in order")
    ctl(rig, "set", "V6", "-", input=b"")
    assert "more than" in complain(rig.daemon.socket, "set", "V6", "-", input=b"x" * 70000, expect=REFUSED)
    said = complain(rig.daemon.socket, "set", "W6", "-", input=b"1\n2\n3\n", expect=REFUSED)
    assert said.count("\n") == 1, "it stops at the first line that is refused"


def test_refusals_are_words(rig):
    for words in (["set", "W5", "1"], ["get", "W5"], ["sync", "W5"], ["set", "V5", "x" * 60000]):
        said = complain(rig.daemon.socket, *words, expect=REFUSED)
        assert said.startswith("blynkctl: ") and "WRONGPIN" not in said


def test_watch(rig):
    with watching(rig, "watch", "V7", "V1?") as follower:
        rig.cloud.update("V8", "not for us")
        rig.cloud.update("V7", "on")
        assert follower.line() == "V7\ton"
        rig.cloud.update("V12", "3", "4")
        assert follower.line() == "V12\t3\t4"
        assert follower.interrupt() == ("", "")
    with watching(rig, "--json", "watch") as follower:
        rig.cloud.update("V12", "3", "4")
        assert json.loads(follower.line()) == {"channel": "V12", "value": ["3", "4"]}
        assert follower.interrupt() == ("", "")


def test_watch_ends_with_the_daemon(make_rig):
    rig = make_rig("sim800")
    rig.online()
    with watching(rig, "watch", "link") as follower:
        with rig.client() as client:
            client.execute_command("LINK", "RESTART")
        assert follower.line().startswith("link\t")
        rig.daemon.stop()
        said = follower.process.communicate(timeout=30)[1]
        assert follower.process.returncode == UNREACHABLE
        assert "the daemon closed the connection" in said


def test_sync(rig):
    rig.cloud.update("V30", "stored")
    wait_until(lambda: rig.client().get("V30") == "stored", "the value from Blynk")
    with watching(rig, "watch", "V30") as follower:
        assert ctl(rig, "sync", "V30") == ""
        assert follower.line() == "V30\tstored"


def test_flush(rig):
    stamp = str(time.time_ns())
    ctl(rig, "set", "V5", stamp)
    assert ctl(rig, "flush") == ""
    assert rig.cloud.get("V5") == [stamp]
    assert json.loads(ctl(rig, "--json", "flush", "10s")) == {"unconfirmed": 0}


# ---- the rest of Blynk ----


def test_property(rig):
    colour = f"#{time.time_ns() % 0xffffff:06X}"
    ctl(rig, "property", "V5", "color", colour)
    wait_until(lambda: colour in json.dumps(rig.cloud.show("properties")), "the property")


def test_event_and_resolve(rig):
    words = f"Pump 2 at {time.time_ns()} degrees"
    ctl(rig, "event", "overheated", words)
    wait_until(lambda: words in json.dumps(rig.cloud.show("events")), "the event")
    ctl(rig, "resolve", "overheated", "all")
    assert "usage: blynkctl resolve" in complain(rig.daemon.socket, "resolve", "overheated", "some", expect=USAGE)


def test_meta(rig):
    stamp = str(time.time_ns())
    ctl(rig, "meta", "Serial Number", stamp)
    wait_until(lambda: rig.cloud.show("meta")["Serial Number"] == stamp, "the new metadata")
    assert ctl(rig, "meta", "Serial Number") == stamp + "\n"
    assert json.loads(ctl(rig, "--json", "meta", "Serial Number")) == stamp


# ---- what is said ----


def test_trace_in_words(rig):
    stamp = str(time.time_ns())
    ctl(rig, "set", "V5", stamp)
    ctl(rig, "flush")
    words = ctl(rig, "trace")
    assert "⇒ HARDWARE id" in words and f": V5 = {stamp}\n" in words
    assert " ⇐ RESPONSE id" in words and ": 200 OK\n" in words
    assert " → AT" in words and TOKEN not in words
    raw = ctl(rig, "trace", "--raw")
    assert f"vw\\x005\\x00{stamp}" in raw
    entries = [json.loads(line) for line in ctl(rig, "--json", "trace").splitlines()]
    assert {entry["way"] for entry in entries} >= {"to modem", "from modem", "to server", "from server"}
    assert any(entry["text"].endswith(f"V5 = {stamp}") and entry["bytes"] > 5 for entry in entries)


def test_trace_follows_until_interrupted(rig):
    with Follower(rig, "trace", "-f") as follower:
        for stamp in ("first of the trace", "second of the trace"):
            ctl(rig, "set", "V5", stamp)
            assert "⇒ HARDWARE" in follower.line_with(f"V5 = {stamp}")
        assert follower.interrupt()[1] == ""


def test_trace_to_a_pipe_that_closes(rig):
    """`blynkctl trace | head -n 1` is no error."""
    ctl(rig, "trace")
    for words in ("trace", "trace -f", "--json trace -f", "trace --raw"):
        command = f"set -o pipefail; '{BUILD}/blynkctl' -s '{rig.daemon.socket}' {words} | head -n 1"
        result = subprocess.run(["bash", "-c", command], capture_output=True, timeout=60, check=False)
        assert (result.returncode, result.stderr) == (OK, b""), words


# ---- captures ----


def blocks(data):
    """type, body of each block of a pcapng file; the two lengths of a block must agree."""
    at = 0
    while at < len(data):
        kind, total = struct.unpack_from("<II", data, at)
        assert total % 4 == 0 and total >= 12 and at + total <= len(data)
        assert struct.unpack_from("<I", data, at + total - 4)[0] == total
        yield kind, data[at + 8:at + total - 4]
        at += total


def ones_sum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def packets(data):
    """(time in seconds, (port from, port to), payload) of whole TCP packets, and the modem's lines."""
    found, lines, interfaces = [], [], []
    for kind, body in blocks(data):
        if kind == 1:
            interfaces.append(struct.unpack_from("<H", body)[0])
        if kind != 6:
            continue
        interface, high, low, captured, original = struct.unpack_from("<IIIII", body)
        packet = body[20:20 + captured]
        if interfaces[interface] == 252:
            lines.append(packet.split(b"\0\0\0\0", 1)[1].decode(errors="replace"))
            continue
        assert interfaces[interface] == 228
        assert struct.unpack_from(">H", packet, 2)[0] == original
        assert ones_sum(packet[:20]) == 0xffff
        if captured == original:
            pseudo = packet[12:20] + struct.pack(">HH", 6, len(packet) - 20)
            assert ones_sum(pseudo + packet[20:]) == 0xffff
        found.append(((high << 32 | low) / 1e6, struct.unpack_from(">HH", packet, 20), packet[40:]))
    return found, lines


def test_capture(make_rig, tmp_path):
    begin = time.time()
    rig = make_rig("sim800")
    rig.online()
    path = tmp_path / "capture.pcapng"
    ctl(rig, "set", "V5", "21.5")
    ctl(rig, "flush")
    said = complain(rig.daemon.socket, "trace", "--pcap", path, expect=OK)
    assert f"written to {path}" in said
    assert path.stat().st_mode & 0o777 == 0o600
    data = path.read_bytes()
    assert TOKEN.encode() not in data
    found, lines = packets(data)
    payloads = [payload for _, _, payload in found]
    login = b"\x1d\0\x01\0\x20" + b"*" * 32
    assert login in payloads
    assert any(payload.startswith(b"\x14") and payload.endswith(b"vw\x005\x0021.5") for payload in payloads)
    to_server = {ports for _, ports, payload in found if payload == login}
    from_server = {ports for _, ports, payload in found if payload == b"\0\0\x01\0\xc8"}
    assert from_server == {(port, own) for own, port in to_server}
    assert all(begin - 2 <= when <= time.time() + 2 for when, _, _ in found)
    assert any("AT+CSQ" in line for line in lines)


def test_capture_is_what_wireshark_reads(make_rig, tmp_path):
    if not shutil.which("tshark"):
        pytest.skip("tshark is not installed: captures were NOT shown to it")
    rig = make_rig("sim800")
    rig.online()
    path = tmp_path / "capture.pcapng"
    complain(rig.daemon.socket, "trace", "--pcap", path, expect=OK)
    result = subprocess.run(["tshark", "-r", path, "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE",
                             "-T", "fields", "-e", "tcp.checksum.status", "-e", "ip.checksum.status", "-e",
                             "tcp.analysis.flags", "-e", "_ws.malformed", "-e", "frame.interface_name"],
                            capture_output=True, text=True, timeout=60, check=False,
                            env={**os.environ, "HOME": str(tmp_path)})
    assert result.returncode == 0, result.stderr
    shown = {tuple(line.split("\t")) for line in result.stdout.splitlines()}
    assert shown == {("1", "1", "", "", "Blynk"), ("", "", "", "", "modem")}


def test_capture_that_follows(rig, tmp_path):
    path = tmp_path / "capture.pcapng"
    with Follower(rig, "trace", "-f", "--pcap", path) as follower:
        wait_until(lambda: path.exists() and path.stat().st_size > 200, "the capture's beginning")
        ctl(rig, "set", "V5", "in the capture")
        wait_until(lambda: b"in the capture" in path.read_bytes(), "the new frame in the capture")
        follower.interrupt()
    packets(path.read_bytes())  # whole blocks, whenever it ends


def test_capture_that_cannot_be_written(rig):
    assert "/nowhere/at/all" in complain(rig.daemon.socket, "trace", "--pcap", "/nowhere/at/all", expect=REFUSED)
    assert "/dev/full" in complain(rig.daemon.socket, "trace", "--pcap", "/dev/full", expect=REFUSED)


# ---- the modem ----


def test_at(rig):
    assert ctl(rig, "at", "AT+CSQ").splitlines()[0].startswith("+CSQ: ")
    lines = json.loads(ctl(rig, "--json", "at", "AT+CSQ", "20s"))
    assert lines[0].startswith("+CSQ: ") and lines[-1] == "OK"
    assert "ERROR" in ctl_answers_no(rig, "at", "AT+NONSENSE")
    assert complain(rig.daemon.socket, "at", "AT+CSQ", "soon", expect=USAGE)


def ctl_answers_no(rig, *words):
    result = subprocess.run([BUILD / "blynkctl", "-s", rig.daemon.socket, *words], capture_output=True, text=True,
                            timeout=60, check=False)
    assert result.returncode == REFUSED, result
    return result.stdout


# ---- how it ends ----


def test_usage():
    for words in ([], ["nonsense"], ["--nonsense"], ["set", "V5"], ["event"], ["flush", "x"], ["trace", "--nonsense"],
                  ["trace", "more"], ["at"], ["help", "nonsense"], ["--timeout", "0", "get", "V5"]):
        assert complain("/nowhere", *words, expect=USAGE)
    assert "try: blynkctl watch" in complain("/nowhere", "wacth", expect=USAGE)
    assert "usage: blynkctl set" in complain("/nowhere", "set", expect=USAGE)


def test_help_needs_no_daemon():
    overview = run("/nowhere", "--help")
    assert run("/nowhere", "help") == overview
    for line in run("/nowhere", "help", "--names").splitlines():
        name = line.split("\t")[0]
        assert name in overview
        if not name.startswith("-"):
            assert run("/nowhere", "help", name).startswith(f"usage: blynkctl {name}")
    assert run("/nowhere", "--version").startswith("blynkctl ")


def test_no_daemon(tmp_path):
    assert "systemctl start blynkd" in complain("/nowhere/at/all", "get", "V5", expect=UNREACHABLE)
    (tmp_path / "file").touch()
    assert "nobody listens" in complain(tmp_path / "file", "get", "V5", expect=UNREACHABLE)


def test_offline(make_rig):
    rig = make_rig("sim800")
    rig.online()
    with rig.client() as client:
        client.execute_command("LINK", "DOWN")
        wait_until(lambda: rig.state() != "ONLINE", "the link to be down")
        assert complain(rig.daemon.socket, "meta", "Serial Number", expect=OFFLINE).startswith("blynkctl: ")
        ctl(rig, "set", "V5", "1")  # this needs none
        assert "1 written value is not confirmed yet" in complain(rig.daemon.socket, "flush", "1s", expect=REFUSED)


def test_roles(make_rig):
    name = pwd.getpwuid(os.geteuid()).pw_name
    rig = make_rig("sim800", settings={"access": {f"user.{name}": "reader"}}, start=True)
    for words in (["set", "V5", "1"], ["trace"], ["at", "AT"]):
        assert complain(rig.daemon.socket, *words, expect=NOT_ALLOWED).startswith("blynkctl: ")


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="needs root, to be somebody else")
def test_no_rights(rig):
    rig.folder.chmod(0o711)
    nobody = pwd.getpwnam("nobody")
    program = pathlib.Path("/tmp") / f"blynkctl-{os.getpid()}"  # the build folder may be closed to nobody
    shutil.copy(BUILD / "blynkctl", program)
    try:
        result = subprocess.run(["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups",
                                 program, "-s",
                                 rig.daemon.socket, "get", "V5"], capture_output=True, text=True, timeout=60,
                                check=False)
    finally:
        program.unlink()
        rig.folder.chmod(0o700)
    assert result.returncode == NOT_ALLOWED, result
    assert "adduser" in result.stderr


def test_too_late(tmp_path):
    with OddServer(tmp_path / "s", b"") as path:
        begin = time.monotonic()
        assert "not answered in time" in complain(path, "--timeout", "300ms", "get", "V5", expect=TIMED_OUT)
        assert time.monotonic() - begin < 10


ODD_ANSWERS = [
    b"HTTP/1.1 400 Bad Request\r\n\r\n",
    b"$2000000000\r\n" + b"x" * 9000000,
    b"*2000000000\r\n",
    b"*1\r\n" * 100,
    b"\x1b[2J\x1b]0;owned\x07\r\n",
    b"+OK\x1b[2J\r\n",
    b"*3\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n",
    b"*2\r\n:1\r\n*1\r\n$-1\r\n",
    b"*4\r\n$8\r\npmessage\r\n:1\r\n:2\r\n:3\r\n",
    b"$-1\r\n",
    b"*-1\r\n",
    b":9223372036854775807\r\n",
    b"\x00\xff\xfe",
]


@pytest.mark.parametrize("words", [["get"], ["get", "V5"], ["get", "V5", "V6"], ["set", "V5", "1"], ["watch"],
                                   ["flush", "1"], ["meta", "x"], ["trace"], ["trace", "-f"], ["at", "AT"],
                                   ["--json", "get", "V5"],
                                   ["--json", "flush", "1"], ["--json", "trace"], ["--json", "at", "AT"], ["status"],
                                   ["--json", "status"], ["why"], ["--json", "why"], ["plot"], ["plot", "V5"],
                                   ["config", "show"], ["--json", "config", "show"], ["--json", "top"]], ids=" ".join)
def test_something_else_at_the_socket(tmp_path, words):
    """It ends, says what it met, never with an escape sequence, and never claims that all is well."""
    for number, answer in enumerate(ODD_ANSWERS):
        with OddServer(tmp_path / str(number), answer, hang_up=True) as path:
            result = subprocess.run([BUILD / "blynkctl", "-s", path, "--timeout", "5s", *words], capture_output=True,
                                    timeout=60, check=False)
        assert result.returncode in (OK, REFUSED, UNREACHABLE), (answer[:40], result)
        assert b"\x1b" not in result.stdout + result.stderr and b"\x07" not in result.stdout + result.stderr, answer
        assert not harness.SANITIZER.search(result.stderr.decode(errors="replace")), result.stderr
        if words[0] in ("set", "flush") and answer not in (b"+OK\x1b[2J\r\n",):
            assert result.returncode != OK, (answer[:40], result)


def test_an_error_cannot_move_the_cursor(tmp_path):
    with OddServer(tmp_path / "s", b"-ERR \x1b[2Jowned\x07\xc2\x9b2J\r\n") as path:
        assert complain(path, "get", "V5", expect=REFUSED) == "blynkctl: \\x1B[2Jowned\\x07\\xC2\\x9B2J\n"


def test_output_that_cannot_be_written(rig):
    for words in (["trace"], ["--json", "trace"], ["get"], ["help"]):
        with open("/dev/full", "wb") as full:
            result = subprocess.run([BUILD / "blynkctl", "-s", rig.daemon.socket, *words], stdout=full,
                                    stderr=subprocess.PIPE, timeout=60, check=False)
        assert result.returncode == REFUSED, (words, result)
        assert b"standard output" in result.stderr
    command = f"'{BUILD}/blynkctl' -s '{rig.daemon.socket}' get >&-"
    closed = subprocess.run(["bash", "-c", command], stderr=subprocess.DEVNULL, timeout=60, check=False)
    assert closed.returncode == REFUSED


def test_watch_into_a_full_disk_ends(rig):
    with open("/dev/full", "wb") as full:
        before = rig.client().execute_command("PUBSUB", "NUMPAT")
        process = subprocess.Popen([BUILD / "blynkctl", "-s", rig.daemon.socket, "watch", "V7"], stdout=full,
                                   stderr=subprocess.PIPE)
        try:
            wait_until(lambda: rig.client().execute_command("PUBSUB", "NUMPAT") > before, "the subscription")
            rig.cloud.update("V7", "x")
            assert b"standard output" in process.communicate(timeout=30)[1]
            assert process.returncode == REFUSED
        finally:
            process.kill()
