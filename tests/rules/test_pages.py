"""Each rule's page is its specification: the models on it are run here."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.report import Basis, Location, Severity
from auditor.rules import Rule, all_rules

from .fixtures import RUNNING, SECTIONS, Fixture, findings, findings_of, fixtures, gate_findings, sections
from .places import assert_places

RULES = all_rules()
FIXTURES = [fixture for rule in RULES for fixture in fixtures(rule)]


def test_every_rule_has_a_severity_and_a_basis() -> None:
    """Two words that a decorator could take the wrong way round."""
    assert all(isinstance(rule.kind.severity, Severity) for rule in RULES)
    assert all(isinstance(rule.kind.basis, Basis) for rule in RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.name)
def test_a_page_has_its_sections_in_order(rule: Rule) -> None:
    assert tuple(sections(rule.page)) == SECTIONS
    assert all(text.strip() for text in sections(rule.page).values())
    assert rule.summary and not rule.summary.startswith("#")


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.name)
def test_a_page_shows_what_fires_and_what_does_not(rule: Rule) -> None:
    assert {f.section for f in fixtures(rule)} == {"Fires on", "Quiet on"}


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda f: f.label)
def test_a_page_tells_the_truth(fixture: Fixture, tmp_path: Path) -> None:
    """And where a finding stands is a place of the model, which is asked of the same findings: some cost a run."""
    assert isinstance(fixture.rule.severity, Severity) and isinstance(fixture.rule.basis, Basis)
    assert fixture.rule.kind.by_policy == bool(fixture.policy)
    path = fixture.model(tmp_path)
    found = gate_findings(fixture.rule, path, fixture.policy) if fixture.policy else findings(fixture.rule, path)
    if fixture.section == "Fires on":
        assert found
        assert all(f.message and f.fix for f in found)
        if not fixture.policy:
            assert_places([f.location or Location() for f in found], path)
    else:
        assert not found


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda f: f.label)
def test_no_rule_fails_on_any_of_the_models(fixture: Fixture, tmp_path: Path) -> None:
    path = fixture.model(tmp_path)
    costly = RUNNING | ({"Weights"} if path.stat().st_size > 1 << 30 else set())  # a process each, gigabytes to be read
    rules = [rule for rule in RULES if costly.isdisjoint(rule.wants)]
    assert len(list(findings_of(rules, path))) == len(rules)
