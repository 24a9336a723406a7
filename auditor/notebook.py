"""What a notebook shows of a report: a short table, in which nothing that a model says is markup."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from .formats.parts.telling import counting, covered, place, summary, why_waived
from .names import prose, visible
from .policy.judge import judge
from .report import Report, Verdict
from .wording import counted

_MOST = 20  # findings, and things that were not looked at
_COLOUR = {Verdict.PASS: "green", Verdict.FAIL: "red", Verdict.INCONCLUSIVE: "darkorange"}


def html(report: Report, verdict: Verdict | None = None) -> str:
    """Verdict (the usual policy's, where no other is given), findings, and what was not looked at."""
    if verdict is None:
        verdict = judge(report).verdict
    path, told = escape(visible(report.model.path)), escape(summary(report))
    rows = [
        _row("th", ("severity", "rule", "where", "what")),
        *_shown([(f.severity.value, visible(f.rule), place(f.location), prose(f.message)) for f in counting(report)]),
        *_shown([("waived", visible(f.rule), place(f.location), why_waived(f)) for f in covered(report)]),
        *_shown(
            [
                ("not looked at", "", visible(m.what), prose(m.why))
                for m in (*report.coverage.failed, *report.coverage.skipped)
            ]
        ),
    ]
    head = f'<b style="color: {_COLOUR[verdict]}">{verdict.value.upper()}</b> <code>{path}</code>: {told}'
    return f"<table><caption>{head}</caption>{''.join(rows)}</table>"


def _shown(rows: list[tuple[str, str, str, str]]) -> Iterable[str]:
    yield from (_row("td", row) for row in rows[:_MOST])
    if len(rows) > _MOST:
        yield _row("td", ("", "", "", f"and {counted(len(rows) - _MOST, 'more line')}"))


def _row(cell: str, texts: Iterable[str]) -> str:
    cells = "".join(f'<{cell} style="text-align: left">{escape(text)}</{cell}>' for text in texts)
    return f"<tr>{cells}</tr>"
