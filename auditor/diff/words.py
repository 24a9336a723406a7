"""How a diff speaks of nodes, tensors and values: one line, names quoted."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from math import isfinite

from ..model.dtypes import name_of
from ..model.graph import AttributeReference, Graph, TensorType, Value
from ..model.tensor import Blob, SparseTensor, Tensor
from .difference import NodeAt, StoredAt

_LONGEST = 60
_LARGEST_FLOAT32 = 3.4e38  # a little less: its shortest text may round beyond what float32 holds


def node_said(node: NodeAt) -> str:
    """``Conv 'layer1'``, or ``Conv[3]`` of one without a name; with its graph where that is not the main one."""
    unnamed = node.label == f"{node.op_type}[{node.place}]"
    text = node.label if unnamed else f"{node.op_type} {node.label!r}"
    return f"{text} in {node.graph!r}" if node.graph else text


def nodes_said(nodes: Sequence[NodeAt]) -> str:
    """One by itself; of several how many, which operators, and the first."""
    if len(nodes) == 1:
        return node_said(nodes[0])
    kinds: dict[str, int] = {}
    for node in nodes:
        kinds[node.op_type] = kinds.get(node.op_type, 0) + 1
    shown = [f"{op} x {count}" if count > 1 else op for op, count in list(kinds.items())[:6]]
    more = f" and {len(kinds) - 6} other operators" if len(kinds) > 6 else ""
    return f"{len(nodes):,} nodes ({', '.join(shown)}{more}), the first {node_said(nodes[0])}"


def stored_said(stored: StoredAt) -> str:
    """``'fc.weight' (float32[1000, 2048])``."""
    return f"{stored.name!r} ({type_of(stored)})"


def type_of(stored: StoredAt) -> str:
    return f"{name_of(stored.tensor.dtype)}{list(stored.dims)}"


def value_said(value: object) -> str:
    """The value of an attribute, cut where it is long."""
    match value:
        case Tensor():
            text = f"{name_of(value.dtype)}{list(value.dims)}"
        case SparseTensor():
            text = f"sparse {name_of(value.values.dtype)}{list(value.dims)}"
        case Graph():
            text = f"a graph of {len(value.nodes)} nodes"
        case Blob():
            text = f"{value.length} bytes"
        case AttributeReference():
            text = f"@{value.name}"
        case TensorType():
            text = f"{name_of(value.dtype)}{list(value.shape or ())}"
        case tuple() if not any(isinstance(v, tuple | Graph | Tensor | SparseTensor | Blob) for v in value):
            return _list_said([_scalar_said(v) for v in value[:_LONGEST]], len(value))
        case str() | int() | float():
            text = _scalar_said(value)
        case _:
            text = f"{len(value)} values" if isinstance(value, tuple) else "another kind of value"
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _list_said(values: list[str], count: int) -> str:
    """As many whole values as there is room for."""
    whole = f"[{', '.join(values)}]"
    if len(values) == count and len(whole) <= _LONGEST:
        return whole
    room, shown = _LONGEST - len("[…]"), 0
    while shown < len(values) and room >= len(values[shown]) + 2:
        room -= len(values[shown]) + 2
        shown += 1
    return f"[{''.join(f'{v}, ' for v in values[:shown])}…]"


def _scalar_said(value: object) -> str:
    """A float that float32 holds as short as float32 tells it from others: 0.1, and not 0.10000000149011612."""
    if not isinstance(value, float) or not isfinite(value) or abs(value) > _LARGEST_FLOAT32:
        return repr(value)
    if struct.unpack("<f", struct.pack("<f", value))[0] != value:
        return repr(value)
    short = (f"{value:.{digits}g}" for digits in range(1, 10))
    found = next((t for t in short if struct.unpack("<f", struct.pack("<f", float(t)))[0] == value), repr(value))
    return repr(float(found))


def port_said(value: Value) -> str:
    """``float32[1, 3, 224, 224]``, as declared."""
    declared = value.type
    if not isinstance(declared, TensorType):
        return "no tensor" if declared is not None else "no type"
    sizes = "" if declared.shape is None else str([s if s is not None else "?" for s in declared.shape])
    return f"{name_of(declared.dtype)}{sizes}".replace("'", "")
