"""The first tensor that is NaN or infinite, and on which inputs: usual ones, and such as stand at an edge.

A fault is what usual inputs show, or inputs that nobody can forbid: zeros, ones, a mask that lets nothing or all
through, the ends of a range that was given. What takes the largest number of a type, or an empty axis, is told as a
line: nearly every model ends there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

from ...errors import UsageError
from ...model.dtypes import name_of
from ...model.graph import Graph
from ...report import DeepFigure, DeepPart, Missed, Witness, WitnessInput
from ...runtime.deep.nonfinite import EMPTY, BadTensor, NonfiniteAsked, NonfiniteSeen, Tried, Trying
from ...runtime.request import Feed, InputRange
from ...tuples import NamedTuple
from ...wording import counted, listed
from .asking import ask
from .inside import FLOATING, GivenInputs, bytes_of_chunks, chunks, given_inputs, masks, sized, taken_as_they_are

if TYPE_CHECKING:
    from ..evidence import Evidence

_Shown: TypeAlias = "tuple[_Planned, Tried, BadTensor]"

USUAL, RIGHTFUL, EXTREME = "usual", "rightful", "extreme"
"""Inputs such as the model is for; such as stand at an edge and are allowed; such as only the type allows."""

_SEEDS = 3
_FED = FLOATING | frozenset({2, 3, 4, 5, 6, 7, 9, 12, 13})
_LARGEST = {1: 3.4028234663852886e38, 10: 65504.0, 11: 1.7976931348623157e308, 16: 3.3895313892515355e38}
_MOST_EMPTY = 2

_STEADY = frozenset(
    {
        "Conv", "ConvTranspose", "Gemm", "MatMul", "BatchNormalization", "LRN", "Relu", "LeakyRelu", "PRelu", "Add",
        "Sub", "Sum", "Mul", "Concat", "Split", "Slice", "MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool",
        "Flatten", "Reshape", "Transpose", "Squeeze", "Unsqueeze", "Dropout", "Identity", "Softmax", "Constant",
        "ConstantOfShape", "Shape", "Gather", "Sigmoid", "Tanh", "Clip", "Pad", "Resize", "Upsample", "HardSigmoid",
        "Cast", "Floor",
    }
)  # fmt: skip
"""Of these alone, in float32, no number of ordinary size makes NaN or an infinity, whether it is zero, one or another:
there is no edge to stand at."""


class FaultyInside(NamedTuple):
    """One place at which NaN or an infinity is born, and what showed it.

    ``kind`` is that of the plainest inputs on which it is seen: USUAL or RIGHTFUL. ``shown`` of ``tries`` of that kind
    show it, ``real`` where they are no inventions. ``words`` names the inputs.
    """

    bad: BadTensor
    tried: Tried
    kind: str
    words: tuple[str, ...]
    shown: int
    tries: int
    real: bool
    witness: Witness | None

    @property
    def is_nan(self) -> bool:
        """Whether NaN comes out, or something is decided by it; else an infinity alone."""
        return bool(self.tried.nan_outputs or self.tried.decisions)


class Nonfinite(NamedTuple):
    """``faults``: places where a fault is born, in the order of the graph's nodes."""

    part: DeepPart
    missed: tuple[Missed, ...]
    faults: tuple[FaultyInside, ...]


class _Planned(NamedTuple):
    trying: Trying
    kind: str
    real: bool = False
    agrees: bool = False  # its outputs are as a golden vector has them, whatever that is


def look(evidence: Evidence) -> Nonfinite:
    """Try, in the child, and sort what it saw by where it is born."""
    given = given_inputs(evidence, "nonfinite")
    bound = sized(evidence.facts, given[0].feeds)
    plan = _plan(evidence, given)
    outputs = tuple(value.name for value in evidence.model.graph.outputs)
    asked = NonfiniteAsked(chunks(evidence.model, bound), outputs, tuple(one.trying for one in plan))
    attempts = tuple(one.feeds for one in given)
    beside = bytes_of_chunks(bound, asked.chunks)
    told = ask(evidence, "nonfinite", asked, attempts, runs=2.0 * len(plan) * max(len(asked.chunks), 1), room=beside)
    seen: NonfiniteSeen = told.seen
    found = [(plan[one.at], one) for one in seen.tried if 0 <= one.at < len(plan)]
    faults = tuple(_faults(evidence, found, told.stamp.runtime))
    lines = tuple(_lines(found, faults, seen.looked))
    inner = sum(1 for _, one in found if one.inner)
    figures = (
        DeepFigure("tensors", seen.looked),
        DeepFigure("inputs-tried", len(found)),
        DeepFigure("inputs-not-finite-inside", inner),
        DeepFigure("places", len(faults)),
    )
    part = DeepPart("nonfinite", "found" if faults else "ok", lines=lines, figures=figures, stamp=told.stamp)
    return Nonfinite(part, _without_empty(told.missed, seen, plan), faults)


# What is tried.


def _plan(evidence: Evidence, given: Sequence[GivenInputs]) -> list[_Planned]:
    """The given inputs first; then, where the model takes numbers that we can invent, usual ones and edges."""
    model, settings = evidence.model, evidence.settings
    seed = settings.seed
    plan = [_Planned(Trying(one.word, i, seed), USUAL, one.real, one.agrees) for i, one in enumerate(given)]
    feeds = given[0].feeds
    if not feeds or any(feed.dtype not in _FED for feed in feeds):
        return plan
    usual = _usual(evidence, feeds)
    ranged = {feed.name for feed in feeds} & set(evidence.ranges.ends)
    narrow = any(fact is not None and fact.dtype in (10, 16) for fact in map(evidence.facts.at, evidence.facts))
    operators = {node.op_type for _, graph in model.graphs for node in graph.nodes} | {
        node.op_type for function in model.functions.values() for node in function.nodes
    }
    steady = operators <= _STEADY and not narrow and not ranged
    if not given[0].real:
        seeds = range(1, 2 if steady else _SEEDS)
        if ranged:  # what was invented without a look at them may lie outside
            plan = [one for one in plan if one.real]
        plan += [_Planned(_recipe("other invented inputs", usual, seed + i), USUAL) for i in seeds]
    if steady:
        return plan
    asks, bare = masks(model), taken_as_they_are(model).never_zero
    whole = [feed for feed in feeds if feed.dtype not in FLOATING and (feed.dtype == 9 or feed.name in asks)]
    floats = [feed for feed in feeds if feed.dtype in FLOATING and feed.name not in bare]

    def at(chosen: Iterable[Feed], number: float, open_too: Iterable[Feed] = ()) -> tuple[InputRange, ...] | None:
        """The usual ranges, but for the chosen inputs; None where one of them may not be that, or there is none.

        ``open_too``: masks that let all through.
        """
        fixed = {feed.name: 1.0 for feed in open_too} | {feed.name: number for feed in chosen}
        outside = any(not one.low <= fixed.get(one.name, one.low) <= one.high for one in usual)
        if outside or not tuple(chosen):
            return None
        return tuple(
            one._replace(low=fixed[one.name], high=fixed[one.name]) if one.name in fixed else one for one in usual
        )

    edges: list[tuple[str, tuple[InputRange, ...] | None]] = [
        ("zeros", at(floats, 0.0, whole)),
        ("ones", at(floats, 1.0, whole)),
        (f"{listed([f.name for f in whole])} all false", at(whole, 0.0)),
        (f"{listed([f.name for f in whole])} all true", at(whole, 1.0)),
    ]
    plan += [_Planned(_recipe(word, ranges, seed), RIGHTFUL) for word, ranges in edges if ranges is not None]
    if ranged:
        for word, recipe in (("the low ends of their ranges", '["ends", "0"]'), ("the high ends", '["ends", "1"]')):
            plan.append(_Planned(Trying(word, recipe=recipe, ranges=usual), RIGHTFUL))
        plan.append(_Planned(Trying("ends at random", recipe=f'["corners", {seed}]', ranges=usual), RIGHTFUL))
    wide = [feed for feed in floats if feed.name not in ranged]
    if wide:
        signed = tuple(o._replace(low=-1.0) if o.name in {f.name for f in wide} else o for o in usual)
        ends = {feed.name: _LARGEST[feed.dtype] for feed in wide}
        largest = tuple(o._replace(low=-ends[o.name], high=ends[o.name]) if o.name in ends else o for o in usual)
        plan.append(_Planned(_recipe("numbers from -1 to 1", signed, seed), EXTREME))
        limits = Trying("the largest numbers of their types", recipe=f'["corners", {seed}]', ranges=largest)
        plan.append(_Planned(limits, EXTREME))
    plan += [_Planned(one, EXTREME) for one in _empty(evidence, feeds, usual, seed)]
    return plan


def _recipe(word: str, ranges: tuple[InputRange, ...], seed: int) -> Trying:
    return Trying(word, recipe=f'["anywhere", {seed}]', ranges=ranges)


def _usual(evidence: Evidence, feeds: Sequence[Feed]) -> tuple[InputRange, ...]:
    """Where an input's numbers usually lie: in its range, else from 0 to 1."""
    ends = evidence.ranges.ends
    return tuple(InputRange(f.name, f.dtype, f.shape, *ends.get(f.name, (0.0, 1.0))) for f in feeds)


def _empty(evidence: Evidence, feeds: Sequence[Feed], usual: Sequence[InputRange], seed: int) -> list[Trying]:
    """Inputs of which an open axis is empty, where nothing is known against it."""
    from ..sizes import impossible

    if any(feed.file for feed in feeds):
        return []
    shapes = {name: fact.shape for name, fact in evidence.facts.inputs.items()}
    names = dict.fromkeys(str(s) for shape in shapes.values() for s in shape or () if not isinstance(s, int))
    found = []
    for name in list(names)[:_MOST_EMPTY]:
        emptied = {
            feed.name: tuple(
                0 if str(open_size) == name else size
                for open_size, size in zip(shapes.get(feed.name) or feed.shape, feed.shape, strict=False)
            )
            for feed in feeds
        }
        try:
            against = impossible(evidence.facts, tuple(f._replace(shape=emptied[f.name]) for f in feeds))
        except UsageError:
            continue
        if not against and any(0 in shape for shape in emptied.values()):
            ranges = tuple(one._replace(shape=emptied[one.name]) for one in usual)
            found.append(_recipe(f"{EMPTY} ({name} = 0)", ranges, seed)._replace(own_shapes=True))
    return found


# What was seen.


def _faults(evidence: Evidence, found: Sequence[tuple[_Planned, Tried]], runtime: str) -> Iterable[FaultyInside]:
    """By the tensor where it begins; what only extreme inputs show is none, nor what a second look does not."""
    by_tensor: dict[str, list[_Shown]] = {}
    for planned, tried in found:
        for bad in tried.bad:
            sure = planned.kind == USUAL or (planned.kind == RIGHTFUL and tried.confirmed)
            if sure and not (planned.agrees and not tried.decisions):
                by_tensor.setdefault(bad.tensor, []).append((planned, tried, bad))
    order = evidence.model.graph.producers
    bare = taken_as_they_are(evidence.model).nodes
    outgrown: set[str] = set()  # and what lies behind: that it outgrows its type for less is the same fault
    for tensor in sorted(by_tensor, key=lambda name: order.get(name, -1)):
        shown = by_tensor[tensor]
        if not shown[0][2].nan:
            if tensor in outgrown:
                continue
            outgrown |= _behind(evidence.model.graph, tensor)
        if order.get(tensor) in bare and not any(one.real for one, _, _ in shown):
            continue  # the caller knows what may go in, and we do not
        tries = {(one.kind, one.real): 0 for one, _ in found}
        for one, _ in found:
            tries[one.kind, one.real] += 1
        seen = Counter((one.kind, one.real) for one, _, _ in shown)
        shown.sort(key=lambda one: _telling(one[0], seen[one[0].kind, one[0].real], tries[one[0].kind, one[0].real]))
        planned, tried, bad = next(
            (one for one in shown if one[0].trying.recipe and _same_kind(one, shown[0])), shown[0]
        )
        like = [one for one in shown if _same_kind(one, shown[0])]
        yield FaultyInside(
            bad,
            tried,
            planned.kind,
            tuple(dict.fromkeys(one[0].trying.word for one in sorted(like, key=lambda one: one[1].at))),
            len(like),
            tries[planned.kind, planned.real],
            planned.real,
            _witness(evidence, planned.trying, tried, bad, runtime),
        )


def _telling(planned: _Planned, shown: int, tries: int) -> int:
    """How much inputs tell that show a fault, 0 the most: real ones; usual ones, always; an edge; luck."""
    if planned.real:
        return 0
    if planned.kind == USUAL:
        return 1 if shown == tries else 3
    return 2


def _same_kind(one: _Shown, other: _Shown) -> bool:
    """Whether two tries are of one kind."""
    return (one[0].kind, one[0].real) == (other[0].kind, other[0].real)


def _behind(graph: Graph, tensor: str) -> set[str]:
    found, waiting = {tensor}, [tensor]
    while waiting:
        for at in graph.consumers.get(waiting.pop(), ()):
            more = [name for name in graph.nodes[at].outputs if name and name not in found]
            found.update(more)
            waiting += more
    return found


def _witness(evidence: Evidence, trying: Trying, tried: Tried, bad: BadTensor, runtime: str) -> Witness | None:
    if not trying.recipe or len(tried.shapes) != len(trying.ranges):
        return None
    outputs = {value.name for value in evidence.model.graph.outputs}
    inputs = tuple(
        WitnessInput(one.name, name_of(one.dtype), shape, one.low, one.high)
        for one, shape in zip(trying.ranges, tried.shapes, strict=True)
    )
    nan, infinite = (tuple(n for n in names if n in outputs) for names in (tried.nan_outputs, tried.infinite_outputs))
    return Witness(inputs, trying.recipe, bad.tensor, bad.place, bad.value[:40], nan, infinite, runtime)


def _lines(found: Sequence[tuple[_Planned, Tried]], faults: Sequence[FaultyInside], looked: int) -> Iterator[str]:
    ran = [planned.trying.word for planned, tried in found if not tried.refused]
    yield f"{counted(looked, 'tensor')} looked at on {_several(ran) or 'nothing'}"
    told = {fault.bad.tensor for fault in faults}
    for fault in faults:
        yield f"{fault.bad.tensor} is {fault.bad.value} first on {', '.join(fault.words)}; {reach(fault.tried)}"
    for planned, one in found:
        if one.refused and planned.kind != EXTREME:
            yield f"{planned.trying.word}: not taken: {one.refused.splitlines()[0][:160]}"
        for bad in one.bad:
            if bad.tensor not in told:
                told.add(bad.tensor)
                once = "" if one.confirmed else ", and not on others like them"
                yield f"on {planned.trying.word} {bad.tensor} is {bad.value} first{once}; {reach(one)}"
    hidden = [planned.trying.word for planned, one in found if one.inner and not one.bad]
    if hidden:
        yield f"not finite inside, and no output shows it: on {_several(hidden)}"


def _several(words: Sequence[str]) -> str:
    """``zeros, other invented inputs (2 times)``."""
    counts = {word: words.count(word) for word in words}
    return ", ".join(f"{word} ({count} times)" if count > 1 else word for word, count in counts.items())


def reach(tried: Tried) -> str:
    """Where it is seen."""
    if tried.nan_outputs or tried.infinite_outputs:
        names = dict.fromkeys((*tried.nan_outputs, *tried.infinite_outputs))
        where = "where each node rounds to its 16 bits, which onnxruntime does not on a CPU, " if tried.rounded else ""
        return f"{where}it reaches the output {listed(names)}"
    return f"{listed(tried.decisions)} is decided by it" if tried.decisions else "no output shows it"


def _without_empty(missed: tuple[Missed, ...], seen: NonfiniteSeen, plan: Sequence[_Planned]) -> tuple[Missed, ...]:
    """What ended on empty inputs alone leaves nothing open: all others were looked at before."""
    done = {one.at for one in seen.tried}
    usual = {i for i, one in enumerate(plan) if not one.trying.own_shapes}
    return () if usual <= done else missed
