"""Frozen records with typed fields and defaults: light as a NamedTuple, and neither a tuple nor without subclasses.

A dataclass does as much, costs 0.8 ms of each start for every class, and 6 ms more for importing `dataclasses`. These
cost a tenth of it, and making one takes no longer.
"""

from typing import Any, ClassVar, NoReturn, Self, dataclass_transform


@dataclass_transform(frozen_default=True)
class Record:
    """A base class. Annotated names are the fields, in order; those of the classes above come first.

    Fields with a default come last. With ``eq=False`` a record is equal to itself alone. What a ``cached_property``
    works out is kept beside the fields, and is not one of them.
    """

    _fields: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, *, eq: bool = True) -> None:
        fields = tuple(dict.fromkeys((*cls._fields, *cls.__annotations__)))
        cls._fields = fields
        setattr(cls, "__match_args__", fields)  # noqa: B010  # of this class, which mypy takes for a constant
        defaults = {name: getattr(cls, name) for name in fields if hasattr(cls, name)}
        said = [f"{name}=_defaults[{name!r}]" if name in defaults else name for name in fields]
        own = "".join(f"self.{name}, " for name in fields)
        lines = [f"def __init__(self, {', '.join(said)}):", "    _ = self.__dict__"]
        lines += [f"    _[{name!r}] = {name}" for name in fields]
        if eq:
            lines += ["def __eq__(self, other):", "    if other.__class__ is not self.__class__:"]
            lines += ["        return NotImplemented", f"    return ({own}) == ({own.replace('self.', 'other.')})"]
            lines += ["def __hash__(self):", f"    return hash((self.__class__, {own}))"]
        made: dict[str, Any] = {"_defaults": defaults}
        exec("\n".join(lines), made)
        for name in ("__init__", "__eq__", "__hash__") if eq else ("__init__",):
            made[name].__qualname__ = f"{cls.__qualname__}.{name}"
            setattr(cls, name, made[name])

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is frozen: _replace makes another one")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is frozen: _replace makes another one")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self._fields)})"

    def _replace(self, **changes: Any) -> Self:
        """The same with other values for some fields, as a NamedTuple has it."""
        return type(self)(**{name: self.__dict__[name] for name in self._fields} | changes)

    __replace__ = _replace  # copy.replace, from Python 3.13 on
