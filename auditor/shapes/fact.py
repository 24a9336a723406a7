"""What is known about one tensor before it runs, and what an operator answers."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

from ..tuples import NamedTuple
from .sizes.dim import Size

Shape: TypeAlias = tuple[Size | None, ...]
"""None: a size that nobody knows yet."""

Element: TypeAlias = Size | float | bool | str | None
"""One value of a tensor; None: nobody knows this one."""

MOST_ELEMENTS = 1024
"""Longest tensor whose values are followed. Shapes are far shorter; ranges and masks on the way to one may be long."""

UNROLLED = 16
"""Trips of a loop that are followed one by one, unless its body says more."""


class Fact(NamedTuple):
    """What is known of a tensor. Every field may be unknown (None).

    ``elements`` holds the values, row-major, of the small tensors that shape arithmetic passes around. A float is
    rounded as its dtype would. ``declared``: rests on what the file declares, so nothing that follows
    from it may be an error. ``items``: it is not a tensor, but a sequence or an optional; dtype and shape are unknown.
    """

    dtype: int | None = None
    shape: Shape | None = None
    elements: tuple[Element, ...] | None = None
    declared: bool = False
    items: "Items | None" = None

    @property
    def rank(self) -> int | None:
        return None if self.shape is None else len(self.shape)

    def shaped(self, *sizes: Size | None) -> "Fact":
        """Another shape of the same dtype; the values are forgotten."""
        return Fact(self.dtype, sizes)

    def unknown(self) -> "Fact":
        """The same dtype, and nothing else."""
        return Fact(self.dtype)


class Items(NamedTuple):
    """What a sequence holds, or an optional, which is one of at most one.

    ``joint`` is true of every item (None: there is none that it could be of), ``each`` says them one by one where their
    number is known.
    """

    joint: Fact | None
    length: Size | None = None
    each: tuple[Fact, ...] | None = None
    optional: bool = False


class ShapeError(Exception):
    """The node cannot run on such inputs; ``attribute`` or ``parameter`` is at fault, where one is.

    ``passed_over``: what is wrong is the shape of an empty input, over which runtimes pass. ``advice``: what a person
    can do, of the node "{node}". ``own``: the node contradicts itself, so it is wrong whatever arrives.
    """

    def __init__(
        self,
        message: str,
        *,
        attribute: str = "",
        parameter: str = "",
        passed_over: bool = False,
        advice: str = "",
        own: bool = False,
    ) -> None:
        super().__init__(message)
        self.attribute, self.parameter, self.passed_over = attribute, parameter, passed_over
        self.advice, self.own = advice, own


class Exact(NamedTuple):
    """A parameter must have this shape. None in it: any size. ``role`` says how costs count the parameter."""

    shape: Shape
    role: str = ""  # "learnable", "statistic" (running mean, variance), or ""


class BroadcastsTo(NamedTuple):
    """A parameter must broadcast, in one direction, to this shape (Gemm's C, PRelu's slope)."""

    shape: Shape
    role: str = ""


Need: TypeAlias = Exact | BroadcastsTo

NO_NEEDS: Mapping[str, Need] = MappingProxyType({})


class Answer(NamedTuple):
    """All that an operator says of one use of it.

    ``needs`` maps a parameter (by its name in the rule's signature) to the shape that it must have; ``macs`` are the
    multiply-accumulates of dense arithmetic, without the bias (None: not known); ``formula`` is how the output's shape
    comes about with the numbers filled in, made only when somebody asks.
    """

    outputs: tuple[Fact, ...]
    needs: Mapping[str, Need] = NO_NEEDS
    macs: Size | None = 0
    formula: Callable[[], str] | None = None


class Body:
    """A subgraph as a function on facts. ``tentative``: nobody knows whether it runs, so no trouble is proof."""

    __slots__ = ("_outputs", "failed", "path", "trips", "vectors")

    def __init__(
        self,
        outputs: "Callable[[tuple[Fact, ...], bool], tuple[Fact, ...]]",
        path: str = "",
        trips: int = UNROLLED,
        vectors: frozenset[int] = frozenset(),
    ) -> None:
        self._outputs = outputs
        self.path = path  # names of sizes that were born in it start so; "": any with a slash may be one
        self.trips = trips  # of so many of a loop each is followed one by one
        self.failed = False  # whether something in it never fits what it was last asked for
        self.vectors = vectors  # the places of its inputs that the file declares as [1]

    def __call__(self, *inputs: Fact, tentative: bool = False) -> tuple[Fact, ...]:
        return self._outputs(inputs, tentative)


"""A subgraph: a function from the facts of its inputs to the facts of its outputs.

Called with ``tentative=True`` where nobody knows whether it runs on these facts: then no trouble inside is a proof.
"""


def show(shape: Shape | None) -> str:
    """``[1, 3, H, W]``; ``?`` for what nobody knows."""
    return "?" if shape is None else "[" + ", ".join("?" if s is None else str(s) for s in shape) + "]"


def known(*sizes: Size | None) -> bool:
    return None not in sizes
