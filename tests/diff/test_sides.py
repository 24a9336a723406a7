"""Costs and findings of two models side by side."""

from __future__ import annotations

import onnx
import onnx.parser
import pytest

from auditor.costs.count import Costs, count
from auditor.diff.costs import block_rows, cost_rows
from auditor.diff.difference import BodyPair, Conclusion, Degree, ModelDifference
from auditor.diff.findings import finding_changes
from auditor.diff.telling.words import change
from auditor.pipeline import audit
from auditor.report import Basis, Coverage, Finding, Location, ModelIdentity, Report, Severity, Totals
from auditor.settings import Settings
from auditor.shapes.facts import infer_shapes

HEAD = '<ir_version: 8, opset_import: ["" : 17]>\n'


def _costs(text: str, names: tuple[str, ...]) -> Costs:
    model = onnx.parser.parse_model(HEAD + text)
    for node, name in zip(model.graph.node, names, strict=True):
        node.name = name
    return count(infer_shapes(model.SerializeToString()))


TWO = """
g (float[1, 4] x) => (float[1, {n}] z) <float[4, 4] v = {{{v}}}, float[4, {n}] w = {{{w}}}> {{
  y = MatMul (x, v)
  z = MatMul (y, w)
}}"""


def _two(n: int, head: str = "head.dense") -> Costs:
    v, w = (", ".join(["1"] * count) for count in (16, 4 * n))
    return _costs(TWO.format(n=n, v=v, w=w), ("stem.dense", head))


def test_blocks_are_named_by_the_first_parts() -> None:
    rows = block_rows(_two(2), _two(3), (BodyPair("", "", ((0, 0), (1, 1)), ()),))
    assert [(row.block, row.nodes, row.learnable, row.macs, row.changed) for row in rows] == [
        ("stem", (1, 1), (16, 16), (16, 16), False),
        ("head", (1, 1), (8, 12), (8, 12), True),
    ]


def test_a_node_under_another_name_stays_in_its_block() -> None:
    rows = block_rows(_two(2), _two(2, "elsewhere.dense"), (BodyPair("", "", ((0, 0), (1, 1)), ()),))
    assert [row.block for row in rows] == ["stem", "head"]
    rows = block_rows(_two(2), _two(2, "elsewhere.dense"), (BodyPair("", "", ((0, 0),), ()),))
    assert [(row.block, row.nodes) for row in rows] == [("stem", (1, 1)), ("head", (1, 0)), ("elsewhere", (0, 1))]


def test_totals_before_and_after() -> None:
    rows = {row.what: (row.old, row.new) for row in cost_rows(Totals(macs=10), Totals(macs="5*N", nodes=3))}
    assert rows["macs"] == (10, "5*N")
    assert rows["nodes"] == (0, 3)
    assert [change(*pair) for pair in ((8, 9), (8, 8), (0, 5), (10, "5*N"), (10**6, 10**6 + 1), (None, None))] == [
        "+12.5 %", "", "+5", "changed", "+1", "",
    ]  # fmt: skip


def _report(*findings: Finding, ran: tuple[str, ...] = ("a", "b")) -> Report:
    return Report(ModelIdentity("m"), findings, Coverage(ran))


def _finding(rule: str, node: str, fingerprint: str) -> Finding:
    return Finding(rule, Severity.ERROR, Basis.ILLEGAL, "what", Location(node=node), fingerprint=fingerprint)


SAME = ModelDifference((BodyPair("", "", (), ()),), (), (), Conclusion(Degree.RENAMED, ()))


def test_a_finding_stays_by_its_fingerprint_or_by_its_place() -> None:
    old = _report(_finding("a", "n", "1"), _finding("b", "m", "2"), _finding("a", "gone", "3"))
    new = _report(_finding("a", "k", "1"), _finding("b", "m2", "4"), _finding("a", "new", "5"))
    found = finding_changes(old, new, SAME, [(("", "m"), ("", "m2"))])
    assert [one.location.node for one in found.came] == ["new"]
    assert [one.location.node for one in found.went] == ["gone"]
    assert found.stay == 2


def test_twice_the_same_is_two_findings() -> None:
    old, new = _report(_finding("a", "n", "1")), _report(_finding("a", "n", "1"), _finding("a", "n", "1"))
    found = finding_changes(old, new, SAME)
    assert (len(found.came), len(found.went), found.stay) == (1, 0, 1)


def test_what_only_one_was_looked_at_for_neither_came_nor_went() -> None:
    old, new = _report(ran=("a",)), _report(_finding("b", "n", "1"))
    found = finding_changes(old, new, SAME)
    assert (found.came, found.unlike) == ((), ("b",))


@pytest.mark.parametrize("name", ["unused-initializers"])
def test_a_fault_that_came(name: str) -> None:
    text = "g (float[1, 4] x) => (float[1, 4] y) <float[4] w = {1, 2, 3, 4}OTHER> { [add] y = Add (x, w) }"
    before, now = (
        audit(onnx.parser.parse_model(HEAD + text.replace("OTHER", other)).SerializeToString(), Settings(run=False))
        for other in ("", ", float[4] v = {1, 2, 3, 4}")
    )
    found = finding_changes(before, now, SAME)
    assert name in {one.rule for one in found.came}
    assert not found.went
