"""What is done to blynkd on the emulated machine, and what must come of it: one check after the other, each beginning
where the one before ended.
"""
import os
import re
import termios
import time

import harness
from guest import Guest
from harness import SERVER_NAME, TOKEN, wait_until

KEY_LINE, STATUS_LINE = 5, 6
PULSE_S = 1.0
SPEED = (57600, termios.B57600)  # not the default: it must come from the configuration
PORT = "/dev/serial/by-id/usb-QEMU_QEMU_USB_SERIAL_MODEM1-if00-port0"
SOCKET = "/run/blynkd/blynkd.sock"
LINK_S = 120


def as_user(command):
    """As a local program does it: not root, a member of the group blynkd."""
    return f"setpriv --reuid=sensor --regid=sensor --init-groups -- redis-cli -s {SOCKET} {command}"


class Story:
    def __init__(self, folder, system):
        self.folder, self.system = folder, system
        self.cloud = self.modem = self.guest = None
        self.certs = harness.make_certs(folder)

    def checks(self):
        return [self.boot, self.install, self.allow_gpio, self.press_key, self.pins, self.unplug, self.replug_at_once,
                self.nothing_held, self.stop]

    # ---- asking and telling ----

    def link(self):
        words = self.guest.run(as_user("LINK")).splitlines()
        return dict(zip(words[::2], words[1::2]))

    def wait_online(self, deadline_s=LINK_S):
        wait_until(lambda: self.link()["state"] == "ONLINE", "the link", deadline_s)

    def settings(self):
        settings = harness.default_settings("/run/blynkd", TOKEN)
        harness.merge(settings, {
            "modem": {"port": PORT, "baud": SPEED[0], "command_gap": None},
            "power": {"pwrkey": f"gpiochip0:{KEY_LINE}", "status": f"gpiochip0:{STATUS_LINE}",
                      "pulse": f"{PULSE_S:.0f}s"},
            # TLS, as it is without a word; and the patience that an emulated processor needs.
            "blynk": {"server": SERVER_NAME, "tls": None, "ca_file": "/etc/blynkd/ca.pem", "heartbeat": "10s",
                      "grace": "15s", "connect_timeout": "30s", "login_timeout": "20s"},
            "socket": {"path": None, "mode": None, "group": None},
            "daemon": {"state_dir": None}})
        path = self.folder / "blynkd.conf"
        harness.write_settings(path, settings)
        return path.read_text()

    def put(self, path, text, mode):
        assert "EOF-OF-FILE" not in text
        self.guest.run(f"umask 077; cat >{path}.new <<'EOF-OF-FILE'\n{text}\nEOF-OF-FILE\n"
                       f"chgrp blynkd {path}.new; chmod {mode} {path}.new; mv {path}.new {path}")

    def numbers(self, pin):
        return [int(values[0] if isinstance(values, list) else values) for values in self.cloud.values(pin)]

    # ---- the checks ----

    def boot(self):
        """Debian's arm64 kernel and systemd start; the USB adapter is a serial port"""
        self.cloud = harness.Cloud(self.folder, options=harness.tls_options(self.certs))
        self.modem = harness.Modem(self.folder, "sim800", self.cloud, baud=SPEED[0], options=(
            "--route", f"{SERVER_NAME}:443={self.cloud.tls_address}"))
        self.modem.control("power off")
        self.guest = Guest(self.folder, self.system, self.modem.tty, self.folder / "payload.tar")
        guest = self.guest
        assert guest.run("uname -m") == "aarch64"
        guest.wait_for(f"test -c {PORT}", "the serial port")
        assert guest.run("basename $(readlink -f /sys/class/tty/ttyUSB0/device/driver)") == "ftdi_sio"
        assert guest.run("stat -c '%U:%G %a' /dev/ttyUSB0") == "root:dialout 660"
        kernel = guest.run("uname -r")
        return f"Linux {kernel}, {guest.boot_s:.0f} s from power on to the first command"

    def install(self):
        """dpkg installs the package, and refuses nothing of what it depends on"""
        guest = self.guest
        guest.run("cd /tmp && tar xf /dev/vdb && dpkg -i blynkd.deb", 120)
        assert guest.run("dpkg-query -W -f '${Status} ${Architecture}' blynkd") == "install ok installed arm64"
        guest.run("useradd --system --user-group --groups blynkd sensor")
        self.put("/etc/blynkd/ca.pem", (self.certs / "ca.pem").read_text(), "644")
        self.put("/etc/blynkd/blynkd.conf", self.settings(), "640")
        guest.run("setpriv --reuid=blynkd --regid=blynkd --init-groups -- blynkd --check-config")
        return guest.run("blynkd --version")

    def allow_gpio(self):
        """GPIO as the example drop-in says, on a plain Debian"""
        guest = self.guest
        example = guest.run("dpkg -L blynkd | grep -E '/gpio-power\\.conf$'")
        rule = re.search(r'^#\s+(SUBSYSTEM=="gpio".*)$', guest.run(f"cat {example}"), re.M).group(1)
        guest.run("groupadd --system gpio; mkdir -p /etc/systemd/system/blynkd.service.d /etc/udev/rules.d\n"
                  f"cp {example} /etc/systemd/system/blynkd.service.d/\n"
                  f"cat >/etc/udev/rules.d/60-gpio.rules <<'EOF'\n{rule}\nEOF\n"
                  "udevadm control --reload && udevadm trigger --settle --subsystem-match=gpio && "
                  "systemctl daemon-reload")
        assert guest.run("stat -c '%U:%G %a' /dev/gpiochip0") == "root:gpio 660"

    def wait_key(self, high, what, deadline_s):
        """When it came; looks often, because the time between two of them is measured."""
        end = time.monotonic() + deadline_s
        while self.guest.line_is_high(KEY_LINE) != high:
            assert time.monotonic() < end, f"waited in vain for: {what}"
            time.sleep(0.005)
        return time.monotonic()

    def switch_modem_on(self):
        """The wires: the key is the modem's, and the modem's status output is an input line of the board."""
        self.modem.control("power on")
        self.guest.drive(STATUS_LINE, True)

    def press_key(self):
        """The modem is off: blynkd presses its power key, a GPIO line, and brings the link up"""
        guest = self.guest
        assert not guest.line_is_driven(KEY_LINE) and not guest.line_is_high(KEY_LINE)
        begin = time.monotonic()
        guest.run("systemctl enable blynkd; systemctl start --no-block blynkd")
        pressed = self.wait_key(True, "a press of the power key", LINK_S)
        self.switch_modem_on()
        released = self.wait_key(False, "its end", PULSE_S + 10)
        pressed_s, key_s = released - pressed, released - begin
        assert PULSE_S * 0.8 <= pressed_s <= PULSE_S * 2, pressed_s
        assert guest.line_is_driven(KEY_LINE)
        info = guest.run(f"gpioinfo gpiochip0 | grep -E 'line +{KEY_LINE}:'")
        assert re.search(r'"blynkd"\s+output\s+active-high\s+\[used\]', info), info
        info = guest.run(f"gpioinfo gpiochip0 | grep -E 'line +{STATUS_LINE}:'")
        assert re.search(r'"blynkd"\s+input\s+active-high\s+\[used\]', info), info
        guest.wait_for("systemctl is-active blynkd", "the service")
        self.wait_online()
        online_s = time.monotonic() - begin
        fd = os.open(self.modem.tty, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
        speed = termios.tcgetattr(fd)[5]
        os.close(fd)
        assert speed == SPEED[1], f"the adapter was not told the speed of the configuration: {speed}"
        self.held_before = self.ports_held()
        tls = [entry for entry in self.cloud.connections() if entry.get("tls")]
        assert tls, self.cloud.connections()
        return (f"key pressed for {pressed_s:.2f} s, let go {key_s:.1f} s after the start of the service; "
                f"online after {online_s:.1f} s at {SPEED[0]} baud")

    def pins(self):
        """A local program writes a pin that arrives; one that the cloud writes arrives there"""
        assert self.guest.run(as_user("SET V5 21.5")) == "OK"
        self.cloud.wait_for("V5", "21.5")
        self.cloud.update("V6", "from-above")
        self.guest.wait_for(f"[ \"$({as_user('GET V6')})\" = from-above ]", "the cloud's value")

    def start_writer(self, pin):
        """Counts upwards until it is told to stop; remembers what was answered with OK."""
        self.guest.run(f"""rm -f /tmp/stop-{pin}; cat >/tmp/writer-{pin} <<'EOF'
n=0
until [ -e /tmp/stop-{pin} ]; do
    [ "$(redis-cli -s {SOCKET} SET {pin} $((n + 1)))" = OK ] && n=$((n + 1)) && echo $n >/tmp/written-{pin}
    sleep 0.1
done
EOF
systemd-run --quiet --unit=writer-{pin} --property=SupplementaryGroups=blynkd bash /tmp/writer-{pin}""")

    def stop_writer(self, pin):
        return int(self.guest.wait_for(f"touch /tmp/stop-{pin}; ! systemctl is-active --quiet writer-{pin} && "
                                       f"cat /tmp/written-{pin}", "the end of the writer"))

    def all_arrived(self, pin):
        count = self.stop_writer(pin)
        wait_until(lambda: len(set(self.numbers(pin))) >= count, f"all {count} values of {pin}", LINK_S)
        arrived = harness.first_occurrences(self.numbers(pin))
        assert arrived == list(range(1, count + 1)), arrived
        return count

    def main_pid(self):
        return self.guest.run("systemctl show -P MainPID -P NRestarts blynkd")

    def unplug(self):
        """The adapter is unplugged while a program writes; plugged in again the link comes back, nothing is lost"""
        guest, before = self.guest, self.main_pid()
        self.start_writer("V7")
        wait_until(lambda: len(self.numbers("V7")) >= 5, "the first values")
        guest.unplug()
        guest.wait_for("! test -e /dev/ttyUSB0", "the port's end")
        wait_until(lambda: self.link()["state"] != "ONLINE", "blynkd's notice", 30)
        why = self.link()["why"]
        written = int(guest.run("cat /tmp/written-V7"))
        wait_until(lambda: int(guest.run("cat /tmp/written-V7")) >= written + 5, "writes accepted without a port")
        assert len(set(self.numbers("V7"))) <= written + 1
        begin = time.monotonic()
        guest.plug()
        self.wait_online()
        online_s = time.monotonic() - begin
        count = self.all_arrived("V7")
        assert self.main_pid() == before, "blynkd was started anew"
        return f"online {online_s:.1f} s after the replug, {count} values in order; unplugged it said: {why}"

    def replug_at_once(self):
        """Unplugged and plugged in at once, as a loose contact does it"""
        guest, before = self.guest, self.main_pid()
        logins = self.cloud.frames()["logins"]
        self.start_writer("V8")
        wait_until(lambda: len(self.numbers("V8")) >= 3, "the first values")
        for _ in range(3):
            guest.unplug()
            guest.plug()
        begin = time.monotonic()
        wait_until(lambda: self.cloud.frames()["logins"] > logins, "a new login", LINK_S)
        self.wait_online()
        online_s = time.monotonic() - begin
        count = self.all_arrived("V8")
        assert self.main_pid() == before, "blynkd was started anew"
        port = guest.run(f"readlink -f {PORT}")
        return f"online {online_s:.1f} s later on {port}, {count} values in order"

    def ports_held(self):
        return self.guest.run("ls -l /proc/$(systemctl show -P MainPID blynkd)/fd | grep -o '/dev/ttyUSB.*'")

    def nothing_held(self):
        """Of the ports that went away blynkd holds none, and the one that is there as before"""
        held = self.ports_held()
        assert held.count("/dev/") == self.held_before.count("/dev/") > 0, (self.held_before, held)
        assert set(held.splitlines()) == {self.guest.run(f"readlink -f {PORT}")}, held

    def stop(self):
        """The service ends in order and lets go of the lines; the machine goes down"""
        guest = self.guest
        guest.run("systemctl stop blynkd")
        assert guest.run("systemctl show -P Result -P NRestarts blynkd").split() == ["success", "0"]
        assert not guest.line_is_high(KEY_LINE)
        assert "blynkd" not in guest.run("gpioinfo gpiochip0")
        self.save_journal()
        guest.power_off()
        self.modem.stop()
        self.cloud.stop()

    # ---- the end ----

    def save_journal(self):
        text = self.guest.run("journalctl -b --no-pager -t blynkd -t systemd -t kernel -o short-monotonic", 60)
        (self.folder / "journal.log").write_text(text + "\n")

    def last_words(self):
        if self.guest is not None and self.guest.program.running():
            try:
                self.save_journal()
            except (AssertionError, OSError, ValueError) as error:
                print(f"no journal: {error}")
        return "\n".join(f"----- {path.name}\n" + "\n".join(path.read_text(errors="replace").splitlines()[-60:])
                         for path in sorted(self.folder.glob("*.log")))

    def end(self):
        for part in (self.guest, self.modem, self.cloud):
            if part is not None:
                part.kill()
