"""Lines for people: wrapped at the terminal's width, coloured where the stream is a terminal, with nothing trailing.

Small on purpose: it costs a start no import, and every text that comes here is already made harmless by `names`.
"""

from __future__ import annotations

import os
import shutil
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import TextIO, TypeAlias

Span: TypeAlias = tuple[str, str]
"""A text and its style."""

_SGR = {
    "bold": "1", "dim": "2", "green": "32",
    "bold red": "1;31", "bold yellow": "1;33", "bold green": "1;32", "bold cyan": "1;36",
}  # fmt: skip

_USUAL, _NARROWEST, _WIDEST = 80, 40, 100
_READABLE = 30  # a column narrower than this is no place for a sentence
_GAP = 2


class Page:
    """Writes to a stream as wide as its terminal, within reason; 80 columns where it is none."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._encoding = getattr(out, "encoding", None) or "utf-8"
        terminal = out.isatty()
        self.width = _USUAL
        if terminal:
            columns = shutil.get_terminal_size((_USUAL, 24)).columns
            self.width = min(max(columns, _NARROWEST), _WIDEST)
        plain = os.environ.get("NO_COLOR") or os.environ.get("CI") or os.environ.get("TERM") == "dumb"
        self._colour = terminal and not plain

    def blank(self) -> None:
        self._put("")

    def line(self, *spans: str | Span, indent: int = 0, hang: int = 0) -> None:
        """A paragraph; further lines of it stand ``hang`` deeper."""
        for i, row in enumerate(_wrapped(_spans(spans), self.width - indent - hang, first=hang)):
            self._put(" " * (indent + (hang if i else 0)) + self._painted(row))

    def grid(
        self,
        rows: Iterable[Sequence[str | Span]],
        *,
        indent: int = 0,
        head: Sequence[str] = (),
        right: Sequence[int] = (),
        under: bool = False,
    ) -> None:
        """Columns. Where they are too wide the widest are wrapped; the columns in ``right`` are numbers and never are.

        With ``under``, a last column that would get too narrow stands under its row instead.
        """
        table = [[_span(cell) for cell in row] for row in rows]
        if head:
            table.insert(0, [(name, "bold") for name in head])
        if not table:
            return
        room = self.width - indent - _GAP * (len(table[0]) - 1)
        widths = [max(cells(row[i][0]) for row in table) for i in range(len(table[0]))]
        if under and sum(widths) > room and room - sum(widths[:-1]) < min(_READABLE, widths[-1]):
            self._loose(table, widths, indent)
            return
        widths = _squeezed(widths, room, frozenset(right))
        for row in table:
            self._row(row, widths, indent, right)

    def _loose(self, table: Sequence[Sequence[Span]], widths: Sequence[int], indent: int) -> None:
        """The last column where its row leaves room for it, else under the row."""
        firsts = _squeezed(widths[:-1], self.width - indent - _GAP * (len(widths) - 2), frozenset())
        for *row, last in table:
            used = indent + sum(firsts[:-1]) + cells(row[-1][0]) + _GAP * len(row)
            if used + cells(last[0]) <= self.width:
                self._row([*row, last], [*firsts[:-1], cells(row[-1][0]), cells(last[0])], indent, ())
                continue
            self._row(row, firsts, indent, ())
            if last[0]:
                self.line(last, indent=indent + firsts[0] + _GAP)

    def _row(self, row: Sequence[Span], widths: Sequence[int], indent: int, right: Sequence[int]) -> None:
        columns = [list(_wrapped([cell], width)) for cell, width in zip(row, widths, strict=True)]
        for k in range(max(map(len, columns))):
            line, pad = " " * indent, 0
            for i, (column, width) in enumerate(zip(columns, widths, strict=True)):
                piece = column[k] if k < len(column) else []
                free = width - sum(cells(text) for text, _ in piece)
                if i in right:
                    line, pad = line + " " * (pad + free) + self._painted(piece), _GAP
                elif piece:
                    line, pad = line + " " * pad + self._painted(piece), free + _GAP
                else:
                    pad += width + _GAP
            self._put(line)

    def _painted(self, spans: Sequence[Span]) -> str:
        if not self._colour:
            return "".join(text for text, _ in spans)
        return "".join(f"\x1b[{_SGR[style]}m{text}\x1b[0m" if style else text for text, style in spans)

    def _put(self, line: str) -> None:
        line = line.rstrip(" ")
        try:
            self._out.write(f"{line}\n")
        except UnicodeEncodeError:  # a terminal that knows no Unicode
            self._out.write(line.encode(self._encoding, "backslashreplace").decode(self._encoding) + "\n")


def cells(text: str) -> int:
    """The columns that a text takes on a terminal."""
    return len(text) if text.isascii() else sum(map(_cell, text))


def _cell(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _span(cell: str | Span) -> Span:
    return (cell, "") if isinstance(cell, str) else cell


def _spans(parts: Iterable[str | Span]) -> list[Span]:
    return [_span(part) for part in parts]


def _squeezed(widths: Sequence[int], room: int, rigid: frozenset[int]) -> list[int]:
    """The widest of the columns that may wrap give way, one after the other, until all fit."""
    fitted = list(widths)
    soft = [i for i in range(len(fitted)) if i not in rigid]
    while soft and sum(fitted) > room:
        widest = max(soft, key=fitted.__getitem__)
        if fitted[widest] <= 8:
            break
        fitted[widest] -= 1
    return fitted


def _wrapped(spans: Sequence[Span], width: int, first: int = 0) -> Iterator[list[Span]]:
    """Lines of at most ``width`` columns (the first one ``first`` wider), broken at spaces; a longer word is cut."""
    text = "".join(t for t, _ in spans)
    start = 0
    room = max(width, 8) + first
    while cells(text[start:]) > room:
        end = _fitting(text, start, room)
        space = text.rfind(" ", start + 1, end + 1)
        # A line that begins with the space where a sentence was broken would look indented.
        if space > start and text[start:space].strip():
            yield _slice(spans, start, space)
            start = space + 1
        else:
            yield _slice(spans, start, end)
            start = end
        room = max(width, 8)
    yield _slice(spans, start, len(text))


def _fitting(text: str, start: int, room: int) -> int:
    """Where the columns are used up."""
    used, end = 0, start
    while end < len(text) and used + cells(text[end]) <= room:
        used += cells(text[end])
        end += 1
    return max(end, start + 1)


def _slice(spans: Sequence[Span], start: int, end: int) -> list[Span]:
    found, at = [], 0
    for text, style in spans:
        piece = text[max(start - at, 0) : max(end - at, 0)]
        if piece:
            found.append((piece, style))
        at += len(text)
    return found
