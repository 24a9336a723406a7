"""Which tests run which lines, and how long each takes: kept in a folder, by the content of code and tests."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from .client import Client
from .targets import CACHE, ROOMS, ROOT, test_files
from .tracing import Masks, merge


class Test(NamedTuple):
    """A test that passes: what it covers, and what it takes."""

    id: str
    seconds: float
    lines: Masks
    breadth: int  # how many lines it covers

    @property
    def function(self) -> str:
        return self.id.partition("[")[0]


@dataclass
class Covering:
    """Every test, and the lines that run when everything is imported."""

    tests: dict[str, Test] = field(default_factory=dict)
    imported: Masks = field(default_factory=dict)
    failing: dict[str, str] = field(default_factory=dict)  # tests that do not pass as it is, and why

    def tests_of(self, path: str, mask: int) -> list[Test]:
        """The tests that run one of these lines."""
        return [test for test in self.tests.values() if test.lines.get(path, 0) & mask]


def _digest(paths: Iterable[Path]) -> str:
    found = hashlib.sha256()
    for path in sorted(paths):
        found.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:20]


def _key(file: str, code: str) -> str:
    """Of a file of tests: the code, which of it is traced, itself, and what stands beside it and helps."""
    path = ROOT / file
    room = ROOT / "tests" / path.relative_to(ROOT / "tests").parts[0]
    helpers = [p for p in room.rglob("*.py") if not p.name.startswith("test_")] if room.is_dir() else []
    own = _digest({path, *helpers, ROOT / "tests" / "corpus.py"})
    return hashlib.sha256(f"{file} {code} {own}".encode()).hexdigest()[:20]


def covering(jobs: int, known_only: bool = False, rooms: Sequence[str] = ROOMS, below: Sequence[str] = ()) -> Covering:
    """What is known of some rooms' tests, after tracing what is not: the campaign's, or those below some paths."""
    CACHE.mkdir(exist_ok=True)
    code = _digest((ROOT / "auditor").rglob("*.py"))
    if rooms != ROOMS:
        code += "-" + "-".join(sorted(rooms)).replace("/", ".")
    kept = {file: CACHE / f"lines-{_key(file, code)}.json" for file in test_files(below)}
    imports = CACHE / f"imports-{code}.json"
    unknown = [file for file, path in kept.items() if not path.exists()]
    if unknown and not known_only:
        print(f"tracing {len(unknown)} files of tests", flush=True)
        _trace(unknown, kept, imports, rooms, jobs)
    found = Covering(imported=_masks(json.loads(imports.read_text())))
    for path in filter(Path.exists, kept.values()):
        for said in json.loads(path.read_text()):
            if said["passed"]:
                lines = _masks(said["lines"])
                breadth = sum(mask.bit_count() for mask in lines.values())
                found.tests[said["test"]] = Test(said["test"], said["seconds"], lines, breadth)
            elif said.get("why"):
                found.failing[said["test"]] = said["why"]
    for test, why in found.failing.items():
        print(f"not asked, for it does not pass as it is: {test}: {why}")
    return found


def _masks(said: dict[str, str]) -> Masks:
    return {name: int(mask, 16) for name, mask in said.items()}


def _trace(files: list[str], kept: dict[str, Path], imports: Path, rooms: Sequence[str], jobs: int) -> None:
    clients = [Client("trace", files[start::jobs], rooms) for start in range(min(jobs, len(files)))]
    imported: Masks = _masks(json.loads(imports.read_text())) if imports.exists() else {}
    for client in clients:
        merge(imported, _masks(client.ready["imported"]))
        imports.write_text(json.dumps({name: hex(mask) for name, mask in imported.items()}))
    with ThreadPoolExecutor(len(clients)) as threads:
        list(threads.map(lambda client: _keep(client, kept), clients))


def _keep(client: Client, kept: dict[str, Path]) -> None:
    """Have the tests of a process traced, and keep each file's when the last of it is there."""
    tests: list[str] = client.ready["ready"]
    left = Counter(test.partition("::")[0] for test in tests)
    answers: dict[str, list[dict[str, Any]]] = {file: [] for file in client.files}
    for file in client.files:
        if not left[file]:
            kept[file].write_text("[]")
    client.send({"trace": tests})
    for _ in tests:
        said = client.receive()
        file = said["test"].partition("::")[0]
        answers[file].append(said)
        left[file] -= 1
        if not left[file]:
            kept[file].write_text(json.dumps(answers.pop(file)))
    client.close()
