"""Which tensor of one model stands for which of another: by their names, else by the order of their operators."""

from __future__ import annotations

from difflib import SequenceMatcher

from ...model.graph import Graph
from ...runtime.request import NamePair
from ...tuples import NamedTuple

_PASSED_OVER = frozenset(
    {"Cast", "Constant", "Identity", "QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear"}
)
_FORMS = {"QLinearConv": "Conv", "ConvInteger": "Conv", "QLinearMatMul": "MatMul", "MatMulInteger": "MatMul"}
_ENOUGH = 0.5  # of the tensors, with the same names
_LARGEST = 4000  # nodes that are aligned by position
_AT_LEAST = 3  # operators in a row that are the same


class AlignedTensors(NamedTuple):
    """Pairs in the order of the first file. ``loose``: they go by position."""

    tensors: tuple[NamePair, ...]
    loose: bool = False


def aligned_tensors(ours: Graph, theirs: Graph) -> AlignedTensors:
    """What nodes of both main graphs make, but for constants."""
    names = [name for node in ours.nodes if node.op_type != "Constant" for name in node.outputs if name]
    there = theirs.producers
    same = tuple(NamePair(name, name) for name in names if name in there)
    fewer = min(len(names), len(there))
    if len(same) >= _ENOUGH * fewer or max(len(ours.nodes), len(theirs.nodes)) > _LARGEST:
        return AlignedTensors(same)
    one, other = ([node for node in graph.nodes if node.op_type not in _PASSED_OVER] for graph in (ours, theirs))
    words, others = ([_FORMS.get(node.op_type, node.op_type) for node in nodes] for nodes in (one, other))
    found = [
        NamePair(a, b)
        for block in SequenceMatcher(None, words, others, autojunk=False).get_matching_blocks()
        if block.size >= min(_AT_LEAST, len(one), len(other))
        for i in range(block.size)
        for a, b in zip(one[block.a + i].outputs[:1], other[block.b + i].outputs[:1], strict=False)
        if a and b
    ]
    return AlignedTensors(tuple(found), loose=True)
