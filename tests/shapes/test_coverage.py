"""Every operator that the installed onnx knows, at every opset, has a rule of ours or a reason why not."""

from __future__ import annotations

import onnx.defs
import pytest

from auditor.shapes.registry import operator_for

REASONS: dict[tuple[str, str], str] = {}
"""Operators without a rule, by (domain, name), each with a sentence."""

_SCHEMAS = sorted(
    onnx.defs.get_all_schemas_with_history(), key=lambda schema: (schema.domain, schema.name, schema.since_version)
)
_NEWEST = {"": onnx.defs.onnx_opset_version()}


def _versions(schema: onnx.defs.OpSchema) -> range:
    """The opsets at which a schema holds; of the other domains, those that its operators have brought."""
    same = [s.since_version for s in _SCHEMAS if (s.domain, s.name) == (schema.domain, schema.name)]
    later = [version for version in same if version > schema.since_version]
    newest = _NEWEST.get(schema.domain) or max(s.since_version for s in _SCHEMAS if s.domain == schema.domain)
    return range(schema.since_version, min(later, default=newest + 1))


@pytest.mark.parametrize("domain", sorted({schema.domain for schema in _SCHEMAS}))
def test_every_operator_has_a_rule_or_a_reason(domain: str) -> None:
    missing = {
        f"{schema.name} at opset {version}"
        for schema in _SCHEMAS
        if schema.domain == domain and (domain, schema.name) not in REASONS
        for version in _versions(schema)
        if operator_for(domain, schema.name, version) is None
    }
    assert not missing, sorted(missing)


def test_every_reason_is_of_an_operator_without_a_rule() -> None:
    names = {(schema.domain, schema.name): schema.since_version for schema in _SCHEMAS}
    for key, reason in REASONS.items():
        assert key in names
        assert operator_for(*key, names[key]) is None
        assert reason.endswith(".")
