"""Inputs within ranges, each by a few words that make the same numbers again with every NumPy.

A recipe is one of

- ``["fill", V]``: V throughout (or the nearest number that the range has);
- ``["ends", "01"]``: the first input at its low end, the second at its high one, and so on in turn;
- ``["corners", SEED]``: each element at one of its ends; ``["anywhere", SEED]``: each anywhere between;
- ``["flip", RECIPE, SEED, SHARE]``: this share of the elements at the other end;
- ``["stir", RECIPE, SEED, SHARE]``: this share of the elements anywhere;
- ``["lean", SEED, WEIGHTS]``: each element at the end to which the corners of SEED, SEED + 1, ... lean by weight;
- ``["mix", RECIPE, RECIPE, T]``: so far on the way from one to the other.

One recipe makes all inputs: seeds are mixed with the input's name.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any, TypeAlias

from .request import InputRange

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..report import Witness

    Floats: TypeAlias = NDArray[np.float64]

Recipe: TypeAlias = list[Any]

_KINDS = {1: "f4", 10: "f2", 11: "f8"}
_GOLDEN, _ONE, _TWO = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_64 = (1 << 64) - 1


def made(recipe: Recipe, at: int, ranged: InputRange) -> Any:
    """The array of one input, which stands at this place among them."""
    import numpy as np

    low, high = ends(ranged)
    numbers = np.clip(_numbers(recipe, at, ranged, low, high), low, high)
    if ranged.dtype in _KINDS:
        array: Any = numbers.astype(_KINDS[ranged.dtype])
    elif ranged.dtype == 16:
        array = (numbers.astype("<f4").view("<u4") >> 16).astype("<u2")
    else:
        from .tensors import NUMPY

        array = np.rint(numbers).astype(NUMPY[ranged.dtype])
    return array.reshape(ranged.shape)


def ends(ranged: InputRange) -> tuple[float, float]:
    """The least and the greatest number of the input's type in the range."""
    import numpy as np

    low, high = ranged.low, ranged.high
    kind = _KINDS.get(ranged.dtype)
    if kind is not None:
        made_low, made_high = np.array(low, kind), np.array(high, kind)
        if float(made_low) < low:
            made_low = np.nextafter(made_low, np.array(np.inf, kind))
        if float(made_high) > high:
            made_high = np.nextafter(made_high, np.array(-np.inf, kind))
        return float(made_low), float(made_high)
    if ranged.dtype == 16:  # the upper half of a float32: cut towards zero
        return (low, high)
    return float(np.ceil(low)), float(np.floor(high))


def _numbers(recipe: Recipe, at: int, ranged: InputRange, low: float, high: float) -> Floats:
    import numpy as np

    size = int(np.prod(ranged.shape, dtype=np.int64))
    match recipe:
        case ["fill", float() | int() as value]:
            return np.full(size, min(max(float(value), low), high))
        case ["ends", str(sides)]:
            return np.full(size, high if sides[at % len(sides)] == "1" else low)
        case ["corners", int(seed)]:
            return np.where(_unit(size, seed, ranged.name) < 0.5, low, high)
        case ["anywhere", int(seed)]:
            return low + (high - low) * _unit(size, seed, ranged.name)
        case ["flip", list(inner), int(seed), float(share)]:
            numbers = _numbers(inner, at, ranged, low, high)
            other = np.where(numbers > low / 2 + high / 2, low, high)
            return np.where(_unit(size, seed, ranged.name) < share, other, numbers)
        case ["stir", list(inner), int(seed), float(share)]:
            numbers = _numbers(inner, at, ranged, low, high)
            other = low + (high - low) * _unit(size, seed + 1, ranged.name)
            return np.where(_unit(size, seed, ranged.name) < share, other, numbers)
        case ["lean", int(seed), list(weights)]:
            total = np.zeros(size)
            for i, weight in enumerate(weights):
                total += weight * np.where(_unit(size, seed + i, ranged.name) < 0.5, -1.0, 1.0)
            return np.where(total < 0, low, high)
        case ["mix", list(one), list(other), float(way)]:
            first, last = (_numbers(inner, at, ranged, low, high) for inner in (one, other))
            return first * (1 - way) + last * way
    raise ValueError(f"no recipe: {str(recipe)[:80]}")


def _unit(size: int, seed: int, name: str) -> Floats:
    """Uniform in [0, 1): SplitMix64."""
    import numpy as np

    begin = (seed << 32 ^ zlib.crc32(name.encode("utf-8", "surrogateescape"))) * _GOLDEN & _64
    state = np.arange(1, size + 1, dtype=np.uint64) * np.uint64(_GOLDEN) + np.uint64(begin)
    for shift, factor in ((30, _ONE), (27, _TWO), (31, 1)):
        state ^= state >> np.uint64(shift)
        state *= np.uint64(factor)
    found: Floats = (state >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return found


def witness_inputs(witness: Witness) -> dict[str, Any]:
    """The arrays that showed a fault, by the inputs' names: what `auditor.report.Finding.witness` says.

    Raises `ValueError` for a witness whose recipe is none, `MemoryError` where its inputs are larger than memory.
    """
    import json

    from ..model.dtypes import DType

    numbers = {name: number for number, name in ((d.value, d.name.lower()) for d in DType)}
    found = {}
    for place, one in enumerate(witness.inputs):
        dtype = {"float32": 1, "float64": 11}.get(one.dtype) or numbers.get(one.dtype, 0)
        try:
            found[one.name] = made(
                json.loads(witness.recipe), place, InputRange(one.name, dtype, tuple(one.shape), one.low, one.high)
            )
        except (KeyError, TypeError, RecursionError) as error:
            raise ValueError(f"no witness: {error}") from None
    return found
