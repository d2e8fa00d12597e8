"""The local programs of the crash test: each writes ascending numbers to pins of its own and remembers, for every
write, when it was sent and what came back. They connect again as soon as a killed daemon is back.
"""
import random
import socket
import threading
import time

WALL_OFFSET_S = time.time() - time.monotonic()
ANSWER_S = 30  # an answer that takes longer is a fault of its own


class Write:
    """One command that wrote `number` to `pins`. Times are monotonic seconds."""

    __slots__ = ("pins", "number", "kind", "sent", "ok", "refused", "flushed", "at_ms", "life")

    def __init__(self, pins, number, kind, life, at_ms=None):
        self.pins, self.number, self.kind, self.life, self.at_ms = pins, number, kind, life, at_ms
        self.sent = time.monotonic()
        self.ok = self.refused = None  # when OK came; the words of an error
        self.flushed = None            # when a later BLYNK.FLUSH was answered with 0

    def value(self):
        """As it must stand in the cloud."""
        return f"{self.number}\0{self.number % 7}" if self.kind == "at" else str(self.number)

    def command(self):
        if self.kind == "group":
            return ["MSET"] + [word for pin in self.pins for word in (pin, self.number)]
        if self.kind == "at":
            return ["BLYNK.WRITE", self.pins[0], self.number, self.number % 7, "AT", self.at_ms]
        return ["SET", self.pins[0], self.number]


class Gone(Exception):
    """The daemon is."""


class Connection:
    """Just enough of a client to keep every answer that was sent before the daemon died."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        try:
            self.socket.settimeout(ANSWER_S)
            self.socket.connect(path)
        except OSError as error:
            self.socket.close()
            raise Gone from error
        self.file = self.socket.makefile("rb")

    def send(self, commands):
        out = []
        for words in commands:
            out.append(b"*%d\r\n" % len(words))
            for word in words:
                word = str(word).encode()
                out.append(b"$%d\r\n%s\r\n" % (len(word), word))
        try:
            self.socket.sendall(b"".join(out))
        except (BrokenPipeError, ConnectionResetError):
            pass  # what was answered before is still to be read

    def answer(self):
        """A simple value, a list, or an error as ("error", words)."""
        try:
            line = self.file.readline()
        except (ConnectionResetError, BrokenPipeError) as error:
            raise Gone from error
        if not line.endswith(b"\r\n"):
            raise Gone
        kind, rest = line[:1], line[1:-2].decode()
        if kind == b"-":
            return ("error", rest)
        if kind == b":":
            return int(rest)
        if kind == b"$":
            body = self.file.read(int(rest) + 2) if rest != "-1" else b""
            return body[:-2].decode(errors="replace")
        if kind == b"*":
            return [self.answer() for _ in range(int(rest))]
        return rest

    def close(self):
        self.file.close()
        self.socket.close()


class Program(threading.Thread):
    """What is the same for every local program: it connects until it is told to stop."""

    def __init__(self, stage, seed):
        super().__init__(daemon=True)
        self.stage, self.random = stage, random.Random(seed)
        self.ended = threading.Event()
        self.problems = []

    def run(self):
        while not self.ended.is_set():
            life = self.stage.life
            try:
                connection = Connection(self.stage.socket)
            except Gone:
                self.ended.wait(0.005)
                continue
            try:
                self.work(connection, life)
            except Gone:
                pass
            except TimeoutError:
                self.problems.append(f"{type(self).__name__}: no answer within {ANSWER_S} s in life {life.number}")
            finally:
                connection.close()

    def work(self, connection, life):
        raise NotImplementedError


class Writer(Program):
    """Writes in `kind`, on average every `pause_s`; now and then a burst."""

    def __init__(self, stage, seed, kind, pins, pause_s, burst=0):
        super().__init__(stage, seed)
        self.kind, self.pins, self.pause_s, self.burst = kind, pins, pause_s, burst
        self.number = 0
        self.writes = []

    def next_write(self, life):
        self.number += 1
        at_ms = None
        if self.kind == "at":  # each has a time of its own, some seconds ago
            at_ms = int(time.time() * 1000) - 20000 + self.random.randrange(100)
        pins = self.pins if self.kind == "group" else [self.pins[self.number % len(self.pins)]]
        return Write(pins, self.number, self.kind, life, at_ms)

    def work(self, connection, life):
        while not self.ended.is_set():
            count = 1
            if self.burst and self.random.random() < 0.02:
                count = self.random.randrange(self.burst)
            batch = [self.next_write(life) for _ in range(count)]
            self.writes += batch
            connection.send([write.command() for write in batch])
            for write in batch:
                self.take(write, connection.answer())
            if self.kind == "flush":
                self.flush(connection, batch)
            self.ended.wait(self.random.expovariate(1 / self.pause_s))

    def take(self, write, answer):
        if answer == "OK":
            write.ok = time.monotonic()
            self.stage.heard.set()
            return
        write.refused = str(answer)
        if not write.refused.startswith("('error', 'SPOOLFULL"):
            self.problems.append(f"a write to {write.pins[0]} was answered: {write.refused}")

    def flush(self, connection, batch):
        connection.send([["BLYNK.FLUSH", self.random.choice([50, 300, 1000])]])
        if connection.answer() == 0:
            for write in batch:
                write.flushed = time.monotonic()


class Watcher(Program):
    """Knows since when the daemon has been online, or not, in its own view."""

    def work(self, connection, life):
        connection.send([["SUBSCRIBE", "link"]])
        connection.answer()
        state = Connection(self.stage.socket)
        try:
            state.send([["LINK"]])
            answer = state.answer()
        finally:
            state.close()
        life.views.append((time.monotonic(), answer[answer.index("state") + 1] == "ONLINE"))
        while True:
            message = connection.answer()
            life.views.append((time.monotonic(), message[2].startswith("ONLINE")))


def cast(stage, seed):
    """All that write: singles with bursts, a newest value, groups, values with their own time, and one who flushes."""
    return [
        Writer(stage, f"{seed}/single", "all", ["V0", "V1"], 0.03, burst=300),
        Writer(stage, f"{seed}/other", "all", ["V2"], 0.02),
        Writer(stage, f"{seed}/latest", "latest", ["V10"], 0.01),
        Writer(stage, f"{seed}/group", "group", ["V20", "V21", "V22"], 0.05, burst=20),
        Writer(stage, f"{seed}/at", "at", ["V30"], 0.05),
        Writer(stage, f"{seed}/flush", "flush", ["V40"], 0.1),
    ]
