"""Between which ends inputs lie: by the golden vectors beside a model; and where a search looks for a witness."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import parser

from auditor.errors import UsageError
from auditor.evidence.ranging import Ranges, Sought
from auditor.model.load import load, loads
from auditor.runtime.outcome import Hunted
from auditor.runtime.request import InputRange, Request
from auditor.settings import GOLDEN, Settings
from auditor.shapes.facts import infer
from tests.rules.deep_mutators import beside

HEAD = '<ir_version: 8, opset_import: ["" : 17]>\n'
NAN = float("nan")


def golden_ends(folder: Path, dtype: str, *arrays: np.ndarray) -> tuple[float, float]:
    """The ends of x, with a golden vector for each array."""
    text = f"{HEAD} g ({dtype}[2] x) => ({dtype}[2] y) {{ y = Identity(x) }}"
    model = load(beside(folder, text, list(arrays), lambda x: x))
    return Ranges(model, infer(model), Settings(ranges={"x": GOLDEN})).ends["x"]


@pytest.mark.parametrize(
    ("dtype", "arrays", "ends"),
    [
        ("float", [np.array([1, -2], np.float32), np.array([5, 0], np.float32)], (-2.0, 5.0)),
        ("float", [np.array([1, NAN], np.float32), np.array([5, 0], np.float32)], (0.0, 5.0)),
        ("float16", [np.array([1, -2], np.float16)], (-2.0, 1.0)),
        ("int8", [np.array([7, -128], np.int8)], (-128.0, 7.0)),
        ("uint8", [np.array([7, 255], np.uint8)], (7.0, 255.0)),
        ("bool", [np.array([True, False])], (0.0, 1.0)),
    ],
)
def test_golden_vectors_say_where_an_input_ends(
    dtype: str, arrays: list[np.ndarray], ends: tuple[float, float], tmp_path: Path
) -> None:
    """The least and the largest number of all; a vector that is not finite says nothing."""
    assert golden_ends(tmp_path, dtype, *arrays) == ends


@pytest.mark.parametrize(
    ("dtype", "array"),
    [
        ("complex64", np.array([1 + 2j, 0], np.complex64)),
        ("string", np.array(["1", "2"], object)),
        ("float", np.array([np.inf, 0], np.float32)),
    ],
)
def test_what_has_no_order_or_no_end_says_no_range(dtype: str, array: np.ndarray, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no golden vector beside the model has the input 'x'"):
        golden_ends(tmp_path, dtype, array)


def sought(text: str, **ranges: tuple[float, float]) -> Sought:
    model = loads(parser.parse_model(HEAD + text).SerializeToString())
    return Ranges(model, infer(model), Settings(ranges=ranges)).sought


def test_inputs_too_large_for_a_run_are_not_searched() -> None:
    """2**13 * (2**13 + 1) elements are more than 2**26."""
    found = sought("g (float[8192, 8193] x) => (float[8192, 8193] y) { y = Log(x) }", x=(-1.0, 1.0))
    assert found == Sought({}, "no sizes were found for its inputs")


def test_a_search_goes_through_ranges_and_where_there_are_none_through_usual_numbers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Floats on both sides of zero, an image's bytes, and other integers and booleans as 0 and 1."""
    asked: list[Request] = []

    def hunt(request: Request) -> Any:
        asked.append(request)
        return Hunted((), 0, "", "1.32.0", {})

    monkeypatch.setattr("auditor.runtime.parent.hunt", hunt)
    inputs = "float[2] x, float[2] free, double[2] wide, uint8[2] bytes, int64[2] ids, bool[2] on"
    sought(f"g ({inputs}) => (float[2] y) {{ y = Log(x) }}", x=(-1.0, 3.0))
    (request,) = asked
    assert request.search is not None
    x, free, wide, octets, ids, on = request.search.ranges
    assert x == InputRange("x", 1, (2,), -1.0, 3.0)
    assert free == InputRange("free", 1, (2,), -free.high, free.high) and free.high >= 1000
    assert wide == InputRange("wide", 11, (2,), -wide.high, wide.high) and wide.high == free.high
    assert octets == InputRange("bytes", 2, (2,), 0.0, 255.0)
    assert ids == InputRange("ids", 7, (2,), 0.0, 1.0) and on == InputRange("on", 9, (2,), 0.0, 1.0)
