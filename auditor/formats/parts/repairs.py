"""Repairs as JSON and as words.

The keys say which kind of edit it is, and keys without a value are left out: ``{"node", "attribute", "from", "to",
"why"}``, ``{"node", "remove": true, "why"}``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

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
)
from ...report import Finding
from .names import prose

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
    made: Repair = kind(**known)
    return made


def _frozen(value: Any) -> Any:
    return tuple(_frozen(inner) for inner in value) if isinstance(value, list) else value


def repairs(finding: Finding) -> Iterator[str]:
    """What else would mend it, behind the first repair, which the fix tells."""
    yield from (prose(words(repair)) for repair in finding.repairs[1:])


def words(repair: Repair) -> str:
    """``set pads of conv1 to [1, 1, 1, 1]``."""
    graph: str = getattr(repair, "graph", "")
    where = f"{graph}/" if graph else ""
    match repair:
        case AttributeChange(node, attribute, _, None):
            return f"delete {attribute} of {where}{node}"
        case AttributeChange(node, attribute, _, to):
            return f"set {attribute} of {where}{node} to {value(to)}"
        case ParameterShape(node, parameter, _, to):
            return f"give {where}{parameter} the shape {value(to)}"
        case InputSizes(input, axes, _, to):
            return f"feed {input} with {', '.join(f'{s} along axis {a}' for a, s in zip(axes, to, strict=False))}"
        case Insertion(node, insert, _, perm, axis, axes, back, position):
            how = f" with perm {value(perm)}" if perm is not None else f" (axis {axis})" if axis is not None else ""
            how += f" with axes {value(axes)}" if axes is not None else ""
            of = f"input {position + 1} of " if position else ""
            behind = f", and one with perm {value(back)} behind it" if back is not None else ""
            return f"put {_article(insert)} {insert}{how} in front of {of}{where}{node}{behind}"
        case Removal(node):
            return f"take {where}{node} out"
        case Move(node, before):
            return f"move {where}{node} in front of {where}{before}"
        case Replacement(node, replace_by):
            return f"make {_article(replace_by)} {replace_by} of {where}{node}"
        case Declaration(tensor, _, _, None):
            return f"delete the declaration of {where}{tensor}"
        case Declaration(tensor, _, _, to):
            return f"declare {where}{tensor!r} as {value(to)}"
        case OpsetImport(domain, _, to):
            return f"import {domain or 'ai.onnx'} at {to}"
        case DimensionName(tensor, axis, was, to):
            return f"name size {axis} of {tensor!r} {to} instead of {was}"


def value(given: object) -> str:
    """A value as people write it: lists in brackets, ``?`` for what is open, numbers as short as they are."""
    match given:
        case tuple():
            return f"[{', '.join(map(value, given))}]"
        case None:
            return "?"
        case float():
            return f"{given:g}"
        case _:
            return str(given)


def _article(word: str) -> str:
    return "an" if word[:1] in "AEIOU" else "a"
