"""Which stored numbers reach a Cast as they are: past operators that choose and move, and do not compute."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..model import payload
from ..model.graph import Model, Node
from ..model.scopes import Scope, scopes
from ..model.tensor import Tensor
from ..tuples import NamedTuple
from .measure import Weights
from .users import Key

_ANY: tuple[int, ...] = (0,)
_HANDS_ON: dict[str, tuple[int, ...] | None] = {
    "Where": (1, 2),
    "Concat": None,
    "Pad": (0, 2),
    "ScatterND": (0, 2),
    "ScatterElements": (0, 2),
    **dict.fromkeys(("Identity", "Reshape", "Expand", "Tile", "Unsqueeze", "Squeeze", "Transpose", "Flatten"), _ANY),
    **dict.fromkeys(("Slice", "Gather", "GatherElements", "GatherND", "Dropout", "Trilu"), _ANY),
}
"""Operators whose output holds elements of these inputs (None: of all), unchanged."""

_FLAGS = frozenset({"Equal", "Greater", "Less", "GreaterOrEqual", "LessOrEqual", "Not", "And", "Or", "Xor", "IsNaN"})
_TRUTHS = frozenset({6, 7, 9})  # int32, int64 and bool: what callers give masks in

_FARTHEST = 64


class Reaching(NamedTuple):
    """A number that arrives at a Cast. ``chosen``: only for some inputs, or at some places."""

    scope: Scope
    cast: int  # the node's index there
    name: str  # of the tensor that holds it
    key: Key | None  # where the file stores it; None where a node makes it of one number
    value: float
    chosen: bool


def reaching(weights: Weights, to: int, made: Callable[[str, str], int | None]) -> Iterator[Reaching]:
    """The number of the greatest magnitude of each stored tensor that reaches a Cast to this element type.

    ``made`` gives the element type of a tensor by its name and its graph's path: what a CastLike casts to.
    """
    for scope in scopes(weights.model):
        for index, node in enumerate(scope.graph.nodes):
            if node.op_type not in ("Cast", "CastLike") or node.domain or not node.inputs or not node.outputs:
                continue
            asked = node.attributes.get("to") if node.op_type == "Cast" else made(node.outputs[0], scope.path)
            if asked == to:
                yield from _behind(weights.model, weights, scope, index)


def _behind(model: Model, weights: Weights, scope: Scope, index: int) -> Iterator[Reaching]:
    waiting = [(scope.graph.nodes[index].inputs[0], False)]
    seen: set[str] = set()
    while waiting and len(seen) < _FARTHEST:
        name, chosen = waiting.pop()
        if not name or name in seen:
            continue
        seen.add(name)
        stored = weights.sources.behind(scope, name)
        statistics = weights.statistics_of(stored[1]) if stored else None
        if stored is not None and statistics is not None:
            value = statistics.max if statistics.max >= -statistics.min else statistics.min
            yield Reaching(scope, index, name, stored[0], value, chosen)
            continue
        at = scope.graph.producers.get(name)
        if at is None:
            continue
        node = scope.graph.nodes[at]
        if node.op_type in ("ConstantOfShape", "Constant"):
            number = _of_one(model, node)
            if number is not None:
                yield Reaching(scope, index, name, None, number, chosen)
        elif node.op_type == "Mul" and (factor := _masked(scope, node)):
            waiting.append((factor, True))
        elif node.op_type in _HANDS_ON and not node.domain:
            places = _HANDS_ON[node.op_type]
            names = node.inputs if places is None else [node.inputs[i] for i in places if i < len(node.inputs)]
            waiting += [(n, chosen or node.op_type not in ("Identity", "Reshape", "Expand")) for n in names]


def _of_one(model: Model, node: Node) -> float | None:
    """The number that a node without inputs makes, or the greatest of them: its tensor, or written as it is."""
    value: object = None
    for attribute in ("value", "value_float", "value_int", "value_floats", "value_ints"):
        value = node.attributes.get(attribute, value)
    numbers = payload.small(model, value, 1) if isinstance(value, Tensor) else value
    found = [float(n) for n in (numbers if isinstance(numbers, tuple) else (numbers,)) if isinstance(n, int | float)]
    return max(found, key=abs, default=None)


def _masked(scope: Scope, node: Node) -> str:
    """The factor that stands beside a mask of ones and zeros; "" where neither does."""
    if len(node.inputs) == 2:
        for mask, number in (node.inputs, node.inputs[::-1]):
            if _is_mask(scope, mask):
                return number
    return ""


def _is_mask(scope: Scope, name: str) -> bool:
    """Whether a tensor is cast from truth values: as they are, or taken from 1."""
    cast = False
    for _ in range(8):
        at = scope.graph.producers.get(name)
        if at is None:
            return cast and any(v.name == name and getattr(v.type, "dtype", 0) in _TRUTHS for v in scope.graph.inputs)
        node = scope.graph.nodes[at]
        if node.op_type in _FLAGS:
            return cast
        if node.op_type == "Sub" and len(node.inputs) == 2:
            name = node.inputs[1]
        elif node.op_type in ("Cast", "Unsqueeze", "Expand", "Reshape", "Identity"):
            cast = cast or node.op_type == "Cast"
            name = node.inputs[0]
        else:
            return False
    return False
