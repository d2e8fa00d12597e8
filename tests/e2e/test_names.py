"""Names that are no longer found: where the server was last is remembered, by the daemon and by the next one, with and
without encryption; and what was tried can be read."""
import pytest

from harness import SERVER_NAME, Rig, make_certs, tls_options, wait_until

pytestmark = pytest.mark.simulated_cloud

PROFILE = "m590"  # asks for addresses itself, so that the daemon knows them


@pytest.fixture(scope="module")
def certs(tmp_path_factory):
    return make_certs(tmp_path_factory.mktemp("certs"))


@pytest.fixture(params=["plain", "tls"])
def rig(request, certs):
    if request.param == "plain":
        with Rig(PROFILE) as plain:
            yield plain
        return
    settings = {"blynk": {"server": SERVER_NAME, "tls": None, "ca_file": certs / "ca.pem", "connect_timeout": "20s"}}
    with Rig(PROFILE, settings=settings, cloud_options=tls_options(certs),
             modem_options=lambda cloud: ("--route", f"{SERVER_NAME}:443={cloud.tls_address}")) as encrypted:
        yield encrypted


def history(rig):
    with rig.client() as client:
        return "\n".join(client.execute_command("LINK", "HISTORY"))


def write(rig, value):
    with rig.client() as client:
        assert client.set("V5", value)
        assert client.execute_command("BLYNK.FLUSH", 20000) == 0
    rig.cloud.wait_for("V5", value)


def lose_names(rig):
    """From now on no name resolves; the session is over."""
    rig.modem.control("fault no-dns")
    rig.cloud.control("close")
    wait_until(lambda: rig.state() != "ONLINE", "the end of the session")


def test_the_address_is_remembered(rig):
    address = rig.online()["address"]
    assert address.count(".") == 3
    lose_names(rig)
    link = rig.online()
    assert link["address"] == address
    said = history(rig)
    assert f"the modem cannot find the address of {SERVER_NAME}" in said
    assert f"trying {address}, where the server was last" in said
    write(rig, "by address")


def test_the_next_daemon_remembers_it_too(rig):
    address = rig.online()["address"]
    rig.daemon.stop()
    rig.modem.control("fault no-dns")
    rig.daemon.start()
    assert rig.online()["address"] == address
    assert f"trying {address}, where the server was last" in history(rig)
    write(rig, "by address, later")
    rig.modem.control("clear all")
    rig.daemon.stop()
    rig.daemon.start()
    rig.online()
    assert "trying" not in history(rig)  # the name comes first again


def test_a_redirect_outlives_the_daemon(tmp_path):
    """It is not asked for again: the server that would tell is not called at all."""
    other = "other." + SERVER_NAME
    folder = make_certs(tmp_path, "--name", SERVER_NAME, "--name", other)
    settings = {"blynk": {"server": SERVER_NAME, "tls": None, "ca_file": folder / "ca.pem", "connect_timeout": "20s"}}
    with Rig("sim800", settings=settings, cloud_options=(*tls_options(folder), "--fault", f"redirect:{other}:443;count=1"),
             modem_options=lambda cloud: ("--route", f"{SERVER_NAME}:443={cloud.tls_address}", "--route",
                                          f"{other}:443={cloud.tls_address}")) as rig:
        assert rig.online()["server"] == f"{other}:443"
        before = rig.cloud.frames()["connections"]
        rig.daemon.stop()
        rig.daemon.start()
        assert rig.online()["server"] == f"{other}:443"
        assert rig.cloud.frames()["connections"] == before + 1
        assert f"connecting to {SERVER_NAME}" not in history(rig)
