"""How long a session takes to be made, its first run, and the runs behind it: as a program would time them, in a loop.

Sessions are made as onnxruntime makes them for everybody (its arena, its threads that spin), for what is timed is what
a service would see; the threads alone are the run's own number. Nothing is compared or looked into between two runs.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ...tuples import NamedTuple
from ...wording import in_milliseconds
from ..messages import is_memory, meant_by
from ..request import OFF, Feed
from ..session import Refused, Session
from .clock import in_turn, milliseconds, repeated
from .ground import DeepGround
from .in_memory import SessionFiles
from .overhearing import Overhearing, copies_added, nodes_placed
from .slowest import IN_MEMORY, Profiled, slowest

_SESSIONS, _SESSION_SHARE = 5, 0.15  # made in all, and the share of the time behind which no further one is made
_WARM = 5  # runs that are not counted
_LONG = 0.5  # seconds of runs behind which as many as asked for are enough
_MOST = 20  # times the runs that are asked for: a model of microseconds
_OF_BATCH = 3  # one in so many of the runs, for another batch


class SpeedAsked(NamedTuple):
    """``runs`` at least, where there is time for them.

    The request's attempts are inputs of the ``batches``, the run's own first. ``seconds``: for the runs of one of the
    others. ``reference``: a model to be run in turn with this one, on the same inputs. ``casts``: count them.
    ``waists``: tensors through which all passes, in order: how long does it take up to each, where no node can be
    timed?
    """

    runs: int = 30
    batches: tuple[int, ...] = (0,)
    seconds: float = 5.0
    reference: str = ""
    casts: bool = False
    waists: tuple[str, ...] = ()


class Timed(NamedTuple):
    """The runs of one batch; ``why`` there are none, or fewer than were asked for."""

    batch: int
    milliseconds: tuple[float, ...] = ()
    why: str = ""


class InTurn(NamedTuple):
    """Runs of this model and of the reference, in pairs; ``why`` there are none."""

    own: tuple[float, ...] = ()
    reference: tuple[float, ...] = ()
    why: str = ""


class UpTo(NamedTuple):
    """The fastest run of what a tensor hangs on."""

    tensor: str
    milliseconds: float


class SpeedSeen(NamedTuple):
    """All in milliseconds. ``warm``: the first runs of the first session, in order.

    ``casts``: nodes that onnxruntime puts around those that have no kernel for float16; ``copies`` between devices.
    """

    sessions: tuple[float, ...] = ()
    warm: tuple[float, ...] = ()
    timed: tuple[Timed, ...] = ()
    in_turn: InTurn | None = None
    casts: int | None = None
    copies: int | None = None
    profile: Profiled | None = None
    up_to: tuple[UpTo, ...] = ()
    why: str = ""  # of what is missing of the last ones


class SpeedHeld(NamedTuple):
    """What the sandbox lets nobody open."""

    listen: Overhearing
    files: SessionFiles | None


ASKED, SEEN = SpeedAsked, SpeedSeen
__all__ = ["ASKED", "IN_MEMORY", "SEEN", "look", "prepared"]


def prepared() -> SpeedHeld:
    """Before the sandbox closes."""
    return SpeedHeld(Overhearing(), SessionFiles.made())


def look(ground: DeepGround, asked: SpeedAsked) -> SpeedSeen:
    """Time it; what is known is told on the way."""
    clock = _Looking(ground, asked)
    session = clock.open_session()
    clock.time_own(session)
    if asked.reference:
        clock.time_in_turn(session)
    for place in range(1, len(asked.batches)):
        clock.time_batch(session, place)
    del session
    gc.collect()
    clock.count_added_nodes()
    if not clock.time_nodes():
        clock.time_along()
    return clock.seen


class _Looking:
    """What has been seen so far."""

    def __init__(self, ground: DeepGround, asked: SpeedAsked) -> None:
        self.ground, self.asked, self.seen = ground, asked, SpeedSeen()
        self.until = time.monotonic() + ground.seconds_left
        self.level = ground.request.optimisation

    def learn(self, **more: Any) -> None:
        self.seen = self.seen._replace(**more)
        self.ground.tell(self.seen)

    def open_session(self) -> Session:
        """The last of several sessions, one at a time."""
        began, taken = time.monotonic(), list[float]()
        whole = self.ground.seconds_left
        while True:
            gc.collect()
            started = time.perf_counter()
            session = self.ground.sessions.open(self.level, usual=True)
            taken.append((time.perf_counter() - started) * 1e3)
            spent = time.monotonic() - began
            if len(taken) == _SESSIONS or spent * (1 + 1 / len(taken)) > _SESSION_SHARE * whole:
                break
            del session
        self.learn(sessions=tuple(taken))
        return session

    def call(self, session: Session, feeds: tuple[Feed, ...]) -> Callable[[], object]:
        return session.call([output.name for output in session.outputs], self.ground.fed(feeds))

    def time_own(self, session: Session) -> None:
        """The run's own inputs: the first runs, and then those that count."""
        call = self.call(session, self.ground.request.attempts[0])
        with _refused():
            self.learn(warm=repeated(call, _WARM, _WARM, 0.0, self.until))
            self.ground.in_time()
            taken = repeated(call, self.asked.runs, _MOST * self.asked.runs, _LONG, self.until)
        self.learn(timed=(self._timed(self.asked.batches[0], taken, self.asked.runs),))

    def time_batch(self, session: Session, place: int) -> None:
        """The same with another batch: fewer runs, and none where they would take too long."""
        batch, feeds = self.asked.batches[place], self.ground.request.attempts[place]
        runs = max(5, self.asked.runs // _OF_BATCH)
        try:
            call = self.call(session, feeds)
            with _refused():
                first = milliseconds(call)
            if first * runs > 1e3 * min(self.asked.seconds, self.ground.seconds_left):
                timed = Timed(batch, why=f"a run takes {in_milliseconds(first)}, and {runs} of them too long")
            else:
                repeated(call, 1, 1, 0.0, self.until)
                taken = repeated(call, runs, _MOST * runs, _LONG / 2, self.until)
                timed = self._timed(batch, taken, runs)
        except Refused as error:
            words = "memory ran out" if is_memory(error.cause) else f"onnxruntime refused: {error}"
            timed = Timed(batch, why=words)
        self.learn(timed=(*self.seen.timed, timed))

    def time_in_turn(self, session: Session) -> None:
        """This model and another in turn."""
        feeds = self.ground.request.attempts[0]
        try:
            other = self.ground.sessions.open(self.level, other=self.asked.reference, usual=True)
            ours, theirs = self.call(session, feeds), self.call(other, feeds)
            for call in (ours, theirs):
                repeated(call, _WARM, _WARM, 0.0, self.until)
            pairs = in_turn(ours, theirs, self.asked.runs, _MOST * self.asked.runs, 2 * _LONG, self.until)
            why = "" if len(pairs[0]) >= self.asked.runs else "there was no time for more (--timeout)"
            self.learn(in_turn=InTurn(*pairs, why))
        except Exception as error:
            self.learn(in_turn=InTurn(why=f"onnxruntime did not run the reference on these inputs: {error}"[:2000]))

    def count_added_nodes(self) -> None:
        """Casts and copies, as its log tells of them; another session is made, which may be refused."""
        held: SpeedHeld = self.ground.held
        listen = held.listen
        sessions = self.ground.sessions
        on_cpu = sessions.provider == "CPUExecutionProvider"
        if on_cpu and not self.asked.casts:
            return
        try:
            if not on_cpu:  # a warning says it, which is logged as it is
                log = listen.said(lambda: sessions.open(self.level, usual=True))
                self.learn(copies=copies_added(log))
                return
            made: list[Session] = []
            log = listen.said(lambda: made.append(sessions.open(OFF, telling=True)))
            groups = made[0].session.get_provider_graph_assignment_info()
        except Exception as error:
            self.learn(why=f"the nodes that it adds are not known: {error}"[:2000])
            return
        placed = nodes_placed(log)
        own = sum(len(group.get_nodes()) for group in groups)
        if placed is not None and placed >= own:
            self.learn(casts=placed - own)

    def time_nodes(self) -> bool:
        """Which take most of a run; whether that is known."""
        self.ground.in_time(2.0 * sum(self.seen.warm) / 1e3)
        held: SpeedHeld = self.ground.held
        found = slowest(self.ground, held.files, self.until)
        self.learn(profile=found)
        return not found.why

    def time_along(self) -> None:
        """How long the model takes up to each waist."""
        for tensor in self.asked.waists:
            self.ground.in_time(2.0 * sum(self.seen.warm) / 1e3)
            try:
                cut = self.ground.sessions.open(self.level, self.ground.model.behind(tensor), usual=True)
                call = self.call(cut, self.ground.request.attempts[0])
                taken = repeated(call, 5, 5 * _MOST, _LONG / 10, self.until)
            except Exception as error:
                self.learn(why=f"behind {tensor} it cannot be cut: {error}"[:2000])
                return
            self.learn(up_to=(*self.seen.up_to, UpTo(tensor, min(taken))))

    def _timed(self, batch: int, taken: tuple[float, ...], wanted: int) -> Timed:
        return Timed(batch, taken, "" if len(taken) >= wanted else "there was no time for more (--timeout)")


@contextmanager
def _refused() -> Iterator[None]:
    """What onnxruntime raises in a run, as `Refused`."""
    try:
        yield
    except Exception as error:
        raise Refused(meant_by(error)) from None
