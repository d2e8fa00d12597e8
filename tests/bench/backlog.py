"""A million writes that wait: what they cost in memory and time while they come, at a start, and when they leave."""
import os
import signal
import threading
import time

from rig import Resp, rig, wait_for

PINS = 100
BLOCK = 500  # SETs in one pipeline
MEMORY_HALF_FULL = 5000  # of [outbox] max_messages, 10000
LINK = {"network__uplink": "host", "blynk__retry_first": "1s", "blynk__retry_max": "1s", "limits__rate": 0,
        "outbox__max_rows": 1200000, "outbox__max_size": "1G", "socket__mode": "0600"}


def resident_mib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) / 1024


def cpu_s(pid):
    """Of all threads, in ns: the ticks of /proc/PID/stat are samples, and miss what runs for microseconds."""
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/schedstat", encoding="ascii") as file:
            total += int(file.read().split()[0])
    return total / 1e9


def spool(client):
    lines = (line.split(":", 1) for line in client("INFO", "spool").splitlines() if ":" in line)
    return {key: int(value) for key, value in lines if value.isdigit()}


def in_memory(client):
    info = spool(client)
    return info["waiting"] - info["on_disk_only"]


class Writer:
    """Numbers go round the pins, so that any that is lost, doubled or out of order shows."""

    def __init__(self, client):
        self.client, self.count, self.held_up = client, 0, 0

    def block(self, size):
        first, self.count = self.count, self.count + size
        self.client.socket.sendall(b"".join(
            Resp.encode("SET", f"V{n % PINS}", n) for n in range(first, self.count)))
        for _ in range(size):
            assert self.client.reply() == "OK"

    def until(self, count):
        """Faster than the disk nobody can write for long: a program that looks waits until there is room."""
        while self.count < count:
            while in_memory(self.client) > MEMORY_HALF_FULL:
                self.held_up += 1
                time.sleep(0.005)
            self.block(min(BLOCK, count - self.count))

    def latencies(self, samples):
        """One SET after the other."""
        times = []
        for _ in range(samples):
            began = time.perf_counter()
            self.block(1)
            times.append((time.perf_counter() - began) * 1000)
        times.sort()
        return times[samples // 2], times[samples * 99 // 100]


def write_all(bench, writer, points, samples):
    pid, client = bench.daemon_pid(), writer.client
    for point in points:
        began, cpu, rows = time.monotonic(), cpu_s(pid), max(1, point - writer.count)
        writer.until(point)
        rate = rows / (time.monotonic() - began)
        wait_for(lambda: in_memory(client) <= 2500 or writer.count == 0, 60, "the disk")
        cost = (cpu_s(pid) - cpu) * 1e6 / rows
        p50, p99 = writer.latencies(samples)
        size = spool(client)["file_bytes"] / 1048576
        steady = f"{rate:,.0f} | {cost:.1f} ms" if point else "- | -"
        print(f"| {point:,} | {resident_mib(pid):.1f} MiB | {steady} | {p50:.2f} ms | {p99:.2f} ms |"
              f" {size:.1f} MiB |", flush=True)


def start_again(bench, how, options, rows):
    """Stops the daemon or kills it, and starts it again."""
    began = time.monotonic()
    if how == "stop":
        bench.stop("daemon")
    else:
        killed = bench.processes.pop("daemon")
        killed.send_signal(signal.SIGKILL)
        killed.wait()
    ended = time.monotonic()
    (bench.folder / "sock").unlink(missing_ok=True)
    bench.daemon("auto", online=False, **options)
    client = bench.client()
    assert client("PING") == "PONG"
    answered = time.monotonic()
    wait_for(lambda: spool(client)["rows"] >= rows, 60, "the rows to be known")
    known = time.monotonic()
    print(f"| {how} | {ended - began:.2f} s | {(answered - ended) * 1000:.0f} ms | {(known - ended) * 1000:.0f} ms |"
          f" {resident_mib(bench.daemon_pid()):.1f} MiB |", flush=True)
    return client


class Watch:
    """Looks at the daemon while something goes on."""

    def __init__(self, bench):
        self.client, self.pid = bench.client(), bench.daemon_pid()
        self.most_mib, self.slowest_ms, self.over = 0.0, 0.0, threading.Event()
        self.thread = threading.Thread(target=self.look)
        self.thread.start()

    def look(self):
        while not self.over.wait(0.05):
            began = time.perf_counter()
            spool(self.client)
            self.slowest_ms = max(self.slowest_ms, (time.perf_counter() - began) * 1000)
            self.most_mib = max(self.most_mib, resident_mib(self.pid))

    def end(self):
        self.over.set()
        self.thread.join()


def commits_end(client):
    """Confirmed rows are deleted from the file at intervals of 2 s."""
    before = -1
    while before != (before := spool(client)["commits"]):
        time.sleep(2.5)


def check_order(bench, count):
    for pin in range(PINS):
        values = [int(entry["value"]) for entry in bench.history(f"V{pin}")]
        assert values == list(range(pin, count, PINS)), f"V{pin}: lost, doubled or out of order"


def replay(bench, client, count, address):
    bench.cloud(address, "--quota", "0", "--history", str(count + 10))
    watch, cpu = Watch(bench), cpu_s(bench.daemon_pid())
    wait_for(lambda: spool(client)["confirmed"], 60, "the first to be confirmed")
    began = time.monotonic()
    wait_for(lambda: spool(client)["waiting"] == 0, 1800, "all to be sent")
    took = time.monotonic() - began
    assert client("BLYNK.FLUSH", 60000) == 0
    commits_end(client)
    watch.end()
    cost = (cpu_s(bench.daemon_pid()) - cpu) * 1e6 / count
    check_order(bench, count)
    print(f"| {count:,} | {count / took:,.0f} | {cost:.1f} ms | {watch.most_mib:.1f} MiB |"
          f" {watch.slowest_ms:.1f} ms |", flush=True)


def case(durability, points, samples):
    print(f"\n### durability = {durability}\n| rows waiting | RSS | accepted/s | CPU a 1000 rows | SET p50 | SET p99 |"
          " file |\n|---|---|---|---|---|---|---|")
    with rig() as bench:
        bench.cloud("127.0.0.1:0", "--quota", "0")
        address = bench.cloud_address
        bench.stop("cloud")
        options = {**LINK, "blynk__server": address, "outbox__durability": durability}
        bench.daemon("auto", online=False, **options)
        writer = Writer(bench.client())
        write_all(bench, writer, points, samples)
        print("\n| start after | to end | PING answered after | rows known after | RSS then |\n|---|---|---|---|---|")
        client = start_again(bench, "stop", options, writer.count)
        client = start_again(bench, "kill -9", options, writer.count)
        print("\n| rows sent | a second | CPU a 1000 rows | RSS at most | INFO spool at most |\n|---|---|---|---|---|")
        replay(bench, client, writer.count, address)


def backlog(most=None):
    most = most or int(os.environ.get("BLYNKD_BENCH_ROWS", "1000000"))
    print(f"\n## {most:,} writes that wait, without a link (host's network; pipelines of {BLOCK}, rate limit lifted;"
          " the file on the disk of the temporary folder)")
    points = [point for point in (0, 10000, 100000, 500000, 1000000) if point < most] + [most]
    case("offline", points, 1000)
    case("always", points, 300)
