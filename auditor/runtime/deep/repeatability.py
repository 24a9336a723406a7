"""The same inputs again: in one session, in a fresh one, with other threads.

Bytes are compared. Sums in another order may round otherwise, so what is beyond the tolerance of `alike` is told apart,
and its node is looked for by cutting the model.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress

from ...tuples import NamedTuple
from .. import tensors
from ..alike import apart
from ..cutting import NotCut
from ..grain import AMPLIFIERS, JUMPS, grain_of
from ..levels import OutOfTime
from ..outcome import Difference
from ..parting import in_front, parting_place
from ..request import OFF
from ..session import Made
from .ground import DeepGround

SAME_SESSION, FRESH_SESSION, OTHER_THREADS = "the same session", "a fresh session", "other threads"

_SEVERAL = 4
_TIMES = 4.0


class RepeatabilityAsked(NamedTuple):
    """``threads``: another number of them than the run's own; 0: one, or four where the run has one. ``exempt``:
    outputs that chance makes, whose node nobody looks for."""

    threads: int = 0
    exempt: tuple[str, ...] = ()


class Repeated(NamedTuple):
    """One output that was not the same bytes again, and where. ``beyond``: by more than rounding.

    ``node``: the index of the node in the main graph whose ``tensor`` is the first that is not the same again; -1 where
    it was not found. ``jump``: it was made much of a rounding, by that node or by all together.
    """

    output: str
    where: str
    threads: int
    difference: Difference
    beyond: bool
    node: int = -1
    tensor: str = ""
    jump: bool = False


class RepeatabilitySeen(NamedTuple):
    """What was not the same; ``looked``: how many comparisons were made in all."""

    unlike: tuple[Repeated, ...] = ()
    looked: int = 0


ASKED, SEEN = RepeatabilityAsked, RepeatabilitySeen


def look(ground: DeepGround, asked: RepeatabilityAsked) -> RepeatabilitySeen:
    """Run again, and compare.

    A session with other threads is a fresh one, too: where it gives the same bytes, both are answered.
    """
    threads = ground.request.limits.thread_count()
    others = asked.threads or (1 if threads > 1 else _SEVERAL)
    session = ground.sessions.open(ground.request.optimisation)
    names = [output.name for output in session.outputs]
    fed = ground.fed()
    first = session.run(names, fed)

    def compared(again: Sequence[Made], where: str, count: int) -> tuple[Repeated, ...]:
        return tuple(
            Repeated(name, where, count, difference, beyond)
            for name, a, b in zip(names, first, again, strict=True)
            for difference, beyond in _unlike(ground, name, a, b)
        )

    seen = RepeatabilitySeen(compared(session.run(names, fed), SAME_SESSION, threads), len(names))
    ground.tell(seen)
    del session
    ground.in_time()
    other = ground.sessions.open(ground.request.optimisation, threads=others).run(names, fed)
    unlike = compared(other, OTHER_THREADS, others)
    if unlike:
        ground.in_time()
        again = ground.sessions.open(ground.request.optimisation).run(names, fed)
        fresh = compared(again, FRESH_SESSION, threads)
        known = {one.output for one in fresh}  # of which the threads are not to blame
        by_threads = [one for one in unlike if one.output not in known]
        if any(one.beyond for one in by_threads):
            moved = _moved_by_rounding(ground, names, fed, first)
            by_threads = [one._replace(jump=_largest(one.difference) <= moved.get(one.output, 0)) for one in by_threads]
        unlike = (*fresh, *by_threads)
    seen = RepeatabilitySeen((*seen.unlike, *unlike), 3 * len(names))
    ground.tell(seen)
    return seen._replace(unlike=tuple(_placed(ground, asked, seen.unlike)))


def _moved_by_rounding(
    ground: DeepGround, names: Sequence[str], fed: Sequence[tensors.Stored], first: Sequence[Made]
) -> dict[str, float]:
    """How far each output moves where nothing but roundings is another: inputs by one step of their type, sums without
    optimisation; several times that, for other threads round once more. Where it is as far, the model is
    ill-conditioned there, and threads are not to blame."""
    moved: dict[str, float] = {}
    for level, nudged in ((ground.request.optimisation, _nudged(fed)), (OFF, fed)):
        ground.in_time()
        again = ground.sessions.open(level).run(names, nudged)
        for name, a, b in zip(names, first, again, strict=True):
            for difference, beyond in _unlike(ground, name, a, b):
                if beyond:
                    moved[name] = max(moved.get(name, 0.0), _TIMES * _largest(difference))
    return moved


def _nudged(fed: Sequence[tensors.Stored]) -> list[tensors.Stored]:
    """Every other number of floating point by one step."""
    import numpy as np

    made = []
    for one in fed:
        array = one.array
        if array.dtype.kind == "f" and one.dtype not in tensors.STAND_INS:
            array = array.copy()
            flat = array.reshape(-1)
            flat[::2] = np.nextafter(flat[::2], array.dtype.type(np.inf))
        made.append(one._replace(array=array))
    return made


def _largest(difference: Difference) -> float:
    return math.inf if difference.largest is None else difference.largest


def _placed(ground: DeepGround, asked: RepeatabilityAsked, unlike: Sequence[Repeated]) -> list[Repeated]:
    """With the node, for the first of what is beyond rounding; others of its kind of repetition share the search."""
    placed: list[Repeated] = []
    searches: dict[tuple[str, int], _Search] = {}
    for one in unlike:
        if not one.beyond or one.jump or one.output in asked.exempt:
            placed.append(one)
            continue
        search = searches.setdefault((one.where, one.threads), _Search(ground, one.where, one.threads))
        try:
            placed.append(search.placed(one))
        except (OutOfTime, NotCut, tensors.CannotRead):
            placed.append(one)
    return placed


class _Search:
    """Of tensors that are not the same again, in one of the ways."""

    def __init__(self, ground: DeepGround, where: str, threads: int) -> None:
        self._ground, self._where, self._threads = ground, where, threads
        self._kept: dict[str, list[tuple[Difference, bool]]] = {}

    def placed(self, one: Repeated) -> Repeated:
        """With the node that is the first not to give the same."""
        model = self._ground.model
        place = parting_place(model, one.output, lambda tensor: any(beyond for _, beyond in self._unlike(tensor)))
        if place is None or not any(beyond for _, beyond in self._unlike(place.tensor)):
            return one  # alone it repeats: what makes it is not in one tensor
        rounded = any(self._unlike(name) for name in in_front(model, place.tensor))
        jump = rounded and model.nodes[place.node].op_type in JUMPS | AMPLIFIERS
        return one._replace(node=place.node, tensor=place.tensor, jump=jump)

    def _unlike(self, tensor: str) -> list[tuple[Difference, bool]]:
        if tensor not in self._kept:
            self._ground.in_time()
            try:
                first, again = self._twice(tensor)
                self._kept[tensor] = _unlike(self._ground, tensor, first, again)
            except OutOfTime:
                raise
            except Exception:  # what cannot be had does not part: the search goes on behind it
                self._kept[tensor] = []
        return self._kept[tensor]

    def _twice(self, tensor: str) -> tuple[Made, Made]:
        level, cut = self._ground.request.optimisation, self._ground.model.behind(tensor)
        fed = self._ground.fed()
        session = self._ground.sessions.open(level, cut)
        first = session.run([tensor], fed)[0]
        if self._where != SAME_SESSION:
            threads = self._threads if self._where == OTHER_THREADS else None
            session = self._ground.sessions.open(level, cut, threads=threads)
        return first, session.run([tensor], fed)[0]


def _unlike(ground: DeepGround, tensor: str, a: Made, b: Made) -> list[tuple[Difference, bool]]:
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
    if beyond is not None:
        with suppress(NotCut, tensors.CannotRead):
            beyond = apart(a.array, b.array, (a.dtype, b.dtype), grain_of(ground.model, tensor))
    return [(beyond or Difference("rounding"), beyond is not None)]
