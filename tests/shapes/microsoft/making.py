"""What the makers of random nodes share: how they are found, and arrays of random sizes."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.shapes.running import Case

Maker = Callable[[random.Random], Case]
MAKERS: dict[str, Maker] = {}


def makes(*names: str) -> Callable[[Callable[[random.Random, str], Case]], Callable[[random.Random, str], Case]]:
    def bind(make: Callable[[random.Random, str], Case]) -> Callable[[random.Random, str], Case]:
        for name in names:
            MAKERS[name] = lambda r, name=name: make(r, name)  # type: ignore[misc]  # a default binds the loop's name
        return make

    return bind


def floats(*shape: int, dtype: Any = np.float32) -> np.ndarray:
    return np.asarray(np.random.default_rng(7).standard_normal(shape) * 0.5, dtype)


def ints(high: int, *shape: int, dtype: Any = np.int32, low: int = 0) -> np.ndarray:
    return np.asarray(np.random.default_rng(7).integers(low, high, shape), dtype)


def sized(r: random.Random, least: int = 1, most: int = 3, low: int = 1) -> tuple[int, ...]:
    return tuple(r.randint(low, 5) for _ in range(r.randint(least, most)))


def maybe(r: random.Random, array: np.ndarray) -> np.ndarray | None:
    return array if r.random() < 0.5 else None


def one(value: float = 0.5) -> np.ndarray:
    return np.array(value, np.float32)


def trimmed(*inputs: np.ndarray | None) -> tuple[np.ndarray | None, ...]:
    found = list(inputs)
    while found and found[-1] is None:
        found.pop()
    return tuple(found)


def only_inferred(case: Case) -> Case:
    """Of an operator or a form of it that the CPU does not run."""
    return case._replace(inferred=True)


def pair(r: random.Random, trans_a: int = 0, trans_b: int = 0) -> tuple[tuple[int, ...], tuple[int, ...]]:
    m, k, n = r.randint(1, 4), r.randint(1, 4), r.randint(1, 4)
    front = sized(r, 0, 2)
    return (*front, *((k, m) if trans_a else (m, k))), (
        *(front if r.random() < 0.5 else ()),
        *((n, k) if trans_b else (k, n)),
    )


def sliding(r: random.Random, rank: int) -> dict[str, Any]:
    found: dict[str, Any] = {"kernel_shape": [r.randint(1, 3) for _ in range(rank)]}
    if r.random() < 0.5:
        found["strides"] = [r.randint(1, 2) for _ in range(rank)]
    if r.random() < 0.4:
        found["auto_pad"] = r.choice(["SAME_UPPER", "SAME_LOWER", "VALID"])
    elif r.random() < 0.5:
        found["pads"] = [r.randint(0, k - 1) for k in found["kernel_shape"]] * 2
    return found
