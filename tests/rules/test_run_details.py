"""The words of the rules on runs and on contracts: which output, which line, which sizes they name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnx import numpy_helper, parser

from auditor import audit
from auditor.evidence.evidence import Evidence
from auditor.model.load import loads
from auditor.report import Contract, Finding, Found, Port, Severity
from auditor.rules import all_rules
from auditor.runtime.outcome import Agreement, Crashed, Difference, Observed, Parting, Run
from auditor.runtime.request import Feed
from auditor.settings import Settings

from .test_run_rules import only, ran, said

RULES = {r.name: r for r in all_rules()}
HEAD = '<ir_version: 8, opset_import: ["" : 17]>\n'


def test_outputs_that_are_not_finite_are_told_with_the_sizes_that_were_invented() -> None:
    found = only(said(ran(Observed("y", 1, (2, 4), nonfinite=3))))
    assert "in 3 of 8 elements on invented inputs (x [2, 4]" in found.message
    real = only(said(ran(Observed("y", 1, (2, 4), nonfinite=3)), invented=False))
    assert real.message == "the output 'y' holds NaN or infinity in 3 of 8 elements"


def test_the_last_words_of_a_process_are_its_last_line() -> None:
    found = only(said(Crashed("SIGABRT", "load", "loading\nterminate called: bad_alloc  \n\n")))
    assert found.message.endswith("its last words: terminate called: bad_alloc")


def test_behind_a_sequence_outputs_are_looked_at() -> None:
    found = only(said(ran(Observed("s", 0, (), type="seq(tensor(float))"), Observed("y", 1, (2, 5), nonfinite=0))))
    assert (found.rule, found.location.tensor) == ("output-contradicts-run", "y")


@pytest.mark.parametrize(
    ("parting", "node", "words"),
    [
        (Parting("y", Difference("values", (0, 1), "1", "2"), "r", "first", "Relu"), "first",
         "; the first tensor that does is 'r', made by first (Relu)"),
        (Parting("y", Difference("values"), "y", "", "Neg"), "Neg[1]",
         "; the first tensor that does is 'y', made by Neg"),
        (Parting("y", Difference("values"), optimisers=("ConstantFolding",)), "",
         "; it does not without 'ConstantFolding'"),
    ],
)  # fmt: skip
def test_where_outputs_part_is_told_where_it_is_known(parting: Parting, node: str, words: str) -> None:
    feeds = (Feed("x", 1, (2, 4)),)
    run = Run("CPUExecutionProvider", "1.32.0", {}, feeds, (), optimisation="all", agreement=Agreement((parting,)))
    found = only([f for f in said(run) if f.rule == "optimisation-changes-outputs"])
    assert found.location.node == node
    assert found.message.partition("(values)")[2] == words


def told(contract: Contract, text: str, settings: Settings) -> list[Found]:
    evidence = Evidence(loads(parser.parse_model(HEAD + text).SerializeToString()), settings, contract)
    rule = RULES["contract-mismatch"]
    return list(rule.check(*(evidence.about(kind) for kind in rule.wants)))


def test_of_many_inputs_ten_are_named() -> None:
    names = [f"i{n}" for n in range(11)]
    fed = ", ".join(f"float[4] {n}" for n in (*names, "more"))
    text = f"g ({fed}) => (float[4] y) {{ y = Sum({', '.join(names)}, more) }}"
    contract = Contract(tuple(Port(n, "float32", (4,)) for n in names), (), "config.pbtxt")
    (found,) = told(contract, text, Settings(run=False))
    assert found.actual == "more"
    assert found.expected == ", ".join(names[:10])


def test_sizes_that_a_caller_asked_for_are_no_matter_of_the_contract() -> None:
    """He asked for other sizes of one input, and left the other as it is."""
    text = "g (float[N, 4] x, float[1, 4] z) => (float[N, 4] y) { y = Add(x, z) }"
    contract = Contract((), (Port("y", "float32", (3, 4)),), "config.pbtxt")
    assert told(contract, text, Settings(run=False, shapes={"x": (5, 4)})) == []


def with_vector(folder: Path, text: str, **expected: float) -> list[Finding]:
    """What an audit says of a model beside a golden vector of ones, whose outputs are filled with these numbers."""
    data = folder / "test_data_set_0"
    data.mkdir()
    one = np.ones((2, 2), np.float32)
    (data / "input_0.pb").write_bytes(numpy_helper.from_array(one, "x").SerializeToString())
    for i, (name, number) in enumerate(expected.items()):
        (data / f"output_{i}.pb").write_bytes(numpy_helper.from_array(one * number, name).SerializeToString())
    path = folder / "model.onnx"
    path.write_bytes(parser.parse_model(HEAD + text).SerializeToString())
    return [f for f in audit(path, Settings()).findings if f.severity is not Severity.NOTE]


NOISE = "n = RandomNormalLike(x) y = Add(x, n)"


def test_what_no_run_gives_again_is_the_random_operators_fault(tmp_path: Path) -> None:
    """Comparing the layers with the framework's would find nothing."""
    (found,) = with_vector(tmp_path, f"g (float[2, 2] x) => (float[2, 2] y) {{ {NOISE} }}", y=5.0)
    assert (found.rule, found.severity, found.consequences) == ("random-operators", Severity.ERROR, 1)


def test_an_output_beside_a_random_one_is_judged_for_itself(tmp_path: Path) -> None:
    text = f"g (float[2, 2] x) => (float[2, 2] y, float[2, 2] z) {{ {NOISE} z = Relu(x) }}"
    found = with_vector(tmp_path, text, y=5.0, z=2.0)
    assert {f.rule: f.severity for f in found} == {
        "golden-mismatch": Severity.ERROR,
        "random-operators": Severity.WARNING,
    }


def test_a_random_operator_in_a_branch_is_told_with_the_vector(tmp_path: Path) -> None:
    text = (
        "g (float[2, 2] x) => (float[2, 2] y) { m = ReduceMax<keepdims = 0>(x) c = Cast<to = 9>(m) y = "
        "If (c) <then_branch = a () => (t) { t = RandomNormalLike(x) }, else_branch = b () => (e) { e = Relu(x) }> }"
    )
    (mismatch,) = (f for f in with_vector(tmp_path, text, y=5.0) if f.rule == "golden-mismatch")
    assert mismatch.message.endswith("; it hangs on random numbers without a seed, which no vector can have")
    assert mismatch.fix == "make the random tensor an input, and make the vectors anew with it"
