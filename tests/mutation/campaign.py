"""The campaign: mutants handed to processes, and what came of each."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from typing import Any

from .choosing import MOST_SECONDS, Choice, choice
from .client import Client
from .covering import Covering
from .mutants import Mutant, digest
from .results import Result, Results

_FILES_AT_ONCE = 3
"""So many files of tests are collected for a mutant that is imported anew, before the next are."""


class Worker:
    """Two processes: one has everything imported and swaps code, one imports mutants anew."""

    def __init__(self, files: list[str]) -> None:
        self._files = files  # of all tests that may be asked
        self._swap: Client | None = None
        self._fresh: Client | None = None

    def result(self, mutant: Mutant, chosen: Choice) -> Result:
        if not chosen.tests:
            return _result(mutant, {"outcome": "uncovered"}, chosen)
        said: dict[str, Any] = {"outcome": "cannot"}
        if not chosen.fresh:
            self._swap = self._swap or Client("swap", self._files)
            said = self._swap.ask(_request(mutant, [(t.id, t.seconds) for t in chosen.tests]))
        if said["outcome"] == "cannot":
            said = self._anew(mutant, chosen)
        return _result(mutant, said, chosen)

    def _anew(self, mutant: Mutant, chosen: Choice) -> dict[str, Any]:
        self._fresh = self._fresh or Client("fresh", [])
        files = list(dict.fromkeys(test.id.partition("::")[0] for test in chosen.tests))
        said: dict[str, Any] = {"outcome": "uncovered"}
        ran = 0
        for start in range(0, len(files), _FILES_AT_ONCE):
            some = files[start : start + _FILES_AT_ONCE]
            tests = [(t.id, t.seconds) for t in chosen.tests if t.id.partition("::")[0] in some]
            said = self._fresh.ask(_request(mutant, tests))
            ran += said.get("ran", 0)
            if said["outcome"] != "survived":
                break
        return {**said, "ran": ran}

    def close(self) -> None:
        for client in (self._swap, self._fresh):
            if client is not None:
                client.close()


def _request(mutant: Mutant, tests: Sequence[tuple[str, float]]) -> dict[str, object]:
    return {"path": mutant.path, "number": mutant.number, "tests": tests}


def _result(mutant: Mutant, said: dict[str, Any], chosen: Choice) -> Result:
    return Result(
        mutant.id,
        mutant.path,
        mutant.line,
        mutant.kind,
        mutant.mutation,
        mutant.text,
        said["outcome"],
        said.get("test", ""),
        said.get("why", ""),
        said.get("ran", 0),
        chosen.cut,
        digest(mutant.path),
    )


def campaign(
    mutants: Sequence[Mutant], covering: Covering, results: Results, jobs: int, most_seconds: float = MOST_SECONDS
) -> None:
    """Try every mutant; each result is kept as soon as it is there."""
    choices = [(mutant, choice(mutant, covering, most_seconds)) for mutant in mutants]
    choices.sort(key=lambda chosen: chosen[1].fresh)  # the slow ones last
    files = sorted({test.id.partition("::")[0] for _, chosen in choices for test in chosen.tests})
    todo = deque(choices)
    lock = threading.Lock()
    done = 0

    def work() -> None:
        nonlocal done
        worker = Worker(files)
        while True:
            with lock:
                if not todo:
                    break
                mutant, chosen = todo.popleft()
            result = worker.result(mutant, chosen)
            with lock:
                results.add(result)
                done += 1
                if not result.killed or done % 50 == 0:
                    print(f"{done}/{len(mutants)} {shown(result)}", flush=True)
        worker.close()

    threads = [threading.Thread(target=work) for _ in range(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def shown(result: Result) -> str:
    """A result in three lines: where, the line, and the change."""
    by = f" by {result.test}: {result.why}" if result.test else ""
    ran = f"{result.ran} tests{', of more' if result.cut else ''}"
    head = f"{result.path}:{result.line} [{result.id}] {result.kind} {result.outcome}{by} ({ran})"
    return f"{head}\n    {result.text}\n    {result.mutation}"
