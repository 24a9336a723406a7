"""What holds for the whole suite: a random order for who asks, and settings that are what they say."""

from __future__ import annotations

import gc
import os
import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import hypothesis
import pytest

from auditor.runtime import started

# A deadline, and what calls a test too slow, would ask how fast the machine is.
hypothesis.settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow], print_blob=True
)
hypothesis.settings.load_profile("any machine")


_handle = signal.signal
"""The system's own: a test may put another in its place, which stands until its fixtures have ended."""

_LONGEST = 900.0
"""Seconds after which a test waits for what never comes: no measure of speed, for the whole suite has as many."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--shuffle", metavar="SEED", help="run the tests in a random order; 0 draws a seed")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Of ``-n auto``: one more than there are processors, for a third of their time tests wait for other processes."""
    return (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1) + 1


def pytest_configure(config: pytest.Config) -> None:
    seed = config.getoption("--shuffle")
    if seed == "0" and not hasattr(config, "workerinput"):  # workers get the seed that is drawn here
        config.option.shuffle = str(random.randrange(1, 1 << 32))
    _check_features()
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell's background job: its children would inherit it
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_report_header(config: pytest.Config) -> str | None:
    seed = config.getoption("--shuffle")
    return f"replay this order: --shuffle {seed}" if seed else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Once more at the end: -q leaves the header out."""
    if seed := config.getoption("--shuffle"):
        terminalreporter.write_line(f"replay this order: --shuffle {seed}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    with ending(_LONGEST, f"the fixtures of {item.nodeid}"):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    with ending(_LONGEST, item.nodeid):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    with ending(_LONGEST, f"the end of the fixtures of {item.nodeid}"):
        return (yield)


@pytest.fixture(scope="module", autouse=True)
def forked_runs() -> None:
    """Models are run in forks of one process that has imported onnxruntime: a start of its own costs each five times as
    much. tests/runtime says where a fresh interpreter is what is looked at."""
    started.keep_server()


@pytest.fixture
def fresh_runs() -> Iterator[None]:
    """Runs in interpreters of their own, begun with what this process is at that time."""
    started.drop_server()
    yield
    started.keep_server()


@contextmanager
def ending(seconds: float, what: str) -> Iterator[None]:
    """What has no bound of its own fails after so long, at the line that waits; the tests behind it have their turn."""

    def fail(_: int, where: FrameType | None) -> None:
        line = "" if where is None else f", at {where.f_code.co_filename}:{where.f_lineno}"
        pytest.fail(f"{what} has waited for {seconds:g} s for what never came{line}")

    before = _handle(signal.SIGALRM, fail)
    left, _ = signal.setitimer(signal.ITIMER_REAL, seconds)  # of one around it
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, left)
        _handle(signal.SIGALRM, before)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Modules in a random order, and the tests of each: fixtures of a module are made once still."""
    if not (seed := config.getoption("--shuffle")):
        return
    rng = random.Random(seed)
    modules: dict[str, list[pytest.Item]] = {}
    for item in items:
        modules.setdefault(item.nodeid.partition("::")[0], []).append(item)
    shuffled = list(modules.values())
    rng.shuffle(shuffled)
    for module in shuffled:
        rng.shuffle(module)
    items[:] = [item for module in shuffled for item in module]


def pytest_collection_finish(session: pytest.Session) -> None:
    """In a worker, what was collected stays to the end: no garbage is looked for in it, and no fork copies it."""
    if hasattr(session.config, "workerinput"):
        gc.collect()
        gc.freeze()


def _check_features() -> None:
    """NPY_DISABLE_CPU_FEATURES did what it says: NumPy overlooks what it cannot turn off."""
    wanted = os.environ.get("NPY_DISABLE_CPU_FEATURES", "").replace(",", " ").split()
    if not wanted:
        return
    from numpy._core._multiarray_umath import __cpu_features__ as features

    left = [name for name in wanted if features.get(name, False)]
    if left:
        raise pytest.UsageError(f"NPY_DISABLE_CPU_FEATURES names {left}, and NumPy uses them all the same")
    unknown = [name for name in wanted if name not in features]
    if unknown:
        raise pytest.UsageError(f"NPY_DISABLE_CPU_FEATURES names {unknown}, which this NumPy does not know")
