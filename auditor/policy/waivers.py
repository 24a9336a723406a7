"""Findings that somebody answers for, or that were known before: marked, never dropped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from ..hashing import sha256
from ..report import Finding, JudgedFinding, Waived
from ..rules import Rule, all_rules
from ..rules.expired_waiver import expired_waiver
from ..rules.unused_waiver import unused_waiver
from .baseline import part_of
from .policy import HowBad, Policy, Waiver

if TYPE_CHECKING:
    from datetime import date


def waived(
    findings: Iterable[Finding], policy: Policy, today: date | None = None, ran: Iterable[str] = ()
) -> tuple[Finding, ...]:
    """The findings, those that a waiver or the baseline covers marked so; behind them what is wrong with the waivers.

    ``policy`` holds the waivers of this one model. ``ran`` names the rules that were really looked at and whose
    findings are among these: only of those it can be said that their waiver is not used.
    """
    day = today or _today() if policy.waivers else None
    over = {waiver for waiver in policy.waivers if day is not None and expired(waiver, day)}
    valid = [waiver for waiver in policy.waivers if waiver not in over]
    by_rule: dict[str, list[int]] = {}
    for index, waiver in enumerate(valid):
        by_rule.setdefault(waiver.rule, []).append(index)
    used: set[int] = set()
    marked: list[Finding] = []
    for finding in findings:
        covering = [index for index in by_rule.get(finding.rule, ()) if covers(valid[index], finding)]
        used.update(covering)
        if covering:
            marked.append(JudgedFinding.from_finding(finding, waived=_mark(valid[covering[0]])))
        elif _is_known(finding, policy.known):
            marked.append(JudgedFinding.from_finding(finding, waived=Waived("baseline")))
        else:
            marked.append(finding)
    looked_at = certain(ran, marked)
    unused = (w for index, w in enumerate(valid) if index not in used and w.rule in looked_at and not _shared(w))
    return (
        *marked,
        *(_expired(waiver, marked) for waiver in policy.waivers if waiver in over),
        *map(_unused, unused),
    )


def _is_known(finding: Finding, known: Mapping[str, HowBad]) -> bool:
    """In the baseline and no worse than there; or all of its places are, which once were more."""

    def covered(key: str) -> bool:
        return key in known and known[key].covers(HowBad(finding.severity, finding.magnitude))

    if finding.fingerprint and covered(finding.fingerprint):
        return True
    return bool(finding.parts) and all(covered(part_of(finding.rule, part)) for part in finding.parts)


def certain(ran: Iterable[str], findings: Iterable[Finding]) -> frozenset[str]:
    """The rules of which it can be said that a finding is not there: it may be folded under another one."""
    folds = any(finding.consequences for finding in findings)
    return frozenset(ran) - frozenset(rule.name for rule in all_rules() if folds and rule.kind.symptom is not None)


def covers(waiver: Waiver, finding: Finding) -> bool:
    """Whether the waiver is for this finding: the rule, and the place as far as the waiver names one."""
    if waiver.rule != finding.rule:
        return False
    if waiver.fingerprint and waiver.fingerprint != finding.fingerprint:
        return False
    if not waiver.node:
        return True
    where = finding.location
    name = where.node or where.tensor
    return waiver.node in (name, f"{where.graph}/{name}")


def _today() -> date:
    from datetime import date  # where nothing is waived it is not needed

    return date.today()


def expired(waiver: Waiver, today: date) -> bool:
    """Whether its last day is over; a text that is not a date is over, so that a slip of the pen waives nothing."""
    if not waiver.expires:
        return False
    try:
        return type(today).fromisoformat(waiver.expires) < today
    except ValueError:
        return True


def _shared(waiver: Waiver) -> bool:
    """A waiver for a pattern of models is used where one of them needs it: a single report cannot say otherwise."""
    return any(character in waiver.model for character in "*?")


def _mark(waiver: Waiver) -> Waived:
    return Waived("waiver", waiver.reason, waiver.owner, waiver.expires)


def _expired(waiver: Waiver, findings: Iterable[Finding]) -> Finding:
    still = sum(1 for finding in findings if covers(waiver, finding))
    if still:
        what = "what it was for is still there"
        fix = f"mend the model, or let {waiver.owner} decide anew and set a later day"
    else:
        what = "nothing here needs it any more"
        fix = "delete the waiver"
    message = f"the waiver of {_named(waiver)} ended on {waiver.expires}, and {what}"
    return _finding(expired_waiver, waiver, message, fix)


def _unused(waiver: Waiver) -> Finding:
    message = f"the waiver of {_named(waiver)} waives nothing in this model"
    return _finding(unused_waiver, waiver, message, "delete the waiver, or name the model that it is for")


def _named(waiver: Waiver) -> str:
    """``nan-weights at head (auditor.toml:12)``."""
    at = waiver.node or waiver.fingerprint
    return waiver.rule + (f" at {at}" if at else "") + (f" ({waiver.origin})" if waiver.origin else "")


def _finding(rule: Rule, waiver: Waiver, message: str, fix: str) -> Finding:
    parts = (rule.name, waiver.rule, waiver.model, waiver.node, waiver.fingerprint)
    digest = sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:20]
    return Finding(rule.name, rule.severity, rule.basis, message, fix=fix, fingerprint=digest)
