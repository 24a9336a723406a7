"""What operators compute, in NumPy: those whose every result is certain to the last bit, and no other.

A sum of many floats, an exponential or a product of matrices comes out differently in every runtime, so a shape must
never hang on one. A kernel takes the node's attributes and the arrays of its inputs; it raises `Unsure` where the
specification, or a rounding, leaves the result open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray[Any, Any]
Given: TypeAlias = Mapping[str, Any]
Kernel: TypeAlias = Callable[..., Array | tuple[Array, ...]]

KERNELS: dict[str, Kernel] = {}
"""By the operator's name in ai.onnx; of the versions that take what others have as attributes, the later ones."""


COPYING = frozenset({
    "Compress", "Concat", "ConstantOfShape", "Expand", "Flatten", "Gather", "GatherElements", "Identity", "NonZero",
    "Pad", "Reshape", "ScatterElements", "Slice", "Split", "Squeeze", "Tile", "Transpose", "Trilu", "Unique",
    "Unsqueeze", "Where",
})  # fmt: skip
"""Operators that pass on what they are given, and round nothing."""


class Unsure(Exception):
    """Runtimes may differ on this result."""


def kernel(*names: str) -> Callable[[Kernel], Kernel]:
    def bind(run: Kernel) -> Kernel:
        KERNELS.update(dict.fromkeys(names, run))
        return run

    return bind


def exact(compute: Callable[..., Any], *arrays: Array) -> Array:
    """Between two operators on 16 bits, runtimes may keep 32; and an integer too great may be any: both are open."""
    result = np.asarray(compute(*arrays))
    if result.dtype != np.float16 and result.dtype.kind not in "iu":
        return result
    wide = np.asarray(compute(*(a.astype(np.float64) if a.dtype == result.dtype else a for a in arrays)))
    if result.dtype == np.float16:
        good = np.array_equal(result, wide, equal_nan=True)
    else:
        info = np.iinfo(result.dtype)
        good = bool(np.all((wide >= info.min) & (wide <= min(info.max, 1 << 62))))
    if not good:
        raise Unsure
    return result


def ordered(x: Array) -> Array:
    """Without a NaN: which of two is the greater then, runtimes do not agree on."""
    if x.dtype.kind == "f" and np.isnan(x).any():
        raise Unsure
    return x
