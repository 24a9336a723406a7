"""The search: proposals in the order of their price, each tried on the whole model, until three are found.

The place that screams is often not the one at fault: a padding, an axis left at its default, a Transpose or a Resize
further up. A proposal is told only if the edited model propagates without this fault and without a new one. What the
file declares of inner tensors ranks what mends, and proves nothing. All bounds are counts, so that a result is the same
on every machine.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from ...model.graph import TensorType
from ...model.schemas import newest, versions
from ...repair import Declaration, Repair, words
from ...report import Fit
from ...tuples import NamedTuple
from ..facts import Facts, rendered
from ..open_axes import open_axes, with_sizes
from ..sizes.dim import TooComplex
from ..troubles import At, Impossible, Misfit
from . import BrokenPlace
from .edits import Edit, changes, repair
from .opsets import opset_that_fits
from .proposal import Proposal, shape_of
from .trial import Ground, edited, tried

MOST_TOLD = 3
MOST_TRIALS = 1_500
MOST_STEPS = 40_000
"""Nodes that one search may ask again."""


SECONDS = 20.0
"""Of CPU, which end a search whatever it counts. Nothing is told of it then, for another machine would tell more."""

_MOST_NODES = 20_000
"""Of larger graphs no edit is tried."""

_MOST_AXES = 16
"""Of more axes nobody means any, and each trial goes over all of them."""

_LEFT = 4.0
_UNLIKE = 0.7
_STALE = 3.6
_IMPORT = 4.4
_OLD = 7  # below it operators broadcast otherwise, and runtimes have few of them
_MOST_UNLIKE = 5


class Mend(NamedTuple):
    """An edit that mends a fault, and its words. ``cause`` says what of the node ``at`` is wrong."""

    repair: Repair
    at: At | None  # None: no node is at fault
    cause: str
    fix: str
    tensor: str
    attribute: str
    cost: float
    edit: Edit | None = None
    sure: bool = False  # nothing else is nearly as likely


def mends(facts: Facts, fault: BrokenPlace, fits: Sequence[Fit] = ()) -> tuple[Mend, ...]:
    """Up to three edits that mend a fault, the likeliest first; ``fits``: sizes of inputs that were solved for it."""
    if len(facts.graphs[""].entries) > _MOST_NODES or facts.graphs[""].nodes is not facts.model.graph.nodes:
        return ()
    if fault.at is not None and any(
        len(shape_of(facts, fault.at, i) or ()) > _MOST_AXES for i in range(len(facts.node(fault.at).inputs))
    ):
        return ()
    ground, bound = Ground.under(facts), _bound(facts)
    from .proposals import proposals

    proposed = sorted(proposals(facts, fault, fits), key=lambda p: p.cost)
    best: dict[object, tuple[float, int, Proposal, int]] = {}
    axes: dict[At, int] = {}
    trials, steps, deadline = 0, 0, time.thread_time() + SECONDS
    for number, proposal in enumerate(proposed):
        found = sorted(best.values(), key=lambda b: b[:2])
        if len(found) >= MOST_TOLD and found[MOST_TOLD - 1][0] <= proposal.cost:
            break
        if trials >= MOST_TRIALS or steps >= MOST_STEPS:
            break
        if time.thread_time() > deadline:
            return ()
        try:
            made = changes(facts, proposal.edit)
            outcome, walked = (None, 0) if made is None else tried(ground, fault, made)
        except (TooComplex, ZeroDivisionError):
            continue
        trials, steps = trials + 1, steps + walked
        if outcome is None:
            continue
        if proposal.attribute == "axis" and proposal.at == fault.at:
            axes[proposal.at] = axes.get(proposal.at, 0) + 1
        left = outcome.left + (0 if bound is None else left_of_bound(bound, proposal.edit))
        cost = proposal.cost + _LEFT * left + _UNLIKE * min(outcome.unlike, _MOST_UNLIKE)
        known = best.get(proposal.place)
        if known is None or cost < known[0]:
            best[proposal.place] = (cost, number, proposal, left)
    told = _worded(facts, best, {at for at, count in axes.items() if count > 1})
    others = [_declared(ground, fault.output)] if fault.output else _imported(facts, fault, told)
    if others and facts.model.opsets.get("", _OLD) < _OLD and not fault.output:
        return tuple(others)
    return tuple(sorted((*told, *others), key=lambda m: m.cost))[:MOST_TOLD]


class _Bound(NamedTuple):
    """The facts with a number for each open batch, and that number by its name."""

    facts: Facts
    names: Mapping[str, int]


_BATCH = 3
"""Images with which the edited model must run, where the batch is open: some faults show for numbers only."""


def _bound(facts: Facts) -> _Bound | None:
    names = {axis.name: _BATCH for axis in open_axes(facts) if axis.batch or axis.axis == 0}
    return _Bound(with_sizes(facts, names, _BATCH), names) if names else None


def left_of_bound(bound: _Bound, edit: Edit) -> int:
    """The troubles, and the outputs that are not as declared, of the edited model with a batch of numbers."""
    after = edited(bound.facts, edit)
    if after is None:
        return 1
    left = sum(isinstance(t, Misfit | Impossible) and not t.declared for t in after.troubles)
    for value in after.model.graph.outputs:
        said, made = value.type.shape if isinstance(value.type, TensorType) else None, after.at(value.name)
        if said is None or made is None or made.shape is None or made.declared:
            continue
        pairs = zip(said, made.shape, strict=False)
        left += any(isinstance(a, str) and isinstance(b, int) and bound.names.get(a, b) != b for a, b in pairs)
    return left


def _imported(facts: Facts, fault: BrokenPlace, told: Sequence[Mend]) -> list[Mend]:
    """Another opset, at which the broken node means another thing."""
    if fault.at is None or fault.at.graph:
        return []
    node = facts.node(fault.at)
    now, versions_of = facts.model.opsets.get(node.domain, 1), versions(node.domain, node.op_type)
    if node.domain or (now == newest(node.domain) and not any(now < v for v in versions_of)):
        return []
    if now >= _OLD and len(told) >= MOST_TOLD:
        return []
    found = opset_that_fits(facts, node.domain, versions_of)
    cost = _IMPORT if now >= _OLD else 0.5
    return [Mend(one, None, one.why, words(one), "", "", cost, sure=now < _OLD) for one in found]


def _declared(ground: Ground, name: str) -> Mend:
    """That the declaration of an output is stale; the less likely, the more others would be stale with it."""
    value, fact = ground.annotations[name], ground.facts.at(name)
    said = value.type.shape if isinstance(value.type, TensorType) else None
    made = rendered(fact.shape if fact is not None else None)
    why = f"{name} is declared as {'?' if said is None else list(said)}, and is {'?' if made is None else list(made)}"
    edit = Declaration(name, "shape", said, made, why)
    cost = _STALE + _UNLIKE * min(len(ground.contradicted) - 1, _MOST_UNLIKE)
    return Mend(edit, None, why, words(edit), name, "", cost)


def sizes_that_mend(facts: Facts, at: At, fits: Sequence[Fit]) -> tuple[Repair, ...]:
    """Sizes of inputs with which a node runs that runs for some of the open sizes only; tried like any edit."""
    from . import feeding

    ground, found = Ground.under(facts), dict[object, Repair]()
    for proposal in sorted(feeding.sized(facts, fits, at), key=lambda p: p.cost) if fits else ():
        made = changes(facts, proposal.edit)
        if proposal.place not in found and made is not None and tried(ground, BrokenPlace(at), made)[0] is not None:
            found[proposal.place] = repair(facts, proposal.edit, proposal.cause)
            if len(found) == MOST_TOLD:
                break
    return tuple(found.values())


def _worded(facts: Facts, best: dict[object, tuple[float, int, Proposal, int]], doubtful: set[At]) -> tuple[Mend, ...]:
    """The best, with words. Of an axis that is not the only one that fits, nobody knows whether it was meant."""
    kept = [b for b in best.values() if not (b[2].attribute == "axis" and b[2].at in doubtful)]
    least = min((left for *_, left in kept), default=0)
    kept = sorted((b for b in kept if b[3] == least), key=lambda b: b[:2])[:MOST_TOLD]
    told = []
    for i, (cost, _, proposal, _) in enumerate(kept):
        edit = repair(facts, proposal.edit, proposal.cause)
        other = next((c for c, _, p, _ in kept if p.at != proposal.at), None)
        sure = i == 0 and (other is None or other - cost >= 1.0)
        at = proposal.at if proposal.at.index >= 0 else None
        fix = proposal.fix or words(edit)
        told.append(Mend(edit, at, proposal.cause, fix, proposal.tensor, proposal.attribute, cost, proposal.edit, sure))
    return tuple(told)
