"""What stands between two parts of the rig to see what passes: on the serial line, and on the way to the cloud."""
import os
import select
import selectors
import socket
import threading
import time
import tty


class Relay:
    """Stands between the simulated modem and the daemon, so that the first byte on the line can be timed."""

    def __init__(self, modem_tty):
        self.daemon_side, slave = os.openpty()
        tty.setraw(slave)
        self.slave, self.path = slave, os.ttyname(slave)
        self.modem_side = os.open(modem_tty, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self.modem_side)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.daemon_side, selectors.EVENT_READ, self.modem_side)
        self.selector.register(self.modem_side, selectors.EVENT_READ, self.daemon_side)

    def turn(self, seconds):
        """Relays what there is; True when the daemon has sent something."""
        from_daemon = False
        for key, _ in self.selector.select(seconds):
            os.write(key.data, os.read(key.fd, 4096))
            from_daemon |= key.fd == self.daemon_side
        return from_daemon

    def close(self):
        self.selector.close()
        for fd in (self.daemon_side, self.slave, self.modem_side):
            os.close(fd)

    def run(self, seconds):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.turn(max(0.0, until - time.monotonic()))


class LineWatch:
    """A Relay with a thread of its own that notes when the daemon sends."""

    def __init__(self, modem_tty):
        self.relay, self.over, self.times = Relay(modem_tty), threading.Event(), []
        self.path = self.relay.path
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()

    def watch(self):
        while not self.over.is_set():
            if self.relay.turn(0.1):
                self.times.append(time.perf_counter())

    def close(self):
        self.over.set()
        self.thread.join()
        self.relay.close()


class Tap:
    """On the way from the modem to the cloud: counts what TCP carries. What is read at once was one segment."""

    def __init__(self, cloud_address):
        host, port = cloud_address.rsplit(":", 1)
        self.cloud = (host, int(port))
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.over, self.counts = threading.Event(), {"up": 0, "down": 0, "segments_up": 0, "segments_down": 0}
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        while not self.over.is_set():
            if select.select([self.listener], [], [], 0.1)[0]:
                with self.listener.accept()[0] as modem, socket.create_connection(self.cloud) as cloud:
                    for end in (modem, cloud):
                        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    self.carry(modem, cloud)

    def carry(self, modem, cloud):
        while not self.over.is_set():
            for end in select.select([modem, cloud], [], [], 0.1)[0]:
                data = end.recv(65536)
                if not data:
                    return
                way = "up" if end is modem else "down"
                self.counts[way] += len(data)
                self.counts["segments_" + way] += 1
                (cloud if end is modem else modem).sendall(data)

    def close(self):
        self.over.set()
        self.thread.join()
        self.listener.close()
