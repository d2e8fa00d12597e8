"""Compares what was answered OK with what the cloud has: is the table of durabilities kept?"""
from stage import SPILL_S, STAMP_S
from writers import WALL_OFFSET_S

CLOCK_MS = 300    # the host's clock is followed in steps of 200 ms
UNDER_WAY_S = 1.5  # from the decision to send to the cloud, at worst


class Judge:
    """Of one round; `slack_s` is how late a busy machine may write to the disk."""

    def __init__(self, stage, slack_s):
        self.stage, self.slack_s = stage, slack_s
        self.problems = []
        self.accepted = self.arrived = self.repeated = self.lost_allowed = self.lost_forbidden = 0

    def say(self, text):
        self.problems.append(f"{self.stage.name}: {text}")

    def place(self, write):
        life = write.life
        end = "not killed" if life.end is None else f"killed {life.end - life.begin:.3f} s after its start"
        ok = "never OK" if write.ok is None else f"OK at {write.ok - life.begin:.3f} s"
        views = " ".join(f"{when - life.begin:.3f}:{'on' if online else 'off'}line" for when, online in life.views[-8:])
        return f"{'+'.join(write.pins)} {write.number} in life {life.number} ({end}; {ok}; {views})"

    # ---- what must survive ----

    def must_survive(self, write):
        life = write.life
        if write.ok is None:
            return False
        if life.end is None or write.flushed or self.stage.durability == "always":
            return True
        if self.stage.durability == "memory" or life.disk_was_full:
            return False
        if life.end - write.ok > SPILL_S + self.slack_s:
            return True
        due = write.ok + self.stage.commit_s
        return any(end - max(begin, due) > self.slack_s for begin, end in life.offline_stretches())

    # ---- pin by pin ----

    def judge_writer(self, writer):
        known = {(pin, write.value()): write for write in writer.writes for pin in write.pins}
        for pin in writer.pins:
            self.judge_pin(writer, pin, known)
        if writer.kind == "group":
            self.judge_groups(writer)

    def judge_pin(self, writer, pin, known):
        arrivals = {}  # number -> samples
        order = []
        for sample in self.stage.histories[pin]:
            write = known.get((pin, sample["value"]))
            if write is None:
                self.say(f"{pin}: {sample['value']!r} came, which nobody wrote")
                continue
            if write.refused and "waits in memory only" not in write.refused:
                self.say(f"{self.place(write)} came though it was refused: {write.refused}")
            arrivals.setdefault(write.number, []).append(sample)
            order.append((write, sample["connection"]))
            self.judge_time(write, sample)
            self.judge_repetition(write, sample)
        self.judge_order(pin, order)
        writes = [write for write in writer.writes if pin in write.pins]
        self.repeated += sum(len(samples) - 1 for samples in arrivals.values())
        self.accepted += sum(write.ok is not None for write in writes)
        self.arrived += sum(write.number in arrivals for write in writes)
        if writer.kind == "latest":
            self.judge_newest(writes, order)
        else:
            self.judge_losses(writes, arrivals)

    def judge_losses(self, writes, arrivals):
        gap = {}  # life -> its first write that is missing
        for write in writes:
            if write.ok is None:
                continue
            if write.number in arrivals:
                if write.life in gap:
                    self.say(f"{self.place(write)} came, but not an earlier one: {self.place(gap[write.life])}")
                continue
            gap.setdefault(write.life, write)
            if self.must_survive(write):
                self.lost_forbidden += 1
                self.say(f"lost: {self.place(write)}")
            else:
                self.lost_allowed += 1

    def judge_newest(self, writes, order):
        must = [write for write in writes if self.must_survive(write)]
        last = order[-1][0].number if order else 0
        if must and last < must[-1].number:
            self.lost_forbidden += 1
            self.say(f"the newest value is {last}, not {self.place(must[-1])}")

    def judge_order(self, pin, order):
        first, in_connection, last = 0, {}, {}
        seen = set()
        for write, connection in order:
            number = write.number
            if number <= in_connection.get(connection, 0):
                self.say(f"{pin}: {number} behind {in_connection[connection]} in connection {connection}")
            in_connection[connection] = number
            if number not in seen and number < first:
                self.say(f"{pin}: {number} came for the first time behind {first}")
            seen.add(number)
            # A newest value may be lost before it has taken the place of an older one on the disk.
            if write.kind != "latest" or self.must_survive(write):
                first = max(first, number)
            if write.ok is not None:  # what was not may have left before it was on the disk
                last.pop(number, None)
                last[number] = True
        # A newest value that was sent and not confirmed may be replaced all the same, and is not repeated then.
        kinds = {write.kind for write, _ in order}
        if self.stage.durability == "always" and kinds != {"latest"} and list(last) != sorted(last):
            self.say(f"{pin}: repetitions do not follow each other")

    def judge_groups(self, writer):
        """All or none, and as they were written: always together in one connection."""
        together = {}
        for pin in writer.pins:
            for sample in self.stage.histories[pin]:
                together.setdefault(sample["value"], set()).add(pin)
        for value, pins in together.items():
            if len(pins) < len(writer.pins):
                self.say(f"of the group {value} only {sorted(pins)} came")

    def judge_repetition(self, write, sample):
        """What was confirmed is off the disk a commit interval later, and does not come again."""
        if write.flushed is None or sample["time_ms"] <= (write.flushed + WALL_OFFSET_S) * 1000:
            return
        on_disk_s = 0 if self.stage.durability == "memory" else self.stage.commit_s + self.slack_s
        if write.life.disk_was_full:
            return
        if write.life.end is None or write.life.end - write.flushed > on_disk_s:
            self.say(f"{self.place(write)} came again at {sample['time_ms']}, confirmed "
                     f"{(write.flushed + WALL_OFFSET_S) * 1000:.0f}")

    def judge_time(self, write, sample):
        if write.kind == "latest":
            return
        stamp, arrival = sample["group_ms"], sample["time_ms"]
        sent = (write.sent + WALL_OFFSET_S) * 1000
        ok = (write.ok + WALL_OFFSET_S) * 1000 if write.ok else sent + 2000
        fresh = arrival - sent <= (STAMP_S + UNDER_WAY_S) * 1000
        if write.kind == "at":
            right = stamp == write.at_ms
        elif stamp is None:
            right = fresh
        else:
            right = sent - CLOCK_MS <= stamp <= ok + CLOCK_MS
            right = right or (write.kind == "group" and fresh and abs(stamp - arrival) < 1000)
        if not right:
            self.say(f"{self.place(write)}: written at {sent:.0f} (AT {write.at_ms}), came at {arrival} with the time "
                     f"{stamp}")

    def judge(self):
        self.problems += [f"{self.stage.name}: {problem}" for problem in self.stage.problems]
        if hasattr(self.stage, "histories"):
            for writer in self.stage.writers:
                self.judge_writer(writer)
        return self
