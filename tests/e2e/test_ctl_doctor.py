"""blynkctl doctor: what it finds with and without a daemon for each thing that can be wrong, and the stories with which
the project began. blynkctl why: the last outage."""
import functools
import json
import os
import pathlib
import re
import subprocess
import tempfile

import pytest

import test_tls
import test_verdicts
from harness import BUILD, SERVER_NAME, Rig, make_certs, tls_options, wait_until

pytestmark = [pytest.mark.story, pytest.mark.simulated_cloud]

SOMEBODY = 65534  # nobody's uid and gid
OK, WRONG, UNKNOWN = "ok", "wrong", "not known"
# of each verdict of the ladder: which step is wrong, and where the doctor has words of his own, those
STEPS = {
    "sim-missing": ("SIM card",), "pin-needed": ("PIN",), "pin-wrong": ("PIN",), "pin-wrong-again": ("PIN",),
    "puk": ("PIN",), "denied": ("network",), "roaming": ("network",),
    "no-service": ("network", "waiting for the network: (searching|no signal|no network)", "antenna"),
    "wrong-apn": ("data connection",), "dns": ("name look-up",), "unreachable": ("server",),
    "token-invalid": ("token",), "flood-limit": ("session",),
    "token-elsewhere": ("session", r"closed the connection, \d+ times in a row", "token may be in use elsewhere"),
    "no-answer": ("modem answers", "does not answer", "switched on"),
    "port-held": ("other programs", r"holder \(process \d+\)", "end it"),
    "getty": ("login prompt", r"agetty \(process \d+\)", "systemctl disable --now serial-getty@"),
}
assert set(STEPS) == {verdict.name for verdict in test_verdicts.VERDICTS}


def ctl(rig, *words, env=None):
    command = [BUILD / "blynkctl", "--socket", rig.daemon.socket, "--config", rig.daemon.config, *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=400, env={**os.environ, **(env or {})})
    assert "Sanitizer" not in done.stderr and "runtime error" not in done.stderr, done.stderr
    return done


def examine(rig, *words):
    """step -> (verdict, finding, advice); the exit status agrees."""
    done = ctl(rig, "--json", "doctor", *words)
    steps = {step["step"]: step for step in json.loads(done.stdout)}
    wrong = [step for step in steps.values() if step["verdict"] == WRONG]
    assert done.returncode == (1 if wrong else 0), done
    token = rig.daemon.settings["blynk"].get("token")
    assert not token or token not in done.stdout + done.stderr
    return steps


def told(step):
    return f"{step['verdict']}: {step['finding']} -> {step['advice']}"


def check(steps, verdict):
    name, words, advice = (STEPS[verdict.name] + (verdict.words, verdict.advice)[len(STEPS[verdict.name]) - 1:])[:3]
    step = steps[name]
    assert step["verdict"] == WRONG, (told(step), steps)
    assert re.search(words, step["finding"]), told(step)
    assert re.search(advice, step["advice"]), told(step)
    names = list(steps)
    if name in names[names.index("modem answers"):]:  # all below it is well
        for below in names[names.index("port"):names.index(name)]:
            known = below in ("name look-up", "access point", "signal")
            assert steps[below]["verdict"] in (OK, UNKNOWN) if known else steps[below]["verdict"] == OK, (
                below, told(steps[below]))


def set_up(verdict):
    settings = {}
    for section, key, value in verdict.settings:
        settings.setdefault(section, {})[key] = value
    return Rig(verdict.profile, settings=settings, modem_options=verdict.modem_options,
               cloud_options=verdict.cloud_options, start=False)


def pins_sent(rig):
    return len(re.findall(r"AT\+CPIN=", rig.modem.program.log()))


def with_daemon(verdict):
    with set_up(verdict) as rig, test_verdicts.held(rig, verdict.holder):
        rig.daemon.start()
        if verdict.before:
            wait_until(lambda: re.search(verdict.before, rig.link()["why"]), verdict.before)
            rig.daemon.stop()
            rig.daemon.start()
        if verdict.writes:
            rig.online()
            test_verdicts.write(rig, verdict.writes)
            wait_until(lambda: rig.link()["trouble"], "the server to complain")
        check(examine(rig), verdict)


def without_daemon(verdict):
    with set_up(verdict) as rig, test_verdicts.held(rig, verdict.holder):
        if verdict.before:
            examine(rig)
        check(examine(rig), verdict)
        assert pins_sent(rig) <= 1
        assert not pathlib.Path(rig.daemon.settings["daemon"]["state_dir"], "spool.db").exists()


# ---- the stories with which the project began ------------------------------------------------------------------------

def cmd_skipped_for_ever():
    """"Cmd skipped:29" on an A7: the library of those days never saw that it was connected."""
    with Rig("a7", auto=True) as rig:
        rig.online()
        steps = examine(rig)
        assert all(step["verdict"] == OK for step in steps.values()), steps
        assert "A7" in steps["modem"]["finding"]
        rig.cloud.control("fault no-login-answer")
        rig.cloud.control("close")
        wait_until(lambda: rig.link()["failure_step"] == "login", "a login without an answer")
        steps = examine(rig)
        assert steps["server"]["verdict"] == OK, told(steps["server"])
        assert steps["token"]["verdict"] == WRONG, told(steps["token"])


def connect_fail_and_what_now():
    """CONNECT FAIL with the SIM800, and with the A9 that is put in its place the old `profile` is what is wrong."""
    with Rig("sim800", modem_options=test_verdicts.fault("connect-fail"), start=False) as rig:
        steps = examine(rig)
        assert steps["data connection"]["verdict"] == OK
        assert steps["server"]["verdict"] == WRONG
        assert re.search("it may be down, or the access point may not lead there", steps["server"]["advice"])
        assert steps["token"]["verdict"] == UNKNOWN
    with Rig("a9", settings={"modem": {"profile": "sim800"}}, start=False) as rig:
        step = examine(rig, "--wait", "60s")["modem"]
        assert step["verdict"] == WRONG, told(step)
        assert "A9" in step["finding"] and "profile = sim800" in step["finding"], told(step)
        assert "profile = auto" in step["advice"]
        rig.daemon.configure({"modem": {"profile": "auto"}})
        assert all(step["verdict"] != WRONG for step in examine(rig).values())


# ---- the doctor himself ----------------------------------------------------------------------------------------------

def another_line_speed():
    with Rig("a7", baud=9600, modem_options=("--variant", "check_baud=on"), start=False) as rig:
        steps = examine(rig)
        assert steps["modem answers"]["verdict"] == WRONG and "9600" in steps["modem answers"]["finding"], steps
        assert steps["modem answers"]["advice"] == "[modem] baud = 9600"
        assert steps["token"]["verdict"] == OK, steps  # the rest was looked at at that speed


def a_server_that_cannot_prove_itself():
    with tempfile.TemporaryDirectory() as folder:
        certs = make_certs(folder)
        with Rig("sim800", settings=test_tls.tls_settings(certs), modem_options=test_tls.route(), start=False,
                 cloud_options=(*tls_options(certs), "--fault", "cert-wrong-name")) as rig:
            steps = examine(rig)
            assert steps["server"]["verdict"] == OK, told(steps["server"])
            assert steps["encryption"]["verdict"] == WRONG and SERVER_NAME in steps["encryption"]["finding"], steps
            assert steps["token"]["verdict"] == UNKNOWN and rig.cloud.frames()["logins"] == 0
            rig.cloud.control("clear all")
            steps = examine(rig)
            assert steps["encryption"]["verdict"] == OK and "TLS 1.3" in steps["encryption"]["finding"], steps


def a_person_without_rights():
    with Rig("a7", start=False) as rig:
        done = subprocess.run(["setpriv", "--reuid", str(SOMEBODY), "--regid", str(SOMEBODY), "--clear-groups",
                               BUILD / "blynkctl", "--config", rig.daemon.config, "--socket", rig.daemon.socket,
                               "--json", "doctor"], capture_output=True, text=True, timeout=60, check=False)
        if os.geteuid() != 0:
            pytest.skip("needs root to be somebody else")
        steps = {step["step"]: step for step in json.loads(done.stdout)}
        assert done.returncode == 1 and steps["configuration"]["verdict"] == WRONG, done
        assert "Permission denied" in steps["configuration"]["finding"]
        assert "sudo blynkctl doctor" in steps["configuration"]["advice"]
        assert steps["token"]["verdict"] == UNKNOWN


def no_port():
    with Rig("a7", settings={"modem": {"port": "/dev/blynkd-no-such-port"}}, start=False) as rig:
        steps = examine(rig)
        assert steps["port"]["verdict"] == WRONG and "/dev/blynkd-no-such-port" in steps["port"]["finding"]
        assert [name for name, step in steps.items() if step["verdict"] == WRONG] == ["port"], steps


def wrong_configuration():
    with Rig("a7", settings={"modem": {"baud": "fast"}}, start=False) as rig:
        steps = examine(rig)
        assert steps["configuration"]["verdict"] == WRONG
        assert "[modem] baud" in steps["configuration"]["finding"], steps["configuration"]


def a_daemon_that_listens_elsewhere():
    with Rig("a7") as rig:
        done = subprocess.run([BUILD / "blynkctl", "--socket", rig.folder / "other.sock", "--config", rig.daemon.config,
                               "--json", "doctor"], capture_output=True, text=True, timeout=60)
        step = {step["step"]: step for step in json.loads(done.stdout)}["daemon"]
        assert done.returncode == 1 and step["verdict"] == WRONG
        assert f"(process {rig.daemon.program.pid}) but does not listen at" in step["finding"]
        assert rig.daemon.program.running()


def the_probe_leaves_what_it_found():
    with Rig("a7", settings={"outbox": {"durability": "always"}}) as rig:
        rig.online()
        rig.cloud.control("fault refuse")
        rig.cloud.control("close")
        rig.wait_state("WAIT", "CONNECT")
        with rig.client() as client:
            for number in range(20):
                client.set("V5", number)
        rig.daemon.stop()
        rig.cloud.control("clear all")
        spool = pathlib.Path(rig.daemon.settings["daemon"]["state_dir"], "spool.db")
        before = spool.read_bytes(), spool.stat().st_mtime_ns
        assert examine(rig)["session"]["verdict"] == OK
        assert (spool.read_bytes(), spool.stat().st_mtime_ns) == before
        assert rig.cloud.values("V5") == []
        rig.daemon.start()
        rig.cloud.wait_for("V5", 19)


def processes_with(word):
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes()
        except OSError:
            continue
        if word.encode() in line and b"--probe" in line:
            found.append(int(path.parent.name))
    return found


def the_probe_ends_with_who_asked():
    with Rig("a7", modem_options=test_verdicts.fault("signal-loss"), start=False) as rig:
        command = [BUILD / "blynkctl", "--socket", rig.daemon.socket, "--config", rig.daemon.config, "doctor"]
        asker = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        lines = []
        while not (lines and "SIM card" in lines[-1]):  # shown as it is decided, long before the end
            lines.append(asker.stdout.readline())
            assert lines[-1], lines
        assert len(processes_with(str(rig.daemon.config))) == 1
        asker.kill()
        asker.communicate()
        wait_until(lambda: not processes_with(str(rig.daemon.config)), "the end of the probe", 15)


def root_does_not_leave_roots_files():
    """The daemon's own user must be able to go on with the book of PINs."""
    if os.geteuid() != 0:
        pytest.skip("needs root")
    with Rig("a7", modem_options=("--pin", "1234"), settings={"modem": {"pin": "1234"}}, start=False) as rig:
        state = pathlib.Path(rig.daemon.settings["daemon"]["state_dir"])
        rig.folder.chmod(0o755)
        os.chown(state, SOMEBODY, SOMEBODY)
        os.chown(rig.modem.tty.resolve(), SOMEBODY, SOMEBODY)
        steps = examine(rig)
        assert steps["PIN"]["verdict"] == OK and steps["session"]["verdict"] == OK, steps
        assert (state / "pin_attempts").stat().st_uid == SOMEBODY


def for_people():
    with Rig("a7", settings={"budget": {"bytes": "1M", "messages": 10}}) as rig:
        rig.online()
        text = ctl(rig, "doctor").stdout
        assert re.search(r"^ok +modem answers +at 115200 baud$", text, re.M), text
        assert re.search(r"^ok +data budget +.* of 1024 KiB this month", text, re.M), text
        assert text.endswith("\nnothing is wrong\n")
        assert "\033" not in text
        with rig.client() as client:
            client.execute_command("LINK", "DOWN")
        rig.wait_state("OFF")
        done = ctl(rig, "doctor")
        assert done.returncode == 1, done
        assert re.search(r"^wrong +session +the link is switched off$", done.stdout, re.M), done
        assert done.stdout.endswith("\n1 wrong; begin with: session\n")


# ---- why -------------------------------------------------------------------------------------------------------------

def outage(rig):
    done = ctl(rig, "--json", "why")
    assert done.returncode == 0, done
    return json.loads(done.stdout)


def the_last_outage():
    with Rig("a7") as rig:
        rig.online()
        assert outage(rig)["outage"] == "start"
        rig.modem.control("fault connect-fail")
        rig.cloud.control("close")
        wait_until(lambda: int(rig.link()["failures"]) >= 3, "two tries that fail")
        now = outage(rig)
        assert now["outage"] == "now" and now["back_at"] is None and now["lasted_ms"] > 0, now
        assert re.search("the server closed", now["because"]), now
        assert len([one for one in now["tries"] if re.search("was not reached|no connection", one["why"])]) >= 2, now
        rig.modem.control("clear all")
        rig.online()
        past = outage(rig)
        assert past["outage"] == "past" and past["lost_at"] == now["lost_at"] < past["back_at"], past
        text = ctl(rig, "why").stdout.splitlines()
        assert re.search(r"^the link was down from .*, for \d", text[0]), text
        assert re.search(r"^├─ \d\d:\d\d:\d\d  lost: the server closed", text[1]), text
        assert re.search(r"^└─ \d\d:\d\d:\d\d  back: logged in", text[-1]), text


TALES = [cmd_skipped_for_ever, connect_fail_and_what_now, another_line_speed,
         a_server_that_cannot_prove_itself, a_person_without_rights, no_port, wrong_configuration,
         a_daemon_that_listens_elsewhere, the_probe_leaves_what_it_found, the_probe_ends_with_who_asked,
         root_does_not_leave_roots_files, for_people, the_last_outage]


def story_of(item):
    values = item.callspec.params
    return values["tale"] if "tale" in values else functools.partial(values["way"], values["verdict"])


@pytest.mark.parametrize("tale", TALES, ids=lambda tale: tale.__name__)
def test_story(story, tale):
    story()


@pytest.mark.parametrize("way", [with_daemon, without_daemon], ids=lambda way: way.__name__)
@pytest.mark.parametrize("verdict", [verdict for verdict in test_verdicts.VERDICTS if not verdict.writes], ids=str)
def test_verdict(story, verdict, way):
    story()


@pytest.mark.parametrize("way", [with_daemon])
@pytest.mark.parametrize("verdict", [verdict for verdict in test_verdicts.VERDICTS if verdict.writes], ids=str)
def test_verdict_of_writes(story, verdict, way):
    story()
