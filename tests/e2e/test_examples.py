"""The programs of examples/, run as their readers would: each must measure, react, and end with all confirmed."""
import os
import re
import shutil
import subprocess
import time

import pytest

import harness
from test_clients import npm_modules

EXAMPLES = harness.ROOT / "examples"


@pytest.fixture(scope="module")
def shared_rig():
    yield from harness.rig_for_all("sim800")


def run(*command, **options):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=120, check=False,
                          **options)


def built_with(key):
    """What the tree was configured with; a program that uses its library must agree with its sanitizers."""
    found = re.search(rf"^{key}:\w+=(.*)$", (harness.BUILD / "CMakeCache.txt").read_text(), re.M)
    return found.group(1) if found else ""


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    stage = tmp_path_factory.mktemp("stage")
    result = run("cmake", "--install", harness.BUILD, "--prefix", stage)
    assert result.returncode == 0, result.stderr
    return stage


def find_one(stage, pattern):
    found = list(stage.rglob(pattern))
    assert len(found) == 1, (pattern, found)
    return found[0]


@pytest.fixture(scope="module")
def c_program(installed, tmp_path_factory):
    """Built as the file says, with nothing but what was installed. Answers the program and its environment."""
    pkg_config = find_one(installed, "blynkd-client.pc")
    env = {**os.environ, "PKG_CONFIG_PATH": str(pkg_config.parent)}
    flags = run("pkg-config", "--cflags", "--libs", "blynkd-client", env=env)
    assert flags.returncode == 0, flags.stderr
    sanitize = built_with("BLYNKD_SANITIZE")
    program = tmp_path_factory.mktemp("c") / "sensor"
    built = run(built_with("CMAKE_C_COMPILER") or "cc", "-std=gnu11", "-Wall", "-Wextra", "-Werror",
                *([f"-fsanitize={sanitize}"] if sanitize else []),
                *(["--coverage"] if built_with("BLYNKD_COVERAGE") == "ON" else []),
                find_one(installed, "sensor.c"), "-o", program, *flags.stdout.split())
    assert built.returncode == 0, built.stderr
    return program, {"LD_LIBRARY_PATH": str(find_one(installed, "libblynkd-client.so").parent)}


class Example:
    """One of them, running, with the daemon's socket in its environment."""

    def __init__(self, rig, command, env=None, cwd=None):
        self.rig, self.heard = rig, []
        env = {**os.environ, "BLYNKD_SOCKET": rig.daemon.socket,
               "PATH": f"{harness.BUILD}:{os.environ['PATH']}", **(env or {})}
        self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, env=env, cwd=cwd,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def hear(self, line):
        for said in iter(self.process.stdout.readline, ""):
            self.heard.append(said.rstrip("\n"))
            if self.heard[-1] == line:
                return
        raise AssertionError(f"ended without {line!r}: {self.heard}")

    def do_its_work(self):
        samples = len(self.rig.cloud.values("V5"))
        self.hear("ready")
        for state in (str(time.time_ns()), "two words"):
            self.rig.cloud.update("V6", state)
            self.hear(f"V6 is now {state}")
            self.rig.cloud.wait_for("V7", state)
        harness.wait_until(lambda: len(self.rig.cloud.values("V5")) >= samples + 2, "two samples in the cloud")
        assert float(self.rig.cloud.get("V5")[0]) >= 0
        self.process.terminate()
        self.hear("all confirmed")
        assert self.process.wait(30) == 0, self.heard

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


@pytest.fixture
def work(rig):
    started = []

    def start(*command, **options):
        started.append(Example(rig, command, **options))
        started[-1].do_its_work()

    yield start
    for example in started:
        example.kill()


def test_c(work, c_program):
    work(c_program[0], "0.3", env=c_program[1])


def test_c_says_what_is_wrong(c_program):
    env = {**os.environ, **c_program[1], "BLYNKD_SOCKET": "/nowhere/at/all"}
    result = run(c_program[0], env=env)
    assert result.returncode == 1
    assert "there is no socket at /nowhere/at/all: start the daemon" in result.stderr


def test_c_outlives_a_restart_of_the_daemon(make_rig, c_program):
    rig = make_rig("sim800")
    rig.online()
    example = Example(rig, [c_program[0], "0.3"], env=c_program[1])
    try:
        example.hear("ready")
        rig.daemon.stop()
        rig.daemon.start()
        rig.online()
        harness.wait_until(lambda: rig.client().execute_command("PUBSUB", "NUMPAT") == 1, "its subscription, again")
        rig.cloud.update("V6", "again")
        example.hear("V6 is now again")
        rig.cloud.wait_for("V7", "again")
        example.process.terminate()
        example.hear("all confirmed")
        assert example.process.wait(30) == 0, example.heard
    finally:
        example.kill()


def test_python(work):
    work("/usr/bin/python3", EXAMPLES / "sensor.py", "0.3")


def test_node(work, tmp_path):
    """As after `npm install ioredis`, wherever the tests have it from."""
    cache = npm_modules()
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules/ioredis").symlink_to(cache / "node_modules/ioredis5")
    shutil.copy(EXAMPLES / "sensor.js", tmp_path)
    work("node", tmp_path / "sensor.js", "0.3", cwd=tmp_path)


def test_shell(work):
    work(EXAMPLES / "sensor.sh", "0.3")


def test_shell_with_redis_cli(work):
    if not shutil.which("redis-cli") or not shutil.which("socat"):
        pytest.skip("redis-cli or socat is not installed: sensor-redis-cli.sh was NOT tried")
    work(EXAMPLES / "sensor-redis-cli.sh", "0.3")


# ---- what programs are built with ----


def test_the_library_has_its_name_and_only_its_own_symbols(installed):
    library = find_one(installed, "libblynkd-client.so").resolve()
    shown = run("objdump", "-p", library).stdout
    assert re.search(r"SONAME\s+libblynkd-client\.so\.0$", shown, re.M), shown
    needed = set(re.findall(r"NEEDED\s+(\S+)", shown))
    ours = {name for name in needed if not re.match(r"lib(c|gcc_s|asan|ubsan|clang_rt.*|m|tsan)\.", name)}
    assert {re.sub(r"\.so.*", "", name) for name in ours} == {"libhiredis"}, needed
    names = re.findall(r" [A-Z] (\S+?)(?:@|$)", run("nm", "-D", "--defined-only", library).stdout, re.M)
    header = find_one(installed, "client.h").read_text()
    declared = set(re.findall(r"^[a-z].*?\b(blynkd_client_\w+)\(", header, re.M))
    assert set(names) - {"BLYNKD_CLIENT_0"} == declared


def test_the_header_is_for_cpp_too(installed, tmp_path):
    if not shutil.which("c++"):
        pytest.skip("there is no C++ compiler")
    source = tmp_path / "t.cpp"
    source.write_text("#include <blynkd/client.h>\nint main() { return blynkd_client_fd(nullptr) > 0; }\n")
    result = run("c++", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-I", installed / "include", source)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("component, wanted, unwanted", [
    ("client", "libblynkd-client.so.0", "client.h"),
    ("client-dev", "client.h", "libblynkd-client.so.0"),
])
def test_components(tmp_path, component, wanted, unwanted):
    result = run("cmake", "--install", harness.BUILD, "--prefix", tmp_path, "--component", component)
    assert result.returncode == 0, result.stderr
    assert list(tmp_path.rglob(wanted)) and not list(tmp_path.rglob(unwanted))
    others = [path for path in tmp_path.rglob("*") if path.is_file() and "client" not in path.name]
    assert not others, "more than the library"
