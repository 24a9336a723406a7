"""One call of ``auditor batch``: outcomes written as they come, and the exit code of them all."""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any

from ..batch.around import around
from ..batch.engine import EngineLost
from ..batch.refs import FetchingSource, NotRead, Ref, Source, is_waited_for, release
from ..batch.run import Outcome, batch
from ..batch.sources import source_at
from ..batch.verdicts import Policies
from ..config.configuration import Configuration
from ..errors import AuditorError, ExitCode, StoreError, worst
from ..formats import json as json_format
from ..pipeline import selected
from .asked import Asked
from .destinations import Destinations, Outlet
from .faults import tell_fault
from .fetching import fetching_as
from .listening import Listener
from .subjects import known
from .writing_back import WritingBack

if TYPE_CHECKING:
    from .page_folder import PageFolder

_DRAWN = 16  # pages a worker that wait to be drawn
_MOST_TROUBLES = 20  # of one source


class BatchListener(Listener):
    """Hears of a batch's beginning, and of each outcome before and after it is written."""

    def begun(self, refs: Callable[[], Iterable[Ref]]) -> None:
        """All models that there are, to be counted; called once."""

    def looking(self, ref: Ref, stage: str) -> None:
        """What of a model is looked at now: "in depth: speed (8 of 9)"."""

    def coming(self, outcome: Outcome) -> None:
        """Something may be written to the stream next."""

    def came(self, outcome: Outcome) -> None:
        """The outcome is written wherever it goes; Ctrl-C waits."""


class Batching:
    """Audits all that lies at some paths."""

    def __init__(self, ask: Asked, to: Destinations, listener: BatchListener | None = None) -> None:
        self.settings = ask.settings
        self.configured = ask.configured
        self.limits = ask.limits()
        self._fetching = fetching_as(self.configured)
        self.rehash = ask.said.get("rehash", False)
        self.to = to
        self.listener = listener or BatchListener()
        self.engine = ask.engine(self.listener)
        self.writing = WritingBack(ask.said, self.listener)
        self.models = 0  # that came to an end
        self._codes: set[ExitCode] = set()
        self._told = False  # that reports are not stored
        self._sources: list[Source] = []
        selected(self.settings)  # a wrong rule's name ends this before anything is audited

    @property
    def code(self) -> ExitCode:
        """The worst exit code so far."""
        unread = any(isinstance(trouble, NotRead) for source in self._sources for trouble in source.troubles)
        return worst([*self._codes, *([ExitCode.INCONCLUSIVE] if unread or self.writing.failed else [])])

    def outcomes(self, paths: Sequence[str], limit: int | None = None) -> Generator[Outcome, None, None]:
        """Audit all; each outcome is written wherever it goes before it is yielded."""
        self.writing.check(paths)
        self._sources = list(self._found(paths))
        with self._opened() as store, ExitStack() as stack:
            self.listener.begun(lambda: islice(_each_once(self._countable), limit))
            outlets = self._outlets(stack)
            folders = self._folders(stack, store)
            outcomes = batch(
                (known(ref, self.configured) for ref in islice(self._refs(), limit)),
                self.settings,
                _policies(self.configured),
                store,
                self.configured.workers(),
                self.limits,
                all_shown=self._shows_all(),
                rehash=self.rehash,
                engine=self.engine,
                waits=lambda: is_waited_for(self._sources),
                looking=self.listener.looking,
            )
            over: deque[Ref] = deque()
            drawn = len(folders) * _DRAWN * self.configured.workers()  # a page is drawn of the model's files, later
            stack.enter_context(closing(outcomes))
            stack.enter_context(self.writing)
            for outcome in self._as_far(outcomes):
                self.models += 1
                self._codes.add(outcome.code)
                if outcome.unstored:
                    self._unstored(outcome.unstored)
                with _undisturbed():
                    self._write(outcome, outlets)
                    self.listener.came(outcome)
                for folder in folders:
                    folder.write(outcome)
                over.append(outcome.ref)
                while len(over) > drawn:
                    release(self._sources, over.popleft())
                yield outcome

    def last_words(self, paths: Sequence[str]) -> Iterator[str]:
        """What is to be said of the sources when all is done."""
        for source in self._sources:
            yield from islice(source.troubles, _MOST_TROUBLES)
            if len(source.troubles) > _MOST_TROUBLES:
                yield f"and {len(source.troubles) - _MOST_TROUBLES} more lines like these on {source.path}"
        yield from self.configured.unmatched() if self.models else ()
        if not self.models and ExitCode.INCONCLUSIVE not in self._codes:
            yield f"there is no model in {', '.join(paths)}"

    @property
    def _countable(self) -> list[Source]:
        """Nothing is fetched only to be counted: where one lies elsewhere, nobody knows how many there are."""
        return [] if any(isinstance(source, FetchingSource) for source in self._sources) else self._sources

    def _found(self, paths: Sequence[str]) -> Iterator[Source]:
        """The sources; one that is not there does not keep the others out."""
        for path in paths:
            try:
                yield source_at(path, self._fetching)
            except AuditorError as error:
                self._failed(error)

    def _refs(self) -> Iterator[Ref]:
        """The models that are audited."""
        return _each_once(self._sources, self._failed)

    def _failed(self, error: AuditorError) -> None:
        """A source that cannot be read, as a whole or from here on."""
        self._codes.add(ExitCode.NOTHING if error.exit_code is ExitCode.NOTHING else ExitCode.INCONCLUSIVE)
        self.listener.say(str(error))

    def _as_far(self, outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
        """The outcomes until the engine is lost: what came before is stored and counts, and the rest is open."""
        try:
            yield from outcomes
        except EngineLost as error:
            self.listener.say(f"{error}; {self.models} models came to their end")
            self._codes.add(error.exit_code)

    def _shows_all(self) -> bool:
        """Whether anything is written of models that pass without a finding."""
        return bool(self.to.files) or self.writing.is_asked or (self.to.form != "text" and not self.to.quiet)

    def _outlets(self, stack: ExitStack) -> list[tuple[str, Outlet]]:
        """Formats and where they go. Of text the stream has a few lines a model, and the listener writes them."""
        files = [(form, file) for form, file in self.to.files if form != "html"]
        opened = self.to._replace(files=files).opened_files(stack, several=True)
        outlets = [(form, outlet) for (form, _), outlet in zip(files, opened, strict=True)]
        if self.to.form != "text" and not self.to.quiet:
            outlets.insert(0, (self.to.form, stack.enter_context(closing(self.to.stream(several=True)))))
        return outlets

    def _folders(self, stack: ExitStack, store: Any) -> list[PageFolder]:
        """Where each model has a page of its own."""
        paths = [path for form, path in self.to.files if form == "html"]
        if not paths:
            return []
        from ..picture import Earlier
        from ..store.store import source_of
        from .page_folder import PageFolder
        from .picturing import earlier_audits

        def history(ref: Ref) -> tuple[Earlier, ...]:
            """Nothing where it cannot be read: whoever stores has said so."""
            try:
                return earlier_audits(store, ref.known_as or source_of(ref.place)) if store is not None else ()
            except StoreError:
                return ()

        jobs = self.configured.workers()
        return [
            stack.enter_context(PageFolder(path, self.settings, jobs, self.limits, self.listener, history))
            for path in paths
        ]

    def _write(self, outcome: Outcome, outlets: Sequence[tuple[str, Outlet]]) -> None:
        self.listener.coming(outcome)
        if outcome.trace:
            tell_fault(self.listener, outcome.trace)
        for form, outlet in outlets:
            if form == "json":
                outlet.write_text(f"{_line(outcome)}\n")
            elif outcome.document is not None:
                outlet.write(*json_format.parse(outcome.document))
        self.writing.take(outcome)

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        if not self.to.store:
            yield None
            return
        from ..store.where import chosen_path
        from ..store.works import Works

        with ExitStack() as stack:
            try:
                store = stack.enter_context(Works.open(chosen_path(self.to.database)))
            except StoreError as error:  # without it every model is audited, and nothing is kept
                self._unstored(str(error))
                store = None
            yield store

    def _unstored(self, why: str) -> None:
        """Reports that were to be kept are nowhere."""
        if not self._told:
            self.listener.say(f"the reports are not stored: {why}")
        self._told = True
        self._codes.add(ExitCode.INCONCLUSIVE)


def _line(outcome: Outcome) -> str:
    """The report, and beside it the model's name, its version, and whether the report was reused."""
    extra = {"name": outcome.ref.name, "version": outcome.ref.version, "reused": outcome.reused}
    known = {key: json_format.plain(value) for key, value in extra.items()}
    assert outcome.document is not None  # all are shown
    return json_format.dumps({**outcome.document, **known})


def _policies(configured: Configuration) -> Policies:
    """What is asked of each model. One policy for all is made once: there are many models."""
    if configured.same_for_all:
        policy = configured.policy("model.onnx")
        return lambda ref: policy
    return lambda ref: configured.policy(ref.place, ref.subject, ref.registry)


def _each_once(sources: Sequence[Source], failed: Callable[[AuditorError], None] = lambda error: None) -> Iterator[Ref]:
    """The models of all sources, and of one that lies in two of them only the first."""
    seen: set[str] = set()
    for source in sources:
        try:
            for found in source.models():
                ref = (around(found.path) or found) if source.kind == "file" else found
                path = ref.address or os.path.abspath(ref.path)  # no link followed
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
