"""Whether plain data has the types that it says: what comes out of a foreign file is believed of nobody."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from ..record import Record


def conforms(value: object, hint: Any) -> bool:
    """Whether a value is of a type, through records, tuples, mappings and unions. An int is a float too."""
    if isinstance(value, Record):
        kind: Any = type(value)
        hints = _hints(kind)
        return (
            isinstance(hint, type)
            and isinstance(value, hint)
            and all(conforms(getattr(value, field), hints[field]) for field in value._fields)
        )
    if type(value) is hint and not isinstance(value, tuple):
        return True
    origin, inner = _parts(hint)
    if hint is Any:
        return True
    if hint is None or hint is NoneType:
        return value is None
    if origin in (Union, UnionType):
        return any(conforms(value, one) for one in inner)
    if origin is tuple:
        if not isinstance(value, tuple):
            return False
        if inner[-1] is Ellipsis:
            return all(conforms(item, inner[0]) for item in value)
        return len(value) == len(inner) and all(map(conforms, value, inner))
    if origin is Mapping:
        key, item = inner
        return isinstance(value, Mapping) and all(conforms(k, key) and conforms(v, item) for k, v in value.items())
    if hint is float:
        return type(value) in (int, float)
    if type(value) is not hint:
        return False
    record: Any = hint
    return not isinstance(value, tuple) or all(map(conforms, value, _hints(record).values()))


@cache
def _parts(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    return get_origin(hint), get_args(hint)


@cache
def _hints(record: Any) -> dict[str, Any]:
    return get_type_hints(record)
