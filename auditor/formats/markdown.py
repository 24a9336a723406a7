"""Markdown for a pull request and for ``$GITHUB_STEP_SUMMARY``: the verdict, a table of findings, the rest folded away.

Nothing out of a model is Markdown: what has a meaning there becomes a character reference, which has none, and what
GitHub makes a link of by itself (``@name``, ``#1``, ``www.``, ``://``) is broken by an invisible word joiner.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import TextIO

from ..report import Finding, Report, Verdict
from ..wording import counted, in_bytes
from .names import prose, visible
from .numbers import amount, brief_shape
from .telling import Shapes, derivation, further, input_shapes, place, severity, summary

_MOST_ROWS = 25
_MOST_DETAILS = 10
_LONGEST = 300  # characters of a message in the table

_LINKS = re.compile(r"(?<=[@#])(?=\w)|(?<=:)(?=//)|(?<=www)(?=\.)|(?<=GH)(?=-\d)", re.IGNORECASE)
_SPECIAL = re.compile(r"""[^\w\s.,;:=()/?%'"+\-–…×\u2060]|_""")
_HARMLESS_NAME = re.compile(r"[\w./:,()\[\] -]*[\w./:,()\[\]-]")


def render(report: Report, verdict: Verdict, out: TextIO) -> None:
    """One model: a heading and what is under it."""
    out.write(f"### {verdict.value.upper()}: {code(report.model.path, 1024)}: {summary(report)}\n")
    if report.findings:
        _table(out, ("severity", "rule", "where", "what"), map(_row, report.findings[:_MOST_ROWS]))
        if len(report.findings) > _MOST_ROWS:
            out.write(f"\nand {counted(len(report.findings) - _MOST_ROWS, 'more finding')}\n")
        _details(out, report.findings[:_MOST_DETAILS], input_shapes(report))
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
        severity(finding).value,
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
    yield from (("golden", text(line, 400)) for line in run.golden[:_MOST_DETAILS])


def _table(out: TextIO, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    out.write(f"\n| {' | '.join(head)} |\n|{' --- |' * len(head)}\n")
    out.writelines(f"| {' | '.join(row)} |\n" for row in rows)


def _fold(out: TextIO, title: str) -> None:
    """Between the tags and what they fold there must be an empty line, or it is no Markdown."""
    out.write(f"\n<details><summary>{_LINKS.sub(chr(0x2060), escape(title))}</summary>\n")


def _unfold(out: TextIO) -> None:
    out.write("\n</details>\n")
