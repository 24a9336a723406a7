"""Frozen records with typed fields and defaults: light as a NamedTuple, and neither a tuple nor without subclasses.

A dataclass does as much, and costs half a millisecond of each start for every class; these cost a hundredth of it.
"""

from typing import Any, ClassVar, Self, dataclass_transform


@dataclass_transform(frozen_default=True)
class Record:
    """A base class. Annotated names are the fields, in order; those of the classes above come first."""

    _fields: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        cls._fields = tuple(dict.fromkeys((*cls._fields, *cls.__annotations__)))

    def __init__(self, *values: Any, **named: Any) -> None:
        fields = self._fields
        given = dict(zip(fields, values, strict=False))
        if len(values) > len(fields) or named.keys() & given.keys() or not named.keys() <= set(fields):
            raise TypeError(f"{type(self).__name__} takes {', '.join(fields)}, each once")
        given.update(named)
        for field in fields:
            if field not in given:
                try:
                    given[field] = getattr(type(self), field)
                except AttributeError:
                    raise TypeError(f"{type(self).__name__} needs {field}") from None
        self.__dict__.update(given)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen: _replace makes another one")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen: _replace makes another one")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash((type(self), *self.__dict__.values()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self._fields)})"

    def _replace(self, **changes: Any) -> Self:
        """The same with other values for some fields, as a NamedTuple has it."""
        return type(self)(**{**self.__dict__, **changes})

    __replace__ = _replace  # copy.replace, from Python 3.13 on
