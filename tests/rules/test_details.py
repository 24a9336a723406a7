"""What rules pass over, how bad they call what, whom they name first, and what their fixes say."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, parser

from auditor.evidence.evidence import Evidence
from auditor.model.graph import Model
from auditor.model.load import load, loads
from auditor.report import Found, Severity
from auditor.rules import all_rules
from auditor.settings import Settings

RULES = {r.name: r for r in all_rules()}
NOTE, WARNING, ERROR = Severity.NOTE, Severity.WARNING, Severity.ERROR


def told(rule: str, model: Model, **settings: Any) -> list[Found]:
    """What one rule says, each with its severity."""
    found = RULES[rule]
    evidence = Evidence(model, Settings(run=False, **settings))
    return [
        f._replace(severity=f.severity or found.severity)
        for f in found.check(*(evidence.about(kind) for kind in found.wants))
    ]


def parsed(text: str, opset: int = 17) -> onnx.ModelProto:
    return parser.parse_model(f'<ir_version: 8, opset_import: ["" : {opset}, "com.microsoft" : 1]> g {text}')


def of(rule: str, text: str, opset: int = 17, **stored: Any) -> list[Found]:
    model = parsed(text, opset)
    model.graph.initializer.extend(onnx.numpy_helper.from_array(np.asarray(a), name) for name, a in stored.items())
    return told(rule, loads(model.SerializeToString()))


class Passed(NamedTuple):
    """A model of which a rule has nothing to say."""

    rule: str
    text: str
    opset: int = 17


F4 = "(float[N, 4] x) => (float[N, 4] y) "
IMAGES = "(float[N, 3, 4, 4] x) => (y) "
PASSED = {
    "a Clip without bounds": Passed("domain-faults", F4 + "{ c = Clip(x) y = Log(c) }"),
    "a Clip whose bound is far away": Passed("domain-faults", F4 + "<float a = {-2e6}> { c = Clip(x, a) y = Sqrt(c) }"),
    "a Clip whose bound is fed": Passed(
        "domain-faults", "(float[N, 4] x, float a) => (float[N, 4] y) { c = Clip(x, a) y = Log(c) }"
    ),
    "an exponent that is fed": Passed(
        "domain-faults", "(float[N, 4] x, float e) => (float[N, 4] y) { t = Tanh(x) y = Pow(t, e) }"
    ),
    "a scale that is left out": Passed(
        "quantisation-scales",
        "(float[N, 4] x, uint8[4, 2] w) => (y) { y = com.microsoft.DynamicQuantizeMatMul(x, w) }",
    ),
    "one row of two images": Passed(
        "impossible-shapes", IMAGES + "<int64[2] s = {1, 96}> { y = Reshape(x, s) }"
    ),  # of an even batch it comes out even
    "a slope along a width that is open": Passed(  # misaligned-channels tells it
        "misfit-initializers", "(float[N, 4, H, W] x) => (y) <float[4] s = {1, 2, 3, 4}> { y = PRelu(x, s) }"
    ),
    "a slope before opset 7": Passed(
        "misaligned-channels", "(float[N, 4, 4, 4] x) => (y) <float[4] s = {1, 2, 3, 4}> { y = PRelu(x, s) }", 6
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PASSED)
def test_is_passed_over(name: str) -> None:
    case = PASSED[name]
    assert of(case.rule, case.text, case.opset) == []


class Told(NamedTuple):
    """A model of which a rule says one thing."""

    rule: str
    text: str
    node: str
    severity: Severity
    words: tuple[str, ...] = ()  # of the message and the fix
    opset: int = 17


def normalised(attributes: str) -> str:
    return (
        "(float[N, 2] x) => (float[N, 2] y) <float[2] s = {1, 1}> "
        f"{{ y = BatchNormalization{attributes}(x, s, s, s, s) }}"
    )


TOLD = {
    "channels that are open": Told(
        "misfit-initializers", "(float[N, C, 4, 4] x) => (y) <float[1, 2, 1, 1] w = {1, 2}> { y = Conv(x, w) }",
        "Conv[0]",
        NOTE, ("it fits only for C = 2",),
    ),
    "a state that is stored for two": Told(
        "baked-in-batch",
        "(float[5, N, 1] x) => (y) <float[1, 3, 1] w = {1, 2, 3}, float[1, 3, 1] r = {1, 2, 3}, "
        "float[1, 2, 1] h = {1, 2}> "
        "{ y = GRU<hidden_size = 1>(x, w, r, \"\", \"\", h) }",
        "GRU[0]", ERROR, ("Expand the stored state to the batch", "only 2 works"),
    ),
    "a batch that becomes channels of four": Told(
        "baked-in-batch",
        "(float[N, 4, 6, 6] x) => (y) { t = Transpose<perm = [1, 0, 2, 3]>(x) y = DepthToSpace<blocksize = 2>(t) }",
        "DepthToSpace[1]", ERROR, ("4 and 8 and 16 and 32 work",),
    ),
    "a state that is declared for one batch and comes first": Told(
        "baked-in-batch",
        "(float[1, 8, 4] h, float[N, 4] x) => (y) <int64[1] first = {0}> "
        "{ b = Squeeze(h, first) c = Concat<axis = 1>(x, b) y = Add(c, c) }",
        "", WARNING, ("the batch of 'x' is declared open (N), but only 8 works: 'h' is declared as [1, 8, 4]",),
    ),
    "a batch that becomes channels": Told(
        "baked-in-batch",
        "(float[N, 4, 6, 6] x) => (y) { t = Transpose<perm = [1, 0, 2, 3]>(x) y = DepthToSpace<blocksize = 4>(t) }",
        "DepthToSpace[1]", ERROR, ("16 and 32 work",),
    ),
    "an image of one place": Told(
        "mixed-batch",
        "(float[N, 1, L] x, float[1, 4] z) => (y, q) <int64[2] s = {-1, 3}, int64[6] around = {0, 0, 1, 0, 0, 1}> "
        "{ p = Pad(x, around) y = Reshape(p, s) q = Relu(z) }",
        "Reshape[1]", WARNING, ("only for L = 1:",),
    ),
    "an image as large as any that is tried": Told(
        "mixed-batch",
        "(float[N, 1, L] x) => (y) <int64[2] s = {-1, 2048}> "
        "{ p = MaxPool<kernel_shape = [2], strides = [2]>(x) y = Reshape(p, s) }",
        "Reshape[1]", WARNING, ("only for L = 4096:",),
    ),
    "the greatest of what Relu gave": Told(
        "domain-faults", "(float[N, 3, 4, 4] x) => (y) { r = Relu(x) g = GlobalMaxPool(r) y = Log(g) }",
        "Log[2]", WARNING,
        ("zeros from Relu[0]", "-inf"),
    ),
    "a convolution in float64": Told(
        "double-precision",
        "(float[1, 1, 2, 2] x) => (y) <double[1, 1, 1, 1] w = {2}> { d = Cast<to = 11>(x) y = Conv(d, w) }",
        "Conv[1]", WARNING, ("1 heavy layer among them",),
    ),
    "a transposed convolution that is padded twice": Told(
        "padding-twice",
        "(float[1, 1, 2, 2] x, float[1, 1, 2, 2] w) => (y) "
        "{ y = ConvTranspose<auto_pad = \"VALID\", pads = [0, 0, 0, 0]>(x, w) }",
        "ConvTranspose[0]", ERROR, ("auto_pad is VALID",),
    ),
    "a maximum two opsets too early": Told(
        "undefined-words",
        "(float[2] x, int64[1, 1] i, float[1] u) => (y) { y = ScatterND<reduction = \"max\">(x, i, u) }",
        "ScatterND[0]", WARNING, ("onnxruntime takes it all the same",), 16,
    ),
    "another library's least": Told(
        "undefined-words",
        "(float[2] x, int64[2] i) => (y) { y = ScatterElements<reduction = \"amin\">(x, i, x) }",
        "ScatterElements[0]", ERROR, ("write 'min'",), 18,
    ),
    "a Clip whose bound is not so far away": Told(
        "domain-faults", F4 + "<float a = {-1e6}> { c = Clip(x, a) y = Sqrt(c) }", "Sqrt[1]", WARNING, ("NaN", "-1e+06")
    ),
    "a number without a seed": Told(
        "random-operators", F4 + "{ r = RandomNormalLike(x) y = Add(x, r) }", "RandomNormalLike[0]", WARNING,
        ("without a seed", "results differ from run to run", "a seed repeats no more than the first run"),
    ),
    "a number with a seed": Told(
        "random-operators", F4 + "{ r = RandomNormalLike<seed = 1.0>(x) y = Add(x, r) }", "RandomNormalLike[0]", NOTE,
        ("with a seed", "from runtime to runtime"),
    ),
    "an end of a branch": Told(
        "dead-branches", F4 + "{ a = Relu(x) b = Neg(a) y = Abs(x) }", "Neg[1]", NOTE,
        ("2 nodes", "the branch ends in 'Neg[1]'"),
    ),
    "a pooling behind another operator": Told(
        "oversized-windows",
        "(float[1, 1, 1, 1] x) => (y) { r = Relu(x) y = MaxPool<kernel_shape = [3, 3], strides = [2, 2]>(r) }",
        "MaxPool[1]", WARNING, ("a window of 3",),
    ),
    "a pooling behind one that fits": Told(
        "oversized-windows",
        "(float[1, 1, 4, 4] x) => (y) { a = MaxPool<kernel_shape = [3, 3], strides = [2, 2]>(x) "
        "r = Relu(a) y = MaxPool<kernel_shape = [2, 2], strides = [2, 2]>(r) }",
        "MaxPool[2]", WARNING, ("a window of 2",),
    ),
    "training since opset 14 is an attribute": Told(
        "training-mode", normalised("<training_mode = 1>"), "BatchNormalization[0]", ERROR, (), 14
    ),
    "a slope along the width since opset 7": Told(
        "misaligned-channels", "(float[N, 4, 4, 4] x) => (y) <float[4] s = {1, 2, 3, 4}> { y = PRelu(x, s) }",
        "PRelu[0]", WARNING, ("give s the shape [4, 1, 1]",), 7,
    ),
    "a row along the width": Told(
        "misaligned-channels",
        "(float[N, 4, 4, 4] x) => (y) <float[1, 4] s = {1, 2, 3, 4}> "
        "{ p = MaxPool<kernel_shape = [1, 1]>(x) y = Mul(p, s) }",
        "Mul[1]", WARNING, ("give s the shape [4, 1, 1]",),
    ),
    "an operator that looks like another": Told(
        "unknown-operators", F4 + "{ y = Rleu(x) }", "Rleu[0]", ERROR,
        ("ai.onnx has no operator 'Rleu'", "perhaps Relu"),
    ),
    "an operator that came later": Told(
        "unknown-operators", F4 + "{ y = Mish(x) }", "Mish[0]", ERROR,
        ("Mish came with opset 18 of ai.onnx; the model imports 17",),
    ),
    "a word of a later opset that onnxruntime does not take": Told(
        "undefined-words",
        "(float[1, 3, 8, 8] x, float[1, 5, 5, 2] g) => (y) { y = GridSample<mode = \"linear\">(x, g) }",
        "GridSample[0]", ERROR, ("opset 20 has it",), 16,
    ),
    "sizes among which there is a word": Told(
        "undeclared-attributes", "(float[4] x) => (y) { y = Expand<shape = [2, 4]>(x) }", "Expand[0]", ERROR,
        ("store [2, 4] as an int64 tensor",),
    ),
    "numbers that are not whole": Told(
        "undeclared-attributes", "(float[4] x) => (y) { y = Expand<shape = [2.5, 4.0]>(x) }", "Expand[0]", ERROR,
        ("store its value as a tensor",),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TOLD)
def test_is_told(name: str) -> None:
    case = TOLD[name]
    (found,) = of(case.rule, case.text, case.opset)
    assert found.location is not None
    assert (found.location.node, found.severity) == (case.node, case.severity)
    said = f"{found.message} | {found.fix}"
    assert [word for word in case.words if word not in said] == [], said


@pytest.mark.parametrize(
    ("domain", "severity"),
    [
        ("com.microsoft", WARNING),
        ("com.microsoft.nchwc", WARNING),
        ("com.microsoft.experimental", WARNING),
        ("ai.onnx.ml", ERROR),
        ("my.own", ERROR),
    ],
)
def test_a_domain_that_onnxruntime_takes_without_an_import_is_a_warning(domain: str, severity: Severity) -> None:
    text = f'<ir_version: 8, opset_import: ["" : 17]> g (float[4] x) => (float[4] y) {{ y = {domain}.Gelu(x) }}'
    (found,) = told("undeclared-domains", loads(parser.parse_model(text).SerializeToString()))
    assert found.severity is severity and repr(domain) in found.message


def test_a_model_without_imports_uses_no_unknown_operator() -> None:
    """Which opset is meant, nobody knows: Mish is known since opset 18."""
    model = parsed(F4 + "{ y = Mish(x) }")
    del model.opset_import[:]
    assert told("unknown-operators", loads(model.SerializeToString())) == []


def test_a_configuration_that_is_misspelt_is_told_with_the_nearest() -> None:
    model = parsed(F4 + "{ y = Relu(x) }")
    model.ir_version = 11
    model.configuration.add(name="four_devices", num_devices=4)
    model.graph.node[0].device_configurations.add(configuration_id="for_devices")
    (found,) = told("undefined-devices", loads(model.SerializeToString()))
    assert "did you mean 'four_devices'?" in found.fix


def test_a_node_may_lack_its_last_inputs() -> None:
    """What is wrong with it, wrong-arity says."""
    text = "(uint8[2] x) => (y) { y = com.microsoft.QLinearSigmoid(x) }"
    assert of("quantisation-scales", text) == []


def test_a_variance_that_is_no_number_is_told_by_one_rule() -> None:
    text = "(float[N, 2] x) => (float[N, 2] y) <float[2] s = {1, 1}> { y = BatchNormalization(x, s, s, s, v) }"
    bad = np.full(2, np.nan, np.float32)
    assert of("nan-weights", text, v=bad) == []
    assert len(of("bad-variance", text, v=bad)) == 1
    assert len(of("nan-weights", text.replace("s, s, s, v", "s, s, v, s"), v=bad)) == 1


def test_a_bias_that_two_nodes_take_is_told_once() -> None:
    text = (
        "(float[4] x) => (y) <float s = {0.5}> "
        "{ a = DequantizeLinear(b, s) c = DequantizeLinear(b, s) d = Add(x, a) y = Add(d, c) }"
    )
    (found,) = of("saturated-biases", text, b=np.array([2**31 - 1, 0, 1, 2], np.int32))
    assert found.location is not None and found.location.node == "DequantizeLinear[0]"


@pytest.mark.parametrize(("most", "expected"), [(65519.0, []), (65520.0, ["Cast[0]"]), (-65520.0, ["Cast[0]"])])
def test_a_mask_ends_where_float16_rounds_to_infinity(most: float, expected: list[str]) -> None:
    text = "(bool[2, 4] c, float16[2, 4] x) => (y) { k = Cast<to = 10>(m) y = Where(c, x, k) }"
    found = of("float16-overflow", text, m=np.float32(most))
    with np.errstate(over="ignore"):
        assert bool(np.isinf(np.float16(most))) == bool(expected)
    assert [f.location and f.location.node for f in found] == expected


def test_of_duplicates_those_that_waste_most_are_named() -> None:
    """128 KiB twice waste 128 KiB, 96 KiB three times 192 KiB."""
    draw = np.random.default_rng(4)
    large, small = (draw.normal(size=(n, 128)).astype(np.float32) for n in (256, 192))
    (found,) = of(
        "duplicate-initializers",
        "(float[N, 256] x, float[N, 192] z) => (a, b, c, d, e) "
        "{ a = MatMul(x, l1) b = MatMul(x, l2) c = MatMul(z, s1) d = MatMul(z, s2) e = MatMul(z, s3) }",
        l1=large, l2=large, s1=small, s2=small, s3=small,
    )  # fmt: skip
    assert found.actual == (128 + 2 * 96) << 10
    assert found.message.endswith("the largest: 's1', 's2', 's3'")
    assert found.location is not None and found.location.tensor == "s1"


def test_of_unused_initializers_the_largest_is_named_and_its_place_in_the_file() -> None:
    tensors = {"b": np.zeros(300, np.float32), "c": np.zeros(400, np.float32), "a": np.zeros(300, np.float32)}
    model = parsed(F4 + "{ y = Relu(x) }")
    model.graph.initializer.extend(onnx.numpy_helper.from_array(a, name) for name, a in tensors.items())
    content = model.SerializeToString()
    (found,) = told("unused-initializers", loads(content))
    assert found.message.endswith("'c' (1.6 KiB), 'a' (1.2 KiB), 'b' (1.2 KiB)")
    assert found.location is not None
    stored = next(t for t in model.graph.initializer if t.name == "c").SerializeToString()
    assert content.find(stored) == found.location.offset


def test_a_malformed_tensor_is_named_with_its_place_in_the_file() -> None:
    model = parsed(F4 + "{ y = Add(x, w) }")
    model.graph.initializer.append(TensorProto(name="w", dims=[-4], data_type=TensorProto.FLOAT))
    content = model.SerializeToString()
    (found,) = told("malformed-tensors", loads(content))
    assert found.location is not None
    assert found.location.offset == content.find(model.graph.initializer[0].SerializeToString())


def test_dead_filters_of_one_convolution_are_told_with_its_label() -> None:
    weight = np.random.default_rng(1).normal(size=(8, 2, 3, 3)).astype(np.float32)
    weight[:4] = 0
    (found,) = of("zero-weights", "(float[N, 2, 8, 8] x) => (y) { y = Conv(x, w) }", w=weight)
    assert found.message == "4 of 8 filters of Conv[0] are zero"


def test_a_second_model_is_one_too_many() -> None:
    (found,) = told("concatenated-models", loads(parsed(F4 + "{ y = Relu(x) }").SerializeToString() * 2))
    assert (found.expected, found.actual) == (1, 2)


def test_a_wrong_size_is_named_before_a_wrong_rank_is() -> None:
    """Of annotations within the graph; the others are counted."""
    text = F4 + "{ a = Relu(x) b = Neg(a) c = Abs(b) y = Abs(c) }"
    model = parsed(text)
    wrong: tuple[tuple[str, list[str | int | None]], ...] = (("a", ["N", 4, 1]), ("b", ["N", 5]), ("c", ["N", 4, 1]))
    for name, sizes in wrong:
        model.graph.value_info.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, sizes))
    (found,) = told("stale-shape-annotations", loads(model.SerializeToString()))
    assert found.location is not None
    assert (found.location.tensor, found.severity) == ("b", ERROR)
    assert "and 2 other tensors" in found.message


@pytest.mark.parametrize("rule", ["bad-variance", "quantisation-scales", "saturated-biases"])
def test_a_tensor_whose_file_is_not_there_is_passed_over(rule: str, tmp_path: Path) -> None:
    """unreadable-external-data tells of it."""
    model = parsed(
        "(float[N, 2] x, int32[2] q) => (y, z) <float[2] s = {1, 1}> "
        "{ y = BatchNormalization(x, s, s, s, v) z = DequantizeLinear(b, f) }"
    )
    for name, dtype, size in (("v", 1, [2]), ("b", 6, [2]), ("f", 1, [])):
        stored = model.graph.initializer.add(name=name, data_type=dtype, dims=size, data_location=TensorProto.EXTERNAL)
        stored.external_data.add(key="location", value="gone.bin")
    path = tmp_path / "model.onnx"
    path.write_bytes(model.SerializeToString())
    assert told(rule, load(path)) == []


def test_an_input_that_moves_is_named_and_not_what_is_stored() -> None:
    (found,) = of("impossible-shapes", "(float[2, 3] x) => (y) <float[1, 2] w = {1, 2}> { y = Concat<axis = 0>(w, x) }")
    assert found.location is not None and found.location.tensor == "x"


def test_a_shape_that_is_said_already_is_not_said_again() -> None:
    (found,) = of("impossible-shapes", "(float[2, 3] x) => (y) <int64[1] s = {4}> { y = Reshape(x, s) }")
    assert found.message.count("[2, 3]") == 1 and "its inputs are" not in found.message


def test_unused_initializers_of_one_size_are_named_from_the_outermost_graph_on() -> None:
    text = (
        "(bool c, float[2] x) => (y) <float[2] b = {1, 2}> { y = If(c) < then_branch = t () => (float[2] p) "
        "<float[2] a = {1, 2}> { p = Abs(x) }, else_branch = e () => (float[2] q) { q = Neg(x) } > }"
    )
    (found,) = of("unused-initializers", text)
    assert found.location is not None
    assert (found.location.graph, found.location.tensor) == ("", "b")


def test_an_empty_list_of_sizes_is_stored_as_one() -> None:
    model = parsed("(float[4] x) => (y) { y = Expand(x) }")
    model.graph.node[0].attribute.append(onnx.AttributeProto(name="shape", type=onnx.AttributeProto.INTS))
    (found,) = told("undeclared-attributes", loads(model.SerializeToString()))
    assert "store [] as an int64 tensor" in found.fix


QUANTISED = {
    "QLinearConv": 8, "QLinearMatMul": 8, "QuantizeLinear": 3, "DequantizeLinear": 3,
}  # fmt: skip
MICROSOFT = {
    "QGemm": (9, (1, 4, 7)), "QLinearAdd": (8, (1, 4, 6)), "QLinearMul": (8, (1, 4, 6)), "QLinearSigmoid": (5, (1, 3)),
    "QLinearLeakyRelu": (5, (1, 3)), "QLinearSoftmax": (5, (1, 3)), "QLinearAveragePool": (5, (1, 3)),
    "QLinearGlobalAveragePool": (5, (1, 3)), "MatMulIntegerToFloat": (4, (2, 3)), "DynamicQuantizeMatMul": (3, (2,)),
}  # fmt: skip
"""How many inputs, and which are scales: onnxruntime's ContribOperators.md."""


def _scales_of(op_type: str) -> tuple[int, tuple[int, ...], str]:
    if op_type in MICROSOFT:
        return *MICROSOFT[op_type], "com.microsoft"
    names = [i.name for i in onnx.defs.get_schema(op_type, 17).inputs]
    return len(names[: QUANTISED[op_type]]), tuple(i for i, name in enumerate(names) if name.endswith("_scale")), ""


@pytest.mark.parametrize("op_type", [*QUANTISED, *MICROSOFT])
def test_a_scale_of_nothing_is_told_wherever_it_stands(op_type: str) -> None:
    """And of nan-weights' rule, a scale that is no number is not told again."""
    count, scales, domain = _scales_of(op_type)
    for place in range(count):
        for rule, value, says in (("quantisation-scales", 0, True), ("nan-weights", np.nan, False)):
            model = parsed("(float[2] x) => (y) { y = Relu(x) }")
            names = ["s" if i == place else f"i{i}" for i in range(count)]
            model.graph.node[0].CopyFrom(helper.make_node(op_type, names, ["y"], domain=domain))
            model.graph.initializer.append(onnx.numpy_helper.from_array(np.full((), value, np.float32), "s"))
            found = told(rule, loads(model.SerializeToString()))
            assert bool(found) == ((place in scales) == says), (rule, place)


@pytest.mark.parametrize(("dtype", "value", "expected"), [("f4", 1e-40, 1), ("f4", 1e-30, 0), ("f2", 1e-5, 0)])
def test_a_denormal_scale_is_slow_or_flushed_but_in_float16(dtype: str, value: float, expected: int) -> None:
    """float32's normal numbers begin at 2^-126, float16's at 2^-14."""
    text = f"(uint8[2] q) => ({'float16' if dtype == 'f2' else 'float'}[2] y) {{ y = DequantizeLinear(q, s) }}"
    assert len(of("quantisation-scales", text, 19, s=np.array(value, dtype))) == expected


def test_the_scale_of_a_convolutions_bias_is_that_of_the_data_times_that_of_the_weight() -> None:
    """https://onnx.ai/onnx/operators/onnx__QLinearConv.html: "scale = x_scale * w_scale"."""
    (found,) = of(
        "saturated-biases",
        "(uint8[1, 1, 2, 2] x) => (y) <float s = {0.5}, uint8 o = {3}, uint8[1, 1, 1, 1] w = {1}, float t = {0.25}, "
        "uint8 p = {7}, float r = {1}> { y = QLinearConv(x, s, o, w, t, p, r, o, b) }",
        b=np.array([-(2**31)], np.int32),
    )
    assert "its scale (0.125)" in found.message


@pytest.mark.parametrize(
    ("runtime", "imports", "expected"),
    [
        ((1, 24), '"" : 26', "at most 25"),
        ((1, 25), '"" : 26', None),
        ((1, 31), '"" : 26', None),
        ((1, 31), '"" : 27', "at most 26"),
        ((1, 32), '"" : 27', None),
        ((1, 32), '"" : 17, "com.microsoft" : 2', "at most 1"),
        ((1, 32), '"" : 17, "com.microsoft" : 1', None),
        ((1, 32), '"" : 17, "ai.onnx.ml" : 6', "at most 5"),
        ((1, 99), '"" : 27', None),
    ],
)
def test_what_a_runtime_takes_hangs_on_its_version(
    runtime: tuple[int, int], imports: str, expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """onnxruntime's Versioning.md."""
    monkeypatch.setattr("auditor.rules.newer_than_runtime._installed", lambda: runtime)
    text = f"<ir_version: 10, opset_import: [{imports}]> g (float[2] x) => (float[2] y) {{ y = Relu(x) }}"
    found = told("newer-than-runtime", loads(parser.parse_model(text).SerializeToString()))
    assert [f.expected for f in found] == ([] if expected is None else [expected])


@pytest.mark.parametrize(
    ("word", "fix"), [("Gelu", "write one of them"), ("Selu", "write one of them"), ("Tahn", "write 'Tanh'")]
)
def test_a_function_that_looks_like_another_is_not_that(word: str, fix: str) -> None:
    """An LSTM with Elu in the place of Gelu loads, and computes something else."""
    lstm = f'y = LSTM<hidden_size = 3, activations = ["Sigmoid", "{word}", "Tanh"]>(x, W, R)'
    text = f"(float[4, 1, 2] x) => (float[4, 1, 1, 3] y) {{ {lstm} }}"
    (found,) = of("undefined-words", text, W=np.ones((1, 12, 2), np.float32), R=np.ones((1, 12, 3), np.float32))
    assert found.fix.startswith(fix) and "Elu'" not in found.fix
