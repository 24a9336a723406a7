"""A finding in words, for every format that shows text: made harmless, without colour and without columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from ...names import prose, visible
from ...numbers import shape_text
from ...report import Finding, JudgedBy, Location, Report, Severity, Step, Verdict, waiver_of
from ...wording import counted, fitting
from .repairs import repairs

Shapes: TypeAlias = Mapping[str, tuple[int | str | None, ...] | None]

MOST_STEPS = 24
"""Lines of a derivation that are shown: the last ones."""


def place(where: Location) -> str:
    """``fc6 (Gemm)``, ``if_1/then_branch/conv``, ``w at byte 1,024``; nothing where the whole model is meant."""
    name = visible("/".join(filter(None, (where.graph, where.node or where.tensor))))
    if where.node and where.op_type and not where.node.startswith(f"{where.op_type}["):
        name += f" ({visible(where.op_type)})"
    if where.offset is not None and not where.node:
        name = f"{name} at byte {where.offset:,}".strip()
    return name


def summary(report: Report) -> str:
    """``1 error, 2 warnings, 1 waived``; ``nothing found``."""
    counts = {s: sum(f.severity is s for f in counting(report)) for s in Severity}
    parts = [counted(n, s.value) for s, n in counts.items() if n]
    for by, word in (("waiver", "waived"), ("baseline", "known")):
        number = sum(w is not None and w.by == by for w in map(waiver_of, report.findings))
        parts += [f"{number:,} {word}"] if number else []
    by = judged_by(report.judged_by)
    return (", ".join(parts) or "nothing found") + not_run(report) + (f"; judged {by}" if by else "")


def judged_by(by: JudgedBy) -> str:
    """``by auditor.toml, baseline known.json``; nothing where neither is there."""
    policy = f"{'the trusted ' if by.trusted else ''}{visible(by.policy, 200)}" if by.policy else ""
    baseline = f"baseline {visible(by.baseline, 200)}" if by.baseline else ""
    told = ", ".join(filter(None, (policy, baseline)))
    return f"by {told}" if told else ""


def not_run(report: Report) -> str:
    """``; not run: it failed on inputs that auditor invented``, where a run was asked for and came to nothing."""
    if not report.run.optimisation:
        return ""
    match report.run.status, report.run.why.partition(": ")[0]:
        case "ok", _:
            return ""
        case "failed", "load":
            return "; onnxruntime does not load it"
        case "failed", "run":
            return "; the run failed on every input that was tried"
        case "not run", _:
            return "; not run"
        case status, _:
            return f"; the run {status}"


_WORDS = {Verdict.PASS: "passed", Verdict.FAIL: "failed", Verdict.INCONCLUSIVE: "inconclusive"}


def tally(verdicts: Iterable[Verdict], order: Iterable[Verdict] = _WORDS) -> str:
    """``3 models: 1 passed, 1 failed, 1 inconclusive``."""
    seen = Counter(verdicts)
    parts = [f"{seen[verdict]:,} {_WORDS[verdict]}" for verdict in order if seen[verdict]]
    return f"{counted(seen.total(), 'model')}: {', '.join(parts)}"


def counting(report: Report) -> list[Finding]:
    """The findings that nothing covers."""
    return [f for f in report.findings if waiver_of(f) is None]


def covered(report: Report) -> list[Finding]:
    """The findings that a waiver or the baseline covers: they are shown, and do not count."""
    return [f for f in report.findings if waiver_of(f) is not None]


def why_waived(finding: Finding) -> str:
    """``waived by vision team until 2027-01-31: the client sends it``; ``known: in the baseline``; nothing."""
    why = waiver_of(finding)
    if why is None:
        return ""
    if why.by == "baseline":
        return "known: in the baseline"
    until = f" until {visible(why.expires, 32)}" if why.expires else ""
    return f"waived by {visible(why.owner, 100) or 'nobody'}{until}: {prose(why.reason, 500)}"


def shown_steps(finding: Finding) -> tuple[list[Step], int]:
    """The last steps of the derivation (of those that change a shape, if any do), and how many there are before."""
    steps = [step for step in finding.derivation if step.formula] or list(finding.derivation)
    return steps[-MOST_STEPS:], max(len(steps) - MOST_STEPS, 0)


def derivation(finding: Finding) -> Iterator[str]:
    """``conv1  [1, 96, 54, 54]  floor((224 - 11) / 4) + 1 = 54``, a line a step."""
    steps, before = shown_steps(finding)
    if before:
        yield f"… {before} steps before"
    for step in steps:
        yield f"{visible(step.node, 40)}  {shape_text(step.output)}  {prose(step.formula, 200)}".rstrip()


def fits(finding: Finding, shapes: Shapes) -> Iterator[str]:
    """``227 <= H = W <= 258``: the sizes under which the place would be right."""
    yield from (prose(fitting(fit, shapes)) for fit in finding.fits if fit.ranges)


def further(finding: Finding, shapes: Shapes) -> Iterator[str]:
    """What is said behind the message: the sizes that fit, what to do, what followed."""
    yield from (f"fits for {sizes}" for sizes in fits(finding, shapes))
    if finding.fix:
        yield f"fix: {prose(finding.fix)}"
    yield from (f"or: {other}" for other in repairs(finding))
    if finding.consequences:
        yield f"{counted(finding.consequences, 'further fault')} followed from this"
    yield f"basis: {finding.basis.value}"


def input_shapes(report: Report) -> Shapes:
    """The shapes of the graph's inputs, by which axes get their names."""
    return {port.name: port.shape for port in report.inputs}
