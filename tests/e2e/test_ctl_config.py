"""blynkctl config and bundle: settings are shown, checked and changed without breaking a link; nothing secret leaves."""
import json
import stat
import subprocess
import tarfile

import pytest

from harness import BUILD, Rig, TOKEN, wait_until

pytestmark = pytest.mark.simulated_cloud
PIN = "73519462"


def ctl(rig, *words, stdin=None, expect=0):
    result = subprocess.run([BUILD / "blynkctl", "-s", rig.daemon.socket, "-c", rig.daemon.config, *words],
                            input=stdin, capture_output=True, timeout=60, cwd=rig.folder, check=False)
    assert result.returncode == expect, result.stderr.decode()
    return result.stdout.decode(), result.stderr.decode()


@pytest.fixture
def rig():
    with Rig("sim800", settings={"modem": {"pin": PIN}}, modem_options=("--pin", PIN, "--fault", "sim-pin")) as it:
        it.online()
        yield it


def test_show(rig):
    out, _ = ctl(rig, "config", "show")
    assert "token = ****" in out and f"({rig.daemon.config}:" in out
    assert "roaming" not in out  # a default
    out, _ = ctl(rig, "config", "show", "--all", "network.*")
    assert "roaming = " in out and "(default)" in out and "[modem]" not in out
    keys = {f"{entry['section']}.{entry['key']}": entry for entry in json.loads(ctl(rig, "--json", "config", "show")[0])}
    assert keys["blynk.token"]["value"] == "****"


def test_check(rig, tmp_path):
    ctl(rig, "config", "check")
    candidate = tmp_path / "candidate.conf"
    candidate.write_text("[network]\napn = x\nnonsense = 1\n")
    candidate.chmod(0o600)
    _, words = ctl(rig, "config", "check", str(candidate), expect=1)
    assert "nonsense" in words
    assert json.loads(ctl(rig, "--json", "config", "check")[0]) == {"ok": True, "only_unfinished": False}


def test_set_keeps_comments_and_the_link(rig):
    path = rig.daemon.config
    path.write_text("# mine\n" + path.read_text() + "# the end\n")
    before, owner = path.read_text(), path.stat()
    ctl(rig, "config", "set", "budget.reset_day", "5")
    after = path.read_text()
    assert after.startswith("# mine\n") and "# the end\n" in after and "[budget]\nreset_day = 5\n" in after
    assert set(before.splitlines()) - set(after.splitlines()) == set()
    assert (path.stat().st_mode, path.stat().st_uid) == (owner.st_mode, owner.st_uid)
    out, _ = ctl(rig, "config", "show", "budget.*")
    assert "reset_day = 5" in out  # the running daemon has it
    assert rig.state() == "ONLINE"


@pytest.mark.parametrize("words, said", [
    (("blynk.heartbeat", "never"), "heartbeat"),
    (("blynk.hartbeat", "60s"), "hartbeat"),
    (("nowhere.key", "1"), "nowhere"),
])
def test_a_wrong_change_changes_nothing(rig, words, said):
    before = rig.daemon.config.read_bytes()
    _, errors = ctl(rig, "config", "set", *words, expect=1)
    assert said in errors and "left as it was" in errors
    assert rig.daemon.config.read_bytes() == before
    assert rig.state() == "ONLINE"
    assert [path.name for path in rig.daemon.config.parent.glob(rig.daemon.config.name + ".*")] in ([], ["blynkd.conf.d"])


@pytest.mark.parametrize("words", [("blynk.token", "x" * 32), ("modem.pin", "1234"), ("network.password", "x"),
                                   ("token", "-"), ("network.apn", "a\nb"), ("network.apn", "a ;b")])
def test_what_is_not_taken(rig, words):
    before = rig.daemon.config.read_bytes()
    _, errors = ctl(rig, "config", "set", *words, expect=64)
    assert "x" * 32 not in errors
    assert rig.daemon.config.read_bytes() == before


def test_a_secret_comes_by_standard_input(rig):
    other = "otherOtherOtherTokenOtherOther01"
    out, errors = ctl(rig, "config", "set", "blynk.token", "-", stdin=other.encode() + b"\n")
    assert other not in out + errors and other in rig.daemon.config.read_text()
    wait_until(lambda: rig.state() == "REFUSED", "the refusal of a token that the cloud does not know")
    assert stat.S_IMODE(rig.daemon.config.stat().st_mode) & 0o007 == 0
    ctl(rig, "config", "set", "blynk.token", "-", stdin=TOKEN.encode())
    rig.online()


def test_without_a_daemon(rig):
    rig.daemon.stop()
    _, errors = ctl(rig, "config", "set", "blynk.heartbeat", "62s")
    assert "when it starts" in errors and "heartbeat = 62s" in rig.daemon.config.read_text()
    ctl(rig, "config", "show", expect=2)


def read_bundle(path):
    with tarfile.open(path) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive if member.isfile()}


def test_bundle(rig):
    with rig.client() as client:
        imei = dict(zip(*[iter(client.execute_command("MODEM"))] * 2))["imei"]
    out, _ = ctl(rig, "bundle")
    path = rig.folder / out.strip()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    files = read_bundle(path)
    assert {"./link.txt", "./history.txt", "./modem.txt", "./trace.txt", "./config.txt", "./info.txt",
            "./README.txt"} <= set(files)
    assert b"ONLINE" in files["./link.txt"] and b"AT+C" in files["./trace.txt"] and b"apn" in files["./config.txt"]
    for name, content in files.items():
        for secret in (TOKEN, PIN, imei):
            assert secret.encode() not in content, f"{name} holds {secret}"
    assert imei[:8].encode() in files["./modem.txt"]


def test_bundle_without_a_daemon(rig):
    rig.daemon.stop()
    path = rig.folder / "b.tar.gz"
    _, errors = ctl(rig, "bundle", str(path))
    assert "daemon" in errors
    assert "./kernel.txt" in read_bundle(path)
    ctl(rig, "bundle", "/nonexistent/b.tar.gz", expect=1)
