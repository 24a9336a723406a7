"""The report that people read, made for 80 columns.

The verdict first; each finding with its place, its numbers and what to do; what was not looked at; the totals.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from shlex import quote
from typing import TextIO

from ..names import prose, visible
from ..numbers import amount, brief_shape, is_short, open_names, shape_text
from ..report import Basis, Finding, Fit, Missed, Port, Report, RunSummary, Severity, Step, Verdict, waiver_of
from ..wording import axes, counted, fitting, in_bytes
from . import Format
from .parts.layout import Page, Span, cells
from .parts.repairs import repairs
from .parts.sharing import sharing
from .parts.telling import Shapes, input_shapes, place, shown_steps, summary, why_waived

_STYLE = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.NOTE: "bold cyan"}
_VERDICT: dict[Verdict, Span] = {
    Verdict.PASS: ("PASS", "bold green"),
    Verdict.FAIL: ("FAIL", "bold red"),
    Verdict.INCONCLUSIVE: ("INCONCLUSIVE", "bold yellow"),
}
_BASIS = {
    Basis.ILLEGAL: "breaks the ONNX specification",
    Basis.REFUSED: "legal, but a runtime cannot run it, or does otherwise",
    Basis.SUSPICIOUS: "legal, and hardly what was meant",
}
_MOST_ALIKE = 5  # findings of one rule that are shown in full
_MOST_PLACES = 12  # of the rest, the places that are named
_MOST_LINES = 12  # of one part of the look in depth
_MOST_PORTS = 8
_MOST_TRIED = 6  # choices of inputs that came to the same
_MOST_BOUND = 4


def render(report: Report, verdict: Verdict, out: TextIO) -> None:
    """Write the whole report."""
    page = Page(out)
    shapes = input_shapes(report)
    headline(page, report, verdict)
    for _, alike in groupby(report.findings, key=lambda f: (f.severity, f.rule, waiver_of(f))):
        _findings(page, list(alike), shapes)
    _missed(page, [*report.coverage.failed, *report.coverage.skipped])
    if report.model.ir_version:
        _model(page, report)


FORMAT = Format("people", render)


def headline(page: Page, report: Report, verdict: Verdict) -> None:
    path, told = visible(report.model.path), summary(report)
    if cells(f"{verdict.value}  {path}  {told}") <= page.width:
        page.line(_VERDICT[verdict], "  ", (path, "bold"), "  ", told)
    else:  # a long path in a line of its own can still be copied
        page.line(_VERDICT[verdict], "  ", told)
        page.line((path, "bold"), indent=2)


def _findings(page: Page, alike: list[Finding], shapes: Shapes) -> None:
    told = alike if len(alike) <= _MOST_ALIKE else alike[: _MOST_ALIKE - 2]
    for finding in told:
        page.blank()
        _finding(page, finding, shapes)
    rest = alike[len(told) :]
    if rest:
        places = list(filter(None, dict.fromkeys(place(f.location) for f in rest)))
        named = ", ".join(places[:_MOST_PLACES]) + (", ..." if len(places) > _MOST_PLACES else "")
        page.blank()
        page.line(
            _severity(rest[0]), "  ", (visible(rest[0].rule), "bold"), f"  {len(rest):,} more",
            f": {named}" if named else "", hang=2,
        )  # fmt: skip
        page.line(("; ".join(filter(None, (why_waived(rest[0]), "--format json lists them all"))), "dim"), indent=2)


def _severity(finding: Finding) -> Span:
    bad = finding.severity
    return bad.value, _STYLE[bad] if waiver_of(finding) is None else "dim"


def _finding(page: Page, finding: Finding, shapes: Shapes) -> None:
    page.line(_severity(finding), "  ", (visible(finding.rule), "bold"), "  ", place(finding.location), hang=2)
    page.line(prose(finding.message), indent=2)
    if waiver_of(finding) is not None:  # what mends it is for those whom it keeps busy
        page.line((why_waived(finding), "dim"), indent=2)
        return
    _derivation(page, finding)
    for fit in _shown_fits(finding.fits):
        page.line(_fit(fit, shapes), indent=2)
    if finding.fix:
        page.line(("fix: ", "green"), prose(finding.fix), indent=2)
    for other in repairs(finding):
        page.line(("or: ", "green"), other, indent=2)
    if finding.consequences:
        page.line((f"{counted(finding.consequences, 'further fault')} followed from this", "dim"), indent=2)
    page.line((f"{finding.basis.value}: {_BASIS[finding.basis]}", "dim"), indent=2)


def _derivation(page: Page, finding: Finding) -> None:
    """The chain of layers; those that leave the shape as it is are left out."""
    told, before = shown_steps(finding)
    if before:
        page.line((f"… {before} steps before", "dim"), indent=4)
    page.grid(map(step_row, told), indent=4, under=True)


def step_row(step: Step) -> tuple[str, str, str]:
    """Node, output, arithmetic. Where sizes are open the output is the arithmetic, and needs to be read only once."""
    worked_out = any(isinstance(s, str) and not s.isidentifier() and s in step.formula for s in step.output or ())
    return visible(step.node, 40), shape_text(step.output), "" if worked_out else prose(step.formula, 200)


def _shown_fits(fits: tuple[Fit, ...]) -> tuple[Fit, ...]:
    """That no size fits is worth saying where it is all that there is to say."""
    return tuple(f for f in fits if f.ranges) or fits[:1]


def _fit(fit: Fit, shapes: Shapes) -> str:
    names = axes(fit, shapes)
    known = list(fit.axes) == names or all(
        name in (shapes.get(_input(axis)) or ()) for name, axis in zip(names, fit.axes, strict=True)
    )
    where = "" if known else f" ({visible(', '.join(fit.axes))})"
    if not fit.ranges:
        return f"fits for no {visible(' = '.join(names))} up to 4096{where}"
    return f"fits for {prose(fitting(fit, shapes))}{where}"


def _input(axis: str) -> str:
    return axis.rpartition("[")[0]


def _missed(page: Page, missed: list[Missed]) -> None:
    if missed:
        page.blank()
        page.line(("Not looked at", "bold"))
        page.grid([(prose(one.what, 200), prose(one.why, 400)) for one in missed], indent=2)


def _model(page: Page, report: Report) -> None:
    totals, model = report.totals, report.model
    opsets = ", ".join(f"{visible(domain or 'ai.onnx')} {version}" for domain, version in model.opsets.items())
    made_by = visible(model.producer) or "(not said)"
    stored = f"{amount(totals.learnable_parameters)} learnable; {totals.parameters:,} stored"
    memory = f"{in_bytes(totals.weight_bytes)} of weights"
    peak = totals.peak_activation_bytes
    if peak is not None:
        memory += f", {in_bytes(peak) if isinstance(peak, int) else f'{amount(peak)} bytes'} of activations at most"
    page.blank()
    page.line(("The model", "bold"))
    rows = [
        ("made by", f"{made_by}, IR {model.ir_version}, opset {opsets}"),
        *_ports("inputs", report.inputs),
        *_ports("outputs", report.outputs),
        ("nodes", f"{totals.nodes:,}"),
        ("parameters", stored),
        ("MACs", amount(totals.macs)),
        ("FLOPs", f"{amount(totals.flops)} (2 a MAC)"),
        ("memory", memory),
        *(("run", line) for line in _run(report)),
        *(("in depth", line) for line in in_depth(report)),
    ]
    page.grid([((name, "dim"), value) for name, value in _once(rows)], indent=2)
    open_sums = [s for s in (totals.learnable_parameters, totals.macs, peak) if isinstance(s, str) and not is_short(s)]
    if open_sums:
        sizes = {size for port in report.inputs for size in port.shape or ()}
        names = [visible(name) for name in open_names(open_sums) if name in sizes]
        bind = " ".join(f"--dim {quote(f'{name}=SIZE')}" for name in names[:_MOST_BOUND])
        until = f"its sizes are bound ({bind})" if bind else "the model runs"
        page.line((f"f(...): open until {until}; --format json has the formulas", "dim"), indent=2)


def _once(rows: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """A name that stands above already is not said again."""
    before = ""
    for name, value in rows:
        yield ("" if name == before else name), value
        before = name


def _ports(kind: str, ports: tuple[Port, ...]) -> Iterator[tuple[str, str]]:
    for port in ports[:_MOST_PORTS]:
        yield kind, f"{visible(port.name)} {visible(port.dtype)} {brief_shape(port.shape)}"
    if len(ports) > _MOST_PORTS:
        yield kind, f"and {len(ports) - _MOST_PORTS} more"
    if not ports:
        yield kind, "none"


def _run(report: Report) -> Iterator[str]:
    run = report.run
    if run.status != "ok":
        said = any(missed.what == "run" for missed in report.coverage.skipped)
        yield f"{run.status}: see above" if said else f"{run.status}: {prose(run.why, 300)}" if run.why else run.status
    else:
        level = run.isolation.get("level", "")
        placed = ", ".join(f"{counted(n, 'node')} on {visible(p)}" for p, n in run.placement.items())
        time = f" in {run.seconds * 1000:.1f} ms" if run.seconds else ""  # none where golden vectors alone were run
        optimised = f"; optimisation {visible(run.optimisation)}" if run.optimisation else ""
        isolated = f"; isolation {level}" if level else ""
        yield f"ok{time}; {placed or visible(run.provider)}{optimised}{isolated}"
    yield from sharing(run)
    yield from _attempts(run)
    yield from (f"golden {prose(line, 200)}" for line in run.golden)
    yield from (
        f"optimisation {visible(one.optimisation)}: "
        + ", ".join(prose(word, 200) for word in (one.status, one.why, one.outputs) if word)
        for one in run.levels[1:]
        if (one.status, one.outputs) != ("ok", "equal")
    )


def in_depth(report: Report) -> Iterator[str]:
    """What each part of the look in depth came to."""
    for part in report.depth:
        yield f"{part.part}: {part.status}" + (f": {prose(part.why, 300)}" if part.why else "")
        yield from (f"  {prose(line, 300)}" for line in part.lines[:_MOST_LINES])
        if len(part.lines) > _MOST_LINES:
            yield f"  and {len(part.lines) - _MOST_LINES} more"


def _attempts(run: RunSummary) -> Iterator[str]:
    """The inputs of each outcome: ``ok on x [2, 3]; x [1, 3] (floats in [0, 1), seed 0)``."""
    for (status, why), alike in groupby(run.attempts, key=lambda one: (one.status, one.why)):
        tried = list(alike)
        sizes = [", ".join(f"{visible(n)} {list(size)}" for n, size in list(t.inputs.items())[:4]) for t in tried]
        told = "; ".join(dict.fromkeys(filter(None, sizes[:_MOST_TRIED])))
        more = f"; {len(tried) - _MOST_TRIED} more" if len(tried) > _MOST_TRIED else ""
        values = prose(tried[0].values, 100)
        if told or values:
            on = " ".join(filter(None, (told + more, f"({values})" if values else "")))
            yield f"{visible(status)} on {on}" + (f": {prose(why, 200)}" if why else "")
