"""One call of ``auditor watch``: places are looked at again and again, and what is new there is audited.

What was audited is known by its content, in the store: a watch that is started anew says nothing twice.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from ..batch.refs import Ref, release
from ..batch.run import Outcome
from ..errors import AuditorError, ExitCode, UsageError, worst
from ..files import is_address
from ..report import Verdict
from ..tuples import NamedTuple
from .asked import Asked
from .batching import Batching, BatchListener
from .destinations import Destinations, Outlet
from .fetching import fetching_as
from .listening import Listener

EVERY = 60.0
"""Seconds between two looks, where nothing else is said."""

_LONGEST = 900.0  # seconds between two looks at a place that is away
_FULL = 3600.0  # seconds after which a registry is listed in full, whatever it says of itself
_AGAIN = 300.0  # seconds after which a model is tried again whose audit came to no end; each time twice as many
_LONGEST_AGAIN = 86_400.0
_SETTLED = 2.0  # seconds for which nobody wrote into a file before it is taken for whole
_REMEMBERED = 100_000  # models without an end


class WatchListener(Listener):
    """Hears of each new verdict as well."""

    def came(self, outcome: Outcome) -> None:
        """A model that is new, or changed, has its verdict."""


class _Unended(NamedTuple):
    """A model whose audit came to no end: as it looked then, and when it is tried again."""

    looks: str
    due: float
    wait: float


@dataclass
class _Place:
    """One that is watched."""

    path: str
    due: float = 0.0
    failures: int = 0  # in a row
    state: str = ""  # as it said at the last full look; "" where it says nothing
    mark: str = ""  # what it is asked with next
    looked: float = 0.0  # when it was looked at in full
    said: set[str] = field(default_factory=set)  # lines of the last look: they are not said again
    unended: dict[str, _Unended] = field(default_factory=dict)  # by the model's place


class Watching:
    """Looks at places until it is interrupted, or once."""

    def __init__(
        self, ask: Asked, to: Destinations, listener: WatchListener | None = None, *,
        clock: Callable[[], float] = time.monotonic, pause: Callable[[float], None] = time.sleep,
    ) -> None:  # fmt: skip
        self.ask, self.to = ask, to
        self.once = False
        self.every = float(ask.said.get("every", EVERY))
        self.listener = listener or WatchListener()
        self._clock, self._pause = clock, pause

    def watch(self, paths: Sequence[str], *, once: bool = False) -> ExitCode:
        """The worst exit code of what is new, where it is done once; else it ends by KeyboardInterrupt alone."""
        self.once = once
        places = [_Place(path) for path in dict.fromkeys(paths)]
        _Look(self, places[0]).writing.check(paths)
        if once:
            return worst([ExitCode.PASS, *(code for place in places for code in self._look(place))])
        while True:
            place = min(places, key=lambda one: one.due)
            if (left := place.due - self._clock()) > 0:
                self._pause(left)
            self._look(place)
            place.due = self._clock() + self._wait(place)

    def _wait(self, place: _Place) -> float:
        """Seconds to the next look: not with everybody else's, and longer where nobody answers."""
        if not place.failures:
            return self.every * random.uniform(0.9, 1.1)
        longest = max(self.every, _LONGEST)
        return min(self.every * 2.0 ** min(place.failures, 30), longest) * random.uniform(0.5, 1.0)

    def _look(self, place: _Place) -> list[ExitCode]:
        """Audit what is new; the exit codes of it."""
        state = ""
        if is_address(place.path) and not os.path.lexists(place.path):
            found = self._state(place)
            if found is None:
                return [ExitCode.INCONCLUSIVE]
            state = found
            now = self._clock()
            is_due = any(unended.due <= now for unended in place.unended.values())
            if state and state == place.state and now - place.looked < _FULL and not is_due:
                self._is_there(place, set())
                return []
        look = _Look(self, place)
        with closing(look.outcomes([place.path])) as outcomes:
            for _ in outcomes:
                pass
        for line in sorted(look.troubles - place.said):
            self.listener.say(line)
        said = look.lines | look.troubles
        if look.away:
            place.failures, place.said, place.state = place.failures + 1, said, ""
            return [*look.codes, ExitCode.INCONCLUSIVE]
        place.state, place.looked = state, self._clock()
        self._is_there(place, said)
        return look.codes

    def _state(self, place: _Place) -> str | None:
        """What the registry says of itself; None where it says nothing now, which is said once."""
        from ..batch.courier import NotBrought
        from ..batch.looking import state_at
        from ..remote.kinds import kind_at

        kind_at(place.path)  # a scheme that nobody reads ends this
        found = state_at(fetching_as(self.ask.configured).errand(place.path), place.mark)
        if not isinstance(found, NotBrought):
            place.mark = found.mark
            return found.said
        if found.code is ExitCode.USAGE:
            raise UsageError(found.why)
        if not place.failures:
            self.listener.say(found.why)
        place.failures, place.state, place.said = place.failures + 1, "", set()
        return None

    def _is_there(self, place: _Place, said: set[str]) -> None:
        if place.failures:
            self.listener.say(f"{place.path} is there again")
        place.failures, place.said = 0, said

    def now(self) -> float:
        """As the places' times are counted."""
        return self._clock()


class _Look(Batching):
    """One look at a place: a batch that tells only what is new."""

    def __init__(self, watching: Watching, place: _Place) -> None:
        quiet = _Quiet(watching.listener, place)
        super().__init__(watching.ask, watching.to, quiet)
        self._watching, self._place = watching, place
        self.lines = quiet.lines  # that were said, or were to be
        self.codes: list[ExitCode] = []
        self.away = False

    @property
    def troubles(self) -> set[str]:
        """What could not be read of the place, a line each."""
        return {line for source in self._sources for line in source.troubles}

    def _failed(self, error: AuditorError) -> None:
        if error.exit_code is ExitCode.USAGE:
            raise error
        self.away = True
        super()._failed(error)

    def _refs(self) -> Iterator[Ref]:
        """Without those that came to no end lately, and look as they did."""
        for ref in super()._refs():
            unended = self._place.unended.get(ref.place)
            if unended is not None and unended.due > self._watching.now() and unended.looks == _looks(ref):
                release(self._sources, ref)
            elif self._watching.once or ref.address or not _is_being_written(ref):
                yield ref

    def _shows_all(self) -> bool:
        """What is new has its report at hand, and nothing else is shown."""
        return False

    def _write(self, outcome: Outcome, outlets: Sequence[tuple[str, Outlet]]) -> None:
        if outcome.reused and not outcome.is_first_here:
            return
        if not self._is_another(outcome):
            return
        self.codes.append(outcome.code)
        super()._write(outcome, outlets)
        self._watching.listener.came(outcome)

    def _is_another(self, outcome: Outcome) -> bool:
        """Whether it is news; what came to no end again as it did before is none, and is tried later."""
        known, place = self._place.unended, outcome.ref.place
        before = known.pop(place, None)
        if outcome.verdict is not Verdict.INCONCLUSIVE:
            return True
        looks = _looks(outcome.ref)
        same = before is not None and before.looks == looks
        wait = min(before.wait * 2, _LONGEST_AGAIN) if before is not None and same else _AGAIN
        if len(known) < _REMEMBERED:
            known[place] = _Unended(looks, self._watching.now() + wait, wait)
        return not same


class _Quiet(BatchListener):
    """Says a line once, and not again at the next look."""

    def __init__(self, listener: Listener, place: _Place) -> None:
        self.lines: set[str] = set()
        self._listener, self._place = listener, place

    def say(self, line: str) -> None:
        if line not in self._place.said and line not in self.lines:
            self._listener.say(line)
        self.lines.add(line)

    def fault(self, trace: str, sentence: str) -> None:
        self._listener.fault(trace, sentence)

    def nobody_reads(self) -> None:
        self._listener.nobody_reads()


def _is_being_written(ref: Ref) -> bool:
    """Whether a file of the model changed just now: the next look sees it, then whole."""
    now = time.time()
    for path in ref.files:
        try:
            if 0 <= now - os.stat(path).st_mtime < _SETTLED:
                return True
        except (OSError, ValueError):
            continue
    return False


def _looks(ref: Ref) -> str:
    """What is another text when a file of the model changes."""
    if ref.unfetched:
        return ref.unfetched
    looks = []
    for path in ref.files or (ref.path,):
        try:
            found = os.stat(path)
            looks.append(f"{found.st_size} {found.st_mtime_ns} {found.st_ino}")
        except (OSError, ValueError):
            looks.append("")
    return "\n".join(looks)
