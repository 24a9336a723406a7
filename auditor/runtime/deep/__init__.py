"""The look in depth, in the child: a module is a part of it, by the names of `settings.DEEP`.

Each has ``ASKED``, the record of what is asked of it; ``SEEN``, the record of what it saw; and ``look(ground, asked)``,
which sees it. One that has onnxruntime write to files in memory says how many bytes at most: ``IN_MEMORY``. Nothing
here knows a graph's shapes: what follows from them the parent works out and asks for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, cast

from ...settings import DEEP

if TYPE_CHECKING:
    from .ground import DeepGround


class DeepModule(Protocol):
    """A module that is a part."""

    ASKED: type[Any]
    SEEN: type[Any]

    def look(self, ground: DeepGround, asked: Any) -> Any:
        """What is seen; `DeepGround.tell` says on the way what is known so far."""


def prepared(part: DeepModule) -> Any:
    """What a part opens before the sandbox closes (its ``prepared()``), for `DeepGround.held`; None of most parts."""
    prepare = getattr(part, "prepared", None)
    return prepare() if prepare is not None else None


def part_of(name: str) -> DeepModule:
    """The part of a name; `ValueError` where none is called so."""
    if name not in DEEP:
        raise ValueError(f"no part: {name[:80]!r}")
    return cast("DeepModule", import_module(f".{name}", __package__))
