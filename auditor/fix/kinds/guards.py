"""A guard in front of an operator that is fed with numbers outside of its domain."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

from ...model.dtypes import DType
from ...model.graph import Attributes, Node
from ...rules.domain_faults import domain_faults
from ..draft import Draft, fresh, taking
from ..naming import all_names
from ..offer import Look, Offer

RULE = domain_faults.name
_FORMATS = {DType.FLOAT: "<f", DType.FLOAT16: "<e", DType.DOUBLE: "<d"}
_LEAST = {DType.FLOAT: 1e-7, DType.FLOAT16: 2.0**-14, DType.DOUBLE: 1e-12}
"""What stands for zero: of float16 its least normal number."""

_FLOOR = {"Log": "least", "Sqrt": "zero", "Pow": "zero"}  # what is below gives NaN; Reciprocal and Div: zero alone


def offers(look: Look) -> Iterator[Offer]:
    model, facts = look.draft.model, look.facts
    opset = model.opsets.get("", 1)
    for found in look.found_by(domain_faults):
        for index in (i for place in found.places if not place.graph for i in place.nodes):
            node = model.graph.nodes[index]
            position = 1 if node.op_type == "Div" else 0
            fact = facts.at(node.inputs[position])
            dtype = None if fact is None else fact.dtype
            if dtype not in _FORMATS or opset < 11:  # Equal takes floats, and Max broadcasts, from there on
                continue
            kind, name = DType(dtype), node.inputs[position]
            floor = 0.0 if _FLOOR.get(node.op_type) == "zero" else _LEAST[kind]
            if node.op_type in _FLOOR:
                change, why = f"{name} -> Max({name}, {floor:.3g})", f"what is below {floor:.3g} gave no number"
            else:
                change, why = f"{name} -> {floor:.3g} where it is 0", "only what was divided by zero changes"
            yield Offer(
                RULE,
                model.graph.label(index),
                change,
                why,
                _guarded(node.offset, position, kind, floor, by_maximum=node.op_type in _FLOOR),
                keeps=False,
                chosen=False,
            )


def _guarded(offset: int, position: int, dtype: DType, floor: float, *, by_maximum: bool) -> Callable[[Draft], Draft]:
    def apply(draft: Draft) -> Draft:
        found = draft.node(offset)
        assert found is not None
        index, node = found
        taken = all_names(draft.model.graph)
        given = node.inputs[position]
        guarded, least, zero = (fresh(f"{given}_{word}", taken) for word in ("guarded", "least", "zero"))
        draft = draft.adding(least, dtype.value, (), struct.pack(_FORMATS[dtype], floor), (floor,))
        new: tuple[Node, ...]
        if by_maximum:
            new = (_node("Max", (given, least), guarded),)
        else:
            draft = draft.adding(zero, dtype.value, (), struct.pack(_FORMATS[dtype], 0.0), (0.0,))
            is_zero = fresh(f"{given}_is_zero", taken)
            new = (_node("Equal", (given, zero), is_zero), _node("Where", (is_zero, least, given), guarded))
        draft = draft.with_node(index, taking(node, position, guarded))
        return draft.inserting(index, *new)

    return apply


def _node(op_type: str, inputs: tuple[str, ...], output: str) -> Node:
    return Node(op_type, "", inputs, (output,), Attributes(), "", "", -1)
