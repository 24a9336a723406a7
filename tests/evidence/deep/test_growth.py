"""What is said of the memory that a model takes: by arithmetic on what was resident."""

from __future__ import annotations

from auditor.evidence.deep.growth import _lines
from auditor.runtime.deep.growth import GrowthSeen, PhaseMemory

MEBIBYTE = 1 << 20
BEFORE = PhaseMemory("import", 100 * MEBIBYTE, 110 * MEBIBYTE)
LOADED = PhaseMemory("session", 120 * MEBIBYTE, 165 * MEBIBYTE)
RAN = PhaseMemory("first run", 140 * MEBIBYTE, 160 * MEBIBYTE)


def test_the_peak_is_told_beside_what_was_there_before_the_session() -> None:
    """At most 165 MiB in all, and 100 before."""
    assert list(_lines(GrowthSeen((BEFORE, LOADED, RAN)), 0.0)) == [
        "the model takes 65.0 MiB at most, beside what onnxruntime takes without a model",
        "resident behind import: 100.0 MiB, session: 120.0 MiB, first run: 140.0 MiB",
    ]


def test_where_nothing_of_the_model_was_seen_nothing_is_told() -> None:
    assert not list(_lines(GrowthSeen((BEFORE,)), 0.0))
