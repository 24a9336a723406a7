"""What ``auditor gate`` tells people: verdicts with their reasons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TextIO

from ..formats.parts.layout import Page, Span
from ..formats.parts.telling import tally
from ..formats.text import headline
from ..names import prose, visible
from ..policy.judge import Judgement
from ..report import Verdict
from ..sessions.gating import Gated
from ..tuples import NamedTuple

if TYPE_CHECKING:
    from ..client.asking import RemoteGated

_MOST = 20  # reasons of one kind, and models of one verdict, that are shown
_STYLES = {"fail": "bold red", "inconclusive": "bold yellow", "waived": "dim", "said": "dim"}
_LABELS = {"said": "not looked at"}
_NO_POLICY = "none: findings of severity error fail"


class ShownGated(NamedTuple):
    """A verdict as people see it: rows on whose it is, and the sentence where nothing speaks against a pass."""

    judgement: Judgement
    rows: tuple[tuple[str, str], ...]
    why_passed: str
    where: str = ""  # the report's address, in a line of its own, so that it can be copied


def shown(gated: Gated) -> ShownGated:
    """A verdict that was given here."""
    rows = []
    if gated.key != gated.subject.path:
        rows.append(("model", visible(gated.key)))
    if gated.audit_id is not None:
        rows.append(("report", f"{gated.audit_id} (auditor show {gated.audit_id})"))
    by = gated.subject.policy.judged_by
    trusted = " (trusted)" if by.trusted else ""
    rows.append(("policy", f"{visible(by.policy) or _NO_POLICY}{trusted}"))
    if by.baseline:
        rows.append(("baseline", visible(by.baseline)))
    rows.append(("accepted", _before(gated)))
    return ShownGated(gated.judgement, tuple(rows), _why_passed(gated))


def shown_of_server(gated: RemoteGated) -> ShownGated:
    """A verdict of a server."""
    said = gated.said
    rows = [("model", visible(f"{said.name}@{said.version}" if said.version else said.name))]
    rows.append(("policy", visible(said.policy) or _NO_POLICY))
    rows.append(("accepted", _before_on_server(said.compared_with)))
    return ShownGated(gated.judgement, tuple(rows), "by the server's policy", visible(gated.where, 400))


def _before_on_server(said: Mapping[str, Any] | None) -> str:
    if not said:
        return "no version yet"
    which, when, by, reason = (str(said.get(key) or "") for key in ("audit_id", "when", "by", "reason"))
    more = f": {prose(reason, 200)}" if reason else ""
    return f"report {visible(which, 60)}, {visible(when[:10])} by {visible(by, 60) or '?'}{more}"


def write_gated(gated: ShownGated, out: TextIO) -> None:
    """The verdict, then why."""
    page = Page(out)
    headline(page, gated.judgement.report, gated.judgement.verdict)
    page.grid([((label, "dim"), text) for label, text in gated.rows], indent=2)
    if gated.where:
        page.line(gated.where, indent=2)
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
        reasons.insert(0, (("pass", "bold green"), gated.why_passed))
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

    def write(self, gated: ShownGated) -> None:
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
