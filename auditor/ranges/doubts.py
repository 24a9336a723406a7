"""Where a number may leave its domain or its type for some input: what a search for a witness goes after.

A doubt stands at the node where it begins: what goes in is finite, what comes out need not be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum

import numpy as np

from ..model.dtypes import name_of
from ..model.graph import Model, Node, captured
from ..shapes.troubles import At
from ..tuples import NamedTuple
from .known import Known
from .limits import INTEGERS, LIMITS, WRAPPING, Limits, limits
from .walk import RangeWalk, Start

FLOAT16 = 10
_ROUNDS_TO_INFINITY = 65520.0


_MOST_NAMED = 3


class DoubtKind(Enum):
    DOMAIN = "domain"  # an argument outside of an operator's domain
    OVERFLOW = "overflow"  # a number beyond its floating-point type
    CAST = "cast"  # a Cast to an integer that cannot hold it
    WRAP = "wrap"  # an integer's arithmetic beyond its type


class Way(NamedTuple):
    """A tensor, and which way it goes where it is worst: "least", "most" or "zero"."""

    tensor: str
    towards: str


class Doubt(NamedTuple):
    """``watched`` is to be seen outside [low, high], or NaN, while ``steady`` tensors are finite."""

    kind: DoubtKind
    at: int  # of the main graph: the node, or the one in whose body it stands
    tensor: str  # that the node makes
    says: str  # "its divisor s lies in [0, 1510.6]"
    always: bool  # for every input
    watched: str
    low: float
    high: float
    steady: tuple[str, ...]
    ways: tuple[Way, ...]
    operands: tuple[str, ...] = ()  # of arithmetic on integers
    signed: bool = False  # the argument that leaves its domain may be negative
    narrower: bool = False  # it is float16 that could not hold it, and the model is not that yet
    op_type: str = ""  # of the node whose domain or type it leaves, where that is an operator of floating point
    within: At | None = None  # the node's place in a body of the facts; None: it is that of the main graph

    @property
    def place(self) -> At:
        """Where the node stands, as the facts have it."""
        return self.within or At("", self.at)

    @property
    def outside_its_domain(self) -> bool:
        return self.kind is DoubtKind.DOMAIN

    @property
    def floating_result(self) -> bool:
        """Whether what comes of it is NaN or infinite, and not merely wrong."""
        return self.kind in (DoubtKind.DOMAIN, DoubtKind.OVERFLOW)


class _Domain(NamedTuple):
    """Of an operator's argument: what is outside, for some elements and for all."""

    position: int
    outside: Callable[[Known], bool]
    wholly: Callable[[Known], bool]
    ways: tuple[str, ...]
    word: str


def _zero(x: Known) -> bool:
    return bool(((x.low <= 0) & (x.high >= 0)).any())


def _all_zero(x: Known) -> bool:
    return bool(((x.low == 0) & (x.high == 0)).any())


def _beyond_one(x: Known) -> bool:
    return x.least < -1 or x.most > 1


def _wholly_beyond_one(x: Known) -> bool:
    return bool(((x.low > 1) | (x.high < -1)).any())


_BELOW_ZERO = _Domain(0, lambda x: x.least < 0, lambda x: bool((x.high < 0).any()), ("least",), "its argument")
_DOMAINS: dict[str, _Domain] = {
    "Log": _Domain(0, lambda x: x.least <= 0, lambda x: bool((x.high <= 0).any()), ("least",), "its argument"),
    "ReduceLogSum": _Domain(
        0, lambda x: x.least <= 0, lambda x: x.low.size > 0 and x.most <= 0, ("least",), "its argument"
    ),
    "Sqrt": _BELOW_ZERO,
    "Pow": _Domain(0, lambda x: x.least <= 0, lambda x: bool((x.high < 0).any()), ("least", "zero"), "its base"),
    "Acosh": _Domain(0, lambda x: x.least < 1, lambda x: bool((x.high < 1).any()), ("least",), "its argument"),
    "Asin": _Domain(0, _beyond_one, _wholly_beyond_one, ("most", "least"), "its argument"),
    "Acos": _Domain(0, _beyond_one, _wholly_beyond_one, ("most", "least"), "its argument"),
    "Atanh": _Domain(0, lambda x: x.least <= -1 or x.most >= 1, _wholly_beyond_one, ("most", "least"), "its argument"),
    "Reciprocal": _Domain(0, _zero, _all_zero, ("zero",), "its argument"),
    "Div": _Domain(1, _zero, _all_zero, ("zero",), "its divisor"),
    "Mod": _Domain(1, _zero, _all_zero, ("zero",), "its divisor"),
}


def doubts(model: Model, walk: RangeWalk, target: str | None) -> tuple[Doubt, ...]:
    """Every doubt, in the order of the main graph's nodes. ``target`` "float16": as if the model were that.

    In a body are those of NaN and infinity alone.
    """
    found = [*_of_floats(model, walk), *_of_integers(model, walk)]
    if target == "float16":
        found += _in_float16(model, walk, {doubt.at for doubt in found})
    return tuple(sorted(found, key=lambda doubt: doubt.at))


def _of_floats(model: Model, walk: RangeWalk) -> Iterator[Doubt]:
    inside: dict[int, dict[tuple[At, str], Start]] = {}
    for start in walk.starts:
        if start.within is None:
            yield _of_start(start, start.tensor, _floating_inputs(start))
        else:
            inside.setdefault(start.at, {}).setdefault((start.within, start.tensor), start)
    for at, starts in inside.items():
        yield from _of_body(model, walk, at, tuple(starts.values()))


def _of_body(model: Model, walk: RangeWalk, at: int, starts: tuple[Start, ...]) -> Iterator[Doubt]:
    """What begins in a body is looked for in what the node gives that runs it; what none of that shows harms nobody.

    Where it may begin at more than one place, the finding lies at that node, and names them.
    """
    runs = model.graph.nodes[at]
    shown_in = [name for name in runs.outputs if name and _may_be_infinite(walk, name)]
    if not shown_in:
        return
    watched, ends = shown_in[0], walk.main[shown_in[0]].sound.limits
    taken = dict.fromkeys(name for name in (*runs.inputs, *captured(runs)) if name)
    steady = tuple(name for name in taken if (both := walk.main.get(name)) and both.sound.limits.floating)
    each = [_of_start(start, watched, steady) for start in starts]
    one = next((doubt for doubt in each if doubt.outside_its_domain), each[0])
    one = one._replace(
        always=any(doubt.always and start.certain for doubt, start in zip(each, starts, strict=True)),
        low=ends.low,
        high=ends.high,
        ways=tuple(Way(watched, towards) for towards in ("most", "least")),
    )
    others = walk.unbounded_in.get(at, ())
    if len(each) == 1 and not others:
        yield one._replace(within=starts[0].within)
        return
    places = [f"{_label(start)}, {doubt.says}" for start, doubt in zip(starts, each, strict=True)]
    places += [f"{name}, which nothing bounds" for name in others]
    more = f"; or {len(places) - _MOST_NAMED} others" if len(places) > _MOST_NAMED else ""
    yield one._replace(tensor=watched, says=f"in what it runs {'; or '.join(places[:_MOST_NAMED])}{more}")


def _label(start: Start) -> str:
    assert start.within is not None
    return start.node.name or f"{start.node.op_type}[{start.within.index}]"


def _may_be_infinite(walk: RangeWalk, name: str) -> bool:
    both = walk.main.get(name)
    return both is not None and both.sound.limits.floating and not both.sound.finite


def _floating_inputs(start: Start) -> tuple[str, ...]:
    pairs = zip(start.node.inputs, start.inputs, strict=True)
    return tuple(name for name, one in pairs if one is not None and one.limits.floating)


def _of_start(start: Start, watched: str, steady: tuple[str, ...]) -> Doubt:
    """``watched`` shows it, where the ``steady`` are finite."""
    node, ends = start.node, limits(start.out.dtype)
    domain = _DOMAINS.get(node.op_type)
    given = start.inputs[domain.position] if domain is not None and domain.position < len(start.inputs) else None
    if domain is not None and given is not None and domain.outside(given):
        name = node.inputs[domain.position]
        says = f"{domain.word} {name} lies in {shown(given)}"
        ways = tuple(Way(name, towards) for towards in domain.ways)
        kind, always = DoubtKind.DOMAIN, domain.wholly(given) and node.op_type != "Pow"
        signed = given.least < 0
    else:
        says = f"{start.tensor} ({name_of(start.out.dtype)}) may leave [{ends.low:.5g}, {ends.high:.5g}]"
        ways = _outwards(node, start.tensor, start.out, ends.high)
        always = bool(((start.out.low >= ends.high) | (start.out.high <= ends.low)).any())
        kind, signed = DoubtKind.OVERFLOW, False
    return Doubt(
        kind, start.at, start.tensor, says, always, watched, ends.low, ends.high, steady, ways,
        signed=signed, op_type=node.op_type,
    )  # fmt: skip


def _outwards(node: Node, tensor: str, out: Known, most: float) -> tuple[Way, ...]:
    """Where it grows: the tensor itself, and a divisor towards zero."""
    ways = [Way(tensor, "most")] if out.most > most or out.nan else []
    ways += [Way(tensor, "least")] if out.least < -most or out.nan else []
    ways += [Way(node.inputs[1], "zero")] if node.op_type == "Div" else []
    return tuple(ways)


def _of_integers(model: Model, walk: RangeWalk) -> Iterator[Doubt]:
    for index, node in enumerate(model.graph.nodes):
        if node.domain or not node.outputs or not node.outputs[0]:
            continue
        made = walk.main.get(node.outputs[0])
        given = [walk.main.get(name) for name in node.inputs if name]
        if made is None or made.sound.dtype not in INTEGERS or not given or None in given:
            continue
        first = given[0]
        assert first is not None
        ends = limits(made.sound.dtype)
        if node.op_type == "Cast":
            x = first.assumed
            if x.dtype in LIMITS and (np.trunc(x.least) < ends.low or np.trunc(x.most) > ends.high):
                yield _cast(index, node, x, made.sound, ends)
        elif node.op_type in WRAPPING and _wrapped(made.sound) and not any(_wrapped(g.assumed) for g in given if g):
            says = f"{node.outputs[0]} may leave {name_of(made.sound.dtype)}"
            operands = [Way(name, "most") for name in node.inputs[:2]]
            ways = (Way(node.outputs[0], "most"), Way(node.outputs[0], "least"), *operands)
            out = node.outputs[0]
            yield Doubt(DoubtKind.WRAP, index, out, says, False, out, ends.low, ends.high, (), ways, node.inputs)


def _cast(index: int, node: Node, x: Known, made: Known, ends: Limits) -> Doubt:
    """A number is cut towards zero first: what lies between an end and the next integer is still held."""
    name = node.inputs[0]
    always = bool(((np.trunc(x.low) > ends.high) | (np.trunc(x.high) < ends.low)).any())
    says = f"{name} lies in {shown(x)}, and {name_of(made.dtype)} holds [{ends.low:g}, {ends.high:g}]"
    low = ends.low - (1 - 1e-9 if ends.low > -(2.0**31) else 0)
    high = ends.high + (1 - 1e-9 if ends.high < 2.0**31 else 0)
    ways = (Way(name, "most"), Way(name, "least"))
    return Doubt(DoubtKind.CAST, index, node.outputs[0], says, always, name, low, high, (), ways)


def _wrapped(x: Known) -> bool:
    """Whether an integer may be anything that its type holds, and the type is wide: what is left of an overflow."""
    ends = x.limits
    return x.dtype in (6, 7) and x.least <= ends.low and x.most >= ends.high


def _in_float16(model: Model, walk: RangeWalk, told: set[int]) -> Iterator[Doubt]:
    """float32 tensors that float16 could not hold: where they begin."""
    large: set[str] = set()
    for index, node in enumerate(model.graph.nodes):
        for name in filter(None, node.outputs):
            both = walk.main.get(name)
            if both is None or both.assumed.dtype != 1 or both.assumed.magnitude < _ROUNDS_TO_INFINITY:
                continue
            large.add(name)
            if index in told or any(n in large for n in node.inputs) or all(not _moves(walk, n) for n in node.inputs):
                continue
            one = both.assumed
            always = bool(((one.low >= _ROUNDS_TO_INFINITY) | (one.high <= -_ROUNDS_TO_INFINITY)).any())
            says = f"{name} lies in {shown(one)}, and float16 ends at 65504"
            ways = _outwards(node, name, one, 65504.0)
            ends = np.nextafter(_ROUNDS_TO_INFINITY, 0)
            yield Doubt(
                DoubtKind.OVERFLOW, index, name, says, always, name, -float(ends), float(ends), (), ways, narrower=True
            )


def _moves(walk: RangeWalk, name: str) -> bool:
    """Whether a tensor is not one constant."""
    both = walk.main.get(name)
    return both is not None and not both.assumed.constant


def shown(x: Known) -> str:
    """``[0, 1510.6]``."""
    return f"[{x.least:.5g}, {x.most:.5g}]"
