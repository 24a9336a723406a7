"""A model through `auditor fix`, and the copy read back by onnx."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx
import onnx.parser
from onnx import numpy_helper

from auditor.fix.mending import FixAsked, Fixed, fixed
from auditor.fix.offer import Wishes
from auditor.report import Severity
from auditor.settings import Settings


class Mended(NamedTuple):
    said: Fixed
    model: onnx.ModelProto  # as onnx reads the copy, external data included

    @property
    def rules(self) -> list[str]:
        """Of the edits that were made."""
        return [edit.offer.rule for edit in self.said.edits if edit.made]

    @property
    def changes(self) -> list[str]:
        return [f"{edit.offer.place}: {edit.offer.change}" for edit in self.said.edits if edit.made]


def parsed(text: str, opset: int = 17, ir_version: int = 8, **stored: np.ndarray) -> onnx.ModelProto:
    """A model from ONNX's text form, and more initializers than one would write by hand."""
    model = onnx.parser.parse_model(f'<ir_version: {ir_version}, opset_import: ["" : {opset}]>\n{text}')
    model.graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in stored.items())
    return model


def mend(
    model: onnx.ModelProto | bytes,
    folder: Path,
    *,
    run: bool = True,
    dry_run: bool = False,
    targets: tuple[str, ...] = (),
    **wishes: Any,
) -> Mended:
    """The copy of a model, with what was said of it. Whatever else a test holds, onnx reads every copy."""
    path = folder / "model.onnx"
    path.write_bytes(model if isinstance(model, bytes) else model.SerializeToString())
    said = fixed(FixAsked(str(path), dry_run=dry_run, wishes=Wishes(**wishes)), Settings(run=run, runtimes=targets))
    return Mended(said, onnx.load(said.written or path))


def clean(mended: Mended) -> bool:
    """Whether the audit of the copy, its run included, has neither an error nor a warning."""
    return mended.said.written != "" and all(f.severity is Severity.NOTE for f in mended.said.left)


def outputs(model: onnx.ModelProto, seed: int = 0, size: int = 2) -> dict[str, np.ndarray]:
    """What onnxruntime makes of the model without optimisation; open sizes are ``size``."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    draw = np.random.default_rng(seed)
    types = {"float": "f4", "float16": "f2", "double": "f8", "int64": "i8", "bool": "?"}
    feeds = {
        value.name: draw.normal(size=[s if isinstance(s, int) else size for s in value.shape]).astype(
            types[value.type.removeprefix("tensor(").removesuffix(")")]
        )
        for value in session.get_inputs()
    }
    return dict(zip([o.name for o in session.get_outputs()], session.run(None, feeds), strict=True))


def tensors(model: onnx.ModelProto) -> Iterator[tuple[str, bytes]]:
    """Every tensor that a model stores, by where it stands: its type, dims and data as bytes."""

    def told(tensor: onnx.TensorProto) -> bytes:
        head = onnx.TensorProto(dims=tensor.dims, data_type=tensor.data_type)
        data = numpy_helper.to_array(tensor).tobytes() if tensor.data_type != 8 else b"\0".join(tensor.string_data)
        return head.SerializeToString() + data

    def below(graph: onnx.GraphProto, path: str) -> Iterator[tuple[str, bytes]]:
        for tensor in graph.initializer:
            yield f"{path}{tensor.name}", told(tensor)
        for node in graph.node:
            for attribute in node.attribute:
                place = f"{path}{node.output[0] if node.output else node.name}.{attribute.name}"
                if attribute.HasField("t"):
                    yield place, told(attribute.t)
                if attribute.HasField("g"):
                    yield from below(attribute.g, f"{place}/")

    yield from below(model.graph, "")
