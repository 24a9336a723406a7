"""How a box looks: its size, and the words in it and below it. Equal faces are made once."""

from __future__ import annotations

from functools import lru_cache

from ..names import visible
from ..picture.graph import Box, Change, OperatorKind, Role
from ..tuples import NamedTuple
from .markup import escaped

HIGH, LOW, SECOND, BELOW, SHADOW = 26, 18, 15, 15, 5
"""Heights: a box, a small one, a second line, the words below a box, and the line below one that folds others."""

_LETTER, _SMALL_LETTER = 7.8, 6.3  # wide enough for the fonts of the usual systems
_LONGEST = 26
_SIGNS = {"error": "✕ ", "warning": "▲ ", "note": "● "}
_CHANGES = {Change.ADDED: "+ ", Change.REMOVED: "− ", Change.CHANGED: "≠ "}


class Face(NamedTuple):
    """Words are escaped. The box is ``width`` by ``height``; with what stands below it, ``room`` by ``reach``."""

    width: int
    height: int
    room: int
    reach: int
    first: str
    second: str
    below: str


def face(box: Box, below: str = "", worst: str = "", opens: str = "", *, brief: bool = False) -> Face:
    """The face of a box. ``below``: the type of what it gives; ``worst``: the severity of its worst finding.

    ``opens`` names the frames of a node. The face of a brief node has one line.
    """
    sign = _SIGNS.get(worst, "") + (_CHANGES.get(box.change, "") if box.change is not None else "")
    if box.role is Role.NODE:
        second = opens or ("" if brief or box.small else _kernel(box))
        return _face(sign + visible(box.op, _LONGEST), second, below, LOW if box.small else HIGH)
    if box.role is Role.FOLD:
        title, times, repeats = box.op.rpartition(" × ")  # how often is never cut
        shown = visible(title, _LONGEST) + times + repeats if times else box.op
        return _face(sign + shown, box.label, below, HIGH, SHADOW)
    second = sizes(box.made[0].text) if box.made else ""
    return _face(sign + visible(box.label, _LONGEST), second, "", HIGH)


@lru_cache(maxsize=8192)
def _face(first: str, second: str, below: str, height: int, more: int = 0) -> Face:
    first, second, below = visible(first, _LONGEST + 12), visible(second, _LONGEST + 4), visible(below, _LONGEST + 8)
    letter = _SMALL_LETTER if height == LOW else _LETTER
    width = 22 + 2 * round(max(letter * max(len(first), 3), _SMALL_LETTER * len(second)) / 2)
    height += SECOND if second else 0
    room = max(width, 2 * round(_SMALL_LETTER * len(below) / 2))
    reach = height + more + (BELOW if below else 0)
    return Face(width, height, room, reach, escaped(first), escaped(second), escaped(below))


def _kernel(box: Box) -> str:
    """The sizes of what a convolution or a dense layer has stored: of the first tensor with two axes or more."""
    if box.kind not in (OperatorKind.CONV, OperatorKind.DENSE):
        return ""
    for stored in box.stored:
        if stored.text.count(",") and not stored.text.startswith(("int", "sequence")):
            return sizes(stored.text).rpartition(" ")[2]
    return ""


@lru_cache(maxsize=8192)
def sizes(text: str) -> str:
    """``float32 [1, 64, 56, 56]`` as ``1×64×56×56``: the usual type needs no word, any other stands before."""
    dtype, bracket, inner = text.partition("[")
    if not bracket:
        return text
    inner = inner.removesuffix("]").replace(", ", "×") or "scalar"
    dtype = dtype.strip()
    return inner if dtype == "float32" else f"{dtype} {inner}"
