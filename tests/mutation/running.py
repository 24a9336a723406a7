"""Running collected tests one by one, until one fails."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO

import pytest

ARGUMENTS = ("-q", "-s", "-p", "no:cacheprovider", "-p", "no:xdist", "--continue-on-collection-errors", "--tb=line")


class Watcher:
    """Sees how the test that runs comes out."""

    def __init__(self) -> None:
        self.failed = ""
        self.passed = False

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
        report: pytest.TestReport = yield
        if report.failed and not self.failed:
            self.failed = _why(call)
        elif report.when == "call" and report.passed:
            self.passed = True
        return report


def _why(call: pytest.CallInfo[None]) -> str:
    if call.excinfo is None:
        return "failed"
    return f"{call.excinfo.typename}: {str(call.excinfo.value).strip().partition(chr(10))[0]}"[:160]


def run(items: Sequence[pytest.Item], watcher: Watcher, pipe: BinaryIO) -> None:
    """Run tests in this order until one fails. Writes a line of JSON before and after each."""
    for item, following in pairwise((*items, None)):
        tell(pipe, **one(item, following, watcher, pipe))
        if watcher.failed:
            return


def one(item: pytest.Item | None, following: pytest.Item | None, watcher: Watcher, pipe: BinaryIO) -> dict[str, object]:
    """Run a test; gives how it came out. Fixtures that the following one needs too are kept."""
    assert item is not None
    watcher.failed, watcher.passed = "", False
    tell(pipe, start=item.nodeid)
    started = time.monotonic()
    item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
    seconds = time.monotonic() - started
    return {"done": item.nodeid, "failed": watcher.failed, "passed": watcher.passed, "seconds": seconds}


def tell(pipe: BinaryIO, **what: object) -> None:
    pipe.write(json.dumps(what).encode() + b"\n")


def steady() -> None:
    """Let hypothesis draw the same examples each time, in any time, and not look for smaller ones."""
    from hypothesis import HealthCheck, Phase, settings

    settings.register_profile(
        "mutation",
        derandomize=True,
        database=None,
        deadline=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    settings.load_profile("mutation")


def one_thread(root: Path) -> None:
    """Work in the root, with libraries that start no threads: the process forks."""
    os.chdir(root)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
