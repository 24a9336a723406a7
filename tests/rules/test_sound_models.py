"""Rules are silent on what the specification allows: ONNX's own models, and hundreds of tests of single operators."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.evidence.evidence import Evidence
from auditor.model.graph import Model
from auditor.model.load import load, loads
from auditor.report import Found, Severity
from auditor.rules import all_rules
from auditor.settings import Settings
from tests.corpus import converted_models, light_models, node_tests
from tests.rules.fixtures import RUNNING

STATIC = [rule for rule in all_rules() if not {"Contract", *RUNNING} & set(rule.wants)]

WASTEFUL = {"light_resnet50", "light_zfnet512"}
"""Each stores one number that nothing uses."""


def said(model: Model) -> list[tuple[Severity, Found]]:
    evidence = Evidence(model, Settings(run=False))
    return [
        (finding.severity or rule.severity, finding)
        for rule in STATIC
        for finding in rule.check(*(evidence.about(kind) for kind in rule.wants))
    ]


def test_no_error_on_a_test_of_a_single_operator() -> None:
    cases = node_tests()
    assert len(cases) > 1500
    wrong = []
    for case in cases:
        found = said(loads(case.model.SerializeToString()))
        wrong += [f"{case.name}: {finding.message}" for severity, finding in found if severity is Severity.ERROR]
    assert not wrong


@pytest.mark.parametrize("path", [*light_models(), *converted_models()], ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_no_error_and_no_warning_on_a_whole_model(path: Path) -> None:
    found = said(load(path))
    assert not [finding.message for severity, finding in found if severity is not Severity.NOTE]
    assert len(found) == (path.stem in WASTEFUL)
