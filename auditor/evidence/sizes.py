"""Which sizes a run is tried on: those that the propagation does not show to be impossible, the likeliest first.

Windows, tables of positions, the features of a dense layer and multiples bind what a model leaves open; instead of
solving each, candidates are walked through with numbers, which takes a fraction of a millisecond for a small model.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from ..errors import UsageError
from ..model.graph import Node
from ..runtime.inputs import LARGEST, Port, attempts, invent
from ..runtime.request import Feed
from ..shapes.conditions import STRETCHING, conditions
from ..shapes.facts import Facts, rendered
from ..shapes.fits import BOUND, solve
from ..shapes.sizes.dim import Dim
from ..shapes.troubles import At, Impossible, Misfit
from ..tuples import NamedTuple

Feeds: TypeAlias = tuple[Feed, ...]

SECONDS = 1.5
"""Of CPU, for the whole search; what it has found until then is tried, however busy the machine is."""

MORE = (
    227, 240, 256, 288, 299, 320, 384, 416, 448, 512, 640, 768, 800, 1024, 1280, 1600, 2048, 4096, 8000, 16000, 48000,
    100, 128, 160, 192, 16, 8, 4, 2, 3, 1,
)  # fmt: skip
"""What is tried where the usual sizes do not fit: larger ones first, for windows want room."""

_WINDOWS = frozenset({"Conv", "ConvTranspose", "MaxPool", "AveragePool", "LpPool"})
_MOST_STORED = 64
_ALL = 512  # below, every size is tried at last
_MOST_JOINED = 64  # inputs of a node
_MOST = 12  # choices that the child gets
_TOLD = 64  # sizes up to which it is said which fit


class Chosen(NamedTuple):
    """``attempts`` to make in turn; ``passed_over``: the usual ones that are impossible, each with its reason.

    ``told``: which sizes fit, where few do. ``fits``: whether the first attempt is not known to be impossible.
    """

    attempts: tuple[Feeds, ...]
    passed_over: tuple[tuple[Feeds, str], ...] = ()
    told: str = ""
    fits: bool = True


def ports_of(facts: Facts) -> tuple[Port, ...]:
    """What is to be fed, as far as the sizes are bound."""
    return tuple((name, fact.dtype or 0, rendered(fact.shape)) for name, fact in facts.inputs.items())


def choose(facts: Facts) -> Chosen:
    """Inputs of ours for the model."""
    ports = ports_of(facts)
    usual = attempts(ports)
    if not any(_open_names(ports)) and len(usual) <= 1:
        return Chosen(usual)
    until = time.thread_time() + SECONDS
    over: list[tuple[Feeds, str]] = []
    for feeds in usual[:_MOST]:
        why = impossible(facts, feeds)
        if not why:
            rest = tuple(one for one in usual if one != feeds and one not in dict(over))
            return Chosen((feeds, *rest)[:_MOST], tuple(over), _which_fit(facts, ports, feeds, until) if over else "")
        over.append((feeds, why))
        if time.thread_time() > until:
            return Chosen(usual[:_MOST], tuple(over), fits=False)
    found = next(_fitting(facts, ports, until), None)
    if found is None:
        return Chosen(usual[:1], tuple(over), fits=False)
    return Chosen((found,), tuple(over), _which_fit(facts, ports, found, until))


def others(facts: Facts, feeds: Feeds) -> tuple[Feeds, ...]:
    """A small one and another batch beside inputs that ran: each fits, as far as can be known."""
    ports = ports_of(facts)
    sizes = {size for feed in feeds for size in feed.shape}
    until = time.thread_time() + SECONDS
    found: dict[Feeds, None] = {}
    for batch, candidates in ((2, (1, 4, 8, 16, 32, 64)), (3, tuple(sorted(sizes, reverse=True)))):
        for size in candidates:
            one = invent(ports, size=size, batch=batch, channels=_channels(feeds))
            if one != feeds and one not in found and _small(one) and not impossible(facts, one):
                found[one] = None
                break
            if time.thread_time() > until:
                return tuple(found)
    return tuple(found)


def impossible(facts: Facts, feeds: Feeds) -> str:
    """Why the model cannot run on inputs of these sizes; nothing where nothing is known against it."""
    return _judged(facts, feeds)[1]


def proven_impossible(facts: Facts, feeds: Feeds) -> str:
    """Why no runtime can run the model on inputs of these sizes: nothing of what is merely unlikely."""
    bound = facts.rebind({feed.name: feed.shape for feed in feeds})
    there = {trouble.at for trouble in _proven(facts)}
    return next((_words(bound, trouble) for trouble in _proven(bound) if trouble.at not in there), "")


def _judged(facts: Facts, feeds: Feeds) -> tuple[int, str]:
    """How many faults the sizes bring that are not there without them, and the first; an empty tensor is one, too."""
    try:
        bound = facts.rebind({feed.name: feed.shape for feed in feeds})
    except UsageError as error:
        return 1, str(error)
    there = {trouble.at for trouble in _proven(facts)}
    proven = [trouble for trouble in _proven(bound) if trouble.at not in there]
    if proven:
        return len(proven), _words(bound, proven[0])
    if any(0 in feed.shape for feed in feeds):
        return 0, ""
    for index, node in enumerate(facts.model.graph.nodes):
        # Of a convolution, by its weights too: where those are unknown, so is what it gives.
        if node.op_type in _WINDOWS and _known(bound, node.inputs[:2]) and not _known(bound, node.outputs[:1]):
            return 1, f"{facts.model.graph.label(index)}: its window does not fit"
    for name in bound:
        fact = bound.at(name)
        if fact is not None and fact.shape is not None and 0 in fact.shape and not fact.declared:
            before = facts.at(name)
            if before is None or before.shape is None or 0 not in before.shape:
                return 1, f"{name} would be empty: {list(fact.shape)}"
    return 0, ""


def _proven(facts: Facts) -> list[Misfit | Impossible]:
    return [t for t in facts.troubles if isinstance(t, Misfit | Impossible) and not t.declared]


def _known(facts: Facts, names: Iterable[str]) -> bool:
    """Whether the sizes are numbers: a window that does not fit leaves unknown ones."""
    found = [facts.at(name) for name in names]
    return all(f is not None and f.shape is not None and all(isinstance(s, int) for s in f.shape) for f in found)


def _words(facts: Facts, trouble: Misfit | Impossible) -> str:
    where = facts.label(trouble.at)
    if isinstance(trouble, Impossible):
        return f"{where}: {trouble.why}"
    return f"{where}: {trouble.tensor or trouble.parameter} is {list(trouble.actual)} and does not fit"


def _fitting(facts: Facts, ports: tuple[Port, ...], until: float) -> Iterator[Feeds]:
    """Choices of sizes that fit: all open ones alike, then each by itself."""
    channels = dict.fromkeys((3, 1, None))
    for size in _candidates(facts):
        for channel in channels:
            if time.thread_time() > until:
                return
            feeds = invent(ports, size=size, channels=channel)
            if _small(feeds) and not impossible(facts, feeds):
                yield feeds
    best = dict(_joined(facts, ports))
    if best:
        feeds = invent(ports, best, channels=3)
        if _small(feeds) and not impossible(facts, feeds):
            yield feeds
    for name in _open_names(ports):
        scores = {}
        for size in dict.fromkeys((*_stored(facts), 2, *MORE, 64, 32, 224)):
            if time.thread_time() > until:
                return
            feeds = invent(ports, {**best, name: size}, channels=3)
            if not _small(feeds):
                continue
            count, why = _judged(facts, feeds)
            if not why:
                yield feeds
            scores[size] = count
        if scores:
            best[name] = min(scores, key=lambda size: scores[size])


def _joins(node: Node) -> bool:
    """Each of its inputs is held against each."""
    return node.op_type in STRETCHING | {"Concat"} and len(node.inputs) <= _MOST_JOINED


def _joined(facts: Facts, ports: tuple[Port, ...]) -> Iterator[tuple[str, int]]:
    """Names that must be a number where nodes of the main graph join data, and the first such number of each."""
    names = set(_open_names(ports))
    for index in facts.places_where("", lambda asked: _joins(asked.node)):
        for condition in conditions(facts, At("", index)) or ():
            for size, number in ((condition.a, condition.b), (condition.b, condition.a)):
                if isinstance(size, Dim) and isinstance(number, int) and str(size) in names:
                    names.discard(str(size))
                    yield str(size), number


def _candidates(facts: Facts) -> Iterable[int]:
    """Sizes by what a dense layer says, then those that models often have, at last all small ones."""
    seen: dict[int, None] = {}
    for case in facts.open[:2]:
        for fit in solve(facts, case.at, case.parameter):
            for low, high, *_ in fit.ranges:
                seen[low] = None
                seen[(low + (high or low)) // 2] = None
    return dict.fromkeys((*sorted(size for size in seen if size > 0), *_stored(facts), *MORE, *range(1, _ALL)))


def _stored(facts: Facts) -> list[int]:
    """Sizes of the stored matrices: a table of positions and a dense layer want their own."""
    sizes = {size for tensor in facts.model.graph.initializers if len(tensor.dims) > 1 for size in tensor.dims}
    return sorted(size for size in sizes if 1 < size <= BOUND)[:_MOST_STORED]


def _which_fit(facts: Facts, ports: tuple[Port, ...], feeds: Feeds, until: float) -> str:
    """``of the sizes 1 to 64, L fits at 1 and 16 alone``: of the one name that is open beside the batch."""
    batch = {str(shape[0]) for _, _, shape in ports if shape and not isinstance(shape[0], int)}
    names = [name for name in dict.fromkeys(_open_names(ports)) if name not in batch]
    if len(names) != 1:
        return ""
    fitting = []
    for size in range(1, _TOLD + 1):
        if time.thread_time() > until:
            return ""
        if not impossible(facts, invent(ports, {names[0]: size}, channels=_channels(feeds))):
            fitting.append(size)
    if not fitting or len(fitting) > _TOLD // 4:
        return ""
    return f"of the sizes 1 to {_TOLD}, {names[0]} fits at {' and '.join(map(str, fitting))} alone"


def _open_names(ports: Iterable[Port]) -> Iterator[str]:
    for _, _, shape in ports:
        yield from (size for size in shape or () if isinstance(size, str) and size.isidentifier())


def _channels(feeds: Feeds) -> int:
    return next((feed.shape[1] for feed in feeds if len(feed.shape) == 4), 3)


def _small(feeds: Feeds) -> bool:
    return all(math.prod(feed.shape) <= LARGEST for feed in feeds)
