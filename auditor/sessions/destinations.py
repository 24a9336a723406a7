"""Where the reports of one call go: a stream, files, the store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from io import TextIOWrapper
from typing import TYPE_CHECKING, TextIO

from ..errors import UsageError
from ..formats import Writer, draws, write, writer
from ..report import Report, Verdict
from ..tuples import NamedTuple
from .listening import Listener

if TYPE_CHECKING:
    from ..picture import Picture


class Destinations(NamedTuple):
    """Where the reports of one call go."""

    form: str  # of the stream
    out: TextIO
    files: Sequence[tuple[str, str]] = ()  # format and path
    quiet: bool = False  # nothing goes to the stream
    store: bool = True
    database: str | None = None  # as --db, AUDITOR_DB or the configuration names it
    listener: Listener = Listener()

    @property
    def draws(self) -> bool:
        """Whether some of them show a picture of the model."""
        return any(map(draws, (*(() if self.quiet else (self.form,)), *(form for form, _ in self.files))))

    def opened(self, stack: ExitStack, *, several: bool) -> list[Outlet]:
        """All files, and the stream unless it is to be quiet; ``stack`` closes them."""
        outlets = self.opened_files(stack, several=several)
        if not self.quiet:
            outlets.insert(0, stack.enter_context(closing(self.stream(several=several))))
        return outlets

    def opened_files(self, stack: ExitStack, *, several: bool) -> list[Outlet]:
        """Made before the first audit: a path that cannot be written is found out at once."""
        return [
            stack.enter_context(into_file(form, file, several=several, listener=self.listener))
            for form, file in self.files
        ]

    def stream(self, *, several: bool) -> Outlet:
        """The outlet into the stream."""
        return Outlet(self.form, self.out, several=several, listener=self.listener)


class Outlet:
    """Takes reports in one format; several of them become one document where the format has one."""

    def __init__(
        self, form: str, out: TextIO, *, several: bool, file: str = "", listener: Listener | None = None
    ) -> None:
        self.file = file  # "": a stream
        self.form = form
        self._out = out
        self._several = several
        self._listener = listener or Listener()
        self._writer: Writer | None = None  # nothing is written before there is a report
        if isinstance(out, TextIOWrapper):  # a letter that the stream cannot encode does not stop the output
            out.reconfigure(errors="backslashreplace")

    def write(self, report: Report, verdict: Verdict, picture: Picture | None = None) -> None:
        with self.guarded():
            if not self._several:
                write(self.form, report, verdict, picture, self._out)
            else:
                self._writer = self._writer or writer(self.form, self._out)
                self._writer.write(report, verdict)
            self._out.flush()

    def write_text(self, text: str) -> None:
        """What is in its format already."""
        with self.guarded():
            self._out.write(text)
            self._out.flush()

    def close(self) -> None:
        """The end of the document; also where the call ends early, so that what was audited can be read."""
        with self.guarded(), ExitStack() as stack:
            if self.file:
                stack.callback(self._out.close)
            if self._writer is not None:
                self._writer.close()
                self._out.flush()

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Around what writes: a file or a stream that takes no more loses the result; a reader may leave."""
        try:
            yield
        except OSError as error:
            if self.file:
                self._listener.lose(f"cannot write {self.file}: {error.strerror}")
                return
            self._listener.nobody_reads()  # the verdict still counts
            if not isinstance(error, BrokenPipeError):
                self._listener.lose(f"the result cannot be written: {error.strerror}")


@contextmanager
def into_file(form: str, file: str, *, several: bool, listener: Listener | None = None) -> Iterator[Outlet]:
    """An outlet into a file."""
    try:
        out = open(file, "w", encoding="utf-8")  # noqa: SIM115  # the outlet closes it
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror}") from None
    with closing(Outlet(form, out, several=several, file=file, listener=listener)) as outlet:
        yield outlet
