"""One call of ``auditor check``: each model audited, its report kept and written wherever it was asked for."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from ..config.configuration import Configuration
from ..errors import AuditorError, CannotLook, ExitCode, NothingToAudit, StoreError, UsageError
from ..files import is_address
from ..pipeline import Audit, audited, selected
from ..policy.judge import exit_code
from ..report import Coverage, Missed, ModelIdentity, Report, Verdict
from ..settings import Settings
from ..tuples import NamedTuple
from .destinations import Destinations
from .faults import tell_fault
from .fetching import fetching_as
from .listening import Listener
from .subjects import Subject, known, named, subject_of

if TYPE_CHECKING:
    from ..batch.refs import Ref
    from ..picture import Picture


class Checked(NamedTuple):
    """What came of one model."""

    report: Report  # as the policy sees it
    verdict: Verdict
    code: ExitCode
    picture: Picture | None = None  # where somebody draws it


class Checking:
    """Audits models one after the other."""

    def __init__(
        self, settings: Settings, configured: Configuration, to: Destinations, listener: Listener | None = None
    ) -> None:
        self.settings = settings
        self.configured = configured
        self.to = to
        self.listener = listener or Listener()
        self._held: list[Iterator[Ref]] = []  # where models come from that were fetched
        selected(settings)  # a wrong rule's name ends this before anything is audited

    def codes(self, paths: Sequence[str]) -> list[ExitCode]:
        """Audit all, and write what comes of them; the exit code of each. People read at last what came of several."""
        checked = self.checked(paths, pictured=len(paths) == 1 and self.to.draws)
        with ExitStack() as stack:
            outlets = self.to.opened(stack, several=len(paths) > 1)
            codes, verdicts = [], []
            for one in checked:
                for outlet in outlets:
                    # People read on standard error why there is no report.
                    if outlet.file or self.to.form != "text" or one.report.audited_at:
                        outlet.write(one.report, one.verdict, one.picture)
                codes.append(one.code)
                verdicts.append(one.verdict)
            for outlet in outlets:
                if outlet.form == "text" and len(paths) > 1:
                    from ..formats.parts.telling import tally

                    outlet.write_text(f"{tally(verdicts)}\n")
        return codes

    def checked(self, paths: Sequence[str], *, pictured: bool = False) -> Iterator[Checked]:
        """Audit all; what cannot be read of a policy is an error before the first. ``pictured``: with a picture."""
        for path in paths:
            if os.path.isdir(path):  # Path.is_dir raises for a name that is too long
                raise UsageError(f"{path} is a folder: `auditor batch` audits folders, `check` takes files")
        subjects = [
            self._fetched(path) if is_address(path) and not os.path.lexists(path) else named(path, self.configured)
            for path in paths
        ]
        return (self._one(subject, pictured) for subject in subjects)

    def _fetched(self, address: str) -> Subject:
        """The one model at an address, which lies here as long as this does."""
        from ..batch.sources import source_at

        models = source_at(address, fetching_as(self.configured)).models()
        ref = next(models, None)
        if ref is None:
            raise NothingToAudit(f"there is no model in {address}")
        if ref.unfetched:
            raise CannotLook(ref.unfetched)
        if next(models, None) is not None:
            raise UsageError(f"{address} has several models: `auditor batch` audits them, `check` takes one")
        self._held.append(models)  # with its lease
        return subject_of(known(ref, self.configured), self.configured)

    def _one(self, subject: Subject, pictured: bool) -> Checked:
        path = subject.path
        whole = None
        try:
            with self.listener.auditing(path) as at:
                source = path if subject.fetched is None else subject.fetched.source
                whole = audited(source, self.settings, subject.contract, at)
                raw = _with(whole.report, subject)
                if subject.fetched is not None:
                    raw = raw._replace(model=raw.model._replace(path=path))
            for trace in raw.coverage.traces:
                tell_fault(self.listener, trace)
            report, verdict, _ = subject.judged(raw, self.to.database)
            code = exit_code(verdict)
        except (NothingToAudit, CannotLook) as error:
            raw = report = _nothing(path, str(error))
            verdict, code = Verdict.INCONCLUSIVE, error.exit_code
            self.listener.say(str(error))
        except AuditorError:
            raise
        except Exception as error:  # a fault of ours costs this model, and the others are still audited
            raw = report = _nothing(path, f"a fault of auditor: {type(error).__name__}: {error}")
            verdict, code = Verdict.INCONCLUSIVE, ExitCode.FAULT
            tell_fault(self.listener)
        stored = (
            not self.to.store
            or not raw.audited_at
            or self._stored(raw._replace(judged_by=report.judged_by), verdict, subject)
        )
        if not stored and code == ExitCode.PASS:
            code = ExitCode.INCONCLUSIVE  # a report that was to be kept is nowhere
        return Checked(report, verdict, code, self._picture(whole, report, subject) if pictured and whole else None)

    def _picture(self, whole: Audit, report: Report, subject: Subject) -> Picture:
        """What is drawn beside the report; that it cannot be is no reason to have no report."""
        from .picturing import pictured

        try:
            return pictured(whole.evidence, report, subject.key, self.to.database, stored=self.to.store)
        except Exception as error:
            from ..picture import Picture

            tell_fault(self.listener)
            return Picture(why=f"a fault of auditor: {type(error).__name__}: {error}")

    def _stored(self, raw: Report, verdict: Verdict, subject: Subject) -> bool:
        """Keep the report as it was before any policy. What goes wrong here is one line, and no end of the call."""
        from ..formats import json as json_format
        from ..store.store import Store
        from ..store.where import chosen_path

        try:
            with Store.open(chosen_path(self.to.database)) as store:
                store.save(
                    json_format.document(raw, verdict),
                    subject=subject.key if subject.name else None,
                    version=subject.version,
                )
        except StoreError as error:
            self.listener.say(f"the report was not stored: {error}")
            return False
        return True


def _with(report: Report, subject: Subject) -> Report:
    """The report with what the registry around its model leaves unsaid, and with what was not fetched."""
    missed = [Missed("registry", trouble) for trouble in subject.troubles]
    if subject.fetched is not None and subject.fetched.partly is not None:
        missed.append(subject.fetched.partly.missed())
    if not missed:
        return report
    coverage = report.coverage
    return report._replace(coverage=coverage._replace(skipped=(*coverage.skipped, *missed)))


def _nothing(path: str, why: str) -> Report:
    """The report of a file that could not be looked at at all."""
    return Report(ModelIdentity(path), coverage=Coverage(failed=(Missed("model", why, asked=True),)))
