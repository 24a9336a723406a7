"""The sizes of an input, where the model runs for others than it declares."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from ...model.graph import TensorType, Value
from ...report import Finding, Fit, Severity
from ...rules.impossible_shapes import impossible_shapes
from ...rules.misfit_initializers import misfit_initializers
from ..draft import Draft
from ..offer import Look, Offer
from ..proof import faults

_AXIS = re.compile(r"(.*)\[([0-9]{1,3})\]", re.DOTALL)
_RULES = (misfit_initializers.name, impossible_shapes.name)


def offers(look: Look) -> Iterator[Offer]:
    before = faults(look.facts)
    for finding in (
        f for rule in _RULES for f in look.found_before(rule) if f.severity is Severity.ERROR and not f.repairs
    ):
        for place, change, sizes in _fitting(look, finding):
            apply = _resized(sizes)
            after = apply(look.draft)
            if before and not faults(after.facts()):
                why = "propagated through the whole model: at these sizes every layer fits, and callers feed them"
                yield Offer(finding.rule, place, change, why, apply, keeps=False, instead=finding.fingerprint)
                return  # all that is wrong is mended by it


def _fitting(look: Look, finding: Finding) -> Iterator[tuple[str, str, Mapping[tuple[str, int], int]]]:
    """The nearest sizes that fit; first where height and width go together."""
    declared = {v.name: v.type for v in look.draft.model.graph.feeds}
    for fit in finding.fits:
        places = [(m[1], int(m[2])) for axis in fit.axes if (m := _AXIS.fullmatch(axis)) is not None]
        now = [_size(declared.get(name), axis) for name, axis in places]
        if len(places) < len(fit.axes) or not places or not all(isinstance(size, int) for size in now):
            continue
        current = now[0]
        size = _nearest(fit, current) if isinstance(current, int) else None
        if size is not None:
            said = ", ".join(fit.axes)
            yield (
                said,
                f"{', '.join(map(str, now))} -> {', '.join([str(size)] * len(now))}",
                dict.fromkeys(places, size),
            )


def _size(kind: object, axis: int) -> int | str | None:
    shape = kind.shape if isinstance(kind, TensorType) else None
    return shape[axis] if shape is not None and axis < len(shape) else None


def _nearest(fit: Fit, now: int) -> int | None:
    """Of the sizes that fit the one nearest to what is declared; of two as near the larger one."""
    found = []
    for low, high, *steps in fit.ranges:
        step = steps[0] if steps else 1
        size = max(now, low) if high is None else min(max(now, low), high)
        size = low + round((size - low) / step) * step
        found.append(size)
    return min(found, key=lambda size: (abs(size - now), -size), default=None)


def _resized(sizes: Mapping[tuple[str, int], int]) -> Callable[[Draft], Draft]:
    def one(value: Value) -> Value:
        if not isinstance(value.type, TensorType) or value.type.shape is None:
            return value
        shape = tuple(sizes.get((value.name, axis), size) for axis, size in enumerate(value.type.shape))
        return value if shape == value.type.shape else value._replace(type=value.type._replace(shape=shape))

    def apply(draft: Draft) -> Draft:
        graph = draft.model.graph
        return draft.with_graph(graph._replace(inputs=tuple(map(one, graph.inputs))))

    return apply
