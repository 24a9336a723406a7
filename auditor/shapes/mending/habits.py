"""How usual a window's attributes are: among the other layers of the same network, and among networks.

All in bits: what one value in eight has is a surprise of 3. The layer that is asked about does not count itself.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from math import log2
from typing import TypeAlias

from ...model.graph import Node
from ...tuples import NamedTuple
from ..facts import Facts
from ..troubles import At

Ints: TypeAlias = tuple[int, ...]

CONVOLUTIONS = frozenset({"Conv", "ConvTranspose", "ConvInteger", "QLinearConv", "DeformConv"})
POOLS = frozenset({"MaxPool", "AveragePool", "LpPool"})
WINDOWS = CONVOLUTIONS | POOLS

_WEIGHT = {"QLinearConv": 3}
_RARE = 1 / 512


class WindowHabit(NamedTuple):
    """What a convolution or a pooling looks through, with every default filled in."""

    op_type: str
    kernel: Ints
    strides: Ints
    pads: Ints
    dilations: Ints
    auto_pad: str
    ceil_mode: int
    widens: bool  # it gives more channels than it takes

    @property
    def axes(self) -> int:
        return len(self.kernel)

    @property
    def padding(self) -> str:
        return padding(self.pads, self.kernel, self.dilations)


def same_pads(kernel: Ints, dilations: Ints) -> Ints:
    """What keeps the size at stride 1; the odd one out comes behind."""
    whole = [(k - 1) * d for k, d in zip(kernel, dilations, strict=True)]
    return (*(w // 2 for w in whole), *(w - w // 2 for w in whole))


def padding(pads: Ints, kernel: Ints, dilations: Ints) -> str:
    """The kind of a padding: ``same``, ``none``, ``even`` on all sides, or ``odd``."""
    if pads == same_pads(kernel, dilations):
        return "same"
    if not any(pads):
        return "none"
    axes = len(kernel)
    return "even" if pads[:axes] == pads[axes:] and len(set(pads)) == 1 else "odd"


def window(facts: Facts, at: At) -> WindowHabit | None:
    """The window of a node; None where it has none, or nobody knows its kernel."""
    node = facts.node(at)
    if node.op_type not in WINDOWS or node.domain not in ("", "com.microsoft"):
        return None
    kernel = kernel_of(facts, at)
    if not kernel:
        return None
    axes, given = len(kernel), node.attributes
    strides, dilations = _list(node, "strides", (1,) * axes), _list(node, "dilations", (1,) * axes)
    pads = _list(node, "pads", (0,) * axes * 2)
    if len(strides) != axes or len(dilations) != axes or len(pads) != 2 * axes:
        return None
    auto_pad, ceil_mode = given.get("auto_pad", "NOTSET"), given.get("ceil_mode", 0)
    return WindowHabit(
        node.op_type, kernel, strides, pads, dilations, auto_pad if isinstance(auto_pad, str) else "NOTSET",
        ceil_mode if isinstance(ceil_mode, int) else 0, _widens(facts, at),
    )  # fmt: skip


def kernel_of(facts: Facts, at: At) -> Ints:
    """The kernel's sizes: of a convolution those of its weight."""
    node = facts.node(at)
    if node.op_type in POOLS:
        return _list(node, "kernel_shape", ())
    sizes = weight_of(facts, at)
    return sizes[2:] if len(sizes) > 2 else ()


def weight_of(facts: Facts, at: At) -> Ints:
    """The shape of a convolution's weight, empty where it is not known in numbers."""
    node = facts.node(at)
    place = _WEIGHT.get(node.op_type, 1)
    fact = facts.at(node.inputs[place], at.graph) if place < len(node.inputs) and node.inputs[place] else None
    sizes = fact.shape if fact is not None and fact.shape is not None else ()
    return tuple(s for s in sizes if isinstance(s, int)) if all(isinstance(s, int) for s in sizes) else ()


def _widens(facts: Facts, at: At) -> bool:
    sizes = weight_of(facts, at)
    group = facts.node(at).attributes.get("group", 1)
    return len(sizes) > 2 and isinstance(group, int) and sizes[0] > sizes[1] * group


def _list(node: Node, name: str, otherwise: Ints) -> Ints:
    value = node.attributes.get(name)
    return tuple(v for v in value if isinstance(v, int)) if isinstance(value, tuple) else otherwise


def _mixed(counted: Counter[object], value: object, prior: float, weight: float = 1.0) -> float:
    """The share of a value among those counted, mixed with what is expected without them."""
    return (counted[value] + weight * prior) / (counted.total() + weight)


class Habits:
    """What the windows of a model's graphs are like."""

    def __init__(self, facts: Facts) -> None:
        self.windows: dict[At, WindowHabit] = {}
        for path, visited in facts.graphs.items():
            for index in visited.entries:
                if visited.nodes[index].op_type in WINDOWS and (one := window(facts, At(path, index))) is not None:
                    self.windows[At(path, index)] = one
        self._counts: dict[object, Counter[object]] = defaultdict(Counter)
        for one in self.windows.values():
            self._count(one, 1)

    def _count(self, one: WindowHabit, by: int) -> None:
        pool = one.op_type in POOLS
        for key, value in (
            (("pads", pool, one.kernel, one.dilations), one.pads),
            (("padding", pool, max(one.strides) > 2), one.padding),
            (("strides", one.op_type, one.kernel, one.widens), one.strides),
            (("strides", one.op_type, one.kernel), one.strides),
            (("strides", one.op_type), one.strides),
            (("dilations", pool), one.dilations),
            (("kernel", one.op_type), one.kernel),
            (("auto_pad",), one.auto_pad),
            (("auto_pad", one.kernel), one.auto_pad),
            (("ceil_mode",), one.ceil_mode if pool else -1),
        ):
            self._counts[key][value] += by

    def surprise(self, at: At, one: WindowHabit) -> float:
        """How unusual a window would be at this place, in bits."""
        own = self.windows.get(at)
        if own is not None:
            self._count(own, -1)
        try:
            return sum(-log2(max(p, 1e-6)) for p in self._shares(one))
        finally:
            if own is not None:
                self._count(own, 1)

    def _shares(self, one: WindowHabit) -> tuple[float, ...]:
        pool = one.op_type in POOLS
        far = max(one.strides) > 2
        usual = (_FAR_PADDING if far else _PADDING)[one.padding]
        kind = _mixed(self._counts["padding", pool, far], one.padding, usual, 2)
        among = {"same": 1.0, "none": 1.0, "even": 0.25, "odd": 1 / 32}[one.padding]
        pads = _mixed(self._counts["pads", pool, one.kernel, one.dilations], one.pads, kind * among, 1.5)
        strides = _mixed(self._counts["strides", one.op_type], one.strides, _stride(one), 1)
        strides = _mixed(self._counts["strides", one.op_type, one.kernel], one.strides, strides, 1)
        strides = _mixed(self._counts["strides", one.op_type, one.kernel, one.widens], one.strides, strides, 1)
        dilated = 0.97 if set(one.dilations) == {1} else 0.01 if len(set(one.dilations)) == 1 else _RARE
        dilations = _mixed(self._counts["dilations", pool], one.dilations, dilated, 2)
        kernel = _mixed(self._counts["kernel", one.op_type], one.kernel, _kernel(one), 2) if pool else 1.0
        auto = 0.9 if one.auto_pad == "NOTSET" else 0.03
        auto_pad = _mixed(self._counts[("auto_pad",)], one.auto_pad, auto, 1)
        auto_pad = _mixed(self._counts["auto_pad", one.kernel], one.auto_pad, auto_pad, 1)
        ceil = (
            _mixed(self._counts[("ceil_mode",)], one.ceil_mode, 0.9 if not one.ceil_mode else 0.1, 1) if pool else 1.0
        )
        if one.auto_pad != "NOTSET":
            pads = 1.0 if not any(one.pads) else _RARE
        return pads, strides, dilations, kernel, auto_pad, ceil


_FAR_PADDING = {"same": 0.15, "none": 0.6, "even": 0.2, "odd": 0.05}  # of strides over 2: nobody keeps the size
_PADDING = {"same": 0.55, "none": 0.35, "even": 0.07, "odd": 0.03}


def _stride(one: WindowHabit) -> float:
    if len(set(one.strides)) > 1:
        return _RARE
    stride = one.strides[0]
    if one.op_type in POOLS:
        return {2: 0.7, 1: 0.12, 3: 0.05}.get(stride, 0.05 if stride == one.kernel[0] else 0.01)
    if one.op_type == "ConvTranspose":
        return {2: 0.7, 1: 0.2, 4: 0.05}.get(stride, 0.01)
    return {1: 0.75, 2: 0.2, 4: 0.02}.get(stride, 0.01)


def _kernel(one: WindowHabit) -> float:
    if len(set(one.kernel)) > 1:
        return _RARE
    return {2: 0.4, 3: 0.4, 1: 0.01, 5: 0.02, 7: 0.06}.get(one.kernel[0], 0.01)


USUAL_SIZES = (
    28, 32, 48, 64, 84, 96, 112, 128, 160, 192, 224, 227, 240, 256, 299, 300, 320, 331, 384, 416, 448, 480, 512, 600,
    608, 640, 768, 800, 1024,
)  # fmt: skip
"""Heights and widths that networks are made for."""

_MOST_USUAL = frozenset({28, 32, 64, 128, 224, 256, 299, 416, 512, 640})


def size_surprise(size: int) -> float:
    """How unusual a height or a width is."""
    if size in _MOST_USUAL:
        return 2.0
    if size in USUAL_SIZES:
        return 3.5
    return 5.0 if size % 16 == 0 else 6.5 if size % 4 == 0 else 7.5
