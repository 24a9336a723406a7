"""What propagation says of a draft beside what it said before."""

from __future__ import annotations

from ..shapes.facts import Facts
from ..shapes.troubles import Impossible, Misfit


def faults(facts: Facts) -> frozenset[tuple[str, int, str, str]]:
    """The faults that are proofs: each by its graph, the byte where its node lies, its name, and the parameter."""
    found = set()
    for trouble in facts.troubles:
        if isinstance(trouble, Misfit | Impossible) and not trouble.declared:
            node = facts.node(trouble.at)
            found.add((trouble.at.graph, node.offset, node.name or node.op_type, trouble.parameter))
    return frozenset(found)


def no_new_faults(before: Facts, after: Facts) -> bool:
    return faults(after) <= faults(before)
