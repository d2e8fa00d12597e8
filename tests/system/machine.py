"""A Debian system with systemd in a container of its own, with blynkd installed in it.

The root file system is made once by mmdebstrap and kept in build/system; each run has a copy. Nothing outlives the
process that started it, however that ends: systemd-nspawn is then told to shut the container down.
"""
import fcntl
import hashlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

import redis  # noqa: E402

from harness import BUILD, ROOT, Program, wait_until  # noqa: E402

CACHE = ROOT / "build/system"
SUITE = "bookworm"
# What systemd needs to run as it does on a Pi, and what blynkd is linked with; programs for a person beside them.
PACKAGES = ["systemd", "systemd-sysv", "udev", "dbus", "ca-certificates", "adduser", "redis-tools", "libuv1",
            "libserialport0", "libinih1", "libgpiod2", "libsqlite3-0", "libssl3", "libhiredis0.14", "libjansson4",
            "libncursesw6"]
NOT_NEEDED = ["/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*"]
SOCKET = "/run/blynkd/blynkd.sock"
TOOLS = {"systemd-nspawn": "systemd-container", "mmdebstrap": "mmdebstrap", "nsenter": "util-linux", "cmake": "cmake"}


def what_is_missing():
    """Why no machine can be made here; "" if one can."""
    if os.geteuid() != 0:
        return "needs root to start a container"
    missing = [package for tool, package in TOOLS.items() if not shutil.which(tool)]
    if missing:
        return f"not installed: {', '.join(missing)} (scripts/setup system)"
    # A container of somebody else's may not be allowed to begin one of its own.
    allowed = subprocess.run(["unshare", "--mount", "--pid", "--uts", "--ipc", "--net", "--fork", "mount", "-t", "tmpfs",
                              "none", "/mnt"], stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False)
    return "" if allowed.returncode == 0 else "this machine allows no container"


def make_base():
    """The root file system that all runs copy; made anew when what is wanted of it has changed."""
    CACHE.mkdir(parents=True, exist_ok=True)
    wanted = hashlib.sha256("\n".join([SUITE, *PACKAGES, *NOT_NEEDED]).encode()).hexdigest()[:12]
    base = CACHE / f"root-{wanted}"
    with open(CACHE / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two runs may want it at once
        remove_leftovers()
        if base.is_dir():
            return base
        for old in CACHE.glob("root-*"):
            shutil.rmtree(old)
        fresh = CACHE / "root-unfinished"
        subprocess.run(["mmdebstrap", "--quiet", "--variant=minbase", "--mode=root", f"--include={','.join(PACKAGES)}",
                        *(f"--dpkgopt=path-exclude={path}" for path in NOT_NEEDED), SUITE, fresh], check=True,
                       stdin=subprocess.DEVNULL, timeout=500, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
        fresh.rename(base)
    return base


def remove_leftovers():
    """Of runs that were killed before they could clean up."""
    for folder in CACHE.glob("run-*"):
        command = pathlib.Path("/proc", folder.name.split("-")[1], "cmdline")
        if not command.exists() or b"pytest" not in command.read_bytes():
            shutil.rmtree(folder, ignore_errors=True)


def install(root):
    """The package if one is given, else what `cmake --install` gives."""
    (root / "etc/hosts").write_text("127.0.0.1 localhost\n")  # the installer of Debian would have written it
    package = os.environ.get("BLYNKD_DEB")
    if package:
        shutil.copy(package, root / "tmp/blynkd.deb")
        subprocess.run(["chroot", root, "dpkg", "-i", "/tmp/blynkd.deb"], check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, timeout=120, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
        shutil.copy(BUILD / "blynksim", root / "usr/local/bin/blynksim")
    else:
        subprocess.run(["cmake", "--install", BUILD, "--prefix", "/usr"], check=True, stdout=subprocess.DEVNULL,
                       timeout=120, env={**os.environ, "DESTDIR": str(root)})


class Machine:
    """One container. `ttys`: PTYs of the host, and what they are called in there."""

    def __init__(self, ttys):
        # Without a systemd out here containers share one control group, and the services in them get in each other's
        # way: one at a time on this computer.
        self.turn = open("/run/lock/blynkd-system-test", "w", encoding="ascii")
        fcntl.flock(self.turn, fcntl.LOCK_EX)
        base = make_base()
        self.folder = CACHE / f"run-{os.getpid()}"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        self.root = self.folder / "root"
        self.program = self.leader = None
        try:
            subprocess.run(["cp", "-a", "--reflink=auto", base, self.root], check=True)
            install(self.root)
        except BaseException:
            self.close()
            raise
        self.ttys = {os.path.realpath(outside): inside for outside, inside in ttys.items()}
        for path in self.ttys:
            os.chmod(path, 0o660)
            shutil.chown(path, "root", "dialout")  # whose number is the same on all Debian systems: 20

    def boot(self):
        self.program = Program("machine", self.folder, [
            "setpriv", "--pdeathsig", "TERM", "systemd-nspawn", "--quiet", "--directory", self.root, "--boot", "--register=no", "--keep-unit",
            "--console=pipe", "--link-journal=no", "--private-network",
            *(f"--bind={outside}:{inside}" for outside, inside in self.ttys.items())])
        self.leader = wait_until(self.find_leader, "the container's first process", 20)
        wait_until(lambda: self.systemctl("is-system-running", check=False).stdout.strip() in ("running", "degraded"),
                   "the system in the container", 60)

    def find_leader(self):
        assert self.program.running(), f"systemd-nspawn ended:\n{self.program.log()[-3000:]}"
        for task in pathlib.Path("/proc", str(self.program.pid), "task").iterdir():
            for child in (task / "children").read_text().split():
                if pathlib.Path("/proc", child, "comm").read_text() == "systemd\n":
                    return int(child)
        return None

    # ---- what is done in there ----

    def command(self, *words):
        return ["nsenter", "-t", str(self.leader), "-m", "-p", "-n", "-u", "-i", "--", *map(str, words)]

    def run(self, *words, check=True, timeout=60):
        result = subprocess.run(self.command(*words), capture_output=True, text=True, timeout=timeout, check=False,
                                stdin=subprocess.DEVNULL)
        assert not check or result.returncode == 0, f"{words}: {result.returncode}\n{result.stdout}{result.stderr}"
        return result

    def systemctl(self, *words, **options):
        return self.run("systemctl", *words, **options)

    def show(self, name, unit="blynkd.service"):
        return self.systemctl("show", "--value", "-p", name, unit).stdout.strip()

    def status(self):
        """The words that a person sees in `systemctl status`."""
        return self.show("StatusText")

    def pid(self):
        """Of the daemon, as it is called out here."""
        inside = self.show("MainPID")
        for path in pathlib.Path("/proc").glob("[0-9]*/status"):
            try:
                words = dict(line.split(":", 1) for line in path.read_text().splitlines())
            except OSError:
                continue  # it has ended
            pids = words["NSpid"].split()
            if words["Name"].strip() == "blynkd" and len(pids) == 2 and pids[1] == inside and \
                    os.readlink(path.parent / "ns/pid") == os.readlink(f"/proc/{self.leader}/ns/pid"):
                return int(path.parent.name)
        raise AssertionError(f"no process of the service is {inside}")

    def journal(self, unit="blynkd.service"):
        return self.run("journalctl", "--no-pager", "-o", "short-monotonic", "-u", unit).stdout

    # ---- files, seen from out here ----

    def path(self, inside):
        return pathlib.Path(f"/proc/{self.leader}/root{inside}")

    def client(self, **options):
        options = {"decode_responses": True, "socket_timeout": 30, **options}
        return redis.Redis(unix_socket_path=str(self.path(SOCKET)), **options)

    def dropin(self, name, text, unit="blynkd.service"):
        """A drop-in of the unit; with None it is removed. Counts from the next start."""
        path = self.path(f"/etc/systemd/system/{unit}.d/{name}.conf")
        if text is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.systemctl("daemon-reload")

    def close(self):
        if self.leader:
            os.kill(self.leader, signal.SIGKILL)  # and with the first process of a container all others
        if self.program is not None:
            if not self.leader:
                self.program.process.terminate()
            wait_until(lambda: not self.program.running(), "the end of the container", 20)
            self.program.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.turn.close()
