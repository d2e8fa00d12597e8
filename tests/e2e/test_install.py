"""What `cmake --install` puts where, and whether the system's own tools are content with it."""
import os
import pathlib
import re
import shutil
import stat
import subprocess

import pytest

from harness import BUILD

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def run(*command, **options):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=120, check=False,
                          **options)


def install(stage, prefix="/usr"):
    result = run("cmake", "--install", BUILD, "--prefix", prefix, env={**os.environ, "DESTDIR": str(stage)})
    assert result.returncode == 0, result.stderr
    return stage


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    return install(tmp_path_factory.mktemp("stage"))


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def asks(program, conf, *names):
    return subprocess.run([program, *names], env={**os.environ, "BLYNKD_CONF": str(conf)}, check=False).returncode == 0


def test_the_port_is_known_to_udev(stage, tmp_path):
    rule = find_one(stage, "61-blynkd.rules").read_text()
    assert re.search(r'^PROGRAM=="/usr/lib/blynkd/is-modem-port \$devnode \$links", ENV{ID_MM_DEVICE_IGNORE}="1"', rule, re.M)
    program, conf = stage / "usr/lib/blynkd/is-modem-port", tmp_path / "b.conf"
    assert not asks(program, conf, "/dev/ttyUSB0")  # no file: the default port
    assert asks(program, conf, "/dev/ttyAMA0", "serial0")
    conf.write_text("[network]\nport = /dev/ttyUSB9\n[modem]\n#port = /dev/ttyUSB8\nPort=/dev/ttyUSB3 ; mine\n[x]\nport = /dev/null")
    assert asks(program, conf, "/dev/ttyUSB3")
    assert not any(asks(program, conf, name) for name in ("/dev/ttyUSB9", "/dev/ttyUSB8", "/dev/ttyUSB33", "/dev/null"))
    (tmp_path / "b.conf.d").mkdir()
    (tmp_path / "b.conf.d" / "1.conf").write_text("[modem]\r\nport = /dev/serial/by-id/usb-FTDI-if00-port0\r\n")
    assert asks(program, conf, "/dev/ttyUSB0", "serial/by-path/x", "serial/by-id/usb-FTDI-if00-port0")
    assert not asks(program, conf, "/dev/ttyUSB3")
    link = tmp_path / "link"
    link.symlink_to("/dev/null")
    (tmp_path / "b.conf.d" / "2.conf").write_text(f"[modem]\nport = {link}\n")
    assert asks(program, conf, "/dev/null")


def find_one(stage, pattern):
    found = list(stage.rglob(pattern))
    assert len(found) == 1, (pattern, found)
    return found[0]


def test_places(stage):
    assert os.access(stage / "usr/sbin/blynkd", os.X_OK)
    assert os.access(stage / "usr/bin/blynksim", os.X_OK)
    assert mode(stage / "etc/blynkd/blynkd.conf") == 0o640
    assert (stage / "etc/blynkd/blynkd.conf.d").is_dir()
    for page in ("man1/blynkctl.1", "man1/blynksim.1", "man5/blynkd.conf.5", "man7/blynkd-socket.7", "man8/blynkd.8"):
        assert (stage / "usr/share/man" / page).is_file()
    assert os.access(stage / "usr/bin/blynkctl", os.X_OK)
    assert find_one(stage, "libblynkd-client.so.0").is_symlink()
    assert (stage / "usr/include/blynkd/client.h").is_file()
    assert (stage / "usr/share/bash-completion/completions/blynkctl").is_file()
    assert (stage / "usr/share/zsh/vendor-completions/_blynkctl").is_file()
    examples = stage / "usr/share/doc/blynkd/examples"
    assert {"sensor.c", "sensor.py", "sensor.js", "sensor.sh", "sensor-redis-cli.sh"} <= set(os.listdir(examples))
    assert os.access(examples / "sensor.sh", os.X_OK)
    assert find_one(stage, "blynkd.service").parts[-3:-1] == ("systemd", "system")
    assert find_one(stage, "61-blynkd.rules").parts[-3:-1] == ("udev", "rules.d")


def test_a_configuration_is_not_overwritten(tmp_path):
    install(tmp_path)
    config = tmp_path / "etc/blynkd/blynkd.conf"
    config.write_text("# mine\n")
    install(tmp_path)
    assert config.read_text() == "# mine\n"


def test_another_prefix_keeps_everything_below_it(tmp_path):
    root = tmp_path / "opt"
    install("", prefix=root)
    assert mode(root / "etc/blynkd/blynkd.conf") == 0o640
    unit = find_one(root, "blynkd.service").read_text()
    assert f"ExecStart={root}/sbin/blynkd --config {root}/etc/blynkd/blynkd.conf" in unit


UNITS = ("blynkd.service", "blynkd.socket", "blynkd-reload.path", "blynkd-reload.service")
# What the exposure may be, of 10 (an unhardened service has 9.6); each number is what it is now. The watch over the
# configuration runs `systemctl` as root, which costs it what User= would give.
EXPOSURE_MAX = {"default": 1.0, "gpio-power.conf": 1.0, "host-uplink.conf": 1.9, "blynkd-reload.service": 1.2}
needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")


def dropins(stage):
    """The examples that are drop-ins of the service."""
    folder = stage / "usr/share/doc/blynkd/examples"
    return [path for path in sorted(folder.iterdir()) if re.search(r"^\[Service\]$", path.read_text(), re.M)]


def units_that_can_start(stage, folder, *with_dropins):
    """All units in a folder of their own; systemd-analyze wants the program to be there."""
    for name in UNITS:
        text = find_one(stage, name).read_text().replace("/usr/sbin/blynkd", str(stage / "usr/sbin/blynkd"))
        (folder / name).write_text(text)
    for dropin in with_dropins:
        (folder / "blynkd.service.d").mkdir(exist_ok=True)
        shutil.copy(dropin, folder / "blynkd.service.d")
    return [folder / name for name in UNITS]


def verify(paths):
    """What systemd has to say; an unknown key is only a warning, and the exit status tells nothing of it."""
    result = run("systemd-analyze", "verify", "--man=no", *paths)
    return (result.returncode, result.stdout, result.stderr)


def exposure(path):
    result = run("systemd-analyze", "security", "--offline=true", "--no-pager", path)
    found = re.search(r"Overall exposure level for \S+: (\d+\.\d+)", result.stdout)
    assert found, result.stdout + result.stderr
    return float(found.group(1))


@needs_systemd
def test_all_units_are_known():
    """A unit or a drop-in that is added must be added here."""
    names = {path.name for path in pathlib.Path(SOURCE, "systemd").iterdir()}
    assert {name for name in names if re.search(r"\.(service|socket|path|timer|target|mount)$", name)} == set(UNITS)
    dropin_names = {name for name in names if "[Service]" in pathlib.Path(SOURCE, "systemd", name).read_text().split()}
    assert {name for name in dropin_names if name.endswith(".conf")} == EXPOSURE_MAX.keys() - {"default", *UNITS}


@needs_systemd
def test_units(stage, tmp_path):
    units = units_that_can_start(stage, tmp_path)
    assert verify(units) == (0, "", "")
    assert exposure(units[0]) <= EXPOSURE_MAX["default"]
    assert exposure(units[3]) <= EXPOSURE_MAX["blynkd-reload.service"]
    with (tmp_path / "blynkd.service").open("a", encoding="ascii") as file:
        file.write("[Service]\nProtectHoome=yes\n")
    assert "ProtectHoome" in verify(units)[2]  # it would be seen


@needs_systemd
def test_dropins(stage, tmp_path):
    """Each alone, then all: systemd is content, and what they cost in exposure is known."""
    paths = dropins(stage)
    assert {path.name for path in paths} == EXPOSURE_MAX.keys() - {"default", *UNITS}
    for case in [[path] for path in paths] + [paths]:
        folder = tmp_path / "+".join(path.stem for path in case)
        folder.mkdir()
        units = units_that_can_start(stage, folder, *case)
        assert verify(units) == (0, "", ""), case
        now = exposure(units[0])
        print(folder.name, now)
        assert now <= max(EXPOSURE_MAX[path.name] for path in case), folder.name
        (folder / "blynkd.service.d" / "wrong.conf").write_text("[Service]\nProtectHoome=yes\n")
        assert "ProtectHoome" in verify(units)[2]  # the drop-ins were read


@pytest.mark.skipif(not shutil.which("mandoc"), reason="mandoc is not installed")
def test_manual_pages(stage, tmp_path):
    for page in (stage / "usr/share/man").rglob("*.[1-8]"):
        shutil.copy(page, tmp_path)  # it looks for the pages that they refer to in its own directory
    pages = sorted(page.name for page in tmp_path.iterdir())
    assert len(pages) >= 4
    result = run("mandoc", "-Tlint", *pages, cwd=tmp_path)
    assert (result.returncode, result.stdout) == (0, "")


def test_the_installed_configuration_needs_only_apn_and_token(stage, tmp_path):
    config = tmp_path / "blynkd.conf"
    shutil.copy(stage / "etc/blynkd/blynkd.conf", config)
    check = run(stage / "usr/sbin/blynkd", "--check-config", "-c", config)
    assert check.returncode == 75
    assert [line.split("]")[1].split(":")[0].strip() for line in check.stderr.splitlines()] == ["token", "apn"]
    with config.open("a", encoding="ascii") as file:
        file.write("[network]\napn = internet\n[blynk]\ntoken = 0123456789abcdefghijklmnopqrstuv\n")
    assert run(stage / "usr/sbin/blynkd", "--check-config", "-c", config).returncode == 0
    assert run("cmp", stage / "etc/blynkd/blynkd.conf", os.path.join(SOURCE, "conf/blynkd.conf")).returncode == 0
