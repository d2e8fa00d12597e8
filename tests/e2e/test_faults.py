"""Everything that the simulators can do wrong, one after the other: the link comes back by itself and says why in words,
and what was written meanwhile arrives in order."""
import dataclasses
import functools
import os
import re

import pytest

from harness import MORE_PROFILES, WIFI_PROFILES, Rig, first_occurrences, last_occurrences, wait_until

pytestmark = [pytest.mark.story, pytest.mark.simulated_cloud]

# A reason that a person understands: some words, none of the modem's own language, no number alone.
WORDS = re.compile(r"[A-Za-z]{2,}.*\s.*[A-Za-z]{2,}")
MODEM_LANGUAGE = re.compile(r"\+CM[ES] ERROR|errno|^-\d+$")

DROP = "drop"    # the link must go down by it
BLOCK = "block"  # it keeps the link down as long as it lasts, for a reason that must be named
MAYBE = "maybe"  # the link may survive it
KEEP = "keep"    # the link must survive it


@dataclasses.dataclass(frozen=True)
class Case:
    side: str                # modem or cloud: whose control socket
    spec: str                # the fault, or a line for the control socket if it begins with "!"
    kind: str
    trigger: str = ""        # BLOCK: what makes the link come down first, "side line"
    words: str = ""          # BLOCK: the reason must match this
    end: str = ""            # a line that ends it, in place of "clear"
    end_more: str = ""       # and one more
    settings: tuple = ()     # (section, key, value)
    modem_options: tuple = ()
    person: bool = False     # in the end somebody says LINK RESTART, as after mending the SIM card
    repeats: bool = False    # the server reads on behind what it drops, so that it sees the rest twice

    def __str__(self):
        return f"{self.side}-{self.spec.lstrip('!').replace(' ', '-')}"


MODEM_CASES = [
    Case("modem", "reboot", DROP),
    Case("modem", "reboot:at=connect", DROP, trigger="cloud close"),
    Case("modem", "reboot:at=send", DROP),
    Case("modem", "reboot:at=payload", DROP),
    Case("modem", "mute", DROP),
    Case("modem", "half-open", DROP),
    Case("modem", "remote-close", DROP),
    Case("modem", "pdp-drop", DROP),
    Case("modem", "unplug", DROP, end="fault replug"),
    Case("modem", "unplug:2", DROP),
    Case("modem", "send-fail", MAYBE),
    Case("modem", "no-prompt", MAYBE),
    Case("modem", "garble:40", MAYBE),
    Case("modem", "lose:40", MAYBE),
    Case("modem", "split:1", MAYBE),
    Case("modem", "drop-urc", MAYBE),
    Case("modem", "urc-storm", MAYBE),
    Case("modem", "echo-on", MAYBE),
    Case("modem", "late-answer:400", MAYBE),
    Case("modem", "brown-out;count=3", DROP),
    Case("modem", "hang", DROP, end="power off", end_more="power on"),
    Case("modem", "echo-of-payload", MAYBE),
    Case("modem", "lost-bytes:60", MAYBE),
    Case("modem", "baud-mismatch", DROP),
    Case("modem", "numeric-results", MAYBE),
    Case("modem", "urc-in-answer", MAYBE),
    Case("modem", "data-in-prompt:300", MAYBE),
    Case("modem", "stuck-socket-id", MAYBE, trigger="cloud close"),
    Case("modem", "silent-nat:3", DROP),
    Case("modem", "registration-flap:2", MAYBE),
    Case("modem", "tty-renumber", DROP),
    Case("modem", "signal-loss", BLOCK, words="network|regist"),
    Case("modem", "roaming-denied", BLOCK, words="network|data connection|access point"),
    Case("modem", "wrong-apn", BLOCK, words="data connection|access point|network"),
    Case("modem", "no-dns", BLOCK, trigger="modem fault reboot", words="name|resolve|address"),
    Case("modem", "connect-fail", BLOCK, trigger="cloud close", words="connect|server"),
    Case("modem", "deny-registration", BLOCK, trigger="modem fault reboot", words="regist|network|denied|refuse"),
    Case("modem", "no-sim", BLOCK, trigger="modem fault reboot", words="SIM"),
    Case("modem", "sim-puk", BLOCK, trigger="modem fault reboot", words="PUK", person=True),
    Case("modem", "sim-pin", DROP, trigger="modem fault reboot", settings=(("modem", "pin", "1234"),),
         modem_options=("--pin", "1234")),
]
CLOUD_CASES = [
    Case("cloud", "!close", DROP),
    Case("cloud", "!reset", DROP),
    Case("cloud", "close-after:0;count=1", DROP),
    Case("cloud", "no-ping-answer", DROP),
    Case("cloud", "half-open", DROP),
    Case("cloud", "garbage", MAYBE),
    Case("cloud", "id-zero", MAYBE),
    Case("cloud", "flood", KEEP, repeats=True),
    Case("cloud", "big-frame:5000", KEEP),
    Case("cloud", "big-frame:65535", KEEP),
    Case("cloud", "split:1", KEEP),
    Case("cloud", "slow:300", KEEP),
    Case("cloud", "no-login-answer", BLOCK, trigger="cloud close", words="answer|login"),
    Case("cloud", "login-status:19", BLOCK, trigger="cloud close", words="login|server|status"),
    Case("cloud", "close-at-login", BLOCK, trigger="cloud close", words="close|login"),
    Case("cloud", "refuse", BLOCK, trigger="cloud close", words="connect|refuse|server"),
]
FEW = {"modem-reboot", "modem-half-open", "modem-remote-close", "modem-pdp-drop", "modem-unplug", "modem-no-dns"}


FULL = os.environ.get("BLYNKD_E2E_MATRIX") == "full"  # every profile with every fault; else each fault with some profiles
EVERY = 7
OF_THE_SIM = {"modem-no-sim", "modem-sim-puk", "modem-sim-pin", "modem-roaming-denied", "modem-registration-flap:2",
              "modem-signal-loss", "modem-deny-registration", "modem-wrong-apn"}


TELLS_ADDRESSES = {"m590"}  # it looks names up in a command of its own


def remembered(case):
    """The address where the server was last is tried when its name is not found."""
    return dataclasses.replace(case, kind=DROP) if str(case) == "modem-no-dns" else case


def cases():
    for profile in ("a9", "sim800"):
        for case in MODEM_CASES + CLOUD_CASES:
            yield profile, case
    for number, profile in enumerate(["a9g", "a7", "a6", *MORE_PROFILES]):
        for place, case in enumerate(MODEM_CASES):
            chosen = FULL or str(case) in FEW or (place + number) % EVERY == 0
            if chosen and not (profile in WIFI_PROFILES and str(case) in OF_THE_SIM):
                yield profile, remembered(case) if profile in TELLS_ADDRESSES else case


# The bearer is touched only by what has to do with it; nothing here needs a higher rung of the ladder.
NEEDS_BEARER = OF_THE_SIM | {"modem-pdp-drop"}
STEPS_MAX, SESSIONS_MAX = 4, 2
COMMANDS_MAX, BYTES_MAX = 120, 4000  # about twice what was seen with any profile


class Story:
    def __init__(self, rig, case):
        self.rig, self.case = rig, case
        self.link_lines = rig.listen("link")
        self.pin_lines = rig.listen("V3")
        self.sent = []

    def control(self, side, line):
        (self.rig.modem if side == "modem" else self.rig.cloud).control(line)

    def write(self, count):
        with self.rig.client() as client:
            for _ in range(count):
                self.sent.append(str(len(self.sent)))
                assert client.set("V9", self.sent[-1]) is True

    def all_arrived(self):
        """Everything, in order."""
        order = last_occurrences if self.case.repeats else first_occurrences
        return order(self.rig.cloud.values("V9")) == self.sent

    def dropped(self):
        return [line for _, line in self.link_lines.messages if "ONLINE" not in line] or self.rig.state() != "ONLINE"

    def begin(self):
        spec = self.case.spec
        self.control(self.case.side, spec[1:] if spec.startswith("!") else f"fault {spec}")
        if self.case.trigger:
            self.control(*self.case.trigger.split(" ", 1))

    def end(self):
        if self.case.end:
            self.control(self.case.side, self.case.end)
            if self.case.end_more:
                self.control(self.case.side, self.case.end_more)
        elif not self.case.spec.startswith("!"):
            self.control(self.case.side, "clear all")
        if self.case.person:
            with self.rig.client() as client:
                client.execute_command("LINK", "RESTART")

    def history(self):
        with self.rig.client() as client:
            return "\n".join(client.execute_command("LINK", "HISTORY"))

    def endure(self):
        """As long as the fault lasts."""
        self.write(3)
        if self.case.kind == DROP:
            wait_until(self.dropped, "the daemon to notice")
            if self.case.words:
                wait_until(lambda: re.search(self.case.words, self.history(), re.I), f"a line with {self.case.words!r}")
        elif self.case.kind == BLOCK:
            wait_until(lambda: re.search(self.case.words, self.rig.link()["why"], re.I) and self.dropped(),
                       f"a reason with {self.case.words!r}; the channel told: {self.link_lines.messages}")
        elif self.case.kind == KEEP:
            wait_until(self.all_arrived, "all that was written, during the fault")
            assert not self.dropped(), self.link_lines.messages
        else:
            try:
                wait_until(lambda: self.all_arrived() or self.dropped(), "", 12)
            except AssertionError:
                pass  # neither: it is only asked that all is well afterwards
        self.write(3)

    def check_reasons(self):
        lines = [line for _, line in self.link_lines.messages]
        if self.case.kind in (DROP, BLOCK):
            assert lines, "channel link told nothing"
        for line in lines:
            assert WORDS.search(line) and not MODEM_LANGUAGE.search(line), line

    def check_cost(self):
        """No rung higher than needed, no storm of commands, bytes or connections."""
        link = self.rig.link()
        taken = dict(re.fullmatch(r"(.*) (\d+)", step).groups() for step in link["steps_taken"].split(", ") if step)
        allowed = {"redial"} | ({"data connection down and up"} if str(self.case) in NEEDS_BEARER else set())
        assert set(taken) <= allowed, link
        assert sum(map(int, taken.values())) <= STEPS_MAX, link
        assert int(link["reconnects"]) <= SESSIONS_MAX, link
        stats = dict(pair.split("=") for pair in self.rig.modem.control("stats").split()[1:])
        more = 2 if self.case.repeats or "garbage" in self.case.spec else 1
        assert int(stats["since_reset_commands"]) <= COMMANDS_MAX * more, stats
        assert int(stats["since_reset_bytes_in"]) <= BYTES_MAX * more, stats

    def check_recovery(self):
        link = self.rig.online()
        assert WORDS.search(link["why"]), link
        wait_until(self.all_arrived, "everything written, in order")
        self.write(1)
        wait_until(self.all_arrived, "what is written afterwards")

        def heard():
            # A write of the app to a device whose line is going down is lost with the real server, too.
            if ("V3", "afterwards") not in self.pin_lines.messages:
                self.rig.cloud.update("V3", "afterwards")
                return False
            return True
        wait_until(heard, "a write of the app")


def tell(profile, case):
    settings = {}
    for section, key, value in case.settings:
        settings.setdefault(section, {})[key] = value
    with Rig(profile, settings=settings, modem_options=case.modem_options) as rig:
        rig.online()
        story = Story(rig, case)
        story.write(1)
        wait_until(story.all_arrived, "the first write")
        rig.modem.control("stats reset")
        story.begin()
        story.endure()
        story.end()
        story.check_recovery()
        story.check_reasons()
        story.check_cost()


def story_of(item):
    return functools.partial(tell, *item.callspec.params["case"])


@pytest.mark.parametrize("case", list(cases()), ids=lambda pair: f"{pair[0]}-{pair[1]}")
def test_fault(story, case):
    story()
