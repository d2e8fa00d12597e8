"""Longer stories with sets of their own, told side by side: real line speed, offline times, tokens, PINs, redirects."""
import contextlib
import json
import re
import tempfile
import time

import pytest
import redis

from harness import PROFILES, SERVER_NAME, TOKEN, Cloud, Rig, first_occurrences, holds, merge, wait_until

pytestmark = [pytest.mark.story, pytest.mark.simulated_cloud]


def story_of(item):
    return lambda: item.function.tell(**item.callspec.params) if hasattr(item, "callspec") else item.function.tell()


def tells(story):
    """The test itself only waits; the story runs in the farm."""
    def attach(test):
        test.tell = story
        return test
    return attach


# ---- at the real line speed ------------------------------------------------------------------------------------------

def paced(profile):
    """115200 baud, 20 ms a command, the profile found by asking the modem."""
    with Rig(profile, baud=115200, auto=True, modem_options=("--latency", "20"),
             settings={"modem": {"command_gap": "auto"}}) as rig:
        rig.online()
        with rig.client() as client:
            modem = dict(zip(*[iter(client.execute_command("MODEM"))] * 2))
            assert profile.startswith(modem["profile"]) or modem["profile"].startswith(profile[:2]), modem
            listener = rig.listen("V7")
            for number in range(100):
                assert client.set("V5", number) is True
            assert client.execute_command("BLYNK.FLUSH", 50000) == 0
        assert rig.cloud.values("V5") == [str(number) for number in range(100)]
        rig.cloud.update("V7", "x" * 700)
        listener.wait_for("V7", "x" * 700)


@tells(paced)
@pytest.mark.parametrize("profile", PROFILES)
def test_real_line_speed(story, profile):
    story()


def rate_limited():
    with Rig("a7", settings={"limits": {"rate": 8, "burst": 10}}) as rig:
        rig.online()
        with rig.client() as client:
            for number in range(45):
                client.set("V5", number)
        rig.cloud.wait_for("V5", 44)
        times = [sample["time_ms"] for sample in rig.cloud.history("V5")]
        assert len(times) == 45
        for at in times:
            # A second can hold the burst and one second's share; some more arrive together from one modem send.
            assert sum(1 for other in times if at <= other < at + 1000) <= 10 + 8 + 4
        assert times[-1] - times[0] >= (45 - 10 - 8) / 8 * 1000 * 0.8


@tells(rate_limited)
def test_rate_limit(story):
    story()


# ---- being offline ---------------------------------------------------------------------------------------------------

def offline_writes(profile):
    with Rig(profile, settings={"pin V8": {"delivery": "latest"}}) as rig:
        rig.online()
        rig.cloud.control("fault refuse")
        rig.cloud.control("close")
        rig.wait_state("WAIT", "CONNECT", "MODEM", "LOGIN")
        with rig.client() as client:
            for number in range(150):
                assert client.set("V5", number) is True
                assert client.set("V8", number) is True
            assert client.get("V5") == "149"
            with pytest.raises(redis.exceptions.ResponseError, match="^OFFLINE"):
                client.execute_command("BLYNK.SYNC")
            assert client.execute_command("BLYNK.FLUSH", 100) > 0
        rig.cloud.control("clear all")
        rig.online()
        rig.cloud.wait_for("V5", 149)
        rig.cloud.wait_for("V8", 149)
        assert first_occurrences(rig.cloud.values("V5")) == [str(number) for number in range(150)]
        assert rig.cloud.values("V8") == ["149"]


@tells(offline_writes)
@pytest.mark.parametrize("profile", PROFILES)
def test_offline_writes_arrive_in_order(story, profile):
    story()


def before_the_first_session():
    with Rig("a9", cloud_options=("--fault", "refuse")) as rig:
        with rig.client() as client:
            for number in range(20):
                assert client.set("V5", number) is True
        rig.cloud.control("clear all")
        rig.cloud.wait_for("V5", 19)
        assert first_occurrences(rig.cloud.values("V5")) == [str(number) for number in range(20)]


@tells(before_the_first_session)
def test_writes_before_the_first_session(story):
    story()


def outbox_full():
    with Rig("a9", settings={"outbox": {"max_messages": 16, "durability": "memory"}}) as rig:
        rig.online()
        rig.cloud.control("fault refuse")
        rig.cloud.control("close")
        rig.wait_state("WAIT", "CONNECT", "MODEM", "LOGIN")
        accepted = []
        with rig.client() as client:
            with pytest.raises(redis.exceptions.ResponseError, match="^SPOOLFULL"):
                for number in range(100):
                    client.set("V5", number)
                    accepted.append(str(number))
        assert 0 < len(accepted) <= 16
        rig.cloud.control("clear all")
        rig.cloud.wait_for("V5", accepted[-1])
        assert first_occurrences(rig.cloud.values("V5")) == accepted


@tells(outbox_full)
def test_full_outbox_refuses(story):
    story()


def link_down_and_up():
    with Rig("a7") as rig:
        rig.online()
        with rig.client() as client:
            client.execute_command("LINK", "DOWN")
            rig.wait_state("OFF")
            wait_until(lambda: not rig.cloud.connected(), "the cloud to see the end")
            client.set("V5", "kept")
            holds(lambda: rig.state() == "OFF", 1.5, "the link stays down")
            client.execute_command("LINK", "UP")
            rig.online()
            rig.cloud.wait_for("V5", "kept")
            client.execute_command("LINK", "RESTART")
            wait_until(lambda: rig.cloud.frames()["logins"] >= 3, "a new login")
            rig.online()


@tells(link_down_and_up)
def test_link_down_up_restart(story):
    story()


def killed_daemon():
    with Rig("sim800") as rig:
        rig.online()
        with rig.client() as client:
            client.set("V5", "before")
        rig.cloud.wait_for("V5", "before")
        rig.daemon.kill()
        rig.daemon.start()
        rig.online()
        with rig.client() as client:
            client.set("V5", "after")
        rig.cloud.wait_for("V5", "after")


@tells(killed_daemon)
def test_daemon_killed_and_started(story):
    story()


def returning_server():
    """A server that is gone for a moment; the daemon is back soon after it is."""
    with Rig("a9") as rig:
        rig.online()
        rig.cloud.control("fault refuse")
        rig.cloud.control("reset")
        rig.wait_state("WAIT")
        rig.cloud.control("clear all")
        begin = time.monotonic()
        rig.online()
        assert time.monotonic() - begin < 15  # retry_max is 2 s here; the rest is the modem's and a busy machine's


@tells(returning_server)
def test_server_returns(story):
    story()


# ---- heartbeat -------------------------------------------------------------------------------------------------------

def port_comes_late():
    """A link that has given the port up rests for minutes; the device's return ends the rest."""
    with Rig("a7", settings={"blynk": {"retry_first": "4m", "retry_max": "5m"}}) as rig:
        rig.online()
        rig.modem.control("fault unplug")
        wait_until(lambda: rig.state() == "WAIT" and int(rig.link()["next_try_ms"]) > 60000, "the long rest", 90)
        assert "port" in rig.link()["why"], rig.link()
        rig.modem.control("fault replug")
        rig.online(deadline_s=20)


@tells(port_comes_late)
def test_port_that_comes_late_is_used_at_once(story):
    story()


def idle_session():
    """Nothing to say for some heartbeats: pings keep it alive, the server (2.3 x 5 s) never gives up."""
    with Rig("a6") as rig:
        rig.online()
        wait_until(lambda: rig.cloud.frames()["pings"] >= 3, "three pings", 40)
        frames = rig.cloud.frames()
        assert frames["logins"] == 1
        assert frames["closed_idle"] == 0


@tells(idle_session)
def test_idle_session_lives(story):
    story()


# ---- token -----------------------------------------------------------------------------------------------------------

def invalid_token():
    with Rig("a9", token="0" * 32) as rig:
        link = rig.wait_state("REFUSED")
        assert "token" in link["why"].lower()
        with rig.client() as client:
            assert client.set("V5", "waits") is True
        holds(lambda: rig.state() == "REFUSED" and rig.cloud.frames()["logins"] <= 2, 3, "refused, without hammering")
        rig.daemon.configure({"blynk": {"token": TOKEN}})
        rig.daemon.reload()  # a corrected token is tried at once
        rig.online()
        rig.cloud.wait_for("V5", "waits")
        assert rig.cloud.frames()["logins"] <= 3


@tells(invalid_token)
def test_invalid_token_is_refused(story):
    story()


# ---- settings corrected while the link rests -------------------------------------------------------------------------

MISTAKES = {  # what is wrong at first, and what the modem is told that makes it so
    "port": ({"modem": {"port": "/dev/no-such-modem"}}, ()),
    "apn": ({"network": {"apn": "mistyped"}}, ("--apn", "internet")),
    "server": ({"blynk": {"server": "mistyped.test:80"}}, ()),
    "fallback": ({}, ("--fault", "no-dns", "--route", "127.0.0.99:80={address}")),
}


def corrected(profile, mistake):
    """Five minutes are left until the next try; a corrected setting is tried at once."""
    wrong, options = MISTAKES[mistake]
    patient = {"blynk": {"retry_first": "5m", "retry_max": "10m"}}
    with Rig(profile, settings=merge(merge({}, patient), wrong),
             modem_options=lambda cloud: [word.format(address=cloud.address) for word in options]) as rig:
        # Without a port, or with an access point that does not exist, all there is gets tried first.
        link = rig.wait_state("WAIT", deadline_s=150)
        assert link["next_try_ms"] > 100000, link
        rig.daemon.configure({"modem": {"port": str(rig.modem.tty)}, "network": {"apn": "internet"},
                              "blynk": {"server": f"{SERVER_NAME}:80", "fallback_addresses": "127.0.0.99"}})
        rig.daemon.reload()
        rig.online(deadline_s=30)


@tells(corrected)
@pytest.mark.parametrize("profile", ["a9", "sim800"])
@pytest.mark.parametrize("mistake", MISTAKES)
def test_corrected_setting_is_tried_at_once(story, profile, mistake):
    story()


# ---- redirect --------------------------------------------------------------------------------------------------------

@contextlib.contextmanager
def second_cloud(name):
    with tempfile.TemporaryDirectory(prefix="blynkd-e2e-") as folder:
        cloud = Cloud(folder, name=name)
        try:
            yield cloud
            cloud.stop()
        finally:
            cloud.kill()


def redirected():
    with second_cloud("other") as other, Rig(
            "a9", cloud_options=("--fault", f"redirect:other.{SERVER_NAME}:80"),
            modem_options=("--route", f"other.{SERVER_NAME}:80={other.address}")) as rig:
        rig.online()
        wait_until(other.connected, "the other server to have the device")
        assert not rig.cloud.connected()
        assert f"other.{SERVER_NAME}" in json.dumps(rig.link())
        with rig.client() as client:
            client.set("V5", "redirected")
        other.wait_for("V5", "redirected")


@tells(redirected)
def test_redirect_is_followed(story):
    story()


def redirected_elsewhere():
    """The token is told nowhere but where the configuration allows."""
    with second_cloud("elsewhere") as other, Rig(
            "a7", cloud_options=("--fault", "redirect:elsewhere.example:80"),
            modem_options=("--route", f"elsewhere.example:80={other.address}")) as rig:
        wait_until(lambda: re.search("redirect|elsewhere|allow", rig.link()["why"], re.I), "the reason")
        holds(lambda: other.frames()["connections"] == 0, 2, "nobody connects elsewhere")
        rig.cloud.control("clear all")
        rig.online()


@tells(redirected_elsewhere)
def test_redirect_elsewhere_is_not_followed(story):
    story()


def redirect_circle():
    with Rig("sim800", cloud_options=("--fault", f"redirect:{SERVER_NAME}:80")) as rig:
        wait_until(lambda: rig.cloud.frames()["logins"] >= 2, "a second try")
        holds(lambda: rig.cloud.frames()["logins"] <= 15, 3, "a circle of redirects is not run in without pause")
        rig.cloud.control("clear all")
        rig.online()


@tells(redirect_circle)
def test_redirect_in_a_circle(story):
    story()


# ---- names and addresses ---------------------------------------------------------------------------------------------

def fallback_addresses(profile):
    """Numbers need no name server: the second of them leads to the cloud."""
    with Rig(profile, settings={"blynk": {"fallback_addresses": "127.0.0.98, 127.0.0.99"}},
             modem_options=lambda cloud: ("--fault", "no-dns", "--route", f"127.0.0.99:80={cloud.address}")) as rig:
        rig.online()
        with rig.client() as client:
            client.set("V5", "by address")
        rig.cloud.wait_for("V5", "by address")


@tells(fallback_addresses)
@pytest.mark.parametrize("profile", ["a7", "sim800"])
def test_fallback_addresses(story, profile):
    story()


def busy_modem(behaviour):
    """A module that is busy with a dead address for 30 s, whatever it is told, or until the next line: connect_timeout
    is 8 s, and the next address is really dialled, not only said to be."""
    with Rig("a9", settings={"blynk": {"fallback_addresses": "127.0.0.98, 127.0.0.99", "retry_first": "5m",
                                       "retry_max": "10m"}},
             modem_options=lambda cloud: ("--fault", "no-dns", "--variant", "noresponse_after_s=30", "--variant",
                                          f"busy={behaviour}", "--route", f"127.0.0.99:80={cloud.address}")) as rig:
        listener = rig.listen("link")
        rig.online(deadline_s=100)  # in the first round: the next one would be five minutes away
        dialled = re.findall(r'AT\+CIPSTART="TCP","([^"]+)"', rig.modem.program.log())
        assert dialled == [SERVER_NAME, "127.0.0.98", "127.0.0.99"]
        said = " / ".join(line for _, line in listener.messages)
        assert re.search(r"no connection to 127\.0\.0\.98 within 8 s; trying 127\.0\.0\.99", said), said
        assert "no connection to 127.0.0.99" not in said, said


@tells(busy_modem)
@pytest.mark.parametrize("behaviour", ["abort", "swallow"])
def test_busy_modem_dials_the_next_address(story, behaviour):
    story()


# ---- the SIM's PIN ---------------------------------------------------------------------------------------------------

def pins_sent(rig):
    return len(re.findall(r"AT\+CPIN=", rig.modem.program.log()))


def wrong_pin(profile):
    """A wrong PIN is sent once in its life, whatever happens to the daemon or the modem."""
    with Rig(profile, settings={"modem": {"pin": "9999"}}, modem_options=("--pin", "1234", "--fault", "sim-pin")) as rig:
        def says_pin():
            return "PIN" in rig.link()["why"] and pins_sent(rig) >= 1
        wait_until(says_pin, "the reason")
        holds(lambda: pins_sent(rig) == 1, 2, "one try")
        for _ in range(2):
            rig.daemon.kill()
            rig.daemon.start()
            wait_until(lambda: "PIN" in rig.link()["why"] and rig.state() != "MODEM", "the reason after kill -9")
            assert pins_sent(rig) == 1
        rig.modem.control("fault reboot")
        rig.daemon.stop()
        rig.daemon.start()
        wait_until(lambda: "PIN" in rig.link()["why"], "the reason after the modem's restart")
        holds(lambda: pins_sent(rig) == 1, 1, "still one try")
        rig.daemon.configure({"modem": {"pin": "1234"}})
        rig.daemon.reload()
        rig.online()
        assert pins_sent(rig) == 2


@tells(wrong_pin)
@pytest.mark.parametrize("profile", ["a9", "sim800"])
def test_wrong_pin_is_sent_once(story, profile):
    story()


# ---- the new cloud's own messages ------------------------------------------------------------------------------------

def new_cloud():
    with Rig("a7", cloud_options=("--style", "new", "--meta", "Serial Number=77", "--zone", "120")) as rig:
        rig.online()
        with rig.client() as client:
            client.execute_command("BLYNK.EVENT", "too_hot", "it is 40 in here")
            client.execute_command("BLYNK.RESOLVE", "too_hot", "ALL")
            events = wait_until(lambda: len(rig.cloud.show("events")) == 2 and rig.cloud.show("events"), "two events")
            assert (events[0]["code"], events[0]["description"], events[0]["resolved"]) == \
                ("too_hot", "it is 40 in here", False)
            assert (events[1]["code"], events[1]["description"], events[1]["resolved"]) == ("too_hot", "all", True)
            assert client.execute_command("BLYNK.META", "GET", "Serial Number") == "77"
            client.execute_command("BLYNK.META", "SET", "Serial Number", "78")
            wait_until(lambda: rig.cloud.show("meta")["Serial Number"] == "78", "the new metadata")
            seconds = int(client.execute_command("BLYNK.TIME")[0])
            assert abs(seconds - time.time()) < 60

            client.execute_command("BLYNK.WRITE", "V5", "3", "4", "AT", "1672531200123")
            sample = wait_until(lambda: rig.cloud.history("V5"), "the sample")[0]
            assert (sample["value"], sample["group_ms"]) == ("3\x004", 1672531200123)
            client.mset({"V6": "a", "V7": "b"})
            rig.cloud.wait_for("V7", "b")
            stamps = {rig.cloud.history(pin)[-1]["group_ms"] for pin in ("V6", "V7")}
            assert len(stamps) == 1 and None not in stamps
            client.set("V5", "without")
            rig.cloud.wait_for("V5", "without")
            assert rig.cloud.history("V5")[-1]["group_ms"] is None


@tells(new_cloud)
def test_new_cloud(story):
    story()


def offline_stamps():
    """What waited long is sent with the time at which it was written."""
    with Rig("a9", cloud_options=("--style", "new"), settings={"outbox": {"stamp_after": "1s"}}) as rig:
        rig.online()
        rig.cloud.control("fault refuse")
        rig.cloud.control("close")
        rig.wait_state("WAIT", "CONNECT", "MODEM", "LOGIN")
        with rig.client() as client:
            begin_ms = time.time() * 1000
            client.set("V5", "old")
            end_ms = time.time() * 1000
        wait_until(lambda: time.time() * 1000 > end_ms + 1500, "the write to grow old")
        rig.cloud.control("clear all")
        rig.cloud.wait_for("V5", "old")
        stamp = rig.cloud.history("V5")[0]["group_ms"]
        assert stamp is not None and begin_ms - 50 <= stamp <= end_ms + 50


@tells(offline_stamps)
def test_offline_writes_keep_their_time(story):
    story()


def silent_questions():
    """The legacy server answers neither metadata nor time: the asker is told so, nobody waits for ever."""
    with Rig("a9") as rig:
        rig.online()
        with rig.client() as client:
            with pytest.raises(redis.exceptions.ResponseError, match="^TIMEOUT"):
                client.execute_command("BLYNK.META", "GET", "Serial Number")
        assert rig.state() == "ONLINE"


@tells(silent_questions)
def test_questions_without_answer(story):
    story()


# ---- a server that takes no more -------------------------------------------------------------------------------------

def lost_framing():
    """Over its limit the legacy server loses the framing and answers no ping any more; the daemon finds out."""
    with Rig("sim800", cloud_options=("--quota", "5"), settings={"limits": {"rate": 0}}) as rig:
        rig.online()

        def refused():
            with rig.client() as client:
                for number in range(20):
                    client.set("V5", number)
            return rig.cloud.frames()["quota_drops"] > 0
        wait_until(refused, "the server's limit")
        wait_until(lambda: rig.cloud.frames()["logins"] >= 2, "a new login")


@tells(lost_framing)
def test_lost_framing_is_noticed(story):
    story()
