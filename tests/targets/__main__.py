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

from .asking import asked
from .releases import Release, on_the_registry
from .table import written

TABLE = Path(auditor.targets.__file__).parent / "release_table.py"

_TELLS = "1.16.0"  # the first that can say which schemas it has


def main() -> None:
    words = argparse.ArgumentParser(prog="python -m tests.targets", description=__doc__)
    words.add_argument("--cache", type=Path)
    words.add_argument("releases", nargs="*")
    said = words.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cache = said.cache or Path(folder)
        cache.mkdir(exist_ok=True)
        versions = said.releases or on_the_registry()
        later = asked(Release(_TELLS, installed(_TELLS, cache)), cache)
        answers: list[dict[str, Any]] = []
        for version in versions:
            release = Release(version, installed(version, cache))
            answers.append(asked(release, cache, later, answers[-1] if answers else None))
            print(version, flush=True)
    ours = frozenset((domain, name) for domain in domains() for name in operators(domain))
    TABLE.write_text(written(answers, ours))
    print(f"{TABLE.name}: {TABLE.stat().st_size:,} bytes, {len(answers)} releases")


if __name__ == "__main__":
    main()
