"""YAML read safely: maps, lists and text, nothing else. No tags, no aliases (the bombs are made of them), bounded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from .errors import Unusable

if TYPE_CHECKING:
    from yaml import Event

Value: TypeAlias = "str | list[Value] | dict[str, Value]"

LONGEST = 1 << 18  # bytes: a parser in Python takes a second for as many
_DEEPEST = 50
_NULL = ("null", "~", "Null", "NULL")  # as YAML writes that there is nothing


def parse(text: str) -> Value:
    import yaml  # only sources of YAML pay for it

    try:
        around = (yaml.StreamStartEvent, yaml.StreamEndEvent, yaml.DocumentStartEvent, yaml.DocumentEndEvent)
        events = (e for e in yaml.parse(text, Loader=yaml.BaseLoader) if not isinstance(e, around))
        first = next(events, None)
        return "" if first is None else _value(first, events, 0)
    except yaml.YAMLError as error:
        mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
        where = "" if mark is None else f"line {mark.line + 1}: "
        why = getattr(error, "problem", "") or getattr(error, "reason", "") or "no YAML"
        raise Unusable(f"{where}{why}") from None


def _value(event: Event, events: Iterator[Event], depth: int) -> Value:
    from yaml import MappingEndEvent, MappingStartEvent, ScalarEvent, SequenceEndEvent, SequenceStartEvent

    if depth > _DEEPEST:
        raise Unusable(f"line {_line(event)}: more than {_DEEPEST} levels")
    match event:
        case ScalarEvent():
            return "" if event.implicit[0] and event.value in _NULL else str(event.value)
        case SequenceStartEvent():
            items = []
            while not isinstance(event := next(events), SequenceEndEvent):
                items.append(_value(event, events, depth + 1))
            return items
        case MappingStartEvent():
            fields: dict[str, Value] = {}
            while not isinstance(event := next(events), MappingEndEvent):
                key = _value(event, events, depth + 1)
                if not isinstance(key, str):
                    raise Unusable(f"line {_line(event)}: a key that is not text")
                fields[key] = _value(next(events), events, depth + 1)
            return fields
    raise Unusable(f"line {_line(event)}: an alias, which is not followed")


def _line(event: Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 0
