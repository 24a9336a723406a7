"""What a registry says of itself: how it is recognised, and its row in docs/registries.md."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Container, Iterator
from typing import ClassVar

from ....tuples import NamedTuple
from ...refs import Ref


class SourceRow(NamedTuple):
    """The cells of a source in the table of docs/registries.md."""

    source: str
    lies: str  # what lies there
    named: str  # where name and version come from
    compared: str = ""  # with the model


class Registry(ABC):
    """Base of all registries. A class of this kind in a module of `sources` is one; it needs no entry anywhere.

    ``marks`` are the names of files that show it, in the folder where it begins. What shows itself otherwise too
    overrides `is_at`, `is_within` and `is_around`: the same question, asked of a path that is given, of each folder
    below a plain one, and of each folder above a model.

    Every check of a model loads all registries, to ask the last: what a module needs beyond that, it imports where it
    reads.
    """

    kind: str
    row: ClassVar[SourceRow]
    marks: ClassVar[tuple[str, ...]] = ()
    asked: ClassVar[int] = 0
    """Where a place looks like two registries, the smaller number wins: 0 for a mark of its own, more for less."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.troubles: list[str] = []

    @abstractmethod
    def models(self) -> Iterator[Ref]:
        """Every model, in a stable order, one after the other."""

    @classmethod
    def is_at(cls, path: str) -> bool:
        """Whether a path that somebody gives is such a registry."""
        return cls._marked(path)

    @classmethod
    def is_within(cls, folder: str, names: Container[str]) -> bool:
        """Whether such a registry begins at a folder somewhere below a plain one; with the names in it."""
        return any(mark in names for mark in cls.marks)

    @classmethod
    def is_around(cls, folder: str, below: str) -> bool:
        """Whether it may begin at a folder above a model, and ``below`` is the next one on the way down, or ""."""
        return cls._marked(folder)

    @classmethod
    def _marked(cls, folder: str) -> bool:
        return any(os.path.lexists(os.path.join(folder, mark)) for mark in cls.marks)
