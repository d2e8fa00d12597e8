"""The emulated machine: an arm64 board with a real USB controller, a USB serial adapter and GPIO lines, its monitor,
and a channel through which commands are run in it. Every wait has a deadline.
"""
import base64
import json
import pathlib
import re
import socket
import subprocess
import time

import harness
from harness import wait_until

BOOT_S = 240
# Registers of the board's GPIO controller (Arm PL061): data, all lines at once, and direction.
GPIO_DATA, GPIO_DIRECTION = 0x9030000 + 0x3fc, 0x9030000 + 0x400


class LineSocket:
    """Lines over a Unix socket, with a deadline for each."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(path))
        self.rest = b""

    def send(self, line):
        self.socket.sendall(line.encode() + b"\n")

    def receive(self, deadline_s):
        end = time.monotonic() + deadline_s
        while b"\n" not in self.rest:
            self.socket.settimeout(max(end - time.monotonic(), 0.01))
            try:
                got = self.socket.recv(65536)
            except TimeoutError:
                raise AssertionError(f"no answer within {deadline_s} s") from None
            assert got, "the emulated machine has ended"
            self.rest += got
        line, self.rest = self.rest.split(b"\n", 1)
        return line.decode(errors="replace")

    def close(self):
        self.socket.close()


class Guest:
    def __init__(self, folder, system, modem_tty, payload):
        """`payload` is a tar file, which the machine sees as its second disk."""
        self.folder = pathlib.Path(folder)
        overlay = self.folder / "disk.qcow2"
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", system / "disk.img", overlay],
                       check=True)
        self.events = []  # of the monitor, since somebody last cared
        self.console = self.folder / "console.log"
        self.begin = time.monotonic()
        self.program = harness.Program("qemu", folder, [
            "qemu-system-aarch64", "-machine", "virt", "-cpu", "cortex-a53", "-smp", "2", "-m", "512",
            "-accel", "tcg,thread=multi", "-nodefaults", "-no-reboot", "-display", "none",
            "-kernel", system / "vmlinuz", "-initrd", system / "initrd",
            "-append", "console=ttyAMA0 panic=-1 systemd.show_status=no loglevel=4",
            "-serial", f"file:{self.console}",
            "-drive", f"file={overlay},format=qcow2,if=none,id=disk,cache=unsafe",
            "-device", "virtio-blk-pci,drive=disk",
            "-drive", f"file={payload},format=raw,if=none,id=payload,readonly=on",
            "-device", "virtio-blk-pci,drive=payload",
            "-device", "virtio-rng-pci", "-device", "virtio-serial-pci",
            "-chardev", f"socket,id=agent,path={self.folder}/agent,server=on,wait=off",
            "-device", "virtserialport,chardev=agent,name=blynkd.vm",
            "-qtest", f"unix:{self.folder}/wires,server=on,wait=off", "-qtest-log", "none",
            "-qmp", f"unix:{self.folder}/monitor,server=on,wait=off",
            "-device", "qemu-xhci,id=usb",
            # The host's terminal itself, not a socket: the speed that the guest sets is set on it.
            "-chardev", f"serial,id=modem,path={modem_tty}",
            *self.adapter_option()])
        try:
            self.connect()
        except BaseException:
            self.kill()
            raise

    @staticmethod
    def adapter_option():
        return ["-device", "usb-serial,chardev=modem,id=adapter,serial=MODEM1,bus=usb.0,always-plugged=on"]

    def connect(self):
        def reachable():
            assert self.program.running(), self.program.log()
            return (self.folder / "monitor").exists() and (self.folder / "agent").exists()
        wait_until(reachable, "qemu", 20)
        self.monitor = LineSocket(self.folder / "monitor")
        self.monitor.receive(10)
        self.ask("qmp_capabilities")
        parts = self.ask("qom-list", path="/machine/unattached")
        [self.gpio] = [f"/machine/unattached/{part['name']}" for part in parts if part["type"] == "child<pl061>"]
        self.wires = LineSocket(self.folder / "wires")
        self.agent = LineSocket(self.folder / "agent")
        assert self.agent.receive(BOOT_S) == "ready"
        self.boot_s = time.monotonic() - self.begin

    # ---- the monitor ----

    def ask(self, command, **arguments):
        self.monitor.send(json.dumps({"execute": command, "arguments": arguments}))
        while True:
            answer = json.loads(self.monitor.receive(15))
            assert "error" not in answer, f"{command}: {answer['error']}"
            if "return" in answer:
                return answer["return"]
            self.events.append(answer)

    def unplug(self):
        self.events.clear()
        self.ask("device_del", id="adapter")
        while not any(event["event"] == "DEVICE_DELETED" for event in self.events):
            self.events.append(json.loads(self.monitor.receive(15)))

    def plug(self):
        self.ask("device_add", driver="usb-serial", chardev="modem", id="adapter", serial="MODEM1",
                 bus="usb.0", **{"always-plugged": True})

    def register(self, address):
        """What stands in a register of the board, read from outside of the system that runs on it."""
        answer = self.ask("human-monitor-command", **{"command-line": f"xp /1xb {address:#x}"})
        return int(re.search(r": (0x[0-9a-f]+)", answer).group(1), 16)

    def drive(self, line, high):
        """Puts a level on an input line, as a wire from another part does."""
        self.wires.send(f"set_irq_in {self.gpio} unnamed-gpio-in {line} {int(high)}")
        assert self.wires.receive(10) == "OK"

    def line_is_driven(self, line):
        return bool(self.register(GPIO_DIRECTION) >> line & 1)

    def line_is_high(self, line):
        return bool(self.register(GPIO_DATA) >> line & 1)

    # ---- commands ----

    def run(self, command, deadline_s=60, check=True):
        """Runs it as root with bash; answers what it printed, with check=False (status, what it printed)."""
        self.agent.send(base64.b64encode(command.encode()).decode())
        status, output = self.agent.receive(deadline_s).split(" ", 1)
        text = base64.b64decode(output).decode(errors="replace").rstrip("\n")
        if not check:
            return int(status), text
        assert status == "0", f"{command!r} ended with {status}:\n{text}"
        return text

    def wait_for(self, command, what, deadline_s=60):
        """Until the command ends with 0; answers what it printed then."""
        def done():
            status, text = self.run(command, check=False)
            return (text or True) if status == 0 else None
        return wait_until(done, what, deadline_s)

    def power_off(self, deadline_s=60):
        self.agent.send(base64.b64encode(b"systemctl poweroff --no-block").decode())
        self.program.process.wait(deadline_s)
        assert self.program.process.returncode == 0, self.program.log()

    def kill(self):
        self.program.kill()
