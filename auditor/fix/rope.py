"""A file that is to be written, as pieces: most of them are bytes of another file, and are never held in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from ..tuples import NamedTuple


class Copy(NamedTuple):
    """Bytes as they lie in the model's own file (``location`` "") or in one of its data files."""

    location: str
    start: int
    end: int


class MadeBytes(NamedTuple):
    """Bytes that are worked out block by block when they are written."""

    length: int
    blocks: Callable[[], Iterator[bytes]]


Piece: TypeAlias = bytes | Copy | MadeBytes
Rope: TypeAlias = tuple[Piece, ...]


def length(rope: Iterable[Piece]) -> int:
    """How many bytes the pieces have in all."""
    total = 0
    for piece in rope:
        match piece:
            case bytes():
                total += len(piece)
            case Copy(start=start, end=end):
                total += end - start
            case MadeBytes(length=made):
                total += made
    return total


class Twine:
    """Pieces in the making: what lies side by side in the file becomes one piece."""

    def __init__(self) -> None:
        self._pieces: list[Piece] = []

    def copy(self, start: int, end: int) -> None:
        """Bytes of the model's own file."""
        if start < end:
            self.add((Copy("", start, end),))

    def add(self, rope: Iterable[Piece]) -> None:
        pieces = self._pieces
        for piece in rope:
            last = pieces[-1] if pieces else None
            match last, piece:
                case bytes(), bytes() if len(last) < 1 << 16:
                    pieces[-1] = last + piece
                case Copy(), Copy() if (last.location, last.end) == (piece.location, piece.start):
                    pieces[-1] = Copy(last.location, last.start, piece.end)
                case _:
                    pieces.append(piece)

    @property
    def rope(self) -> Rope:
        return tuple(self._pieces)
