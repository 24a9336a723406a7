"""Another model's outputs on the same inputs: the same, or how far apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnx.parser
import pytest
from onnx import numpy_helper

from auditor.runtime.outcome import Comparison, Run
from auditor.runtime.parent import run
from auditor.runtime.request import OFF, Feed, Request

HEAD = '<ir_version: 8, opset_import: ["" : 17]>\n'
FEEDS = ((Feed("x", 1, (2, 2)),),)


def compared(
    folder: Path, first: str, second: str, feeds: tuple[tuple[Feed, ...], ...] = FEEDS
) -> tuple[Comparison, ...]:
    """What is said of the outputs of two models."""
    for name, text in (("first", first), ("second", second)):
        (folder / f"{name}.onnx").write_bytes(onnx.parser.parse_model(HEAD + text).SerializeToString())
    made = run(
        Request(str(folder / "first.onnx"), attempts=feeds, optimisation=OFF, against=str(folder / "second.onnx"))
    )
    assert isinstance(made, Run), made
    return made.beside


def test_the_same_outputs(tmp_path: Path) -> None:
    first = "agraph (float[2, 2] x) => (float[2, 2] y, float[2, 2] z) { y = Relu(x) z = Neg(x) }"
    second = "agraph (float[2, 2] x) => (float[2, 2] z, float[2, 2] y) { z = Neg(x) y = Relu(x) }"
    assert compared(tmp_path, first, second) == (Comparison("y"), Comparison("z"))


def test_how_far_apart(tmp_path: Path) -> None:
    first = "agraph (float[2, 2] x) => (float[2, 2] y) { y = Relu(x) }"
    second = "agraph (float[2, 2] x) => (float[2, 2] y) <float b = {0.25}> { r = Relu(x) y = Add(r, b) }"
    (one,) = compared(tmp_path, first, second)
    assert one.difference is not None and one.difference.why == "value" and one.difference.place == (0, 0)
    assert one.difference.largest == pytest.approx(0.25, rel=1e-5)


def test_numbers_of_another_type_are_numbers(tmp_path: Path) -> None:
    first = "agraph (float[2, 2] x) => (double[2, 2] y) { y = Cast<to = 11>(x) }"
    second = "agraph (float[2, 2] x) => (float[2, 2] y) { y = Identity(x) }"
    assert compared(tmp_path, first, second) == (Comparison("y"),)
    (one,) = compared(tmp_path, first, "agraph (float[2, 2] x) => (int64[2, 2] y) { y = Cast<to = 7>(x) }")
    assert one.difference is not None and one.difference.why == "type"


def test_another_shape(tmp_path: Path) -> None:
    first = "agraph (float[2, 2] x) => (float[2, 2] y) { y = Relu(x) }"
    (one,) = compared(
        tmp_path, first, "agraph (float[2, 2] x) => (float[4] y) <int64[1] s = {4}> { y = Reshape(x, s) }"
    )
    assert one.difference is not None and one.difference.why == "shape"


def test_what_cannot_be_compared_says_why(tmp_path: Path) -> None:
    first = "agraph (float[2, 2] x) => (float[2, 2] y) { y = Relu(x) }"
    (gone,) = compared(tmp_path, first, "agraph (float[2, 2] x) => (float[2, 2] z) { z = Relu(x) }")
    assert (gone.compared, gone.why) == (False, "it is no output any more")
    (unloaded,) = compared(tmp_path, first, "agraph (float[2, 2] x) => (float[2, 2] y) { y = NoSuchOperator(x) }")
    assert not unloaded.compared and unloaded.why.startswith("it does not load: ")
    other = "agraph (float[2, 2] x) => (float[2, 2] y) <int64[1] s = {5}> { a = Reshape(x, s) y = Relu(x) }"
    (failed,) = compared(tmp_path, first, other)
    assert not failed.compared and failed.why.startswith("it does not run: ")


def test_both_data_files_are_read_and_no_others(tmp_path: Path) -> None:
    text = "agraph (float[2, 2] x) => (float[2, 2] y) { y = MatMul(x, w) }"
    files = []
    for name in ("first", "second"):
        model = onnx.parser.parse_model(HEAD + text)
        tensor = numpy_helper.from_array(np.eye(2, dtype="f4"), "w")
        (tmp_path / f"{name}.bin").write_bytes(tensor.raw_data)
        onnx.external_data_helper.set_external_data(tensor, f"{name}.bin")
        tensor.ClearField("raw_data")
        model.graph.initializer.append(tensor)
        (tmp_path / f"{name}.onnx").write_bytes(model.SerializeToString())
        files.append(str(tmp_path / f"{name}.bin"))
    request = Request(
        str(tmp_path / "first.onnx"), tuple(files), FEEDS, optimisation=OFF, against=str(tmp_path / "second.onnx")
    )
    made = run(request)
    assert isinstance(made, Run) and made.beside == (Comparison("y"),)
    if made.isolation["landlock"].startswith("abi"):
        hidden = run(request._replace(files=tuple(files[:1])))
        assert isinstance(hidden, Run) and not hidden.beside[0].compared
