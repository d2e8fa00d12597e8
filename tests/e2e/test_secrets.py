"""Token, PIN and the access point's password stand nowhere but where they belong."""
import os
import pathlib
import re
import subprocess

import pytest
import redis

from harness import BUILD, wait_until

pytestmark = pytest.mark.simulated_cloud

TOKEN = "CANARY0tokenCANARY0tokenCANARY01"
PIN = "48151623"
PASSWORD = "canaryPassword42"
SECRETS = [TOKEN, PIN, PASSWORD]


def forms(secret):
    """As it is, in hexadecimal, in escapes, and without its ends (a cut line must not show most of it)."""
    hexed = secret.encode().hex()
    return [secret, hexed, hexed.upper(), "".join(f"\\x{byte:02x}" for byte in secret.encode()),
            " ".join(f"{byte:02x}" for byte in secret.encode()), secret[:-2], secret[2:]]


def assert_clean(text, where):
    for secret in SECRETS:
        for form in forms(secret):
            at = text.find(form)
            assert at < 0, f"{where} holds a secret: ...{text[max(0, at - 80):at + 40]}"


def ask_everything(client):
    """Every answer that might show something, errors included."""
    answers = []
    client.response_callbacks.clear()  # the answers as they are
    for words in (["LINK"], ["LINK", "HISTORY"], ["MODEM"], ["MODEM.TRACE"], ["INFO"], ["INFO", "everything"],
                  ["CONFIG", "GET", "*"], ["CLIENT", "LIST"], ["COMMAND", "DOCS"], ["MODEM.AT", "AT+CPIN=0000"],
                  ["MODEM.AT", "AT+CGDCONT?"], ["MODEM.AT", "AT+CSTT?"], ["KEYS", "*"], ["SET", "V5"],
                  ["NONSENSE", "x"]):
        try:
            answers.append(repr(client.execute_command(*words)))
        except redis.exceptions.ResponseError as error:
            answers.append(str(error))
    return "\n".join(answers)


@pytest.mark.parametrize("profile", ["a9", "a7", "sim800"])
def test_secrets_stay_secret(make_rig, profile):
    rig = make_rig(profile, start=False, token=TOKEN, modem_options=("--pin", PIN, "--fault", "sim-pin"),
                   settings={"modem": {"pin": PIN}, "network": {"user": "web", "password": PASSWORD},
                             "blynk": {"retry_first": "100ms"}})
    rig.daemon.start()
    trace = rig.listen("trace", "link", "internal")
    rig.wait_state("REFUSED")  # the token is not this cloud's: it is sent and refused
    assert_clean(rig.daemon.program.log(), "the log")
    with rig.client() as client:
        heard = ask_everything(client)
        client.execute_command("LINK", "RESTART")
        rig.modem.control("fault split:1")  # the echo of a secret now comes in single bytes
        rig.modem.control("fault reboot")
        wait_until(lambda: len(re.findall(r"AT\+CPIN=", rig.modem.program.log())) >= 2, "the PIN to be sent again")
        rig.modem.control("clear split")
        rig.wait_state("REFUSED")
        heard += ask_everything(client)
    assert "+CPIN" in heard or "CPIN" in rig.daemon.program.log()  # the trace is there, and masked
    assert_clean(heard, "an answer of the socket")
    assert_clean(repr(trace.messages), "a channel")
    assert_clean(rig.daemon.program.log(), "the log")
    assert trace.messages

    proc = pathlib.Path("/proc", str(rig.daemon.program.pid))
    for name in ("cmdline", "environ", "comm", "status"):
        try:
            assert_clean((proc / name).read_text(errors="replace"), f"/proc/PID/{name}")
        except PermissionError:
            pass
    rig.daemon.stop()
    for path in rig.folder.rglob("*"):
        if not path.is_file() or path.name in ("blynkd.conf", "modem.log", "cloud.log"):
            continue
        assert_clean(path.read_text(errors="replace"), str(path))


def test_wrong_configuration_shows_no_secret(make_rig):
    rig = make_rig("a9", start=False, token=TOKEN,
                   settings={"modem": {"pin": PIN + "x"}, "network": {"password": PASSWORD + "\x01"},
                             "blynk": {"token_file": "/nonexistent/token"}})
    result = subprocess.run([BUILD / "blynkd", "--config", rig.daemon.config], capture_output=True, text=True,
                            timeout=30, check=False)
    assert result.returncode != 0
    assert re.search(r"blynkd\.conf:\d+:.*pin", result.stderr), result.stderr
    assert_clean(result.stdout + result.stderr, "the report")


def test_state_is_not_readable_by_others(make_rig):
    rig = make_rig("a9", modem_options=("--pin", "1234", "--fault", "sim-pin"), settings={"modem": {"pin": "1234"}})
    rig.online()
    for path in pathlib.Path(rig.daemon.settings["daemon"]["state_dir"]).rglob("*"):
        if path.is_file():
            assert os.stat(path).st_mode & 0o077 == 0, path
            assert "1234" not in path.read_text(errors="replace"), path
