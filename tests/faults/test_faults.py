"""Every fault class is named at its place, in one model each; `python -m tests.benchmarks faults` tries more."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.faults.fault import Fault
from tests.faults.injecting import all_faults, injected, naming, report_of

SEEN = [fault for fault in all_faults() if not fault.unseen]


@pytest.mark.parametrize("fault", SEEN, ids=lambda fault: fault.name)
def test_a_fault_is_named_at_its_place(fault: Fault, tmp_path: Path) -> None:
    tried = 0
    for what in injected(fault, tmp_path, most=1):
        tried += 1
        sound, faulty = report_of(what.sound, fault), report_of(what.faulty, fault)
        said = [(f.rule, f.severity.value, f.location, f.message) for f in faulty.findings]
        assert naming(what, sound, faulty), f"{what.base}: {what.places} is named by none of {said}"
    assert tried, "no model has a place for it"


def test_every_class_says_what_it_does() -> None:
    assert [fault.name for fault in all_faults() if not fault.summary.endswith(".")] == []


def test_what_no_means_can_see_is_rare() -> None:
    kinds = Counter(bool(fault.unseen) for fault in all_faults())
    assert kinds[True] <= 0.05 * kinds.total()
