"""Numbers that a model stores in its attributes: the trees and coefficients of ai.onnx.ml, and lists anywhere."""

from __future__ import annotations

from ..model.dtypes import FLOATS, bytes_of
from ..model.graph import Model, Node
from ..model.scopes import scopes
from ..model.tensor import Tensor
from ..tuples import NamedTuple

_LONG = 64
"""Up to so many numbers are settings (scales, thresholds), in operators that are not made to store any."""

_STORING = frozenset({"Constant", "TfIdfVectorizer"})


class Lists(NamedTuple):
    """How many numbers, and the bytes of all that is stored with them (the nodes of a tree are integers, too)."""

    elements: int = 0
    bytes: int = 0


def in_attributes(model: Model) -> Lists:
    """The sums over all nodes, wherever they stand. A Constant's tensor is an initializer by another name: not here."""
    elements = held = 0
    for scope in scopes(model):
        for node, places in scope.graph.kinds:
            if node.attributes:
                numbers, size = _of_node(node)
                elements += numbers * len(places)
                held += size * len(places)
    return Lists(elements, held)


def _of_node(node: Node) -> Lists:
    stores = node.domain == "ai.onnx.ml" or node.op_type in _STORING
    elements = held = 0
    for name, value in node.attributes.items():
        match value:
            case Tensor() if name != "value":
                elements += value.elements if value.dtype in FLOATS else 0
                held += bytes_of(value.dtype, value.elements) or 0
            case (float(), *_) if stores or len(value) > _LONG:
                elements += len(value)
                held += 4 * len(value)
            case (int(), *_) if node.domain == "ai.onnx.ml" or len(value) > _LONG:
                held += 8 * len(value)
            case float() if node.op_type == "Constant":
                elements += 1
                held += 4
    return Lists(elements, held)
