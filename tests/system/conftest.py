"""The fixtures of the tests under a real systemd. See machine.py for how it comes to be there."""
import os
import pathlib
import re
import shutil
import sys
import tempfile

sys.dont_write_bytecode = True

import pytest  # noqa: E402

import machine  # noqa: E402

import harness  # noqa: E402  machine.py knows where it is


class House:
    """Cloud and modem out here, machine and daemon in there. A denied system call ends the daemon with SIGSYS, which
    is seen; with the error number of the unit as it is installed a denial could pass unnoticed."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="blynkd-system-"))
        self.cloud = self.modem = self.machine = None
        self.deaf_port = os.openpty()  # where nobody ever answers
        self.denials_forgiven = 0

    def build(self):
        certs = harness.make_certs(self.folder)
        self.cloud = harness.Cloud(self.folder, options=harness.tls_options(certs))
        self.modem = harness.Modem(self.folder, "sim800", self.cloud,
                                   ("--route", f"{harness.SERVER_NAME}:443={self.cloud.tls_address}"))
        self.machine = machine.Machine({self.modem.tty: "/dev/ttyACM0", os.ttyname(self.deaf_port[1]): "/dev/ttyACM1"})
        self.machine.boot()
        shutil.copy(certs / "ca.pem", self.machine.path("/etc/blynkd/ca.pem"))
        self.machine.path("/etc/blynkd/ca.pem").chmod(0o644)
        self.strict(True)
        self.settings = {
            "modem": {"port": "/dev/ttyACM0", "profile": "sim800"},
            "network": {"apn": "internet"},
            "blynk": {"server": harness.SERVER_NAME, "ca_file": "/etc/blynkd/ca.pem", "token": self.cloud.token,
                      "heartbeat": "5s", "grace": "4s", "connect_timeout": "8s", "login_timeout": "3s",
                      "retry_first": "200ms", "retry_max": "1s"},
            "outbox": {"durability": "always", "commit_interval": "200ms", "min_free": "32k"},
            "limits": {"rate": 0, "burst": 100},
        }
        self.save(self.text())
        self.start_deaf()

    def strict(self, on, unit="blynkd.service"):
        self.machine.dropin("test", "[Service]\nSystemCallErrorNumber=kill\nWatchdogSec=4\n" if on else None, unit)

    def start_deaf(self):
        """A second daemon by the same unit; its modem never answers, so that in the end, after minutes, a command
        presses the modem's key. It leaves a mark."""
        program = self.machine.path("/usr/local/sbin/modem-key")
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text('#!/bin/sh\necho "$2" >>"$1"\n')
        program.chmod(0o755)
        unit = self.machine.path("/lib/systemd/system/blynkd.service").read_text()
        unit = re.sub("(StateDirectory=|RuntimeDirectory=|/etc/blynkd/)blynkd", r"\1blynkd-deaf", unit)
        self.machine.path("/etc/systemd/system/blynkd-deaf.service").write_text(unit)
        self.strict(True, "blynkd-deaf.service")
        self.save(self.text(modem={"port": "/dev/ttyACM1"}) + "[socket]\npath = /run/blynkd-deaf/blynkd.sock\n" +
                  "[power]\nreset_command = /usr/local/sbin/modem-key /run/blynkd-deaf/pressed\n", "blynkd-deaf.conf")
        self.machine.systemctl("start", "blynkd-deaf")

    def text(self, **changes):
        """The configuration as a file; `changes` are sections with the keys that differ."""
        sections = {name: {**keys, **changes.get(name, {})} for name, keys in self.settings.items()}
        return "\n".join(f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items())
                         for name, keys in sections.items())

    def save(self, text, name="blynkd.conf"):
        """As an editor that writes in place does it."""
        path = self.machine.path(f"/etc/blynkd/{name}")
        new = not path.exists()
        with open(path, "w", encoding="ascii") as file:
            if new:
                self.give_rights(path)
            file.write(text)
        return path

    def give_rights(self, path):
        group = self.machine.path("/etc/blynkd").stat().st_gid
        os.chown(path, 0, group)
        path.chmod(0o640)

    def link(self):
        with self.machine.client() as client:
            return harness.as_map(client.execute_command("LINK"))

    def online(self):
        return harness.wait_until(lambda: self.link()["state"] == "ONLINE" and self.link(),
                                  f"the link; {self.machine.status()}", 30)

    def up(self):
        """Running and online, whatever the test before has left."""
        self.machine.systemctl("reset-failed", check=False)
        self.machine.systemctl("start", "blynkd")
        self.online()

    def logins(self):
        return self.cloud.frames()["logins"]

    def denials(self):
        """System calls that were denied to the daemon or to a program that it started, as the journal tells it."""
        lines = self.machine.journal("blynkd*").splitlines()
        found = [line for line in lines if "status=31/SYS" in line or "ended by signal 31" in line]
        return found[self.denials_forgiven:]

    def forgive_denials(self):
        self.denials_forgiven += len(self.denials())

    def dump(self):
        print(self.machine.journal("blynkd*")[-6000:])
        print(self.machine.systemctl("status", "--no-pager", "blynkd*", check=False).stdout[-3000:])
        for part in (self.modem, self.cloud):
            print(part.program.log()[-2000:])

    def close(self):
        for part in (self.machine, self.modem, self.cloud):
            if part is not None:
                part.close() if part is self.machine else part.kill()
        for fd in self.deaf_port:
            os.close(fd)
        shutil.rmtree(self.folder, ignore_errors=True)


def pytest_collection_modifyitems(items):
    why = machine.what_is_missing()
    for item in items:
        if why:
            item.add_marker(pytest.mark.skip(reason=f"cannot run here: {why}"))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    setattr(item, "report_" + call.when, outcome.get_result())


@pytest.fixture(scope="session")
def whole_house():
    house = House()
    try:
        house.build()
        yield house
    finally:
        house.close()


@pytest.fixture
def house(whole_house, request):
    yield whole_house
    report = getattr(request.node, "report_call", None)
    denials = whole_house.denials()
    if denials or report is None or report.failed:
        whole_house.dump()
    assert not denials, "\n".join(denials)
