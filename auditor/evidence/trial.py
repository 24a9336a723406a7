"""Run a model on inputs that its facts allow: what to feed it, whether to start it at all, within which limits."""

from __future__ import annotations

import os
from typing import NamedTuple

from ..costs.count import Costs
from ..model import digest, external
from ..model.graph import Model
from ..report import Missed
from ..runtime.outcome import Crashed, Failed, NotRun, Outcome, OutOfMemory, Run, TimedOut, first_line
from ..runtime.request import Feed, Request, RunLimits
from ..settings import Settings
from ..shapes.facts import Facts, rendered
from ..wording import in_bytes

LARGEST = 2**31 - 1
"""onnxruntime reads no model file beyond protobuf's 2 GiB."""

_BEFORE_THE_MODEL = frozenset({"start", "import"})
"""Stages of a run in which nothing that happens is the model's fault."""

_OPEN = 1 << 29  # bytes of activations where sizes are open


class Trial(NamedTuple):
    """A run and what it was made on. ``invented``: the inputs are ours, so a failure on them proves nothing."""

    result: Outcome
    invented: bool
    missed: tuple[Missed, ...] = ()


def attempt(model: Model, facts: Facts, costs: Costs, settings: Settings) -> Trial:
    """Run the model once, in a sandboxed child."""
    from ..runtime import golden  # a check without a run does without all this
    from ..runtime.messages import MACHINE
    from ..runtime.parent import run

    asked = settings.provider_asked or settings.require_isolation or settings.inputs is not None
    if model.size > LARGEST:
        why = f"the file has {model.size} bytes, and onnxruntime reads none of more than 2 GiB"
        return Trial(NotRun(why), True, (Missed("run", why, asked),))
    memory, least = settings.memory or _memory_of_machine(), costs.needed_bytes
    if least > memory:
        why = f"it would take {in_bytes(least)}, and {in_bytes(memory)} may be used"
        return Trial(OutOfMemory(memory, "prediction", why), True, (Missed("run", why, asked),))
    vectors = golden.vectors_beside(model.path, len(facts.inputs), len(model.graph.outputs))
    request = Request(
        model.path,
        _data_files(model),
        _feeds(facts, settings),
        vectors,
        settings.provider,
        limits=_limits(costs, settings),
        predicted_bytes=_beside_the_weights(costs),
        require_isolation=settings.require_isolation,
        seed=settings.seed,
        rtol=settings.rtol,
        atol=settings.atol,
    )
    result = run(request)
    if isinstance(result, TimedOut | OutOfMemory | Crashed) and result.stage in _BEFORE_THE_MODEL:
        why = "onnxruntime did not get as far as the model within the limits of the run (--timeout, --memory)"
        return Trial(NotRun(why, result.isolation), True, (Missed("run", why, asked=True),))
    if isinstance(result, Failed) and result.kind == MACHINE:
        why = f"this machine lacks what the model needs: {first_line(result.message)}"
        return Trial(NotRun(why, result.isolation), True, (Missed("run", why, asked),))
    invented = settings.inputs is None and not vectors
    missed: list[Missed] = []
    match result:
        case NotRun(why=why):
            missed.append(Missed("run", why, asked))
        case Failed(stage="run", message=message) if invented:
            missed.append(Missed("run", f"it failed on inputs that auditor invented: {first_line(message)}", asked))
        case Run(golden=results, tries=tries):
            if settings.inputs is not None and tries:  # the golden vectors ran, and these did not
                message = first_line(tries[0].message)
                missed.append(Missed("run", f"it failed on the inputs of {settings.inputs}: {message}", True))
            missed += [Missed(f"golden vector {g.name}", g.failed, True) for g in results if g.failed]
    return Trial(result, invented, tuple(missed))


def _data_files(model: Model) -> tuple[str, ...]:
    """The external data files that may be read; the sandbox opens no others."""
    readable = (n for n in digest.files(model) if isinstance(external.look(model, n), external.DataFile))
    folder = os.path.dirname(model.path)  # importing pathlib costs a sixtieth of a small check
    return tuple(os.path.join(folder, name) for name in readable)


def _beside_the_weights(costs: Costs) -> int | None:
    """Bytes that the run takes besides what the file stores; None where sizes are open and nothing else is known."""
    peak, generated = costs.peak_activation_bytes, costs.generated_bytes
    if isinstance(peak, int):
        return generated + peak
    return generated + _OPEN if generated else None


def _memory_of_machine() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _feeds(facts: Facts, settings: Settings) -> tuple[tuple[Feed, ...], ...]:
    if settings.inputs is not None:
        feeds = (Feed(name, fact.dtype or 0, file=settings.inputs, key=name) for name, fact in facts.inputs.items())
        return (tuple(feeds),)
    from ..runtime.inputs import attempts

    ports = tuple((name, fact.dtype or 0, rendered(fact.shape)) for name, fact in facts.inputs.items())
    return attempts(ports)


def _limits(costs: Costs, settings: Settings) -> RunLimits:
    predicted = RunLimits.predicted(costs.flops if isinstance(costs.flops, int) else None, settings.memory)
    return predicted if settings.timeout is None else RunLimits(settings.timeout, settings.memory)
