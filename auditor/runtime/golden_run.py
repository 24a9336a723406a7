"""The golden vectors in the child: run before anything else, so that a random operator stands at its first number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import tensors
from .alike import Grain, within_steps
from .compare import compare
from .outcome import Comparison, GoldenResult
from .request import Golden, Request
from .session import Made, Refused, Session

_MESSAGE = 8000

Grains = Callable[[str], "Grain | None"]


def confront(
    request: Request, session: Session, fresh: Callable[[], Session], grains: Grains
) -> tuple[GoldenResult, ...]:
    """Every vector against what the session gives.

    One that differs is run once more in a session of its own, where another went before it: state and random numbers
    go on from run to run. An integer output that was quantised is equal within one step of its grain.
    """
    found = []
    for index, golden in enumerate(request.golden):
        result = _one(request, session, golden, grains)
        if index and result.differs:
            alone = _one(request, fresh(), golden, grains)
            result = alone if not alone.differs and not alone.failed else result
        found.append(result)
    return tuple(found)


def _one(request: Request, session: Session, golden: Golden, grains: Grains) -> GoldenResult:
    try:
        return GoldenResult(golden.name, tuple(_compared(request, session, golden, grains)))
    except Refused as error:
        return GoldenResult(golden.name, failed=str(error.cause)[:_MESSAGE])
    except (tensors.CannotRead, MemoryError) as error:
        return GoldenResult(golden.name, failed=str(error)[:_MESSAGE] or "out of memory")


def _compared(request: Request, session: Session, golden: Golden, grains: Grains) -> list[Comparison]:
    inputs = session.inputs
    names = [one.name for one in inputs]
    fed = []
    for place, path in enumerate(golden.inputs):
        if place < len(inputs) and not inputs[place].type.startswith("tensor("):
            raise tensors.CannotRead(f"input {names[place]} is a {inputs[place].type}: not read")
        stored = tensors.read_tensor(tensors.read_file(path))
        if stored.name not in names and place >= len(names):
            raise tensors.CannotRead(f"the model has no input for {path.rpartition('/')[2]}")
        fed.append(stored if stored.name in names else stored._replace(name=names[place]))
    outputs = session.outputs[: len(golden.outputs)]
    values = session.run([one.name for one in outputs], fed)
    triples = zip(outputs, values, golden.outputs, strict=False)
    compared = [_output(request, output, value, path, grains) for output, value, path in triples]
    unmet = golden.outputs[len(outputs) :]
    return compared + [Comparison(p.rpartition("/")[2], False, why="the model has no such output") for p in unmet]


def _output(request: Request, output: Any, made: Made, path: str, grains: Grains) -> Comparison:
    if made.array is None:
        return Comparison(output.name, False, why=f"a {output.type} is not compared")
    try:
        stored = tensors.read_tensor(tensors.read_file(path))
    except tensors.CannotRead as error:
        return Comparison(output.name, False, why=str(error))
    types = stored.dtype, made.dtype
    found = compare(stored.array, made.array, request.rtol, request.atol, types)
    if found is not None and types[0] == types[1]:
        grain = grains(output.name)
        if grain is not None and grain.step:
            grain = grain._replace(steps=1)
            if stored.array.dtype.kind in "iu" and tensors.floats(stored.dtype, stored.array) is None:
                found = None if within_steps(stored.array, made.array, grain) else found
            else:
                wide = max(request.atol, 1.001 * grain.step)
                found = compare(stored.array, made.array, request.rtol, wide, types)
    return Comparison(output.name, difference=found)
