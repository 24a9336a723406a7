"""Nodes that quantise, where only one of the models has them: one edit of a graph, and not one of every edge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ..model.dtypes import FLOATS, QUANTISED
from ..wording import counted
from .difference import (
    Degree,
    Dequantised,
    Edit,
    NodeAt,
    NodesAdded,
    NodesRemoved,
    Quantised,
    TensorChanged,
    TensorPair,
)
from .nodes import Beside
from .skeleton import NODE, PORT, STORED, Skeleton, Source
from .words import nodes_said

_FUSED = frozenset({"Relu", "Clip"})
"""What the limits of an integer do without a node."""
_AROUND = frozenset({"QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear"})
_IN_INTEGERS = {
    "ConvInteger": "Conv", "MatMulInteger": "MatMul", "DynamicQuantizeMatMul": "MatMul", "MatMulNBits": "MatMul",
    "QGemm": "Gemm", "MatMulIntegerToFloat": "MatMul", "DynamicQuantizeLSTM": "LSTM",
}  # fmt: skip
_SCALING = frozenset({"Cast", "Mul", "Add"})
"""What turns the integers of ConvInteger and MatMulInteger into floats again."""


def with_quantisation(body: Beside, edits: list[Edit]) -> list[Edit]:
    """The edits of a pair of bodies, those of tensors that became integers, or floats again, folded into one."""
    old, new = body.skeletons
    come = _nodes(edits, NodesAdded)
    gone = _nodes(edits, NodesRemoved)
    forward = bool(new.transparent) or (not old.transparent and _computes_as(come, gone))
    integers, floats = (come, gone) if forward else (gone, come)
    replaced = _computes_as(integers, floats)
    if not old.transparent and not new.transparent and not replaced:
        return edits
    if not replaced:
        integers = floats = ()
    skeleton = new if forward else old
    stored, rest = [], []
    for edit in edits:
        if isinstance(edit.change, TensorChanged) and _became_integers(edit.change.pair, forward):
            stored.append(edit.change.pair)
        elif not replaced or not isinstance(edit.change, NodesAdded | NodesRemoved):
            rest.append(edit)
    behind = {source for source in skeleton.transparent.values() if source[0] != STORED}
    flowing = tuple(sorted({name for source in behind if (name := _old_name(body, source, forward))}))
    nodes = (*(skeleton.at(i) for i in sorted(skeleton.transparent)), *integers)
    what = (Quantised if forward else Dequantised)(skeleton.path, tuple(stored), flowing, nodes, floats)
    word = "quantised" if forward else "no longer quantised"
    tensors = [counted(stored, "stored tensor")] if stored else []
    tensors += [counted(flowing, "other tensor")] if flowing else []
    tensors += [nodes_said(floats)] if floats else []
    where = f" in {skeleton.path!r}" if skeleton.path else ""
    text = f"{word}{where}: {' and '.join(tensors) or 'nothing'}{',' if floats else ''} by {counted(nodes, 'node')}"
    why = "values are rounded to integers" if forward else "values are no longer rounded to integers"
    return [Edit(what, Degree.BEHAVIOUR, text, why), *rest]


def _nodes(edits: list[Edit], what: type[NodesAdded] | type[NodesRemoved]) -> tuple[NodeAt, ...]:
    return tuple(node for edit in edits if isinstance(edit.change, what) for node in edit.change.nodes)


def _computes_as(integers: Sequence[NodeAt], floats: Sequence[NodeAt]) -> bool:
    """Whether the first are, one by one, the operators of the second on integers, and what goes with them."""
    stands_for, others = Counter[str](), set[str]()
    for node in integers:
        operator = _IN_INTEGERS.get(node.op_type) or node.op_type.removeprefix("QLinear")
        if operator != node.op_type:
            stands_for[operator] += 1
        else:
            others.add(node.op_type)
    around = _AROUND | _SCALING if "DynamicQuantizeLinear" in others else _AROUND
    if not stands_for or not others <= around:
        return False
    left = Counter(node.op_type for node in floats)
    return not stands_for - left and set(left - stands_for) <= _FUSED


def _became_integers(pair: TensorPair, forward: bool) -> bool:
    one, two = (pair.old, pair.new) if forward else (pair.new, pair.old)
    return one.tensor.dtype in FLOATS and two.tensor.dtype in QUANTISED | {6, 17, 18, 19, 20}


def _old_name(body: Beside, source: Source, forward: bool) -> str:
    old: Skeleton = body.skeletons[0]
    kind, at, out = source
    if not forward:
        return old.name(source)
    if kind == NODE:
        at = body.pairing.of_new[at]
        return old.name((NODE, at, out)) if at >= 0 else ""
    back = {j: i for i, j in body.pairing.ports.items()}
    return old.name((PORT, back[at], 0)) if kind == PORT and at in back else ""
