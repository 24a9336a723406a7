"""What is true of two facts at once, and of many: for branches, iterations and the items of a sequence."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

from ..fact import Element, Fact, Items, Shape
from ..sizes.dim import Dim, Size, same


def either(a: Fact, b: Fact) -> Fact:
    """What is true of both."""
    if a == b:
        return a
    dtype = a.dtype if a.dtype == b.dtype else None
    declared = a.declared or b.declared
    if a.items is not None or b.items is not None:
        return Fact(declared=declared, items=_either_items(a.items, b.items))
    if a.shape is None or b.shape is None or len(a.shape) != len(b.shape):
        return Fact(dtype, None, None, declared)
    shape: Shape = tuple(map(_either_size, a.shape, b.shape))
    elements = None
    if a.elements is not None and b.elements is not None and len(a.elements) == len(b.elements) and dtype is not None:
        elements = tuple(x if x == y else None for x, y in zip(a.elements, b.elements, strict=True))
    return Fact(dtype, shape, elements, declared)


def _either_size(a: Size | None, b: Size | None) -> Size | None:
    return a if a is not None and b is not None and (a == b or same(a, b)) else None


def _either_items(a: Items | None, b: Items | None) -> Items | None:
    if a is None or b is None or a.optional != b.optional:
        return None
    each = None
    if a.each is not None and b.each is not None and len(a.each) == len(b.each):
        each = tuple(map(either, a.each, b.each))
    return Items(either_or_none(a.joint, b.joint), _either_size(a.length, b.length), each, a.optional)


def either_or_none(a: Fact | None, b: Fact | None) -> Fact | None:
    """`either`, where None is the fact of nothing: whatever holds, holds of it."""
    return b if a is None else a if b is None else either(a, b)


def joint_of(facts: Iterable[Fact]) -> Fact | None:
    """What is true of all facts; None where there is no fact."""
    found = tuple(facts)
    return reduce(either, found) if found else None


def without_names(x: Fact, path: str) -> Fact:
    """``x`` without the sizes that got their names under this path ("": under any)."""
    if x.items is not None:
        items = x.items
        each = None if items.each is None else tuple(without_names(item, path) for item in items.each)
        joint = None if items.joint is None else without_names(items.joint, path)
        return x._replace(items=Items(joint, _outside(items.length, path), each, items.optional))
    if x.shape is None:
        return x
    shape = tuple(_outside(size, path) for size in x.shape)
    elements = x.elements and tuple(None if _inside(e, path) else e for e in x.elements)
    return x._replace(shape=shape, elements=elements)


def _outside(size: Size | None, path: str) -> Size | None:
    return None if _inside(size, path) else size


def _inside(size: Element, path: str) -> bool:
    if not isinstance(size, Dim):
        return False
    return any(name.startswith(f"{path}/") if path else "/" in name for name in size.names)
