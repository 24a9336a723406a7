"""One call of ``auditor check``: each model audited, its report kept and written wherever it was asked for."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from .. import __version__
from ..errors import AuditorError, CannotLook, ExitCode, NothingToAudit, StoreError, UsageError
from ..formats import json as json_format
from ..formats import renderer
from ..formats.names import visible
from ..gate import exit_code, judge
from ..pipeline import audit, selected
from ..policy import Policy
from ..report import Coverage, Missed, ModelIdentity, Report, Verdict
from ..settings import Settings
from .outlet import Destinations, Outlet, into_file
from .streams import say


class Session:
    """Where reports go: standard output, files, the store."""

    def __init__(self, settings: Settings, policy: Policy, to: Destinations) -> None:
        self.settings = settings
        self.policy = policy
        self.to = to
        renderer(to.form)  # a wrong format's or rule's name ends this before anything is audited
        selected(settings)

    def audit(self, paths: Sequence[str]) -> list[ExitCode]:
        """Audit all; the exit code of each."""
        for path in paths:
            if os.path.isdir(path):  # noqa: PTH112  # Path.is_dir raises for a name that is too long
                raise UsageError(f"{path} is a folder: `auditor batch` audits folders, `check` takes files")
        several = len(paths) > 1
        with ExitStack() as stack:
            outlets = [stack.enter_context(into_file(form, file, several=several)) for form, file in self.to.files]
            shown = None
            if not self.to.quiet:
                shown = Outlet(self.to.form, self.to.out, several=several)
                stack.callback(shown.close)
            return [self._one(path, shown, outlets) for path in paths]

    def _one(self, path: str, shown: Outlet | None, files: Sequence[Outlet]) -> ExitCode:
        try:
            with self._progress(path):
                report = audit(path, self.settings)
            verdict = judge(report, self.policy).verdict
            code = exit_code(verdict)
        except (NothingToAudit, CannotLook) as error:
            report, verdict, code = _nothing(path, str(error)), Verdict.INCONCLUSIVE, error.exit_code
            say(str(error))
        except AuditorError:
            raise
        except Exception as error:  # a fault of ours costs this model, and the others are still audited
            report = _nothing(path, f"a fault of auditor: {type(error).__name__}: {error}")
            verdict, code = Verdict.INCONCLUSIVE, ExitCode.FAULT
            traceback.print_exc()
            say(f"{__version__}: this is a fault of auditor, please report it with the traceback")
        stored = not self.to.store or not report.audited_at or self._stored(report, verdict)
        if shown and (self.to.form != "text" or report.audited_at):  # people read on standard error why there is none
            shown.write(report, verdict)
        for outlet in files:
            outlet.write(report, verdict)
        if not stored and code == ExitCode.PASS and self.to.database is not None:
            return ExitCode.INCONCLUSIVE  # the store was asked for by name
        return code

    def _stored(self, report: Report, verdict: Verdict) -> bool:
        """What goes wrong with the store is one line, and the report is printed all the same."""
        from ..store.store import Store
        from ..store.where import chosen_path

        try:
            with Store.open(chosen_path(self.to.database)) as store:
                store.save(json_format.document(report, verdict))
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


def _nothing(path: str, why: str) -> Report:
    """The report of a file that could not be looked at at all."""
    return Report(ModelIdentity(path), coverage=Coverage(failed=(Missed("model", why, asked=True),)))
