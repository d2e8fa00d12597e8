"""Transactions, as ordinary clients use them with their defaults."""
import shutil
import threading
import time

import pytest
import redis

import harness
from test_clients import HERE, npm_modules, redis_cli, run


@pytest.fixture(scope="module")
def shared_rig():
    yield from harness.rig_for_all("sim800")


def test_default_pipeline(rig):
    """redis-py's pipeline() is a transaction unless told otherwise."""
    stamp = str(time.time_ns())
    with rig.client() as client:
        pipe = client.pipeline()
        pipe.set("V80", stamp).get("V80").mset({"V81": "a", "V82": "b"}).mget("V81", "V82", "V189").exists("V81")
        assert pipe.execute() == [True, stamp, True, ["a", "b", None], 1]
        assert client.pipeline().execute() == []
        assert client.execute_command("BLYNK.FLUSH", 20000) == 0
        assert rig.cloud.get("V80") == [stamp]
        assert rig.cloud.get("V82") == ["b"]


def test_pipeline_as_context(rig):
    with rig.client() as client, client.pipeline() as pipe:
        pipe.execute_command("BLYNK.WRITE", "V83", "3", "4")
        pipe.execute_command("BLYNK.PROPERTY", "V83", "label", "both")
        pipe.ping()
        assert pipe.execute() == ["OK", "OK", True]
        rig.cloud.wait_for("V83", "3", "4")


def test_long_pipeline(rig):
    """As many as one transaction may have, and one more."""
    with rig.client() as client:
        pipe = client.pipeline()
        for _ in range(1024):
            pipe.get("V80")
        assert len(pipe.execute()) == 1024
        for number in range(1025):
            pipe.set("V84", number)
        with pytest.raises(redis.exceptions.ResponseError, match="TOOBIG at most 1024 commands"):
            pipe.execute()
        assert client.get("V84") is None


def test_error_inside(rig):
    with rig.client() as client:
        pipe = client.pipeline()
        pipe.set("V85", "1").set("nonsense", "1").set("V86", "1")
        answers = pipe.execute(raise_on_error=False)
        assert answers[0] is True and answers[2] is True
        assert isinstance(answers[1], redis.exceptions.ResponseError) and str(answers[1]).startswith("WRONGPIN")
        assert client.mget("V85", "V86") == ["1", "1"]
        pipe.set("V85", "2").set("nonsense", "1")
        with pytest.raises(redis.exceptions.ResponseError, match=r"Command # 2 .*WRONGPIN"):
            pipe.execute()


def test_refused_inside(rig):
    with rig.client() as client:
        pipe = client.pipeline()
        pipe.set("V87", "1").execute_command("BLYNK.FLUSH")
        with pytest.raises(redis.exceptions.ResponseError, match="not allowed inside a transaction"):
            pipe.execute()
        assert client.get("V87") is None
        assert client.set("V87", "2") is True  # the connection goes on


def test_watch(rig):
    with rig.client() as client, rig.client() as other:
        client.set("V88", "1")
        with client.pipeline() as pipe:
            pipe.watch("V88")
            other.set("V88", "5")
            pipe.multi()
            pipe.set("V88", "2")
            with pytest.raises(redis.exceptions.WatchError):
                pipe.execute()
        assert client.get("V88") == "5"

        rig_wrote = f"from the app {time.time_ns()}"
        with client.pipeline() as pipe:
            pipe.watch("V88")
            rig.cloud.update("V88", rig_wrote)
            harness.wait_until(lambda: other.get("V88") == rig_wrote, "what the app wrote")
            pipe.multi()
            pipe.set("V88", "2")
            with pytest.raises(redis.exceptions.WatchError):
                pipe.execute()


def test_counting_together(rig):
    """redis-py's transaction(): several programs count with one pin, and no step is lost."""
    with rig.client() as client:
        client.set("V89", 0)

    def add_one(pipe):
        value = int(pipe.get("V89"))
        pipe.multi()
        pipe.set("V89", value + 1)

    def count():
        with rig.client() as each:
            for _ in range(20):
                each.transaction(add_one, "V89")

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(harness.DEADLINE_S)
    with rig.client() as client:
        assert client.get("V89") == "80"
    rig.cloud.wait_for("V89", 80)


def test_redis_cli(rig):
    answer = redis_cli(rig, input="MULTI\nSET V90 1\nGET V90\nEXEC\nMULTI\nDISCARD\nGET V90\n")
    assert answer == "OK\nQUEUED\nQUEUED\nOK\n1\nOK\nOK\n1\n"
    assert "queued" in redis_cli(rig, "COMMAND", "DOCS", "MULTI")


@pytest.mark.parametrize("package", ["ioredis5", "ioredis6", "redis4", "redis6"])
def test_node(rig, package):
    cache = npm_modules()
    runner = cache / "transactions.cjs"
    shutil.copy(HERE / "node/transactions.cjs", runner)
    stamp = str(time.time_ns())
    result = run(["node", runner, package, rig.daemon.socket, stamp], cwd=cache)
    assert (result.returncode, result.stdout) == (0, "done\n"), result.stdout + result.stderr
    rig.cloud.wait_for("V91", stamp)
