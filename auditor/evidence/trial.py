"""Run a model on inputs that its facts allow: what to feed it, whether to start it at all, within which limits."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..costs.count import Costs
from ..model import digest, external
from ..model.graph import Model
from ..report import Missed
from ..runtime.outcome import Crashed, Failed, NotRun, Outcome, OutOfMemory, Run, TimedOut, first_line
from ..runtime.providers import CPU
from ..runtime.request import OFF, Feed, ProviderLibrary, ProviderOption, Request, RunLimits
from ..settings import Settings
from ..shapes.facts import Facts
from ..tuples import NamedTuple
from ..wording import in_bytes, listed

if TYPE_CHECKING:
    from .sizes import Chosen

LARGEST = 2**31 - 1
"""onnxruntime reads no model file beyond protobuf's 2 GiB."""

_BEFORE_THE_MODEL = frozenset({"start", "import"})
"""Stages of a run in which nothing that happens is the model's fault."""

_ON_CPU = "the run was on the CPU, as it was asked for: name another provider (--provider)"
_OF_A_LIBRARY = "provider"  # the stage in which a library of providers is loaded

_OPEN = 1 << 29  # bytes of activations where sizes are open


class Again(NamedTuple):
    """Inputs of ours, and whether they too gave what is not finite."""

    feeds: tuple[Feed, ...]
    seed: int
    nonfinite: bool


class Trial(NamedTuple):
    """A run and what it was made on. ``invented``: the inputs are ours, so a failure on them proves nothing.

    ``plain``: what came of it without optimisation, where the child had died with it. ``passed_over``: usual sizes on
    which the shapes say that it cannot run. ``again``: other inputs, after some gave what is not finite.
    """

    result: Outcome
    invented: bool
    missed: tuple[Missed, ...] = ()
    plain: Outcome | None = None
    passed_over: tuple[tuple[tuple[Feed, ...], str], ...] = ()
    again: tuple[Again, ...] = ()


def faulty(why: str, trace: str) -> Trial:
    """Nothing was run, for a fault of ours."""
    return Trial(NotRun(why, fault=trace), True, (Missed("run", why, True, trace),))


def attempt(model: Model, facts: Facts, costs: Costs, settings: Settings) -> Trial:
    """Run the model once, in a sandboxed child."""
    from ..runtime import golden  # a check without a run does without all this
    from ..runtime.messages import MACHINE
    from ..runtime.parent import run
    from .sizes import impossible

    named = bool(settings.inputs or settings.custom_ops or settings.provider_libraries)
    asked = settings.provider_asked or settings.require_isolation or named
    if model.size > LARGEST:
        why = f"the file has {model.size} bytes, and onnxruntime reads none of more than 2 GiB"
        return Trial(NotRun(why), True, (Missed("run", why, asked),))
    memory, least = settings.memory or _memory_of_machine(), costs.needed_bytes
    if least > memory:
        why = f"it would take {in_bytes(least)}, and {in_bytes(memory)} may be used"
        return Trial(OutOfMemory(memory, "prediction", why), True, (Missed("run", why, asked),))
    vectors = golden.vectors_beside(model.path, len(facts.inputs), len(model.graph.outputs))
    chosen = _chosen(facts, settings)
    request = _request(model, costs, settings)._replace(
        attempts=chosen.attempts, golden=vectors, second=settings.optimisation != OFF
    )
    until = time.monotonic() + request.limits.seconds

    def more(**changes: Any) -> Outcome:
        """The same with changes, in what is left of the time."""
        left = until - time.monotonic()
        if left <= 0:
            return TimedOut(0.0, "start")
        return run(request._replace(limits=request.limits._replace(seconds=left), **changes))

    result = run(request)
    if isinstance(result, TimedOut | OutOfMemory | Crashed) and result.stage in _BEFORE_THE_MODEL:
        why = "onnxruntime did not get as far as the model within the limits of the run (--timeout, --memory)"
        return Trial(NotRun(why, result.isolation), True, (Missed("run", why, asked=True),))
    if isinstance(result, TimedOut | OutOfMemory | Crashed) and result.stage == _OF_A_LIBRARY:
        end = result.signal if isinstance(result, Crashed) else "no end within the limits of the run"
        why = f"loading {listed(map(os.path.basename, settings.provider_libraries.values()))} came to nothing: {end}"
        return Trial(NotRun(why, result.isolation), True, (Missed("run", why, asked=True),))
    if isinstance(result, Failed) and result.kind == MACHINE:
        why = f"this machine lacks what the model needs: {first_line(result.message)}"
        return Trial(NotRun(why, result.isolation), True, (Missed("run", why, asked),))
    if isinstance(result, Crashed) and result.feeds and settings.inputs is None and impossible(facts, result.feeds):
        # The sizes are ours, and the shapes say that they cannot do: that onnxruntime dies of them is no news.
        why = f"no inputs were found on which it can run: {impossible(facts, result.feeds)}"
        over = chosen.passed_over
        return Trial(NotRun(why, result.isolation), True, (Missed("run", why, asked),), passed_over=over)
    plain = None
    if isinstance(result, Crashed) and request.second:  # is it the optimiser's doing?
        plain = more(optimisation=OFF, second=False, golden=())
    invented = settings.inputs is None and not vectors
    missed = (*_missed(result, settings, invented, asked), *_vectors_missed(result, tuple(v.name for v in vectors)))
    if chosen.told or chosen.passed_over:
        missed = (*missed, Missed("other sizes", _passed_over(chosen)))
    again = tuple(_again(more, request.seed + 1, result, facts)) if settings.inputs is None else ()
    return Trial(result, invented, missed, plain, chosen.passed_over, again)


def _request(model: Model, costs: Costs, settings: Settings) -> Request:
    """What every run of the model has in common."""
    return Request(
        model.path,
        data_files(model),
        optimisation=settings.optimisation,
        custom_ops=os.path.abspath(settings.custom_ops) if settings.custom_ops else "",  # a bare name means elsewhere
        limits=run_limits(costs, settings, 1 if settings.optimisation == OFF else 2),
        predicted_bytes=beside_the_weights(costs),
        require_isolation=settings.require_isolation,
        seed=settings.seed,
        rtol=settings.rtol,
        atol=settings.atol,
        **where_to_run(settings),
    )


def where_to_run(settings: Settings) -> dict[str, Any]:
    """What of a request says on which providers it is run."""
    options = settings.provider_options.items()
    libraries = settings.provider_libraries.items()
    return {
        "provider": settings.provider,
        "provider_options": tuple(
            ProviderOption(who, key, value) for who, own in options for key, value in own.items()
        ),
        "provider_libraries": tuple(ProviderLibrary(name, os.path.abspath(path)) for name, path in libraries),
        "device": settings.device,
    }


@contextmanager
def base_request(model: Model, costs: Costs, settings: Settings) -> Iterator[Request]:
    """What every run of the model has in common; one that came without a file has one for as long as this takes."""
    if model.path:
        yield _request(model, costs, settings)
        return
    from .in_memory import written

    with written(model) as there:
        yield _request(there, costs, settings)


def attempt_elsewhere(model: Model, facts: Facts, costs: Costs, settings: Settings, libraries: str) -> Outcome:
    """Run the model once on the CPU with the onnxruntime that lies in a folder, in a sandboxed child."""
    from ..runtime.parent import run

    request = _request(model, costs, settings)
    return run(request._replace(attempts=_chosen(facts, settings).attempts, provider="cpu", libraries=libraries))


def _again(more: Callable[..., Outcome], seed: int, result: Outcome, facts: Facts) -> Iterator[Again]:
    """Where a run on inputs of ours gave what is not finite: other values, a small size, another batch."""
    from .sizes import others

    if not isinstance(result, Run) or not any(one.nonfinite for one in result.outputs):
        return
    for feeds in (result.feeds, *others(facts, result.feeds)):
        other = more(attempts=(feeds,), seed=seed, golden=(), second=False)
        if isinstance(other, Run):
            yield Again(feeds, seed, any(one.nonfinite for one in other.outputs))


def _passed_over(chosen: Chosen) -> str:
    """Which sizes fit, and why the usual ones do not."""
    feeds, why = chosen.passed_over[0] if chosen.passed_over else ((), "")
    sizes = ", ".join(f"{feed.name} {list(feed.shape)}" for feed in feeds[:3])
    return "; ".join(filter(None, (chosen.told, f"{sizes} is impossible: {why}" if why else "")))


def _missed(result: Outcome, settings: Settings, invented: bool, asked: bool) -> Iterator[Missed]:
    """What of the run was not looked at. A model that onnxruntime does not load was not run, whosever fault it is."""
    match result:
        case NotRun(why=why, fault=fault):
            yield Missed("run", why, asked or bool(fault), fault)
        case Failed(stage="load", message=message):
            yield Missed("run", f"onnxruntime does not load the model: {first_line(message)}", True)
        case Failed(stage="run", message=message) if invented:
            yield Missed("run", f"it failed on inputs that auditor invented: {first_line(message)}", asked)
        case Run(tries=tries, agreement=agreement, feeds=feeds, outputs=outputs, gone=gone):
            for name in gone:
                yield Missed(f"provider {name}", "onnxruntime could not start it, and ran the model without", True)
            if settings.no_cpu_fallback and (result.provider == CPU or not result.placement):
                why = "onnxruntime does not say which nodes ran where" if result.provider != CPU else _ON_CPU
                yield Missed("no-cpu-fallback", why, True)
            for one in outputs:
                if one.unseen:
                    yield Missed(f"values of {one.name}", one.unseen)
            if settings.inputs is not None and tries:  # the golden vectors ran, and these did not
                message = first_line(tries[0].message)
                yield Missed("run", f"it failed on the inputs of {settings.inputs}: {message}", True)
            elif tries and not feeds:
                yield Missed("inputs", f"none that auditor invented ran: {first_line(tries[0].message)}")
            if agreement is not None and agreement.why:
                yield Missed("optimisation", f"its outputs were not compared: {first_line(agreement.why)}")
            if agreement is not None and agreement.exempt:
                told = "; ".join(f"{name}: {why}" for name, why in agreement.exempt.items())
                yield Missed("optimisation", f"outputs that differ from level to level prove nothing: {told}")


def _vectors_missed(result: Outcome, names: tuple[str, ...]) -> Iterator[Missed]:
    """Golden vectors that lie there and were not compared, whole or in part."""
    golden = result.golden if isinstance(result, Run | Failed) else ()
    for one in golden:
        left = [f"{c.output}: {c.why}" for c in one.comparisons if not c.compared]
        if one.failed or left:
            yield Missed(f"golden vector {one.name}", first_line(one.failed) if one.failed else "; ".join(left), True)
    for name in names[len(golden) :]:
        yield Missed(f"golden vector {name}", "it was not compared, for the model did not run", True)


def data_files(model: Model) -> tuple[str, ...]:
    """The external data files that may be read; the sandbox opens no others."""
    readable = (n for n in digest.files(model) if isinstance(external.look(model, n), external.DataFile))
    folder = os.path.dirname(model.path)  # importing pathlib costs a sixtieth of a small check
    return tuple(os.path.join(folder, name) for name in readable)


def beside_the_weights(costs: Costs) -> int | None:
    """Bytes that the run takes besides what the file stores; None where sizes are open and nothing else is known."""
    peak, generated = costs.peak_activation_bytes, costs.generated_bytes
    if isinstance(peak, int):
        return generated + peak
    return generated + _OPEN if generated else None


def _memory_of_machine() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _chosen(facts: Facts, settings: Settings) -> Chosen:
    from .sizes import Chosen, choose

    if settings.inputs is None:
        return choose(facts)
    feeds = (Feed(name, fact.dtype or 0, file=settings.inputs, key=name) for name, fact in facts.inputs.items())
    return Chosen((tuple(feeds),))


def run_limits(costs: Costs, settings: Settings, runs: float) -> RunLimits:
    """Time for what hangs on the inputs: what a runtime folds when it loads the model, a file of nothing asks for."""
    flops = costs.run_flops
    predicted = RunLimits.predicted(int(runs * flops) if isinstance(flops, int) else None, settings.memory)
    return predicted if settings.timeout is None else RunLimits(settings.timeout, settings.memory)
