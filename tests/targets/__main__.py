"""``python -m tests.targets``: ask every release of onnxruntime on the registry, and write the table anew.

Each is installed in a folder of its own and asked one after the other; ``--cache FOLDER`` keeps the folders and the
answers, and what lies there is not fetched or asked again. Some twenty minutes of one core.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import auditor.targets
from auditor.model.schemas import domains, operators
from auditor.targets.scratch import installed

from .asking import asked, settled
from .releases import Release, numbers, on_the_registry
from .table import doubts, written

TABLE = Path(auditor.targets.__file__).parent / "release_table.py"

_TELLS = "1.16.0"  # the first that can say which schemas it has


def main() -> None:
    words = argparse.ArgumentParser(prog="python -m tests.targets", description=__doc__)
    words.add_argument("--cache", type=Path)
    words.add_argument("--to", type=Path, help="the file to write; else the table that auditor has, of all releases")
    words.add_argument("releases", nargs="*", help="all on the registry if none is named; with --to alone")
    said = words.parse_args()
    if said.releases and said.to is None:
        words.error("a table of some releases is not auditor's: name the file to write with --to")
    with tempfile.TemporaryDirectory() as folder:
        cache = said.cache or Path(folder)
        cache.mkdir(parents=True, exist_ok=True)
        versions = sorted(said.releases, key=numbers) or on_the_registry()
        later = None
        if numbers(versions[0]) < numbers(_TELLS):
            later = asked(Release(_TELLS, installed(_TELLS, cache)), cache)
        answers: list[dict[str, Any]] = []
        for version in versions:
            release = Release(version, installed(version, cache))
            answers.append(asked(release, cache, later, answers[-1] if answers else None))
            print(version, flush=True)
        open_ones = list(doubts(answers))
        for version, answer in zip(versions, answers, strict=True):
            settled(Release(version, installed(version, cache)), answer, open_ones, cache)
    ours = frozenset((domain, name) for domain in domains() for name in operators(domain))
    table = said.to or TABLE
    table.write_text(written(answers, ours))
    print(f"{table.name}: {table.stat().st_size:,} bytes, {len(answers)} releases")


if __name__ == "__main__":
    main()
