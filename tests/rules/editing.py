"""A fix put into effect: edits of a model as a person would make them, and the audit before and behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import onnx
import onnx.parser
from onnx import helper, numpy_helper

from auditor.pipeline import audit
from auditor.report import Finding, Severity
from auditor.settings import Settings

HEAD = '<ir_version: 8, opset_import: ["" : 17{more}]>\n'

Edit: TypeAlias = Callable[[onnx.ModelProto], None]


def parsed(text: str, opset: int = 17, **stored: np.ndarray) -> onnx.ModelProto:
    """A model from text, and more initializers than one would write by hand."""
    more = ', "com.microsoft" : 1' if "com.microsoft" in text else ""
    model = onnx.parser.parse_model(HEAD.format(more=more).replace("17", str(opset)) + text)
    for name, array in stored.items():
        model.graph.initializer.append(numpy_helper.from_array(array, name))
    return model


def findings(model: onnx.ModelProto, folder: Path) -> list[Finding]:
    """What an audit without a run says, but for notes."""
    path = folder / "model.onnx"
    path.write_bytes(model.SerializeToString())
    found = audit(path, Settings(run=False)).findings
    return [f for f in found if f.severity is not Severity.NOTE]


def attribute(node: int, name: str, value: Any) -> Edit:
    """Set an attribute of a node."""

    def edit(model: onnx.ModelProto) -> None:
        attributes = model.graph.node[node].attribute
        kept = [a for a in attributes if a.name != name]
        del attributes[:]
        attributes.extend([*kept, helper.make_attribute(name, value)])

    return edit


def dims(tensor: str, *sizes: int) -> Edit:
    """Give a stored tensor another shape of as many elements."""

    def edit(model: onnx.ModelProto) -> None:
        stored = next(t for t in model.graph.initializer if t.name == tensor)
        stored.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(stored).reshape(sizes), tensor))

    return edit


def values(tensor: str, *numbers: float) -> Edit:
    """Store other numbers."""

    def edit(model: onnx.ModelProto) -> None:
        stored = next(t for t in model.graph.initializer if t.name == tensor)
        array = np.array(numbers, numpy_helper.to_array(stored).dtype)
        stored.CopyFrom(numpy_helper.from_array(array.reshape(tuple(stored.dims)), tensor))

    return edit


def in_front(node: int, position: int, op_type: str, *more: np.ndarray, **attributes: Any) -> Edit:
    """Put a node in front of an input of a node."""

    def edit(model: onnx.ModelProto) -> None:
        names = [f"more_{i}" for i in range(len(more))]
        for name, array in zip(names, more, strict=True):
            model.graph.initializer.append(numpy_helper.from_array(array, name))
        taker = model.graph.node[node]
        new = helper.make_node(op_type, [taker.input[position], *names], ["put_in"], **attributes)
        taker.input[position] = "put_in"
        model.graph.node.insert(node, new)

    return edit


def around(node: int, perm: list[int], back: list[int]) -> Edit:
    """Put a Transpose in front of a node, and one behind it."""

    def edit(model: onnx.ModelProto) -> None:
        taker = model.graph.node[node]
        name, taker.output[0] = taker.output[0], "turned"
        model.graph.node.insert(node + 1, helper.make_node("Transpose", ["turned"], [name], perm=back))
        in_front(node, 0, "Transpose", perm=perm)(model)

    return edit


def fed(input: str, *sizes: int) -> Edit:
    """Feed other sizes."""

    def edit(model: onnx.ModelProto) -> None:
        value = next(v for v in model.graph.input if v.name == input)
        shape = value.type.tensor_type.shape
        for dim, size in zip(shape.dim, sizes, strict=True):
            dim.dim_value = size

    return edit


def run(model: onnx.ModelProto, seed: int = 0) -> list[np.ndarray]:
    """What onnxruntime makes of the model; open sizes are 2."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    draw = np.random.default_rng(seed)
    feeds = {}
    for value in session.get_inputs():
        sizes = [s if isinstance(s, int) else 2 for s in value.shape]
        dtype = {"float": "f4", "float16": "f2", "int64": "i8", "uint8": "u1", "int8": "i1", "bool": "?"}[
            value.type.removeprefix("tensor(").removesuffix(")")
        ]
        feeds[value.name] = draw.integers(0, 2, sizes).astype(dtype)
    made: list[np.ndarray] = session.run(None, feeds)
    return made


def assert_mended(model: onnx.ModelProto, edit: Edit, folder: Path) -> Finding:
    """One fault before, which onnxruntime refuses; none behind the edit, and it runs. Gives the finding."""
    (before,) = findings(model, folder)
    mended = onnx.ModelProto()
    mended.CopyFrom(model)
    edit(mended)
    assert findings(mended, folder) == []
    run(mended)
    return before
