"""The verdict on a report."""

from __future__ import annotations

from .errors import ExitCode
from .report import Report, Severity, Verdict

_RANK = {Severity.NOTE: 0, Severity.WARNING: 1, Severity.ERROR: 2}


def judge(report: Report, fail_on: Severity | None = Severity.ERROR) -> Verdict:
    """Fail where a finding is at or above ``fail_on``; inconclusive where something asked for was not looked at.

    ``fail_on`` None always passes: the caller wants the report and no verdict.
    """
    if fail_on is None:
        return Verdict.PASS
    if any(_RANK[f.severity or Severity.ERROR] >= _RANK[fail_on] for f in report.findings):
        return Verdict.FAIL
    if report.coverage.failed or any(missed.asked for missed in report.coverage.skipped):
        return Verdict.INCONCLUSIVE
    return Verdict.PASS


def exit_code(verdict: Verdict) -> ExitCode:
    """What the process returns for a verdict."""
    return {
        Verdict.PASS: ExitCode.PASS,
        Verdict.FAIL: ExitCode.FINDINGS,
        Verdict.INCONCLUSIVE: ExitCode.INCONCLUSIVE,
    }[verdict]
