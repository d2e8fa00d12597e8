"""The daemon as a service: configuration checked and read again, signals, systemd's protocols."""
import os
import pathlib
import re
import socket
import stat
import subprocess
import sys

import pytest

import harness
from harness import BUILD, NotifySocket, Program, as_map, default_settings, merge, wait_until, write_settings

simulated_cloud = pytest.mark.simulated_cloud
HERE = pathlib.Path(__file__).parent
TOKEN = "canaryTOKENcanaryTOKENcanary0123"


def blynkd(*options):
    return subprocess.run([str(BUILD / "blynkd"), *map(str, options)], capture_output=True, text=True, timeout=30,
                          check=False)


# ---- the command line ------------------------------------------------------------------------------------------------

def test_check_config_accepts(tmp_path):
    config = tmp_path / "blynkd.conf"
    write_settings(config, default_settings(tmp_path, TOKEN))
    result = blynkd("--config", config, "--check-config")
    assert result.returncode == 0, result.stderr
    assert "OK" in result.stdout
    assert TOKEN not in result.stdout + result.stderr


def test_check_config_tells_everything_at_once(tmp_path):
    config = tmp_path / "blynkd.conf"
    config.touch(mode=0o600)
    config.write_text(f"""[modem]
port = /dev/serial0
buad = 115200
profile = a99
[network]
[blynk]
token = {TOKEN}
heartbeat = soon
[limtis]
rate = 8
[log]
level = loud
this is no line
""")
    result = blynkd("--config", config, "--check-config")
    assert result.returncode != 0
    for line, words in ((3, "baud"), (4, "a99"), (8, "heartbeat"), (9, "limits"), (12, "level")):
        assert re.search(rf"blynkd\.conf:{line}:.*{words}", result.stderr), (line, words, result.stderr)
    assert re.search(r"blynkd\.conf:13:", result.stderr), result.stderr
    assert "apn" in result.stderr
    assert TOKEN not in result.stdout + result.stderr


@pytest.mark.parametrize("mode", [0o644, 0o604])
def test_check_config_refuses_what_others_can_read(tmp_path, mode):
    config = tmp_path / "blynkd.conf"
    write_settings(config, default_settings(tmp_path, TOKEN))
    config.chmod(mode)
    result = blynkd("--config", config, "--check-config")
    assert result.returncode != 0
    assert re.search(rf"chmod \S+ .*{re.escape(str(config))}", result.stderr), result.stderr

    token_file = tmp_path / "token"
    token_file.write_text(TOKEN + "\n")
    token_file.chmod(mode)
    write_settings(config, merge(default_settings(tmp_path, None), {"blynk": {"token_file": token_file}}))
    config.chmod(0o644)  # without a secret in it, it may be read
    result = blynkd("--config", config, "--check-config")
    assert result.returncode != 0
    assert re.search(rf"chmod \S+ .*{re.escape(str(token_file))}", result.stderr), result.stderr
    token_file.chmod(0o600)
    assert blynkd("--config", config, "--check-config").returncode == 0


def test_check_config_reads_dropins(tmp_path):
    config = tmp_path / "blynkd.conf"
    write_settings(config, default_settings(tmp_path, None))
    assert blynkd("--config", config, "--check-config").returncode != 0
    dropins = tmp_path / "blynkd.conf.d"
    dropins.mkdir()
    write_settings(dropins / "10-token.conf", {"blynk": {"token": TOKEN}})
    assert blynkd("--config", config, "--check-config").returncode == 0
    write_settings(dropins / "20-wrong.conf", {"blynk": {"heartbeat": "soon"}})
    result = blynkd("--config", config, "--check-config")
    assert re.search(r"20-wrong\.conf:2:.*heartbeat", result.stderr), result.stderr


def test_a_missing_configuration(tmp_path):
    result = blynkd("--config", tmp_path / "nowhere.conf")
    assert result.returncode != 0
    assert "nowhere.conf" in result.stderr


def test_lists(tmp_path):
    modems = blynkd("--list-modems").stdout
    for profile in harness.PROFILES:
        assert re.search(rf"^\s*{profile}\b", modems, re.M), modems
    keys = blynkd("--help-config").stdout
    assert "[modem]" in keys and "token" in keys
    assert re.search(r"\d+\.\d+\.\d+", blynkd("--version").stdout)
    assert blynkd("--nonsense").returncode != 0
    config = tmp_path / "all-defaults.conf"
    config.touch(mode=0o600)
    config.write_text(keys + f"\n[network]\napn = internet\n[blynk]\ntoken = {TOKEN}\n")
    assert blynkd("--config", config, "--check-config").returncode == 0


# ---- log -------------------------------------------------------------------------------------------------------------

@simulated_cloud
def test_trace_in_the_log_has_one_time(make_rig):
    rig = make_rig("a9")
    rig.online()
    text = rig.daemon.program.wait_for_log(r"^.*trace: (.*AT\+CIPSTART.*)$").group(1)
    assert text.startswith("> AT+CIPSTART"), text


# ---- SIGHUP ----------------------------------------------------------------------------------------------------------

@simulated_cloud
def test_reload(make_rig):
    rig = make_rig("a9")
    rig.online()
    log = rig.daemon.program
    log.wait_for_log(r"TLS is off: the token and all values travel readable")

    rig.daemon.configure({"log": {"level": "info"}, "limits": {"rate": 9, "burst": 9}, "blynk": {"grace": "6s"}})
    rig.daemon.reload()
    log.wait_for_log(r"read again|grace has changed")
    with rig.client() as client:
        client.set("V5", "live")
    rig.cloud.wait_for("V5", "live")
    assert rig.cloud.frames()["logins"] == 1  # applied without dropping the link

    rig.daemon.configure({"blynk": {"heartbeat": "soon"}, "limits": {"rate": 10}})
    rig.daemon.reload()
    log.wait_for_log(r"blynkd\.conf:\d+:.*heartbeat")
    wait_until(lambda: "stays as it was" in log.log(), "what becomes of the old configuration")
    with rig.client() as client:
        client.set("V5", "old configuration")
    rig.cloud.wait_for("V5", "old configuration")
    assert rig.cloud.frames()["logins"] == 1

    rig.daemon.configure({"blynk": {"heartbeat": "7s"}, "network": {"apn": "other"}, "socket": {"mode": "0600"}})
    rig.daemon.reload()
    wait_until(lambda: rig.cloud.frames()["logins"] == 2, "the new connection that a new apn needs")
    rig.online()
    wait_until(lambda: stat.S_IMODE(os.stat(rig.daemon.socket).st_mode) == 0o600, "the socket's new mode")
    info = rig.cloud.show("info")
    assert dict(zip(info[::2], info[1::2]))["h-beat"] == "7"


# ---- SIGTERM ---------------------------------------------------------------------------------------------------------

@simulated_cloud
@pytest.mark.parametrize("profile", ["a9", "a7", "sim800"])
def test_sigterm_closes_cleanly(make_rig, profile):
    rig = make_rig(profile)
    rig.online()
    with rig.client() as client:
        client.set("V5", "last")
    rig.cloud.wait_for("V5", "last")
    assert rig.daemon.stop() < 5.5
    frames = rig.cloud.frames()
    wait_until(lambda: rig.cloud.frames()["closed_by_device"] >= 1, "the cloud to see the end", 5)
    assert frames["reset_by_device"] == 0
    assert not rig.cloud.connected()
    assert not os.path.exists(rig.daemon.socket)


@simulated_cloud
@pytest.mark.parametrize("fault", ["modem mute", "modem unplug", "cloud half-open", "cloud no-login-answer"])
def test_sigterm_at_a_bad_moment(make_rig, fault):
    rig = make_rig("a7")
    rig.online()
    side, spec = fault.split(" ", 1)
    (rig.modem if side == "modem" else rig.cloud).control(f"fault {spec}")
    with rig.client() as client:
        client.set("V5", "lost")
        client.execute_command("LINK", "RESTART")
    assert rig.daemon.stop() < 6


def test_sigterm_while_starting(make_rig):
    rig = make_rig("sim800")
    assert rig.daemon.stop() < 6


def test_started_without_standard_descriptors(make_rig):
    rig = make_rig(start=False)
    command = f"exec '{BUILD}/blynkd' --config '{rig.daemon.config}' <&- >&- 2>&-"
    with subprocess.Popen(command, shell=True) as process:
        try:
            def answers():
                assert process.poll() is None, process.returncode
                try:
                    return rig.client().ping()
                except harness.redis.exceptions.ConnectionError:
                    return False
            wait_until(answers, "the daemon's socket")
            process.terminate()
            assert process.wait(10) == 0
        finally:
            process.kill()


# ---- the socket ------------------------------------------------------------------------------------------------------

def test_second_daemon_is_refused(make_rig, tmp_path):
    rig = make_rig("a9")
    rig.online()
    other = merge(default_settings(tmp_path, TOKEN), {"socket": {"path": rig.daemon.socket}})
    write_settings(tmp_path / "blynkd.conf", other)
    result = blynkd("--config", tmp_path / "blynkd.conf")
    assert result.returncode != 0
    assert rig.daemon.socket in result.stderr
    assert rig.state() == "ONLINE"


def test_socket_mode(make_rig):
    rig = make_rig("a9", settings={"socket": {"mode": "0620"}})
    mode = os.stat(rig.daemon.socket).st_mode
    assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o620


def test_socket_activation(make_rig):
    rig = make_rig("a9", start=False)
    path = rig.daemon.socket
    rig.daemon.program = Program("blynkd", rig.folder, [sys.executable, HERE / "activate.py", path, BUILD / "blynkd",
                                                        "--config", rig.daemon.config])
    wait_until(rig.daemon.answers, "the daemon on the socket that it was given", 20)
    rig.online()
    with rig.client() as client:
        client.set("V5", "activated")
    rig.cloud.wait_for("V5", "activated")
    inode = os.stat(path).st_ino
    rig.daemon.stop()
    assert os.stat(path).st_ino == inode  # systemd's socket stays


def test_notify(make_rig, tmp_path):
    notify = NotifySocket(tmp_path / "notify")
    rig = make_rig("a7", env={"NOTIFY_SOCKET": notify.path, "WATCHDOG_USEC": "1000000"})
    notify.wait_for(r"^READY=1$")
    rig.online()
    notify.wait_for(r"^STATUS=Online")
    notify.wait_for(r"^WATCHDOG=1$")
    rig.daemon.reload()
    notify.wait_for(r"^RELOADING=1$")
    wait_until(lambda: "RELOADING=1" in notify.seen and
               "READY=1" in notify.seen[notify.seen.index("RELOADING=1"):], "READY=1 after RELOADING=1")
    assert any(re.match(r"MONOTONIC_USEC=\d+", line) for line in notify.seen)
    rig.daemon.configure({"blynk": {"heartbeat": "soon"}, "limits": {"burst": "many"}})
    rig.daemon.reload()
    notify.wait_for(r"^STATUS=Online.*; the changed configuration was not taken over: .*blynkd\.conf:\d+: .*heartbeat.*; "
                    r".*blynkd\.conf:\d+: .*burst")
    rig.daemon.configure({"blynk": {"heartbeat": "5s"}, "limits": {"burst": 100}})
    rig.daemon.reload()
    wait_until(lambda: "not taken over" not in [line for line in notify.seen if line.startswith("STATUS=")][-1],
               "the end of the complaint")
    rig.daemon.stop()
    notify.wait_for(r"^STOPPING=1$")
    for line in notify.seen:
        assert rig.cloud.token not in line
    notify.socket.close()


@simulated_cloud
def test_status_says_why(make_rig, tmp_path):
    notify = NotifySocket(tmp_path / "notify")
    rig = make_rig("a9", env={"NOTIFY_SOCKET": notify.path}, modem_options=("--fault", "no-sim"))
    notify.wait_for(r"^STATUS=.*SIM")
    rig.modem.control("clear all")
    rig.online()
    notify.wait_for(r"^STATUS=Online")
    notify.socket.close()


# ---- names for the port ----------------------------------------------------------------------------------------------

def test_port_by_symbolic_links(make_rig):
    rig = make_rig("a9", start=False)
    (rig.folder / "by-id").mkdir()
    (rig.folder / "by-id/usb-modem").symlink_to("../ttyModem")
    rig.daemon.configure({"modem": {"port": f"{rig.folder}/by-id/usb-modem"}})
    rig.daemon.start()
    rig.online()


def test_port_that_is_not_there_yet(make_rig):
    rig = make_rig("a9", start=False)
    hidden = rig.folder / "ttyHidden"
    rig.daemon.configure({"modem": {"port": hidden}})
    rig.daemon.start()
    wait_until(lambda: re.search("ttyHidden is not there", rig.link()["why"]), "the reason")
    hidden.symlink_to(rig.modem.tty)
    rig.online()


def test_two_roles(make_rig):
    """Whoever may open the socket without being in its group reads only."""
    if os.geteuid() != 0:
        pytest.skip("needs root to become somebody else")
    rig = make_rig("a9", settings={"socket": {"mode": "0666"}})
    rig.online()
    rig.folder.chmod(0o755)

    def as_nobody(*words):
        command = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "redis-cli", "-s",
                   rig.daemon.socket, *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False).stdout
    with rig.client() as client:
        client.set("V5", "readable")
        assert as_map(client.execute_command("LINK"))["state"] == "ONLINE"
    assert as_nobody("GET", "V5") == "readable\n"
    assert as_nobody("SET", "V5", "1").startswith("NOPERM")
    assert as_nobody("MODEM.TRACE").startswith("NOPERM")
    assert as_nobody("LINK", "DOWN").startswith("NOPERM")
    rig.daemon.configure({"access": {"user.nobody": "writer"}})
    rig.daemon.reload()
    wait_until(lambda: as_nobody("SET", "V5", "1") == "OK\n", "the right given by [access]")
    assert as_nobody("MODEM.AT", "AT").startswith("NOPERM")
