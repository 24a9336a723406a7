"""The words of the rules on runs and on contracts: which output, which line, which sizes they name."""

from __future__ import annotations

import pytest
from onnx import parser

from auditor.evidence.evidence import Evidence
from auditor.model.load import loads
from auditor.report import Contract, Found, Port
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
