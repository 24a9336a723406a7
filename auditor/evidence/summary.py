"""The plain parts of a report, out of the evidence: totals, ports, the run, and what was not looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, assert_never

from ..costs.count import Costs
from ..model import digest
from ..model.dtypes import name_of
from ..model.graph import Model, Value
from ..model.refitted import refitted
from ..model.scopes import scopes
from ..report import Missed, Port, RunAttempt, RunLevel, RunSummary, Totals
from ..runtime.outcome import (
    Agreement,
    Crashed,
    Failed,
    GoldenResult,
    NotRun,
    Outcome,
    OutOfMemory,
    Run,
    TimedOut,
    first_line,
)
from ..runtime.request import Feed, fed
from ..settings import Settings
from ..shapes.facts import Facts, rendered
from ..shapes.sizes.dim import Size
from ..shapes.troubles import Exhausted, Internal, Unsupported
from ..wording import listed
from .evidence import Evidence

if TYPE_CHECKING:
    from .trial import Trial


def totals(costs: Costs) -> Totals:
    """The sums of a model, sizes rendered."""
    return Totals(
        nodes=costs.nodes,
        parameters=costs.parameters,
        learnable_parameters=_rendered(costs.learnable),
        running_statistics=_rendered(costs.statistics),
        elementwise_parameters=costs.elementwise,
        macs=_rendered(costs.macs),
        body_macs=_rendered(costs.body_macs),
        flops=_rendered(costs.flops),
        weight_bytes=costs.weight_bytes,
        peak_activation_bytes=_rendered(costs.peak_activation_bytes),
    )


def _rendered(size: Size | None) -> int | str | None:
    return size if size is None or isinstance(size, int) else str(size)


def ports(facts: Facts, values: Iterable[Value]) -> tuple[Port, ...]:
    """Inputs or outputs of the main graph as they were propagated."""
    found = []
    for value in values:
        fact = facts.get(value.name)
        found.append(Port(value.name, name_of(fact.dtype if fact else None), rendered(fact.shape) if fact else None))
    return tuple(found)


def operators(model: Model) -> dict[str, int]:
    """Nodes of each operator, wherever in the file they stand. A call of the model's functions does not count."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for scope in scopes(model):
        for node, places in scope.graph.kinds:
            counts[node.domain, node.op_type, node.overload] += len(places)
    named: Counter[str] = Counter()
    for key, number in counts.items():
        if key not in model.functions:
            named[f"{key[0]}:{key[1]}" if key[0] not in ("", "ai.onnx") else key[1]] += number
    return dict(sorted(named.items()))


def dtypes(facts: Facts) -> tuple[str, ...]:
    """The element types of all tensors: stored ones, and those that were propagated."""
    stored = {t.dtype for _, graph in facts.model.graphs for t in graph.initializers}
    stored |= {t.values.dtype for _, graph in facts.model.graphs for t in graph.sparse_initializers}
    each = {id(f): f for v in facts.graphs.values() for name, f in v.facts.items() if name}  # equal ones are one object
    found = {f.dtype if f is not None else None for f in each.values()}
    return tuple(sorted({name_of(dtype) for dtype in found | stored}))


_DEAR = 10**11  # multiply-accumulates: seconds on a small machine
_MOST_OVER = 4  # choices that the shapes rule out: the others are of the same kind


def run_summary(evidence: Evidence) -> RunSummary:
    """What came of the run."""
    settings = evidence.settings
    if not settings.run:
        return RunSummary(settings.provider, "not run", "left out by --no-run")
    from .processor import features  # a check without a run does without these

    result = evidence.trial.result
    status, why, seconds = _came_to(result)
    summary = RunSummary(
        settings.provider,
        status,
        why,
        optimisation=settings.optimisation,
        cpu=features(),
        seconds=seconds,
        isolation={} if isinstance(result, OutOfMemory) and result.stage == "prediction" else result.isolation,
        attempts=tuple(_attempts(evidence.trial, settings)),
        levels=tuple(_levels(result)),
    )
    if isinstance(result, Failed):
        return summary._replace(golden=tuple(golden_line(g) for g in result.golden))
    if isinstance(result, Run):
        from .placing import fallbacks, shares

        did = shares(evidence.facts, result)
        return summary._replace(
            provider=result.provider,
            shares=did.shares,
            unplaced_macs=did.unplaced_macs,
            shares_by=did.how,
            fallbacks=fallbacks(result),
            placement=result.placement,
            golden=tuple(golden_line(g) for g in result.golden),
            outputs=tuple(Port(o.name, name_of(o.dtype) if o.dtype else o.type, o.shape) for o in result.outputs),
        )
    return summary


def _came_to(result: Outcome) -> tuple[str, str, float]:
    """The status of a run, why, and its seconds."""
    match result:
        case Run(run_seconds=seconds):
            return "ok", "", round(sum(seconds), 6)
        case Failed(stage=stage, message=message):
            return "failed", f"{stage}: {first_line(message)}", 0.0
        case Crashed(signal=signal, stage=stage):
            return "crashed", f"{signal} during {stage}", 0.0
        case TimedOut(seconds=seconds, stage=stage):
            return "timed out", f"no end after {seconds:g} s ({stage})", seconds
        case OutOfMemory(stage="prediction", message=why):
            return "not run", why, 0.0
        case OutOfMemory(stage=stage):
            return "failed", f"{stage}: out of memory", 0.0
        case NotRun(why=why):
            return "not run", why, 0.0
    assert_never(result)


def _attempts(trial: Trial, settings: Settings) -> Iterator[RunAttempt]:
    """Every choice of inputs that was tried, in order; in front those that the shapes rule out."""
    result = trial.result
    for feeds, why in trial.passed_over[:_MOST_OVER]:
        yield RunAttempt(_sizes(feeds), "", "impossible", why)
    if isinstance(result, Run | Failed | OutOfMemory):
        for one in result.tries:
            yield RunAttempt(_sizes(one.feeds), fed(one.feeds, settings.seed), "failed", first_line(one.message))
    match result:
        case Run(feeds=feeds, outputs=outputs) if feeds or outputs:
            status = "not finite" if any(o.nonfinite for o in outputs) else "ok"
            yield RunAttempt(_sizes(feeds), fed(feeds, settings.seed), status)
            for other in trial.again:
                status = "not finite" if other.nonfinite else "ok"
                yield RunAttempt(_sizes(other.feeds), fed(other.feeds, other.seed), status)
        case Crashed(feeds=feeds, signal=signal) if feeds:
            yield RunAttempt(_sizes(feeds), fed(feeds, settings.seed), "failed", signal)
        case TimedOut(feeds=feeds, seconds=seconds) if feeds:
            yield RunAttempt(_sizes(feeds), fed(feeds, settings.seed), "failed", f"no end after {seconds:g} s")


def _sizes(feeds: tuple[Feed, ...]) -> dict[str, tuple[int, ...]]:
    """Of a file's array nobody but the run knows them."""
    return {feed.name: feed.shape for feed in feeds if not feed.file}


def _levels(result: Outcome) -> Iterator[RunLevel]:
    if isinstance(result, Run | Failed):
        for index, level in enumerate(result.levels):
            told = _agreement(result.agreement) if index and isinstance(result, Run) else ""
            yield RunLevel(level.optimisation, level.status, first_line(level.why) if level.why else "", told)


def _agreement(agreement: Agreement | None) -> str:
    """Of a level that was not the run of record: what its outputs are to that one's."""
    if agreement is None:
        return ""
    if agreement.why:
        return f"not compared: {first_line(agreement.why)}"
    if agreement.partings:
        return f"different: {listed(p.output for p in agreement.partings)}"
    return "equal" if not agreement.exempt else f"equal but for {listed(agreement.exempt)}"


def golden_line(golden: GoldenResult) -> str:
    """One golden vector in a line."""
    if golden.failed:
        return f"{golden.name}: not compared: {golden.failed}"
    differing = [c.output for c in golden.comparisons if c.difference is not None]
    if differing:
        return f"{golden.name}: different: {', '.join(differing)}"
    left = [c.output for c in golden.comparisons if not c.compared]
    return f"{golden.name}: equal" + (f" (not compared: {', '.join(left)})" if left else "")


def looked_at(evidence: Evidence) -> Iterator[Missed]:
    """Everything that was not looked at, with why; nothing of this is ever a pass."""
    unsupported: Counter[str] = Counter()
    for trouble in evidence.facts.troubles:
        match trouble:
            case Unsupported(domain=domain, op_type=op_type):
                unsupported[f"{domain}:{op_type}" if domain else op_type] += 1
            case Internal(at=at, error=error):
                where = evidence.facts.label(at)
                yield Missed(f"shapes of {where}", f"a fault of auditor: {error}", asked=True)
            case Exhausted(at=at, budget=budget):
                where = evidence.facts.label(at)
                yield Missed(f"shapes behind {where}", f"the budget of {budget} was used up", asked=True)
    for name, number in sorted(unsupported.items()):
        nodes = "1 node" if number == 1 else f"{number} nodes"
        yield Missed(f"shapes and costs of {name} ({nodes})", "auditor does not know this operator")
    if (folded := evidence.costs.folded_macs) >= _DEAR:
        why = f"{folded:,} multiply-accumulates hang on stored tensors alone: they are done when a runtime loads it"
        yield Missed("what the model costs to load", why)
    if not evidence.model.path and (files := digest.files(evidence.model)):
        why = f"the model came without a path, and {listed(files)} was not opened: give the path"
        yield Missed("external data", why, asked=True)
    for named in refitted(evidence.model):
        if named.unknown:
            yield Missed(f"files of {named.by.location!r}, from which an engine takes its weights", named.unknown, True)
    if evidence.settings.runtimes:
        yield from evidence.targets.missed
    if evidence.settings.ranges:
        yield from evidence.ranges.missed
    if evidence.settings.weights:
        yield from evidence.weights.missed
    if evidence.settings.run:
        yield from evidence.trial.missed
    for deep in evidence.depth:
        yield from deep.missed
