"""The table of releases against what the releases did with models that were not used to make it."""

from __future__ import annotations

import json
from collections import Counter

from auditor.targets.known import runtimes

from .campaign import ANSWERS, PROBES, wrong


def test_every_refusal_and_every_load_of_the_probes_is_said() -> None:
    """answers.json is what each release did: ``python -m tests.targets.campaign`` installs and asks them anew."""
    refused = json.loads(ANSWERS.read_text())
    assert list(refused) == [release.version for release in runtimes()]
    some = Counter(name for names in refused.values() for name in names)
    assert len(PROBES) >= 40 and 2 * len(some) >= len(PROBES) and set(some) <= set(PROBES)
    assert list(wrong(refused)) == []


def test_a_table_that_is_wrong_is_seen() -> None:
    refused = json.loads(ANSWERS.read_text())
    refused["1.15.0"].remove("ir_10")
    refused["1.32.0"].append("ir_10")
    assert list(wrong(refused)) == [
        "onnxruntime 1.15.0, ir_10: loads, and the table says refused",
        "onnxruntime 1.32.0, ir_10: refused, and the table says loads",
    ]
