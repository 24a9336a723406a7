"""What ``auditor gate`` writes: verdicts with their reasons for people and in JSON; the other formats as they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import TextIO

from ..errors import UsageError
from ..formats import json as json_format
from ..formats import renderer
from ..formats.parts.layout import Page, Span
from ..formats.parts.names import prose, visible
from ..formats.text import headline
from ..wording import counted
from .gating import Gated
from .outlet import Destinations, Outlet, into_file
from .streams import hush

_MOST = 20  # reasons of one kind that are shown
_STYLES = {"fail": "bold red", "inconclusive": "bold yellow", "waived": "dim", "said": "dim"}
_LABELS = {"said": "not looked at"}


@contextmanager
def opened(to: Destinations) -> Iterator[Callable[[Gated], None]]:
    """What takes verdicts, one after the other; at the end their number is said."""
    renderer(to.form)
    with ExitStack() as stack:
        writers = [_through(stack.enter_context(into_file(form, file, several=True))) for form, file in to.files]
        if not to.quiet:
            writers.append(_to_screen(to, stack))

        def write(gated: Gated) -> None:
            for writer in writers:
                writer(gated)

        yield write


def _to_screen(to: Destinations, stack: ExitStack) -> Callable[[Gated], None]:
    """What takes verdicts to standard output; ``stack`` ends it."""
    match to.form:
        case "text":
            seen: Counter[str] = Counter()
            stack.callback(_unbroken, summary, seen, to.out)

            def text(gated: Gated) -> None:
                seen[gated.judgement.verdict.value] += 1
                _unbroken(write_gated, gated, to.out)

            return text
        case "json":
            return lambda gated: _unbroken(to.out.write, line(gated) + "\n")
        case _:
            return _through(stack.enter_context(closing(Outlet(to.form, to.out, several=True))))


def _through(outlet: Outlet) -> Callable[[Gated], None]:
    return lambda gated: outlet.write(gated.judgement.report, gated.judgement.verdict)


def _unbroken(write: Callable[..., object], *arguments: object) -> None:
    try:
        write(*arguments)
    except BrokenPipeError:  # nobody reads on, and the verdict still counts
        hush()
    except OSError as error:
        raise UsageError(f"the result cannot be written: {error.strerror}") from None


def line(gated: Gated) -> str:
    """The report under the policy, and beside it what only the gate knows."""
    before = gated.before
    said = {
        "subject": gated.key,
        "audit_id": gated.audit_id,
        "accepted": gated.accepted,
        "policy": gated.subject.policy.origin,
        "compared_with": None
        if before is None
        else {"audit_id": before.audit_id, "when": before.when, "by": before.by, "reason": before.reason},
        "reasons": [reason._asdict() for reason in gated.judgement.reasons],
    }
    return json_format.line(gated.judgement.report, gated.judgement.verdict, gate=said)


def write_gated(gated: Gated, out: TextIO) -> None:
    """The verdict, then why."""
    page = Page(out)
    headline(page, gated.judgement.report, gated.judgement.verdict)
    rows: list[tuple[Span, str]] = []
    if gated.key != gated.subject.path:
        rows.append((("model", "dim"), visible(gated.key)))
    if gated.audit_id is not None:
        rows.append((("report", "dim"), f"{gated.audit_id} (auditor show {gated.audit_id})"))
    rows.append((("policy", "dim"), visible(gated.subject.policy.origin) or "none: findings of severity error fail"))
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


def summary(seen: Counter[str], out: TextIO) -> None:
    """Of several models how many came to what."""
    if seen.total() > 1:
        parts = [f"{seen[verdict]:,} {verdict}" for verdict in ("pass", "fail", "inconclusive") if seen[verdict]]
        Page(out).line(f"{counted(seen.total(), 'model')}: {', '.join(parts)}")
