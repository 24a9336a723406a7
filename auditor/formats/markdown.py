"""Markdown for a pull request and for ``$GITHUB_STEP_SUMMARY``: the verdict, a table of findings, the rest folded away.

Of several models those that do not pass stand at the top, and what passes is folded away. GitHub takes a summary of at
most 1 MiB; it is held until all models are there, for the counts come first, and it is never larger than that.

Nothing out of a model is Markdown: what has a meaning there becomes a character reference, which has none, and what
GitHub makes a link of by itself (``@name``, ``#1``, ``www.``, ``://``) is broken by an invisible word joiner.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape
from io import StringIO
from typing import TextIO

from ..names import prose, visible
from ..numbers import amount, brief_shape
from ..report import Finding, Report, Verdict
from ..wording import counted, in_bytes
from . import Format
from .parts.sharing import sharing
from .parts.telling import Shapes, counting, covered, derivation, further, input_shapes, place, summary, why_waived

_MOST_ROWS = 25
_MOST_DETAILS = 10
_LONGEST = 300  # characters of a message in the table

_WORDS = {Verdict.FAIL: "failed", Verdict.INCONCLUSIVE: "inconclusive", Verdict.PASS: "passed"}
_ROOM_FOR_ROWS = 130_000  # bytes of each table
_ROOM_FOR_REPORTS = {Verdict.FAIL: 400_000, Verdict.INCONCLUSIVE: 130_000, Verdict.PASS: 80_000}

_LINKS = re.compile(r"(?<=[@#])(?=\w)|(?<=:)(?=//)|(?<=www)(?=\.)|(?<=GH)(?=-\d)", re.IGNORECASE)
_SPECIAL = re.compile(r"""[^\w\s.,;:=()/?%'"+\-–…×\u2060]|_""")
_HARMLESS_NAME = re.compile(r"[\w./:,()\[\] -]*[\w./:,()\[\]-]")


class MarkdownDocument:
    """Many models: how many came to what, a table of those that do not pass, these in full, and the rest folded."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._only: tuple[Report, Verdict] | None = None  # as long as there is one alone, which needs no table
        self._counts = Counter[Verdict]()
        self._rows = {verdict: _Shelf(_ROOM_FOR_ROWS) for verdict in _ROOM_FOR_REPORTS}
        self._reports = {verdict: _Shelf(room) for verdict, room in _ROOM_FOR_REPORTS.items()}

    def write(self, report: Report, verdict: Verdict) -> None:
        self._only = None if self._counts else (report, verdict)
        self._counts[verdict] += 1
        findings = counting(report)
        first = f"{code(findings[0].rule)} {text(findings[0].message, 120)}" if findings else ""
        row = (verdict.value, code(report.model.path, 1024), summary(report), first)
        self._rows[verdict].put(_line(row))
        if (findings or verdict is not Verdict.PASS) and self._reports[verdict].room > 0:
            whole = StringIO()
            _write(whole, report, verdict, "####")
            self._reports[verdict].put("\n" + whole.getvalue())

    def close(self) -> None:
        if self._only is not None:
            render(*self._only, self._out)
            return
        counts = [f"{self._counts[v]:,} {word}" for v, word in _WORDS.items() if self._counts[v]]
        self._out.write(f"### {counted(self._counts.total(), 'model')}{': ' if counts else ''}{', '.join(counts)}\n")
        wrong = [v for v in (Verdict.FAIL, Verdict.INCONCLUSIVE) if self._counts[v]]
        if wrong:
            self._table(*wrong)
            for verdict in wrong:
                self._out.writelines(self._reports[verdict].texts)
                told = len(self._reports[verdict].texts)
                if told < self._counts[verdict]:
                    more = self._counts[verdict] - told
                    self._out.write(f"\nThere is no room for what was found in {more:,} more {_WORDS[verdict]}\n")
        if self._counts[Verdict.PASS]:
            _fold(self._out, f"Passed: {self._counts[Verdict.PASS]:,}")
            self._table(Verdict.PASS)
            self._out.writelines(self._reports[Verdict.PASS].texts)
            _unfold(self._out)

    def _table(self, *verdicts: Verdict) -> None:
        _table(self._out, ("verdict", "model", "found", "the first finding"), ())
        for verdict in verdicts:
            self._out.writelines(self._rows[verdict].texts)
        for verdict in verdicts:
            left = self._rows[verdict].left_out
            if left:
                self._out.write(f"\nand {left:,} more {_WORDS[verdict]}\n")


class _Shelf:
    """Texts, as long as there is room for them."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.texts: list[str] = []
        self.left_out = 0

    def put(self, text: str) -> None:
        self.room -= len(text.encode())
        if self.room >= 0:
            self.texts.append(text)
        else:
            self.left_out += 1


def render(report: Report, verdict: Verdict, out: TextIO) -> None:
    """One model: a heading and what is under it."""
    _write(out, report, verdict, "###")


FORMAT = Format("a pull request, or a summary", render, MarkdownDocument)


def _write(out: TextIO, report: Report, verdict: Verdict, level: str) -> None:
    out.write(f"{level} {verdict.value.upper()}: {code(report.model.path, 1024)}: {summary(report)}\n")
    findings = counting(report)
    if findings:
        _table(out, ("severity", "rule", "where", "what"), map(_row, findings[:_MOST_ROWS]))
        if len(findings) > _MOST_ROWS:
            out.write(f"\nand {counted(len(findings) - _MOST_ROWS, 'more finding')}\n")
        _details(out, findings[:_MOST_DETAILS], input_shapes(report))
    if waived := covered(report):
        _fold(out, f"Waived or known: {len(waived):,}")
        rows = [(*_row(f), text(why_waived(f), _LONGEST)) for f in waived[:_MOST_ROWS]]
        _table(out, ("severity", "rule", "where", "what", "why it does not count"), rows)
        if len(waived) > _MOST_ROWS:
            out.write(f"\nand {counted(len(waived) - _MOST_ROWS, 'more finding')}\n")
        _unfold(out)
    missed = [*report.coverage.failed, *report.coverage.skipped]
    if missed:
        _fold(out, f"Not looked at: {len(missed)}")
        _table(out, ("what", "why"), [(text(m.what, 200), text(m.why, 400)) for m in missed[:_MOST_ROWS]])
        _unfold(out)
    if report.model.ir_version:
        _fold(out, "The model")
        _table(out, ("", ""), _totals(report))
        _unfold(out)


def text(said: str, longest: int = 4096) -> str:
    """A message, for a cell, in which nothing is Markdown, HTML, a link or a mention."""
    broken = _LINKS.sub("\u2060", prose(said, longest))
    return _SPECIAL.sub(lambda special: f"&#{ord(special[0])};", broken)


def code(name: str, longest: int = 256) -> str:
    """A name in the type of code."""
    if not name:
        return ""
    shown = visible(name, longest)
    if _HARMLESS_NAME.fullmatch(shown) and not shown.startswith(" "):
        return f"`{shown}`"
    return f"<code>{text(shown, longest)}</code>"


def _row(finding: Finding) -> Sequence[str]:
    return (
        finding.severity.value,
        code(finding.rule),
        code(place(finding.location), 1024),
        text(finding.message, _LONGEST),
    )


def _details(out: TextIO, findings: Iterable[Finding], shapes: Shapes) -> None:
    """What does not fit into a table: the arithmetic, the sizes that fit, what would mend it."""
    for finding in findings:
        lines = [*derivation(finding), *further(finding, shapes)]
        if len(prose(finding.message)) > _LONGEST:
            lines.insert(0, prose(finding.message))
        if not lines:
            continue
        _fold(out, ": ".join(filter(None, (visible(finding.rule), place(finding.location)))))
        longest = max(map(len, re.findall("`+", "\n".join(lines))), default=0)
        fence = "`" * max(3, longest + 1)
        out.write("\n".join(("", fence + "text", *lines, fence, "")))
        _unfold(out)


def _totals(report: Report) -> Iterable[Sequence[str]]:
    model, totals = report.model, report.totals
    opsets = ", ".join(f"{domain or 'ai.onnx'} {version}" for domain, version in model.opsets.items())
    yield "made by", text(f"{model.producer or '(not said)'}, IR {model.ir_version}, opset {opsets}", 400)
    for kind, ports in (("input", report.inputs), ("output", report.outputs)):
        for port in ports[:_MOST_DETAILS]:
            yield kind, code(f"{visible(port.name)} {visible(port.dtype)} {brief_shape(port.shape)}", 1024)
        if len(ports) > _MOST_DETAILS:
            yield kind, f"and {len(ports) - _MOST_DETAILS} more"
    yield "nodes", f"{totals.nodes:,}"
    yield "learnable parameters", text(amount(totals.learnable_parameters))
    yield "stored parameters", text(amount(totals.parameters))
    yield "MACs", text(amount(totals.macs))
    yield "FLOPs", text(f"{amount(totals.flops)} (2 a MAC)")
    yield "weights", in_bytes(totals.weight_bytes)
    run = report.run
    yield "run", text(f"{run.status}: {run.why}" if run.why else f"{run.status} on {run.provider}", 400)
    yield from (("providers", text(line, 400)) for line in sharing(run))
    yield from (("golden", text(line, 400)) for line in run.golden[:_MOST_DETAILS])
    for part in report.depth:
        told = (f"{part.part}: {part.status}" + (f": {part.why}" if part.why else ""), *part.lines[:_MOST_DETAILS])
        yield from (("in depth", text(line, 400)) for line in told)


def _table(out: TextIO, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    out.write(f"\n| {' | '.join(head)} |\n|{' --- |' * len(head)}\n")
    out.writelines(map(_line, rows))


def _line(row: Sequence[str]) -> str:
    return f"| {' | '.join(row)} |\n"


def _fold(out: TextIO, title: str) -> None:
    """Between the tags and what they fold there must be an empty line, or it is not Markdown."""
    out.write(f"\n<details><summary>{_LINKS.sub(chr(0x2060), escape(title))}</summary>\n")


def _unfold(out: TextIO) -> None:
    out.write("\n</details>\n")
