"""onnxruntime's own schemas: every operator has a rule of ours or a reason, every signature is the operator's."""

from __future__ import annotations

import inspect
from typing import Any

import onnx
import pytest
from onnx.helper import get_attribute_value
from onnxruntime.capi import onnxruntime_pybind11_state as runtime

from auditor.shapes.registry import Operator, all_operators, operator_for

REASONS = {
    (
        "com.microsoft",
        "EPContext",
    ): "Stands for a graph that another compiler has taken in; only that knows its outputs.",
    ("com.microsoft", "Snpe"): "Stands for a graph that another compiler has taken in; only that knows its outputs.",
    ("com.microsoft", "Mamba2Verify"): "Of one product, which no exporter emits; runs on no CPU.",
    ("com.microsoft", "SpeculativePrefixCommit"): "Of one product, which no exporter emits; runs on no CPU.",
    ("com.microsoft", "RMSNormRotary"): "Its attributes cut and fold the input in ways that no CPU can show us.",
    ("com.microsoft", "SparseAttentionIndexer"): "Two operators in one, by a mode; runs on no CPU.",
    ("com.microsoft", "PackedSparseAttentionIndexer"): "Two operators in one, by a mode; runs on no CPU.",
    ("com.microsoft", "PackedSparseAttentionIndexerMerge"): "Goes with the indexer; runs on no CPU.",
    ("com.ms.internal.nhwc", "MaxUnpool"): "Whether its output_shape is turned too, nobody says.",
    ("com.ms.internal.nhwc", "QLinearAveragePool"): "onnxruntime's CPU does it in com.microsoft.",
    ("com.ms.internal.nhwc", "QLinearConvTranspose"): "ONNX has no such operator to take the rule from.",
    ("com.ms.internal.nhwc", "Resize"): "Whether its scales and sizes are turned too, nobody says.",
}
"""Operators without a rule, each with a sentence."""

_DOMAINS = ("com.microsoft", "com.microsoft.nchwc", "com.ms.internal.nhwc")

_SCHEMAS: dict[tuple[str, str], Any] = {
    (schema.domain, schema.name): schema
    for schema in sorted(runtime.get_all_operator_schema(), key=lambda schema: schema.since_version)
    if schema.domain in _DOMAINS or schema.name == "SimplifiedLayerNormalization"
}

_KINDS = {
    "INT": "int",
    "FLOAT": "float",
    "STRING": "str",
    "INTS": "tuple[int, ...]",
    "FLOATS": "tuple[float, ...]",
    "STRINGS": "tuple[str, ...]",
    "GRAPH": "Body",
}


def test_every_operator_has_a_rule_or_a_reason() -> None:
    without = {key for key, schema in _SCHEMAS.items() if operator_for(*key, schema.since_version) is None}
    assert without == REASONS.keys()
    assert all(reason.endswith(".") for reason in REASONS.values())


def test_every_rule_is_of_an_operator_that_exists() -> None:
    ours = {key for key in all_operators() if key[0] in _DOMAINS}
    assert ours <= _SCHEMAS.keys()


@pytest.mark.parametrize(
    ("key", "rule"),
    [
        (key, rules[0])
        for key, rules in sorted(all_operators().items())
        if key in _SCHEMAS and key[0] != "com.ms.internal.nhwc"
    ],
    ids=lambda value: ":".join(value) if isinstance(value, tuple) and not isinstance(value, Operator) else "",
)
def test_signature(key: tuple[str, str], rule: Operator) -> None:
    """Those of the inner domain with channels last are ONNX's own functions: test_signatures.py."""
    schema = _SCHEMAS[key]
    _inputs_agree(rule, schema)
    _attributes_agree(rule, schema)


def _inputs_agree(rule: Operator, schema: Any) -> None:
    """By name and in order. What comes behind an optional input, no rule demands: it might be left out there."""
    options = [str(i.option).rpartition(".")[2] for i in schema.inputs]
    assert rule.variadic == ("Variadic" in options)
    shared = sum(1 for rules in all_operators().values() if any(r.run is rule.run for r in rules)) > 1
    if not shared:
        assert [name.rstrip("_") for name in rule.inputs] == [i.name.lower() for i in schema.inputs]
    assert len(rule.inputs) == len(schema.inputs)
    front = next((n for n, option in enumerate(options) if option != "Single"), len(options))
    assert rule.required == front


def _attributes_agree(rule: Operator, schema: Any) -> None:
    parameters = inspect.signature(rule.run).parameters
    for attribute, annotation in rule.attributes.items():
        assert attribute in schema.attributes, attribute
        declared = schema.attributes[attribute]
        assert annotation == _KINDS[str(declared.type).rpartition(".")[2]], attribute
        assert (attribute in rule.mandatory) == declared.required, attribute
        if declared.required:
            continue
        default = parameters[attribute].default
        stored = onnx.AttributeProto.FromString(declared._default_value)
        if not stored.type:
            assert default is None, attribute
            continue
        value = get_attribute_value(stored)
        assert default == (value.decode() if isinstance(value, bytes) else value), attribute
