"""Folding: one fault makes one finding, which is as bad as the worst of what it explains."""

from __future__ import annotations

import pytest

from auditor.findings.folding import folded
from auditor.findings.kind import Candidate, Kind, Symptom
from auditor.report import Basis, Found, Location, Severity

ERROR, WARNING, NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE


def one(
    rule: str,
    severity: Severity = ERROR,
    node: str = "",
    graph: str = "",
    symptom: Symptom | None = None,
    explains: tuple[Symptom, ...] = (),
) -> Candidate:
    kind = Kind(rule, Severity.ERROR, Basis.SUSPICIOUS, symptom=symptom, explains=frozenset(explains))
    return Candidate.from_found(kind, Found("m", Location(graph, node), severity=severity))


def told(*candidates: Candidate) -> list[tuple[str, Severity, int]]:
    return [(c.kind.rule, c.severity, c.consequences) for c in folded(candidates, None)]


REFUSED = one("refused", node="fc", symptom=Symptom.REFUSED)


@pytest.mark.parametrize("symptom", [Symptom.REFUSED, Symptom.NOT_FINITE, Symptom.OTHER_OUTPUTS])
def test_any_error_explains_what_a_run_came_to(symptom: Symptom) -> None:
    assert told(one("fault", node="elsewhere"), one("run", symptom=symptom)) == [("fault", ERROR, 1)]
    assert told(one("run", symptom=symptom), one("fault", node="elsewhere")) == [("fault", ERROR, 1)]


def test_nothing_explains_what_is_no_symptom() -> None:
    """A crash or a hang is never folded away."""
    assert told(one("fault"), one("crash")) == [("fault", ERROR, 0), ("crash", ERROR, 0)]


@pytest.mark.parametrize("milder", [WARNING, NOTE])
@pytest.mark.parametrize("refusal", [ERROR, WARNING])
def test_a_refusal_is_not_folded_under_something_that_only_stands_at_its_node(
    milder: Severity, refusal: Severity
) -> None:
    """A custom operator is a note, and a Div by a stored zero a warning: neither says that the runtime refuses it."""
    refused = one("refused", refusal, "fc", symptom=Symptom.REFUSED)
    assert told(one("odd", milder, "fc"), refused) == [("odd", milder, 0), ("refused", refusal, 0)]


def test_a_warning_that_explains_it_gets_as_bad_as_it() -> None:
    reason = one("window", WARNING, "pool", explains=(Symptom.REFUSED,))
    assert told(reason, REFUSED) == [("window", ERROR, 1)]
    assert told(reason, one("nan", symptom=Symptom.NOT_FINITE)) == [("window", WARNING, 0), ("nan", ERROR, 0)]


def test_a_milder_symptom_leaves_the_root_as_it_is() -> None:
    mild = one("refused", NOTE, "fc", symptom=Symptom.REFUSED)
    assert told(one("window", WARNING, "fd", explains=(Symptom.REFUSED,)), mild) == [("window", WARNING, 1)]


def test_notes_explain_nothing() -> None:
    note = one("note", NOTE, "fc", explains=(Symptom.REFUSED,))
    assert told(note, one("refused", NOTE, "fc", symptom=Symptom.REFUSED)) == [("note", NOTE, 0), ("refused", NOTE, 0)]


def test_the_fault_of_the_same_node_comes_first() -> None:
    assert told(one("far"), one("near", node="fc"), REFUSED) == [("far", ERROR, 0), ("near", ERROR, 1)]
    warned = one("near", WARNING, "fc", explains=(Symptom.REFUSED,))
    assert told(one("far"), warned, REFUSED) == [("far", ERROR, 0), ("near", ERROR, 1)]
    other = one("near", node="fc", graph="if/then")  # another node of that name
    assert told(one("far"), other, REFUSED) == [("far", ERROR, 1), ("near", ERROR, 0)]


def test_what_has_lost_its_use_folds_under_what_was_cut_in_its_graph() -> None:
    cut = one("dangling", node="a", explains=(Symptom.UNUSED,))
    unused = one("unused", WARNING, symptom=Symptom.UNUSED)
    assert told(unused, cut, unused) == [("dangling", ERROR, 2)]
    inside = one("unused", WARNING, graph="if/then", symptom=Symptom.UNUSED)
    assert told(cut, inside) == [("dangling", ERROR, 0), ("unused", WARNING, 0)]
    assert told(one("fault"), unused) == [("fault", ERROR, 0), ("unused", WARNING, 0)]  # no error but a cut does it
    mild = cut._replace(severity=NOTE)
    assert told(mild, unused) == [("dangling", WARNING, 1)]


def test_credits_add_up() -> None:
    runs = (REFUSED, one("nan", symptom=Symptom.NOT_FINITE), one("golden", symptom=Symptom.OTHER_OUTPUTS))
    assert told(one("fault"), *runs) == [("fault", ERROR, 3)]
