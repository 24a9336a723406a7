"""The same inputs again: in one session, in a fresh one, with other threads.

Bytes are compared. Sums in another order may round otherwise, so threads are held against the tolerance of `alike`.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...tuples import NamedTuple
from ..alike import apart
from ..outcome import Difference
from ..session import Made
from .ground import DeepGround

SAME_SESSION, FRESH_SESSION, OTHER_THREADS = "the same session", "a fresh session", "other threads"


class RepeatabilityAsked(NamedTuple):
    """``threads``: numbers of them to be tried beside the run's own."""

    threads: tuple[int, ...] = (1, 4)


class Repeated(NamedTuple):
    """One output that was not the same bytes again, and where. ``beyond``: by more than rounding."""

    output: str
    where: str
    threads: int
    difference: Difference
    beyond: bool


class RepeatabilitySeen(NamedTuple):
    """What was not the same; ``looked``: how many comparisons were made in all."""

    unlike: tuple[Repeated, ...] = ()
    looked: int = 0


ASKED, SEEN = RepeatabilityAsked, RepeatabilitySeen


def look(ground: DeepGround, asked: RepeatabilityAsked) -> RepeatabilitySeen:
    """Run again, and compare."""
    threads = ground.request.limits.thread_count()
    session = ground.sessions.open(ground.request.optimisation)
    names = [output.name for output in session.outputs]
    fed = ground.fed()
    first = session.run(names, fed)
    seen = RepeatabilitySeen()

    def compared(again: Sequence[Made], where: str, count: int) -> RepeatabilitySeen:
        found = [
            Repeated(name, where, count, difference, beyond)
            for name, a, b in zip(names, first, again, strict=True)
            for difference, beyond in _unlike(a, b)
        ]
        return seen._replace(unlike=(*seen.unlike, *found), looked=seen.looked + len(names))

    seen = compared(session.run(names, fed), SAME_SESSION, threads)
    ground.tell(seen)
    del session
    seen = compared(ground.sessions.open(ground.request.optimisation).run(names, fed), FRESH_SESSION, threads)
    for count in asked.threads:
        if count == threads:
            continue
        ground.tell(seen)
        ground.in_time()
        other = ground.sessions.open(ground.request.optimisation, threads=count)
        seen = compared(other.run(names, fed), OTHER_THREADS, count)
    return seen


def _unlike(a: Made, b: Made) -> list[tuple[Difference, bool]]:
    """How two runs' values differ; nothing where they do not, or where nobody can look into them."""
    if a.array is None or b.array is None:
        return []
    if a.array.shape == b.array.shape and a.array.dtype == b.array.dtype:
        if a.array.dtype == object:
            if bool((a.array == b.array).all()):
                return []
        elif a.array.tobytes() == b.array.tobytes():
            return []
    beyond = apart(a.array, b.array, (a.dtype, b.dtype))
    return [(beyond or Difference("rounding"), beyond is not None)]
