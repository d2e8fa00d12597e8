"""Encryption on the host, through modems that know nothing of it: what the server must prove, what is said when it cannot,
what a reconnect costs, and that nothing is ever told to a server that was not trusted."""
import re
import sqlite3
import subprocess

import pytest

from harness import SERVER_NAME, Rig, clock_environment, make_certs, tls_options, wait_until

pytestmark = pytest.mark.simulated_cloud


@pytest.fixture(scope="module")
def certs(tmp_path_factory):
    return make_certs(tmp_path_factory.mktemp("certs"))


def route(port=443):
    return lambda cloud: ("--route", f"{SERVER_NAME}:{port}={cloud.tls_address}")


def tls_settings(certs, **blynk):
    return {"blynk": {"server": SERVER_NAME, "tls": None, "ca_file": certs / "ca.pem", "connect_timeout": "20s", **blynk}}


def tls_rig(certs, profile="sim800", cloud_options=(), port=443, synced=True, modem_options=(), **blynk):
    return Rig(profile, settings=tls_settings(certs, **blynk), cloud_options=(*tls_options(certs), *cloud_options),
               modem_options=lambda cloud: (*route(port)(cloud), *modem_options),
               env=clock_environment(certs, synced))


def reconnect(rig):
    rig.cloud.control("close")
    wait_until(lambda: rig.state() != "ONLINE", "the end of the session")
    rig.online()


def sessions(rig):
    """Names of the TLS sessions in the state database."""
    path = rig.folder / "state" / "spool.db"
    with sqlite3.connect(f"file:{path}?immutable=1", uri=True) as database:
        return [row[0] for row in database.execute("SELECT name FROM secrets")]


# at least one of each way to speak TCP
@pytest.mark.parametrize("profile", ["a9", "a7", "sim800", "sim7000ssl", "sim7080", "sim7600", "a7672", "sim5360", "m95",
                                     "bg96", "m590", "esp8266", "esp-at", "sara-r4", "sara-r5"])
def test_a_pin_travels_encrypted(certs, profile):
    with tls_rig(certs, profile) as rig:
        link = rig.online()
        assert re.match(r"TLS 1\.3, TLS_AES_\d+_GCM", link["encryption"])
        with rig.client() as client:
            assert client.set("V5", "23.4")
            assert client.execute_command("BLYNK.FLUSH", 20000) == 0
        assert rig.cloud.values("V5") == ["23.4"]
        listener = rig.listen("V7")
        rig.cloud.update("V7", "on")
        listener.wait_for("V7", "on")
        assert rig.cloud.connections()[-1]["tls"]["version"] == "TLSv1.3"
        assert "TLS is off" not in rig.daemon.program.log()


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_a_reconnect_is_short(certs, version):
    with tls_rig(certs, cloud_options=("--tls-max", version)) as rig:
        rig.online()
        first = rig.cloud.connections()[-1]
        reconnect(rig)
        second = rig.cloud.connections()[-1]
        assert (first["tls"]["resumed"], second["tls"]["resumed"]) == (False, True)
        assert rig.link()["encryption"].endswith("resumed")


def test_a_session_outlives_the_process(certs):
    with tls_rig(certs) as rig:
        rig.online()
        rig.daemon.stop()
        assert sessions(rig) == [SERVER_NAME]
        assert (rig.folder / "state" / "spool.db").stat().st_mode & 0o777 == 0o600
        rig.daemon.start()
        rig.online()
        assert rig.cloud.connections()[-1]["tls"]["resumed"]
        rig.daemon.program.kill()
        rig.daemon.start()
        rig.online()


REFUSED = [
    ("cert-expired", "expired"),
    ("cert-not-yet-valid", "not valid before"),
    ("cert-wrong-name", SERVER_NAME),
    ("cert-unknown-ca", "ca_file"),
    ("cert-self-signed", "self-signed|ca_file"),
    ("plain-answer", "does not speak TLS"),
    ("tls-cut-in-handshake", "TLS|handshake|encryption"),
]


@pytest.mark.parametrize("fault, words", REFUSED, ids=[fault for fault, _ in REFUSED])
def test_a_server_that_cannot_be_trusted_is_told_nothing(certs, fault, words):
    with tls_rig(certs, cloud_options=("--fault", fault)) as rig:
        link = wait_until(lambda: re.search(words, (now := rig.link())["why"]) and now, f"{words} as the reason", 40)
        assert link["rung"] == "redial"
        assert rig.cloud.frames()["logins"] == 0
        rig.cloud.control("clear all")
        rig.online()
        link = rig.link()
        assert not re.search("reset|restart|power|radio|down and up", link["steps_taken"]), link["steps_taken"]
        with rig.client() as client:
            history = "\n".join(client.execute_command("LINK", "HISTORY"))
        assert re.search(words, history)


def test_a_clock_in_doubt(certs):
    """Nobody knows the time: a certificate that seems not to be valid yet is good enough, until somebody does."""
    with tls_rig(certs, synced=False, modem_options=("--no-nitz",),
                 cloud_options=("--style", "new", "--fault", "cert-not-yet-valid")) as rig:
        wait_until(lambda: "not valid before" in rig.link()["why"], "a full check with the server's time", 40)
        log = rig.daemon.program.log()
        places = [log.find(step) for step in ("not yet valid by this machine's clock", "ONLINE: logged in",
                                              "the server's certificate is checked in full", "not valid before")]
        assert -1 not in places and places == sorted(places)
        rig.cloud.control("clear all")
        rig.online()


def test_without_an_authority_nobody_is_trusted(certs):
    """The system's store does not know our authority."""
    with tls_rig(certs, ca_file=None) as rig:
        wait_until(lambda: re.search("ca_file", rig.link()["why"]), "the reason", 40)
        assert rig.cloud.frames()["logins"] == 0
        rig.daemon.configure({"blynk": {"ca_file": certs / "ca.pem"}})
        rig.daemon.reload()
        rig.online()


def test_the_second_port(certs):
    """Networks that let nothing but 9443 through are rare, but the cloud listens there."""
    with tls_rig(certs, port=9443) as rig:
        rig.online(60)
        assert rig.link()["server"] == f"{SERVER_NAME}:9443"


def test_plain_says_so(certs):
    with Rig("sim800") as rig:
        assert rig.online()["encryption"].startswith("none")
        assert "tls = no: the token and all values travel readable" in rig.daemon.program.log()


def test_a_redirect_stays_encrypted(tmp_path):
    """The server names the plain port of another one; the token must not go there readable."""
    other = "other." + SERVER_NAME
    folder = make_certs(tmp_path, "--name", SERVER_NAME, "--name", other)
    with tls_rig(folder, cloud_options=("--fault", f"redirect:{other}:80")) as rig:
        wait_until(lambda: other in rig.link()["server"], "the redirect", 40)
        assert rig.link()["server"] == f"{other}:443"
        assert rig.cloud.frames()["connections"] == rig.cloud.frames()["tls_full"] + rig.cloud.frames()["tls_resumed"]


def test_sessions_are_secrets(certs):
    """Neither the log nor the trace has a byte of them."""
    with tls_rig(certs) as rig:
        rig.online()
        rig.daemon.stop()
        with sqlite3.connect(f"file:{rig.folder}/state/spool.db?immutable=1", uri=True) as database:
            kept = database.execute("SELECT value FROM secrets").fetchone()[0]
        log = rig.daemon.program.log().lower()
        for at in range(0, len(kept) - 8, 8):
            assert kept[at:at + 8].hex() not in log.replace(" ", "")


def session_keys(rig):
    """The master secrets (1.2) and resumption secrets (1.3) that the state database holds, as openssl reads them."""
    path = rig.folder / "state" / "spool.db"
    with sqlite3.connect(f"file:{path}?immutable=1", uri=True) as database:
        stored = [row[0] for row in database.execute("SELECT value FROM secrets WHERE name = ?", (SERVER_NAME,))]
    keys = []
    for value in stored:
        value = value[8:]  # a tag stands before it
        text = subprocess.run(["openssl", "sess_id", "-inform", "DER", "-text", "-noout"], input=value,
                              capture_output=True, timeout=30, check=True).stdout.decode()
        keys += re.findall(r"(?:Master-Key|Resumption PSK): *([0-9A-F]{32,})", text)
    return keys


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_the_keys_of_a_session_stand_nowhere_but_in_the_database(certs, version):
    with tls_rig(certs, cloud_options=("--tls-max", version)) as rig:
        rig.online()
        heard = rig.listen("trace", "link", "internal")
        rig.daemon.stop()
        keys = session_keys(rig)
        assert keys
        rig.daemon.start()
        rig.online()
        assert rig.cloud.connections()[-1]["tls"]["resumed"]  # it has been read and used
        with rig.client() as client:
            answers = repr([client.execute_command(*words) for words in
                            (["LINK"], ["LINK", "HISTORY"], ["MODEM.TRACE"], ["INFO", "everything"])])
        rig.daemon.stop()
        places = {"an answer": answers, "a channel": repr(heard.messages)}
        for path in rig.folder.rglob("*"):
            if path.is_file() and path.name != "spool.db":
                places[str(path)] = path.read_bytes().decode("latin-1")
        for place, text in places.items():
            for key in keys:
                for form in (key, key.lower(), bytes.fromhex(key).decode("latin-1")):
                    assert form not in text, f"{place} holds the key of a session"
