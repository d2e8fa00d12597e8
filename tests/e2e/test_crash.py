"""The daemon is killed a hundred times while programs write and the link flaps; tests/crash/run says what must hold.

Some seconds of slack, because the whole suite runs beside it; run by hand it is stricter.
"""
import functools
import os
import subprocess
import sys

import pytest

from harness import BUILD, ROOT

pytestmark = [pytest.mark.story, pytest.mark.simulated_cloud]

KILLS = {"memory": 30, "offline": 35, "always": 35}


def crash(durability):
    command = [sys.executable, ROOT / "tests/crash/run", "--durability", durability, "--kills", str(KILLS[durability]),
               "--seed", os.environ.get("BLYNKD_CRASH_SEED", "every day"), "--slack", "1.5", "--build-dir", BUILD]
    result = subprocess.run(command, capture_output=True, text=True, timeout=400)
    assert result.returncode == 0, result.stdout + result.stderr


def story_of(item):
    return functools.partial(crash, item.callspec.params["durability"])


@pytest.mark.parametrize("durability", KILLS)
def test_nothing_is_lost_that_was_promised(story, durability):
    story()
