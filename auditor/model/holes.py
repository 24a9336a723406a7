"""Bytes of a model's files that are not here: of a model of which the graph alone was fetched.

Its own file has them as holes, and so have the files of its external data, which are nothing else. Whoever reads a
hole gets zeros that nobody wrote: so what is read of tensors' data is asked here first.
"""

from __future__ import annotations

import posixpath
from bisect import bisect_right

from ..errors import CannotLook
from ..tuples import NamedTuple


class Holes(NamedTuple):
    """Which bytes are not here."""

    own: tuple[tuple[int, int], ...] = ()  # of the model's own file: [start, end), in order, apart from each other
    files: frozenset[str] = frozenset()  # normal locations of external data, of which nothing is here


class PartialFile(NamedTuple):
    """A model's path, and what is not here of it."""

    path: str
    holes: Holes

    def __fspath__(self) -> str:
        return self.path


class NotHere(CannotLook, ValueError):
    """Data that is asked for and is not here: values that cannot be had."""


class Lacking:
    """The holes of one model that is read; `asked` counts who wanted what is in them."""

    def __init__(self, holes: Holes) -> None:
        self._starts = [start for start, _ in holes.own]
        self._ends = [end for _, end in holes.own]
        self._files = holes.files
        self.asked = 0

    def is_over(self, location: str, offset: int, length: int) -> bool:
        """Whether a byte of a range is not here; ``location`` "" is the model's own file."""
        if location:
            return posixpath.normpath(location) in self._files
        at = bisect_right(self._starts, offset) - 1
        if at >= 0 and self._ends[at] > offset and length > 0:
            return True
        return at + 1 < len(self._starts) and self._starts[at + 1] < offset + length

    def check(self, location: str, offset: int, length: int) -> None:
        """`NotHere` where a byte of a range is not here."""
        if self.is_over(location, offset, length):
            self.asked += 1
            raise NotHere(f"the data of {location!r} was not fetched" if location else "the data was not fetched")
