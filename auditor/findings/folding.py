"""Roots and what follows from them: one fault makes one finding, and says how many others it explains."""

from __future__ import annotations

from collections.abc import Sequence

from ..report import Finding, Severity
from ..shapes.facts import Facts
from ..shapes.troubles import At, Impossible, Misfit
from .order import RANK

_FROM_A_RUN = frozenset({"runtime-refusal", "nonfinite-outputs", "golden-mismatch"})
"""Rules whose findings an error in the model itself explains. A crash or a hang is never folded away."""

_EXPLAINS = {
    "nonfinite-outputs": frozenset({"nan-weights", "bad-variance", "domain-faults", "float16-overflow"}),
    "runtime-refusal": frozenset({"misfit-initializers", "impossible-shapes", "oversized-windows"}),
}
"""Warnings that explain what a run came to."""

_CUTS = frozenset({"dangling-inputs", "wrong-arity"})
_CUT_OFF = frozenset({"dead-branches", "unused-initializers", "unused-inputs"})
"""Where a node or an output has lost what it takes, something else has lost its use: one fault, and not two."""

FOLDED = _FROM_A_RUN | _CUT_OFF
"""Rules whose findings may be there and be no findings of their own."""


def folded(findings: Sequence[Finding], facts: Facts | None) -> tuple[Finding, ...]:
    """The roots, each with the number of its consequences; notes are never folded into and never roots."""
    static = [f for f in findings if f.rule not in _FROM_A_RUN]
    roots = [f for f in static if f.severity is Severity.ERROR]
    kept: list[Finding] = list(static)
    for finding in findings:
        if finding.rule not in _FROM_A_RUN:
            continue
        same_node = [f for f in static if f.location.node and f.location.node == finding.location.node]
        warned = [f for f in static if f.severity is Severity.WARNING and f.rule in _EXPLAINS.get(finding.rule, ())]
        explaining = same_node or roots or warned
        if explaining:
            _credit(kept, explaining[0], 1, finding.severity)
        else:
            kept.append(finding)
    cut = next((f for f in kept if f.rule in _CUTS), None)
    if cut is not None:
        useless = [f for f in kept if f.rule in _CUT_OFF and f.location.graph == cut.location.graph]
        kept = [f for f in kept if f not in useless]
        _credit(kept, cut, len(useless))
    if facts is not None:
        for root, number in _downstream(facts).items():
            label = facts.label(root)
            found = next((f for f in kept if f.location.node == label and f.location.graph == root.graph), None)
            if found is not None:
                _credit(kept, found, number)
    return tuple(kept)


def _credit(kept: list[Finding], root: Finding, number: int, severity: Severity | None = None) -> None:
    """Counts the consequences at their root, which is as severe as what it explains."""
    for i, finding in enumerate(kept):
        if (finding.location, finding.rule, finding.message) == (root.location, root.rule, root.message):
            worse = severity is not None and RANK[severity] > RANK[finding.severity or Severity.ERROR]
            kept[i] = finding._replace(
                consequences=finding.consequences + number, severity=severity if worse else finding.severity
            )
            return


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
