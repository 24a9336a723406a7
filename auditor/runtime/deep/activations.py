"""How far the tensors inside of a model reach on given inputs: ends, channels that never move, clipped shares.

Only numbers are kept of what is seen, never a tensor; several inputs of one group are taken together.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...tuples import NamedTuple
from .. import tensors
from ..session import Made, Refused
from .ground import DeepGround
from .nonfinite import Trying
from .traced import Traced, fed_by

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_NEAR = 1e-6  # of an end: as near as float32 comes to it
_LARGE = 256.0  # beyond it bfloat16 has no longer every integer
_MOST_COUNTED = 1 << 22  # elements of which it is seen whether all are integers


class Bent(NamedTuple):
    """What an activation gives, and between which numbers it moves; ``axis`` is that of its units."""

    tensor: str
    axis: int
    low: float
    high: float


class RoundedTensor(NamedTuple):
    """What goes into a QuantizeLinear, and how that rounds; ``floor``: nothing is lost at the low end, as at a Relu."""

    tensor: str
    axis: int
    scales: tuple[float, ...]
    zeros: tuple[int, ...]
    low: int
    high: int
    floor: bool = False


class ActivationsAsked(NamedTuple):
    """``groups`` says of each source to which group of inputs it belongs; ``outputs`` are the model's.

    ``counting``: tensors of which it is to be seen whether all elements are integers.
    """

    chunks: tuple[tuple[str, ...], ...]
    outputs: tuple[str, ...]
    sources: tuple[Trying, ...]
    groups: tuple[int, ...]
    bent: tuple[Bent, ...] = ()
    quantised: tuple[RoundedTensor, ...] = ()
    counting: tuple[str, ...] = ()


class Reached(NamedTuple):
    """One tensor on the inputs of one group. ``low`` and ``high`` are of what is finite; ``integers``: all are such.

    ``units`` of an activation, and how many of them stood at its ends throughout; ``clipped`` elements of what is
    quantised.
    """

    tensor: str
    group: int
    dtype: int
    low: float
    high: float
    elements: int
    nonfinite: int
    integers: bool
    units: int
    stuck: int
    clipped: int


class ActivationsSeen(NamedTuple):
    """What was reached, the inputs first; ``refused``: sources that did not run, each with what was said."""

    reached: tuple[Reached, ...] = ()
    refused: tuple[str, ...] = ()
    ran: int = 0


ASKED, SEEN = ActivationsAsked, ActivationsSeen


def look(ground: DeepGround, asked: ActivationsAsked) -> ActivationsSeen:
    """Run on each source, some tensors at a time."""
    first = ground.fed()
    bent = {one.tensor: one for one in asked.bent}
    quantised = {one.tensor: one for one in asked.quantised}
    counting = frozenset(asked.counting)
    kept: dict[tuple[int, str], _Kept] = {}
    refused: dict[int, str] = {}
    for number, chunk in enumerate(asked.chunks):
        ground.in_time()
        traced = Traced(ground, chunk, asked.outputs)
        for index, source in enumerate(asked.sources):
            if index in refused:
                continue
            ground.in_time()
            group = asked.groups[index]
            fed = _fed(ground, source, first)
            try:
                seen = traced.seen(fed)
                if not number:
                    for one in fed:
                        made = Made(one.dtype, one.array.shape, one.array)
                        kept.setdefault((group, one.name), _Kept(False)).add(made, None, None)
                for name, made in seen:
                    kept.setdefault((group, name), _Kept(name in counting)).add(
                        made, bent.get(name), quantised.get(name)
                    )
            except Refused as error:
                refused[index] = f"{source.word}: {str(error.cause)[:300]}"
        ground.tell(_seen(kept, refused, len(asked.sources)))
    return _seen(kept, refused, len(asked.sources))


def _fed(ground: DeepGround, source: Trying, first: Sequence[tensors.Stored]) -> list[tensors.Stored]:
    if source.attempt >= 0:
        return ground.fed(ground.request.attempts[source.attempt], source.seed)
    return fed_by(source.ranges, json.loads(source.recipe), first)


def _seen(kept: dict[tuple[int, str], _Kept], refused: dict[int, str], sources: int) -> ActivationsSeen:
    reached = (one.reached(name, group) for (group, name), one in kept.items() if one.elements)
    return ActivationsSeen(tuple(reached), tuple(refused.values()), sources - len(refused))


class _Kept:
    """Of one tensor, over several inputs."""

    def __init__(self, counting: bool) -> None:
        self.dtype, self.elements, self.nonfinite, self.clipped = 0, 0, 0, 0
        self.low, self.high = float("inf"), float("-inf")
        self.integers = counting
        self._moved: NDArray[np.bool_] | None = None

    def add(self, made: Made, bent: Bent | None, quantised: RoundedTensor | None) -> None:
        import numpy as np

        if made.array is None or not made.array.size or made.array.dtype.kind not in "fiub":
            return
        values: Any = tensors.floats(made.dtype, made.array)
        values = made.array if values is None else values
        if values.dtype.kind not in "fiu":
            values = values.astype(np.uint8)
        if values.dtype == np.float16:
            values = values.astype(np.float32)
        self.dtype = made.dtype
        self.elements += values.size
        with np.errstate(all="ignore"):
            low, high = float(values.min()), float(values.max())
            if not (np.isfinite(low) and np.isfinite(high)):
                finite = values[np.isfinite(values)]
                self.nonfinite += values.size - finite.size
                low, high = (float(finite.min()), float(finite.max())) if finite.size else (np.inf, -np.inf)
            self.low, self.high = min(self.low, low), max(self.high, high)
            if self.integers:
                self.integers = values.size <= _MOST_COUNTED and bool((values == np.rint(values)).all())
            if bent is not None and values.ndim > bent.axis:
                self._bend(values, bent)
            if quantised is not None:
                self.clipped += _clipped(values, quantised)

    def _bend(self, values: Any, bent: Bent) -> None:
        axes = tuple(axis for axis in range(values.ndim) if axis != bent.axis)
        if bent.low == bent.high:
            moved = (values != bent.low).any(axis=axes)
        else:
            edge = _NEAR * (bent.high - bent.low)
            moved = ((values > bent.low + edge) & (values < bent.high - edge)).any(axis=axes)
        if self._moved is None or self._moved.shape == moved.shape:
            self._moved = moved if self._moved is None else self._moved | moved

    def reached(self, tensor: str, group: int) -> Reached:
        units = 0 if self._moved is None else self._moved.size
        stuck = 0 if self._moved is None else units - int(self._moved.sum())
        large = self.elements > self.nonfinite and max(-self.low, self.high) > _LARGE
        low, high = (self.low, self.high) if self.low <= self.high else (0.0, 0.0)
        return Reached(
            tensor, group, self.dtype, low, high, self.elements, self.nonfinite, large and self.integers,
            units, stuck, self.clipped,
        )  # fmt: skip


def _clipped(values: Any, quantised: RoundedTensor) -> int:
    """How many elements lie more than half a step beyond the ends of what the integers stand for."""
    import numpy as np

    scales, zeros = np.array(quantised.scales), np.array(quantised.zeros)
    if scales.size > 1:
        if values.ndim <= quantised.axis or values.shape[quantised.axis] != scales.size:
            return 0
        along = [1] * values.ndim
        along[quantised.axis] = scales.size
        scales, zeros = scales.reshape(along), zeros.reshape(along) if zeros.size > 1 else zeros
    above = values > (quantised.high - zeros + 0.5) * scales * (1 + _NEAR)
    count = int(np.count_nonzero(above))
    if not quantised.floor:
        below = values < (quantised.low - zeros - 0.5) * scales * (1 + _NEAR)
        count += int(np.count_nonzero(below))
    return count
