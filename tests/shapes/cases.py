"""Random uses of the operators that move values: for a comparison with the runtime, and with names bound to numbers."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np


class Case(NamedTuple):
    op_type: str
    opset: int
    inputs: Sequence[np.ndarray | None]
    attributes: Mapping[str, Any] = MappingProxyType({})
    outputs: int = 1


class Dice:
    """All that chance decides, from one seed."""

    def __init__(self, seed: int) -> None:
        self.choice = random.Random(seed)
        self.arrays = np.random.default_rng(seed)

    def opset(self, first: int = 11) -> int:
        return self.choice.randint(first, 21)

    def sizes(self, least: int = 0, most: int = 3, smallest: int = 1, largest: int = 4) -> tuple[int, ...]:
        return tuple(self.choice.randint(smallest, largest) for _ in range(self.choice.randint(least, most)))

    def array(self, sizes: tuple[int, ...], dtype: type = np.int64) -> np.ndarray:
        return np.asarray(self.arrays.integers(0 if dtype is bool else -9, 2 if dtype is bool else 12, sizes)).astype(
            dtype
        )

    def places(self, size: int, sizes: tuple[int, ...]) -> np.ndarray:
        return np.asarray(self.arrays.integers(-size, size, sizes), np.int64)

    def axis(self, rank: int) -> int:
        return self.choice.randrange(-rank, rank)

    def often(self, share: float) -> bool:
        return self.choice.random() < share

    def stretched(self, sizes: tuple[int, ...]) -> tuple[int, ...]:
        """Sizes that broadcast to these."""
        kept = tuple(1 if self.often(0.3) else size for size in sizes)
        return kept[self.choice.randrange(len(kept) + 1) :] if self.often(0.3) else kept


def _list(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.int64)


def reshape(dice: Dice) -> Case:
    x = dice.array(tuple(dice.choice.choice([1, 2, 3, 4, 6]) for _ in range(dice.choice.randint(0, 3))))
    rest, target = x.size, []
    for _ in range(dice.choice.randint(0, 2)):
        target.append(dice.choice.choice([k for k in range(1, rest + 1) if rest % k == 0]))
        rest //= target[-1]
    target.append(rest)
    for i, size in enumerate(target):
        if i < x.ndim and x.shape[i] == size and dice.often(0.3):
            target[i] = 0
    if dice.often(0.5):
        target[dice.choice.randrange(len(target))] = -1
    return Case("Reshape", dice.opset(5), [x, _list(*target)])


def flatten(dice: Dice) -> Case:
    x = dice.array(dice.sizes())
    return Case("Flatten", dice.opset(), [x], {"axis": dice.choice.randint(-x.ndim, x.ndim)})


def transpose(dice: Dice) -> Case:
    x = dice.array(dice.sizes(1))
    perm = dice.choice.sample(range(x.ndim), x.ndim)
    return Case("Transpose", dice.opset(7), [x], {"perm": perm} if dice.often(0.8) else {})


def squeeze(dice: Dice) -> Case:
    x = dice.array(tuple(dice.choice.choice([1, 1, 2]) for _ in range(dice.choice.randint(0, 4))))
    axes = [i - x.ndim * dice.often(0.3) for i, size in enumerate(x.shape) if size == 1 and dice.often(0.6)]
    if not axes:
        return Case("Squeeze", dice.opset(), [x])
    if dice.often(0.3):
        return Case("Squeeze", 11, [x], {"axes": axes})
    return Case("Squeeze", dice.choice.randint(13, 21), [x, _list(*axes)])


def unsqueeze(dice: Dice) -> Case:
    x = dice.array(dice.sizes())
    rank = x.ndim + dice.choice.randint(1, 2)
    axes = [i - rank * dice.often(0.3) for i in dice.choice.sample(range(rank), rank - x.ndim)]
    if dice.often(0.3):
        return Case("Unsqueeze", 11, [x], {"axes": axes})
    return Case("Unsqueeze", dice.choice.randint(13, 21), [x, _list(*axes)])


def concat(dice: Dice) -> Case:
    sizes = list(dice.sizes(1))
    axis = dice.axis(len(sizes))
    parts = []
    for _ in range(dice.choice.randint(1, 3)):
        sizes[axis] = dice.choice.randint(0, 3)
        parts.append(dice.array(tuple(sizes)))
    return Case("Concat", dice.opset(), parts, {"axis": axis})


def split(dice: Dice) -> Case:
    x = dice.array(dice.sizes(1, largest=7))
    axis, count, opset = dice.axis(x.ndim), dice.choice.randint(1, 4), dice.choice.choice([11, 13, 17, 18, 21])
    size = x.shape[axis]
    if dice.often(0.5) or (opset < 18 and size % count):
        cuts = sorted(dice.choice.randint(0, size) for _ in range(count - 1))
        parts = [b - a for a, b in zip([0, *cuts], [*cuts, size], strict=True)]
        if opset >= 13:
            return Case("Split", opset, [x, _list(*parts)], {"axis": axis}, count)
        return Case("Split", opset, [x], {"axis": axis, "split": parts}, count)
    return Case("Split", opset, [x], {"axis": axis} | ({"num_outputs": count} if opset >= 18 else {}), count)


def slice_(dice: Dice) -> Case:
    x = dice.array(dice.sizes(1, smallest=dice.choice.randint(0, 1)))
    axes = [a - x.ndim * dice.often(0.3) for a in dice.choice.sample(range(x.ndim), dice.choice.randint(1, x.ndim))]
    far = [2**63 - 1, -(2**63), 2**31 - 1, -(2**31) + 1]
    starts, ends = ([dice.choice.choice([*range(-8, 9), *far]) for _ in axes] for _ in range(2))
    inputs = [x, _list(*starts), _list(*ends), _list(*axes)]
    if dice.often(0.7):
        inputs.append(_list(*(dice.choice.choice([1, 2, 3, -1, -2]) for _ in axes)))
    return Case("Slice", dice.opset(10), list(inputs))


def pad(dice: Dice) -> Case:
    x = dice.array(dice.sizes(1))
    mode = dice.choice.choice(["constant", "constant", "edge", "reflect"])
    axes = dice.choice.sample(range(x.ndim), dice.choice.randint(1, x.ndim))
    if dice.often(0.5):
        pads = _list(*(dice.choice.randint(-1, 3) for _ in range(2 * len(axes))))
        return Case("Pad", dice.choice.randint(18, 21), [x, pads, dice.array(()), _list(*axes)], {"mode": mode})
    pads = _list(*(dice.choice.randint(-1, 3) for _ in range(2 * x.ndim)))
    return Case("Pad", dice.opset(), [x, pads], {"mode": mode})


def expand(dice: Dice) -> Case:
    sizes = dice.sizes()
    return Case("Expand", dice.opset(8), [dice.array(dice.stretched(sizes)), _list(*dice.stretched(sizes))])


def tile(dice: Dice) -> Case:
    x = dice.array(dice.sizes())
    return Case("Tile", dice.opset(6), [x, _list(*(dice.choice.randint(0, 3) for _ in x.shape))])


def depth_to_space(dice: Dice) -> Case:
    block = dice.choice.randint(1, 3)
    x = dice.array((2, block * block * dice.choice.randint(1, 2), 3, 2), np.float32)
    return Case("DepthToSpace", dice.opset(), [x], {"blocksize": block})


def space_to_depth(dice: Dice) -> Case:
    block = dice.choice.randint(1, 3)
    return Case("SpaceToDepth", dice.opset(), [dice.array((2, 3, 2 * block, block), np.float32)], {"blocksize": block})


def shape(dice: Dice) -> Case:
    x = dice.array(dice.sizes(most=4, smallest=0), np.float32)
    ends = {name: dice.choice.randint(-5, 5) for name in ("start", "end") if dice.often(0.7)}
    return Case("Shape", dice.choice.randint(15, 21), [x], ends)


def size(dice: Dice) -> Case:
    return Case("Size", dice.opset(), [dice.array(dice.sizes(smallest=0))])


def constant_of_shape(dice: Dice) -> Case:
    return Case("ConstantOfShape", dice.opset(), [_list(*dice.sizes(smallest=0))])


def range_(dice: Dice) -> Case:
    dtype = dice.choice.choice([np.int16, np.int32, np.int64, np.float32, np.float64])
    start, limit, delta = (np.asarray(dice.array((), dtype)) for _ in range(3))
    if np.issubdtype(dtype, np.floating) and dice.often(0.5):
        delta = np.array(dice.choice.choice([0.1, 0.3, 0.5, -0.7, 1 / 3]), dtype)
    return Case("Range", dice.opset(), [start, limit, delta if delta else np.array(1, dtype)])


def gather(dice: Dice) -> Case:
    x = dice.array(dice.sizes(1))
    axis = dice.axis(x.ndim)
    return Case("Gather", dice.opset(), [x, dice.places(x.shape[axis], dice.sizes(most=2))], {"axis": axis})


def gather_elements(dice: Dice) -> Case:
    x = dice.array(dice.sizes(1))
    axis = dice.axis(x.ndim)
    sizes = list(x.shape)
    sizes[axis] = dice.choice.randint(1, 4)
    return Case("GatherElements", dice.opset(), [x, dice.places(x.shape[axis], tuple(sizes))], {"axis": axis})


def gather_nd(dice: Dice) -> Case:
    x = dice.array(dice.sizes(1, largest=3))
    depth = dice.choice.randint(1, x.ndim)
    return Case("GatherND", dice.opset(12), [x, dice.places(min(x.shape[:depth]), (*dice.sizes(most=2), depth))])


def scatter_elements(dice: Dice) -> Case:
    x = dice.array(dice.sizes(1, 2))
    axis = dice.axis(x.ndim)
    sizes = list(x.shape)
    sizes[axis] = dice.choice.randint(1, x.shape[axis])
    places = dice.places(x.shape[axis], tuple(sizes))
    return Case("ScatterElements", dice.opset(), [x, places, dice.array(tuple(sizes))], {"axis": axis})


def scatter_nd(dice: Dice) -> Case:
    x = dice.array(dice.sizes(1, 2))
    depth = dice.choice.randint(1, x.ndim)
    places = dice.places(min(x.shape[:depth]), (*dice.sizes(most=1), depth))
    return Case("ScatterND", dice.opset(), [x, places, dice.array(places.shape[:-1] + x.shape[depth:])])


def one_hot(dice: Dice) -> Case:
    x = dice.array(dice.sizes())
    depth, hot = np.array(dice.choice.randint(1, 4), np.int64), np.array([0, 1], np.float32)
    return Case("OneHot", dice.opset(), [x, depth, hot], {"axis": dice.axis(x.ndim + 1)})


def top_k(dice: Dice) -> Case:
    x = dice.array(dice.sizes(1), np.float32)
    axis = dice.axis(x.ndim)
    return Case("TopK", dice.opset(), [x, _list(dice.choice.randint(0, x.shape[axis]))], {"axis": axis}, 2)


def non_zero(dice: Dice) -> Case:
    return Case("NonZero", dice.opset(), [dice.array(dice.sizes(1, smallest=0), dice.choice.choice([np.int64, bool]))])


def compress(dice: Dice) -> Case:
    x = dice.array(dice.sizes(1))
    axis = dice.choice.choice([None, dice.axis(x.ndim)])
    most = x.size if axis is None else x.shape[axis]
    condition = dice.array((dice.choice.randint(1, most),), bool)
    return Case("Compress", dice.opset(), [x, condition], {} if axis is None else {"axis": axis})


def unique(dice: Dice) -> Case:
    x = dice.array(dice.sizes(1))
    return Case("Unique", dice.opset(), [x], {"axis": dice.axis(x.ndim)} if dice.often(0.6) else {}, 4)


def reduction(dice: Dice) -> Case:
    kind = dice.choice.choice(["Sum", "Prod", "Max", "Min", "Mean", "L1", "L2", "SumSquare"])
    x, opset = dice.array(dice.sizes(), dice.choice.choice([np.int32, np.int64, np.float32])), dice.opset()
    axes = [a - x.ndim * dice.often(0.3) for a in range(x.ndim) if dice.often(0.5)]
    attributes: dict[str, Any] = {"keepdims": dice.choice.randint(0, 1)}
    inputs: list[np.ndarray | None] = [x]
    if opset >= 18 or (kind == "Sum" and opset >= 13):
        inputs += [_list(*axes)] if dice.often(0.8) else []
        attributes["noop_with_empty_axes"] = dice.choice.randint(0, 1)
    elif axes:
        attributes["axes"] = axes
    return Case(f"Reduce{kind}", opset, inputs, attributes)


def arg_max(dice: Dice) -> Case:
    x = dice.array(dice.sizes(1), np.float32)
    attributes = {"axis": dice.axis(x.ndim), "keepdims": dice.choice.randint(0, 1)}
    return Case(dice.choice.choice(["ArgMax", "ArgMin"]), dice.opset(), [x], attributes)


MAKERS: dict[str, Callable[[Dice], Case]] = {
    maker.__name__.strip("_"): maker
    for maker in (
        reshape, flatten, transpose, squeeze, unsqueeze, concat, split, slice_, pad, expand, tile, depth_to_space,
        space_to_depth, shape, size, constant_of_shape, range_, gather, gather_elements, gather_nd, scatter_elements,
        scatter_nd, one_hot, top_k, non_zero, compress, unique, reduction, arg_max,
    )
}  # fmt: skip
