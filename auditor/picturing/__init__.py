"""A `Picture` of a model, out of the evidence that its audit rests on: nothing is read or propagated again."""

from __future__ import annotations

from ..costs.count import Costs
from ..costs.layers import Layer
from ..model.dtypes import name_of
from ..model.graph import Model
from ..picture import Anchor, Count, Earlier, LayerRow, Numbers, Picture
from ..report import Report
from ..shapes.facts import Facts, rendered
from ..shapes.sizes.dim import Size
from .graph import graph_of
from .memory import memory_of
from .places import numbers, places
from .usual import Usual
from .weights import bands


def picture_of(model: Model, facts: Facts, costs: Costs, report: Report, history: tuple[Earlier, ...] = ()) -> Picture:
    """What of a model can be drawn beside its report. The weights' bands are there where the report has weights."""
    shown = _not_constant(facts, costs)
    usual = Usual(facts)
    memory, why_no_memory = memory_of(facts, costs.layers, shown, usual)
    layers = tuple(_rows([costs.layers[index] for index in shown], numbers(model, facts), usual))
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


def _not_constant(facts: Facts, costs: Costs) -> dict[int, int]:
    """The layers that hang on an input, by their places in the walk: the row of each. The others a runtime folds."""
    found: dict[int, int] = {}
    for index, layer in enumerate(costs.layers):
        if not layer.outputs or not facts.fixed_in(layer.at.graph).issuperset(layer.outputs):
            found[index] = len(found)
    return found


def _rows(layers: list[Layer], number: dict[str, int], usual: Usual) -> list[LayerRow]:
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


def _count(size: Size | None) -> Count:
    return size if size is None or isinstance(size, int) else str(size)
