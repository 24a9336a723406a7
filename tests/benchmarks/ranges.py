"""Intervals of a ResNet-50 with stored weights against the pass that takes the statistics of those weights."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from auditor.model.graph import Model
from auditor.model.load import load
from auditor.ranges.known import known
from auditor.ranges.stored import StoredNumbers
from auditor.ranges.walk import RangeWalk
from auditor.shapes.facts import Facts, infer
from auditor.weights import measure
from tests.benchmarks.measure import functions
from tests.corpus import light_models

TIMES = 9
Tell = Callable[[str, str, str, bool], None]


def ranges(tell: Tell) -> None:
    """100 MB of random weights, the image between -3 and 3."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "resnet50.onnx"
        path.write_bytes(resnet50())
        model = load(path)
        facts = infer(model)
        ours, peer = functions(partial(intervals, model, facts), partial(measure, model), TIMES)
    ratio = ours / peer
    figure = f"{ratio:.2f}x ({ours * 1e3:.0f} and {peer * 1e3:.0f} ms)"
    tell("intervals of ResNet-50, against its weight pass", figure, "< 1.5x", ratio < 1.5)


def resnet50() -> bytes:
    """ONNX's light ResNet-50, its generated weights replaced by random ones in the file."""
    rng = np.random.default_rng(0)
    model = onnx.load(next(p for p in light_models() if "resnet50" in p.name))
    shapes = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
    kept = []
    for node in model.graph.node:
        if node.op_type != "ConstantOfShape":
            kept.append(node)
            continue
        shape = tuple(int(size) for size in shapes[node.input[0]])
        scale = (2 / max(1, int(np.prod(shape[1:])))) ** 0.5
        values = rng.normal(scale=scale, size=shape) if len(shape) > 1 else rng.uniform(0.5, 1.5, size=shape)
        model.graph.initializer.append(numpy_helper.from_array(values.astype(np.float32), node.output[0]))
    del model.graph.node[:]
    model.graph.node.extend(kept)
    return model.SerializeToString()


def intervals(model: Model, facts: Facts) -> object:
    """The intervals of every tensor."""
    given = {value.name: known(1, -3.0, 3.0) for value in model.graph.feeds}
    return RangeWalk(model, facts, given, StoredNumbers(model), strict=True)
