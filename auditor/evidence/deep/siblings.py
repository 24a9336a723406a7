"""Models beside a model that are the same in other types, by the names of their files and by what is in them."""

from __future__ import annotations

import os
import re

from ...model.graph import Model
from ...runtime.grain import quantises
from ...tuples import NamedTuple

FULL, BFLOAT16, FLOAT16, EIGHT, FOUR = "float32", "bfloat16", "float16", "8 bits", "4 bits"
KINDS = (FOUR, EIGHT, BFLOAT16, FLOAT16, FULL)
"""By how much of a number they keep, the least first."""


GREATEST = 65504.0
"""Of float16 (IEEE 754-2019, binary16)."""


class Floors(NamedTuple):
    """SQNR in dB that an output keeps to in a type: of the whole, and of each channel."""

    whole: float
    channel: float


FLOORS = {FULL: Floors(60.0, 40.0), FLOAT16: Floors(30.0, 15.0), BFLOAT16: Floors(15.0, 6.0), EIGHT: Floors(8.0, 3.0),
          FOUR: Floors(3.0, 0.0)}  # fmt: skip

_MARKS = {
    FULL: ("fp32", "float32", "f32", "float"),
    FLOAT16: ("fp16", "float16", "f16", "half"),
    BFLOAT16: ("bf16", "bfloat16"),
    EIGHT: ("int8", "uint8", "quantized", "quant", "quantised", "qdq", "q8", "static", "dynamic"),
    FOUR: ("int4", "q4", "q4f16", "bnb4"),
}
_MARKED = re.compile(rf"(.+?)[._-]({'|'.join(mark for marks in _MARKS.values() for mark in marks)})", re.IGNORECASE)
_MOST = 2


def siblings_beside(path: str) -> tuple[str, ...]:
    """Files that are named as the model is, but for the word of a type: of a narrow one the wide ones, and the reverse.

    At most two, the narrower first: each costs several runs.
    """
    if not path:
        return ()
    folder, name = os.path.split(path)
    stem, end = os.path.splitext(name)
    marked = _MARKED.fullmatch(stem)
    mark = "" if marked is None else marked.group(2).lower()
    base = stem if marked is None else marked.group(1)
    narrow = mark != "" and mark not in _MARKS[FULL]
    kinds = (FULL,) if narrow else KINDS[:-1] if mark else KINDS
    wanted = [
        *([base] if mark else []),
        *(f"{base}{sign}{m}" for kind in kinds for m in _MARKS[kind] for sign in "._-"),
    ]
    there = (os.path.join(folder, one + end) for one in wanted)
    return tuple(one for one in there if os.path.isfile(one))[:_MOST]


def kind_of_numbers(model: Model) -> str:
    """In which type most of a model is: one of `KINDS`."""
    nodes = [node for _, graph in model.graphs for node in graph.nodes]
    nodes += [node for function in model.functions.values() for node in function.nodes]
    stored = [tensor for _, graph in model.graphs for tensor in graph.initializers]
    if any(t.dtype in (21, 22) for t in stored) or any(node.op_type.startswith("MatMulNBits") for node in nodes):
        return FOUR
    if any(quantises(node.op_type) for node in nodes):
        return EIGHT
    sizes = {1: 0, 10: 0, 16: 0, 11: 0}
    for tensor in stored:
        if tensor.dtype in sizes:
            sizes[tensor.dtype] += 1 + tensor.elements
    for value in (*model.graph.inputs, *model.graph.outputs):
        dtype = getattr(value.type, "dtype", 0)
        if dtype in sizes:
            sizes[dtype] += 1
    most = max(sizes, key=lambda dtype: sizes[dtype])
    return {10: FLOAT16, 16: BFLOAT16}.get(most, FULL) if sizes[most] else FULL
