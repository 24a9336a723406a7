"""The report that people read, made for 80 columns: the verdict first, then each finding with its place, its numbers and what to do.

Colours come only where the stream is a terminal (rich decides, and honours NO_COLOR).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TextIO

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..report import Finding, Fit, Missed, Port, Report, Severity, Step, Verdict
from .names import prose, visible

_WIDEST = 100
_STYLE = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.NOTE: "bold cyan"}
_VERDICT = {
    Verdict.PASS: ("PASS", "bold green"),
    Verdict.FAIL: ("FAIL", "bold red"),
    Verdict.INCONCLUSIVE: ("INCONCLUSIVE", "bold yellow"),
}
_BASIS = {
    "illegal": "breaks the ONNX specification",
    "refused": "legal, but a runtime cannot run it",
    "suspicious": "legal, and hardly what was meant",
}
_MOST_STEPS = 24


def render(report: Report, verdict: Verdict, out: TextIO) -> None:
    """Write the whole report."""
    console = Console(file=out, highlight=False, emoji=False, markup=False, soft_wrap=False)
    if console.width > _WIDEST:
        console.width = _WIDEST
    for block in _blocks(report, verdict):
        console.print(block)


def _blocks(report: Report, verdict: Verdict) -> Iterator[Text | Padding | Table]:
    yield _headline(report, verdict)
    for finding in report.findings:
        yield Text()
        yield from _finding(finding)
    missed = [*report.coverage.failed, *report.coverage.skipped]
    if missed:
        yield Text("\nNot looked at", style="bold")
        yield _missed(missed)
    if report.model.ir_version:
        yield Text("\nThe model", style="bold")
        yield _facts(report)


def _headline(report: Report, verdict: Verdict) -> Text:
    word, style = _VERDICT[verdict]
    counts = Counter(f.severity for f in report.findings)
    said = [_plural(counts[s], s.value) for s in Severity if counts[s]] or ["nothing found"]
    return Text.assemble((word, style), "  ", (visible(report.model.path), "bold"), "  ", ", ".join(said))


def _finding(finding: Finding) -> Iterator[Text | Padding]:
    where = finding.location
    severity = finding.severity or Severity.ERROR
    place = visible(f"{where.graph}/{where.node}" if where.graph else where.node)
    if place and where.op_type and not place.startswith(f"{where.op_type}["):
        place += f" ({visible(where.op_type)})"
    if not place:
        place = visible(where.tensor)
    if where.offset is not None and not where.node:
        place = f"{place} at byte {where.offset:,}".strip()
    yield Text.assemble((severity.value, _STYLE[severity]), "  ", (finding.rule, "bold"), "  ", place)
    yield _indented(Text(prose(finding.message)))
    if finding.derivation:
        yield _indented(_derivation(finding.derivation))
    for fit in finding.fits:
        yield _indented(Text(f"fits: {_fit(fit)}"))
    if finding.fix:
        yield _indented(Text.assemble(("fix: ", "green"), prose(finding.fix)))
    if finding.consequences:
        yield _indented(Text(f"{_plural(finding.consequences, 'further fault')} behind it followed from this", style="dim"))
    if finding.basis is not None:
        yield _indented(Text(f"{finding.basis.value}: {_BASIS[finding.basis.value]}", style="dim"))


def _derivation(steps: tuple[Step, ...]) -> Table:
    """The chain of layers; those that leave the shape as it is are left out."""
    table = Table.grid(padding=(0, 2))
    table.add_column(overflow="fold", max_width=24)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    told = [s for s in steps if s.formula] or list(steps)
    if len(told) > _MOST_STEPS:
        table.add_row(Text(f"… {len(told) - _MOST_STEPS} steps before", style="dim"), "", "")
        told = told[-_MOST_STEPS:]
    for step in told:
        table.add_row(Text(visible(step.node, 40)), Text(shape_text(step.output)), Text(prose(step.formula, 200)))
    return table


def _fit(fit: Fit) -> str:
    axes = " = ".join(map(visible, fit.axes))
    if not fit.ranges:
        return f"no size of {axes} up to 4096"
    return " or ".join(_range(axes, *r) for r in fit.ranges)


def _range(axes: str, low: int, high: int | None, step: int = 1) -> str:
    if low == high:
        return f"{axes} = {low}"
    text = f"{axes} >= {low}" if high is None else f"{low} <= {axes} <= {high}"
    return text if step == 1 else f"{text}, every {step}th"


def _missed(missed: Iterable[Missed]) -> Padding:
    table = Table.grid(padding=(0, 2))
    table.add_column(overflow="fold", max_width=36)
    table.add_column(overflow="fold")
    for one in missed:
        table.add_row(Text(prose(one.what, 200)), Text(prose(one.why, 400)))
    return _indented(table)


def _facts(report: Report) -> Padding:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    totals = report.totals
    opsets = ", ".join(f"{visible(domain or 'ai.onnx')} {version}" for domain, version in report.model.opsets.items())
    rows: list[tuple[str, str]] = [
        ("made by", f"{visible(report.model.producer) or '(not said)'}, IR {report.model.ir_version}, opset {opsets}"),
        ("inputs", _ports(report.inputs)),
        ("outputs", _ports(report.outputs)),
        ("nodes", f"{totals.nodes:,}"),
        ("parameters", f"{number(totals.learnable_parameters)} learnable; {totals.parameters:,} stored"),
        ("cost of one run", f"{number(totals.macs)} MACs = {number(totals.flops)} FLOPs"),
        ("memory", f"{size(totals.weight_bytes)} of weights, {size(totals.peak_activation_bytes)} of activations at most"),
        ("run", _run(report)),
    ]
    for name, value in rows:
        table.add_row(Text(name, style="dim"), Text(value))
    return _indented(table)


def _run(report: Report) -> str:
    run = report.run
    if run.status != "ok":
        return f"{run.status}" + (f": {prose(run.why, 300)}" if run.why else "")
    placed = ", ".join(f"{_plural(n, 'node')} on {visible(p)}" for p, n in run.placement.items())
    isolation = run.isolation.get("level", "")
    parts = [f"ok on {visible(run.provider)} in {run.seconds * 1000:.1f} ms", placed, f"isolation {isolation}" if isolation else ""]
    return "; ".join([p for p in parts if p] + [prose(g, 200) for g in run.golden])


def _ports(ports: tuple[Port, ...]) -> str:
    shown = [f"{visible(p.name)} {p.dtype} {shape_text(p.shape)}" for p in ports[:8]]
    if len(ports) > 8:
        shown.append(f"and {len(ports) - 8} more")
    return "\n".join(shown) or "none"


def shape_text(shape: tuple[int | str | None, ...] | None) -> str:
    """``[1, 3, H, W]``; ``?`` for what is not known."""
    return "?" if shape is None else "[" + ", ".join("?" if s is None else visible(str(s)) for s in shape) + "]"


def number(value: int | str | None) -> str:
    """``61,706``; a polynomial as it is; ``unknown``."""
    return "unknown" if value is None else f"{value:,}" if isinstance(value, int) else prose(value, 200)


def size(value: int | str | None) -> str:
    """Bytes for people: ``241.0 KiB``."""
    if not isinstance(value, int):
        return "unknown" if value is None else f"{prose(value, 200)} bytes"
    amount = float(value)
    for unit in ("bytes", "KiB", "MiB"):
        if amount < 1024:
            return f"{value} bytes" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} GiB"


def _plural(number: int, word: str) -> str:
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def _indented(block: Text | Table) -> Padding:
    return Padding(block, (0, 0, 0, 2))
