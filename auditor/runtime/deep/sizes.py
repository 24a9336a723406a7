"""The model at other sizes of what it leaves open, one name at a time: which run, and where they cease to.

One session takes all sizes, as a server's does; a fresh one says whether it remembers any of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

from ...tuples import NamedTuple
from .. import tensors
from ..alike import apart
from ..levels import OutOfTime
from ..messages import is_memory, place_of
from ..outcome import Difference
from ..request import Feed
from ..session import Made, Refused, Session
from .ground import DeepGround

_WHY = 2000


class InputAxis(NamedTuple):
    """An axis of an input."""

    input: str
    axis: int


class OpenSize(NamedTuple):
    """A size that the model leaves open: where it stands, and what it is to be in turn, ascending.

    ``usual`` is what it is in the request's inputs, on which the model runs.
    """

    name: str
    axes: tuple[InputAxis, ...]
    sizes: tuple[int, ...]
    usual: int


class SizesAsked(NamedTuple):
    """``most_runs`` of each name, bounds included."""

    open: tuple[OpenSize, ...]
    most_runs: int = 24


class SizeRun(NamedTuple):
    """One size that was tried, the others as usual. ``memory``: it was too much for the limits, which proves nothing.

    ``remembered``: a fresh session does otherwise at this size; ``output`` is where, or "" where it runs there.
    """

    name: str
    size: int
    ok: bool
    why: str = ""
    node: str = ""
    op_type: str = ""
    memory: bool = False
    shapes: Mapping[str, tuple[int, ...]] = {}
    remembered: bool = False
    output: str = ""
    difference: Difference | None = None


class SizesSeen(NamedTuple):
    """In the order of the names, each by size. ``left``: names that there was no time for."""

    runs: tuple[SizeRun, ...] = ()
    left: tuple[str, ...] = ()


ASKED, SEEN = SizesAsked, SizesSeen


def look(ground: DeepGround, asked: SizesAsked) -> SizesSeen:
    """Try all of them."""
    session = ground.sessions.open(ground.request.optimisation)
    seen = SizesSeen(left=tuple(one.name for one in asked.open))
    for place, one in enumerate(asked.open):
        try:
            runs = _of_one(ground, session, one, asked.most_runs)
        except OutOfTime:
            break
        seen = SizesSeen((*seen.runs, *runs), tuple(later.name for later in asked.open[place + 1 :]))
        ground.tell(seen)
    return seen


def _of_one(ground: DeepGround, session: Session, one: OpenSize, most: int) -> Iterator[SizeRun]:
    runs: dict[int, SizeRun] = {}

    def ran(size: int) -> bool:
        ground.in_time()
        runs[size] = _run(ground, session, one, size)
        return runs[size].ok

    for size in one.sizes[:most]:
        ran(size)
    for low, high in _turns(runs):
        while high - low > 1 and len(runs) < most:
            middle = (low + high) // 2
            low, high = (middle, high) if ran(middle) == runs[low].ok else (low, middle)
    failed = [size for size in sorted(runs) if not runs[size].ok and not runs[size].memory]
    fine = [size for size in sorted(runs) if runs[size].ok and size != one.usual]
    for size in (*failed[:1], *fine[-1:]):
        ground.in_time()
        runs[size] = _against_fresh(ground, session, one, runs[size])
    return iter(runs[size] for size in sorted(runs))


def _turns(runs: Mapping[int, SizeRun]) -> list[tuple[int, int]]:
    """Neighbours among the sizes of which one runs and one does not."""
    sizes = [size for size in sorted(runs) if not runs[size].memory]
    return [(a, b) for a, b in pairwise(sizes) if runs[a].ok != runs[b].ok]


def feeds_at(feeds: tuple[Feed, ...], one: OpenSize, size: int) -> tuple[Feed, ...]:
    """The same inputs with another size."""
    places = {(axis.input, axis.axis) for axis in one.axes}
    return tuple(
        feed._replace(shape=tuple(size if (feed.name, i) in places else s for i, s in enumerate(feed.shape)), file="")
        for feed in feeds
    )


def _fed(ground: DeepGround, one: OpenSize, size: int) -> list[tensors.Stored]:
    return ground.fed(feeds_at(ground.request.attempts[0], one, size))


def _run(ground: DeepGround, session: Session, one: OpenSize, size: int) -> SizeRun:
    names = [output.name for output in session.outputs]
    try:
        made = session.run(names, _fed(ground, one, size))
    except (Refused, MemoryError) as error:
        cause = error.cause if isinstance(error, Refused) else error
        node, op_type = place_of(str(cause))
        return SizeRun(one.name, size, False, str(cause)[:_WHY], node or "", op_type or "", is_memory(cause))
    shapes = {name: m.shape for name, m in zip(names, made, strict=True) if not m.type}
    return SizeRun(one.name, size, True, shapes=shapes)


def _against_fresh(ground: DeepGround, session: Session, one: OpenSize, run: SizeRun) -> SizeRun:
    """What a session that has seen no other size does at this one."""
    fresh = ground.sessions.open(ground.request.optimisation)
    again = _run(ground, fresh, one, run.size)
    if again.ok != run.ok:
        return run._replace(remembered=True)
    if not run.ok:
        return run
    names = [output.name for output in session.outputs]
    fed = _fed(ground, one, run.size)
    old, new, twice = session.run(names, fed), fresh.run(names, fed), fresh.run(names, fed)
    for name, a, b, c in zip(names, old, new, twice, strict=True):
        found = _apart(a, b)
        if found is not None and _apart(b, c) is None:
            return run._replace(remembered=True, output=name, difference=found)
    return run


def _apart(a: Made, b: Made) -> Difference | None:
    if a.array is None or b.array is None:
        return None
    return apart(a.array, b.array, (a.dtype, b.dtype))
