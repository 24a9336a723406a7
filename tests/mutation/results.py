"""What came of each mutant: kept as lines of JSON, so that a campaign goes on where it stopped."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from .mutants import Mutant, digest


class Result(NamedTuple):
    """One mutant's end. ``outcome`` is killed, overdue, survived, uncovered or unsteady."""

    id: str
    path: str
    line: int
    kind: str
    mutation: str
    text: str
    outcome: str
    test: str  # the one that saw it
    why: str
    ran: int  # tests
    cut: bool  # more tests cover it than were run
    source: str  # the digest of the file

    @property
    def killed(self) -> bool:
        return self.outcome in ("killed", "overdue")


class Results:
    """A file of them. The last line of a mutant holds, while its file stays as it was."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._found: dict[str, Result] = {}
        path.parent.mkdir(exist_ok=True)
        if path.exists():
            for line in path.read_text().splitlines():
                result = Result(**json.loads(line))
                self._found[result.id] = result

    def of(self, mutant: Mutant) -> Result | None:
        found = self._found.get(mutant.id)
        return found if found is not None and found.source == digest(mutant.path) else None

    def add(self, result: Result) -> None:
        self._found[result.id] = result
        with self._path.open("a") as file:
            file.write(json.dumps(result._asdict()) + "\n")

    def among(self, mutants: Iterable[Mutant]) -> list[Result]:
        return [found for mutant in mutants if (found := self.of(mutant)) is not None]
