"""Two tensors: the same within a tolerance? If not, where is the first place that differs?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .outcome import Difference
from .tensors import BFLOAT16, floats

if TYPE_CHECKING:
    from .tensors import Array


STEPS = {10: 2**-10, BFLOAT16: 2**-7, 17: 2**-3, 18: 2**-3, 19: 2**-2, 20: 2**-2}  # relative, of the narrow types


def compare(
    expected: Array, actual: Array, rtol: float, atol: float, dtypes: tuple[int, int] = (0, 0)
) -> Difference | None:
    """None where |actual - expected| <= atol + rtol * |expected| everywhere, NaN at the same places, infinities equal.

    A type's own grain is the least tolerance: two steps of it. All but floating-point tensors must be equal.
    ``dtypes`` are ONNX's numbers (0: as NumPy says).
    """
    import numpy as np

    if dtypes[0] != dtypes[1]:
        return Difference("type", expected=str(dtypes[0]), actual=str(dtypes[1]))
    if expected.shape != actual.shape:
        return Difference("shape", expected=str(list(expected.shape)), actual=str(list(actual.shape)))
    a, b = floats(dtypes[0], expected), floats(dtypes[1], actual)
    if a is None or b is None:
        wrong = np.asarray(expected != actual)
        return _first(wrong, "value", expected, actual, None) if wrong.any() else None
    rtol = max(rtol, 2 * STEPS.get(dtypes[0], 0.0))
    wide = np.complex128 if a.dtype.kind == "c" else np.float64
    a, b = a.astype(wide), b.astype(wide)
    same_nan = np.isnan(a) == np.isnan(b)
    if not same_nan.all():
        return _first(~same_nan, "NaN", a, b, None)
    with np.errstate(invalid="ignore", over="ignore"):
        gap = np.abs(a - b)  # NaN where both are NaN, or the same infinity
        wrong = ~((gap <= atol + rtol * np.abs(a)) | (a == b) | np.isnan(a))
        wrong |= np.isinf(a) & (a != b) & ~np.isnan(a)
    if not wrong.any():
        return None
    finite = gap[np.isfinite(gap)]
    return _first(wrong, "value", a, b, float(finite.max()) if finite.size else None)


def _first(wrong: Array, why: str, expected: Array, actual: Array, largest: float | None) -> Difference:
    import numpy as np

    index = tuple(int(i) for i in np.unravel_index(int(np.argmax(wrong)), wrong.shape))
    return Difference(why, index, str(expected[index])[:80], str(actual[index])[:80], largest)
