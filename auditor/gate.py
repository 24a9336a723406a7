"""The verdict on a report."""

from __future__ import annotations

from typing import NamedTuple

from .errors import ExitCode
from .policy import Policy
from .report import Report, Severity, Verdict

_RANK = {Severity.NOTE: 0, Severity.WARNING: 1, Severity.ERROR: 2}

USUAL = Policy()


class Judgement(NamedTuple):
    """A report as a policy sees it: severities overridden, findings waived, the policy's own findings added."""

    report: Report
    verdict: Verdict


def judge(report: Report, policy: Policy = USUAL) -> Judgement:
    """Fail where a finding is at or above ``fail_on``; inconclusive where something asked for was not looked at.

    ``fail_on`` None always passes: the caller wants the report and no verdict.
    """
    return Judgement(report, _verdict(report, policy))


def _verdict(report: Report, policy: Policy) -> Verdict:
    if policy.fail_on is None:
        return Verdict.PASS
    if any(_RANK[f.severity or Severity.ERROR] >= _RANK[policy.fail_on] for f in report.findings):
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
