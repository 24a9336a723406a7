"""One call of ``auditor check``: each model audited, its report kept and written wherever it was asked for."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from .. import __version__
from ..config.configuration import Configuration
from ..errors import AuditorError, CannotLook, ExitCode, NothingToAudit, StoreError, UsageError
from ..formats import json as json_format
from ..formats import renderer
from ..formats.parts.names import visible
from ..pipeline import audit, selected
from ..policy.judge import exit_code
from ..report import Coverage, Missed, ModelIdentity, Report, Verdict
from ..settings import Settings
from .judging import Subject, named
from .outlet import Destinations, Outlet, into_file
from .streams import say


class Session:
    """Where reports go: standard output, files, the store."""

    def __init__(self, settings: Settings, configured: Configuration, to: Destinations) -> None:
        self.settings = settings
        self.configured = configured
        self.to = to
        renderer(to.form)  # a wrong format's or rule's name ends this before anything is audited
        selected(settings)

    def audit(self, paths: Sequence[str]) -> list[ExitCode]:
        """Audit all; the exit code of each."""
        for path in paths:
            if os.path.isdir(path):  # Path.is_dir raises for a name that is too long
                raise UsageError(f"{path} is a folder: `auditor batch` audits folders, `check` takes files")
        subjects = [named(path, self.configured) for path in paths]  # what cannot be read of a policy is said first
        several = len(paths) > 1
        with ExitStack() as stack:
            outlets = [stack.enter_context(into_file(form, file, several=several)) for form, file in self.to.files]
            shown = None
            if not self.to.quiet:
                shown = Outlet(self.to.form, self.to.out, several=several)
                stack.callback(shown.close)
            return [self._one(subject, shown, outlets) for subject in subjects]

    def _one(self, subject: Subject, shown: Outlet | None, files: Sequence[Outlet]) -> ExitCode:
        path = subject.path
        try:
            with self._progress(path):
                raw = _with(audit(path, self.settings, subject.contract), subject.troubles)
            report, verdict, _ = subject.judged(raw, self.to.database)
            code = exit_code(verdict)
        except (NothingToAudit, CannotLook) as error:
            raw = report = _nothing(path, str(error))
            verdict, code = Verdict.INCONCLUSIVE, error.exit_code
            say(str(error))
        except AuditorError:
            raise
        except Exception as error:  # a fault of ours costs this model, and the others are still audited
            raw = report = _nothing(path, f"a fault of auditor: {type(error).__name__}: {error}")
            verdict, code = Verdict.INCONCLUSIVE, ExitCode.FAULT
            traceback.print_exc()
            say(f"{__version__}: this is a fault of auditor, please report it with the traceback")
        stored = not self.to.store or not raw.audited_at or self._stored(raw, verdict, subject)
        if shown and (self.to.form != "text" or report.audited_at):  # people read on standard error why there is none
            shown.write(report, verdict)
        for outlet in files:
            outlet.write(report, verdict)
        if not stored and code == ExitCode.PASS and self.to.insist:
            return ExitCode.INCONCLUSIVE  # the store was asked for by name
        return code

    def _stored(self, raw: Report, verdict: Verdict, subject: Subject) -> bool:
        """Keep the report as it was before any policy. What goes wrong here is one line, and no end of the call."""
        from ..store.store import Store
        from ..store.where import chosen_path

        try:
            with Store.open(chosen_path(self.to.database)) as store:
                store.save(json_format.document(raw, verdict), subject=subject.name, version=subject.version)
        except StoreError as error:
            say(f"the report was not stored: {error}")
            return False
        return True

    @contextmanager
    def _progress(self, path: str) -> Iterator[None]:
        """A sign of life on a terminal, gone when the report comes."""
        if self.to.quiet or not sys.stderr.isatty() or os.environ.get("CI"):
            yield
            return
        print(f"auditing {visible(path, 60)} ...", end="", file=sys.stderr, flush=True)
        try:
            yield
        finally:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _with(report: Report, troubles: Sequence[str]) -> Report:
    """The report with what the registry around its model leaves unsaid."""
    coverage = report.coverage
    missed = (Missed("registry", trouble) for trouble in troubles)
    return report._replace(coverage=coverage._replace(skipped=(*coverage.skipped, *missed)))


def _nothing(path: str, why: str) -> Report:
    """The report of a file that could not be looked at at all."""
    return Report(ModelIdentity(path), coverage=Coverage(failed=(Missed("model", why, asked=True),)))
