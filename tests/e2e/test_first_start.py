"""The first start: what is missing is said in words, and the daemon goes on by itself when the file is saved. And the
configuration as programs see it: CONFIG SHOW, CONFIG RELOAD."""
import os
import pathlib
import re

import pytest
import redis

import harness
from harness import NotifySocket, as_map, holds, wait_until, write_settings

pytestmark = pytest.mark.simulated_cloud

IMSI = "262029876504321"  # Vodafone's, in Germany
CARD = ("--variant", f"imsi={IMSI}")


def begin(make_rig, tmp_path, token=None, apn=None, profile="sim800", **options):
    """A daemon whose configuration lacks what is None."""
    notify = NotifySocket(tmp_path / "notify")
    rig = make_rig(profile, start=False, env={"NOTIFY_SOCKET": notify.path}, modem_options=CARD, **options)
    rig.real_token = rig.daemon.settings["blynk"]["token"]
    rig.daemon.configure({"blynk": {"token": token}, "network": {"apn": apn}})
    rig.daemon.start()
    notify.wait_for(r"^READY=1$")
    return rig, notify


def waits(rig, words):
    def found():
        with rig.client() as client:
            link = as_map(client.execute_command("LINK"))
        return link if link["state"] == "WAIT" and re.search(words, link["why"]) else None
    return wait_until(found, f"the link to wait: {words}")


def save_as_editors_do(rig, changes):
    """Another file, in two pieces, renamed over the old one."""
    harness.merge(rig.daemon.settings, changes)
    new = rig.folder / ".blynkd.conf.swp"
    write_settings(new, rig.daemon.settings)
    new.rename(rig.daemon.config)


@pytest.mark.parametrize("profile", ["sim800", "a7", "sim7600", "bg96"])
def test_nothing_is_configured(make_rig, tmp_path, profile):
    rig, notify = begin(make_rig, tmp_path, profile=profile)
    link = waits(rig, r"apn is missing; for this SIM \(Vodafone DE\) it is usually web\.vodafone\.de: set \[network\]")
    assert link["config_missing"] == "[blynk] token and [network] apn"
    assert link["next_try_ms"] == 0
    notify.wait_for(r"^STATUS=Not set up yet: apn is missing; .*web\.vodafone\.de.*still to be configured: "
                    r"\[blynk\] token and \[network\] apn")
    with rig.client() as client:
        modem = as_map(client.execute_command("MODEM"))
        assert modem["registration"].startswith("registered") and modem["operator"] and modem["model"]
        assert modem["apn"] == "" and modem["apn_usual"] == "web.vodafone.de"
        assert re.search("usually web.vodafone.de", modem["why"])
        assert "OK" in client.execute_command("MODEM.AT", "AT+CSQ")
        assert IMSI in client.execute_command("MODEM.AT", "at+cimi")  # but never in a trace or log, see below
        assert client.set("V5", "early") is True  # what is written meanwhile is kept
    assert "usually web.vodafone.de" in rig.daemon.program.log()

    rig.daemon.configure({"network": {"apn": "internet"}})
    link = waits(rig, "waiting for the token: set .blynk. token")
    assert link["config_missing"] == "[blynk] token"
    notify.wait_for(r"^STATUS=Not set up yet: waiting for the token")

    save_as_editors_do(rig, {"blynk": {"token": rig.real_token}})
    rig.online()
    rig.cloud.wait_for("V5", "early")
    notify.wait_for(r"^STATUS=Online: [^;]*; 1 message is on its way$|^STATUS=Online: [^;]*$")
    with rig.client() as client:
        assert as_map(client.execute_command("LINK"))["config_missing"] == ""
        trace = "\n".join(client.execute_command("MODEM.TRACE"))
    assert "AT+CIMI" in rig.daemon.program.log()
    assert IMSI[5:] not in rig.daemon.program.log() + trace
    notify.socket.close()


def test_half_a_file_and_a_wrong_one(make_rig, tmp_path):
    """What is saved half is read again when the rest comes; a refused token as well."""
    rig, notify = begin(make_rig, tmp_path, apn="internet")
    waits(rig, "waiting for the token")
    whole = rig.daemon.config.read_text() + f"[blynk]\ntoken = {rig.real_token}\n"
    with open(rig.daemon.config, "w", encoding="ascii") as file:
        file.write(whole[:-20])
        file.flush()
        rig.daemon.program.wait_for_log("the configuration was saved")
        wait_until(lambda: rig.cloud.frames()["logins_refused"] if "logins_refused" in rig.cloud.frames() else
                   "does not know this token" in rig.daemon.program.log(), "the cut token to be refused")
        file.write(whole[-20:])
    rig.online()

    # from now on it is a daemon that works: files are read when somebody asks for it
    rig.daemon.configure({"blynk": {"heartbeat": "9s"}})
    holds(lambda: "heartbeat has changed" not in rig.daemon.program.log(), 1.5, "nothing was read")
    notify.socket.close()


def test_a_wrong_file_while_it_waits(make_rig, tmp_path):
    rig, notify = begin(make_rig, tmp_path)
    waits(rig, "apn is missing")
    rig.daemon.configure({"blynk": {"token": rig.real_token, "heartbeat": "soon"}, "network": {"apn": "internet"}})
    notify.wait_for(r"^STATUS=.*was not taken over: \S*blynkd\.conf:\d+: \[blynk\] heartbeat")
    with rig.client() as client:
        link = as_map(client.execute_command("LINK"))
        assert "heartbeat" in link["config_refused"] and link["state"] == "WAIT"
        assert "heartbeat" in client.info("server")["config_refused"]
    rig.daemon.configure({"blynk": {"heartbeat": "5s"}})
    rig.online()
    with rig.client() as client:
        assert as_map(client.execute_command("LINK"))["config_refused"] == ""
    notify.socket.close()


def test_a_dropin_finishes_it(make_rig, tmp_path):
    rig, notify = begin(make_rig, tmp_path, apn="internet")
    waits(rig, "waiting for the token")
    dropins = pathlib.Path(f"{rig.daemon.config}.d")
    dropins.mkdir()
    write_settings(dropins / "10-token.conf", {"blynk": {"token": rig.real_token}})
    rig.online()
    notify.socket.close()


def test_a_link_to_a_file_elsewhere(make_rig, tmp_path):
    rig, notify = begin(make_rig, tmp_path, apn="internet")
    waits(rig, "waiting for the token")
    real = tmp_path / "real.conf"
    write_settings(real, rig.daemon.settings)
    rig.daemon.config.unlink()
    rig.daemon.config.symlink_to(real)
    rig.daemon.program.wait_for_log("the configuration was saved")
    harness.merge(rig.daemon.settings, {"blynk": {"token": rig.real_token}})
    write_settings(real, rig.daemon.settings)
    rig.online()
    notify.socket.close()


def test_a_signal_does_it_too(make_rig, tmp_path):
    rig, notify = begin(make_rig, tmp_path, apn="internet")
    waits(rig, "waiting for the token")
    rig.daemon.configure({"blynk": {"token": rig.real_token}})
    rig.daemon.reload()
    rig.online()
    notify.socket.close()


def test_auto_is_the_usual_one(make_rig, tmp_path):
    rig, notify = begin(make_rig, tmp_path, token="x" * 32, apn="auto")
    rig.daemon.program.wait_for_log(r'AT\+CSTT="web\.vodafone\.de"')
    with rig.client() as client:
        assert as_map(client.execute_command("MODEM"))["apn"] == "web.vodafone.de"
        assert as_map(client.execute_command("LINK"))["config_missing"] == ""
    notify.socket.close()


def test_auto_that_finds_nothing(make_rig, tmp_path):
    """Complete by its words, and yet the link waits for the file."""
    notify = NotifySocket(tmp_path / "notify")
    rig = make_rig("sim800", settings={"network": {"apn": "auto"}}, env={"NOTIFY_SOCKET": notify.path},
                   modem_options=("--variant", "imsi=999999876504321"))
    waits(rig, r"apn = auto, but what is usual for this SIM \(network 99999\) is not known")
    notify.wait_for(r"^STATUS=Not set up yet: apn = auto")
    rig.daemon.configure({"network": {"apn": "internet"}})
    rig.online()
    notify.socket.close()


def test_a_module_with_wifi(make_rig, tmp_path):
    notify = NotifySocket(tmp_path / "notify")
    rig = make_rig("esp8266", settings={"wifi": {"ssid": None}}, env={"NOTIFY_SOCKET": notify.path})
    link = waits(rig, r"no wireless network is configured: write its name and password under \[wifi\]")
    assert link["config_missing"] == "[wifi] ssid"
    notify.wait_for(r"^STATUS=Not set up yet: no wireless network .*still to be configured: \[wifi\] ssid")
    rig.daemon.configure({"wifi": {"ssid": "home"}})
    rig.online()
    notify.socket.close()


def test_the_host_needs_no_access_point(make_rig, tmp_path):
    rig = make_rig(start=False)
    token = rig.daemon.settings["blynk"]["token"]
    rig.daemon.configure({"network": {"uplink": "host", "apn": None},
                          "blynk": {"server": rig.cloud.address, "token": None}})
    rig.daemon.start()
    link = waits(rig, "waiting for the token")
    assert link["config_missing"] == "[blynk] token"
    rig.daemon.configure({"blynk": {"token": token}})
    rig.online()


def test_stopped_while_it_waits(make_rig, tmp_path):
    rig, notify = begin(make_rig, tmp_path)
    waits(rig, "apn is missing")
    rig.daemon.configure({"network": {"apn": "internet"}})  # and the file is just being looked at
    assert rig.daemon.stop() < 6
    notify.socket.close()


# ---- the configuration as programs see it ----------------------------------------------------------------------------

def settings_of(client, *patterns):
    rows = [as_map(row) for row in client.execute_command("CONFIG", "SHOW", *patterns)]
    return {f"{row['section']}.{row['key']}": row for row in rows}


def test_show(make_rig):
    rig = make_rig(start=False)
    token_file = rig.folder / "token"
    token_file.touch(mode=0o600)
    token_file.write_text(rig.daemon.settings["blynk"]["token"] + "\n")
    rig.daemon.configure({"blynk": {"token": None, "token_file": token_file}, "pin V5": {"delivery": "latest"},
                          "access": {"user.root": "admin", "user.nobody": "reader"}, "modem": {"pin": "4321"}})
    rig.daemon.start()
    lines = rig.daemon.config.read_text().splitlines()

    def place(text):
        return f"{rig.daemon.config}:{lines.index(text) + 1}"

    with rig.client() as client:
        shown = settings_of(client)
        assert shown["blynk.grace"]["value"] == "4s" and shown["blynk.grace"]["origin"] == place("grace = 4s")
        assert shown["blynk.grace"]["change"] == "live"
        assert shown["blynk.retry_max"]["value"] == "2s"
        assert shown["outbox.max_bytes"]["value"] == "1M" and shown["outbox.max_bytes"]["origin"] == "default"
        assert shown["blynk.token"]["value"] == "****" and shown["blynk.token"]["origin"] == "token_file"
        assert shown["modem.pin"]["value"] == "****" and shown["modem.pin"]["secret"] == "yes"
        assert shown["pin V5.delivery"]["value"] == "latest"
        assert shown["access.user.nobody"]["origin"] == place("user.nobody = reader")
        assert shown["socket.path"]["change"] == "restart"
        assert "4321" not in str(shown) and rig.cloud.token not in str(shown)
        assert set(settings_of(client, "log.*", "*.tls")) == {"log.level", "blynk.tls"}

        rig.daemon.configure({"outbox": {"durability": "memory"}})
        assert client.execute_command("CONFIG", "RELOAD") in (True, "OK", b"OK")
        row = settings_of(client, "outbox.durability")["outbox.durability"]
        assert row["value"] == "offline" and row["waits_for_restart"] == "yes"
        assert client.config_get("databases") == {"databases": "1"}  # as Redis' tools ask


def test_reload_by_command(make_rig):
    rig = make_rig("a9")
    rig.online()
    with rig.client() as client:
        rig.daemon.configure({"limits": {"rate": 9}})
        assert client.execute_command("CONFIG", "RELOAD") in (True, "OK", b"OK")
        assert settings_of(client, "limits.rate")["limits.rate"]["value"] == "9"

        rig.daemon.configure({"limits": {"rate": "many"}})
        with pytest.raises(redis.exceptions.ResponseError) as refused:
            client.execute_command("CONFIG", "RELOAD")
        assert re.search(r'blynkd\.conf:\d+: \[limits\] rate: "many" is not understood; wanted: messages',
                         str(refused.value))
        assert as_map(client.execute_command("LINK"))["config_refused"] in str(refused.value)
        assert settings_of(client, "limits.rate")["limits.rate"]["value"] == "9"

        token = rig.daemon.settings["blynk"]["token"]
        rig.daemon.configure({"limits": {"rate": 10}, "blynk": {"token": None}})  # a slip
        with pytest.raises(redis.exceptions.ResponseError, match=r"\[blynk\] token: missing"):
            client.execute_command("CONFIG", "RELOAD")
        assert as_map(client.execute_command("LINK"))["state"] == "ONLINE"
        assert as_map(client.execute_command("LINK"))["config_missing"] == ""

        rig.daemon.configure({"blynk": {"token": token}})
        assert client.execute_command("CONFIG", "RELOAD") in (True, "OK", b"OK")
        assert as_map(client.execute_command("LINK"))["config_refused"] == ""
    assert rig.cloud.frames()["logins"] == 1


def test_only_admins_see_and_reload(make_rig):
    if os.geteuid() != 0:
        pytest.skip("root is an admin by itself; a lesser role needs a rule for this user")
    rig = make_rig(settings={"access": {"user.root": "writer"}})
    with rig.client() as client:
        for command in ("SHOW", "RELOAD"):
            with pytest.raises(redis.exceptions.ResponseError, match="NOPERM|needs the role admin"):
                client.execute_command("CONFIG", command)
        assert client.config_get("databases") == {"databases": "1"}


def test_a_candidate_is_checked_in_the_place_of_the_file(make_rig):
    from test_service import blynkd
    rig = make_rig(start=False)
    dropins = pathlib.Path(f"{rig.daemon.config}.d")
    dropins.mkdir()
    write_settings(dropins / "10-token.conf", {"blynk": {"token": rig.daemon.settings["blynk"]["token"]}})
    rig.daemon.configure({"blynk": {"token": None}})
    candidate = rig.folder / "candidate"
    write_settings(candidate, rig.daemon.settings)
    result = blynkd("-c", rig.daemon.config, "--check-config", candidate)
    assert result.returncode == 0 and f"{candidate}: OK" in result.stdout, result.stderr
    write_settings(candidate, {**rig.daemon.settings, "limits": {"rate": "many"}})
    result = blynkd("-c", rig.daemon.config, "--check-config", candidate)
    assert result.returncode == 78 and re.search(r"candidate:\d+: \[limits\] rate", result.stderr)
    result = blynkd("--check-config", rig.daemon.config, "-c", "/nowhere")
    assert result.returncode == 75 and "unfinished: " in result.stderr  # without the drop-in
