"""Our propagation against what really comes out: ONNX's light models and its converted ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from auditor.model.load import load
from auditor.shapes.facts import Facts, infer
from auditor.shapes.registry import operator_for
from tests.corpus import converted_models, dtype_number, light_models, observed, vectors


def propagate(path: Path, feeds: dict[str, tuple[int, ...]]) -> Facts:
    """The facts from the shapes of the inputs alone, whatever the file declares for them."""
    model = load(path)
    known = {v.name: v for v in model.graph.feeds}
    return infer(model, {name: shape for name, shape in feeds.items() if name in known})


def wrong(facts: Facts, name: str, dtype: int, shape: tuple[int, ...]) -> str:
    """How a fact contradicts a tensor that really came out; "" where it does not."""
    fact = facts.get(name)
    if fact is None:
        return ""
    if fact.dtype is not None and fact.dtype != dtype:
        return f"{name}: dtype {fact.dtype}, came out {dtype}"
    if fact.shape is None:
        return ""
    if len(fact.shape) != len(shape):
        return f"{name}: {fact.shape}, came out {shape}"
    for ours, real in zip(fact.shape, shape, strict=True):
        if isinstance(ours, int) and ours != real:
            return f"{name}: {fact.shape}, came out {shape}"
    return ""


@pytest.mark.parametrize("path", light_models(), ids=lambda p: p.stem)
def test_light_models_tensor_by_tensor(path: Path) -> None:
    """ONNX's nine light CNNs: every tensor's shape and dtype is the runtime's."""
    model = onnx.load(path)
    stored = {t.name for t in model.graph.initializer}
    feeds = {}
    for value in model.graph.input:
        if value.name not in stored:
            sizes = [d.dim_value or 1 for d in value.type.tensor_type.shape.dim]
            feeds[value.name] = np.zeros(sizes, np.float32)
    facts = propagate(path, {n: a.shape for n, a in feeds.items()})
    assert not facts.troubles
    for name, array in observed(model, feeds).items():
        fact = facts[name]
        assert (fact.dtype, fact.shape) == (dtype_number(array), array.shape), name


def test_converted_models_have_no_wrong_shape() -> None:
    """ONNX's models converted from PyTorch, and its simple ones: all outputs known and right."""
    faults: list[str] = []
    for path in converted_models():
        model = onnx.load(path)
        domains = {o.domain: o.version for o in model.opset_import}
        if any(operator_for(n.domain, n.op_type, domains.get(n.domain, 1)) is None for n in model.graph.node):
            continue
        folder = path.parent
        given = list(vectors(folder, "input"))
        stored = {t.name for t in model.graph.initializer}
        names = [v.name for v in model.graph.input if v.name not in stored]
        if len(given) != len(names):
            continue
        facts = propagate(path, {n: a.shape for n, a in zip(names, given, strict=True) if a is not None})
        faults += [f"{folder.name}: {t}" for t in facts.troubles]
        fed = {n: a for n, a in zip(names, given, strict=True) if a is not None}
        exact = infer(load(path), values=fed)
        for value, array in zip(model.graph.output, vectors(folder, "output"), strict=False):
            if array is None:
                continue
            real = dtype_number(array), array.shape
            if fault := wrong(facts, value.name, *real):
                faults.append(f"{folder.name}: {fault}")
            for found in (exact,) if any(a.dtype in (np.int64, object) for a in fed.values()) else (exact, facts):
                fact = found.get(value.name)
                if fact is None or (fact.dtype, fact.shape) != real:
                    faults.append(f"{folder.name}: {value.name}: {fact}, came out {array.shape}")
    assert not faults, "\n".join(faults)
