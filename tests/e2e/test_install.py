"""What `cmake --install` puts where, and whether the system's own tools are content with it."""
import os
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
    assert find_one(stage, "60-blynkd.rules").parts[-3:-1] == ("udev", "rules.d")


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


def unit_that_can_start(stage, folder):
    """systemd-analyze wants the program to be there."""
    for name in ("blynkd.service", "blynkd.socket"):
        text = find_one(stage, name).read_text().replace("/usr/sbin/blynkd", str(stage / "usr/sbin/blynkd"))
        (folder / name).write_text(text)
    return folder / "blynkd.service"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_units(stage, tmp_path):
    service = unit_that_can_start(stage, tmp_path)
    result = run("systemd-analyze", "verify", "--man=no", service, tmp_path / "blynkd.socket")
    assert (result.returncode, result.stderr) == (0, "")  # an unknown key is only a warning
    # Exposure at most 1.0 of 10; an unhardened service has 9.6.
    result = run("systemd-analyze", "security", "--offline=true", "--threshold=10", service)
    assert result.returncode == 0, result.stdout


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
