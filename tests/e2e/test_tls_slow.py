"""Encryption over the worst of lines: slow, with long ways, in crumbs."""
import re

import pytest

from harness import SERVER_NAME, Rig, make_certs, tls_options

pytestmark = pytest.mark.simulated_cloud

PATIENT = {"connect_timeout": "40s", "login_timeout": "30s", "heartbeat": "30s", "grace": "20s"}


@pytest.fixture(scope="module")
def certs(tmp_path_factory):
    return make_certs(tmp_path_factory.mktemp("certs"))


def slow_rig(certs, profile, baud=0, faults=(), variants=()):
    blynk = {"server": SERVER_NAME, "tls": None, "ca_file": certs / "ca.pem", **PATIENT}
    cloud_options = [*tls_options(certs), *(word for fault in faults for word in ("--fault", fault))]
    return Rig(profile, settings={"blynk": blynk, "modem": {"baud": baud or 115200}}, cloud_options=cloud_options,
               modem_options=lambda cloud: (*variants, "--route", f"{SERVER_NAME}:443={cloud.tls_address}"), baud=baud)


def one_try_was_enough(rig, deadline_s=None):
    link = rig.online(deadline_s)
    assert link["encryption"].startswith("TLS 1.3")
    assert link["steps_taken"] == ""
    assert len(rig.cloud.connections()) == 1
    with rig.client() as client:
        assert client.set("V5", "23.4")
        assert client.execute_command("BLYNK.FLUSH", 30000) == 0
    assert rig.cloud.values("V5") == ["23.4"]


def reads_of_one_byte(rig):
    return len(re.findall(r"CIPRXGET: 2,0,1,0|CIPRCV:0,1,", rig.modem.program.log()))


@pytest.mark.parametrize("profile", ["sim800", "a7"])
def test_9600_baud(certs, profile):
    with slow_rig(certs, profile, baud=9600) as rig:
        one_try_was_enough(rig)


@pytest.mark.parametrize("profile", ["sim800", "a7"])
def test_round_trips_of_two_seconds(certs, profile):
    with slow_rig(certs, profile, faults=["slow:2000"], variants=["--latency", "100"]) as rig:
        one_try_was_enough(rig)


@pytest.mark.parametrize("profile", ["sim800", "a7"])
def test_one_byte_at_a_time(certs, profile):
    with slow_rig(certs, profile, faults=["split:1"], variants=["--variant", "chunk_max=1"]) as rig:
        one_try_was_enough(rig)
        assert reads_of_one_byte(rig) > 1000


def test_all_of_it_at_once(certs):
    """Each byte costs 17 on this line: 25 s of handshake."""
    with slow_rig(certs, "a7", 9600, ["slow:2000", "split:1"], ["--variant", "chunk_max=1"]) as rig:
        one_try_was_enough(rig, 90)
        assert reads_of_one_byte(rig) > 1000
