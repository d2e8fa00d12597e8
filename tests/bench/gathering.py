"""What a write costs on the air, and whether what waits leaves together: at few writes a second and at many."""
import bisect
import contextlib
import time

from relay import LineWatch, Tap
from rig import Resp, rig, wait_for

LIMITS = {"a7": 1000, "sim800": 1400}  # bytes in one send: what the daemon's profiles say
FRAME_BYTES = 14  # 5 of header, "vw" NUL "5" NUL and four characters of value
HEADER_BYTES = 40  # IPv4 and TCP without options; the ACK of a segment is another one
SECONDS = 30
PINS = 10

# name, writes a second, configuration
LOADS = (
    ("1/s", 1, {}),
    ("10/s, rate 20", 10, {"limits__rate": 20}),
    ("100/s, rate 0", 100, {"limits__rate": 0}),
    ("100/s of latest, rate 8", 100, {"pins__delivery": "latest"}),
)
AT_ONCE = 5000


class Load:
    """Counters before and after."""

    def __init__(self, bench, tap):
        self.bench, self.tap = bench, tap
        self.before, self.sends_before = dict(tap.counts), bench.modem_stats()["sends"]

    def row(self, modem, name, writes, latencies):
        counts = {key: value - self.before[key] for key, value in self.tap.counts.items()}
        sends = self.bench.modem_stats()["sends"] - self.sends_before
        payload = counts["up"] + counts["down"]
        headers = 2 * HEADER_BYTES * (counts["segments_up"] + counts["segments_down"])
        frames = counts["up"] / FRAME_BYTES
        first = f"{latencies[len(latencies) // 2]:.2f} / {latencies[-1]:.2f} ms" if latencies else "-"
        print(f"| {modem} | {name} | {writes} | {sends} | {writes / sends:.1f} | {frames / sends:.1f} |"
              f" {payload / writes:.1f} | {(payload + headers) / writes:.1f} | {first} |", flush=True)


def paced(client, per_second, pins):
    """Writes at that pace; when each was written."""
    times, began = [], time.perf_counter()
    for n in range(per_second * SECONDS):
        time.sleep(max(0.0, began + n / per_second - time.perf_counter()))
        times.append(time.perf_counter())
        assert client("SET", f"V{n % pins}", f"{n % 10000:04d}") == "OK"
    return times


def settled(tap):
    """What follows the login is no affair of the writes."""
    before = None
    while before != (before := dict(tap.counts)):
        time.sleep(0.5)


def sent(bench):
    wait_for(lambda: bench.link()["queue"] == 0, 120, "all to be sent")
    time.sleep(0.2)  # the last of it is still on the line


def until_first_byte(written, line):
    times = []
    for moment in written:
        at = bisect.bisect(line.times, moment)
        assert at < len(line.times), "a write that never left"
        times.append((line.times[at] - moment) * 1000)
    return sorted(times)


@contextlib.contextmanager
def tapped(modem, **options):
    with rig() as bench:
        bench.cloud("127.0.0.1:0", "--quota", "0", "--history", str(AT_ONCE + 10))
        with contextlib.closing(Tap(bench.cloud_address)) as tap:
            bench.cloud_address, cloud_address = tap.address, bench.cloud_address
            bench.modem(modem)
            bench.cloud_address = cloud_address
            with contextlib.closing(LineWatch(bench.folder / "tty")) as line:
                bench.daemon(modem, tty=line.path, modem__poll=0, **options)
                settled(tap)
                yield bench, tap, line


def run_load(modem, name, per_second, options):
    with tapped(modem, **options) as (bench, tap, line):
        client, load = bench.client(), Load(bench, tap)
        pins = PINS if "latest" in name else 1
        written = paced(client, per_second, pins)
        sent(bench)
        latencies = until_first_byte(written, line) if per_second == 1 else None
        load.row(modem, name, len(written), latencies)


def run_at_once(modem):
    with tapped(modem, limits__rate=0) as (bench, tap, _):
        client, load = bench.client(), Load(bench, tap)
        client.socket.sendall(b"".join(Resp.encode("SET", "V5", f"{n:04d}") for n in range(AT_ONCE)))
        for _ in range(AT_ONCE):
            assert client.reply() == "OK"
        sent(bench)
        name = f"all at once, rate 0; the limit allows {LIMITS[modem] / FRAME_BYTES:.1f} a send"
        load.row(modem, name, AT_ONCE, None)
        wait_for(lambda: len(bench.history("V5")) == AT_ONCE, 30, "all writes in the cloud")
        assert [int(entry["value"]) for entry in bench.history("V5")] == list(range(AT_ONCE)), "out of order"


def gathering():
    print(f"\n## What a write costs on the air ({SECONDS} s each, 115200 baud, 20 ms per command, {FRAME_BYTES}-byte"
          f" frames; headers estimated: {HEADER_BYTES} bytes a segment and as many for its ACK)\n"
          "| modem | load | writes | modem sends | writes a send | frames a send | TCP payload a write |"
          " bytes on the air a write | from SET to the first byte on the line, p50 / worst |"
          "\n|---|---|---|---|---|---|---|---|---|")
    for modem in LIMITS:
        for load in LOADS:
            run_load(modem, *load)
        run_at_once(modem)
