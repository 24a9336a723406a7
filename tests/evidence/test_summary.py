"""What the report says of the model as a whole: its operators, wherever they stand."""

from __future__ import annotations

from io import StringIO

import onnx.parser
import pytest

from auditor.evidence.evidence import Evidence
from auditor.evidence.processor import features, processor
from auditor.evidence.summary import dtypes, golden_line, looked_at, operators, ports, run_summary, totals
from auditor.evidence.trial import Trial
from auditor.model.load import loads
from auditor.report import Missed, Port, RunLevel, RunSummary
from auditor.runtime.outcome import (
    Agreement,
    Comparison,
    Crashed,
    Difference,
    Failed,
    GoldenResult,
    Level,
    NotRun,
    Observed,
    Outcome,
    OutOfMemory,
    Parting,
    Run,
    TimedOut,
)
from auditor.settings import Settings
from auditor.shapes.troubles import At, Exhausted
from auditor.weights import Weights

STATIC = Settings(run=False)


def counted(text: str) -> dict[str, int]:
    return operators(loads(onnx.parser.parse_model(text).SerializeToString()))


def test_operators_are_counted_and_calls_of_functions_are_not() -> None:
    """Two calls of a function: its own two nodes stand in the file once, and are no more than that."""
    found = counted("""
        <ir_version: 8, opset_import: ["" : 17, "nn" : 1]>
        g (float[2] x) => (float[2] y) {
          a = nn.Block(x)
          b = nn.Block(a)
          c = Relu(b)
          d = nn.Inner(c)
          y = Relu(d)
        }
        <opset_import: ["" : 17, "nn" : 1], domain: "nn"> Block (x) => (y) { i = nn.Inner(x) y = Neg(i) }
        <opset_import: ["" : 17], domain: "nn"> Inner (x) => (y) { y = Relu(x) }
    """)
    assert found == {"Neg": 1, "Relu": 3}


def test_operators_in_branches_count_and_other_domains_are_named() -> None:
    found = counted("""
        <ir_version: 8, opset_import: ["" : 17, "com.microsoft" : 1]>
        g (bool c, float[2] x) => (float[2] y) {
          h = com.microsoft.Gelu(x)
          r = Relu(h)
          y = If (c) <
            then_branch = t () => (float[2] u) { u = Relu(r) },
            else_branch = e () => (float[2] v) { n = Neg(r) v = com.microsoft.Gelu(n) }
          >
        }
    """)
    assert found == {"If": 1, "Neg": 1, "Relu": 2, "com.microsoft:Gelu": 2}


def evidence(text: str, result: Outcome | None = None, settings: Settings = STATIC) -> Evidence:
    """Of a model in text form, with what a run came to."""
    found = Evidence(loads(onnx.parser.parse_model(text).SerializeToString()), settings)
    if result is not None:
        found = Evidence(found.model, settings._replace(run=True))
        found.__dict__["trial"] = Trial(result, True)
    return found


SMALL = """
    <ir_version: 8, opset_import: ["" : 17]>
    g (float[N, 2] x, int64 k) => (float[N, 2] y, int64 m) <float16[2] h = {1, 2}> {
      c = Cast<to = 1>(h)
      y = Add(x, c)
      m = Neg(k)
    }
"""


def test_who_listens_hears_of_the_propagation_once() -> None:
    heard: list[str] = []
    found = Evidence(evidence(SMALL).model, STATIC, listening=heard.append)
    assert heard == []
    assert found.facts is found.facts and heard == ["propagating"]


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (
            "processor\t: 0\nvendor_id\t: AuthenticAMD\nmodel name\t: AMD EPYC 9B14\nflags\t\t: fpu avx2\n",
            "AMD EPYC 9B14",
        ),
        ("processor\t: 0\nBogoMIPS\t: 50.00\nFeatures\t: fp asimd\n", ""),
    ],
    ids=["x86", "Arm"],
)
def test_a_processor_is_called_as_linux_calls_it(lines: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Linux gives a "model name" on x86 and none on Arm."""
    monkeypatch.setattr("builtins.open", lambda *_, **__: StringIO(lines))
    found = processor.__wrapped__()
    monkeypatch.undo()
    assert found == name


def test_ports_are_as_propagated() -> None:
    facts = evidence(SMALL).facts
    assert ports(facts, facts.model.graph.inputs) == (Port("x", "float32", ("N", 2)), Port("k", "int64", ()))
    assert ports(facts, facts.model.graph.outputs) == (Port("y", "float32", ("N", 2)), Port("m", "int64", ()))


def test_all_element_types_are_named_once() -> None:
    assert dtypes(evidence(SMALL).facts) == ("float16", "float32", "int64")


def test_a_type_that_nobody_knows_is_a_question_mark() -> None:
    found = evidence("""
        <ir_version: 8, opset_import: ["" : 17, "other" : 1]> g (float[2] x) => (y) { y = other.Thing(x) }
    """)
    assert dtypes(found.facts) == ("?", "float32")


def test_totals_are_numbers_or_the_text_of_a_polynomial() -> None:
    """[N, 4] by [4, 3]: 12 parameters, 12 N products and sums, twice as many operations."""
    found = totals(
        evidence("""
            <ir_version: 8, opset_import: ["" : 17]>
            g (float[N, 4] x) => (float[N, 3] y)
            <float[4, 3] w = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}> { y = MatMul(x, w) }
        """).costs
    )
    assert (found.nodes, found.parameters, found.learnable_parameters) == (1, 12, 12)
    assert (found.macs, found.flops, found.body_macs, found.running_statistics) == ("12*N", "24*N", 0, 0)
    assert (found.weight_bytes, found.peak_activation_bytes, found.elementwise_parameters) == (48, "28*N", 0)


SANDBOX = {"level": "full"}


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (
            Run(
                "CUDAExecutionProvider", "1.32", SANDBOX, run_seconds=(0.5, 0.25), placement={"CUDA": 3},
                golden=(GoldenResult("set_0"),), outputs=(Observed("y", 1, (2,)), Observed("s", 0, (), "seq(int64)")),
            ),
            RunSummary(
                "CUDAExecutionProvider", "ok", "", 0.75, SANDBOX, {"CUDA": 3}, ("set_0: equal",),
                (Port("y", "float32", (2,)), Port("s", "seq(int64)", ())),
            ),
        ),
        (
            Failed("load", "FAIL", "[ONNXRuntimeError] : 1 : FAIL : no such kernel\nat line 7", isolation=SANDBOX),
            RunSummary("cpu", "failed", "load: no such kernel", isolation=SANDBOX),
        ),
        (
            Crashed("SIGSEGV", "run", isolation=SANDBOX),
            RunSummary("cpu", "crashed", "SIGSEGV during run", isolation=SANDBOX),
        ),
        (
            TimedOut(2.5, "load", SANDBOX),
            RunSummary("cpu", "timed out", "no end after 2.5 s (load)", 2.5, SANDBOX),
        ),
        (
            OutOfMemory(100, "prediction", "it would take 1 GiB"),
            RunSummary("cpu", "not run", "it would take 1 GiB"),
        ),
        (
            OutOfMemory(100, "run", "x", isolation=SANDBOX),
            RunSummary("cpu", "failed", "run: out of memory", isolation=SANDBOX),
        ),
        (
            NotRun("onnxruntime is not installed", SANDBOX),
            RunSummary("cpu", "not run", "onnxruntime is not installed", isolation=SANDBOX),
        ),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_every_outcome_of_a_run_has_its_summary(outcome: Outcome, expected: RunSummary) -> None:
    """And says at which level of optimisation, and on what processor, it was."""
    found = run_summary(evidence(SMALL, outcome))
    assert found._replace(attempts=()) == expected._replace(optimisation="all", cpu=features())
    assert [one.status for one in found.attempts] == (["ok"] if isinstance(outcome, Run) else [])


@pytest.mark.parametrize(
    ("agreement", "outputs"),
    [
        (None, ""),
        (Agreement(), "equal"),
        (Agreement(exempt={"z": "chance makes it"}), "equal but for 'z'"),
        (Agreement((Parting("y", Difference("value")),), {"z": "chance makes it"}), "different: 'y'"),
        (Agreement(why="no end after 3 s\nand more"), "not compared: no end after 3 s"),
    ],
)
def test_another_level_is_told_with_what_its_outputs_are(agreement: Agreement | None, outputs: str) -> None:
    levels = (Level("all", "ok"), Level("off", "run failed", "bad\nworse"))
    ran = Run("CPUExecutionProvider", "1.32", {}, levels=levels, agreement=agreement)
    assert run_summary(evidence(SMALL, ran)).levels == (
        RunLevel("all", "ok"),
        RunLevel("off", "run failed", "bad", outputs),
    )


def test_a_run_that_nobody_wanted_is_said_to_be_left_out() -> None:
    found = run_summary(evidence(SMALL))
    assert (found.status, found.why) == ("not run", "left out by --no-run")


@pytest.mark.parametrize(
    ("golden", "line"),
    [
        (GoldenResult("a"), "a: equal"),
        (GoldenResult("a", (Comparison("y"), Comparison("z"))), "a: equal"),
        (GoldenResult("a", (Comparison("y", difference=Difference("values")), Comparison("z"))), "a: different: y"),
        (GoldenResult("a", (Comparison("y"), Comparison("z", False, why="x"))), "a: equal (not compared: z)"),
        (
            GoldenResult("a", (Comparison("y", difference=Difference("values")), Comparison("z", False, why="x"))),
            "a: different: y",
        ),
        (GoldenResult("a", (), "it cannot be read"), "a: not compared: it cannot be read"),
    ],
)
def test_a_golden_vector_in_a_line(golden: GoldenResult, line: str) -> None:
    assert golden_line(golden) == line


def test_what_was_not_looked_at_is_said() -> None:
    found = evidence("""
        <ir_version: 8, opset_import: ["" : 17, "other" : 1]>
        g (float[2] x) => (y) { a = other.Thing(x) b = other.Thing(a) c = Nowhere(b) y = other.Once(c) }
    """)
    assert [(m.what, m.asked) for m in looked_at(Evidence(found.model, STATIC._replace(weights=False)))] == [
        ("shapes and costs of Nowhere (1 node)", False),
        ("shapes and costs of other:Once (1 node)", False),
        ("shapes and costs of other:Thing (2 nodes)", False),
    ]


def test_missing_weights_and_runs_are_said_where_they_were_asked_for() -> None:
    missed = Missed("run", "onnxruntime is not installed")
    for run, weights in ((True, False), (False, True), (True, True)):
        found = evidence(SMALL, settings=Settings(run=run, weights=weights))
        found.__dict__["trial"] = Trial(NotRun(""), True, (missed,))
        found.__dict__["weights"] = Weights(found.model, {}, (Missed("weights", "no time"),))
        assert [m.what for m in looked_at(found)] == ["weights"] * weights + ["run"] * run


def test_a_budget_that_is_used_up_leaves_the_verdict_open() -> None:
    found = evidence(SMALL, settings=STATIC._replace(weights=False))
    found.facts.troubles = (Exhausted(At("", 1), "node visits"),)
    assert list(looked_at(found)) == [
        Missed("shapes behind Add[1]", "the budget of node visits was used up", asked=True)
    ]


def test_what_a_model_costs_to_load_is_said_from_a_hundred_thousand_million_products_on() -> None:
    for folded, said in ((10**11 - 1, []), (10**11, ["what the model costs to load"])):
        found = evidence(SMALL, settings=STATIC._replace(weights=False))
        found.__dict__["costs"] = found.costs._replace(folded_macs=folded)
        assert [missed.what for missed in looked_at(found)] == said
