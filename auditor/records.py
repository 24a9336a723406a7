"""Frozen classes with fields, as `dataclasses.dataclass` makes them, for classes that every start needs.

Making one with `dataclasses` costs 0.8 ms, and importing that 6 ms more: together an eighth of a small check. What is
made here has the same constructor, equality, hash, representation and patterns. Where a tuple will do, a NamedTuple is
cheaper still; these are for classes that are not tuples, or that keep what they have worked out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn, TypeVar, dataclass_transform

Made = TypeVar("Made", bound=type)


@dataclass_transform(frozen_default=True)
def record(*, eq: bool = True) -> Callable[[Made], Made]:
    """Make a class of annotated fields a frozen record; without ``eq`` each one is equal to itself alone.

    Fields with a default come last. A class that has ``__slots__`` names its fields there too, and has no defaults.
    """

    def make(cls: Made) -> Made:
        names = tuple(cls.__annotations__)
        slots = "__slots__" in cls.__dict__
        defaults = {} if slots else {name: cls.__dict__[name] for name in names if name in cls.__dict__}
        parameters = ", ".join(f"{name}=_defaults[{name!r}]" if name in defaults else name for name in names)
        lines = [f"def __init__(self, {parameters}):"]
        lines += [f"    _set(self, {name!r}, {name})" for name in names]
        if eq:
            own = "".join(f"self.{name}, " for name in names)
            lines += ["def __eq__(self, other):", "    if other.__class__ is not self.__class__:"]
            lines += ["        return NotImplemented", f"    return ({own}) == ({own.replace('self.', 'other.')})"]
            lines += ["def __hash__(self):", f"    return hash(({own}))"]
        made: dict[str, Any] = {"_set": object.__setattr__, "_defaults": defaults}
        exec("\n".join(lines), made)
        for name in ("__init__", "__eq__", "__hash__")[: 3 if eq else 1]:
            made[name].__qualname__ = f"{cls.__qualname__}.{name}"
            setattr(cls, name, made[name])
        setattr(cls, "__match_args__", names)  # noqa: B010  # mypy takes it for a constant
        cls.__repr__ = _shown  # type: ignore[assignment]  # one for all
        cls.__reduce__ = _taken_apart  # type: ignore[assignment]  # one for all
        cls.__setattr__ = cls.__delattr__ = _frozen  # type: ignore[assignment]  # one for both
        return cls

    return make


def replaced(one: Any, **changes: Any) -> Any:
    """The record with other values in some fields."""
    return type(one)(**{name: getattr(one, name) for name in one.__match_args__} | changes)


def _frozen(self: object, name: str, value: object = None) -> NoReturn:
    raise AttributeError(f"{type(self).__name__} is frozen: {name} cannot be changed")


def _shown(self: Any) -> str:
    return f"{type(self).__qualname__}({', '.join(f'{n}={getattr(self, n)!r}' for n in self.__match_args__)})"


def _taken_apart(self: Any) -> tuple[Any, ...]:
    return type(self), tuple(getattr(self, name) for name in self.__match_args__)
