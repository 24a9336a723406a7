"""Named tuples to JSON and back. The way back checks every type: the child that answers may be hostile."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")

_MOST = 2**64  # of an element of a tensor; a size has half of it


def plain(value: Any) -> Any:
    """A named tuple as dicts, lists, strings and numbers."""
    if _is_record(type(value)):
        return {name: plain(inner) for name, inner in value._asdict().items()}
    if isinstance(value, tuple):
        return [plain(inner) for inner in value]
    return dict(value) if isinstance(value, Mapping) else value


def _is_record(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, tuple) and hasattr(kind, "_fields")


def restore(kind: type[T], value: object) -> T:
    """The named tuple ``kind`` out of what ``plain`` made of it; ValueError where it does not fit."""
    made: T = _restore(kind, value)
    return made


@cache
def _hints(kind: Any) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    return {name: hints[name] for name in kind._fields}


def _restore(kind: Any, value: Any) -> Any:
    if _is_record(kind):
        hints = _hints(kind)
        if not isinstance(value, dict) or not value.keys() <= hints.keys():
            raise ValueError(f"no {kind}: {str(value)[:80]}")
        try:
            return kind(**{name: _restore(hints[name], inner) for name, inner in value.items()})
        except TypeError as error:
            raise ValueError(str(error)) from None
    if type(value) is int and not -_MOST <= value <= _MOST:
        raise ValueError(f"a number of {value.bit_length()} bits")
    if kind is float and isinstance(value, int | float):
        return float(value)
    if kind is Any and value is None:  # what another record is put in for
        return None
    if kind in (int, str, bool, types.NoneType):
        if type(value) is kind:
            return value
        raise ValueError(f"no {kind.__name__}: {str(value)[:80]}")
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return _either(arguments, value)
    if origin is tuple and isinstance(value, list | tuple):
        return tuple(_restore(arguments[0], inner) for inner in value)
    if origin is Mapping and isinstance(value, dict):
        return {_restore(str, k): _restore(arguments[1], inner) for k, inner in value.items()}
    raise ValueError(f"no {kind}: {str(value)[:80]}")


def _either(kinds: tuple[Any, ...], value: Any) -> Any:
    if value is None and types.NoneType in kinds:
        return None
    (kind,) = (k for k in kinds if k is not types.NoneType)
    return _restore(kind, value)
