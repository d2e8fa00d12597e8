"""What a write costs on the air, and whether what waits leaves together: at few writes a second and at many, readable
and encrypted."""
import bisect
import contextlib
import subprocess
import time

from relay import LineWatch, Tap
from rig import BUILD, Resp, rig, wait_for

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
ENCRYPTED_LOADS = (("1/s", 1), ("100/s, rate 0", 100))


class Load:
    """Counters before and after."""

    def __init__(self, bench, tap):
        self.bench, self.tap = bench, tap
        self.before, self.sends_before = dict(tap.counts), bench.modem_stats()["sends"]

    def used(self):
        """What went up, both ways' payload and what it takes on the air, in bytes; and the modem's sends."""
        counts = {key: value - self.before[key] for key, value in self.tap.counts.items()}
        payload = counts["up"] + counts["down"]
        headers = 2 * HEADER_BYTES * (counts["segments_up"] + counts["segments_down"])
        return counts["up"], payload, payload + headers, self.bench.modem_stats()["sends"] - self.sends_before

    def row(self, modem, name, writes, latencies):
        up, payload, on_air, sends = self.used()
        frames = up / FRAME_BYTES
        first = f"{latencies[len(latencies) // 2]:.2f} / {latencies[-1]:.2f} ms" if latencies else "-"
        print(f"| {modem} | {name} | {writes} | {sends} | {writes / sends:.1f} | {frames / sends:.1f} |"
              f" {payload / writes:.1f} | {on_air / writes:.1f} | {first} |", flush=True)


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


@contextlib.contextmanager
def tapped_encrypted(modem, version):
    """The same with that version of TLS; None: without."""
    with rig() as bench:
        certs = bench.folder / "certs"
        subprocess.run([BUILD / "blynksim", "certs", certs, "--name", "blynk.cloud"], check=True, capture_output=True)
        bench.cloud("127.0.0.1:0", "--quota", "0", "--history", str(AT_ONCE), "--tls-cert", certs / "good.pem",
                    "--tls-key", certs / "good.key", "--tls-max", version or "1.3")
        wait_for(lambda: "ready tls: " in bench.log("cloud"), 15, "the cloud's TLS")
        target = bench.log("cloud").split("ready tls: ")[1].split()[0] if version else bench.cloud_address
        server = "blynk.cloud:443" if version else "blynk.cloud:8080"
        options = {"blynk__tls": "yes", "blynk__ca_file": certs / "ca.pem"} if version else {}
        with contextlib.closing(Tap(target)) as tap:
            bench.modem(modem, "--route", f"{server}={tap.address}")
            bench.daemon(modem, modem__poll=0, limits__rate=0, blynk__server=server, **options)
            assert bench.link()["encryption"].startswith(f"TLS {version}" if version else "none")
            settled(tap)
            yield bench, tap


def encryption():
    print(f"\n## What TLS costs a write ({SECONDS} s each, sim800, {FRAME_BYTES}-byte frames, headers estimated as"
          " above)\n"
          "| load | TLS | writes | modem sends | TCP payload a write | bytes on the air a write |"
          "\n|---|---|---|---|---|---|")
    for name, per_second in ENCRYPTED_LOADS:
        for version in (None, "1.2", "1.3"):
            with tapped_encrypted("sim800", version) as (bench, tap):
                client, load = bench.client(), Load(bench, tap)
                written = len(paced(client, per_second, 1))
                sent(bench)
                _, payload, on_air, sends = load.used()
                print(f"| {name} | {version or 'no'} | {written} | {sends} | {payload / written:.1f} |"
                      f" {on_air / written:.1f} |", flush=True)
