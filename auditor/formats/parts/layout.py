"""Lines and columns for people, by rich: as wide as the terminal, coloured only where there is one, nothing trailing.

Every text that comes here is already made harmless by `names`; none of it is read as rich's markup.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from typing import TextIO, TypeAlias

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ...names import begun

Span: TypeAlias = tuple[str, str]
"""A text and its style."""

_USUAL, _NARROWEST, _WIDEST = 80, 40, 100
_READABLE = 30  # a sentence needs a column at least so wide
_GAP = 2
_TRAILING = re.compile(r"[^\S\n]+$", re.MULTILINE)


class _Console(Console):
    """Who reads no further ends the reading and not the audit: rich would leave with an exit code of its own."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


class Page:
    """Writes to a stream as wide as its terminal, within reason; 80 columns where it is not a terminal."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        terminal = out.isatty() and not os.environ.get("CI")
        width = None if out.isatty() else _USUAL
        self._console = _Console(
            file=out, width=width, force_terminal=terminal, highlight=False, markup=False, emoji=False, soft_wrap=False
        )
        self.width = self._console.width = min(max(self._console.width, _NARROWEST), _WIDEST)

    def blank(self) -> None:
        self._put(Text())

    def line(self, *spans: str | Span, indent: int = 0, hang: int = 0) -> None:
        """A paragraph; further lines of it stand ``hang`` deeper."""
        room = max(self.width - indent - hang, _NARROWEST // 2)
        whole = "".join(span if isinstance(span, str) else span[0] for span in spans).rstrip()
        # Nothing to colour, and mostly nothing to wrap: rich would take a while.
        if not self._console.is_terminal and whole.isprintable() and cell_len(whole) <= room:
            self._write(begun(" " * indent + whole if whole else "") + "\n")
            return
        lines = Text.assemble(*spans).wrap(self._console, room)
        for i, row in enumerate(lines):
            row.rstrip()
            self._put(Text(" " * (indent + (hang if i else 0))).append_text(row))

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
        cells = [[_text(cell) for cell in row] for row in rows]
        if head:
            cells.insert(0, [Text(name, "bold") for name in head])
        while cells and len(cells[0]) > 1 and not any(row[-1] for row in cells):
            cells = [row[:-1] for row in cells]
        if not cells:
            return
        *firsts, last = (max(row[i].cell_len for row in cells) for i in range(len(cells[0])))
        left = self.width - indent - sum(firsts) - _GAP * len(firsts)
        if under and left < min(_READABLE, last):
            for *row, end in cells:
                row[0].pad_right(firsts[0] - row[0].cell_len)
                fits = sum(cell.cell_len + _GAP for cell in row) + end.cell_len <= self.width - indent
                self._put(Padding(_table([[*row, end] if fits else row], ()), (0, 0, 0, indent), expand=False))
                if not fits and end:
                    self.line((end.plain, str(end.style)), indent=indent + _GAP * 2)
            return
        self._put(Padding(_table(cells, right, self.width - indent), (0, 0, 0, indent), expand=False))

    def _put(self, block: RenderableType) -> None:
        """Print without the spaces that rich fills lines with; a terminal without Unicode gets escapes."""
        with self._console.capture() as captured:
            self._console.print(block)
        self._write("\n".join(map(begun, _TRAILING.sub("", captured.get()).split("\n"))))

    def _write(self, text: str) -> None:
        encoding = getattr(self._out, "encoding", None) or "utf-8"
        self._out.write(text.encode(encoding, "backslashreplace").decode(encoding))


def _text(cell: str | Span) -> Text:
    return Text(cell) if isinstance(cell, str) else Text(*cell)


def _table(rows: Sequence[Sequence[Text]], right: Sequence[int], room: int = 0) -> Table:
    table = Table.grid(padding=(0, _GAP, 0, 0))
    widths = _widths(rows, right, room - _GAP * (len(rows[0]) - 1))
    for i in range(len(rows[0])):
        number = i in right
        table.add_column(justify="right" if number else "left", no_wrap=number, overflow="fold", width=widths[i])
    for row in rows:
        table.add_row(*row)
    return table


def _widths(rows: Sequence[Sequence[Text]], right: Sequence[int], room: int) -> list[int | None]:
    """The widths at which no word and no number is broken; rich knows no words when it makes columns narrower.

    None for each where rich is to choose: where all fits, and where the words alone do not.
    """
    columns = list(zip(*rows, strict=True))
    widths = [max(cell.cell_len for cell in column) for column in columns]
    words = [widths[i] if i in right else max(map(_longest_word, column)) for i, column in enumerate(columns)]
    if sum(widths) <= room or sum(words) > room:
        return [None] * len(columns)
    while sum(widths) > room:
        widest = max((i for i in range(len(widths)) if widths[i] > words[i]), key=widths.__getitem__)
        widths[widest] -= 1
    return [*widths]


def _longest_word(text: Text) -> int:
    return max(map(cell_len, text.plain.split()), default=0)


def cells(text: str) -> int:
    """The columns that a text takes on a terminal."""
    return cell_len(text)


def end_of(path: str, longest: int) -> str:
    """A path cut in front: the end of a long one tells more than its beginning."""
    return path if cell_len(path) <= longest else "…" + path[1 - longest :]
