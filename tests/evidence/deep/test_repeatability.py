"""The same inputs again: where the answer is another, and why."""

from __future__ import annotations

import onnx.parser

from auditor.evidence.deep.repeatability import Repeatability
from auditor.model.load import loads
from auditor.pipeline import audit
from auditor.report import DeepPart, Finding, Report
from auditor.rules.unrepeatable_outputs import unrepeatable_outputs
from auditor.runtime.deep.repeatability import OTHER_THREADS, SAME_SESSION, Repeated
from auditor.runtime.outcome import Difference
from auditor.settings import Settings

HEAD = '<ir_version: 8, opset_import: ["" : 17]>\n'
DEEP = Settings(deep_parts=frozenset({"repeatability"}))


def looked(text: str) -> tuple[DeepPart, list[Finding]]:
    report: Report = audit(onnx.parser.parse_model(HEAD + text).SerializeToString(), DEEP)
    (part,) = report.depth
    return part, [one for one in report.findings if one.rule == "unrepeatable-outputs"]


def test_the_first_tensor_that_is_not_the_same_again_is_named() -> None:
    part, (found,) = looked("""agraph (float[N, 2] x) => (float[N, 2] y, float[N, 2] z)
    <float[2] s = {1.0, 1.0}, float[2] b = {0.0, 0.0}, float[2] m = {0.0, 0.0}, float[2] v = {1.0, 1.0}> {
      z = Relu(x)
      [normal] n, mean, var = BatchNormalization<training_mode = 1>(z, s, b, m, v)
      y = Exp(n)
    }""")  # fmt: skip
    assert (found.location.node, found.location.tensor) == ("normal", "n")
    assert "another 'y' in a second run" in found.message and "state is kept from run to run" in found.message
    assert part.status == "found"


def test_chance_without_a_seed_is_left_to_another_rule_and_with_one_is_not() -> None:
    part, (found,) = looked("""agraph (float[N, 4] x) => (float[N, 4] y, float[N, 4] z, float[N, 4] w) {
      [plain] free = RandomNormalLike(x)
      y = Add(x, free)
      [seeded] drawn = RandomUniformLike<seed = 3.0>(x)
      [more] z = Add(x, drawn)
      w = Relu(x)
    }""")  # fmt: skip
    assert found.location.node == "seeded"
    assert "another 'z' in a second run" in found.message and "a seed begins a session" in found.message
    assert "y: chance makes it ('RandomNormalLike'); a fresh session begins anew" in part.lines


MODEL = loads(
    onnx.parser.parse_model(
        HEAD + "agraph (float[N, 4] x) => (float[N, 4] y) { [first] a = Relu(x)  [second] y = Neg(a) }"
    ).SerializeToString()
)


def test_threads_are_named() -> None:
    apart = Difference("value", (0,), "1", "2", 1.0)
    seen = (
        Repeated("y", OTHER_THREADS, 1, apart, beyond=True, node=0, tensor="a"),
        Repeated("y", OTHER_THREADS, 4, apart, beyond=True, node=0, tensor="a"),
        Repeated("y", SAME_SESSION, 2, apart, beyond=True),
    )
    first, second = unrepeatable_outputs.check(MODEL, Repeatability(DeepPart("repeatability", "found"), (), seen))
    assert first.location.node == "first"
    assert "another 'y' in a session of 1 thread and in a session of 4 threads (value" in first.message
    assert (second.location.node, second.location.tensor) == ("", "y")
