"""The search for the first tensor and the optimiser, where a test says what a level gives; then onnxruntime itself."""

from __future__ import annotations

import contextlib
from itertools import combinations
from pathlib import Path

import numpy as np
import onnx
import onnx.parser
import pytest
from onnx import numpy_helper

from auditor.evidence.processor import features
from auditor.runtime.alike import Grain
from auditor.runtime.cutting import Cuttable
from auditor.runtime.grain import grain_of
from auditor.runtime.levels import OPTIMISERS, OutOfTime, Search, TypedArray, culprits
from auditor.runtime.outcome import Failed, Outcome, Run
from auditor.runtime.parent import run
from auditor.runtime.request import Feed, Golden, Request

from .conftest import HEADER, Write, floats

CHAIN = """chain (float[4] x) => (float[4] y) {
  [n0] t0 = Relu (x) [n1] t1 = Neg (t0) [n2] t2 = Abs (t1) [n3] t3 = Sqrt (t2) [n4] t4 = Exp (t3)
  [n5] u = Neg (x) [n6] y = Add (t4, u)
}"""


class Machine:
    """A runtime whose level "all" spoils a tensor, and all behind it, unless an optimiser is left out."""

    def __init__(self, spoilt: str, culprit: str = "", by: float = 1.0, noise: float = 0.0) -> None:
        self.spoilt, self.culprit, self.by, self.noise, self.asked = spoilt, culprit, by, noise, 0

    def __call__(self, model: bytes, level: str, without: frozenset[str]) -> TypedArray | None:
        self.asked += 1
        graph = onnx.load_model_from_string(model).graph
        made = {name for node in graph.node for name in node.output}
        value = np.full(4, 2.0, np.float32)
        if level != "off":
            value += np.float32(self.noise)
            if self.spoilt in made and self.culprit not in without:
                value += np.float32(self.by)
        return TypedArray(1, value)


def search(machine: Machine, text: str = CHAIN) -> Search:
    return Search(Cuttable(onnx.parser.parse_model(HEADER + text).SerializeToString()), machine, "all")


@pytest.mark.parametrize("spoilt", ["t0", "t1", "t2", "t3", "t4", "u", "y"])
def test_the_first_tensor_that_parts(spoilt: str) -> None:
    machine = Machine(spoilt, "GeluFusionL2")
    found = search(machine).first("y")
    assert (found.tensor, found.jump) == (spoilt, False)
    assert found.node == {"u": "n5", "y": "n6"}.get(spoilt, "n" + spoilt[1:])
    assert search(machine).optimisers(spoilt) == ("GeluFusionL2",)


def test_without_any_optimiser_it_parts_too() -> None:
    assert search(Machine("t2")).optimisers("t2") == ()


def test_what_makes_much_of_a_rounding_is_no_fault() -> None:
    text = "jump (float[4] x) => (int64[1] y) { s = Softmax (x) y = ArgMax <axis = 0> (s) }"
    assert search(Machine("y", noise=1e-6), text).first("y").jump
    assert not search(Machine("y"), text).first("y").jump  # on the same numbers it has no excuse


def test_a_search_can_be_ended() -> None:
    def late(model: bytes, level: str, without: frozenset[str]) -> TypedArray | None:
        raise OutOfTime

    model = Cuttable(onnx.parser.parse_model(HEADER + CHAIN).SerializeToString())
    with pytest.raises(OutOfTime):
        Search(model, late, "all").first("y")


@pytest.mark.parametrize("guilty", [*combinations("acfh", 1), *combinations("acfh", 2), *combinations("acfh", 3)])
def test_all_who_are_guilty_are_found(guilty: tuple[str, ...]) -> None:
    asked = []

    def well(without: frozenset[str]) -> bool:
        asked.append(without)
        return set(guilty) <= without

    assert culprits("abcdefgh", well) == guilty
    assert len(asked) <= 1 + 4 * len(guilty)


def test_one_of_two_is_enough() -> None:
    """Where leaving out either mends it, one is told."""
    assert culprits("abcdefgh", lambda without: bool(without & {"c", "f"})) == ("c",)
    assert culprits("abc", lambda without: False) == ()


QDQ = """qdq (float[N, 64] x) => (float[N, 8] y) <
  float sx = {0.0039215}, uint8 zx = {0}, float sw = {0.0078740}, int8 zw = {0}, float sy = {0.2745}, uint8 zy = {0}
> {
  xq = QuantizeLinear (x, sx, zx) xd = DequantizeLinear (xq, sx, zx) wd = DequantizeLinear (wq, sw, zw)
  [matmul] m = MatMul (xd, wd) yq = QuantizeLinear (m, sy, zy) z = DequantizeLinear (yq, sy, zy) y = Relu (z)
}"""


def qdq(weight: int) -> onnx.ModelProto:
    model = onnx.parser.parse_model(HEADER + QDQ)
    model.graph.initializer.append(numpy_helper.from_array(np.full((64, 8), weight, np.int8), "wq"))
    return model


def test_how_coarse_a_tensor_is() -> None:
    model = Cuttable(qdq(1).SerializeToString())
    assert grain_of(model, "yq") == Grain(1.0, 1)
    for name in ("z", "y"):
        grain = grain_of(model, name)
        assert grain is not None
        assert (round(grain.step, 4), grain.steps) == (0.2745, 1)
    assert grain_of(model, "m") == Grain(0.0, 2)
    assert grain_of(Cuttable(onnx.parser.parse_model(HEADER + CHAIN).SerializeToString()), "y") is None


# onnxruntime itself, on any processor.

DIVMUL = """fused (float[N, 8] x) => (int32[N, 8] y, float[N, 8] z)
<float hundred = {100.0}, int32 one = {1}, int32 two = {2}> {
  h = Mul (x, hundred) i = Cast <to = 6> (h) q = Div (one, two) [product] y = Mul (i, q) z = Neg (x)
}"""


def both(path: str, *feeds: Feed, golden: tuple[Golden, ...] = ()) -> Outcome:
    return run(Request(path, attempts=(feeds,), golden=golden, second=True))


def test_a_fusion_that_changes_numbers_is_found_with_its_optimiser(write: Write) -> None:
    """onnxruntime 1.32 takes (1 / a) * b for b / a, of integers too."""
    outcome = both(write(DIVMUL), floats("x", 2, 8))
    assert isinstance(outcome, Run)
    assert [(one.optimisation, one.status) for one in outcome.levels] == [("all", "ok"), ("off", "ok")]
    assert outcome.agreement is not None
    (parting,) = outcome.agreement.partings
    assert (parting.output, parting.tensor, parting.node, parting.op_type) == ("y", "y", "product", "Mul")
    assert parting.optimisers == ("DivMulFusion",)
    assert parting.difference.expected == "0"


def test_the_fault_of_a_tensor_inside_is_found_by_cutting(write: Write) -> None:
    text = (
        DIVMUL.replace("int32[N, 8] y, ", "")
        .replace("[product] y", "[product] p")
        .replace("z = Neg (x)", "f = Cast <to = 1> (p) g = Sqrt (f) z = Add (g, x)")
    )
    outcome = both(write(text), floats("x", 2, 8))
    assert isinstance(outcome, Run)
    assert outcome.agreement is not None
    (parting,) = outcome.agreement.partings
    assert (parting.output, parting.tensor, parting.node) == ("z", "p", "product")


def test_a_session_that_only_the_optimiser_refuses(write: Write) -> None:
    text = "clip (int8[N, 4] x) => (int8[N, 4] y) <int8 low = {-3}> { r = Relu (x) y = Clip (r, low) }"
    outcome = both(write(text), Feed("x", 3, (2, 4)))
    assert isinstance(outcome, Failed)
    assert (outcome.stage, outcome.by_optimiser, outcome.optimisers) == ("load", True, ("FuseReluClip",))
    assert run(Request(write(text), attempts=((Feed("x", 3, (2, 4)),),), optimisation="off")).__class__ is Run


SOUND = {
    "floats": "f (float[N, 8] x) => (float[N, 8] y) <float a = {1.0}, float b = {3.0}> { q = Div(a, b) y = Mul(x, q) }",
    "argmax": "g (float[N, 8] x) => (int64[N, 1] y) { s = Softmax (x) y = ArgMax <axis = 1> (s) }",
    "random": "r (float[N, 8] x) => (float[N, 8] y) { n = RandomNormalLike (x) y = Add (x, n) }",
    "seeded": "r (float[N, 8] x) => (float[N, 8] y) { n = RandomNormalLike <seed = 3.0> (x) y = Add (x, n) }",
    "training": "t (float[N, 8] x) => (float[N, 8] y) <float r = {0.5}, bool on = {1}> { y = Dropout (x, r, on) }",
    "strings": """s (float[N, 8] x) => (string[N, 8] y) { c = Cast <to = 8> (x) y = Identity (c) }""",
    "sequence": "q (float[8, 8] x) => (seq(float[4, 8]) y) { y = SplitToSequence <axis = 0> (x) }",
}


@pytest.mark.parametrize("text", SOUND.values(), ids=SOUND)
def test_sound_models_agree_or_prove_nothing(write: Write, text: str) -> None:
    outcome = both(write(text), floats("x", 8, 8))
    assert isinstance(outcome, Run), outcome
    assert outcome.agreement is not None
    assert outcome.agreement.partings == ()
    assert not outcome.agreement.why


def test_what_optimisation_off_asks_for_is_one_run(write: Write) -> None:
    outcome = run(Request(write(DIVMUL), attempts=((floats("x", 2, 8),),), optimisation="off", second=True))
    assert isinstance(outcome, Run)
    assert [one.optimisation for one in outcome.levels] == ["off"]
    assert outcome.agreement is None


def test_eight_bit_sums_that_saturate(write: Write) -> None:
    if any("vnni" in flag or flag.startswith(("amx", "asimd", "i8mm")) for flag in features()) or not features():
        pytest.skip("this processor adds 8-bit products without saturation: run it on x86 with AVX2 and without VNNI")
    outcome = both(write(qdq(127)), floats("x", 2, 64))
    assert isinstance(outcome, Run)
    assert outcome.agreement is not None
    (parting,) = outcome.agreement.partings
    assert (parting.node, parting.optimisers) == ("matmul", ("QDQSelectorActionTransformer",))


def test_eight_bit_sums_that_do_not_reach_sixteen_bits(write: Write) -> None:
    outcome = both(write(qdq(20)), floats("x", 2, 64))
    assert isinstance(outcome, Run)
    assert outcome.agreement is not None
    assert outcome.agreement.partings == ()


# Golden vectors.


def vector(folder: Path, name: str, fed: np.ndarray, expected: np.ndarray) -> Golden:
    files = []
    for kind, array in (("input", fed), ("output", expected)):
        file = folder / f"{name}_{kind}_0.pb"
        file.write_bytes(numpy_helper.from_array(array).SerializeToString())
        files.append(str(file))
    return Golden(name, (files[0],), (files[1],))


def test_golden_vectors_come_first(write: Write, tmp_path: Path) -> None:
    """Each was made in a session of its own, where the random numbers begin anew."""
    import onnxruntime

    path = write(SOUND["seeded"])
    fed = np.zeros((2, 8), np.float32)
    made = onnxruntime.InferenceSession(path).run(None, {"x": fed})[0]
    vectors = tuple(vector(tmp_path, name, fed, made) for name in ("a", "b"))
    outcome = both(path, floats("x", 2, 8), golden=vectors)
    assert isinstance(outcome, Run)
    assert [one.equal for one in outcome.golden] == [True, True]


@pytest.mark.parametrize(("by", "equal"), [(0, True), (1, True), (2, False)])
def test_a_quantised_output_is_equal_within_a_step(write: Write, tmp_path: Path, by: int, equal: bool) -> None:
    path = write("q (float[8] x) => (uint8[8] y) <float s = {0.1}, uint8 z = {0}> { y = QuantizeLinear (x, s, z) }")
    golden = vector(tmp_path, "v", np.full(8, 5, np.float32), np.full(8, 50 + by, np.uint8))
    outcome = both(path, floats("x", 8), golden=(golden,))
    assert isinstance(outcome, Run)
    assert [one.equal for one in outcome.golden] == [equal]


def test_a_class_off_by_one_is_another_class(write: Write, tmp_path: Path) -> None:
    path = write("c (float[8] x) => (int64[1] y) { y = ArgMax <axis = 0> (x) }")
    golden = vector(tmp_path, "v", np.arange(8, dtype=np.float32), np.array([6]))
    outcome = both(path, floats("x", 8), golden=(golden,))
    assert isinstance(outcome, Run)
    assert [one.differs for one in outcome.golden] == [True]


def test_the_names_are_onnxruntimes_own() -> None:
    """As they stand in its library; a name that it no longer has would find nothing, in silence."""
    import onnxruntime

    with contextlib.ExitStack() as files:
        folder = Path(onnxruntime.__file__).parent / "capi"
        held = b"".join(files.enter_context(path.open("rb")).read() for path in folder.glob("*.so"))
    missing = [name for name in OPTIMISERS if name.encode() not in held]
    # Names that are put together, or of so few letters that they stand in the code itself.
    assert len(missing) <= 12, missing
