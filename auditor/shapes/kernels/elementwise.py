"""Kernels that compute one element from those at its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .certain import KERNELS, Array, Given, Unsure, exact, kernel, ordered


def _plain(name: str, compute: Callable[..., Any]) -> None:
    def run(_: Given, *arrays: Array) -> Array:
        return exact(compute, *arrays) if name in _ARITHMETIC else np.asarray(compute(*arrays))

    KERNELS[name] = run


_PLAIN: dict[str, Callable[..., Any]] = {
    "Identity": lambda x: x,
    "Abs": np.abs,
    "Neg": np.negative,
    "Sqrt": np.sqrt,
    "Floor": np.floor,
    "Ceil": np.ceil,
    "Round": np.rint,
    "Sign": lambda x: np.sign(ordered(x)),
    "Not": np.logical_not,
    "Relu": lambda x: np.maximum(ordered(x), x.dtype.type(0)),
    "IsNaN": np.isnan,
    "And": np.logical_and,
    "Or": np.logical_or,
    "Xor": np.logical_xor,
    "Equal": lambda a, b: (a == b).astype(bool),
    "Less": np.less,
    "Greater": np.greater,
    "LessOrEqual": np.less_equal,
    "GreaterOrEqual": np.greater_equal,
    "Add": np.add,
    "Sub": np.subtract,
    "Mul": np.multiply,
    "BitwiseAnd": np.bitwise_and,
    "BitwiseOr": np.bitwise_or,
    "BitwiseXor": np.bitwise_xor,
    "BitwiseNot": np.invert,
    "Where": lambda c, x, y: np.where(c, x, y),
    "Size": lambda x: np.array(x.size, np.int64),
}
_ARITHMETIC = frozenset({"Abs", "Add", "Mul", "Neg", "Sqrt", "Sub"})

for _name, _compute in _PLAIN.items():
    _plain(_name, _compute)


@kernel("Div")
def div(_: Given, a: Array, b: Array) -> Array:
    """Integers truncate towards zero."""
    if a.dtype.kind == "f":
        return exact(np.divide, a, b)
    if not np.all(b):
        raise Unsure
    quotient = np.abs(a.astype(object)) // np.abs(b.astype(object)) * np.sign(a) * np.sign(b)
    return np.asarray(quotient).astype(a.dtype)


@kernel("Mod")
def mod(given: Given, a: Array, b: Array) -> Array:
    if a.dtype.kind != "f" and not np.all(b):
        raise Unsure
    return np.asarray(np.fmod(a, b) if given.get("fmod", 0) else np.mod(a, b))


@kernel("Max")
def most(_: Given, *arrays: Array) -> Array:
    return _folded(np.maximum, tuple(map(ordered, arrays)))


@kernel("Min")
def least(_: Given, *arrays: Array) -> Array:
    return _folded(np.minimum, tuple(map(ordered, arrays)))


@kernel("Sum")
def total(_: Given, *arrays: Array) -> Array:
    if len(arrays) > 2 and arrays[0].dtype.kind == "f":
        raise Unsure
    return _folded(np.add, arrays)


def _folded(fold: Callable[..., Any], arrays: tuple[Array, ...]) -> Array:
    result = arrays[0]
    for array in arrays[1:]:
        result = exact(fold, result, array)
    return result


@kernel("Clip")
def clip(given: Given, x: Array, low: Array | None = None, high: Array | None = None) -> Array:
    if "min" in given or "max" in given:
        raise Unsure
    if (low is None or high is None) and np.isinf(x.astype(np.float64)).any():
        raise Unsure  # a bound that is not given is the greatest finite number
    x = ordered(x)
    x = x if low is None else np.maximum(x, ordered(low))
    return np.asarray(x if high is None else np.minimum(x, ordered(high)))


@kernel("BitShift")
def bit_shift(given: Given, x: Array, y: Array) -> Array:
    if np.any(y >= x.dtype.itemsize * 8):
        raise Unsure
    return np.asarray(np.left_shift(x, y) if given.get("direction") == "LEFT" else np.right_shift(x, y))


@kernel("IsInf")
def is_inf(given: Given, x: Array) -> Array:
    wanted = (x > 0) & bool(given.get("detect_positive", 1)) | (x < 0) & bool(given.get("detect_negative", 1))
    return np.isinf(x) & wanted


def cast(x: Array, dtype: np.dtype[Any]) -> Array:
    """What is out of an integer's range, and what may be rounded twice, is open."""
    if (x.dtype.kind == "O") is not (dtype.kind == "O"):
        raise Unsure
    if x.dtype.kind == "f" and dtype.kind in "iu":
        info = np.iinfo(dtype)
        whole = np.trunc(x.astype(np.float64))
        if not np.all((whole >= float(info.min)) & (whole < float(info.max) + (info.max < 1 << 53))):
            raise Unsure
    result = x.astype(dtype)
    if dtype == np.float16 and not np.array_equal(result, x, equal_nan=x.dtype.kind == "f"):
        raise Unsure
    return result
