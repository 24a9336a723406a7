"""What ONNX says of each operator at each opset, without importing onnx (155 ms).

The table behind it is generated. Of each version of an operator it holds one line:

    name | since[!] | least and most inputs | least and most outputs | inputs | outputs | attributes

``!`` marks a version that only says "deprecated", ``*`` no end. An input is ``name:mask``, with ``?`` behind the name
where it is optional and ``*`` where it repeats; bit n of the hexadecimal mask allows tensors of the element type n,
bit 0 everything that is not a tensor. An attribute is ``name:kind``, with ``!`` where it must be there, or ``=`` and
its default as JSON.
"""

import json
from bisect import bisect_right
from collections.abc import Mapping
from functools import cache
from typing import TypeAlias

from ..tuples import NamedTuple
from .schema_table import NEWEST, OPERATORS

Default: TypeAlias = int | float | str | tuple[int, ...] | tuple[str, ...] | None


class Parameter(NamedTuple):
    """An input or an output."""

    name: str
    optional: bool
    variadic: bool
    dtypes: frozenset[int]
    """The element types that ONNX allows; 0 stands for everything that is not a tensor."""


class AttributeSpec(NamedTuple):
    name: str
    kind: str
    """As onnx.proto names it, in lower case: int, ints, float, floats, string, strings, tensor, graph, ..."""
    required: bool
    default: Default


class Schema(NamedTuple):
    """One operator, from the opset ``since`` on until its next version."""

    domain: str
    name: str
    since: int
    deprecated: bool
    min_inputs: int
    max_inputs: int | None  # None: no end
    min_outputs: int
    max_outputs: int | None
    inputs: tuple[Parameter, ...]
    outputs: tuple[Parameter, ...]
    attributes: Mapping[str, AttributeSpec]


def schema(domain: str, op_type: str, opset: int) -> Schema | None:
    """What holds for an operator at an opset; None if ONNX has no such operator there."""
    at = bisect_right(versions(domain, op_type), opset)
    return _schemas(domain, op_type)[at - 1] if at else None


def versions(domain: str, op_type: str) -> tuple[int, ...]:
    """The opsets that brought or changed the operator."""
    return tuple(s.since for s in _schemas(domain, op_type))


def domains() -> tuple[str, ...]:
    """The domains that ONNX defines; "" is its own."""
    return tuple(NEWEST)


def newest(domain: str) -> int:
    """The newest opset of a domain that we know; 0 for a domain that is not ONNX's."""
    return NEWEST.get(domain, 0)


def operators(domain: str) -> tuple[str, ...]:
    """The names of all operators that a domain ever had."""
    return tuple(_rows(domain))


@cache
def _rows(domain: str) -> dict[str, list[str]]:
    rows: dict[str, list[str]] = {}
    for line in OPERATORS.get(domain, "").splitlines():
        name, _, row = line.partition("|")
        rows.setdefault(name, []).append(row)
    return rows


@cache
def _schemas(domain: str, op_type: str) -> tuple[Schema, ...]:
    return tuple(_schema(domain, op_type, row) for row in _rows(domain).get(op_type, ()))


def _schema(domain: str, name: str, row: str) -> Schema:
    since, ins, outs, inputs, outputs, attributes = row.split("|")
    least_in, most_in = ins.split()
    least_out, most_out = outs.split()
    return Schema(
        domain,
        name,
        int(since.rstrip("!")),
        since.endswith("!"),
        int(least_in),
        None if most_in == "*" else int(most_in),
        int(least_out),
        None if most_out == "*" else int(most_out),
        tuple(map(_parameter, inputs.split())),
        tuple(map(_parameter, outputs.split())),
        {spec.name: spec for spec in map(_attribute, attributes.split())},
    )


def _parameter(text: str) -> Parameter:
    name, _, mask = text.partition(":")
    allowed = int(mask, 16)
    dtypes = frozenset(n for n in range(allowed.bit_length()) if allowed >> n & 1)
    return Parameter(name.rstrip("?*"), name.endswith("?"), name.endswith("*"), dtypes)


def _attribute(text: str) -> AttributeSpec:
    text, _, default = text.partition("=")
    name, _, kind = text.partition(":")
    value = json.loads(default) if default else None
    return AttributeSpec(name, kind.rstrip("!"), kind.endswith("!"), tuple(value) if isinstance(value, list) else value)
