"""Which nodes of a model stand behind each node that onnxruntime runs: by names, and by the graph that it made.

The model's nodes are numbered by their names before a session is made of them (`numbered`). onnxruntime keeps the name
of a node that it changes, or puts it into a longer one. What a fused node makes is called as it was. In its own layout
for convolutions tensors have new names, and the node is called as the one that it makes was (``y_nchwc``), or as ever.
Measured: onnxruntime 1.32.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Set

from ...tuples import NamedTuple
from ..cutting import Cuttable, NodeBytes

_NUMBER = re.compile(r"audited<(\d{1,9})>")
_LAYOUTS = ("_bn_nchwc", "_mul_nchwc", "_nchwc")  # the first two of a BatchNormalization and a Mul that became a Conv
_SAME_VALUES = frozenset({
    "Cast", "Identity", "MemcpyFromHost", "MemcpyToHost", "ReorderInput", "ReorderOutput", "Reshape", "Squeeze",
    "Transpose", "Unsqueeze",
})  # fmt: skip
"""Operators that give the same values in another form: onnxruntime puts them in."""

_SUMS = frozenset({"Add", "Sum"})
_BENDS = frozenset({"Clip", "HardSigmoid", "LeakyRelu", "Relu", "Sigmoid", "Tanh"})


class NodeOrigin(NamedTuple):
    """Of a node that onnxruntime runs. ``audited``: the number of the one whose name it has, else -1.

    ``makes``: tensors of the model. ``bounded``: what it takes is known too, so that all between is in it.
    """

    audited: int = -1
    makes: tuple[str, ...] = ()
    bounded: bool = False


def numbered(model: Cuttable) -> bytes:
    """The model whose nodes are named after their places in the main graph."""
    return model.named([f"audited<{index}>" for index in range(len(model.nodes))])


def origins(model: Cuttable, run: Iterable[NodeBytes]) -> dict[str, NodeOrigin]:
    """Of each of the nodes that onnxruntime runs, by its name; one that only gives values another form has none."""
    nodes = list(run)
    own, makers = model.makers, {name: node for node in nodes for name in node.outputs if name}
    called = _called(model, makers, nodes)

    def known(tensor: str) -> str:
        """The tensor of the model that has its values; "" where there is none."""
        return called.get(tensor, tensor if tensor in own or tensor not in makers else "")

    found: dict[str, NodeOrigin] = {}
    for node in nodes:
        number = numbered_in(node.name)
        if number < 0 and _adds_form(node, own, makers):
            continue
        makes = tuple(name for name in map(known, node.outputs) if name in own)
        bounded = bool(makes) and all(map(known, filter(None, node.inputs)))
        found[node.name] = NodeOrigin(number, makes, bounded)
    return found


def numbered_in(name: str) -> int:
    """The number of the model's node whose name is in onnxruntime's; -1."""
    found = _NUMBER.search(name)
    return int(found[1]) if found else -1


def laid_out(name: str, tensors: Container[str]) -> str:
    """The one of the tensors that a node in the layout for convolutions is called after; ""."""
    ends = [name[: -len(end)] for end in _LAYOUTS if name.endswith(end)]
    return next((tensor for tensor in ends if tensor in tensors), "")


def _called(model: Cuttable, makers: Mapping[str, NodeBytes], nodes: list[NodeBytes]) -> dict[str, str]:
    """Tensors that onnxruntime has made up, and those of the model that have the same values."""
    found: dict[str, str] = {}
    called_after = [(node, laid_out(node.name, model.makers)) for node in nodes]
    known_nodes = {numbered_in(node.name) for node in nodes} | {model.makers[name] for _, name in called_after if name}
    takers: dict[str, list[int]] = {}
    for index, node in enumerate(model.nodes):
        for name in node.inputs:
            takers.setdefault(name, []).append(index)
    for node, tensor in called_after:
        if tensor and node.outputs:
            takes_sum = any(name in makers for name in node.inputs[1:])
            found[node.outputs[0]] = _summed(model, takers, tensor, known_nodes) if takes_sum else tensor
        before = model.nodes[number] if 0 <= (number := numbered_in(node.name)) < len(model.nodes) else None
        if before is not None and before.op_type == node.op_type:  # in another layout, such as a Concat
            makes = zip(node.outputs, before.outputs, strict=False)
            found.update((new, old) for new, old in makes if new not in model.makers)
    for _ in range(2):  # a form that is put in before, and one behind: each may need to know of the other
        for node in nodes:
            if numbered_in(node.name) >= 0 or node.op_type not in _SAME_VALUES or not (node.inputs and node.outputs):
                continue
            ends = node.inputs[0], node.outputs[0]
            known = [found.get(end, end if end in model.makers or end not in makers else "") for end in ends]
            if known[0] and not known[1]:
                found[ends[1]] = known[0]
            elif known[1] and not known[0]:
                found[ends[0]] = known[1]
    return found


def _summed(model: Cuttable, takers: Mapping[str, list[int]], tensor: str, known_nodes: Set[int]) -> str:
    """What a convolution makes that has taken on a sum behind it, and perhaps an activation, since it had its name."""
    for operators in (_SUMS, _BENDS):
        places = takers.get(tensor, [])
        taker = model.nodes[places[0]] if len(places) == 1 and places[0] not in known_nodes else None
        if taker is None or taker.op_type not in operators or not taker.outputs:
            break
        tensor = taker.outputs[0]
    return tensor


def _adds_form(node: NodeBytes, own: Mapping[str, int], makers: Mapping[str, NodeBytes]) -> bool:
    """Whether onnxruntime has put it in: one side at least is none of the model's."""
    ends = (*node.inputs[:1], *node.outputs[:1])
    return node.op_type in _SAME_VALUES and any(end in makers and end not in own for end in ends)
