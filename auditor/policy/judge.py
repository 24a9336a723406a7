"""The verdict on a report: what a policy makes of what an audit found, whenever the report is read."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from ..errors import ExitCode
from ..findings.order import RANK, worst_first
from ..report import Coverage, Finding, JudgedFinding, Missed, Report, Severity, Verdict, waiver_of
from ..rules import all_rules
from ..tuples import NamedTuple
from ..wording import counted, listed
from .limits import beyond_limits, beyond_lists, left_out, unmet
from .policy import Policy
from .waivers import waived

if TYPE_CHECKING:
    from datetime import date

USUAL = Policy()


class Reason(NamedTuple):
    """One line of why the verdict is what it is."""

    kind: str  # fail | inconclusive | waived | said
    text: str
    fix: str = ""  # what would mend it


class Judgement(NamedTuple):
    """A report as a policy sees it: severities overridden, findings waived, the policy's own findings added."""

    report: Report
    verdict: Verdict
    reasons: tuple[Reason, ...] = ()


def judge(
    report: Report,
    policy: Policy = USUAL,
    accepted: Report | None = None,
    today: date | None = None,
    *,
    whole: bool = False,
) -> Judgement:
    """Fail where a finding is at or above ``fail_on``; inconclusive where something asked for was not looked at.

    ``accepted`` is the version that increases are measured against. ``fail_on`` None always passes: the caller wants
    the report and no verdict. Findings that the policy itself makes are left out only where ``ignore`` names them.
    With ``whole``, and under a trusted policy, every rule that counts is asked for, whatever the audit was told to
    leave out, and so is a run that failed on every input that was tried, unless the policy wants none.
    """
    found, missed = _asked(report, policy, accepted)
    if whole or policy.trusted:
        missed += left_out(report, policy)
        missed += _ran_on_nothing(report, policy)
    kept = [f for f in unjudged(report).findings if is_counted(f.rule, policy)]
    looked_at = tuple(rule for rule in report.coverage.ran if is_counted(rule, policy))
    marked = waived((*kept, *found), policy, today, looked_at)
    findings = [_weighed(f, policy) for f in marked if f.rule not in policy.ignore]
    missed += _not_counted(report.coverage, looked_at, policy)
    judged = report._replace(
        findings=worst_first(findings),
        coverage=_with(report.coverage._replace(ran=looked_at), missed),
        judged_by=policy.judged_by,
    )
    return Judgement(judged, _verdict(judged, policy), tuple(_reasons(judged, policy)))


def _ran_on_nothing(report: Report, policy: Policy) -> Iterator[Missed]:
    """A run that was made and came to nothing says neither that the model works nor that it does not."""
    if policy.run and report.run.status == "failed":
        told = next((missed for missed in report.coverage.skipped if missed.what == "run"), None)
        if told is not None and told.asked:
            return
        why = report.run.why if told is None else told.why
        yield Missed("run", f"{why} (run = false asks for none)", asked=True)


def unjudged(report: Report) -> Report:
    """The report without what a policy made of it: one in a file may have been judged before."""
    return report._replace(findings=tuple(_afresh(f) for f in report.findings if f.rule not in by_policy()))


@cache
def by_policy() -> frozenset[str]:
    """The rules whose findings a policy makes."""
    return frozenset(rule.name for rule in all_rules() if rule.kind.by_policy)


@cache
def _from_strangers() -> dict[str, Severity]:
    """How bad what a rule finds is at least in a model of which nobody knows who made it."""
    return {rule.name: rule.kind.from_strangers for rule in all_rules() if rule.kind.from_strangers is not None}


def _asked(report: Report, policy: Policy, accepted: Report | None) -> tuple[list[Finding], list[Missed]]:
    """What comes of the policy's limits, lists and requirements."""
    found: list[Finding] = []
    missed: list[Missed] = []
    if policy.limits or policy.allowed or policy.required:
        for one in (*beyond_limits(report, policy, accepted), *beyond_lists(report, policy), *unmet(report, policy)):
            if isinstance(one, Finding):
                found.append(one)
            else:
                missed.append(one)
    return found, missed


def is_counted(rule: str, policy: Policy) -> bool:
    """Whether a rule's findings say anything under a policy, and whether it is missed where it was not run."""
    return rule not in policy.ignore and (not policy.select or rule in policy.select or rule in by_policy())


def _afresh(finding: Finding) -> Finding:
    """What was waived or weighed once need not be now."""
    if not isinstance(finding, JudgedFinding):
        return finding
    fields = {name: getattr(finding, name) for name in Finding._fields}
    return Finding(**fields | {"severity": finding.own_severity or finding.severity})


def _not_counted(coverage: Coverage, looked_at: tuple[str, ...], policy: Policy) -> Iterator[Missed]:
    """Whoever reads the report next must not take these rules for rules that found nothing."""
    names = [rule for rule in coverage.ran if rule not in looked_at]
    if names:
        where = f" in {policy.origin}" if policy.origin else ""
        yield Missed("policy", f"{counted(names, 'rule')} left out by select or ignore{where}: {listed(names)}")


def _weighed(finding: Finding, policy: Policy) -> Finding:
    severity = _severity(finding.rule, finding.severity, policy)
    if severity is None:
        return finding
    return JudgedFinding.from_finding(finding, severity=severity, own_severity=finding.severity)


def _severity(rule: str, own: Severity, policy: Policy) -> Severity | None:
    """How bad a policy says that a rule's finding is; None where it leaves that to the finding."""
    severity = policy.severity.get(rule)
    if severity is None and policy.profile == "untrusted":
        suspicion = _from_strangers().get(rule)
        if suspicion is not None and RANK[suspicion] > RANK[own]:
            return suspicion
    return severity


def failing_severities(rule: str, policy: Policy) -> frozenset[Severity]:
    """With which severities of its own a rule's finding fails under a policy, unless it is waived."""
    if policy.fail_on is None or not is_counted(rule, policy):
        return frozenset()
    level = RANK[policy.fail_on]
    return frozenset(own for own in Severity if RANK[_severity(rule, own, policy) or own] >= level)


def _with(coverage: Coverage, missed: list[Missed]) -> Coverage:
    """What was required takes the place of what was merely not looked at."""
    if not missed:
        return coverage
    there = {m.what: m for m in coverage.skipped} | {m.what: m for m in missed}
    return coverage._replace(skipped=tuple(there.values()))


def _fails(finding: Finding, policy: Policy) -> bool:
    level = policy.fail_on
    return level is not None and waiver_of(finding) is None and RANK[finding.severity] >= RANK[level]


def _open(coverage: Coverage) -> list[Missed]:
    """What leaves the verdict open."""
    return [*coverage.failed, *(missed for missed in coverage.skipped if missed.asked)]


def _verdict(report: Report, policy: Policy) -> Verdict:
    if policy.fail_on is None:
        return Verdict.PASS
    if any(_fails(f, policy) for f in report.findings):
        return Verdict.FAIL
    return Verdict.INCONCLUSIVE if _open(report.coverage) else Verdict.PASS


def _reasons(report: Report, policy: Policy) -> list[Reason]:
    """What failed, what left it open, what was waived, and what else was not looked at."""
    reasons = [Reason("fail", _sentence(f) + _worse(f, policy), f.fix) for f in report.findings if _fails(f, policy)]
    reasons += [Reason("inconclusive", f"{m.what}: {m.why}") for m in _open(report.coverage)]
    for finding in report.findings:
        by = waiver_of(finding)
        if by is not None:
            says = ", ".join(filter(None, (by.owner, by.reason, by.expires and f"until {by.expires}")))
            reasons.append(Reason("waived", f"{_sentence(finding)} [{by.by}{f': {says}' if says else ''}]"))
    reasons += [Reason("said", f"{m.what}: {m.why}") for m in report.coverage.skipped if not m.asked]
    return reasons


def _worse(finding: Finding, policy: Policy) -> str:
    if finding.fingerprint not in policy.known:
        return ""
    return " [in the baseline, where it was not as bad]"


def _sentence(finding: Finding) -> str:
    where = finding.location
    place = "/".join(filter(None, (where.graph, where.node or where.tensor)))
    return f"{finding.rule}{f' at {place}' if place else ''}: {finding.message}"


def exit_code(verdict: Verdict) -> ExitCode:
    """What the process returns for a verdict."""
    return {
        Verdict.PASS: ExitCode.PASS,
        Verdict.FAIL: ExitCode.FINDINGS,
        Verdict.INCONCLUSIVE: ExitCode.INCONCLUSIVE,
    }[verdict]
