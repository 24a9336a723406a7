"""``NamedTuple`` as `typing` has it, made in a sixth of the time: a check makes 200 of them before it looks at a model.

For each of its classes `typing` compiles a constructor from source, and every annotation that is a string. Here a
constructor is compiled once for each number of fields, and the fields are given their names; annotations stay as they
stand, which is all that `typing.get_type_hints` needs. A type checker sees `typing.NamedTuple` itself.
"""

import sys
from collections import _tuplegetter  # type: ignore[attr-defined]  # what its namedtuple takes, and no stub has
from collections.abc import Iterable
from functools import cache
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, Self

_NO_NAMES: tuple[str, ...] = ()


class _Fields(tuple[Any, ...]):
    """What the classes have in common, as `collections.namedtuple` has it."""

    __slots__ = ()
    _fields = _NO_NAMES  # without an annotation: it is no field

    @classmethod
    def _make(cls, values: Iterable[Any]) -> Self:
        made = tuple.__new__(cls, values)
        if len(made) != len(cls._fields):
            raise TypeError(f"Expected {len(cls._fields)} arguments, got {len(made)}")
        return made

    def _replace(self, /, **changes: Any) -> Self:
        made = self._make(map(changes.pop, self._fields, self))
        if changes:
            raise ValueError(f"Got unexpected field names: {list(changes)!r}")
        return made

    __replace__ = _replace  # copy.replace, from Python 3.13 on

    def _asdict(self) -> dict[str, Any]:
        return dict(zip(self._fields, self, strict=True))

    def __repr__(self) -> str:
        return type(self).__name__ + _form(self._fields) % self

    def __getnewargs__(self) -> tuple[Any, ...]:
        return tuple(self)


@cache
def _form(fields: tuple[str, ...]) -> str:
    """How values are shown: ``(x=%r, y=%r)``."""
    return f"({', '.join(f'{field}=%r' for field in fields)})"


@cache
def _constructor(fields: int) -> CodeType:
    """Of a class with so many of them, their names to be replaced."""
    names = "".join(f"_{i}, " for i in range(fields))
    made: CodeType = eval(f"lambda _cls, {names}: _new(_cls, ({names}))").__code__
    return made


_GLOBALS = {"_new": tuple.__new__, "__builtins__": {}, "__name__": __name__}


@cache
def _getter(index: int) -> Any:
    return _tuplegetter(index, f"Alias for field number {index}")


class _Maker(type):
    """Its `__new__` makes the classes; they are of type `type`, and tuples."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> Any:
        annotations = namespace.setdefault("__annotations__", {})
        fields = tuple(annotations)
        defaults = {field: namespace[field] for field in fields if field in namespace}
        if fields[len(fields) - len(defaults) :] != tuple(defaults):
            raise TypeError(f"{name} has a field without a default behind one with it")
        code = _constructor(len(fields)).replace(
            co_varnames=("_cls", *fields), co_name="__new__", co_qualname=f"{name}.__new__"
        )
        new = FunctionType(code, _GLOBALS, "__new__", tuple(defaults.values()))
        new.__annotations__ = annotations
        namespace.setdefault("__doc__", f"{name}({', '.join(fields)})")
        namespace |= {field: _getter(index) for index, field in enumerate(fields)}
        namespace |= {"__slots__": (), "__new__": new, "__match_args__": fields}
        namespace |= {"_fields": fields, "_field_defaults": defaults}
        return type.__new__(type, name, (_Fields,), namespace)


class _NamedTuple:
    """What stands in a class statement."""

    _made = (type.__new__(_Maker, "NamedTuple", (), {}),)

    def __mro_entries__(self, bases: tuple[object, ...]) -> tuple[type, ...]:
        if len(bases) > 1:
            raise TypeError("a named tuple has no other base")
        return self._made


if TYPE_CHECKING or sys.version_info >= (3, 14):  # which makes annotations when they are asked for, of no namespace
    from typing import NamedTuple as NamedTuple
else:
    NamedTuple = _NamedTuple()
