"""One call of ``auditor check``: each model audited, its report kept and written wherever it was asked for."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TextIO

from ..errors import AuditorError, CannotLook, ExitCode, NothingToAudit, StoreError, UsageError
from ..formats import json as json_format
from ..formats import renderer
from ..formats.names import prose, visible
from ..gate import exit_code, judge
from ..pipeline import audit, selected
from ..report import Coverage, Missed, ModelIdentity, Report, Verdict
from ..settings import Settings


class Session:
    """Where reports go: standard output, files, the store."""

    def __init__(
        self,
        settings: Settings,
        form: str,
        files: Sequence[tuple[str, str]],
        out: TextIO,
        *,
        quiet: bool,
        store: bool,
        database: str | None,
    ) -> None:
        self.settings = settings
        self.form = form
        self.render = renderer(form)
        self.files = files
        self.out = out
        self.quiet = quiet
        self.store = store
        self.database = database
        selected(settings)  # a wrong rule's name ends this before anything is audited

    def audit(self, paths: Sequence[str]) -> list[ExitCode]:
        """Audit all; the exit code of each."""
        for path in paths:
            if Path(path).is_dir():
                raise UsageError(f"{visible(path)} is a folder: `auditor batch` audits folders, `check` takes files")
        for _, file in self.files:
            _writable(file)
        several = len(paths) > 1
        return [self._one(path, several) for path in paths]

    def _one(self, path: str, several: bool) -> ExitCode:
        try:
            with self._progress(path):
                report = audit(path, self.settings)
            verdict = judge(report, self.settings.fail_on)
            code = exit_code(verdict)
        except (NothingToAudit, CannotLook) as error:
            report, verdict, code = _nothing(path, error), Verdict.INCONCLUSIVE, error.exit_code
            self._say(f"auditor: {prose(str(error))}")
        stored = self._keep(report, verdict) if code != ExitCode.NOTHING else True
        self._write(report, verdict, several)
        if not stored and code == ExitCode.PASS and self.database is not None:
            return ExitCode.INCONCLUSIVE  # the store was asked for by name
        return code

    def _write(self, report: Report, verdict: Verdict, several: bool) -> None:
        if not self.quiet:
            if several and self.form == "json":
                self.out.write(json_format.line(report, verdict) + "\n")
            elif self.form == "json" or report.model.digest or report.findings:
                self.render(report, verdict, self.out)
                if several:
                    self.out.write("\n")
            self.out.flush()
        for form, file in self.files:
            with Path(file).open("a" if several else "w", encoding="utf-8") as out:
                if several and form == "json":
                    out.write(json_format.line(report, verdict) + "\n")
                else:
                    renderer(form)(report, verdict, out)

    def _keep(self, report: Report, verdict: Verdict) -> bool:
        """Store the report; what goes wrong there is one line, and the report is printed all the same."""
        if not self.store:
            return True
        from ..store.store import Store
        from ..store.where import chosen_path

        try:
            with Store.open(chosen_path(self.database)) as store:
                store.save(json_format.document(report, verdict))
        except StoreError as error:
            self._say(f"auditor: the report was not stored: {prose(str(error))}")
            return False
        return True

    def _say(self, line: str) -> None:
        print(line, file=sys.stderr)

    def _progress(self, path: str) -> AbstractContextManager[object]:
        """A sign of life on a terminal."""
        if self.quiet or self.form == "json" or not sys.stderr.isatty() or os.environ.get("CI"):
            return nullcontext()
        from rich.console import Console
        from rich.text import Text

        return Console(stderr=True).status(Text(f"auditing {visible(path, 60)}"))


def _nothing(path: str, error: AuditorError) -> Report:
    """The report of a file that could not be looked at at all."""
    return Report(ModelIdentity(path), coverage=Coverage(failed=(Missed("model", str(error), asked=True),)))


def _writable(file: str) -> None:
    """Truncate an output file before the first audit: a path that cannot be written is found out at once."""
    try:
        Path(file).write_text("", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {visible(file)}: {error.strerror}") from None

