"""What the attention operators share: how many heads of what size, and what a query costs over its keys."""

from __future__ import annotations

from ....tuples import NamedTuple
from ...fact import Fact, ShapeError
from ...sizes.dim import Size, floor_div, mod, same
from ..checks import tally


class Heads(NamedTuple):
    """A query, key or value: ``heads`` of ``size`` numbers at each of ``length`` places."""

    batch: Size | None = None
    heads: Size | None = None
    length: Size | None = None
    size: Size | None = None


def heads_of(x: Fact, count: int | None, name: str) -> Heads:
    """From (batch, heads, length, size), or from (batch, length, heads * size) where the count is known."""
    match x.shape:
        case (batch, heads, length, size):
            return Heads(batch, heads, length, size)
        case (batch, length, hidden):
            return Heads(batch, count, length, each(hidden, count, name))
        case None:
            return Heads(heads=count)
        case _:
            raise ShapeError(f"{name} must have rank 3 or 4, has rank {len(x.shape)}", parameter=name)


def each(hidden: Size | None, count: int | None, name: str) -> Size | None:
    """How wide one head is, of so many that share ``hidden``."""
    if hidden is None or count is None:
        return None
    if count < 1:
        raise ShapeError(f"the number of heads must be positive, is {count}")
    if same(mod(hidden, count), 0) is False:
        raise ShapeError(f"{count} heads do not divide {hidden} of {name}", parameter=name)
    return floor_div(hidden, count)


def added(a: Size | None, b: Size | None) -> Size | None:
    return None if a is None or b is None else a + b


def attending(
    batch: Size | None, heads: Size | None, queries: Size | None, keys: Size | None, *sizes: Size | None
) -> Size | None:
    """Multiply-accumulates of Q K' and of the weights times V: each query meets each key, masked or not."""
    total: Size = 0
    for size in sizes:
        more = tally(batch, heads, queries, keys, size)
        if more is None:
            return None
        total = total + more
    return total
