"""Kills two batches over one registry and a service, all at one database, and looks for what is lost or doubled.

``python -m tests.store.kills --kills 400 --audits 9000 [--database sqlite]`` is the whole campaign; the tests run a
short one. Two thirds of the audits are the batches', who race for each model, and the rest are the service's.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.batch import kills as batches
from tests.service import kills as service
from tests.store.conftest import started_postgresql

PROJECTS = ("team-a", "team-b")
"""The service's: the batches' is the command line's."""


def campaign(folder: Path, kills: int, audits: int, seed: int, database: str) -> dict[str, dict[str, object]]:
    """Run one; the figures of the batches, and those of the service."""
    chance = random.Random(seed)
    registry = folder / "batches"
    submissions, served = audits // 6, kills // 3
    batches.make_models(registry, audits - submissions)
    both = [batches.Campaign(registry, database, random.Random(chance.random())) for _ in range(2)]
    shares = (kills - served) // 2, kills - served - (kills - served) // 2
    with ThreadPoolExecutor(2) as threads:
        running = [threads.submit(one.run, n) for one, n in zip(both, shares, strict=True)]
        of_service = service.campaign(folder / "service", served, 4, submissions, seed, database, projects=PROJECTS)
        for one in running:
            one.result()
    return {"batches": batches.verdict(both), "service": of_service}


def is_right(figures: dict[str, dict[str, object]]) -> bool:
    """Whether nothing was lost, doubled, or left in part."""
    of_batches = figures["batches"]
    wrong = any(of_batches[name] for name in batches.WRONG) or of_batches["integrity"] != "ok"
    return not wrong and service.is_right(figures["service"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=400)
    parser.add_argument("--audits", type=int, default=9000)
    parser.add_argument("--database", choices=("postgresql", "sqlite"), default="postgresql")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    chosen = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch, contextlib.ExitStack() as stack:
        where = str(Path(scratch) / "reports.db")
        if chosen.database == "postgresql":
            where = stack.enter_context(started_postgresql()).format("postgres")
        found = campaign(Path(scratch), chosen.kills, chosen.audits, chosen.seed, where)
    print(json.dumps(found | {"seconds": round(time.monotonic() - began, 1)}, indent=2))
    sys.exit(not is_right(found))
