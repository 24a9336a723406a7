"""What is folded under what: the root that explains, in the same graph, and nearest before."""

from __future__ import annotations

import onnx.parser
import pytest

from auditor.findings.folding import folded
from auditor.findings.kind import Candidate
from auditor.model.load import loads
from auditor.report import Found, Location, Severity
from auditor.rules import all_rules
from auditor.shapes.facts import Facts, infer

KINDS = {rule.name: rule.kind for rule in all_rules()}


def finding(rule: str, severity: Severity = Severity.ERROR, graph: str = "", node: str = "") -> Candidate:
    return Candidate.from_found(
        KINDS[rule], Found(f"{rule} at {graph}/{node}", Location(graph, node), severity=severity)
    )


def said(findings: list[Candidate], facts: Facts | None = None) -> list[tuple[str, str, str, int]]:
    """Rule, graph, node and number of consequences of what is left."""
    places = [(one, one.found.location) for one in folded(findings, facts)]
    return [(one.kind.rule, where.graph, where.node, one.consequences) for one, where in places]


def facts(text: str) -> Facts:
    head = '<ir_version: 8, opset_import: ["" : 17]>\n'
    return infer(loads(onnx.parser.parse_model(head + text).SerializeToString()))


@pytest.mark.parametrize("rule", ["runtime-refusal", "nonfinite-outputs", "golden-mismatch"])
def test_an_error_explains_what_a_run_comes_to(rule: str) -> None:
    found = [finding("wrong-types", node="a"), finding("wrong-arity", node="b"), finding(rule)]
    assert said(found) == [("wrong-types", "", "a", 1), ("wrong-arity", "", "b", 0)]  # the first, once


@pytest.mark.parametrize("rule", ["runtime-crash", "runtime-timeout", "runtime-memory"])
def test_a_crash_or_a_hang_is_never_folded_away(rule: str) -> None:
    assert len(said([finding("wrong-types", node="a"), finding(rule, node="a")])) == 2


def test_the_error_at_the_node_that_was_refused_explains_it_before_any_other() -> None:
    found = [finding("wrong-types", node="a"), finding("wrong-types", node="b"), finding("runtime-refusal", node="b")]
    assert said(found) == [("wrong-types", "", "a", 0), ("wrong-types", "", "b", 1)]


def test_an_error_explains_before_a_warning_does() -> None:
    found = [finding("nan-weights", Severity.WARNING), finding("wrong-types"), finding("nonfinite-outputs")]
    assert [(rule, number) for rule, _, _, number in said(found)] == [("nan-weights", 0), ("wrong-types", 1)]


@pytest.mark.parametrize(
    ("warning", "run", "explains"),
    [
        ("nan-weights", "nonfinite-outputs", True),
        ("bad-variance", "nonfinite-outputs", True),
        ("domain-faults", "nonfinite-outputs", True),
        ("float16-overflow", "nonfinite-outputs", True),
        ("misfit-initializers", "runtime-refusal", True),
        ("impossible-shapes", "runtime-refusal", True),
        ("oversized-windows", "runtime-refusal", True),
        ("nan-weights", "runtime-refusal", False),  # a runtime loads NaN as any number
        ("nan-weights", "golden-mismatch", False),
        ("random-operators", "golden-mismatch", False),  # of another output, as far as is said
        ("unused-inputs", "nonfinite-outputs", False),
        ("misfit-initializers", "nonfinite-outputs", False),
    ],
)
def test_a_warning_explains_what_it_is_about(warning: str, run: str, explains: bool) -> None:
    left = said([finding(warning, Severity.WARNING, node="a"), finding(run)])
    assert left == ([(warning, "", "a", 1)] if explains else [(warning, "", "a", 0), (run, "", "", 0)])


def test_a_random_operator_explains_the_outputs_that_are_said_to_hang_on_it() -> None:
    random = finding("random-operators", Severity.WARNING, node="a")
    assert said([random, finding("golden-mismatch", node="a")]) == [("random-operators", "", "a", 1)]
    assert len(said([random, finding("golden-mismatch", node="b")])) == 2


def test_a_note_explains_nothing() -> None:
    found = [finding("nan-weights", Severity.NOTE), finding("nonfinite-outputs")]
    assert [number for *_, number in said(found)] == [0, 0]


@pytest.mark.parametrize("cut", ["dangling-inputs", "wrong-arity"])
@pytest.mark.parametrize("useless", ["dead-branches", "unused-initializers", "unused-inputs"])
def test_what_is_cut_off_has_lost_its_use_in_its_own_graph_alone(cut: str, useless: str) -> None:
    found = [
        finding(useless, Severity.WARNING, graph="If[0]/then_branch", node="x"),
        finding(cut, graph="If[0]/then_branch", node="a"),
        finding(useless, Severity.WARNING, graph="If[0]/else_branch", node="y"),
        finding(useless, Severity.WARNING, node="z"),
    ]
    assert said(found) == [
        (cut, "If[0]/then_branch", "a", 1),
        (useless, "If[0]/else_branch", "y", 0),
        (useless, "", "z", 0),
    ]


def test_what_has_no_node_in_common_with_a_warning_is_explained_by_an_error_elsewhere() -> None:
    """A node of the same name in another graph is another node, and so is none."""
    found = [
        finding("wrong-types", node="a"),
        finding("wrong-arity", graph="If[0]/then_branch", node="b"),
        finding("runtime-refusal", node="b"),
    ]
    assert [number for *_, number in said(found)] == [1, 0]


def test_a_milder_fault_of_the_same_node_explains_only_what_its_rule_is_about() -> None:
    """An annotation that is stale is a warning, and no reason for a refusal."""
    stale = finding("stale-shape-annotations", Severity.WARNING, node="a")
    assert [number for *_, number in said([stale, finding("runtime-refusal", node="a")])] == [0, 0]
    window = finding("oversized-windows", Severity.WARNING, node="a")
    types = finding("wrong-types", node="b")
    assert [number for *_, number in said([types, window, finding("runtime-refusal", node="a")])] == [0, 1]


def test_consequences_of_a_consequence_are_the_roots_too() -> None:
    useless = finding("dead-branches", Severity.WARNING)._replace(consequences=3)
    assert [number for *_, number in said([useless, finding("dangling-inputs")])] == [4]


def test_a_root_is_as_bad_as_the_worst_of_its_consequences() -> None:
    (root,) = folded([finding("oversized-windows", Severity.WARNING), finding("runtime-refusal")], None)
    assert (root.severity, root.consequences) == (Severity.ERROR, 1)
    (root,) = folded([finding("wrong-types"), finding("nonfinite-outputs", Severity.WARNING)], None)
    assert root.severity is Severity.ERROR


def test_another_error_cuts_nothing_off() -> None:
    found = [finding("wrong-types", node="a"), finding("unused-inputs", Severity.WARNING)]
    assert said(found) == [("wrong-types", "", "a", 0), ("unused-inputs", "", "", 0)]


PRUNED = """
  c{0} = Conv(x, w)
  n{0} = BatchNormalization(c{0}, s, s, s, s)
  y{0} = Conv(n{0}, w2)
"""
"""A filter is lost: 3 maps arrive where 4 scales are stored, and what stands behind is made for 4."""


def pruned(times: int) -> Facts:
    body = "".join(PRUNED.format(i) for i in range(times))
    outputs = ", ".join(f"float[N, 2, 4, 4] y{i}" for i in range(times))
    return facts(f"""
        g (float[N, 1, 8, 8] x, float[3, 1, 3, 3] w, float[4] s, float[2, 4, 3, 3] w2) => ({outputs}) {{ {body} }}
    """)


def test_consequences_are_counted_at_the_node_of_their_graph() -> None:
    """A node of the same name in another graph is another node."""
    node = "BatchNormalization[1]"
    found = [finding("over-limit", graph="If[0]/then_branch", node=node), finding("misfit-initializers", node=node)]
    assert [number for *_, number in said(found, pruned(1))] == [0, 1]


def test_a_consequence_counts_for_the_nearest_root_before_it() -> None:
    """Two such rows one behind the other: each root explains its own."""
    found = [finding("misfit-initializers", node=f"BatchNormalization[{i}]") for i in (1, 4)]
    assert [number for *_, number in said(found, pruned(2))] == [1, 1]
