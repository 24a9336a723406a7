"""Every rule's signature is its operator's, at every opset where the rule holds."""

from __future__ import annotations

import inspect
from collections import Counter

import onnx.defs
import pytest
from onnx.helper import get_attribute_value

from auditor.shapes.registry import Operator, all_operators

_SCHEMAS: dict[tuple[str, str], list[onnx.defs.OpSchema]] = {}
for _schema in onnx.defs.get_all_schemas_with_history():
    _SCHEMAS.setdefault((_schema.domain, _schema.name), []).append(_schema)
    _SCHEMAS[_schema.domain, _schema.name].sort(key=lambda s: s.since_version)

_KINDS = {
    onnx.defs.OpSchema.AttrType.INT: "int",
    onnx.defs.OpSchema.AttrType.FLOAT: "float",
    onnx.defs.OpSchema.AttrType.STRING: "str",
    onnx.defs.OpSchema.AttrType.INTS: "tuple[int, ...]",
    onnx.defs.OpSchema.AttrType.FLOATS: "tuple[float, ...]",
    onnx.defs.OpSchema.AttrType.STRINGS: "tuple[str, ...]",
    onnx.defs.OpSchema.AttrType.TENSOR: "Fact",
    onnx.defs.OpSchema.AttrType.GRAPH: "Body",
}


def _applications() -> list[tuple[str, str, Operator, onnx.defs.OpSchema]]:
    """Each rule with each version of its operator that it stands for."""
    found = []
    for (domain, name), rules in all_operators().items():
        schemas = _SCHEMAS.get((domain, name), [])
        for i, rule in enumerate(rules):
            end = rules[i + 1].since if i + 1 < len(rules) else float("inf")
            for j, schema in enumerate(schemas):
                last = schemas[j + 1].since_version if j + 1 < len(schemas) else float("inf")
                if schema.since_version < end and rule.since < last:
                    found.append((domain, name, rule, schema))
    return found


_APPLICATIONS = _applications()
_shared = Counter(rule.run for rules in all_operators().values() for rule in {r.run: r for r in rules}.values())
"""How many operators a function answers for."""


def test_every_rule_is_of_an_operator_that_exists_from_its_opset_on() -> None:
    unknown = []
    for (domain, name), rules in all_operators().items():
        if domain in ("", "ai.onnx.ml"):
            first = min((s.since_version for s in _SCHEMAS.get((domain, name), [])), default=None)
            unknown += [f"{name} since {r.since}" for r in rules if first is None or r.since < first]
    # Taken out of ONNX again long ago, or written into its domain before their time; files that hold them are about.
    assert {name.split()[0] for name in unknown} <= {
        "Affine",
        "ConstantFill",
        "Crop",
        "DynamicSlice",
        "GRUUnit",
        "GivenTensorFill",
        "ImageScaler",
        "LayerNormalization",
        "MeanVarianceNormalization",
        "ParametricSoftplus",
        "Scale",
        "ScaledTanh",
        "SimplifiedLayerNormalization",
        "ThresholdedRelu",
    }


@pytest.mark.parametrize(
    ("domain", "name", "rule", "schema"),
    _APPLICATIONS,
    ids=[
        f"{domain}:{name}-{rule.since}-{schema.since_version}".lstrip(":")
        for domain, name, rule, schema in _APPLICATIONS
    ],
)
def test_signature(domain: str, name: str, rule: Operator, schema: onnx.defs.OpSchema) -> None:
    _inputs_agree(rule, schema)
    _attributes_agree(rule, schema)


def _inputs_agree(rule: Operator, schema: onnx.defs.OpSchema) -> None:
    """The walk refuses more inputs than a rule names, so it must name all; an older version may have fewer of them.

    Twins that share a rule cannot all have their own names for its inputs: there only the number counts.
    """
    option = onnx.defs.OpSchema.FormalParameterOption
    variadic = any(i.option is option.Variadic for i in schema.inputs)
    assert rule.variadic or not variadic
    names = [i.name.lower() for i in schema.inputs]
    assert variadic or rule.variadic or len(rule.inputs) >= len(names)
    if not variadic and not rule.variadic and _shared[rule.run] == 1:
        assert list(rule.inputs[: len(names)]) == names
    if not rule.variadic:
        required = [i.option is option.Single for i in schema.inputs].count(True)
        assert rule.required == required
        assert all(i.option is option.Optional for i in schema.inputs[required:])


def _attributes_agree(rule: Operator, schema: onnx.defs.OpSchema) -> None:
    parameters = inspect.signature(rule.run).parameters
    for attribute, annotation in rule.attributes.items():
        assert attribute in schema.attributes, attribute
        declared = schema.attributes[attribute]
        assert annotation == _KINDS.get(declared.type, annotation), attribute
        assert (attribute in rule.mandatory) == declared.required, attribute
        default = parameters[attribute].default
        if declared.default_value.type:
            value = get_attribute_value(declared.default_value)
            value = value.decode() if isinstance(value, bytes) else tuple(value) if isinstance(value, list) else value
            assert default == value, attribute
        elif not declared.required:
            assert default is None, attribute
