"""The models that engines without weights name are read as strangers', and let go."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

from auditor.model import external
from auditor.model.graph import Model
from auditor.model.load import load
from auditor.model.refitted import refitted

from . import samples


def engine(named: str) -> bytes:
    node = helper.make_node(
        "EPContext", ["x"], ["y"], domain="com.microsoft", embed_mode=0, ep_cache_context="engine.bin",
        onnx_model_filename=named,
    )  # fmt: skip
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [2]) for name in "xy")
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    made: onnx.ModelProto = helper.make_model(helper.make_graph([node], "g", [x], [y]), opset_imports=opsets)
    return made.SerializeToString()


@pytest.mark.parametrize(
    ("source", "files", "why"),
    [
        (samples.external("w.bin").SerializeToString(), ("source/w.bin",), ""),
        (engine(""), ("source/engine.bin",), ""),  # an attribute that names nothing names no file
        (b"no model", (), "it cannot be read as a model"),
    ],
)
def test_the_model_that_an_engine_names_is_closed_when_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: bytes, files: tuple[str, ...], why: str
) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source/m.onnx").write_bytes(source)
    (tmp_path / "engine.onnx").write_bytes(engine("source/m.onnx"))
    opened, open_data = list[int](), external.open_data

    def opening(model: Model, location: str) -> int:
        descriptor = open_data(model, location)
        assert isinstance(descriptor, int)
        opened.append(descriptor)
        return descriptor

    monkeypatch.setattr(external, "open_data", opening)
    (found,) = refitted(load(tmp_path / "engine.onnx"))
    assert found.files == files and found.unknown.startswith(why) and bool(found.unknown) == bool(why)
    assert len(opened) == 1
    with pytest.raises(OSError) as closed:
        os.fstat(opened[0])
    assert closed.value.errno == errno.EBADF
