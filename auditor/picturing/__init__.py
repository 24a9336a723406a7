"""A `Picture` of a model, out of the evidence that its audit rests on: nothing is read or propagated again."""

from __future__ import annotations

from ..costs.count import Costs
from ..model.dtypes import name_of
from ..model.graph import Model
from ..picture import Anchor, Count, Earlier, LayerRow, Picture
from ..report import Report
from ..shapes.facts import Facts, rendered
from ..shapes.sizes.dim import Size
from .memory import memory_of
from .places import numbers, places
from .weights import bands


def picture_of(model: Model, facts: Facts, costs: Costs, report: Report, history: tuple[Earlier, ...] = ()) -> Picture:
    """What of a model can be drawn beside its report. The weights' bands are there where the report has weights."""
    number = numbers(facts)
    layers = tuple(_layers(costs, number))
    memory, why_no_memory = memory_of(facts, costs)
    return Picture(
        layers=layers,
        places=places(model, facts, report.findings),
        memory=memory,
        why_no_memory=why_no_memory,
        weights=tuple(bands(model)) if report.weights else (),
        history=history,
    )


def _layers(costs: Costs, number: dict[str, int]) -> list[LayerRow]:
    names: dict[int | None, str] = {}
    rows = []
    for layer in costs.layers:
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
            )
        )
    return rows


def _count(size: Size | None) -> Count:
    return size if size is None or isinstance(size, int) else str(size)
