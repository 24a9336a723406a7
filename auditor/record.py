"""Frozen records with typed fields and defaults: light as a NamedTuple, and neither a tuple nor without subclasses.

A dataclass does as much, costs 0.8 ms of each start for every class, and 6 ms more for importing `dataclasses`. These
cost a tenth of it, and making one takes no longer.
"""

from collections.abc import Callable
from operator import attrgetter
from typing import Any, ClassVar, NoReturn, Self, dataclass_transform


@dataclass_transform(frozen_default=True)
class Record:
    """A base class. Annotated names are the fields, in order; those of the classes above come first.

    Fields with a default come last. With ``eq=False`` a record is equal to itself alone. What a ``cached_property``
    works out is kept beside the fields, and is not one of them.
    """

    _fields: ClassVar[tuple[str, ...]] = ()
    _values: ClassVar[Callable[[Any], Any]]  # of all fields

    def __init_subclass__(cls, *, eq: bool = True) -> None:
        fields = tuple(dict.fromkeys((*cls._fields, *cls.__annotations__)))
        cls._fields = fields
        setattr(cls, "__match_args__", fields)  # noqa: B010  # of this class, which mypy takes for a constant
        defaults = {name: getattr(cls, name) for name in fields if hasattr(cls, name)}
        said = [f"{name}=_defaults[{name!r}]" if name in defaults else name for name in fields]
        lines = [f"def __init__(self, {', '.join(said)}):", "    _ = self.__dict__"]
        lines += [f"    _[{name!r}] = {name}" for name in fields]
        made: dict[str, Any] = {"_defaults": defaults}
        exec("\n".join(lines), made)
        made["__init__"].__qualname__ = f"{cls.__qualname__}.__init__"
        cls.__init__ = made["__init__"]  # type: ignore[method-assign]  # made once for each class
        cls._values = attrgetter(*fields)
        if not eq:
            cls.__eq__, cls.__hash__ = object.__eq__, object.__hash__  # type: ignore[method-assign]  # made once for each class

    def __eq__(self, other: object) -> bool:
        values = type(self)._values
        return type(self) is type(other) and bool(values(self) == values(other))

    def __hash__(self) -> int:
        return hash((type(self), type(self)._values(self)))

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
