"""What a page's script knows of a graph's nodes, as compact JSON.

Names of nodes stand in the sheets alone. What nodes have in common is written once: ``kinds`` holds each different
row ``[attributes, texts of what is made, texts of what is stored, parameters, MACs, bytes, formula, names, sources]``,
without the zeros at its end; the first three and the formula are places in ``attributes`` and ``texts``. A box is
the place of its row, or ``[place, names, sources]`` where these are its own. A name that begins with ``=`` goes on
from the node's own, any other begins with a ``.``; sources are how many boxes before this one they stand.
"""

from __future__ import annotations

import json
from collections.abc import Hashable

from ..names import visible
from ..numbers import amount
from ..picture.graph import Box, Frame, GraphPicture
from .sheet import LONGEST

_NEAR = 40
"""Sources so near, and few, belong to what nodes have in common."""


def details(graph: GraphPicture) -> str:
    """The JSON, harmless within a ``<script>`` element."""
    book = _Book()
    sheets = [_rows(frame, book) for frame in graph.frames]
    marked = {
        f"{place},{index}": box.findings
        for place, frame in enumerate(graph.frames)
        for index, box in enumerate(frame.boxes)
        if box.findings
    }
    whole = {
        "texts": book.texts.values,
        "attributes": book.attributes.values,
        "kinds": book.kinds.values,
        "sheets": sheets,
        "marked": marked,
        "findings": [[mark.fingerprint, mark.severity, visible(mark.rule)] for mark in graph.findings],
        "changes": {
            f"{place},{index}": [visible(text) for text in box.changes]
            for place, frame in enumerate(graph.frames)
            for index, box in enumerate(frame.boxes)
            if box.changes
        },
    }
    text = json.dumps(whole, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


class _Table:
    """Different values, each at one place."""

    def __init__(self) -> None:
        self.values: list[object] = []
        self.places: dict[Hashable, int] = {}

    def place(self, key: Hashable, value: object) -> int:
        found = self.places.get(key)
        if found is None:
            found = self.places[key] = len(self.values)
            self.values.append(value)
        return found


class _Book:
    def __init__(self) -> None:
        self.texts, self.attributes, self.kinds = _Table(), _Table(), _Table()
        self.text("")
        self.attributes.place((), [])

    def text(self, text: str) -> int:
        return self.texts.places[text] if text in self.texts.places else self.texts.place(text, visible(text, 400))


def _rows(frame: Frame, book: _Book) -> list[object]:
    sources: list[list[int]] = [[] for _ in frame.boxes]
    for wire in frame.wires:
        sources[wire.target].append(wire.target - wire.source)
    return [_row(box, before, book) for box, before in zip(frame.boxes, sources, strict=True)]


def _row(box: Box, sources: list[int], book: _Book) -> object:
    label = visible(box.label, LONGEST)
    names = tuple([_name(tensor, label) for tensor, _ in (*box.made, *box.stored)])
    attributes = 0
    if box.attributes:
        attributes = book.attributes.places.get(box.attributes, -1)
        if attributes < 0:
            texts = [[visible(name, 60), visible(text, 200)] for name, text in box.attributes]
            attributes = book.attributes.place(box.attributes, texts)
    row = (
        attributes,
        tuple([book.text(text) for _, text in box.made]),
        tuple([book.text(text) for _, text in box.stored]),
        box.parameters,
        _count(box.macs),
        _count(box.bytes),
        book.text(box.formula),
    )
    own = not all(name[0] == "=" for name in names)
    far = len(sources) > 4 or not all(-_NEAR < step < _NEAR for step in sources)
    kind = (*row, () if own else names, () if far else tuple(sources))
    place = book.kinds.place(kind, None)
    if book.kinds.values[place] is None:
        book.kinds.values[place] = _trimmed(kind)
    if not own and not far:
        return place
    return [place, list(names) if own else 0, sources] if far else [place, list(names)]


def _count(value: int | str | None) -> int | str | None:
    """Scripts know numbers up to 2^53."""
    if isinstance(value, int) and value < 2**53:
        return value
    return None if value is None else amount(value)


def _name(tensor: str, label: str) -> str:
    shown = visible(tensor, LONGEST)
    return f"={shown[len(label) :]}" if shown.startswith(label) else f".{shown}"


def _trimmed(kind: tuple[object, ...]) -> list[object]:
    found = list(kind)
    while found and found[-1] in (0, ()) and found[-1] is not None:
        found.pop()
    return found
