"""Roots and what follows from them: one fault makes one finding, and says how many others it explains."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ..report import Severity
from ..shapes.facts import Facts
from ..shapes.troubles import At, Impossible, Misfit
from .kind import Candidate, Symptom
from .order import RANK, worse


def folded(candidates: Sequence[Candidate], facts: Facts | None) -> tuple[Candidate, ...]:
    """The roots, each with the number of its consequences, and as bad as the worst of them.

    What a run came to is explained by a fault of the same node that is no milder, else by any error, else by a warning
    whose rule says that it explains this. Notes explain nothing.
    """
    kept: dict[int, Candidate] = dict(enumerate(candidates))
    of_runs = {i: one.kind.symptom for i, one in kept.items() if one.kind.symptom and one.kind.symptom.of_a_run}
    roots = {i: one for i, one in kept.items() if i not in of_runs and one.severity is not Severity.NOTE}
    for i, symptom in of_runs.items():
        root = next(_explaining(candidates[i], symptom, roots), None)
        if root is not None:
            kept[root] = _credited(kept[root], kept.pop(i))
    for i, one in tuple(kept.items()):
        if one.kind.symptom is Symptom.UNUSED:
            cut = next(
                (n for n, other in kept.items() if Symptom.UNUSED in other.kind.explains and _near(other, one)), None
            )
            if cut is not None:
                kept[cut] = _credited(kept[cut], kept.pop(i))
    if facts is not None:
        for at, number in _downstream(facts).items():
            here = (at.graph, facts.label(at))
            root = next(
                (n for n, one in kept.items() if (one.found.location.graph, one.found.location.node) == here), None
            )
            if root is not None:
                kept[root] = kept[root]._replace(consequences=kept[root].consequences + number)
    return tuple(kept.values())


def _explaining(one: Candidate, symptom: Symptom, roots: Mapping[int, Candidate]) -> Iterator[int]:
    """What explains it, the best first."""
    node = one.found.location.node
    for i, root in roots.items():
        declared = symptom in root.kind.explains
        if node and root.found.location.node == node and _near(root, one) and (declared or not _milder(root, one)):
            yield i
    yield from (i for i, root in roots.items() if root.severity is Severity.ERROR)
    yield from (i for i, root in roots.items() if symptom in root.kind.explains)


def _near(one: Candidate, other: Candidate) -> bool:
    return one.found.location.graph == other.found.location.graph


def _milder(root: Candidate, one: Candidate) -> bool:
    return RANK[root.severity] < RANK[one.severity]


def _credited(root: Candidate, one: Candidate) -> Candidate:
    return root._replace(
        severity=worse(root.severity, one.severity), consequences=root.consequences + 1 + one.consequences
    )


def _downstream(facts: Facts) -> dict[At, int]:
    """For each proven trouble of the shapes, how many unproven ones stand behind it; each counts for its nearest."""
    proven: list[At] = []
    unproven: list[At] = []
    for trouble in facts.troubles:
        if isinstance(trouble, Misfit | Impossible):
            (unproven if trouble.declared else proven).append(trouble.at)
    counts = dict.fromkeys(proven, 0)
    if not proven:
        return {}
    for at in dict.fromkeys(unproven).keys() - counts.keys():
        before = [root for root in proven if root.graph != at.graph or root.index < at.index]
        if before:
            counts[before[-1]] += 1
    return counts
