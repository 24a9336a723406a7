"""Where images of a batch meet, and where they do not: by operator, axis and name of the size."""

from __future__ import annotations

import pytest
from onnx import parser

from auditor.evidence.evidence import Evidence
from auditor.model.load import loads
from auditor.report import Severity
from auditor.rules import all_rules
from auditor.settings import Settings

RULES = {r.name: r for r in all_rules()}
WARNING, NOTE = Severity.WARNING, Severity.NOTE


def severities(rule: str, text: str, opset: int = 17) -> list[Severity]:
    model = parser.parse_model(f'<ir_version: 8, opset_import: ["" : {opset}]>\n{text}')
    found, evidence = RULES[rule], Evidence(loads(model.SerializeToString()), Settings(run=False))
    return [f.severity or found.severity for f in found.check(*(evidence.about(kind) for kind in found.wants))]


NUMBERS = "int64 zero = {0}, int64[1] none = {0}, int64[1] first = {1}, int64[1] all = {9223372036854775807}"


@pytest.mark.parametrize(
    ("body", "crosses"),
    [
        ("y = Softmax<axis = 0>(x)", True),
        ("y = Softmax<axis = -3>(x)", True),
        ("y = Softmax<axis = 1>(x)", False),
        ("y = Softmax(x)", False),
        ("y = ReduceMean<axes = [0, 1]>(x)", True),
        ("y = ReduceMean<axes = [1, 2]>(x)", False),
        ("y = ReduceSum(x, none)", True),
        ("y = ReduceSum(x, first)", False),
        ("y = ReduceMax(x)", False),
        ("y = ReduceMax<axes = [0]>(x)", True),
        ("y = LpNormalization<axis = 0>(x)", True),
        ("y = LayerNormalization<axis = 1>(x, s)", False),
        ("y = CumSum(x, zero)", True),
        ("y = CumSum(x, first)", False),
        ("y = ArgMax(x)", True),
        ("y = ArgMax<axis = 1>(x)", False),
        ("y = Gather(x, zero)", True),
        ("y = Gather<axis = 1>(x, zero)", False),
        ("s1 = Shape(x) n = Gather(s1, zero) y = Reshape(x, s1)", False),
        ("y = Slice(x, none, first, none)", True),
        ("y = Slice(x, first, all, none)", True),
        ("y = Slice(x, none, all, none)", False),
        ("y = Slice(x, none, first, first)", False),
        ("y = Einsum<equation = \"nij,nkj->ik\">(x, x)", True),
        ("y = Einsum<equation = \"nij,nkj->nik\">(x, x)", False),
        ("y = MatMul(x, t) t = Transpose<perm = [0, 2, 1]>(x)", False),
        ("f = Flatten(x) t = Transpose<perm = [1, 0]>(f) y = MatMul(t, f)", True),
        ("y = Concat<axis = 0>(x, x)", True),
        ("y = Concat<axis = 1>(x, x)", False),
    ],
)  # fmt: skip
def test_what_crosses_a_batch(body: str, crosses: bool) -> None:
    text = f"agraph (float[N, 2, 4] x) => (y) <{NUMBERS}, float[2, 4] s = {{1, 2, 3, 4, 5, 6, 7, 8}}> {{ {body} }}"
    assert severities("crossed-batch", text) == [WARNING] * crosses


@pytest.mark.parametrize(
    ("shape", "crosses"),
    [
        ("N, 4", True),
        ("batch_size, 4", True),
        ("inputBatch, 4", True),
        ("time, 4", False),
        ("rows, 4", False),
        ("anything, 4", False),  # points, tokens, boxes: nobody knows
        ("anything, 3, 8, 8", True),  # images
        ("height, 3, 8, 8", False),
        ("4, 4", False),
        ("4, 3, 8, 8", True),  # images of a fixed number
        ("1, 3, 8, 8", True),
    ],
)
def test_what_is_a_batch(shape: str, crosses: bool) -> None:
    assert severities("crossed-batch", f"agraph (float[{shape}] x) => (y) {{ y = Softmax<axis = 0>(x) }}") == (
        [WARNING] * crosses
    )


@pytest.mark.parametrize(("axis", "crosses"), [(0, True), (1, False)])
def test_before_opset_13_softmax_goes_on_to_the_last_axis(axis: int, crosses: bool) -> None:
    text = f"agraph (float[N, 4] x) => (y) {{ y = Softmax<axis = {axis}>(x) }}"
    assert severities("crossed-batch", text, 11) == [WARNING] * crosses
    of_one = f"agraph (float[1, 3, 8, 8] x) => (y) {{ y = Softmax<axis = {axis}>(x) }}"
    assert severities("crossed-batch", of_one, 11) == []  # over all of the one image


@pytest.mark.parametrize(
    ("layout", "shape", "crosses"),
    [
        (0, "batch, time, 2", True),
        (0, "time, batch, 2", False),
        (1, "batch, time, 2", False),
        (1, "time, batch, 2", True),
        (0, "anything, 3, 2", False),
    ],
)
def test_recurrent_layers_run_along_time(layout: int, shape: str, crosses: bool) -> None:
    text = f"""agraph (float[{shape}] x) => (y)
    <float[1, 3, 2] w = {{1, 2, 3, 4, 5, 6}}, float[1, 3, 3] r = {{1, 2, 3, 4, 5, 6, 7, 8, 9}}> {{
      y = RNN<hidden_size = 3, layout = {layout}>(x, w, r)
    }}"""
    # The batch that is not an input's first size is not known for one.
    expected = crosses and not shape.startswith("time")
    assert severities("crossed-batch", text) == [WARNING] * expected


def test_images_along_the_last_axis_are_a_note() -> None:
    text = "agraph (float[N, 4] x) => (float[4, N] y) { y = Transpose<perm = [1, 0]>(x) }"
    assert severities("crossed-batch", text) == [NOTE]


@pytest.mark.parametrize(
    ("inputs", "body", "expected"),
    [
        ("float[N, 3, 4] x, float[1, 3, 4] z", "y = Add(x, z)", [WARNING]),
        ("float[N, 3, 4] x, float[1, 3, 4] z", "y = Div(z, x)", [WARNING]),
        ("float[N, 3, 4] x, float[1, 1, 4] z", "y = Add(x, z)", []),
        ("float[N, 3, 4] x, float[N, 3, 4] z", "y = Add(x, z)", []),
        ("float[4, 3, 4] x, float[1, 3, 4] z", "y = Add(x, z)", []),  # whatever four of them are
        ("float[4, 3, 8, 8] x, float[1, 3, 8, 8] z", "y = Add(x, z)", [WARNING]),
        ("float[N, 3, 4] x, float[N] z", "m = ReduceMean<axes = [0]>(x) y = Sub(x, m)", []),  # crossed-batch
        ("float[N, 4] x, float[1, 2] z", "y = Gemm(x, w, z)", [WARNING]),
        ("float[N, 4] x, float[2] z", "y = Gemm(x, w, z)", []),
        ("float[3, 4] x, float[1, 2] z", "y = Gemm(x, w, z)", []),
    ],
)
def test_one_image_for_a_batch(inputs: str, body: str, expected: list[Severity]) -> None:
    text = f"agraph ({inputs}) => (y) <float[4, 2] w = {{1, 2, 3, 4, 5, 6, 7, 8}}> {{ {body} }}"
    assert severities("broadcast-over-batch", text) == expected


@pytest.mark.parametrize(
    ("shape", "target", "rows", "expected"),
    [
        ("N, 2, 4, 4", "-1, 8", 8, [WARNING]),
        ("N, 2, 4, 4", "-1, 32", 32, []),
        ("N, 2, 4, 4", "-1, 64", 64, []),  # mixed-batch
        ("2, 2, 4, 4", "-1, 16", 16, [WARNING]),
        ("N, 4", "-1, 2", 2, []),  # no image
    ],
)
def test_rows_of_an_image(shape: str, target: str, rows: int, expected: list[Severity]) -> None:
    weight = ", ".join(str(i % 7) for i in range(2 * rows))
    text = f"""agraph (float[{shape}] x) => (y) <int64[2] s = {{{target}}}, float[{rows}, 2] w = {{{weight}}}> {{
      f = Reshape(x, s)
      y = MatMul(f, w)
    }}"""
    assert severities("split-images", text) == expected
