"""The installed service under a real systemd: its units as they are, a modem on /dev/ttyACM0, TLS to the cloud."""
import errno
import os
import re
import signal
import threading

import pytest
import redis

from harness import ROOT, first_occurrences, holds, wait_until


def values_reach_cloud(house, pin, wanted):
    wait_until(lambda: len(first_occurrences(house.cloud.values(pin))) >= len(wanted), f"all values of {pin}", 60)
    assert first_occurrences(house.cloud.values(pin)) == wanted


# ---- start -----------------------------------------------------------------------------------------------------------

def test_start_is_over_when_it_listens(house):
    """Who waits for the service finds the socket open, at every start."""
    for _ in range(3):
        house.machine.systemctl("start", "blynkd")
        with house.machine.client(socket_timeout=5) as client:
            assert client.ping()  # the first try
        assert house.machine.show("ActiveState") == "active"
        house.machine.systemctl("stop", "blynkd")
    assert house.machine.show("Type") == "notify"
    house.up()
    assert house.link()["encryption"].startswith("TLS 1.3")


def test_status_in_words(house):
    house.up()
    wait_until(lambda: house.machine.status().startswith("Online"), "the status of a link that is up")
    house.cloud.control("fault no-login-answer")
    house.cloud.control("close")
    wait_until(lambda: re.match(r"Waiting to try again: .*login", house.machine.status()), "the reason", 30)
    wait_until(lambda: "login" in house.machine.systemctl("status", "--no-pager", "blynkd").stdout, "it in the overview")
    house.cloud.control("clear all")
    wait_until(lambda: house.machine.status().startswith("Online"), "the status of a link that is up again", 30)


def test_it_is_locked_in(house):
    """What the unit promises is true of the process."""
    house.up()
    pid, leader = house.machine.pid(), house.machine.leader
    words = dict(line.split(":\t", 1) for line in open(f"/proc/{pid}/status", encoding="ascii").read().splitlines())
    for set_name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(words[set_name], 16) == 0, set_name
    assert words["NoNewPrivs"] == "1"
    assert words["Seccomp"] == "2"
    outside = dict(line.split(":\t", 1) for line in open(f"/proc/{leader}/status", encoding="ascii").read().splitlines())
    # The container brings a filter of its own; those of the unit come on top of it.
    assert int(words["Seccomp_filters"]) >= int(outside["Seccomp_filters"]) + 5
    user = house.machine.run("id", "-u", "blynkd").stdout.strip()
    assert set(words["Uid"].split()) == {user} and user != "0"
    for namespace in ("net", "mnt"):
        assert os.readlink(f"/proc/{pid}/ns/{namespace}") != os.readlink(f"/proc/{leader}/ns/{namespace}")
    devices = [line.split(":")[0].strip() for line in open(f"/proc/{pid}/net/dev", encoding="ascii") if ":" in line]
    assert devices == ["lo"]


# ---- the configuration -----------------------------------------------------------------------------------------------

def refused(house, place):
    """The link goes on with the old configuration, and who saved the wrong one is told where it is wrong."""
    wait_until(lambda: re.search(rf"not taken over: .*{place}", house.machine.status()), "the reason in the status")
    assert house.machine.status().startswith("Online")
    link = house.link()
    assert link["state"] == "ONLINE"
    assert re.search(place, link["config_refused"])


def accepted(house):
    wait_until(lambda: "not taken over" not in house.machine.status(), "the end of the complaint")
    assert house.link()["config_refused"] == ""


def test_reload(house):
    house.up()
    logins = house.logins()
    house.save(house.text(limits={"burst": 50}))
    house.machine.systemctl("reload", "blynkd")
    wait_until(lambda: "burst has changed: applied" in house.machine.journal(), "what was applied")

    house.save(house.text(blynk={"heartbeat": "soon"}, limits={"burst": "many"}))
    house.machine.systemctl("reload", "blynkd")
    refused(house, r"blynkd\.conf:\d+: .*heartbeat.*burst")

    house.save(house.text())
    house.machine.systemctl("reload", "blynkd")
    accepted(house)
    assert house.logins() == logins  # one connection through it all


def in_place(house, text):
    house.save(text)


def renamed(house, text):
    """Written beside it, then moved over it."""
    fresh = house.save(text, ".blynkd.conf.new")
    os.replace(fresh, fresh.with_name("blynkd.conf"))


def moved_away_first(house, text):
    """The old one becomes the backup, then a new one is written."""
    path = house.machine.path("/etc/blynkd/blynkd.conf")
    os.replace(path, path.with_name("blynkd.conf~"))
    house.save(text)


@pytest.fixture
def watched(house):
    house.up()
    house.save(house.text())
    house.machine.systemctl("start", "blynkd-reload.path")
    yield house
    house.save(house.text())
    house.machine.systemctl("stop", "blynkd-reload.path")
    house.machine.systemctl("reload-or-restart", "blynkd")


@pytest.mark.parametrize("save", [in_place, renamed, moved_away_first])
def test_saving_is_enough(watched, save):
    house, logins = watched, watched.logins()
    before = house.machine.journal().count("burst has changed: applied")
    save(house, house.text(limits={"burst": 40}))
    wait_until(lambda: house.machine.journal().count("burst has changed: applied") > before, "the saved value")
    save(house, house.text(blynk={"heartbeat": "soon"}))
    refused(house, r"blynkd\.conf:\d+: .*heartbeat")
    save(house, house.text(limits={"burst": 41}))
    accepted(house)
    assert house.logins() == logins


def test_saving_beside_the_file_is_enough(watched):
    house, logins = watched, watched.logins()
    before = house.machine.journal().count("burst has changed: applied")
    house.save("[limits]\nburst = 30\n", "blynkd.conf.d/20-more.conf")
    wait_until(lambda: house.machine.journal().count("burst has changed: applied") > before, "the saved value")
    wrong = house.save("[blynk]\nheartbeat = soon\n", "blynkd.conf.d/30-wrong.conf")
    refused(house, r"blynkd\.conf\.d/30-wrong\.conf:2: .*heartbeat")
    wrong.unlink()
    accepted(house)
    house.machine.path("/etc/blynkd/blynkd.conf.d/20-more.conf").unlink()
    assert house.logins() == logins


def test_saving_often_does_not_end_the_watch(watched):
    house = watched
    for burst in range(10, 30):
        in_place(house, house.text(limits={"burst": burst}))
        wait_until(lambda: house.machine.show("ActiveState", "blynkd-reload.service") == "inactive" or burst % 5,
                   "the end of a reload")
    in_place(house, house.text(blynk={"heartbeat": "soon"}))  # the last one counts
    refused(house, r"blynkd\.conf:\d+: .*heartbeat")
    assert house.machine.show("ActiveState", "blynkd-reload.path") == "active"


def test_saving_does_not_start_what_was_stopped(watched):
    house = watched
    house.machine.systemctl("stop", "blynkd")
    began = house.machine.show("ExecMainStartTimestampMonotonic", "blynkd-reload.service")
    in_place(house, house.text(limits={"burst": 20}))
    wait_until(lambda: house.machine.show("ExecMainStartTimestampMonotonic", "blynkd-reload.service") != began and
               house.machine.show("ActiveState", "blynkd-reload.service") == "inactive", "the reload")
    assert house.machine.show("Result", "blynkd-reload.service") == "success"
    assert house.machine.show("ActiveState") == "inactive"


# ---- what goes wrong -------------------------------------------------------------------------------------------------

def test_watchdog(house):
    """A daemon that hangs is ended and started again; what it had promised to keep arrives."""
    house.up()
    restarts = int(house.machine.show("NRestarts"))
    wanted = [str(number) for number in range(40)]
    with house.machine.client() as client:
        client.execute_command("LINK", "DOWN")
        for value in wanted:
            assert client.set("V8", value)
    os.kill(house.machine.pid(), signal.SIGSTOP)
    wait_until(lambda: int(house.machine.show("NRestarts")) > restarts, "systemd to start it again", 40)
    assert "Failed with result 'watchdog'" in house.machine.journal()
    wait_until(lambda: house.machine.show("ActiveState") == "active", "the new one")
    house.online()
    values_reach_cloud(house, "V8", wanted)


# ---- socket, restart, stop -------------------------------------------------------------------------------------------

def test_socket_activation(house):
    """The first client starts the daemon; the socket stays while the daemon is restarted."""
    house.machine.systemctl("stop", "blynkd")
    house.machine.systemctl("start", "blynkd.socket")
    assert house.machine.show("ActiveState") == "inactive"
    socket_path = house.machine.path("/run/blynkd/blynkd.sock")
    inode = socket_path.stat().st_ino
    with house.machine.client() as client:
        assert client.set("V10", "first")  # the answer comes when it has started
    assert house.machine.show("ActiveState") == "active"
    house.online()
    house.cloud.wait_for("V10", "first")
    house.machine.systemctl("restart", "--no-block", "blynkd")
    wait_until(lambda: house.machine.show("ActiveState") != "active", "the restart")
    with house.machine.client() as client:
        assert client.set("V10", "while it restarts")  # waits, is not refused
    house.cloud.wait_for("V10", "while it restarts")
    assert socket_path.stat().st_ino == inode
    house.machine.systemctl("stop", "blynkd.socket", "blynkd")
    assert not socket_path.exists()


def test_restart_under_load(house):
    """A program that writes on and on, and repeats what was not answered: everything arrives, in order."""
    house.up()
    done, written = threading.Event(), []

    def write(value):
        while True:
            try:
                with house.machine.client(socket_timeout=10) as client:
                    return client.set("V9", value)
            except redis.exceptions.ConnectionError:
                done.wait(0.01)

    def write_all():
        while not done.is_set():
            value = str(len(written))
            write(value)
            written.append(value)

    writer = threading.Thread(target=write_all, daemon=True)
    writer.start()
    for _ in range(3):
        enough = len(written) + 100
        wait_until(lambda: len(written) > enough, "more values")
        house.machine.systemctl("restart", "blynkd")
    house.online()
    done.set()
    writer.join(30)
    assert not writer.is_alive()
    values_reach_cloud(house, "V9", written)
    assert house.machine.show("NRestarts") == "0"  # by no fault of its own


def test_stop(house):
    house.up()
    resets = house.cloud.frames()["reset_by_device"]
    with house.machine.client() as client:
        client.set("V11", "last")
    house.cloud.wait_for("V11", "last")
    house.machine.systemctl("stop", "blynkd", timeout=8)
    assert house.machine.show("Result") == "success"
    assert house.machine.show("ExecMainStatus") == "0"
    wait_until(lambda: not house.cloud.connected(), "the cloud to see the end", 5)
    assert house.cloud.frames()["reset_by_device"] == resets
    assert not house.machine.path("/run/blynkd/blynkd.sock").exists()


# ---- more network than the unit gives --------------------------------------------------------------------------------

def test_the_hosts_network_takes_its_dropin(house):
    """`uplink = host` has no network without the drop-in, and says so; with it, it has."""
    house.machine.systemctl("stop", "blynkd")
    house.machine.run("systemd-run", "--unit=cloud", "blynksim", "cloud", "--listen", "127.0.0.1:8080", "--token",
                      house.cloud.token)
    try:
        wait_until(lambda: "ready: " in house.machine.journal("cloud.service"), "the cloud in the container")
        house.save(house.text(network={"uplink": "host"}, blynk={"server": "localhost:8080", "tls": "no"}))
        house.machine.systemctl("start", "blynkd")
        wait_until(lambda: house.machine.status().startswith("Waiting to try again"), "the failure")
        assert re.search("network|address|refused", house.machine.status()), house.machine.status()
        house.machine.dropin("host-uplink", (ROOT / "systemd/host-uplink.conf").read_text())
        house.machine.systemctl("restart", "blynkd")
        house.online()
    finally:
        house.machine.systemctl("stop", "cloud", check=False)
        house.save(house.text())
        if house.machine.path("/etc/systemd/system/blynkd.service.d/host-uplink.conf").exists():
            house.machine.dropin("host-uplink", None)
        house.machine.systemctl("stop", "blynkd")


# ---- system calls ----------------------------------------------------------------------------------------------------

def test_the_power_command_runs_in_there(house):
    """It is locked in as the daemon is, and can still do what a script does. See House.start_deaf()."""
    mark = house.machine.path("/run/blynkd-deaf/pressed")
    wait_until(lambda: mark.exists() and mark.read_text().startswith("reset\n"), "the pressed key", 200)
    house.machine.systemctl("stop", "blynkd-deaf")


def test_a_denied_system_call_would_be_seen(house):
    """All tests above have run with a filter that kills. Here it is made too narrow on purpose."""
    house.machine.systemctl("stop", "blynkd")
    house.machine.dropin("too-narrow", "[Service]\nSystemCallFilter=~fdatasync fsync\nRestart=no\n")
    house.machine.systemctl("start", "blynkd", check=False)
    with house.machine.client() as client:
        try:
            client.set("V12", "must reach the disk")
        except redis.exceptions.ConnectionError:
            pass
    wait_until(lambda: house.machine.show("ActiveState") == "failed", "the end of the daemon")
    assert house.denials(), house.machine.journal()[-2000:]
    house.forgive_denials()
    house.machine.dropin("too-narrow", None)
    house.up()


def test_as_it_is_installed(house):
    """Without what these tests have added."""
    house.machine.systemctl("stop", "blynkd")
    house.machine.dropin("test", None)
    house.up()
    assert house.machine.show("SystemCallErrorNumber") == str(errno.EPERM)
    with house.machine.client() as client:
        client.set("V13", "shipped")
    house.cloud.wait_for("V13", "shipped")
    house.machine.systemctl("stop", "blynkd")
    assert house.cloud.token not in house.machine.journal()
    house.strict(True)
