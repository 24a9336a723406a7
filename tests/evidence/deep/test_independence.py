"""What is said of images that are not answered alike; onnxruntime answers, and arithmetic says how far apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx.parser
import pytest

from auditor.evidence.deep.independence import Independence, judged
from auditor.model.load import loads
from auditor.pipeline import audit
from auditor.report import DeepPart, Finding, Report, Severity
from auditor.rules.dependent_images import dependent_images
from auditor.runtime.deep.independence import ALONE, BESIDE, ImageDifference, IndependenceSeen
from auditor.runtime.outcome import Difference
from auditor.settings import Settings
from auditor.shapes.images import Along, Images

HEAD = '<ir_version: 8, opset_import: ["" : 17]>\n'
DEEP = Settings(deep_parts=frozenset({"independence"}))

MIXED = """agraph (float[N, 4] x) => (float[N, 4] y) <float share = {%s}> {
  a = Abs(x)
  [mean] m = ReduceMean<axes = [0]>(a)
  part = Mul(m, share)
  y = Add(a, part)
}"""


def looked(text: str, settings: Settings = DEEP) -> Report:
    return audit(onnx.parser.parse_model(HEAD + text).SerializeToString(), settings)


def depth(report: Report) -> DeepPart:
    (part,) = report.depth
    return part


def dependent(report: Report) -> list[Finding]:
    return [one for one in report.findings if one.rule == "dependent-images"]


def test_what_is_below_the_tolerance_is_rounding_and_what_is_above_is_not() -> None:
    """Means of numbers in [0, 1) are at most 1 apart; the largest element is about 1."""
    assert not dependent(looked(MIXED % "1e-6"))
    (found,) = dependent(looked(MIXED % "0.01"))
    assert (found.location.node, found.severity) == ("mean", Severity.ERROR)
    assert isinstance(found.magnitude, float) and 1e-4 < found.magnitude < 0.02


def test_how_many_images_there_are_is_told_apart_from_what_they_hold() -> None:
    (found,) = dependent(looked("""agraph (float[N, 4] x) => (float[N, 4] y)
    <int64[1] nought = {0}, int64[1] one = {1}> {
      s = Shape(x)
      n = Slice(s, nought, one)
      c = Cast<to = 1>(n)
      [share] y = Div(x, c)
    }"""))  # fmt: skip
    assert (found.location.node, found.severity) == ("share", Severity.WARNING)
    assert "another alone:" in found.message


def test_a_name_that_says_nothing_makes_no_finding() -> None:
    report = looked(MIXED.replace("N", "items") % "0.5")
    assert not dependent(report)
    assert depth(report).status == "open"
    assert depth(report).why == "is x[0] a batch? Then images meet at mean"


def test_the_axes_beside_the_batch_are_as_long_as_in_the_run() -> None:
    """So many rows of an image are one behind the other, as x is long: without its length that is not known."""
    report = looked("""agraph (float[N, 4, T] x) => (float[M, 4] y) <int64[2] s = {-1, 4}> {
      t = Transpose<perm = [0, 2, 1]>(x)
      y = Reshape(t, s)
    }""")  # fmt: skip
    assert depth(report).status == "ok"
    assert depth(report).lines[0].startswith("1 output of images along x[0]: alone")


def test_an_image_that_is_always_alone_has_no_others_beside_it() -> None:
    report = looked(MIXED.replace("N", "1") % "0.5")
    assert (depth(report).status, depth(report).lines) == (
        "ok",
        ("the batch is fixed at 1: no image has others beside it",),
    )


def test_what_the_caller_brings_together_is_meant() -> None:
    report = looked("""agraph (float[N, 4] x, int64[2] of) => (float[N, 4] y) {
      chosen = Gather(x, of)
      m = ReduceMean<axes = [0]>(chosen)
      y = Add(x, m)
    }""")  # fmt: skip
    assert not dependent(report)
    assert depth(report).status == "ok"
    assert depth(report).lines[0].endswith("Gather[0] brings together what the input of names")


def test_a_file_of_one_image_makes_several(tmp_path: Path) -> None:
    path = tmp_path / "one.npz"
    np.savez(path, x=np.array([[1.0, 2.0, 3.0, 4.0]], np.float32))
    (found,) = dependent(looked(MIXED % "0.5", DEEP._replace(inputs=str(path))))
    assert found.location.node == "mean"  # each image has the same numbers, in other places


def test_chance_is_not_compared_and_what_is_beside_it_is() -> None:
    report = looked("""agraph (float[N, 4] x) => (float[N, 4] y, float[N, 4] z, float[4, 4] w) {
      noise = RandomNormalLike(x)
      y = Add(x, noise)
      z = Relu(x)
      w = Gemm<transA = 1>(x, x)
    }""")  # fmt: skip
    assert depth(report).status == "ok"
    assert depth(report).lines == (
        "1 output of images along x[0]: alone, together and in another order the same to the last bit",
        "not compared, for chance makes it ('RandomNormalLike'): 'y'",
        "not compared, for it has no axis of images that can be known: 'w'",
    )


def test_a_quantised_lstm_takes_one_scale_for_all_images() -> None:
    """onnxruntime takes the scale of all images of a step: where one is larger, the others are rounded otherwise."""
    model = onnx.parser.parse_model("""<ir_version: 8, opset_import: ["" : 17, "com.microsoft" : 1]>
    agraph (float[5, N, 3] x) => (float[5, 1, N, 2] y) <float[1] s = {0.05}, int8[1] z = {0}> {
      y = com.microsoft.DynamicQuantizeLSTM<hidden_size = 2>(x, w, r, , , , , , s, z, s, z)
    }""")
    random = np.random.default_rng(0)
    for name, shape in (("w", (1, 3, 8)), ("r", (1, 2, 8))):
        numbers = random.integers(-127, 127, shape).astype(np.int8)
        model.graph.initializer.append(onnx.numpy_helper.from_array(numbers, name))
    (found,) = dependent(audit(model.SerializeToString(), DEEP))
    assert (found.location.op_type, found.severity) == ("DynamicQuantizeLSTM", Severity.NOTE)
    assert "takes one scale for all images of a batch" in found.message


# What is made of what was seen.

MODEL = loads(
    onnx.parser.parse_model(
        HEAD + "agraph (float[N, 4] x) => (float[N, 4] y) { [first] a = Relu(x)  [second] y = Softmax<axis = 0>(a) }"
    ).SerializeToString()
)
IMAGES = Images((Along("x", 0),), (Along("y", 0),), frozenset())
SEEN = ImageDifference("y", (ALONE, BESIDE), 1, Difference("value", (0,), "1", "2", 1.0), 0.5, 1, "y")


def made(*unlike: ImageDifference, images: Images = IMAGES, refused: str = "", compared: int = 4) -> Independence:
    return judged(MODEL.graph, images, IndependenceSeen(unlike, compared, 0.5, refused), 1, [])


def test_what_was_seen_twice_is_a_finding() -> None:
    found = made(SEEN)
    assert (found.part.status, found.dependent) == ("found", (SEEN,))
    (told,) = dependent_images.check(MODEL, found)
    assert (told.location.node, told.location.op_type, told.severity) == ("second", "Softmax", None)
    assert told.message.startswith("second: an image's answer in 'y' is another alone and beside other images")


def test_a_place_that_was_not_found_is_not_named() -> None:
    (told,) = dependent_images.check(MODEL, made(SEEN._replace(node=-1, tensor="")))
    assert (told.location.node, told.location.tensor) == ("", "y")
    assert told.message.startswith("an image's answer")


@pytest.mark.parametrize(
    ("case", "words"),
    [
        (SEEN._replace(exempt="TopK made much of a rounding"), "this proves nothing: TopK made much of a rounding"),
        (SEEN._replace(within_steps=True, node=-1), "within the steps of what was quantised"),
    ],
)
def test_what_proves_nothing_is_said(case: ImageDifference, words: str) -> None:
    found = made(case)
    assert (found.part.status, found.dependent, found.scaled) == ("ok", (), ())
    assert found.part.lines[0].endswith(words)


def test_so_many_images_that_are_refused_leave_it_open() -> None:
    found = made(refused="Reshape: 12 into 8", compared=0)
    assert (found.part.status, found.part.why) == ("open", "onnxruntime refuses so many images: Reshape: 12 into 8")


def test_what_could_not_be_compared_leaves_it_open() -> None:
    found = made(compared=0)
    assert found.part.status == "open"
    assert found.part.why.startswith("the data decide how large the outputs are")
