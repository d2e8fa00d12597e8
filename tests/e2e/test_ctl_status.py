"""blynkctl status and plot, as a person and as a script see them."""
import json
import os
import re
import signal
import subprocess
import xml.etree.ElementTree

import pytest

import fake_daemon
import harness

ENVIRONMENT = {**os.environ, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
HARM = "\x1b]0;owned\x07\x1b[2J\r\n\x9b31m"


@pytest.fixture(scope="module")
def rig():
    yield from harness.rig_for_all("a9")


def ctl(path, *words, status=0, env=None):
    done = subprocess.run([harness.BUILD / "blynkctl", "--socket", path, *words], capture_output=True, timeout=30,
                          env={**ENVIRONMENT, **(env or {})}, check=False)
    assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
    done.text = done.stdout.decode()
    return done


def test_status_tells_all_on_one_screen(rig):
    rig.client().execute_command("SET", "V5", "21.5")
    text = ctl(rig.daemon.socket, "status").text
    for pattern in (r"^Link +connected to Blynk since \d\d:\d\d:\d\d \(", r"^Last outage +none since ", r"^Network +\S",
                    r"^Signal +[▁▂▄▆█·]{5} \w+ \(-\d+ dBm\)$", r"^Modem .*profile a9, supported ",
                    r"^Server +blynk\.test:80.*, round trip ", r"^Encryption +none", r"^Waiting +\S",
                    r"^Data +\S+ k?B?.* this month", r"^Messages +\d+ this month"):
        assert re.search(pattern, text, re.M), f"{pattern} is not in:\n{text}"
    assert len(text.splitlines()) <= 24
    assert "\x1b" not in text
    plain = ctl(rig.daemon.socket, "status", env={"LC_ALL": "C"}).text
    assert plain.isascii()
    assert re.search(r"^Signal +[|.]{5} ", plain, re.M)


def test_status_as_json(rig):
    answer = json.loads(ctl(rig.daemon.socket, "--json", "status").text)
    assert answer["link"]["state"] == "ONLINE"
    assert answer["modem"]["profile"] == "a9"
    assert "bytes_spent" in answer["budget"]
    assert any("ONLINE" in line for line in answer["history"])


def test_status_watch_follows_the_link(rig):
    with subprocess.Popen([harness.BUILD / "blynkctl", "--json", "--socket", rig.daemon.socket, "status", "--watch",
                           "--interval", "10m"], stdout=subprocess.PIPE, env=ENVIRONMENT, text=True) as watch:
        states = [json.loads(watch.stdout.readline())["link"]["state"]]
        rig.client().execute_command("LINK", "RESTART")
        while states[-1] == "ONLINE" or "ONLINE" not in states[1:]:
            states.append(json.loads(watch.stdout.readline())["link"]["state"])
            if len(states) > 2 and states[-1] == "ONLINE":
                break
        watch.send_signal(signal.SIGINT)
        assert watch.wait(10) == 0
    assert states[0] == states[-1] == "ONLINE"
    text = ctl(rig.daemon.socket, "status").text
    assert re.search(r"^Last outage +\d\d:\d\d:\d\d, for .*: ", text, re.M), text
    assert re.search(r"1 reconnect since", text), text


def test_status_of_no_daemon_and_wrong_usage(tmp_path):
    assert b"there is no socket" in ctl(tmp_path / "none", "status", status=2).stderr
    ctl(tmp_path / "none", "status", "--wrong", status=64)
    ctl(tmp_path / "none", "status", "--watch", "--interval", "never", status=64)
    ctl(tmp_path / "none", "status", "word", status=64)


def test_old_and_hostile_daemons_do_not_reach_the_terminal(tmp_path):
    number = str(2 ** 70)
    daemon = fake_daemon.FakeDaemon(tmp_path, {
        "LINK": fake_daemon.flat({"state": HARM, "since": 2 ** 63 - 1, "why": HARM * 100, "server": HARM,
                                  "queue": number, "round_trip_ms": -1, "encryption": None}),
        "MODEM": fake_daemon.flat({"profile": "x", "operator": HARM, "signal_dbm": "-1e9", "access": HARM}),
        "BLYNK.BUDGET": ["level", HARM, "bytes_spent", [[[1]]]],
        "LINK HISTORY": [HARM, 5, None, f"2026-11-21T12:00:00.000Z {HARM}: {HARM}"],
        "INFO": f"blynkd_version:{HARM}\r\nconfig_refused:\x1b[31mx",
        "HISTORY": [HARM],
        "HISTORY V1": [[1, 2, 3], "x", [1795262400000, "1e308"], [1795262401000, "-1e308"], [1795262402000, "nan"],
                       [2 ** 63 - 1, "1"]],
        "HISTORY V2": [[1795262400000, HARM]],
    })
    for words, status in ((["status"], 0), (["plot"], 0), (["plot", "V1"], 0), (["plot", "V2"], 1)):
        done = ctl(daemon.path, *words, status=status)
        assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]", done.stdout + done.stderr), done
    daemon.answers = {"LINK": fake_daemon.flat({"state": "ONLINE"})}
    assert "connected to Blynk" in ctl(daemon.path, "status").text
    assert json.loads(ctl(daemon.path, "--json", "status").text)["modem"] == {}
    assert b"older than this blynkctl" in ctl(daemon.path, "plot", "V1", status=1).stderr
    daemon.close()


def test_plot_of_a_pin(rig, tmp_path):
    with rig.client() as client:
        for value in range(20):
            client.execute_command("SET", "V6", value * value)
        client.execute_command("SET", "V6", "not a number")
    rig.cloud.update("V6", -7)
    harness.wait_until(lambda: rig.client().get("V6") == "-7", "the value from the cloud")
    answer = json.loads(ctl(rig.daemon.socket, "--json", "plot", "V6").text)
    assert [point[1] for point in answer["points"]] == [value * value for value in range(20)] + [-7]
    assert all(a[0] <= b[0] for a, b in zip(answer["points"], answer["points"][1:]))
    text = ctl(rig.daemon.socket, "plot", "V6").text
    assert text.startswith("V6: 21 values, -7 to 361, last -7 at ")
    assert re.search(r"^ *400 ┤", text, re.M) and re.search("[\u2801-\u28ff]", text), text
    assert max(map(len, text.splitlines())) <= 80
    assert ctl(rig.daemon.socket, "plot", "V6", "--ascii").text.isascii()
    assert "V6" in ctl(rig.daemon.socket, "plot").text.split()
    path = tmp_path / "plot.svg"
    ctl(rig.daemon.socket, "plot", "V6", "--svg", path)
    check_svg(path.read_text(), "V6: 21 values")
    check_svg(ctl(rig.daemon.socket, "plot", "V6", "--svg", "-").text, "V6: 21 values")
    assert b"nowhere" in ctl(rig.daemon.socket, "plot", "V6", "--svg", tmp_path / "nowhere/x", status=1).stderr


def check_svg(text, title):
    """Well-formed, of SVG 1.1's elements and attributes, with axes."""
    allowed = {"svg": {"version", "width", "height", "viewBox"}, "title": set(), "style": {"type"},
               "rect": {"class", "x", "y", "width", "height"}, "text": {"class", "x", "y", "text-anchor"},
               "line": {"class", "x1", "y1", "x2", "y2"}, "polyline": {"class", "points"},
               "circle": {"class", "cx", "cy", "r"}}
    root = xml.etree.ElementTree.fromstring(text)
    names = []
    for element in root.iter():
        name = element.tag.removeprefix("{http://www.w3.org/2000/svg}")
        names.append(name)
        assert set(element.attrib) <= allowed[name], (name, element.attrib)
    assert root.attrib["version"] == "1.1" and names.count("polyline") == 1
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts[0].startswith(title)
    assert "400" in texts and any(re.fullmatch(r"\d\d:\d\d(:\d\d)?", word) for word in texts), texts


def test_plot_of_signal_and_round_trip(rig):
    def points(series):
        return json.loads(ctl(rig.daemon.socket, "--json", "plot", series).text)["points"]
    signal_points = harness.wait_until(lambda: points("signal"), "a measured signal")
    assert all(-120 < value < -40 for _, value in signal_points)
    assert all(value >= 0 for _, value in harness.wait_until(lambda: points("round_trip"), "a round trip"))
    assert ctl(rig.daemon.socket, "plot", "signal").text.startswith("signal in dBm: ")


def test_plot_without_numbers(rig):
    assert b"V77 has no numbers yet" in ctl(rig.daemon.socket, "plot", "V77", status=1).stderr
    assert b"no series" in ctl(rig.daemon.socket, "plot", "V777", status=1).stderr
    assert json.loads(ctl(rig.daemon.socket, "--json", "plot", "V77").text)["points"] == []
    ctl(rig.daemon.socket, "plot", "V6", "V7", status=64)
    ctl(rig.daemon.socket, "plot", "V6", "--last", "soon", status=64)
