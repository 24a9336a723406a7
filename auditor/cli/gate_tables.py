"""What ``auditor gate`` tells people: verdicts with their reasons."""

from __future__ import annotations

from typing import TextIO

from ..formats.parts.layout import Page, Span
from ..formats.parts.telling import tally
from ..formats.text import headline
from ..names import prose, visible
from ..report import Verdict
from ..sessions.gating import Gated

_MOST = 20  # reasons of one kind, and models of one verdict, that are shown
_STYLES = {"fail": "bold red", "inconclusive": "bold yellow", "waived": "dim", "said": "dim"}
_LABELS = {"said": "not looked at"}


def write_gated(gated: Gated, out: TextIO) -> None:
    """The verdict, then why."""
    page = Page(out)
    headline(page, gated.judgement.report, gated.judgement.verdict)
    rows: list[tuple[Span, str]] = []
    if gated.key != gated.subject.path:
        rows.append((("model", "dim"), visible(gated.key)))
    if gated.audit_id is not None:
        rows.append((("report", "dim"), f"{gated.audit_id} (auditor show {gated.audit_id})"))
    by = gated.subject.policy.judged_by
    trusted = " (trusted)" if by.trusted else ""
    rows.append((("policy", "dim"), f"{visible(by.policy) or 'none: findings of severity error fail'}{trusted}"))
    if by.baseline:
        rows.append((("baseline", "dim"), visible(by.baseline)))
    rows.append((("accepted", "dim"), _before(gated)))
    page.grid(rows, indent=2)
    reasons: list[tuple[Span, str]] = []
    for kind, style in _STYLES.items():
        of_kind = [reason for reason in gated.judgement.reasons if reason.kind == kind]
        label = (_LABELS.get(kind, kind), style)
        for reason in of_kind[:_MOST]:
            reasons.append((label, prose(reason.text, 600)))
            if reason.fix:
                reasons.append((("fix", "dim"), prose(reason.fix, 600)))
        if len(of_kind) > _MOST:
            reasons.append((label, f"and {len(of_kind) - _MOST:,} more: --format json lists them all"))
    if not any(reason.kind in ("fail", "inconclusive") for reason in gated.judgement.reasons):
        reasons.insert(0, (("pass", "bold green"), _why_passed(gated)))
    page.grid(reasons, indent=2)
    page.blank()


def _why_passed(gated: Gated) -> str:
    level = gated.subject.policy.fail_on
    if level is None:
        return "whatever was found: --fail-on never"
    return f"nothing at or above {level.value}, and all that was asked for was looked at"


def _before(gated: Gated) -> str:
    before = gated.before
    if gated.accepted:
        was = "the first" if before is None else f"in the place of report {before.audit_id}"
        return f"now, {was}"
    refused = "not this one; " if gated.refused else ""
    if before is None:
        return f"{refused}no version yet"
    reason = f": {prose(before.reason, 200)}" if before.reason else ""
    return f"{refused}report {before.audit_id}, {visible(before.when[:10])} by {visible(before.by, 60) or '?'}{reason}"


class OnScreen:
    """Verdicts one after the other; of several models at last how many came to what, failures first."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._verdicts: list[Verdict] = []
        self._told: dict[Verdict, list[tuple[str, str]]] = {Verdict.FAIL: [], Verdict.INCONCLUSIVE: []}

    def write(self, gated: Gated) -> None:
        judgement = gated.judgement
        self._verdicts.append(judgement.verdict)
        told = self._told.get(judgement.verdict, [])
        if len(told) < _MOST:
            why = (reason.text for reason in judgement.reasons if reason.kind == judgement.verdict.value)
            told.append((visible(judgement.report.model.path), prose(next(why, "").partition("\n")[0], 200)))
        write_gated(gated, self._out)

    def end(self) -> None:
        if len(self._verdicts) < 2:
            return
        page = Page(self._out)
        for verdict, told in self._told.items():
            for path, why in told:
                page.line((verdict.value, _STYLES[verdict.value]), "  ", (path, "bold"))
                page.line(why, indent=2)
            left = self._verdicts.count(verdict) - len(told)
            if left > 0:
                page.line(f"and {left:,} more {verdict.value}")
        page.line(tally(self._verdicts, (Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.PASS)))
