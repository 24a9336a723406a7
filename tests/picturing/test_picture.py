"""A picture by arithmetic, of small models whose numbers a person can work out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper, parser

from auditor.picture import QUANTILES, Anchor, Picture
from auditor.picturing import picture_of
from auditor.picturing.places import places
from auditor.pipeline import audited
from auditor.report import Basis, Finding, Location, Severity
from auditor.settings import Settings

CHAIN = """
<ir_version: 8, opset_import: ["" : 17]>
chain (float[1, 2, 4, 4] x) => (float[1, 18] y) <float[18, 32] w = {%s}, int64[2] s = {1, 32}> {
  [first] a = Relu(x)
  b = Reshape(a, s)
  t = Transpose(w)
  [last] y = MatMul(b, t)
}
""" % ", ".join(["1"] * 576)  # noqa: UP031  # the text is full of braces


def pictured(text: str, **settings: object) -> Picture:
    model = parser.parse_model(text)
    report, evidence = audited(model, Settings(run=False, **settings))  # type: ignore[arg-type]  # by the caller
    assert evidence is not None
    return picture_of(evidence.model, evidence.facts, evidence.costs, report)


def test_layers_are_the_nodes_that_hang_on_an_input() -> None:
    picture = pictured(CHAIN)
    assert [(row.label, str(row.anchor)) for row in picture.layers] == [
        ("first", "0-0"), ("Reshape[1]", "0-1"), ("last", "0-3"),
    ]  # fmt: skip
    assert picture.constants == 1
    last = picture.layers[-1]
    assert (last.macs, last.shape, last.dtype, last.activation_bytes) == (18 * 32, (1, 18), "float32", 72)


def test_memory_along_the_walk() -> None:
    """128 bytes of x; x and a; a and b; b and y of 72: the Transpose of the weight takes no part."""
    memory = pictured(CHAIN).memory
    assert memory is not None
    assert memory.alive == (128, 256, 256, 200)
    assert memory.peak == 1 and memory.rows == (0, 1, 2)


def test_open_sizes_are_taken_as_usual_ones_and_said() -> None:
    """A batch as 1, any other size as 64: 1 x 64 floats in, and as many out."""
    picture = pictured('<ir_version: 8, opset_import: ["" : 17]> g (float[N, T] x) => (float[N, T] y) { y = Relu(x) }')
    assert picture.memory is not None
    assert picture.memory.alive == (256, 512) and dict(picture.sizes) == {"N": 1, "T": 64}
    assert picture.layers[0].activation_bytes == "4*N*T" and picture.layers[0].numbers.activation_bytes == 256


def test_an_unknown_size_is_a_reason() -> None:
    picture = pictured(
        '<ir_version: 8, opset_import: ["" : 17, "own" : 1]> g (float[2] x) => (float[?] y) { y = own.Op(x) }'
    )
    assert bool(picture.why_no_memory) == (picture.memory is None)


INSIDE = """
<ir_version: 8, opset_import: ["" : 17, "own" : 1]>
g (bool c, float[2] x) => (float[2] y) <float[2] w = {1, 2}> {
  [twice] t = own.Twice(x)
  [twin] a = Relu(t)
  [twin] b = Relu(a)
  [choice] y = If(c) <
    then_branch = then () => (float[2] p) { [inner] p = Add(b, w) },
    else_branch = otherwise () => (float[2] q) { q = Neg(b) }
  >
}
<domain: "own", opset_import: ["" : 17]>
Twice (v) => (o) { [double] o = Add(v, v) }
"""


@pytest.mark.parametrize(
    ("where", "found"),
    [
        (Location(), None),
        (Location("", "twice", "Twice"), "twice"),
        (Location("", "Relu[2]", "Relu"), "b"),  # two have the name
        (Location("", "twin", "Relu"), "a"),
        (Location("", "Relu[0]", "Relu"), None),  # that is no Relu
        (Location("", "Relu[99]", "Relu"), None),
        (Location("", "no such node"), None),
        (Location("choice/then_branch", "inner", "Add"), "p"),
        (Location("choice/else_branch", "Neg[0]", "Neg"), "q"),
        (Location("function own.Twice", "double", "Add"), "o"),
        (Location("", tensor="a"), "a"),  # by its maker
        (Location("", tensor="x"), "t"),  # by who takes it
        (Location("", tensor="nothing"), None),
        (Location("no/such/graph", "twice"), None),
    ],
    ids=str,
)
def test_a_place_is_a_node(where: Location, found: str | None) -> None:
    """``found``: what the node makes, or its name."""
    _, evidence = audited(parser.parse_model(INSIDE), Settings(run=False))
    assert evidence is not None
    finding = Finding("r", Severity.NOTE, Basis.SUSPICIOUS, "m", where)
    (place,) = places(evidence.model, evidence.facts, [finding])
    if found is None:
        assert place is None
        return
    assert isinstance(place, Anchor)
    path = list(evidence.facts.graphs)[place.graph]
    node = evidence.facts.graphs[path].nodes[place.node]
    assert found in (*node.outputs, node.name)


def test_the_main_graph_is_number_0() -> None:
    _, evidence = audited(parser.parse_model(INSIDE), Settings(run=False))
    assert evidence is not None and next(iter(evidence.facts.graphs)) == ""


@pytest.mark.parametrize("field", ["raw", "typed"])
def test_quantiles_of_a_kernel(field: str) -> None:
    """Of 0 to 999 the quantiles are known; NaN counts for nothing."""
    numbers = np.arange(1000, dtype=np.float32).reshape(10, 100)
    numbers[3, 3] = np.nan
    tensor = numpy_helper.from_array(numbers, "w")
    if field == "typed":
        tensor.ClearField("raw_data")
        tensor.float_data.extend(numbers.ravel().tolist())
    model = parser.parse_model(
        '<ir_version: 8, opset_import: ["" : 17]> g (float[1, 10] x) => (float[1, 100] y) { y = MatMul(x, w) }'
    )
    model.graph.initializer.append(tensor)
    report, evidence = audited(model, Settings(run=False))
    assert evidence is not None
    (band,) = picture_of(evidence.model, evidence.facts, evidence.costs, report).weights
    finite = numbers.ravel()[np.isfinite(numbers.ravel())].astype(np.float64)
    assert band.quantiles == pytest.approx(np.quantile(finite, QUANTILES))
    assert (band.tensor, band.elements) == ("w", 1000)


def test_of_a_large_kernel_stretches_over_all_of_it_are_taken(tmp_path: Path) -> None:
    """The first half is -1 and the last +1: so are the quantiles, whichever stretches were taken."""
    numbers = np.repeat(np.array([-1, 1], np.float32), 100_000).reshape(2, 100_000)
    model = parser.parse_model(
        '<ir_version: 8, opset_import: ["" : 17]> g (float[1, 2] x) => (float[1, 100000] y) { y = MatMul(x, w) }'
    )
    model.graph.initializer.append(numpy_helper.from_array(numbers, "w"))
    onnx.save(model, str(tmp_path / "m.onnx"))
    report, evidence = audited(tmp_path / "m.onnx", Settings(run=False))
    assert evidence is not None
    (band,) = picture_of(evidence.model, evidence.facts, evidence.costs, report).weights
    assert (band.quantiles[0], band.quantiles[2], band.quantiles[-3], band.quantiles[-1]) == (-1, -1, 1, 1)


def test_no_weights_no_bands() -> None:
    assert pictured(CHAIN).weights != () and pictured(CHAIN, weights=False).weights == ()
