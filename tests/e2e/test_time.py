"""What the modem's network tells of the time, and which name servers the modem asks."""
import datetime

import pytest

from harness import Rig, clock_environment, holds, wait_until

pytestmark = pytest.mark.simulated_cloud

PROFILES = ["sim800", "bg96", "a7"]
AHEAD = datetime.timedelta(days=3, hours=1)
REMARK = "this machine's clock is 3 days behind: the mobile network's time is used"


@pytest.fixture(scope="module")
def unsynced(tmp_path_factory):
    """The environment of a daemon on a machine without NTP."""
    return clock_environment(tmp_path_factory.mktemp("unsynced"), synced=False)


@pytest.fixture
def start():
    rigs = []

    def make(*args, **options):
        rigs.append(Rig(*args, **options))
        return rigs[-1]
    yield make
    for rig in rigs:
        rig.kill()


def in_three_days():
    return (datetime.datetime.now(datetime.timezone.utc) + AHEAD).strftime("%y/%m/%d,%H:%M:%S")


def history(rig):
    with rig.client() as client:
        return "\n".join(str(line) for line in client.execute_command("LINK", "HISTORY"))


def register_anew(rig):
    """A SIM800 takes the time with the next registration only."""
    if rig.profile == "sim800":
        rig.modem.control("fault signal-loss;for=1")


@pytest.mark.parametrize("profile", PROFILES)
def test_the_network_tells_the_time(start, unsynced, profile):
    rig = start(profile, modem_options=["--clock", in_three_days()], env=unsynced)
    rig.online()
    register_anew(rig)
    wait_until(lambda: REMARK in history(rig), f"{REMARK!r} in the history")
    rig.online()
    rig.daemon.stop()


@pytest.mark.parametrize("profile", PROFILES)
def test_a_network_that_tells_none(start, unsynced, profile):
    rig = start(profile, modem_options=["--no-nitz"], env=unsynced)
    rig.online()
    register_anew(rig)
    holds(lambda: "the network's time is" not in rig.daemon.program.log(), 2, "the modem knows no time")
    rig.online()
    assert "'s clock is" not in history(rig)
    rig.daemon.stop()


def dns_options(profile, *variants):
    """The older Ai-Thinker modules are not known to have AT+CDNSCFG; a firmware that has it is a variant."""
    options = ["cdnscfg=any"] if profile == "a7" else []
    return [word for variant in (*options, *variants) for word in ("--variant", variant)]


@pytest.mark.parametrize("profile", PROFILES)
def test_the_configured_name_server_is_asked(start, profile):
    rig = start(profile, settings={"network": {"dns": "1.1.1.1, 9.9.9.9"}},
                modem_options=dns_options(profile, "only_dns=9.9.9.9"))
    rig.online()
    assert "cannot be told" not in rig.daemon.program.log()
    rig.daemon.stop()


@pytest.mark.parametrize("profile", PROFILES)
def test_without_it_no_name_resolves(start, profile):
    rig = start(profile, modem_options=dns_options(profile, "only_dns=9.9.9.9"))
    rig.wait_state("WAIT")
    assert "name" in rig.link()["why"] or "name look-up" in history(rig)
    rig.daemon.configure({"network": {"dns": "9.9.9.9"}})
    rig.daemon.reload()
    rig.online()
    rig.daemon.stop()


def test_a_modem_that_cannot_be_told(start):
    rig = start("a7", settings={"network": {"dns": "9.9.9.9"}})
    rig.online()
    warnings = [line for line in rig.daemon.program.log().splitlines()
                if "this modem cannot be told which DNS servers to use" in line]
    assert len(warnings) == 1
    rig.daemon.stop()
