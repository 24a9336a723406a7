"""From a judged report and the hashes of its model's files to the lines of an attestation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from .. import __version__
from ..findings.order import RANK
from ..policy.judge import Judgement, unjudged
from ..policy.limits import unmet
from ..policy.policy import Policy
from ..report import Finding, Missed, Severity, Verdict, waiver_of
from ..rules import all_rules
from ..settings import DEEP
from .model_files import HashedModel
from .policy_text import policy_text
from .statements import FAILED, PASSED, WARNED, AttestedAudit, WaivedFinding, names_of

_THINGS = ("run", "golden", "isolation", "provider", "weights", "contract", *DEEP)


def attested_audit(
    judgement: Judgement, policy: Policy, files: HashedModel, runtime: str, now: datetime
) -> AttestedAudit:
    """What there is to sign: the verdict, what it rests on, and what was not looked at."""
    report, verdict = judgement.report, judgement.verdict
    bad = [finding for finding in report.findings if RANK[finding.severity] >= RANK[Severity.WARNING]]
    fails = _failing(judgement, policy)
    failed = names_of(finding.rule for finding in fails) if verdict is Verdict.FAIL else ()
    warned = names_of({finding.rule for finding in bad} - set(failed))
    why = tuple(reason.text for reason in judgement.reasons if reason.kind == verdict.value)
    result = FAILED if verdict is not Verdict.PASS else WARNED if warned else PASSED
    return AttestedAudit(
        model=files.main.name,
        subjects={file.name: file.sha256 for file in files.files},
        result=result,
        verdict=verdict.value,
        policy=policy_text(policy),
        policy_origin=policy.origin,
        rules=report.rules_digest,
        auditor=__version__,
        attested_at=now.isoformat(timespec="seconds"),
        audited_at=report.audited_at,
        runtime=runtime if report.run.status != "not run" else "",
        run=report.run.status,
        isolation={str(layer): str(level) for layer, level in report.run.isolation.items()},
        reasons=why,
        passed=names_of(set(report.coverage.ran) - set(warned) - set(failed)),
        warned=warned,
        failed=failed,
        looked_at=_looked_at(judgement),
        not_looked_at=_not_looked_at(judgement, files),
        waived=tuple(_waived(finding) for finding in report.findings if waiver_of(finding) is not None),
        ad_hoc=report.ad_hoc,
    )


def _failing(judgement: Judgement, policy: Policy) -> list[Finding]:
    level = policy.fail_on
    found = judgement.report.findings
    return [f for f in found if level and waiver_of(f) is None and RANK[f.severity] >= RANK[level]]


def _looked_at(judgement: Judgement) -> tuple[str, ...]:
    """All that a policy could require and would have."""
    things = frozenset((*_THINGS, *(rule.name for rule in all_rules())))
    missed = {one.what for one in unmet(unjudged(judgement.report), Policy(required=things))}
    return tuple(sorted(things - missed))


def _not_looked_at(judgement: Judgement, files: HashedModel) -> tuple[Missed, ...]:
    coverage = judgement.report.coverage
    unread = [Missed(f"file {name}", why, asked=True) for name, why in files.unread.items()]
    return (*coverage.failed, *coverage.skipped, *unread)


def _waived(finding: Finding) -> WaivedFinding:
    by = waiver_of(finding)
    assert by is not None
    return WaivedFinding(finding.rule, by.by, by.expires)


class Signs(Protocol):
    """A key, or an identity."""

    def signed(self, payloads: Sequence[bytes]) -> tuple[str, str]:
        """The lines of the file, and whose they are, for people."""
        raise NotImplementedError
