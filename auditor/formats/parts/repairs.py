"""Repairs as JSON and as words.

The keys say which kind of edit it is, and keys without a value are left out: ``{"node", "attribute", "from", "to",
"why"}``, ``{"node", "remove": true, "why"}``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...names import prose
from ...repair import (
    AttributeChange,
    Declaration,
    DimensionName,
    InputSizes,
    Insertion,
    Move,
    OpsetImport,
    ParameterShape,
    Removal,
    Repair,
    Replacement,
    words,
)
from ...report import Finding

_KINDS: Mapping[str, type[Any]] = {
    "attribute": AttributeChange,
    "parameter": ParameterShape,
    "insert": Insertion,
    "remove": Removal,
    "move": Move,
    "replace_by": Replacement,
    "declares": Declaration,
    "dimension": DimensionName,
    "opset": OpsetImport,
    "input": InputSizes,
}
"""The key that only this kind of edit has."""

_RENAMED = {"was": "from", "before": "move"}
_NUMBERS = frozenset({"NaN", "Infinity", "-Infinity"})
_OPTIONAL = frozenset({"graph", "perm", "axis", "axes", "back", "position"})


def row(repair: Repair) -> dict[str, object]:
    """A repair as the JSON has it."""
    defaults: Mapping[str, object] = repair._field_defaults
    said = {
        _RENAMED.get(name, name): value
        for name, value in repair._asdict().items()
        if name not in _OPTIONAL or name not in defaults or value != defaults[name]
    }
    if isinstance(repair, Removal):
        said = {"node": repair.node, "remove": True, **said}
    return said


def read(row: Mapping[str, Any]) -> Repair | None:
    """The repair that a row was made of; None for a kind that a newer version wrote."""
    kind = next((kind for key, kind in _KINDS.items() if key in row), None)
    if kind is None:
        return None
    known = {name: _frozen(row[key]) for name in kind._fields if (key := _RENAMED.get(name, name)) in row}
    if kind is AttributeChange:
        known |= {name: _value(known[name]) for name in ("was", "to") if name in known}
    made: Repair = kind(**known)
    return made


def _value(value: Any) -> Any:
    """An attribute's value: what JSON has no number for is written as text."""
    if isinstance(value, tuple):
        return tuple(map(_value, value))
    return float(value) if isinstance(value, str) and value in _NUMBERS else value


def _frozen(value: Any) -> Any:
    return tuple(_frozen(inner) for inner in value) if isinstance(value, list) else value


def repairs(finding: Finding) -> Iterator[str]:
    """What else would mend it, behind the first repair, which the fix tells."""
    yield from (prose(words(repair)) for repair in finding.repairs[1:])
