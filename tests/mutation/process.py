"""``python -m tests.mutation.process MODE ROOM,ROOM... [FILE...]``: a process that is ready and forks when it is asked.

The rooms are what is traced. MODE is ``trace`` or ``swap``, which collect the tests of the files and then answer, or
``fresh``, which has imported nothing of auditor: its forks import a mutant, collect and run. A request is a line of
JSON on standard input, an answer one on the descriptor that standard output was.
"""

from __future__ import annotations

import gc
import json
import marshal
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any, BinaryIO, Protocol, TypeGuard

import pytest

from tests.corpus import collected

from .hook.sitecustomize import serve
from .isolation import Fork
from .mutants import compiled
from .running import ARGUMENTS, Watcher, one, one_thread, run, steady, tell
from .swapping import CannotSwap, Functions
from .targets import ROOMS, ROOT, module_of
from .tracing import Tracer, hooked, merge, seen_by_forks

RATIO = 10
"""A mutant's test is over the bound when it takes so many times what it takes without the fault, now and here."""

SLACK = 2.0
"""Seconds after which it is worth asking what the test takes without the fault. They decide nothing."""

SLOW = 60.0
"""Seconds in which a test ends when it is traced; a slower one is not asked: that alone hangs on the machine."""

Request = Mapping[str, Any]


class Cache(Protocol):
    def cache_clear(self) -> None: ...


def _is_cache(found: object) -> TypeGuard[Cache]:
    return type(found).__name__ == "_lru_cache_wrapper" and str(getattr(found, "__module__", "")).startswith("auditor")


def _function(test: str) -> str:
    return test.partition("[")[0]


class Server:
    """A plugin that answers requests in place of running what was collected."""

    def __init__(self, answers: BinaryIO, tracer: Tracer | None, processes: bool = False) -> None:
        self._answers = answers
        self._tracer = tracer
        self._processes = processes  # are traced too: a room's own tests often go through the program
        self._watcher = Watcher()

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        session.config.pluginmanager.register(self._watcher)
        self._items = {item.nodeid: item for item in session.items}
        imported = self._tracer.stop() if self._tracer else {}
        self._functions = Functions()
        self._caches = [found for found in gc.get_objects() if _is_cache(found)]
        gc.collect()
        gc.freeze()  # the forks' collector touches nothing of this, and so copies nothing
        tell(self._answers, ready=list(self._items), imported={name: hex(mask) for name, mask in imported.items()})
        for request in _requests():
            if "trace" in request:
                for _, tests in groupby(request["trace"], _function):
                    for answer in self._traced(list(tests)):
                        tell(self._answers, **answer)
            else:
                tell(self._answers, **answered(request, self._work))
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_internalerror(self, excrepr: object) -> None:
        print(excrepr, file=sys.stderr)

    def _traced(self, tests: list[str]) -> Iterator[dict[str, object]]:
        """How each case of a test function comes out, and the lines that it runs: in one fork, caches emptied."""
        assert self._tracer is not None
        tracer = self._tracer

        def work(pipe: BinaryIO) -> None:
            folder = os.environ["TMPDIR"]
            tracer.see_forks(folder)
            if self._processes:
                tracer.see_processes(folder)
            for item, following in pairwise((*(self._items[test] for test in tests), None)):
                for cache in self._caches:
                    cache.cache_clear()
                tracer.start()
                said = one(item, following, self._watcher, pipe)
                masks = tracer.stop()
                merge(masks, seen_by_forks(folder))
                tell(pipe, **said, lines={name: hex(mask) for name, mask in masks.items()})

        fork = Fork(work)
        left = dict.fromkeys(tests)
        for line in fork.lines(lambda: SLOW):
            said = {} if line is None else json.loads(line)
            if "done" in said:
                left.pop(said["done"])
                passed = said["passed"] and not said["failed"]
                yield {**said, "test": said["done"], "passed": passed, "why": said["failed"]}
        fork.end()
        for test in left:
            yield {"test": test, "passed": False, "why": "slow, or its process ended", "seconds": 0.0, "lines": {}}

    def _work(self, request: Request, pipe: BinaryIO) -> None:
        if request.get("number") is not None:
            try:
                self._functions.swap(request["path"], request["number"])
            except CannotSwap:
                tell(pipe, cannot=True)
                return
        _show_processes(request)
        run([self._items[test] for test, _ in request["tests"]], self._watcher, pipe)
        tell(pipe, end=True)


class Chosen:
    """A plugin that runs the tests of one request."""

    def __init__(self, request: Request, pipe: BinaryIO, watcher: Watcher) -> None:
        self._tests = [test for test, _ in request["tests"]]
        self._pipe = pipe
        self._watcher = watcher
        self._broken = ""

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run those that are there: a mutant that only renames cases is not seen by that."""
        if self._broken:
            tell(self._pipe, done=self._broken, failed="cannot be collected", passed=False, seconds=0.0)
            return True
        items = {item.nodeid: item for item in session.items}
        run([items[test] for test in self._tests if test in items], self._watcher, self._pipe)
        return True

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._broken = report.nodeid or "the tests"


def fresh(request: Request, pipe: BinaryIO) -> None:
    """Import a mutant, collect the files of its tests, and run them."""
    if request.get("number") is not None:
        serve(module_of(request["path"]), compiled(request["path"], request["number"]))
    _show_processes(request)
    watcher = Watcher()
    files = list(dict.fromkeys(test.partition("::")[0] for test, _ in request["tests"]))
    status = pytest.main([*ARGUMENTS, *files], plugins=[Chosen(request, pipe, watcher), watcher])
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED):
        tell(pipe, done=files[0], failed=f"pytest ends with {status!s}", passed=False, seconds=0.0)
    tell(pipe, end=True)


def answered(request: Request, work: Callable[[Request, BinaryIO], None]) -> dict[str, object]:
    """How the tests of a request came out; a failure or an overdue test counts where the same passes without fault."""
    scale = 1.0
    while True:
        result = attempt(request, work, scale)
        outcome, test = result["outcome"], str(result.get("test", ""))
        if outcome not in ("killed", "overdue") or request.get("number") is None:
            return result
        one = [pair for pair in request["tests"] if pair[0] == test] or request["tests"][:1]
        plain = attempt({**request, "number": None, "tests": one}, work, 100.0)
        if plain["outcome"] != "survived":
            return {"outcome": "unsteady", "test": test, "why": plain.get("why", "")}
        if outcome == "killed" or bound(one[0][1], scale) >= RATIO * float(str(plain["seconds"])):
            return result
        scale *= 4


def bound(seconds: float, scale: float) -> float:
    return scale * (RATIO * seconds + SLACK)


def attempt(request: Request, work: Callable[[Request, BinaryIO], None], scale: float) -> dict[str, object]:
    """One fork: what it says."""
    known: dict[str, float] = dict(request["tests"])
    now = [""]  # the test that runs
    ran = 0
    seconds = 0.0
    fork = Fork(lambda pipe: work(request, pipe))
    result: dict[str, object] | None = None
    for line in fork.lines(lambda: bound(known.get(now[0], 5.0), scale)):
        if line is None:
            result = {"outcome": "overdue", "test": now[0]}
            break
        said = json.loads(line)
        now[0] = said.get("start", now[0])
        ran += "done" in said
        seconds += said.get("seconds", 0.0)
        if said.get("cannot"):
            result = {"outcome": "cannot"}
        elif said.get("failed"):
            result = {"outcome": "killed", "test": said["done"], "why": said["failed"]}
        elif said.get("end"):
            result = result or {"outcome": "survived"}
    fork.end()
    if result is None:
        result = {"outcome": "killed", "test": now[0], "why": "the process ends"}
    return {**result, "ran": ran, "seconds": seconds}


def _show_processes(request: Request) -> None:
    """Let processes that a test starts import the mutant too; without a fault the same way, with the file as it is."""
    file = Path(os.environ["TMPDIR"]) / "mutant"
    file.write_bytes(marshal.dumps((module_of(request["path"]), compiled(request["path"], request["number"]))))
    os.environ["MUTANT_OF_AUDITOR"] = str(file)
    hooked()


def _requests() -> Iterator[Request]:
    for line in iter(sys.__stdin__.readline, "") if sys.__stdin__ else ():
        yield json.loads(line)


def main(mode: str, rooms: list[str], files: list[str]) -> None:
    one_thread(ROOT)
    with os.fdopen(os.dup(1), "wb", buffering=0) as answers:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        steady()
        collected()  # the forks have ONNX's node tests then
        if mode == "fresh":
            import numpy  # noqa: F401  # the forks need not
            import onnx.parser
            import yaml  # noqa: F401

            assert onnx.parser and not any(name.startswith("auditor") for name in sys.modules)
            tell(answers, ready=[], imported={})
            for request in _requests():
                tell(answers, **answered(request, fresh))
            return
        tracer = Tracer(rooms) if mode == "trace" else None
        if tracer:
            tracer.start()
        pytest.main([*ARGUMENTS, *files], plugins=[Server(answers, tracer, processes=tuple(rooms) != ROOMS)])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2].split(","), sys.argv[3:])
