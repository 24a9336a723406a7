"""The repairs of one fault: whether they name the cause, and whether each mends the real model."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import onnx

from auditor.formats.json import document
from auditor.pipeline import audit
from auditor.report import Verdict
from auditor.settings import Settings

from .applying import applied
from .faults import KINDS, Cause


class Result(NamedTuple):
    """``place``: which suggestion names the cause, from 0 on; None: none does. ``false``: those that do not mend."""

    kind: str
    source: str
    seed: int
    cause: Cause
    rows: tuple[dict[str, Any], ...]
    place: int | None
    exact: bool  # the value is the one that was there
    false: tuple[tuple[dict[str, Any], str], ...]
    rule: str
    model: onnx.ModelProto


def shapes_of(model: onnx.ModelProto) -> list[tuple[int, ...]] | str:
    """The outputs' shapes as onnxruntime makes them, open sizes being 2; or what it says when it refuses."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        feeds = {}
        for value in session.get_inputs():
            sizes = [s if isinstance(s, int) else 32 if s in ("H", "W") else 2 for s in value.shape]
            dtype = {"tensor(float)": "f4", "tensor(int64)": "i8"}[value.type]
            feeds[value.name] = np.ones(sizes, dtype)
        return [made.shape for made in session.run(None, feeds)]
    except Exception as error:
        return str(error).splitlines()[0][:200]


def as_declared(model: onnx.ModelProto, made: list[tuple[int, ...]]) -> str:
    """Why the outputs are not what is declared; "" where they are. A name stands for one size."""
    names: dict[str, int] = {"N": 2, "H": 32, "W": 32}
    for value, shape in zip(model.graph.output, made, strict=True):
        dims = value.type.tensor_type.shape.dim
        if len(dims) != len(shape):
            return f"{value.name} has {len(shape)} axes, {len(dims)} are declared"
        for dim, size in zip(dims, shape, strict=True):
            said = dim.dim_value or (names.setdefault(dim.dim_param, size) if dim.dim_param else size)
            if said != size:
                return f"{value.name} is {list(shape)}"
    return ""


def broken(model: onnx.ModelProto) -> str:
    """Why the model is wrong by onnxruntime and its own declaration; "" where it is right."""
    made = shapes_of(model)
    return made if isinstance(made, str) else as_declared(model, made)


def faulty(kind: str, model: onnx.ModelProto, seed: int) -> tuple[onnx.ModelProto, Cause] | None:
    """A copy with one fault that onnxruntime, or the declaration of the output, shows; None where there is none."""
    draw = random.Random(f"{kind} {seed}")
    for _ in range(4):
        other = onnx.ModelProto()
        other.CopyFrom(model)
        cause = KINDS[kind](other, draw)
        if cause is None:
            return None
        if broken(other):
            return other, cause
    return None


def measured(kind: str, source: str, seed: int, model: onnx.ModelProto, cause: Cause) -> Result:
    report = audit(model.SerializeToString(), Settings(run=False))
    assert not report.coverage.failed, report.coverage.failed
    findings: Any = document(report, Verdict.FAIL)["findings"]
    finding = next((f for f in findings if f["repairs"]), None)
    rows = tuple(finding["repairs"]) if finding else ()
    place = next((i for i, row in enumerate(rows) if cause.named_by(row)), None)
    exact = place is not None and (cause.to is None or _same(rows[place].get("to", rows[place].get("perm")), cause.to))
    told = findings[0]["rule"] + ": " + findings[0]["message"] if findings else ""
    return Result(kind, source, seed, cause, rows, place, exact, tuple(_false(model, rows)), told, model)


def _same(one: Any, other: Any) -> bool:
    return np.array_equal(np.asarray(one, dtype=object), np.asarray(other, dtype=object))


def _false(model: onnx.ModelProto, rows: tuple[dict[str, Any], ...]) -> Iterator[tuple[dict[str, Any], str]]:
    for row in rows:
        if why := broken(applied(model, row)):
            yield row, why
