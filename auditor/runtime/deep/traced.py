"""Tensors inside of a model: sessions without optimisation that name some of them as outputs, so that all are there.

NaN and infinity do not hide from being named, as a fusion does; what a look finds here is confirmed on the model as it
is deployed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ...tuples import NamedTuple
from .. import tensors
from ..recipes import made
from ..request import OFF, InputRange
from ..session import Made, Session
from ..trace import with_outputs
from .ground import DeepGround

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_BITS = {10: 0x7C00, tensors.BFLOAT16: 0x7F80}
"""The exponent's bits of 16-bit types: all of them are set in what is not finite."""

_SHOWN = 4


class Traced:
    """One session in which these tensors can be seen."""

    def __init__(self, ground: DeepGround, names: Sequence[str], outputs: Sequence[str]) -> None:
        more = tuple(name for name in names if name not in outputs)
        self._names = tuple(names)
        self._session: Session = ground.sessions.open(OFF, with_outputs(ground.sessions.bytes(), more))

    def seen(self, fed: Sequence[tensors.Stored]) -> Iterator[tuple[str, Made]]:
        """Each tensor by its name, on these inputs; `Refused` where they do not run."""
        yield from zip(self._names, self._session.run(self._names, fed), strict=True)


class Special(NamedTuple):
    """Whether a tensor holds NaN, and whether it holds an infinity."""

    nan: bool = False
    infinite: bool = False


def special(dtype: int, array: Any) -> Special:
    """What of a tensor is not finite; nothing of what is not of floating point."""
    import numpy as np

    if array is None or not array.size:
        return Special()
    if dtype in _BITS:
        bits = _BITS[dtype]
        held = np.ascontiguousarray(array).view(np.uint16) & bits
        if not (held == bits).any():
            return Special()
    values = tensors.floats(dtype, array)
    if values is None:
        return Special()
    if dtype not in _BITS and values.dtype.kind == "f":
        with np.errstate(all="ignore"):
            if np.isfinite(np.add.reduce(values, axis=None)):
                return Special()
    return Special(bool(np.isnan(values).any()), bool(np.isinf(values).any()))


class Came(NamedTuple):
    """A tensor that goes into a node: its reach over what is finite, what is not, and a few of its values.

    ``values`` stand at the place that is looked at: that element, or the last axis through it.
    """

    tensor: str
    low: float
    high: float
    nan: int
    infinite: int
    elements: int
    values: tuple[float, ...] = ()


def came(name: str, made: Made, place: tuple[int, ...], row: bool) -> Came | None:
    """What a node was given, at a place of what it gives; None of what holds no numbers."""
    import numpy as np

    if made.array is None or made.array.dtype.kind not in "fiubV" or not made.array.size:
        return None
    values = tensors.floats(made.dtype, made.array)
    values = made.array if values is None else values
    numbers = np.asarray(values, np.float64)
    finite = numbers[np.isfinite(numbers)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    nan, infinite = int(np.isnan(numbers).sum()), int(np.isinf(numbers).sum())
    some = _at(numbers, place, row)[:_SHOWN]
    return Came(name, low, high, nan, infinite, numbers.size, tuple(float(v) for v in some))


def _at(numbers: Floats, place: tuple[int, ...], row: bool) -> Floats:
    """The element that an elementwise operator takes there, as shapes broadcast; or the row; else the first ones."""
    at = place[len(place) - numbers.ndim :] if numbers.ndim <= len(place) else ()
    if numbers.ndim and len(at) == numbers.ndim:
        at = tuple(0 if size == 1 else i for i, size in zip(at, numbers.shape, strict=True))
        if all(i < size for i, size in zip(at, numbers.shape, strict=True)):
            found: Floats = numbers[at[:-1]] if row else numbers[at].reshape(1)
            return found
    return numbers.reshape(-1)


def fed_by(ranges: Sequence[InputRange], recipe: list[Any], shaped: Sequence[tensors.Stored] = ()) -> list[Any]:
    """The arrays of a recipe; of the shapes and types of those that are given, where they are."""
    sizes = {one.name: one.array.shape for one in shaped}
    asked = [r._replace(shape=tuple(sizes.get(r.name, r.shape))) for r in ranges]
    return [tensors.Stored(r.name, r.dtype, made(recipe, i, r)) for i, r in enumerate(asked)]
