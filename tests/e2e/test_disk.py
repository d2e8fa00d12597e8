"""The disk fails: it fills up, it can only be read, the spool's file is damaged. The daemon goes on, says so
everywhere, recovers, and nothing wrong is sent."""
import contextlib
import functools
import os
import pathlib
import random
import subprocess
import tempfile

import pytest
import redis

from harness import NotifySocket, Rig, first_occurrences, last_occurrences, wait_until

pytestmark = [pytest.mark.story, pytest.mark.simulated_cloud]

DAMAGES = range(16)
RETRY_S = 30  # a disk that failed is tried again every 5 or 10 s


def settings(durability, state=None, **outbox):
    return {"daemon": {"state_dir": state} if state else {},
            "outbox": {"durability": durability, "min_free": "32k", "commit_interval": "200ms", "spill_after": "1s",
                       **outbox},
            "blynk": {"retry_max": "1s"}, "log": {"level": "info"}, "modem": {"trace": "no"}}


@contextlib.contextmanager
def disk(folder, size="1m"):
    """A file system of its own at `folder`."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        pytest.skip(f"a small file system cannot be mounted here: {result.stderr.splitlines()[0]}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def remount(folder, how):
    subprocess.run(["mount", "-o", f"remount,{how}", folder], check=True)


@contextlib.contextmanager
def full(folder):
    """Nothing is left of it."""
    ballast = pathlib.Path(folder, "ballast")
    with open(ballast, "wb", buffering=0) as file:
        for size in (4096, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"x" * size)
    yield
    ballast.unlink()


def spool(rig):
    with rig.client() as client:
        return client.info("spool")


def wait_disk(rig, words):
    """In INFO and in LINK."""
    wait_until(lambda: words in spool(rig)["disk"] and words in rig.link()["disk"],
               f"{words!r} as the state of the disk", RETRY_S)


def go_offline(rig):
    rig.cloud.control("fault refuse")
    rig.cloud.control("close")
    rig.wait_state("WAIT", "CONNECT")


def all_through(rig):
    rig.online()
    with rig.client() as client:
        client.set("V99", "the end")
        assert client.execute_command("BLYNK.FLUSH", 20000) == 0


def write_until_refused(rig, begin):
    """Answers what was taken, and the refusal."""
    with rig.client() as client:
        for number in range(begin, begin + 5000):
            try:
                client.set("V1", number)
            except redis.exceptions.ResponseError as error:
                return list(range(begin, number)), str(error)
    raise AssertionError("5000 writes were taken")


# ---- a full disk ----

@contextlib.contextmanager
def rig_on_disk(base, durability, **outbox):
    """The rig, the disk that its state directory is, and what systemd is told."""
    with disk(base / "disk") as folder:
        notify = NotifySocket(base / "notify")
        with Rig("sim800", settings(durability, folder, **outbox), env={"NOTIFY_SOCKET": notify.path}) as rig:
            rig.online()
            yield rig, folder, notify
        notify.socket.close()


def full_while_offline(base, min_free):
    """What is written meanwhile waits in memory, goes to the disk when there is room again, and survives a kill."""
    with rig_on_disk(base, "offline", max_messages=300, min_free=min_free) as (rig, folder, notify):
        go_offline(rig)
        with rig.client() as client:
            client.set("V1", 0)
        wait_until(lambda: spool(rig)["rows"] == 1, "the first write on the disk")
        with full(folder):
            written, refusal = write_until_refused(rig, 1)
            wait_disk(rig, "the disk is full")
            notify.wait_for(r"^STATUS=.*; disk: .*the disk is full; make room")
            again, refusal = write_until_refused(rig, len(written) + 1)
            assert "SPOOLFULL memory is full and the disk cannot be written" in refusal and again == []
        commits = spool(rig)["commits"]
        wait_disk(rig, "ok")
        wait_until(lambda: spool(rig)["commits"] > commits, "a commit")
        notify.wait_for(r"^STATUS=((?!disk:).)*$")
        rig.daemon.kill()
        rig.cloud.control("clear all")
        rig.daemon.start()
        all_through(rig)
        assert rig.cloud.values("V1") == [str(number) for number in [0, *written]]
        assert "the disk can be written again" in rig.daemon.program.log()


def full_with_always(base, min_free):
    """Nothing is acknowledged that is not on the disk; with room again everything goes on."""
    with rig_on_disk(base, "always", min_free=min_free) as (rig, folder, notify):
        with rig.client() as client:
            client.set("V1", "before")
        with full(folder):
            with rig.client() as client, pytest.raises(redis.exceptions.ResponseError, match="SPOOLFULL.*disk is full"):
                client.set("V1", "the first")
            with rig.client() as client, pytest.raises(redis.exceptions.ResponseError,
                                                       match="SPOOLFULL.*disk is full.*nothing was accepted"):
                client.set("V1", "refused")
            notify.wait_for(r"^STATUS=Online.*; disk: .*the disk is full; make room")
            rig.cloud.wait_for("V1", "the first")  # told as waiting in memory; with a link it does arrive
            with rig.client() as client:
                assert client.execute_command("BLYNK.FLUSH", 10000) == 0
        wait_disk(rig, "ok")
        with rig.client() as client:
            client.set("V1", "after")
        all_through(rig)
        assert first_occurrences(rig.cloud.values("V1")) == ["before", "the first", "after"]


def read_only_at_start(base, durability):
    """Found so at the start; put right while it runs."""
    with disk(base / "disk") as folder:
        remount(folder, "ro")
        with Rig("sim800", settings(durability, folder)) as rig:
            wait_disk(rig, "can only be read")
            rig.online()
            with rig.client() as client:
                if durability == "always":
                    with pytest.raises(redis.exceptions.ResponseError, match="SPOOLFULL.*can only be read"):
                        client.set("V1", "refused")
                else:
                    client.set("V1", "in memory")
            remount(folder, "rw")
            wait_disk(rig, "ok")
            with rig.client() as client:
                client.set("V1", "after")
            all_through(rig)
            want = ["after"] if durability == "always" else ["in memory", "after"]
            assert first_occurrences(rig.cloud.values("V1")) == want


# ---- a damaged file ----

def flip_bits(content, dice, count):
    content = bytearray(content)
    for _ in range(count):
        content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
    return bytes(content)


def damage(path, dice):
    """Answers in words what was done."""
    content = path.read_bytes()
    kind = dice.choice(["rubbish", "empty page", "truncated", "one bit", "some bits", "many bits", "empty"])
    if kind == "rubbish":
        content = dice.randbytes(dice.randrange(1, 20000))
    elif kind == "empty page":
        page = dice.randrange(len(content) // 4096)
        content = content[:page * 4096] + bytes(4096) + content[(page + 1) * 4096:]
    elif kind == "truncated":
        content = content[:dice.randrange(1, len(content))]
    elif kind == "empty":
        content = b""
    else:
        content = flip_bits(content, dice, {"one bit": 1, "some bits": 10, "many bits": 500}[kind])
    path.write_bytes(content)
    return kind


def fill(rig, seed):
    """What waits in the file when the daemon has gone."""
    written = {f"V{pin}": [] for pin in range(4)}
    with rig.client() as client:
        client.execute_command("LINK", "DOWN")
        for number in range(60):
            pin = f"V{number % 4}"
            written[pin].append(f"{seed}-{number}-" + "x" * (number * 7 % 200))
            client.set(pin, written[pin][-1])
    return written


def damaged_file(seed):
    dice = random.Random(seed)
    with Rig("sim800", settings("always")) as rig:
        state = rig.folder / "state"
        written = fill(rig, seed)
        if dice.random() < 0.3:
            rig.daemon.kill()
        else:
            rig.daemon.stop()  # all is in the one file then
            assert not (state / "spool.db-wal").exists()
        kind = damage(state / "spool.db", dice)
        rig.daemon.start()
        info = spool(rig)
        all_through(rig)
        with rig.client() as client:
            for pin in written:
                client.set(pin, "new")
            assert client.execute_command("BLYNK.FLUSH", 20000) == 0
        missing = 0
        for pin, values in written.items():
            came = rig.cloud.values(pin)
            assert came[-1] == "new", f"{kind}: {came}"
            assert came[:-1] == [value for value in values if value in came], f"{kind}: wrong on {pin}: {came}"
            missing += len(values) - len(came) + 1
        aside = [path.name for path in state.iterdir() if ".damaged-" in path.name]
        assert bool(aside) == ("damaged_file" in info) == ("the file was damaged and is set aside" in
                                                           rig.daemon.program.log()), f"{kind}: {aside} {info}"
        assert aside or not missing, f"{kind}: {missing} are missing and nothing was said"


def damaged_log(seed):
    """The part that SQLite has not yet moved into the file: its own checksums end it where it is damaged."""
    dice = random.Random(1000 + seed)
    with Rig("sim800", settings("always")) as rig:
        state = rig.folder / "state"
        written = fill(rig, seed)
        rig.daemon.kill()
        kind = damage(state / "spool.db-wal", dice)
        rig.daemon.start()
        all_through(rig)
        for pin, values in written.items():
            came = rig.cloud.values(pin)
            assert came == values[:len(came)], f"{kind}: wrong on {pin}: {came}"


# ---- the tests ----

STORIES = {
    "full while offline": functools.partial(full_while_offline, min_free="32k"),
    "full while offline, no reserve": functools.partial(full_while_offline, min_free="0"),
    "full with always": functools.partial(full_with_always, min_free="32k"),
    "full with always, no reserve": functools.partial(full_with_always, min_free="0"),
    "read-only at start, offline": functools.partial(read_only_at_start, durability="offline"),
    "read-only at start, always": functools.partial(read_only_at_start, durability="always"),
    **{f"damaged file {seed}": functools.partial(lambda base, seed: damaged_file(seed), seed=seed) for seed in DAMAGES},
    **{f"damaged log {seed}": functools.partial(lambda base, seed: damaged_log(seed), seed=seed) for seed in range(4)},
}


def story_of(item):
    story = STORIES[item.callspec.params["name"]]
    return lambda: in_folder(story)


def in_folder(story):
    with tempfile.TemporaryDirectory(prefix="blynkd-disk-") as folder:
        story(pathlib.Path(folder))


@pytest.mark.parametrize("name", STORIES)
def test_disk(story, name):
    story()
