"""Many local programs that each listen to many pins, while Blynk writes a thousand times a second."""
import multiprocessing
import os
import select
import socket
import time

from backlog import cpu_s, resident_mib
from rig import Resp, rig, wait_for

CLIENTS = 200
PINS_EACH = 50
PINS = 128
PER_SECOND = 1000
SECONDS = 10
SLOW_CLIENTS = 5
STAMP = "%06d-%015d"  # number of the message, ns of the monotonic clock when the cloud was told to send it


def pins_of(client):
    """Evenly spread, so that each pin has the same number of listeners (to within one)."""
    return [(client * PINS_EACH + n) % PINS for n in range(PINS_EACH)]


def subscribe(path, pins):
    resp = Resp(path)
    resp.socket.sendall(resp.encode("SUBSCRIBE", *(f"V{pin}" for pin in pins)))
    for _ in pins:
        resp.reply()
    return resp


def hear(path, ready, seconds, results):
    """Only takes down what arrives and when; it is looked at afterwards, for a slow listener would measure itself."""
    clients = [subscribe(path, pins_of(n)).socket for n in range(CLIENTS)]
    epoll, heard, sockets = select.epoll(), [], {client.fileno(): client for client in clients}
    for fd in sockets:
        epoll.register(fd, select.EPOLLIN)
    ready.set()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for fd, _ in epoll.poll(0.1):
            data = os.read(fd, 65536)
            heard.append((time.monotonic_ns(), fd, data))
    results.send(judge(heard, list(sockets)))


def judge(heard, order):
    """Latencies, and for each client the numbers of the messages that it got."""
    rest, numbers, latencies = dict.fromkeys(order, b""), {fd: [] for fd in order}, []
    for moment, fd, data in heard:
        lines = (rest[fd] + data).split(b"\r\n")
        whole = (len(lines) - 1) // 7 * 7
        rest[fd] = b"\r\n".join(lines[whole:])
        for value in lines[6:whole:7]:
            numbers[fd].append(int(value[:6]))
            latencies.append((moment - int(value[7:])) / 1e6)
    return latencies, [numbers[fd] for fd in order]


def tell_cloud(bench, count):
    """The simulated cloud writes as an app would; what it is told carries its time."""
    control = socket.socket(socket.AF_UNIX)
    control.connect(str(bench.folder / "cloud.ctl"))
    began = time.monotonic()
    for n in range(count):
        time.sleep(max(0.0, began + n / PER_SECOND - time.monotonic()))
        control.sendall(f"write V{n % PINS} {STAMP % (n, time.monotonic_ns())}\n".encode())
        if n % 64 == 63:
            control.recv(65536)
    return count / (time.monotonic() - began)


def check(numbers, count):
    """Nothing lost, nothing twice, in order."""
    for client, got in enumerate(numbers):
        pins = set(pins_of(client))
        assert got == [n for n in range(count) if n % PINS in pins], f"client {client}: lost, doubled or out of order"


def slow_ones(bench, number):
    """They subscribe to all and never read."""
    return [subscribe(bench.folder / "sock", range(PINS)) for _ in range(number)]


def closed_as_slow(bench):
    lines = bench.client()("INFO", "stats").splitlines()
    return int(next(line.split(":")[1] for line in lines if line.startswith("slow_clients_closed")))


def run(slow):
    with rig() as bench:
        bench.cloud("127.0.0.1:0", "--quota", "0", "--control", str(bench.folder / "cloud.ctl"))
        bench.daemon("auto", network__uplink="host", blynk__server=bench.cloud_address,
                     socket__max_clients=CLIENTS + slow + 10)
        ready, (ours, theirs) = multiprocessing.Event(), multiprocessing.Pipe()
        listener = multiprocessing.Process(target=hear, args=(bench.folder / "sock", ready, SECONDS + 3, theirs))
        listener.start()
        assert ready.wait(30), "the listeners are not there"
        lazy, cpu = slow_ones(bench, slow), cpu_s(bench.daemon_pid())
        rate = tell_cloud(bench, PER_SECOND * SECONDS)
        busy = (cpu_s(bench.daemon_pid()) - cpu) / SECONDS
        mib = resident_mib(bench.daemon_pid())
        latencies, numbers = ours.recv()
        listener.join()
        check(numbers, PER_SECOND * SECONDS)
        wait_for(lambda: closed_as_slow(bench) == len(lazy), 10, "the slow ones to be closed, and nobody else")
        latencies.sort()
        print(f"| {slow} | {rate:.0f} | {len(latencies) / SECONDS:,.0f} | {latencies[len(latencies) // 2]:.2f} ms |"
              f" {latencies[len(latencies) * 99 // 100]:.2f} ms | {latencies[-1]:.1f} ms | {100 * busy:.0f} % |"
              f" {mib:.1f} MiB |", flush=True)


def fanout():
    print(f"\n## {CLIENTS} local clients with {PINS_EACH} of {PINS} pins each, so {CLIENTS * PINS_EACH / PINS:.0f} for each"
          f" pin; {SECONDS} s of {PER_SECOND} messages/s from the cloud over the host's network\n"
          "| clients more that never read | messages/s | delivered/s | cloud to client p50 | p99 | worst | CPU of blynkd |"
          " RSS |\n|---|---|---|---|---|---|---|---|")
    run(0)
    run(SLOW_CLIENTS)
