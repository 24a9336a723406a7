"""The outputs of two models on the same inputs, each run in the sandbox without optimisation."""

from __future__ import annotations

import os

from ..costs.count import count
from ..evidence.sizes import choose
from ..model import digest, external
from ..model.dtypes import name_of
from ..model.graph import Model
from ..model.load import PROTOBUF_MOST, load
from ..runtime.outcome import (
    Crashed,
    Difference,
    Failed,
    NotRun,
    Observed,
    Outcome,
    OutOfMemory,
    Run,
    TimedOut,
    first_line,
)
from ..runtime.parent import run
from ..runtime.request import OFF, Feed, Request, RunLimits
from ..settings import Settings
from ..shapes.facts import infer
from ..tuples import NamedTuple


class Compared(NamedTuple):
    """What came of comparing: ``why`` nothing was, or the outputs that differ, each with how."""

    why: str = ""
    inputs: tuple[str, ...] = ()  # "data [2, 3, 16, 16]"
    equal: tuple[str, ...] = ()
    differ: tuple[str, ...] = ()
    varying: tuple[str, ...] = ()  # not the same in two runs of one model
    unseen: tuple[str, ...] = ()  # of these nobody could look, each with why


def compared(before: str, after: str, settings: Settings) -> Compared:
    """The models at two paths. Bytes are compared: where no edit changes a number, none is another one."""
    if not settings.run:
        return Compared("left out by --no-run")
    old, new = load(before), load(after)
    if max(old.size, new.size) > PROTOBUF_MOST:
        return Compared("onnxruntime reads no file of more than 2 GiB")
    facts = infer(new)
    second = _run(new, choose(facts).attempts, settings)
    if not isinstance(second, Run):
        return Compared(f"the copy does not run: {_why(second)}")
    first = _run(old, (second.feeds,), settings, new)
    if isinstance(first, Run):
        return _compared(first, second)
    other = _run(old, choose(infer(old)).attempts, settings, new)  # on sizes of its own, it may
    if not isinstance(other, Run):
        return Compared(f"the original does not run: {_why(first)}")
    second = _run(new, (other.feeds,), settings)
    if not isinstance(second, Run):
        return Compared(f"the copy does not run on what the original takes: {_why(second)}")
    return _compared(other, second)


def _run(
    model: Model, attempts: tuple[tuple[Feed, ...], ...], settings: Settings, against: Model | None = None
) -> Outcome:
    costs = count(infer(model))
    flops = costs.run_flops
    limits = RunLimits.predicted(flops if isinstance(flops, int) else None, settings.memory)
    if settings.timeout is not None:
        limits = RunLimits(settings.timeout, settings.memory)
    files = (*_files(model), *(_files(against) if against is not None else ()))
    return run(Request(
        model.path,
        files,
        attempts,
        against="" if against is None else against.path,
        optimisation=OFF,
        limits=limits,
        require_isolation=settings.require_isolation,
        seed=settings.seed,
        repeats=2,
    ))  # fmt: skip


def _files(model: Model) -> tuple[str, ...]:
    """The data files that a run may read."""
    folder = os.path.dirname(model.path)
    readable = (n for n in digest.files(model) if isinstance(external.look(model, n), external.DataFile))
    return tuple(os.path.join(folder, name) for name in readable)


def _compared(first: Run, second: Run) -> Compared:
    seen = {one.name: one for one in second.outputs}
    beside = {one.output: one for one in first.beside}
    equal, differ, varying, unseen = [], [], [], []
    for one in first.outputs:
        other, found = seen.get(one.name), beside.get(one.name)
        if one.name in first.unstable or one.name in second.unstable:
            varying.append(one.name)
        elif other is None:
            differ.append(f"{one.name} is no output any more")
        elif found is None or not found.compared:
            unseen.append(f"{one.name}: {found.why if found is not None else 'there was no time left'}")
        elif found.difference is None and (one.dtype, one.shape) == (other.dtype, other.shape):
            equal.append(one.name)
        else:
            far = f"; {_apart(found.difference)}" if found.difference is not None else ""
            differ.append(f"{one.name}: {_seen(one)} before, {_seen(other)} now{far}")
    inputs = tuple(f"{feed.name} {list(feed.shape)}" for feed in second.feeds)
    return Compared("", inputs, tuple(equal), tuple(differ), tuple(varying), tuple(unseen))


def _apart(found: Difference) -> str:
    """``at most 0.0012 apart, first at [0, 3]: 1.25 and 1.2501``."""
    most = "" if found.largest is None else f"at most {found.largest:.3g} apart, "
    where = f"first at {list(found.place)}: " if found.place else f"{found.why}: "
    return f"{most}{where}{found.expected} and {found.actual}"


def _seen(one: Observed) -> str:
    """``float32 [1, 10], 0.1 to 0.9, 3 NaN or infinite``."""
    parts = [f"{name_of(one.dtype)} {list(one.shape)}"]
    if one.low is not None and one.high is not None:
        parts.append(f"{one.low:.6g} to {one.high:.6g}")
    if one.nonfinite:
        parts.append(f"{one.nonfinite:,} NaN or infinite")
    return ", ".join(parts)


def _why(outcome: Outcome) -> str:
    match outcome:
        case NotRun(why=why):
            return why
        case Failed(message=message) | OutOfMemory(message=message):
            return first_line(message)
        case Crashed(signal=signal):
            return f"it ends onnxruntime ({signal})"
        case TimedOut(seconds=seconds):
            return f"it takes more than {seconds:g} seconds"
        case Run():
            return ""
