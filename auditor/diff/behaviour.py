"""What two models answer on the same inputs, each run in the sandbox without optimisation."""

from __future__ import annotations

import os

from ..costs.count import Costs
from ..evidence.sizes import choose
from ..model import digest, external
from ..model.graph import Model
from ..model.load import PROTOBUF_MOST
from ..runtime.outcome import (
    Crashed,
    Failed,
    Hunted,
    NotRun,
    Outcome,
    OutOfMemory,
    Run,
    SideBySide,
    TimedOut,
    first_line,
)
from ..runtime.parent import side_by_side
from ..runtime.request import APART, OFF, Feed, ModelPair, NamePair, Request, RunLimits
from ..settings import Settings
from ..shapes.facts import Facts
from ..tuples import NamedTuple
from .difference import ModelDifference, PortRenamed, Side

_PASSES = 8  # runs of each model, about, for which there is time: outputs twice, and inner tensors


class Behaviour(NamedTuple):
    """``why`` nothing was compared; else what came of both, and the node behind the first tensor that is not the same.

    ``asked``: it was asked for by name that this be looked at so, and it could not be. ``trace``: of a fault of ours.
    """

    why: str = ""
    found: SideBySide = SideBySide()
    first_node: str = ""  # of the old model
    traced: bool = False  # inner tensors were to be looked at
    asked: bool = False
    trace: str = ""

    @property
    def apart(self) -> tuple[str, ...]:
        """Outputs that differ by more than the tolerances."""
        return tuple(one.new for one in self.found.outputs if one.state == APART)

    @property
    def broken(self) -> str:
        """Why the new model does not do on inputs that the old one takes; "" where it does."""
        return self.found.why if self.found.failed == "new" else ""


def behaviour(old: Facts, new: Facts, costs: tuple[Costs, Costs], difference: ModelDifference, settings: Settings) -> (
    Behaviour
):  # fmt: skip
    """Run both on the inputs of either. Nothing that they do reaches the caller but this."""
    if not settings.run:
        return Behaviour("left out by --no-run")
    models = old.model, new.model
    if max(model.size for model in models) > PROTOBUF_MOST:
        return Behaviour("onnxruntime reads no file of more than 2 GiB")
    pair = _pair(old, new, difference)
    if not pair.outputs:
        return Behaviour("the two have no output in common")
    outcome = side_by_side(Request(
        models[0].path,
        (*_files(models[0]), models[1].path, *_files(models[1])),
        _attempts(old, new, pair),
        optimisation=OFF,
        limits=_limits(costs, settings),
        predicted_bytes=_predicted(costs),
        require_isolation=settings.require_isolation,
        seed=settings.seed,
        rtol=settings.rtol,
        atol=settings.atol,
        pair=pair,
    ))  # fmt: skip
    if isinstance(outcome, Crashed) and outcome.stage == "new":  # the old one ran before it
        return Behaviour(found=SideBySide(f"the new model ends onnxruntime ({outcome.signal})", failed="new"))
    if not isinstance(outcome, SideBySide):
        isolated = outcome.isolation.get("level", "full") == "full"
        trace = outcome.fault if isinstance(outcome, NotRun) else ""
        return Behaviour(_why(outcome), asked=bool(trace) or (settings.require_isolation and not isolated), trace=trace)
    if outcome.why and not outcome.failed:
        return Behaviour(outcome.why)
    return Behaviour("", outcome, _maker(old, outcome), bool(pair.tensors))


def _pair(old: Facts, new: Facts, difference: ModelDifference) -> ModelPair:
    renamed = {
        (edit.change.side, edit.change.old): edit.change.new
        for edit in difference.edits
        if isinstance(edit.change, PortRenamed)
    }
    there = {name: name for name in new.inputs}
    inputs = [(name, renamed.get((Side.INPUT, name), there.get(name))) for name in old.inputs]
    ends = {value.name: value.name for value in new.model.graph.outputs}
    outputs = [
        (value.name, renamed.get((Side.OUTPUT, value.name), ends.get(value.name))) for value in old.model.graph.outputs
    ]
    paired = tuple(NamePair(one, other) for one, other in inputs if other is not None)
    alone = new.inputs.keys() - {one.new for one in paired}
    chosen = choose(new).attempts if alone else ()
    extra = tuple(feed for feed in chosen[0] if feed.name in alone) if chosen else ()
    return ModelPair(
        new.model.path,
        paired,
        tuple(NamePair(one, other) for one, other in outputs if other is not None),
        _inner(old.model, new.model, difference),
        extra,
    )


def _inner(old: Model, new: Model, difference: ModelDifference) -> tuple[NamePair, ...]:
    """The tensors of the main graphs that stand for each other, in the old file's order; ports and constants aside."""
    main = next((body for body in difference.bodies if (body.old, body.new) == ("", "")), None)
    if main is None:
        return ()
    ends = {value.name for graph in (old.graph, new.graph) for value in (*graph.inputs, *graph.outputs)}
    partner = dict(main.tensors)
    made = new.graph.producers
    return tuple(
        NamePair(name, partner[name])
        for node in old.graph.nodes
        if node.op_type != "Constant"
        for name in node.outputs
        if name in partner and partner[name] in made and name not in ends and partner[name] not in ends
    )


def _attempts(old: Facts, new: Facts, pair: ModelPair) -> tuple[tuple[Feed, ...], ...]:
    """Inputs of the old model: at sizes that do for it, then at those that do for the new one."""
    own = choose(old).attempts
    back = {one.new: one.old for one in pair.inputs}
    taken = {feed.name: feed for feeds in own[:1] for feed in feeds}
    others = []
    for feeds in choose(new).attempts:
        sizes = {back[feed.name]: feed.shape for feed in feeds if feed.name in back}
        others.append(tuple(feed._replace(shape=sizes.get(name, feed.shape)) for name, feed in taken.items()))
    return tuple(dict.fromkeys((*own, *others)))


def _limits(costs: tuple[Costs, Costs], settings: Settings) -> RunLimits:
    if settings.timeout is not None:
        return RunLimits(settings.timeout, settings.memory)
    flops = [one.run_flops for one in costs]
    return RunLimits.predicted(_PASSES * sum(one for one in flops if isinstance(one, int)), settings.memory)


def _predicted(costs: tuple[Costs, Costs]) -> int | None:
    peaks = [one.peak_activation_bytes for one in costs]
    return sum(one for one in peaks if isinstance(one, int)) if all(isinstance(one, int) for one in peaks) else None


def _files(model: Model) -> tuple[str, ...]:
    """The data files that a run may read."""
    folder = os.path.dirname(model.path)
    readable = (n for n in digest.files(model) if isinstance(external.look(model, n), external.DataFile))
    return tuple(os.path.join(folder, name) for name in readable)


def _maker(old: Facts, found: SideBySide) -> str:
    if found.first is None:
        return ""
    at = old.producer(found.first.old)
    return "" if at is None else old.label(at)


def _why(outcome: Outcome | Hunted) -> str:
    match outcome:
        case NotRun(why=why):
            return why
        case Failed(message=message) | OutOfMemory(message=message):
            return f"the run failed: {first_line(message)}"
        case Crashed(signal=signal, stage=stage):
            return f"{'the old model' if stage == 'old' else 'one of the two'} ends onnxruntime ({signal})"
        case TimedOut(seconds=seconds):
            return f"the runs take more than {seconds:g} seconds"
        case Run() | Hunted():
            return "the child gave another answer"
