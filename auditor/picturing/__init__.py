"""A `Picture` of a model, out of the evidence that its audit rests on: nothing is read or propagated again."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from ..costs.count import Costs
from ..costs.layers import Layer
from ..model.dtypes import name_of
from ..model.graph import Model
from ..picture import Anchor, Count, Earlier, LayerRow, Numbers, Picture
from ..report import Report
from ..shapes.facts import Facts, rendered
from ..shapes.sizes.dim import Size
from ..shapes.troubles import At
from .graph import graph_of
from .memory import memory_of
from .places import numbers, places
from .usual import Usual
from .weights import bands


def picture_of(model: Model, facts: Facts, costs: Costs, report: Report, history: tuple[Earlier, ...] = ()) -> Picture:
    """What of a model can be drawn beside its report. The weights' bands are there where the report has weights."""
    shown = _not_constant(facts, costs)
    usual = Usual(facts)
    memory, why_no_memory = memory_of(facts, shown, usual)
    layers = tuple(_rows(map(costs.layers.at, shown), numbers(model, facts), usual))
    where = places(model, facts, report.findings)
    return Picture(
        graph=graph_of(model, facts, costs, report.findings, where),
        layers=layers,
        sizes=tuple(sorted(usual.taken.items())),
        constants=len(costs.layers) - len(shown),
        places=where,
        memory=memory,
        why_no_memory=why_no_memory,
        weights=tuple(bands(model)) if report.weights else (),
        history=history,
    )


def _not_constant(facts: Facts, costs: Costs) -> dict[At, int]:
    """The layers that hang on an input, in the order of the walk: the row of each. The others a runtime folds."""
    found: dict[At, int] = {}
    for at in costs.layers.places():
        outputs = facts.node(at).outputs
        if not outputs or not facts.fixed_in(at.graph).issuperset(outputs):
            found[at] = len(found)
    return found


def _rows(layers: Iterable[Layer], number: dict[str, int], usual: Usual) -> list[LayerRow]:
    names: dict[int | None, str] = {}
    rows = []
    for layer in layers:
        fact = layer.facts[0] if layer.facts else None
        dtype = None if fact is None else fact.dtype
        name = names.get(dtype)
        if name is None:
            name = names[dtype] = name_of(dtype)
        rows.append(
            LayerRow(
                Anchor(number[layer.at.graph], layer.at.index),
                layer.label,
                layer.op_type,
                None if fact is None else rendered(fact.shape),
                name,
                layer.parameters,
                _count(layer.learnable),
                _count(layer.macs),
                _count(layer.activation_bytes),
                Numbers(usual.number(layer.learnable), usual.number(layer.macs), usual.number(layer.activation_bytes)),
            )
        )
    return rows


@lru_cache(maxsize=4096)
def _count(size: Size | None) -> Count:
    return size if size is None or isinstance(size, int) else str(size)
