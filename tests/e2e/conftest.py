"""Fixtures of the end-to-end tests. See harness.py for what they are made of."""
import os
import sys

sys.dont_write_bytecode = True

import pytest  # noqa: E402

import harness  # noqa: E402


def pytest_collection_modifyitems(items):
    if not harness.EXTERNAL:
        return
    skip = pytest.mark.skip(reason="needs the control of blynksim cloud; this run is against BLYNK_SERVER")
    for item in items:
        if item.get_closest_marker("simulated_cloud"):
            item.add_marker(skip)


def pytest_configure(config):
    config.addinivalue_line("markers", "story: runs beside others in the farm; its module has story_of(item)")
    config.addinivalue_line("markers", "simulated_cloud: cannot run against another server (BLYNK_SERVER)")
    missing = [name for name in ("blynkd", "blynksim", "blynkctl") if not os.access(harness.BUILD / name, os.X_OK)]
    if missing:
        raise pytest.UsageError(f"{' and '.join(missing)} not in {harness.BUILD}; build first or set BLYNKD_BUILD_DIR")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    setattr(item, "report_" + call.when, outcome.get_result())


@pytest.fixture
def make_rig(request):
    """Makes rigs that end with the test; a failed test shows their logs."""
    rigs = []

    def make(*args, **kwargs):
        rigs.append(harness.Rig(*args, **kwargs))
        return rigs[-1]

    yield make
    failed = getattr(request.node, "report_call", None) is None or request.node.report_call.failed
    problems = []
    for rig in rigs:
        if failed:
            rig.dump()
            rig.kill()
            continue
        try:
            rig.stop()
        except AssertionError as error:
            problems.append(str(error))
    assert not problems, "\n".join(problems)


@pytest.fixture(scope="module", params=harness.PROFILES)
def shared_rig(request):
    """One set for all tests of a module, once with each modem."""
    yield from harness.rig_for_all(request.param)


@pytest.fixture
def rig(shared_rig, request):
    """The shared set, online at the start of each test; its logs if the test fails."""
    if shared_rig.daemon.program.running():
        shared_rig.online()
    yield shared_rig
    report = getattr(request.node, "report_call", None)
    if report is not None and report.failed:
        shared_rig.dump()


@pytest.fixture(scope="session", autouse=True)
def farm(request):
    """Begins all chosen tests that are marked as stories at once; each of them then only waits for its own."""
    farm = harness.Farm(int(os.environ.get("BLYNKD_E2E_PARALLEL", "8")))
    for item in request.session.items:
        if item.get_closest_marker("story") and not item.get_closest_marker("skip"):
            farm.plant(item.nodeid, item.module.story_of(item))
    yield farm
    farm.close()


@pytest.fixture
def story(farm, request):
    """A function that waits for the end of this test's story and fails as it failed."""
    return lambda: farm.harvest(request.node.nodeid)
