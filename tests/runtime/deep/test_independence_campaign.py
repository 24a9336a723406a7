"""The short form of the campaign."""

from __future__ import annotations

from pathlib import Path

import pytest

from .independence_campaign import in_depth, mixes, named, report_of
from .mixing import by_their_number, mutant, reshape_then_transpose
from .networks import NETWORKS, nothing

SHORT = frozenset({"independence"})


@pytest.mark.parametrize("network", ["streaming_lstm", "mirrored", "dictionary"])
def test_a_sound_network_is_silent(network: str, tmp_path: Path) -> None:
    report = report_of(NETWORKS[network](nothing), tmp_path, SHORT)
    assert not in_depth(report)
    assert [part.status for part in report.depth] == ["ok"]


def test_a_fault_that_no_rule_sees_in_the_graph_is_named(tmp_path: Path) -> None:
    made = mutant("gru", reshape_then_transpose, "sequence")
    assert made is not None and mixes(made.model)
    report = report_of(made.model, tmp_path, SHORT)
    assert named(report)
    assert [one.rule for one in report.findings] == ["dependent-images"]


def test_a_fault_that_a_normalisation_takes_away_is_none() -> None:
    """A factor is gone behind a LayerNormalization."""
    gone = mutant("vision_transformer", by_their_number, "sequence")
    there = mutant("lstm", by_their_number, "sequence")
    assert gone is not None and not mixes(gone.model)
    assert there is not None and mixes(there.model)
