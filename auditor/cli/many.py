"""One call of ``auditor batch``: outcomes written as they come, a sign of progress, and a summary."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, nullcontext
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from .. import __version__
from ..batch.judging import Policies
from ..batch.pool import WorkerLimits
from ..batch.refs import Ref, Source
from ..batch.run import Outcome, batch
from ..batch.sources import source_at
from ..config.configuration import Configuration
from ..errors import AuditorError, ExitCode, NothingToAudit, UsageError, worst
from ..formats import json as json_format
from ..formats import renderer
from ..pipeline import selected
from ..settings import Settings
from .many_tables import Tally, has_to_be_told, write_outcome
from .options import processors
from .outlet import Destinations, Outlet, into_file
from .streams import hush, say


class Many:
    """Where outcomes go: standard output, files, the store, the terminal."""

    def __init__(self, settings: Settings, configured: Configuration, limits: WorkerLimits, to: Destinations) -> None:
        self.settings = settings
        self.policies = _policies(configured)
        self.limits = limits
        self.to = to
        self.tally = Tally()
        self.codes: set[ExitCode] = set()
        self.draws = not to.quiet and sys.stderr.isatty() and not os.environ.get("CI")
        self.outlets: list[_Lines | Outlet] = []
        renderer(to.form)  # a wrong format's or rule's name ends this before anything is audited
        selected(settings)

    def audit(self, paths: Sequence[str], jobs: int | None, limit: int | None) -> ExitCode:
        """Audit all that lies at the paths; the worst exit code."""
        sources = list(self._found(paths))
        try:
            with self._opened() as store, ExitStack() as stack, self._progress(sources, limit) as moved:
                self.outlets = [stack.enter_context(self._outlet(form, file)) for form, file in self._wanted()]
                outcomes = batch(
                    islice(_each_once(sources, self._failed), limit),
                    self.settings,
                    self.policies,
                    store,
                    jobs or processors(),
                    self.limits,
                    all_shown=self._shows_all(),
                )
                stack.enter_context(closing(outcomes))
                for outcome in outcomes:
                    self.codes.add(outcome.code)
                    with _undisturbed():
                        self._take(outcome)
                    moved(outcome)
        except KeyboardInterrupt:
            self._summary()
            kept = (
                "what is done is stored, and the same command goes on from there"
                if self.to.store
                else "nothing is stored"
            )
            say(f"interrupted after {self.tally.models} models: {kept}")
            return ExitCode.INTERRUPTED
        self._summary()
        for source in sources:
            for trouble in islice(source.troubles, 20):
                say(trouble)
            if len(source.troubles) > 20:
                say(f"and {len(source.troubles) - 20} more lines like these on {source.path}")
        if not self.tally.models and ExitCode.INCONCLUSIVE not in self.codes:
            say(f"there is no model in {', '.join(paths)}")
        return worst(list(self.codes))

    def _found(self, paths: Sequence[str]) -> Iterator[Source]:
        """The sources; one that is not there does not keep the others out."""
        for path in paths:
            try:
                yield source_at(path)
            except AuditorError as error:
                self._failed(error)

    def _failed(self, error: AuditorError) -> None:
        """A source that cannot be read, as a whole or from here on."""
        self.codes.add(ExitCode.NOTHING if isinstance(error, NothingToAudit) else ExitCode.INCONCLUSIVE)
        if self.draws:
            from .bar import clear

            clear()
        say(str(error))

    def _shows_all(self) -> bool:
        """Whether anything is written of models that pass without a finding."""
        return bool(self.to.files) or (self.to.form != "text" and not self.to.quiet)

    def _take(self, outcome: Outcome) -> None:
        self.tally.add(outcome)
        tells = self.to.form == "text" and not self.to.quiet and has_to_be_told(outcome)
        if self.draws and (tells or outcome.trace or (self.to.form != "text" and self.to.out.isatty())):
            from .bar import clear

            clear()
        if outcome.trace:
            print(outcome.trace, file=sys.stderr)
            say(f"{__version__}: this is a fault of auditor, please report it with the traceback")
        if tells:
            self._say(lambda out: write_outcome(outcome, out))
        for outlet in self.outlets:
            if isinstance(outlet, _Lines):
                outlet.write(outcome)
            elif outcome.document is not None:
                outlet.write(*json_format.parse(outcome.document))

    def _wanted(self) -> Iterator[tuple[str, str]]:
        """Formats and their files; "" is standard output, where text is a few lines a model instead."""
        if self.to.form != "text" and not self.to.quiet:
            yield self.to.form, ""
        yield from self.to.files

    @contextmanager
    def _outlet(self, form: str, file: str) -> Iterator[_Lines | Outlet]:
        """Of JSON each model is a line with what only a batch knows; the other formats are as `check` writes them."""
        if form == "json":
            with _opened_file(file) if file else nullcontext(self.to.out) as out:
                yield _Lines(out, file)
        elif file:
            with into_file(form, file, several=True) as outlet:
                yield outlet
        else:
            with closing(Outlet(form, self.to.out, several=True)) as outlet:
                yield outlet

    def _summary(self) -> None:
        if self.to.form == "text" and not self.to.quiet:
            self._say(self.tally.write)

    def _say(self, write: Callable[[TextIO], None]) -> None:
        try:
            write(self.to.out)
            self.to.out.flush()
        except BrokenPipeError:  # the verdict still counts
            hush()

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        if not self.to.store:
            yield None
            return
        from ..store.where import chosen_path
        from ..store.works import Works

        with Works.open(chosen_path(self.to.database)) as store:
            yield store

    @contextmanager
    def _progress(self, sources: Sequence[Source], limit: int | None) -> Iterator[Any]:
        """A bar with rate and time left on a terminal. It has no thread: workers are forked."""
        if not self.draws:
            yield lambda outcome: None
            return
        from .bar import CountedApart, bar

        with closing(CountedApart(lambda: islice(_each_once(sources), limit))) as total, bar(total) as moved:
            yield moved


def _policies(configured: Configuration) -> Policies:
    """What is asked of each model. One policy for all is made once: there are many models."""
    if configured.same_for_all:
        policy = configured.policy("model.onnx")
        return lambda ref: policy
    return lambda ref: configured.policy(ref.path, ref.subject)


class _Lines:
    """JSON lines: the report, and beside it the model's name, its version, and whether the report was reused."""

    def __init__(self, out: TextIO, file: str) -> None:
        self._out = out
        self._file = file

    def write(self, outcome: Outcome) -> None:
        extra = {"name": outcome.ref.name, "version": outcome.ref.version, "reused": outcome.reused}
        known = {key: json_format.plain(value) for key, value in extra.items()}
        assert outcome.document is not None  # all are shown
        try:
            self._out.write(json_format.dumps({**outcome.document, **known}) + "\n")
            self._out.flush()
        except OSError as error:
            if self._file:
                raise UsageError(f"cannot write {self._file}: {error.strerror}") from None
            if not isinstance(error, BrokenPipeError):
                raise
            hush()


@contextmanager
def _opened_file(file: str) -> Iterator[TextIO]:
    try:
        out = Path(file).open("w", encoding="utf-8")  # noqa: SIM115  # closed two lines below
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror}") from None
    with out:
        yield out


def _each_once(sources: Sequence[Source], failed: Callable[[AuditorError], None] = lambda error: None) -> Iterator[Ref]:
    """The models of all sources, and of one that lies in two of them only the first."""
    seen: set[str] = set()
    for source in sources:
        try:
            for ref in source.models():
                path = os.path.abspath(ref.path)  # no link followed
                if path not in seen:
                    seen.add(path)
                    yield ref
        except AuditorError as error:
            failed(error)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Ctrl-C waits until a line is whole."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
