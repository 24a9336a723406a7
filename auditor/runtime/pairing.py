"""Two models in one child on the same inputs: which outputs are equal, close or apart, and where the two part first.

Both are run without optimisation, so that naming a tensor as an output changes none of its numbers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from ..files import read_regular
from ..tuples import NamedTuple
from . import tensors
from .compare import compare
from .outcome import PairedTensor, SideBySide
from .request import APART, CLOSE, EQUAL, OFF, UNSEEN, VARYING, NamePair, Request
from .session import LARGEST_TRACED, Made, NotOpened, Refused, Session, Sessions
from .trace import with_outputs

_MESSAGE = 2000
_SHARE = 0.8  # of the time that a run has: the search ends then, so that what it found is told
_MOST_TRACED = 500  # tensors that are named as outputs at once
_HELD = 256 << 20  # bytes of tensors that are held at once, about


class _OutOfTime(Exception):
    pass


class _Fed(NamedTuple):
    """What both were run on, and what came."""

    old: list[tensors.Stored]
    new: list[tensors.Stored]
    outputs: tuple[PairedTensor, ...]


class SideBySideRun:
    """One request's comparison.

    ``told`` sends what is known so far: the rest may be the child's end. ``stage`` says which of the two it is about.
    """

    def __init__(
        self, sessions: Sessions, request: Request, told: Callable[[SideBySide], None], stage: Callable[[str], None],
        isolation: dict[str, str], version: str,
    ) -> None:  # fmt: skip
        assert request.pair is not None
        self._sessions, self._request, self._pair, self._told = sessions, request, request.pair, told
        self._stage, self._isolation, self._version = stage, isolation, version
        self._until = time.monotonic() + _SHARE * request.limits.seconds

    def outcome(self) -> SideBySide:
        """What came of both."""
        found = SideBySide(isolation=self._isolation, version=self._version)
        try:
            old = self._opened("old", "")
            new = self._opened("new", self._pair.model)
            fed = self._first_that_runs(old, new)
        except _NotLoaded as error:
            return found._replace(failed=error.which, why=str(error)[:_MESSAGE])
        except (NotOpened, tensors.CannotRead) as error:
            return found._replace(why=str(error)[:_MESSAGE])
        if isinstance(fed, _Failed):
            return found._replace(failed=fed.which, why=fed.why[:_MESSAGE])
        found = found._replace(
            outputs=fed.outputs,
            inputs=tuple(f"{one.name} {list(one.array.shape)}" for one in fed.old),
        )
        states = {one.state for one in fed.outputs}
        if not states & {CLOSE, APART} or not self._pair.tensors:
            return found
        self._told(found._replace(left=len(self._pair.tensors), left_why="the run ended while they were looked at"))
        del old, new
        return self._parted(found, fed, {APART} if APART in states else {APART, CLOSE})

    def _opened(self, which: str, other: str) -> Session:
        self._stage(which)
        try:
            return self._sessions.open(OFF, other=other)
        except NotOpened:
            raise
        except Exception as error:
            raise _NotLoaded(which, f"the {which} model does not load: {error}") from None

    def _first_that_runs(self, old: Session, new: Session) -> _Fed | _Failed:
        """The first inputs that both run on; else why the first ones failed."""
        failed: list[_Failed] = []
        renamed = {pair.old: pair.new for pair in self._pair.inputs}
        for feeds in self._request.attempts:
            try:
                fed = [tensors.make(feed, self._request.seed) for feed in feeds]
                extra = [tensors.make(feed, self._request.seed) for feed in self._pair.extra]
                given = [fitting(one._replace(name=renamed[one.name]), new) for one in fed if one.name in renamed]
            except (tensors.CannotMake, tensors.CannotRead) as error:
                failed.append(_Failed("", str(error)))
                continue
            except OtherType as error:
                return _Failed("new", str(error))
            made = self._runs("old", old, [pair.old for pair in self._pair.outputs], fed)
            if isinstance(made, _Failed):
                failed.append(made)
                continue
            others = self._runs("new", new, [pair.new for pair in self._pair.outputs], [*given, *extra])
            if isinstance(others, _Failed):
                failed.append(others)
                continue
            return _Fed(fed, [*given, *extra], tuple(self._judged(self._pair.outputs, made, others)))
        return failed[0] if failed else _Failed("", "there are no inputs that both can be run on")

    def _runs(
        self, which: str, session: Session, names: list[str], fed: list[tensors.Stored]
    ) -> tuple[list[Made], frozenset[str]] | _Failed:
        """What came, and what was another number in a second run."""
        self._stage(which)
        try:
            made, again = session.run(names, fed), session.run(names, fed)
        except Refused as error:
            return _Failed(which, f"the {which} model does not run: {error}")
        varying = (name for name, a, b in zip(names, made, again, strict=True) if not _same(a, b))
        return made, frozenset(varying)

    def _judged(
        self, pairs: Sequence[NamePair],
        old: tuple[list[Made], frozenset[str]], new: tuple[list[Made], frozenset[str]],
    ) -> Iterator[PairedTensor]:  # fmt: skip
        for pair, a, b in zip(pairs, old[0], new[0], strict=True):
            if pair.old in old[1] or pair.new in new[1]:
                yield PairedTensor(pair.old, pair.new, VARYING)
            else:
                yield self._one(pair, a, b)

    def _one(self, pair: NamePair, old: Made, new: Made) -> PairedTensor:
        found = PairedTensor(pair.old, pair.new, EQUAL)
        if old.array is None or new.array is None:
            return found._replace(state=UNSEEN, why=old.unseen or new.unseen or "it is no tensor")
        if _same(old, new):
            return found
        floats = old.array.dtype.kind == new.array.dtype.kind == "f"
        dtypes = (0, 0) if floats and old.dtype != new.dtype else (old.dtype, new.dtype)
        rtol, atol = self._request.rtol, self._request.atol
        exact = compare(old.array, new.array, 0.0, 0.0, dtypes)
        if compare(old.array, new.array, rtol, atol, dtypes) is None:
            return found._replace(state=CLOSE, difference=exact)
        return found._replace(state=APART, difference=exact)

    # Where they part.

    def _parted(self, found: SideBySide, fed: _Fed, states: set[str]) -> SideBySide:
        """The first of the aligned tensors, in the old model's order, that is not the same."""
        every = self._pair.tensors
        low, high = 0, len(every)  # where the first may be
        looked: set[int] = set()
        why = "they lie between tensors that are the same"
        try:
            whole = [self._whole(self._request.model), self._whole(self._pair.model)]
            while low < high:
                step = -(-(high - low) // _MOST_TRACED)
                chosen = sorted({*range(low + step - 1, high, step), high - 1})
                at, first = self._first(whole, [every[i] for i in chosen], fed, states)
                looked.update(chosen[: at + 1])
                if first is None:
                    break
                found = found._replace(first=first)
                # Between the last that was the same and the first that was not.
                low, high = chosen[at - 1] + 1 if at else low, chosen[at]
                if step == 1:
                    break
        except _OutOfTime:
            why = "there was no time left"
        except Exception as error:
            why = f"with more outputs they do not run: {error}"[:_MESSAGE]
        left = sum(i not in looked for i in range(high))
        return found._replace(looked=len(looked), left=left, left_why=why if left else "")

    def _first(
        self, whole: list[bytes], pairs: list[NamePair], fed: _Fed, states: set[str]
    ) -> tuple[int, PairedTensor | None]:
        """Which of the pairs is the first that parts, and how."""
        old = self._sessions.open(OFF, with_outputs(whole[0], tuple(dict.fromkeys(p.old for p in pairs))))
        new = self._sessions.open(
            OFF, with_outputs(whole[1], tuple(dict.fromkeys(p.new for p in pairs))), other=self._pair.model
        )
        at, count = 0, 8
        while at < len(pairs):
            if time.monotonic() > self._until:
                raise _OutOfTime
            some = pairs[at : at + count]
            made = old.run([pair.old for pair in some], fed.old)
            others = new.run([pair.new for pair in some], fed.new)
            for i, (pair, a, b) in enumerate(zip(some, made, others, strict=True)):
                found = self._one(pair, a, b)
                if found.state in states and self._steady(old, new, pair, fed, (a, b)):
                    return at + i, found
            held = sum(one.array.nbytes for one in (*made, *others) if one.array is not None)
            at += len(some)
            count = max(1, min(4 * count, int(count * _HELD / max(held, 1)), _MOST_TRACED))
        return len(pairs), None

    def _steady(self, old: Session, new: Session, pair: NamePair, fed: _Fed, made: tuple[Made, Made]) -> bool:
        """Whether both give the same again: what comes by chance parts from itself."""
        again = old.run([pair.old], fed.old)[0], new.run([pair.new], fed.new)[0]
        return all(_same(a, b) for a, b in zip(made, again, strict=True))

    def _whole(self, path: str) -> bytes:
        return read_regular(path, LARGEST_TRACED)


class _NotLoaded(Exception):
    def __init__(self, which: str, why: str) -> None:
        super().__init__(why)
        self.which = which


class OtherType(Exception):
    """An input takes what the other model's cannot be made into."""


class _Failed(NamedTuple):
    which: str
    why: str


def _same(a: Made, b: Made) -> bool:
    if a.array is None or b.array is None or a.dtype != b.dtype or a.array.shape != b.array.shape:
        return False
    return bool((a.array == b.array).all()) if a.array.dtype == object else a.array.tobytes() == b.array.tobytes()


def fitting(fed: tensors.Stored, session: Session) -> tensors.Stored:
    """The same numbers in the floating-point type that the input has."""
    port = next((port for port in session.inputs if port.name == fed.name), None)
    if port is None or not port.type.startswith("tensor("):
        return fed
    wanted = _NUMBERS.get(port.type.removeprefix("tensor(").removesuffix(")"))
    if wanted is None or wanted == fed.dtype:
        return fed
    if not {wanted, fed.dtype} <= _FLOATS:
        raise OtherType(f"the input {fed.name} takes {port.type} now")
    return fed._replace(dtype=wanted, array=fed.array.astype(tensors.NUMPY[wanted]))


_OTHER_WORDS = {"float": 1, "double": 11, "string": 8, "bfloat16": 16}
_NUMBERS = {name: number for number, name in tensors.NUMPY.items()} | _OTHER_WORDS
_FLOATS = frozenset({1, 10, 11})
