"""A graph through onnxruntime and through our propagation: what came out, and whether it is as we say."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import onnx

from auditor.model.load import loads
from auditor.shapes.fact import Element, Fact
from auditor.shapes.facts import Facts, infer
from auditor.shapes.sizes.dim import evaluate
from auditor.shapes.troubles import At, Exhausted, Impossible, Internal, Misfit, Trouble

from .graphs import NUMPY, Case
from .lax import LAX, POOLS

Run = Callable[[onnx.ModelProto, Any], dict[str, "Made"]]


class Made(NamedTuple):
    """A tensor as it came out; its dtype apart, for NumPy lacks some. The value is None where it is not an array."""

    dtype: int
    value: Any


_DTYPES = {f"tensor({kind.lower()})": number for kind, number in onnx.TensorProto.DataType.items()}


def runtime() -> Run:
    """onnxruntime, without optimisations, on one thread."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False

    def run(model: onnx.ModelProto, feeds: Any) -> dict[str, Made]:
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        outputs = session.get_outputs()
        values = session.run(None, feeds)
        return {o.name: Made(_DTYPES.get(o.type, 0), value) for o, value in zip(outputs, values, strict=True)}

    return run


class Refused(Exception):
    """onnxruntime does not take the graph, nor any beginning of it; or it should not."""


class Verdict(NamedTuple):
    """What we say of a graph that is not so ("" if nothing), and of how many of its tensors we know the shape."""

    wrong: str
    tensors: int = 0
    from_shapes: int = 0
    from_names: int = 0
    from_values: int = 0


def judge(case: Case, run: Run) -> Verdict:
    """Of a graph that is refused, its beginning is looked at."""
    made: dict[str, Made] | None = None
    model = case.model
    while made is None:
        try:
            made = run(model, case.feeds)
        except Exception as error:
            model = _beginning(model, str(error))
    concrete = {name: array.shape for name, array in case.feeds.items()}
    data = model.SerializeToString()
    loaded = loads(data)
    by_shapes, by_names, by_values = infer(loaded, concrete), infer(loaded), infer(loaded, values=case.feeds)
    if any(_is_lax(by_shapes, trouble) for trouble in by_shapes.troubles) and not _accused(by_shapes):
        raise Refused("it should be: what comes of it the specification does not say")
    what = (
        _contradicted(by_shapes, made, {})
        or _contradicted(by_names, made, case.names)
        or _contradicted(by_values, made, {})
    )
    tensors = [name for name, each in made.items() if isinstance(each.value, np.ndarray)]
    known = (_known(by_shapes, tensors, {}), _known(by_names, tensors, case.names), _known(by_values, tensors, {}))
    return Verdict(what, len(tensors), *known)


def _known(facts: Facts, tensors: list[str], names: Any) -> int:
    """Of how many tensors every size is known, once the names are."""
    found = 0
    for name in tensors:
        fact = facts.get(name)
        if fact is not None and fact.shape is not None and None not in [_number(size, names) for size in fact.shape]:
            found += 1
    return found


_BLAMED = re.compile(r"(?:Name:'|Node ?\(|node with name ')(n\d+)")


def _beginning(model: onnx.ModelProto, why: str) -> onnx.ModelProto:
    """The graph up to the node that is blamed."""
    blamed = _BLAMED.search(why)
    index = next((i for i, node in enumerate(model.graph.node) if blamed and node.name == blamed[1]), 0)
    if index == 0:
        raise Refused(why)
    shorter = onnx.ModelProto()
    shorter.CopyFrom(model)
    del shorter.graph.node[index:]
    made = {name for node in shorter.graph.node for name in node.output}
    kept = [output for output in shorter.graph.output if output.name in made]
    del shorter.graph.output[:]
    shorter.graph.output.extend(kept)
    return shorter


def _accused(facts: Facts) -> str:
    """A fault of ours; or what we call impossible, for it runs."""
    for trouble in facts.troubles:
        match trouble:
            case Internal() | Exhausted():
                return f"{facts.label(trouble.at)}: {trouble}"
            case Impossible(declared=False) | Misfit(declared=False) if not _is_lax(facts, trouble):
                return f"it runs, and we say of {facts.node(trouble.at).op_type}: {trouble}"
    return ""


def _contradicted(facts: Facts, made: dict[str, Made], names: Any) -> str:
    if what := _accused(facts):
        return what
    for name, value in made.items():
        fact = facts.get(name)
        if fact is not None and isinstance(value.value, np.ndarray) and (what := wrong(fact, value, names)):
            producer = facts.producer(name)
            of = facts.node(producer).op_type if producer else ""
            if of in ("Loop", "Scan") and value.value.size == 0:
                continue  # of no iterations: what shape a result has that never was, onnxruntime guesses
            if of in POOLS and 0 in [_number(size, names) for size in fact.shape or ()]:
                continue  # the kernel is larger than the image: onnxruntime says 1 where the formula says 0
            return f"{name} of {of}{' (symbolic)' if names else ''}: {what}"
    return ""


def _is_lax(facts: Facts, trouble: Trouble) -> bool:
    """Whether we accuse, with the specification's words, what onnxruntime lets pass."""
    match trouble:
        case Misfit(own=True, at=At(graph=body)) if body:
            return True  # it contradicts itself, and perhaps its branch or loop does not run
        case Misfit(parameter=at) | Impossible(parameter="", attribute=at) | Impossible(parameter=at):
            return (facts.node(trouble.at).op_type, at) in LAX
        case _:
            return False


def wrong(fact: Fact, made: Made, names: Any) -> str:
    """How a fact is not so of a tensor, with the named sizes as they were."""
    dtype, value = made
    if fact.dtype is not None and fact.dtype != dtype:
        return f"dtype {dtype}, we say {fact.dtype}"
    if fact.shape is not None:
        sizes = [_number(size, names) for size in fact.shape]
        if len(sizes) != value.ndim or any(s is not None and s != n for s, n in zip(sizes, value.shape, strict=True)):
            return f"shape {value.shape}, we say {fact.shape} = {sizes}"
    if fact.elements is not None and dtype in NUMPY:
        if len(fact.elements) != value.size:
            return f"{value.size} values, we say {len(fact.elements)}"
        for claimed, real in zip(fact.elements, value.ravel().tolist(), strict=True):
            number = _number(claimed, names)
            if number is not None and number != real and (number == number or real == real):
                return f"values {value.ravel().tolist()}, we say {fact.elements}"
    return ""


def _number(size: Element, names: Any) -> Any:
    """A number, where all that a size hangs on is known."""
    if size is None or isinstance(size, int | float | bool | str):
        return size
    try:
        return evaluate(size, names)
    except (KeyError, ArithmeticError):
        return None
