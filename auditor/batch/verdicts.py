"""Reports of a batch under the policy of each model; where a policy asks for little, little of a report is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from ..errors import ExitCode
from ..findings.order import RANK
from ..formats.json import document, parse
from ..policy.judge import USUAL, exit_code, judge
from ..policy.policy import Policy
from ..report import Verdict
from ..tuples import NamedTuple
from .one import Audited
from .refs import Ref

Policies: TypeAlias = Callable[[Ref], Policy]
"""What is asked of a model."""


class Judged(NamedTuple):
    """A document as a policy sees it."""

    document: Mapping[str, Any]
    verdict: Verdict
    code: ExitCode


def passes_without_findings(policy: Policy) -> bool:
    """Whether a report that passed and finds nothing passes by this policy as well, whatever else stands in it."""
    return not (policy.limits or policy.allowed or policy.required or policy.waivers or policy.trusted)


def passes_open(document: Mapping[str, Any], verdict: Verdict) -> bool:
    """Whether a report passes of which something is open, by a policy under which nothing fails.

    Its verdict then does not tell another policy that it is.
    """
    return verdict is Verdict.PASS and any(missed["asked"] for missed in document["coverage"]["skipped"])


def judged(audited: Audited, policy: Policy, accepted: Mapping[str, Any] | None = None) -> Judged:
    """The verdict of a policy on a fresh or a stored document; ``accepted`` is that of the version accepted last."""
    raw = audited.document
    if audited.code is not None:
        return Judged(_by(raw, Verdict.INCONCLUSIVE, policy), Verdict.INCONCLUSIVE, audited.code)
    if _asks_for_severities(policy) and not (policy.known and raw["findings"]):
        verdict = _by_severities(raw, policy)
        return Judged(_by(raw, verdict, policy), verdict, exit_code(verdict))
    report, _ = parse(raw)
    judgement = judge(report, policy, None if accepted is None else parse(accepted)[0])
    told = document(judgement.report, judgement.verdict)
    known = {key: value for key, value in raw.items() if key not in told}  # from a version that knew more
    return Judged({**known, **told}, judgement.verdict, exit_code(judgement.verdict))


def _by(raw: Mapping[str, Any], verdict: Verdict, policy: Policy) -> dict[str, Any]:
    return {**raw, "verdict": verdict.value, "judged_by": policy.judged_by._asdict()}


def _asks_for_severities(policy: Policy) -> bool:
    """Whether nothing but findings' severities and what was not looked at decide: then a report need not be parsed."""
    return policy is USUAL or policy._replace(fail_on=USUAL.fail_on, known=USUAL.known, origin="", baseline="") == USUAL


def _by_severities(raw: Mapping[str, Any], policy: Policy) -> Verdict:
    """As `policy.judge` has it; a test holds the two together."""
    if policy.fail_on is None:
        return Verdict.PASS
    if any(RANK[f["severity"]] >= RANK[policy.fail_on] for f in raw["findings"]):
        return Verdict.FAIL
    coverage = raw["coverage"]
    if coverage["failed"] or any(missed["asked"] for missed in coverage["skipped"]):
        return Verdict.INCONCLUSIVE
    return Verdict.PASS
