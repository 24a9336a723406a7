"""One model in the child: golden vectors, inputs in turn until some run, and once more without optimisation."""

from __future__ import annotations

import contextlib
import gc
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from ..tuples import NamedTuple
from . import tensors
from .alike import Grain, apart
from .beside import beside
from .cutting import Cuttable, NotCut
from .falling import fallbacks
from .golden_run import confront
from .grain import by_chance, grain_of
from .levels import OPTIMISERS, OutOfTime, Search, TypedArray, culprits
from .messages import is_memory, kind_of, place_of
from .outcome import (
    Agreement,
    Difference,
    Failed,
    GoldenResult,
    Level,
    NotRun,
    Observed,
    OutOfMemory,
    Parting,
    Placed,
    Run,
    Try,
)
from .providers import CPU
from .request import OFF, Feed, Request
from .session import Made, NotOpened, Refused, Session, Sessions, misfit

Outcome = Run | Failed | OutOfMemory | NotRun

_MESSAGE = 8000  # characters that cross the pipe; the parent cleans and cuts
_MILD = 4  # times what rounding may do
_SHARE = 0.8  # of the time that a run has: a search ends then, so that what it found is told


class Tell(Protocol):
    """The way back to the parent."""

    def __call__(self, kind: str, content: object) -> None: ...


class _First(NamedTuple):
    """The first run that worked: what was fed, and what came."""

    feeds: tuple[Feed, ...]
    seen: list[Observed]
    made: list[Made]


class Sitting:
    """``told`` sends what is known so far, in case that the rest is the child's end."""

    def __init__(
        self, sessions: Sessions, request: Request, tell: Tell, told: Callable[[Outcome], None],
        isolation: dict[str, str], version: str,
    ) -> None:  # fmt: skip
        self.sessions, self.request, self.tell, self.told = sessions, request, tell, told
        self.isolation, self.version = isolation, version
        self.level = request.optimisation
        self.began = time.monotonic()
        self.tries: list[Try] = []
        self.seconds: list[float] = []
        self.unstable: set[str] = set()
        self._cuttable: Cuttable | None = None

    def outcome(self) -> Outcome:
        """Everything that is asked of the model."""
        try:
            return self._outcome()
        except (tensors.CannotRead, tensors.CannotMake, NotOpened) as error:
            return NotRun(str(error), self.isolation)

    def _outcome(self) -> Outcome:
        self.tell("stage", "load")
        started = time.perf_counter()
        try:
            session = self.sessions.open(self.level)
        except (tensors.CannotRead, NotOpened):
            raise
        except Exception as error:
            return self._not_loaded(error)
        loading = time.perf_counter() - started
        gone = self.sessions.chain.gone(session.session.get_providers())
        if self.sessions.provider in gone:
            return NotRun(f"the provider {self.request.provider!r} could not be started", self.isolation)
        self.tell("stage", "run")
        golden = confront(self.request, session, lambda: self.sessions.open(self.level), self._grain)
        ran = self._first_that_runs(session)
        if isinstance(ran, Exception) and all(one.failed for one in golden):
            return self._not_run(session, ran, golden)
        first = ran if isinstance(ran, _First) else None
        feeds, seen = (first.feeds, first.seen) if first else ((), [])
        traced = len(self.request.trace)
        placed = _placed(session)
        providers = [one.provider for one in placed]
        run = Run(
            self.sessions.provider,
            self.version,
            self.isolation,
            feeds,
            tuple(seen[: len(seen) - traced]),
            tuple(seen[len(seen) - traced :]),
            loading,
            tuple(self.seconds),
            tuple(sorted(self.unstable)),
            {name: providers.count(name) for name in dict.fromkeys(providers)},
            placed,
            fallbacks(placed, self.sessions.chain, self.sessions.listener),
            gone,
            golden,
            tuple(self.tries),
            self.level,
            (Level(self.level, "ok", "", loading, sum(self.seconds)),),
        )
        if first is not None and self.request.against:
            self.told(run)
            self.tell("stage", "compare")
            names = [output.name for output in session.outputs][: len(first.made) - traced]
            del session
            gc.collect()  # two sessions at once would take twice the memory
            fed = self._made(first.feeds)
            return run._replace(beside=beside(self.sessions, self.request.against, names, first.made, fed))
        if first is None or self.level == OFF or not self.request.second:
            return run
        self.told(run)
        self.tell("stage", "compare")
        del session
        gc.collect()  # two sessions at once would take twice the memory
        with contextlib.suppress(OutOfTime):
            level, agreement = self._second(first, loading)
            return run._replace(levels=(*run.levels, level), agreement=agreement)
        return run._replace(agreement=Agreement(why="there was no time left for a second run"))

    # The run of record.

    def _first_that_runs(self, session: Session) -> _First | Exception | None:
        """The observations on the first inputs that run; if none does, what the runtime said first.

        That memory ran out says less of a model than any other word.
        """
        causes: list[Exception] = []
        unmade: list[tensors.CannotMake] = []
        for index, feeds in enumerate(self.request.attempts):
            self.tell("attempt", index)
            try:
                return _First(feeds, *self._observe(session, self._fitting(session, self._made(feeds), feeds)))
            except (Refused, MemoryError) as error:
                cause = error.cause if isinstance(error, Refused) else error
                self.tries.append(Try(feeds, kind_of(cause), str(cause)[:_MESSAGE]))
                causes.append(cause)
            except tensors.CannotMake as error:
                unmade.append(error)
        if unmade and not causes:
            raise unmade[0]
        return min(causes, key=is_memory, default=None)

    def _fitting(self, session: Session, fed: list[tensors.Stored], feeds: Sequence[Feed]) -> list[tensors.Stored]:
        """The same; `tensors.CannotRead` where a file's array is none that the model takes: the file is wrong then."""
        for one, feed in zip(fed, feeds, strict=True):
            wanted = next((port for port in session.inputs if port.name == one.name), None)
            if feed.file and wanted is not None and (why := misfit(one, wanted.type, wanted.shape)):
                raise tensors.CannotRead(f"the inputs do not fit the model: {why}")
        return fed

    def _made(self, feeds: Sequence[Feed], seed: int | None = None) -> list[tensors.Stored]:
        return [tensors.make(feed, self.request.seed if seed is None else seed) for feed in feeds]

    def _observe(self, session: Session, fed: list[tensors.Stored]) -> tuple[list[Observed], list[Made]]:
        names = [output.name for output in session.outputs]
        hashed = len(names) - len(self.request.trace)
        seen: list[Observed] = []
        first: list[Made] = []
        for repeat in range(max(1, self.request.repeats)):
            started = time.perf_counter()
            made = session.run(names, fed)
            self.seconds.append(time.perf_counter() - started)
            again = [
                Observed(name, 0, (), type=one.type)
                if one.type
                else tensors.observe(name, one.dtype, one.shape, one.array, place < hashed, one.unseen)
                for place, (name, one) in enumerate(zip(names, made, strict=True))
            ]
            if repeat:
                self.unstable |= {a.name for a, b in zip(seen, again, strict=True) if a.digest != b.digest}
            seen, first = seen or again, first or made
        return seen, first

    # What failed.

    def _not_loaded(self, error: Exception) -> Outcome:
        """At the default level a message may name no node, or one of the optimiser's own: what comes of it without?"""
        if self.sessions.provider != CPU and (why := self.sessions.cannot_start()):
            return NotRun(f"the provider {self.request.provider!r} could not be started: {why}", self.isolation)
        failed = self._failure("load", error)
        level = Level(self.level, "load failed", failed.message)
        if self.level == OFF or not self.request.second or isinstance(failed, OutOfMemory):
            return failed
        failed = failed._replace(levels=(level,))
        self.told(failed)
        try:
            session = self.sessions.open(OFF)
        except Exception as other:
            told = self._failure("load", other)
            if isinstance(told, OutOfMemory):
                return failed
            return told._replace(levels=(level, Level(OFF, "load failed", told.message)))
        self.tell("stage", "run")
        ran = self._first_that_runs(session)
        del session
        self.tell("stage", "load")
        if isinstance(ran, Exception):
            node, op_type = place_of(str(ran))
            why = str(ran)[:_MESSAGE]
            return failed._replace(node=node, op_type=op_type, levels=(level, Level(OFF, "run failed", why)))
        failed = failed._replace(levels=(level, Level(OFF, "ok")))
        self.told(failed)
        return failed._replace(optimisers=self._blamed(lambda without: self._opens(without)))

    def _opens(self, without: frozenset[str]) -> bool:
        self._in_time()
        try:
            self.sessions.open(self.level, without=without)
        except Exception:
            return False
        return True

    def _not_run(self, session: Session, error: Exception, golden: tuple[GoldenResult, ...]) -> Outcome:
        """No inputs ran. Do they without optimisation?"""
        failed = self._failure("run", error)
        if isinstance(failed, OutOfMemory):
            return failed
        level = Level(self.level, "run failed", failed.message)
        failed = failed._replace(golden=golden, levels=(level,))
        if self.level == OFF or not self.request.second or not self.request.attempts:
            return failed
        self.told(failed)
        tries, self.tries = self.tries, []
        try:
            plain = self.sessions.open(OFF)
        except Exception as other:
            return failed._replace(levels=(level, Level(OFF, "load failed", str(other)[:_MESSAGE])))
        ran = self._first_that_runs(plain)
        del plain
        self.tries = tries
        if not isinstance(ran, _First):
            node, op_type = place_of(str(ran))
            if node or op_type:
                failed = failed._replace(node=node, op_type=op_type, message=str(ran)[:_MESSAGE])
            return failed._replace(levels=(level, Level(OFF, "run failed", str(ran)[:_MESSAGE])))
        failed = failed._replace(levels=(level, Level(OFF, "ok")))
        self.told(failed)
        fed = self._made(ran.feeds)
        names = [output.name for output in session.outputs]

        def runs(without: frozenset[str]) -> bool:
            self._in_time()
            try:
                self.sessions.open(self.level, without=without).run(names, fed)
            except Exception:
                return False
            return True

        return failed._replace(optimisers=self._blamed(runs))

    def _blamed(self, well: Callable[[frozenset[str]], bool]) -> tuple[str, ...]:
        try:
            return culprits(OPTIMISERS, well)
        except OutOfTime:
            return ()

    def _failure(self, stage: str, error: Exception) -> Failed | OutOfMemory:
        message = str(error)[:_MESSAGE]
        node, op_type = place_of(message)
        tries = tuple(self.tries)
        if is_memory(error):
            return OutOfMemory(None, stage, message, node, op_type, self.isolation, tries)
        return Failed(stage, kind_of(error), message, node, op_type, self.isolation, tries, self.level)

    # The second level.

    def _second(self, first: _First, loading: float) -> tuple[Level, Agreement]:
        """The same inputs without optimisation, and what of the outputs is not the same."""
        if not self._time_left(2 * (loading + sum(self.seconds))):
            raise OutOfTime
        started = time.perf_counter()
        try:
            session = self.sessions.open(OFF)
        except Exception as error:
            why = f"without optimisation onnxruntime does not load it: {error}"[:_MESSAGE]
            return Level(OFF, "load failed", str(error)[:_MESSAGE]), Agreement(why=why)
        loaded = time.perf_counter() - started
        names = [output.name for output in session.outputs]
        fed = self._made(first.feeds)
        try:
            made = session.run(names, fed)
        except Refused as error:
            why = f"without optimisation the run fails on the same inputs: {error}"[:_MESSAGE]
            return Level(OFF, "run failed", str(error)[:_MESSAGE], loaded), Agreement(why=why)
        level = Level(OFF, "ok", "", loaded, time.perf_counter() - started - loaded)
        differing = [
            (name, found, plain)
            for name, plain, fast in zip(names, made, first.made, strict=True)
            if plain.array is not None
            and fast.array is not None
            and (found := apart(plain.array, fast.array, (plain.dtype, fast.dtype))) is not None
        ]
        if not differing:
            return level, Agreement()
        fast_made = dict(zip(names, first.made, strict=True))
        return level, self._judged(session, names, fed, [(n, f, p, fast_made[n]) for n, f, p in differing])

    def _judged(
        self, plain: Session, names: list[str], fed: list[tensors.Stored],
        differing: list[tuple[str, Difference, Made, Made]],
    ) -> Agreement:  # fmt: skip
        """What differs, without what is coarse, comes by chance, or is not the same twice."""
        model = self._model()
        exempt: dict[str, str] = {}
        left: list[Parting] = []
        again = dict(zip(names, plain.run(names, fed), strict=True))
        fast_session = self.sessions.open(self.level)
        fast_twice = [dict(zip(names, fast_session.run(names, fed), strict=True)) for _ in range(2)]
        del fast_session
        for name, found, slow, fast in differing:
            twice = (
                (slow, again[name]),
                (fast_twice[0][name], fast_twice[1][name]),
                (fast, fast_twice[0][name]),
            )
            if any(apart(a.array, b.array, (a.dtype, b.dtype)) is not None for a, b in twice):
                exempt[name] = "not the same in two runs of one level"
                continue
            if model is not None and by_chance(model, name):
                exempt[name] = "a random operator lies in front of it"
                continue
            grain = self._grain(name)
            if grain is not None and apart(slow.array, fast.array, (slow.dtype, fast.dtype), grain) is None:
                continue
            mild = apart(slow.array, fast.array, (slow.dtype, fast.dtype), grain, _MILD) is None
            left.append(Parting(name, found, mild=mild))
        while left:
            found_at = self._located(model, left[0], fed, exempt)
            if found_at is not None:
                return Agreement((found_at, *left[1:]), exempt)
            left = left[1:]
        return Agreement((), exempt)

    def _located(
        self, model: Cuttable | None, parting: Parting, fed: list[tensors.Stored], exempt: dict[str, str]
    ) -> Parting | None:
        """With its place, as far as there is time; None where it is a rounding of which an operator makes much."""
        if model is None:
            return parting._replace(why="the file is too large to be cut")
        search = Search(model, self._values(fed), self.level)
        try:
            first = search.first(parting.output)
        except (OutOfTime, NotCut):
            return parting._replace(why="there was no time left to find the first tensor")
        if first.jump:
            exempt[parting.output] = f"{first.op_type} makes much of a rounding ({first.node or first.tensor})"
            return None
        parting = parting._replace(tensor=first.tensor, node=first.node, op_type=first.op_type)
        try:
            return parting._replace(optimisers=search.optimisers(first.tensor))
        except OutOfTime:
            return parting._replace(why="there was no time left to find the optimiser")

    def _values(self, fed: list[tensors.Stored]) -> Callable[[bytes, str, frozenset[str]], TypedArray | None]:
        def value(model: bytes, level: str, without: frozenset[str]) -> TypedArray | None:
            self._in_time()
            try:
                session = self.sessions.open(level, model, without)
                wanted = {one.name for one in session.inputs}
                (made,) = session.run([session.outputs[0].name], [one for one in fed if one.name in wanted])
            except Exception:
                return None
            return None if made.array is None else TypedArray(made.dtype, made.array)

        return value

    def _model(self) -> Cuttable | None:
        if self._cuttable is None:
            with contextlib.suppress(NotCut, tensors.CannotRead, OSError):
                self._cuttable = Cuttable(self.sessions.bytes())
        return self._cuttable

    def _grain(self, tensor: str) -> Grain | None:
        model = self._model()
        return None if model is None else grain_of(model, tensor)

    def _time_left(self, needed: float = 0.0) -> bool:
        return time.monotonic() - self.began + needed < _SHARE * self.request.limits.seconds

    def _in_time(self) -> None:
        if not self._time_left():
            raise OutOfTime


def _placed(session: Session) -> tuple[Placed, ...]:
    """Which provider got which node; nothing where this onnxruntime does not tell, or a name is not UTF-8."""
    try:
        groups = session.session.get_provider_graph_assignment_info()
        return tuple(Placed(node.name, node.op_type, group.ep_name) for group in groups for node in group.get_nodes())
    except Exception:
        return ()
