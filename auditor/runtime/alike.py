"""Whether two runs of one model agree, at two levels of onnxruntime's optimisation: rounding is no difference.

Floating point: |a - b| <= rtol |a| + max(atol max|a|, a floor), over what is finite. The floor is for what a sigmoid or
a softmax leaves near zero everywhere: there the absolute error in front of it is a relative one behind it. On 17
trained models in float32 the levels differed by at most 4.6e-5 of the largest element, in float16 by 3.8e-4.

What was quantised is judged in its own steps: another order of the same sums may round to the next one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..tuples import NamedTuple
from .compare import STEPS, compare
from .outcome import Difference
from .tensors import floats

if TYPE_CHECKING:
    from .tensors import Array

FLOAT32 = (1e-3, 2e-4)
"""rtol, and atol as a share of the largest element, of float32 and wider types."""

NARROW = 4e-3  # atol of 16-bit types and narrower; their rtol is two of their steps
_FLOOR, _NARROW_FLOOR = 1e-6, 1e-4
_EIGHT_BITS = 255  # steps between the least and the greatest value


class Grain(NamedTuple):
    """How coarse a tensor is: ``steps`` so many steps apart are one value.

    ``step`` 0: not known, but something in front of it was quantised to eight bits or fewer.
    """

    step: float
    steps: int = 1


def apart(
    expected: Array, actual: Array, dtypes: tuple[int, int], grain: Grain | None = None, times: int = 1
) -> Difference | None:
    """Where the two differ by more than rounding does, or so many times of it; None where nowhere.

    ``dtypes`` are ONNX's numbers.
    """
    if dtypes[0] != dtypes[1] or expected.shape != actual.shape:
        return compare(expected, actual, 0.0, 0.0, dtypes)
    values = floats(dtypes[0], expected)
    if values is None:
        return _whole(expected, actual, grain and grain._replace(steps=times * grain.steps))
    rtol, atol = tolerance(dtypes[0], *_reach(values), grain)
    return compare(expected, actual, times * rtol, times * atol, dtypes)


def tolerance(dtype: int, least: float, most: float, grain: Grain | None = None) -> tuple[float, float]:
    """What rounding may make of a floating-point tensor whose finite elements lie between two numbers: rtol, atol."""
    narrow = dtype in STEPS
    rtol, share = (2 * STEPS[dtype], NARROW) if narrow else FLOAT32
    atol = max(share * max(abs(least), abs(most)), _NARROW_FLOOR if narrow else _FLOOR)
    if grain is not None:
        step = grain.step or (most - least) / _EIGHT_BITS
        atol = max(atol, 1.001 * step * grain.steps)
    return rtol, atol


def within_steps(expected: Array, actual: Array, grain: Grain | None) -> bool:
    """Whether two quantised tensors are at most so many steps apart."""
    return grain is not None and expected.shape == actual.shape and _whole(expected, actual, grain) is None


def _whole(expected: Array, actual: Array, grain: Grain | None) -> Difference | None:
    """Integers that were quantised: within their steps. Others, booleans and strings are equal, or are not."""
    import numpy as np

    found = compare(expected, actual, 0.0, 0.0)
    if found is None or grain is None or expected.dtype.kind not in "iu":
        return found
    gap = np.where(expected > actual, expected - actual, actual - expected)  # of unsigned numbers, too
    steps = grain.steps
    wrong = gap.view(gap.dtype.str.replace("i", "u")) > steps  # a difference may be beyond the signed type
    if not wrong.any():
        return None
    place = tuple(int(i) for i in np.unravel_index(int(np.argmax(wrong)), wrong.shape))
    return Difference("value", place, str(expected[place]), str(actual[place]), float(gap.max()))


def _reach(values: Array) -> tuple[float, float]:
    """The least and the greatest finite element; of complex numbers, of their magnitudes."""
    import numpy as np

    if values.dtype.kind == "c":
        values = np.abs(values)
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
