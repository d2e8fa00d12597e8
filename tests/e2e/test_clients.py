"""Ordinary Redis clients, with their defaults."""
import json
import os
import pathlib
import shutil
import subprocess
import time

import pytest

import harness

HERE = pathlib.Path(__file__).parent


@pytest.fixture(scope="module")
def shared_rig():
    yield from harness.rig_for_all("sim800")


def run(command, deadline_s=60, **options):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=deadline_s,
                          check=False, **options)


def redis_cli(rig, *words, **options):
    result = run(["redis-cli", "-s", rig.daemon.socket, *words], **options)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_redis_cli(rig):
    stamp = str(time.time_ns())
    assert redis_cli(rig, "SET", "V1", stamp) == "OK\n"
    assert redis_cli(rig, "GET", "V1") == stamp + "\n"
    assert redis_cli(rig, "MSET", "V2", "a", "V3", "b") == "OK\n"
    assert "ONLINE" in redis_cli(rig, "LINK").split("\n")
    assert redis_cli(rig, "GET", "V190") == "\n"
    rig.cloud.wait_for("V1", stamp)


def test_redis_cli_resp3(rig):
    stamp = str(time.time_ns())
    assert redis_cli(rig, "-3", "SET", "V1", stamp) == "OK\n"
    assert redis_cli(rig, "-3", "GET", "V1") == stamp + "\n"
    assert "state ONLINE" in redis_cli(rig, "-3", "LINK").replace('"', "")
    rig.cloud.wait_for("V1", stamp)


def test_redis_cli_reading_commands(rig):
    """What a person types at the prompt; redis-cli asks COMMAND DOCS by itself first."""
    answer = redis_cli(rig, input="SET V1 1\nGET V1\nPING\nINFO server\nQUIT\n")
    assert answer.startswith("OK\n1\nPONG\n")
    assert "redis_version:" in answer


def test_redis_cli_subscribe(rig):
    with subprocess.Popen(["redis-cli", "-s", rig.daemon.socket, "SUBSCRIBE", "V9"], stdout=subprocess.PIPE,
                          text=True) as client:
        try:
            assert [client.stdout.readline().strip() for _ in range(3)] == ["subscribe", "V9", "1"]
            rig.cloud.update("V9", "from the app")
            assert [client.stdout.readline().strip() for _ in range(3)] == ["message", "V9", "from the app"]
        finally:
            client.kill()


def test_inline_by_socat(rig):
    stamp = str(time.time_ns())
    typed = f"SET V4 {stamp}\r\nGET V4\r\nSET V5 \"two words\"\nGET V5\r\nNONSENSE\r\nQUIT\r\n"
    answer = subprocess.run(["socat", "-t", "5", "-", f"UNIX-CONNECT:{rig.daemon.socket}"], input=typed.encode(),
                            stdout=subprocess.PIPE, timeout=60, check=True).stdout.decode()
    assert answer.startswith(f"+OK\r\n${len(stamp)}\r\n{stamp}\r\n+OK\r\n$9\r\ntwo words\r\n"
                             "-ERR unknown command 'NONSENSE'")
    assert answer.endswith("+OK\r\n")
    rig.cloud.wait_for("V4", stamp)


def test_python_redis(rig):
    with rig.client() as client:
        assert client.ping()
        assert client.echo("hello") == "hello"
        assert client.set("V10", b"\x31\x32") is True
        assert client.get("V10") == "12"
        assert client.client_setname("e2e")
        assert client.client_getname() == "e2e"
        assert client.info("server")["redis_version"]
        assert any(entry["name"] == "e2e" for entry in client.client_list())
        assert client.command_count() > 20
        assert isinstance(client.config_get("*"), dict)
        pubsub = client.pubsub()
        pubsub.subscribe(V11=lambda message: None)
        pubsub.psubscribe("V1?")
        pubsub.unsubscribe()
        pubsub.punsubscribe()
        pubsub.close()
    with rig.client(client_name="named") as client:
        assert client.client_getname() == "named"


def test_hiredis(rig, tmp_path):
    flags = run(["pkg-config", "--cflags", "--libs", "hiredis"])
    if flags.returncode != 0:
        pytest.skip("hiredis is not installed (libhiredis-dev)")
    program = tmp_path / "hiredis_client"
    built = run([os.environ.get("CC", "cc"), "-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror",
                 HERE / "hiredis_client.c", "-o", program, *flags.stdout.split()])
    assert built.returncode == 0, built.stderr
    stamp = str(time.time_ns())
    with subprocess.Popen([program, rig.daemon.socket, stamp], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True) as client:
        try:
            lines = iter(client.stdout.readline, "")
            heard = []
            for line in lines:
                heard.append(line.strip())
                if heard[-1] == "subscribed":
                    rig.cloud.update("V72", "to hiredis")
            assert client.wait(30) == 0, heard
        finally:
            client.kill()
    assert heard[-1] == "done"
    rig.cloud.wait_for("V70", stamp)


def npm_modules():
    """Installed once into the build folder, never into the tree."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node or npm is not installed: ioredis and node-redis were NOT tried")
    cache = harness.BUILD / "e2e-node"
    wanted = (HERE / "node/package.json").read_text()
    stamp = cache / "installed.json"
    if not stamp.exists() or stamp.read_text() != wanted:
        cache.mkdir(parents=True, exist_ok=True)
        (cache / "package.json").write_text(wanted)
        result = run(["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"],
                     deadline_s=180, cwd=cache)
        if result.returncode != 0:
            pytest.skip("npm could not fetch the clients, ioredis and node-redis were NOT tried: " +
                        result.stderr.strip()[-300:])
        stamp.write_text(wanted)
    return cache


@pytest.mark.parametrize("package", ["ioredis5", "ioredis6", "redis4", "redis6"])
def test_node(rig, package):
    cache = npm_modules()
    engines = json.loads((cache / "node_modules" / package / "package.json").read_text()).get("engines", {})
    runner = cache / "runner.cjs"
    shutil.copy(HERE / "node/runner.cjs", runner)
    stamp = str(time.time_ns())
    with subprocess.Popen(["node", runner, package, rig.daemon.socket, stamp], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, cwd=cache) as client:
        try:
            heard = []
            for line in iter(client.stdout.readline, ""):
                heard.append(line.strip())
                if heard[-1] == "subscribed":
                    rig.cloud.update("V76", f"{package} hears")
                    rig.cloud.update("V77", f"{package} hears more")
            assert client.wait(60) == 0, (engines, heard)
        finally:
            client.kill()
    assert heard[-1] == "done", heard
    rig.cloud.wait_for("V75", stamp)
