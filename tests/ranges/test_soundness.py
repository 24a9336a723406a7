"""Nothing that onnxruntime gives lies outside its interval; 10^5 graphs: ``python -m tests.ranges.soundness``."""

from __future__ import annotations

from .soundness import in_a_child

GRAPHS = 2000


def test_no_value_lies_outside_its_interval() -> None:
    wrong, operators = in_a_child(0, GRAPHS)
    assert wrong == []
    assert sum(operators.values()) > 5 * GRAPHS
    assert len(operators) > 90
