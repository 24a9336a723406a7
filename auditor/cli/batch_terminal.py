"""The person who watches a batch: a few lines for a model with something to say, a bar, and a summary."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING, TextIO

from ..batch.refs import Ref
from ..batch.run import Outcome
from ..report import NOBODY, JudgedBy
from ..sessions.batching import BatchListener
from .batch_tables import Tally, has_to_be_told, write_outcome
from .terminal import Terminal

if TYPE_CHECKING:
    from .bar import Bar


class BatchTerminal(Terminal, BatchListener):
    """Tells models and the summary on standard output where that is text, and all else on standard error."""

    def __init__(self, out: TextIO, *, form: str, quiet: bool, by: JudgedBy = NOBODY) -> None:
        super().__init__(quiet=quiet)
        self._out = out
        self._tells = form == "text" and not quiet
        self._beside = form != "text" and out.isatty()  # lines of the result where the bar is
        self._tally = Tally(by)
        self._bar = ExitStack()
        self._drawn: Bar | None = None

    def begun(self, refs: Callable[[], Iterable[Ref]]) -> None:
        """A bar with rate and time left on a terminal. It has no thread: workers are forked."""
        if self.draws:
            from .bar import CountedApart, bar

            total = self._bar.enter_context(closing(CountedApart(refs)))
            self._drawn = self._bar.enter_context(bar(total))

    def moved(self, outcome: Outcome) -> None:
        """A model has come to its end."""
        if self._drawn is not None:
            self._drawn.moved(outcome)

    def looking(self, ref: Ref, stage: str) -> None:
        if self._drawn is not None:
            self._drawn.looking(ref, stage)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Around a batch: the bar is gone at the end."""
        with self._bar:
            yield

    def say(self, line: str) -> None:
        self._clear()
        super().say(line)

    def coming(self, outcome: Outcome) -> None:
        if self._beside or outcome.trace:
            self._clear()

    def came(self, outcome: Outcome) -> None:
        self._tally.add(outcome)
        if self._tells and has_to_be_told(outcome):
            self._clear()
            self._write(lambda out: write_outcome(outcome, out))

    def summary(self) -> None:
        """What all models together come to."""
        if self._tells:
            self._write(self._tally.write)

    def _clear(self) -> None:
        if self.draws:
            from .bar import clear

            clear()

    def _write(self, write: Callable[[TextIO], None]) -> None:
        try:
            write(self._out)
            self._out.flush()
        except OSError as error:  # the verdict still counts
            self.nobody_reads()
            if not isinstance(error, BrokenPipeError):
                self.lose(f"the result cannot be written: {error.strerror}")
