"""Facts that nobody works out: what the file declares, and what it stores."""

from __future__ import annotations

from ..model.graph import Model, OptionalType, SequenceType, TensorType, Type, Value
from ..model.payload import small
from ..model.tensor import Tensor
from .fact import MOST_ELEMENTS, Fact, Items
from .sizes.dim import Size, named

_FLOATS_FOLLOWED = 8  # Resize scales, Range bounds; a bias of more channels is never a shape
_FOLLOWED = dict.fromkeys((2, 3, 4, 5, 6, 7, 9, 12, 13), MOST_ELEMENTS) | dict.fromkeys(
    (1, 10, 11, 16), _FLOATS_FOLLOWED
)
"""How many elements of a stored tensor are followed, by its dtype."""


def declared(value: Value, path: str = "", *, rests: bool = False) -> Fact:
    """What the file claims of a tensor. A name that is not an identifier proves no equality: it gets one of its own.

    ``path`` is the graph's, so that such names are one's own in the whole model; ``rests`` marks the fact as no proof.
    """
    if not isinstance(value.type, TensorType):
        return Fact(declared=rests, items=_items(value.type))
    sizes = value.type.shape
    if sizes is None:
        return Fact(value.type.dtype or None, None, None, rests)
    prefix = f"{path}/{value.name}" if path else value.name
    return Fact(value.type.dtype or None, tuple(_size(s, f"{prefix}[{i}]") for i, s in enumerate(sizes)), None, rests)


def of_type(kind: Type | None) -> Fact:
    """What the file claims of each item of a sequence or an optional: no runtime holds it to the sizes, so no proof."""
    if isinstance(kind, TensorType):
        sizes = kind.shape
        shape = None if sizes is None else tuple(s if isinstance(s, int) and s >= 0 else None for s in sizes)
        return Fact(kind.dtype or None, shape, None, True)
    return Fact(declared=True, items=_items(kind))


def _items(kind: Type | None) -> Items | None:
    if isinstance(kind, SequenceType | OptionalType):
        return Items(of_type(kind.element), optional=isinstance(kind, OptionalType))
    return None


def _size(size: int | str | None, otherwise: str) -> Size:
    if isinstance(size, int) and size >= 0:
        return size
    return named(size if isinstance(size, str) and size.isidentifier() else otherwise)


def followed(tensor: Tensor, most: int | None = None) -> bool:
    """Whether shapes may hang on the values of a stored tensor. ``most``: elements of any type, if more than usual."""
    if most is not None:
        return tensor.elements <= most
    return tensor.dtype in _FOLLOWED and tensor.elements <= _FOLLOWED[tensor.dtype]


def constant(model: Model, tensor: Tensor, most: int | None = None) -> Fact:
    """The fact of a stored tensor, with its values where they are followed."""
    if not followed(tensor, most):
        return Fact(tensor.dtype, tensor.dims)
    return Fact(tensor.dtype, tensor.dims, small(model, tensor, _FOLLOWED[tensor.dtype] if most is None else most))


def name_unknowns(fact: Fact, prefix: str) -> Fact:
    """Give each unknown size a name that says where it was born: ``boxes[0]``."""
    if fact.shape is None or None not in fact.shape:
        return fact
    sizes = tuple(named(f"{prefix}[{i}]") if s is None else s for i, s in enumerate(fact.shape))
    return fact._replace(shape=sizes)
