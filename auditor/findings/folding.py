"""Roots and what follows from them: one fault makes one finding, and says how many others it explains."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ..report import Severity
from ..shapes.facts import Facts
from ..shapes.troubles import At, Impossible, Misfit
from .kind import Candidate, Symptom
from .order import worse


def folded(candidates: Sequence[Candidate], facts: Facts | None) -> tuple[Candidate, ...]:
    """The roots, each with the number of its consequences, and as bad as the worst of them.

    What a run came to is explained by any error, or by a warning whose rule says that it explains this; best by one at
    the same node. That a warning stands there proves nothing, and notes explain nothing.
    """
    of_runs = {i: c.kind.symptom for i, c in enumerate(candidates) if c.kind.symptom and c.kind.symptom.of_a_run}
    kept = {i: one for i, one in enumerate(candidates) if i not in of_runs}
    roots = {i: one for i, one in kept.items() if one.severity is not Severity.NOTE}
    for i, symptom in of_runs.items():
        root = next(_explaining(candidates[i], symptom, roots), None)
        if root is None:
            kept[i] = candidates[i]
        else:
            kept[root] = _credited(kept[root], candidates[i])
    cuts = [i for i, c in kept.items() if Symptom.UNUSED in c.kind.explains and c.kind.symptom is not Symptom.UNUSED]
    for i, one in tuple(kept.items()):
        if one.kind.symptom is Symptom.UNUSED:
            cut = next((n for n in cuts if _near(kept[n], one)), None)
            if cut is not None:
                kept[cut] = _credited(kept[cut], kept.pop(i))
    if facts is not None:
        for at, number in _downstream(facts).items():
            root = next((i for i, one in kept.items() if _at(one) == (at.graph, facts.label(at))), None)
            if root is not None:
                kept[root] = kept[root]._replace(consequences=kept[root].consequences + number)
    return tuple(kept.values())


def _explaining(one: Candidate, symptom: Symptom, roots: Mapping[int, Candidate]) -> Iterator[int]:
    """What explains it, the best first."""
    causes = {i: r for i, r in roots.items() if r.severity is Severity.ERROR or symptom in r.kind.explains}
    if one.found.location.node:
        yield from (i for i, root in causes.items() if _at(root) == _at(one))
    yield from (i for i, root in causes.items() if root.severity is Severity.ERROR)
    if symptom is not Symptom.OTHER_OUTPUTS:  # what comes of a node is another output's only if it is said to be
        yield from causes


def _at(one: Candidate) -> tuple[str, str]:
    return one.found.location.graph, one.found.location.node


def _near(one: Candidate, other: Candidate) -> bool:
    return one.found.location.graph == other.found.location.graph


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
