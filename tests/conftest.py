"""What the tests share: tiers, a real PostgreSQL, and folders that services can reach.

Tests are in three tiers. Without an option those run that every change needs (`make test`), with
--full those too that are for a change of the instrument (`make test-all`), with --soak all.
"""

import os
import signal
from pathlib import Path

import pytest

from tests.counted import COUNTS
from tests.groups import groups_of, in_groups, scheduler
from tests.sharing import (
    TakenFromWorkers,
    is_worker,
    made_once,
    postgres_for,
    share_with_workers,
    tell_worker,
    workers_for,
)
from webtrial.system.supervisor import temporary_scratch_dir

TESTS = Path(__file__).parent
ONLY_WITH = {"full": "--full", "conformance": "--full", "soak": "--soak"}
"""Marker → the option without which a test that bears it is left out."""

# What a user has set for libpq or git is not part of a test.
for _name in [name for name in os.environ if name.startswith(("PG", "GIT_"))]:
    del os.environ[_name]


def pytest_addoption(parser):
    """For who has the time."""
    parser.addoption(
        "--full",
        action="store_true",
        help="more stacks, more variants, what only a change of the instrument needs",
    )
    parser.addoption(
        "--every-stack", action="store_true", help="the contract in full for every stack"
    )
    parser.addoption(
        "--soak", action="store_true", help="faults, load and bad inputs in full, for hours"
    )
    parser.addoption(
        "--write-counts",
        action="store_true",
        help="write the robustness results to data/hardening.csv",
    )


def pytest_configure(config):
    """Start what workers share before they start. A soak contains the full tests."""
    config.option.full = config.option.full or config.option.soak
    if config.getoption("tx", None) and not is_worker(config):
        share_with_workers(config)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    """Tell a worker what it shares with the others."""
    tell_worker(node.config, node.workerinput)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    """As many as the cores keep busy, as far as PostgreSQL has connections for them."""
    return workers_for(len(os.sched_getaffinity(0)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Workers get whole groups."""
    return scheduler(config, log, TakenFromWorkers(config, "groups"))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Leave out what belongs to another tier, and put together what runs in one worker."""
    left, out = [], []
    for item in items:
        (left if _is_asked_for(config, item) else out).append(item)
    config.hook.pytest_deselected(items=out)
    items[:] = in_groups(left)
    if is_worker(config):
        made_once(config, "groups", lambda: groups_of(items))


def _is_asked_for(config, item):
    needed = {option for mark, option in ONLY_WITH.items() if item.get_closest_marker(mark)}
    return all(config.getoption(option) for option in needed)


def pytest_sessionfinish(session):
    """A worker passes on its robustness counts."""
    if is_worker(session.config):
        session.config.workeroutput["counts"] = [[*key, times] for key, times in COUNTS.items()]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    """Add the robustness counts of a worker to those of the others."""
    for *key, times in getattr(node, "workeroutput", {}).get("counts", ()):
        COUNTS[tuple(key)] += times


def pytest_terminal_summary(terminalreporter, exitstatus, config):
    """Show what was withstood; where it is to be kept, keep it if nothing failed."""
    if not COUNTS:
        return
    terminalreporter.section("what was withstood")
    for (what, name, stack), times in sorted(COUNTS.items()):
        terminalreporter.write_line(f"{times:>7,}  {what}: {name}{', ' * bool(stack)}{stack}")
    if config.getoption("--write-counts") and exitstatus == 0:
        from webtrial.results.validity.robustness import FILE, write_hardening  # noqa: PLC0415 - slow

        write_hardening(COUNTS)
        terminalreporter.write_line(f"written to {FILE}")


@pytest.fixture(scope="session", autouse=True)
def _interruptions_are_heard():
    """A shell has its background jobs ignore SIGINT, and what they start inherits that."""
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session", autouse=True)
def _nothing_waits_for_the_disk():
    """What tests write need not outlive a power failure."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        yield


@pytest.fixture(scope="session")
def postgres(request):
    """The PostgreSQL that DATABASE_URL names, else an embedded one; a webtrial Server."""
    with postgres_for(request.config) as server:
        yield server


@pytest.fixture(scope="session")
def seeded(request, postgres, tmp_path_factory):
    """The template database of all tests, from which they clone their own; a stage.Seeded."""
    from tests.contract.stage import Seeded, seed_template  # noqa: PLC0415 - half a second, for few

    def build():
        made = seed_template(postgres, "seeded", tmp_path_factory.mktemp("seeded") / "build.log")
        return {"password": made.password, "built": dict(made.built)}

    return Seeded(postgres, "seeded", **made_once(request.config, "seeded", build))


@pytest.fixture(scope="session")
def sound_upstreams():
    """The upstreams that the deployed stacks ask; a moody.Upstreams."""
    from tests.contract.moody import moody_upstreams  # noqa: PLC0415 - as above

    with moody_upstreams() as upstreams:
        yield upstreams


@pytest.fixture(scope="session")
def deployed(seeded, sound_upstreams, tmp_path_factory):
    """The deployed stacks by name, with the connections of a run, open to other hosts, and up to
    the end: who changes rows takes the change back."""
    from tests.contract import stage  # noqa: PLC0415 - as above

    urls, logs = (sound_upstreams.inventory.url, sound_upstreams.analytics.url), "deployed"
    stacks = {name: stage.opened(stage.STACKS[name]) for name in stage.DEPLOYED}
    with stage.served(
        *(seeded, "deployed", urls, tmp_path_factory.mktemp(logs), stacks),
        stage.CONNECTIONS_IN_A_RUN,
        stage.LIMIT_S,
    ) as found:
        yield found


@pytest.fixture
def scratch():
    """A folder with a short path that any user can reach."""
    with temporary_scratch_dir() as folder:
        yield folder
