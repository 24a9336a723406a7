"""The plain parts of a report, out of the evidence: totals, ports, the run, and what was not looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from ..costs.count import Costs
from ..model import digest
from ..model.dtypes import name_of
from ..model.graph import Model, Value, has_subgraphs, subgraphs
from ..report import Missed, Port, RunSummary, Totals
from ..runtime.outcome import Crashed, Failed, GoldenResult, NotRun, OutOfMemory, Run, TimedOut, first_line
from ..shapes.facts import Facts, rendered
from ..shapes.sizes.dim import Size
from ..shapes.troubles import Exhausted, Internal, Unsupported
from ..wording import listed
from .evidence import Evidence


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
    waiting = [model.graph.nodes, *(f.nodes for f in model.functions.values())]
    while waiting:
        nodes = waiting.pop()
        counts.update((n.domain, n.op_type, n.overload) for n in nodes)
        waiting += (body.nodes for node in nodes if has_subgraphs(node) for _, body in subgraphs(node))
    named: Counter[str] = Counter()
    for key, number in counts.items():
        if key not in model.functions:
            named[f"{key[0]}:{key[1]}" if key[0] not in ("", "ai.onnx") else key[1]] += number
    return dict(sorted(named.items()))


def dtypes(facts: Facts) -> tuple[str, ...]:
    """The element types of all tensors: stored ones, and those that were propagated."""
    stored = {t.dtype for _, graph in facts.model.graphs for t in graph.initializers}
    stored |= {t.values.dtype for _, graph in facts.model.graphs for t in graph.sparse_initializers}
    found = {f.dtype if f is not None else None for v in facts.graphs.values() for name, f in v.facts.items() if name}
    return tuple(sorted({name_of(dtype) for dtype in found | stored}))


def run_summary(evidence: Evidence) -> RunSummary:
    """What came of the run."""
    provider = evidence.settings.provider
    if not evidence.settings.run:
        return RunSummary(provider, "not run", "left out by --no-run")
    match evidence.trial.result:
        case Run() as run:
            return RunSummary(
                run.provider,
                "ok",
                "",
                round(sum(run.run_seconds), 6),
                run.isolation,
                run.placement,
                tuple(golden_line(g) for g in run.golden),
                tuple(Port(o.name, name_of(o.dtype) if o.dtype else o.type, o.shape) for o in run.outputs),
            )
        case Failed() as failed:
            return RunSummary(
                provider, "failed", f"{failed.stage}: {first_line(failed.message)}", isolation=failed.isolation
            )
        case Crashed() as crashed:
            return RunSummary(
                provider, "crashed", f"{crashed.signal} during {crashed.stage}", isolation=crashed.isolation
            )
        case TimedOut() as out:
            why = f"no end after {out.seconds:g} s ({out.stage})"
            return RunSummary(provider, "timed out", why, out.seconds, isolation=out.isolation)
        case OutOfMemory(stage="prediction", message=why):
            return RunSummary(provider, "not run", why)
        case OutOfMemory() as memory:
            return RunSummary(provider, "failed", f"{memory.stage}: out of memory", isolation=memory.isolation)
        case NotRun() as not_run:
            return RunSummary(provider, "not run", not_run.why, isolation=not_run.isolation)


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
    if not evidence.model.path and (files := digest.files(evidence.model)):
        why = f"the model came without a path, and {listed(files)} was not opened: give the path"
        yield Missed("external data", why, asked=True)
    if evidence.settings.weights:
        yield from evidence.weights.missed
    if evidence.settings.run:
        yield from evidence.trial.missed
