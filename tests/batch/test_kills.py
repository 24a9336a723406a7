"""The short form of `tests.batch.kills`."""

from __future__ import annotations

import random

from .kills import WRONG, campaign


def test_batches_that_are_killed_lose_nothing_and_double_nothing() -> None:
    seed = random.randrange(1 << 32)
    print(f"python -m tests.batch.kills --kills 12 --audits 150 --seed {seed}")
    figures = campaign(12, 150, seed)
    assert {name: figures[name] for name in (*WRONG, "integrity")} == {**dict.fromkeys(WRONG, 0), "integrity": "ok"}
    assert figures["models"] == 150
