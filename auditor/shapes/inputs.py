"""The facts of a graph's inputs: as declared, under the sizes that a caller gives."""

from collections.abc import Mapping

from ..errors import UsageError
from ..model.graph import Graph, Value
from ..wording import listed, nearest
from .declared import declared
from .fact import Fact, Shape
from .sizes.dim import Dim, Size


def input_facts(graph: Graph, shapes: Mapping[str, Shape], dims: Mapping[str, int]) -> dict[str, Fact]:
    """The facts of the graph's inputs under the caller's sizes."""
    feeds = {v.name: v for v in graph.feeds}  # of two of one name, which are a fault, the last counts
    for name in shapes:
        if name not in feeds:
            raise UsageError(
                f"the model has no input {name!r}{nearest(name, feeds)}; it has {listed(sorted(feeds), 20) or 'none'}"
            )
    found = {name: _bound(v, shapes.get(name), dims) for name, v in feeds.items()}
    open_names = {d for v in graph.feeds for d in _names(v)} if dims else set()
    for name in dims:
        if name not in open_names:
            raise UsageError(
                f"no input has a size named {name!r}{nearest(name, open_names)}; open sizes are "
                f"{', '.join(sorted(open_names)) or 'none'}"
            )
    return found


def _bound(value: Value, shape: Shape | None, dims: Mapping[str, int]) -> Fact:
    fact = declared(value)
    if shape is not None:
        if fact.shape is not None and len(fact.shape) != len(shape):
            raise UsageError(f"the input {value.name!r} has {len(fact.shape)} axes, {len(shape)} sizes are given")
        fact = Fact(fact.dtype, tuple(shape))
    if fact.shape is None:
        return fact
    return Fact(fact.dtype, tuple(_number(s, dims) for s in fact.shape))


def _number(size: Size | None, dims: Mapping[str, int]) -> Size | None:
    return size if size is None or isinstance(size, int) else dims.get(str(size), size)


def _names(value: Value) -> list[str]:
    return [str(s) for s in declared(value).shape or () if isinstance(s, Dim)]
