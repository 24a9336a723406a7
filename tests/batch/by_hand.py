"""Models put into registries made by hand, as the registries' documentation says."""

from __future__ import annotations

import pickle
from pathlib import Path

import onnx
from onnx import parser

from auditor.batch import sources
from auditor.batch.refs import Ref
from auditor.pipeline import audit
from auditor.report import Finding, Report
from auditor.settings import Settings

HEAD = '<ir_version: 8, opset_import: ["" : 17]>\n'
MODEL = parser.parse_model(HEAD + "agraph (float[N, 4] x) => (float[N, 4] y) { y = Relu(x) }").SerializeToString()
ADD = HEAD + "agraph (float[2] x) => (float[2] y) <float[2] w = {1.0, 2.0}> { y = Add(x, w) }"


def put(path: Path, data: bytes | str = MODEL) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def put_external(path: Path, location: str) -> Path:
    """A model whose weight lies in another file."""
    model = parser.parse_model(ADD)
    tensor = model.graph.initializer[0]
    data = onnx.numpy_helper.to_array(tensor).tobytes()
    tensor.ClearField("float_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=location)
    put(path.parent / location, data)
    return put(path, model.SerializeToString())


def refs(path: Path | str) -> list[Ref]:
    found = list(sources.source_at(str(path)).models())
    assert pickle.loads(pickle.dumps(found)) == found
    return found


def report(ref: Ref) -> Report:
    return audit(ref.path, Settings(run=False, weights=False), ref.contract)


def said(ref: Ref) -> list[Finding]:
    return [f for f in report(ref).findings if "contract" in f.rule]
