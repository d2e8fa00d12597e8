"""What is wrong is said in one sentence with what to do about it: by LINK, in the history, in the log and in systemd's
STATUS, the same words everywhere."""
import contextlib
import dataclasses
import functools
import re
import shutil
import subprocess

import pytest

from harness import NotifySocket, Rig, wait_until

pytestmark = [pytest.mark.story, pytest.mark.simulated_cloud]


@dataclasses.dataclass(frozen=True)
class Verdict:
    name: str
    words: str               # the reason must match this ...
    advice: str              # ... and tell this
    modem_options: tuple = ()
    cloud_options: tuple = ()
    settings: tuple = ()     # (section, key, value)
    holder: str = ""         # a program of this name has the modem's port open
    before: str = ""         # this is said first, with an earlier start of the daemon
    profile: str = "a7"
    writes: int = 0          # so many values are written once the link is up

    def __str__(self):
        return self.name


def fault(*specs):
    return tuple(word for spec in specs for word in ("--fault", spec))


VERDICTS = [
    Verdict("sim-missing", "no SIM card in the modem", "put one in", fault("no-sim")),
    Verdict("pin-needed", "wants its PIN and none is configured", "set it, or switch the PIN off",
            ("--pin", "1234")),
    Verdict("pin-wrong", "refused the configured PIN", "configure the right one", ("--pin", "1234"),
            settings=(("modem", "pin", "9999"),)),
    Verdict("pin-wrong-again", "refused the configured PIN before, so it is not sent again", "configure",
            ("--pin", "1234"), settings=(("modem", "pin", "9999"),), before="refused the configured PIN"),
    Verdict("puk", "wants its PUK", "put the SIM in a phone, enter the PUK", fault("sim-puk")),
    Verdict("no-service", "waiting for the network: ", "searching|no signal|no network", fault("signal-loss")),
    Verdict("denied", "the network refuses this SIM card", "activated, paid for", fault("deny-registration"),
            profile="sim800"),
    Verdict("roaming", "only a foreign network is there and roaming is switched off", "set roaming = yes",
            ("--variant", "roaming=on"), settings=(("network", "roaming", "no"),)),
    Verdict("wrong-apn", "data connection", "is `apn` right", fault("wrong-apn")),
    Verdict("dns", "cannot find the address", "fallback_addresses", fault("no-dns")),
    Verdict("unreachable", "was not reached|no connection to", "it may be down", fault("connect-fail")),
    Verdict("token-invalid", "does not know this token", "check `token`",
            settings=(("blynk", "token", "0123456789abcdef0123456789abcdef"),)),
    Verdict("token-elsewhere", "the token may be in use elsewhere", "each device needs its own",
            cloud_options=fault("close-after:0")),
    Verdict("flood-limit", "too many messages per second", r"\[limits\] rate", cloud_options=fault("flood"), writes=20),
    Verdict("no-answer", "the modem does not answer", "switched on, wired right, and the baud rate right",
            fault("mute")),
    Verdict("port-held", r"another program \(holder, process \d+\) has the modem's port open", "stop it",
            fault("mute"), holder="holder"),
    Verdict("getty", r"a login prompt \(agetty, process \d+\) is on the modem's port", "systemctl disable",
            fault("mute"), holder="agetty"),
]


@contextlib.contextmanager
def held(rig, name):
    if not name:
        yield
        return
    program = rig.folder / name
    shutil.copy("/bin/sleep", program)
    with open(rig.modem.tty, "r+b", buffering=0) as port:
        process = subprocess.Popen([str(program), "600"], stdin=port)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def said(rig, pattern):
    with rig.client() as client:
        lines = [str(line) for line in client.execute_command("LINK", "HISTORY")]
    return [line for line in lines if re.search(pattern, line)]


def write(rig, count):
    with rig.client() as client:
        for number in range(count):
            client.set("V1", number)


def judge(rig, notify, verdict):
    both = rf"({verdict.words}).*({verdict.advice})"
    wait_until(lambda: re.search(both, rig.link()["why"]), f"LINK to say {both!r}", 120)
    wait_until(lambda: said(rig, both), f"the history to say {both!r}")
    rig.daemon.program.wait_for_log(both, 5)
    notify.wait_for(rf"^STATUS=.*{both}")


def tell(verdict):
    settings = {}
    for section, key, value in verdict.settings:
        settings.setdefault(section, {})[key] = value
    with Rig(verdict.profile, settings=settings, modem_options=verdict.modem_options, cloud_options=verdict.cloud_options,
             start=False) as rig:
        notify = NotifySocket(rig.folder / "notify")
        rig.daemon.env = {"NOTIFY_SOCKET": notify.path}
        with held(rig, verdict.holder):
            rig.daemon.start()
            if verdict.before:
                wait_until(lambda: re.search(verdict.before, rig.link()["why"]), verdict.before)
                rig.daemon.stop()
                rig.daemon.start()
            if verdict.writes:
                rig.online()
                write(rig, verdict.writes)
            judge(rig, notify, verdict)
        notify.socket.close()


def story_of(item):
    return functools.partial(tell, item.callspec.params["verdict"])


@pytest.mark.parametrize("verdict", VERDICTS, ids=str)
def test_verdict(story, verdict):
    story()
