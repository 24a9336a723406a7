"""Where the reports of one call go: standard output, or a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import NamedTuple, TextIO

from ..errors import UsageError
from ..formats import Writer, renderer, writer
from ..report import Report, Verdict
from .streams import hush


class Destinations(NamedTuple):
    """Where the reports of one call go: standard output, files, the store."""

    form: str  # of standard output
    files: Sequence[tuple[str, str]]  # format and path
    out: TextIO
    quiet: bool = False
    store: bool = True
    database: str | None = None  # as --db, AUDITOR_DB or the configuration names it
    insist: bool = False  # the store was named on the command line: not having it leaves the verdict open


class Outlet:
    """Takes reports in one format; several of them become one document where the format has one."""

    def __init__(self, form: str, out: TextIO, *, several: bool, file: str = "") -> None:
        self._form = form
        self._out = out
        self._several = several
        self._file = file
        self._writer: Writer | None = None  # nothing is written before there is a report
        if isinstance(out, TextIOWrapper):  # a letter that the stream cannot encode does not stop the output
            out.reconfigure(errors="backslashreplace")

    def write(self, report: Report, verdict: Verdict) -> None:
        with self._guarded():
            if not self._several:
                renderer(self._form)(report, verdict, self._out)
            else:
                self._writer = self._writer or writer(self._form, self._out)
                self._writer.write(report, verdict)
            self._out.flush()

    def close(self) -> None:
        """The end of the document; also where the call ends early, so that what was audited can be read."""
        with self._guarded(), ExitStack() as stack:
            if self._file:
                stack.callback(self._out.close)
            if self._writer is not None:
                self._writer.close()
                self._out.flush()

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if self._file:
                raise UsageError(f"cannot write {self._file}: {error.strerror}") from None
            if not isinstance(error, BrokenPipeError):
                raise
            hush()  # nobody reads on, and the verdict still counts


@contextmanager
def into_file(form: str, file: str, *, several: bool) -> Iterator[Outlet]:
    """An outlet into a file, made before the first audit: a path that cannot be written is found out at once."""
    try:
        out = Path(file).open("w", encoding="utf-8")  # noqa: SIM115  # the outlet closes it
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror}") from None
    with closing(Outlet(form, out, several=several, file=file)) as outlet:
        yield outlet
