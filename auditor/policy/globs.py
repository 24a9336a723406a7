"""Patterns over models: by the path, by the name that a registry has for it."""

from __future__ import annotations

import re
from functools import cache

_FEW = 2
"""Stars with which an expression that steps back is fast on every path; with 20 one can take years."""


def matches(pattern: str, path: str, name: str = "") -> bool:
    """Whether a pattern means this model. ``*`` stays within a folder, ``**`` does not.

    A pattern without a slash also means a file of that name in any folder.
    """
    parts = _parts(pattern.removeprefix("./"))
    named = [path, *([name] if name else []), *([path.rpartition("/")[2]] if "/" not in pattern else [])]
    if sum(part.startswith("*") for part in parts) > _FEW:
        return any(_steps_through(parts, one) for one in named)
    compiled = _compiled(parts)
    return any(compiled.fullmatch(one) for one in named)


@cache
def _parts(pattern: str) -> tuple[str, ...]:
    return tuple(filter(None, re.split(r"(\*\*/|\*\*|\*|\?)", pattern)))


@cache
def _compiled(parts: tuple[str, ...]) -> re.Pattern[str]:
    words = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(words.get(part) or re.escape(part) for part in parts), re.DOTALL)


def _steps_through(parts: tuple[str, ...], text: str) -> bool:
    """The same letter by letter, with all ways at once: time grows with the pattern's length times the text's."""
    marks = tuple(mark for part in parts for mark in ((part,) if part in ("**/", "**", "*", "?") else part))
    at = _with_empty(marks, [0])
    for letter in text:
        stays = {i for i in at if i < len(marks) and marks[i] == "**/"}
        goes = [new for i in at if i < len(marks) for new in _next(marks[i], i, letter)]
        at = _with_empty(marks, goes) | stays
    return len(marks) in at


def _next(mark: str, i: int, letter: str) -> tuple[int, ...]:
    """Where a way goes on behind one letter."""
    match mark:
        case "**":
            return (i,)
        case "**/":
            return (i + 1,) if letter == "/" else ()
        case "*":
            return (i,) if letter != "/" else ()
        case "?":
            return (i + 1,) if letter != "/" else ()
        case _:
            return (i + 1,) if letter == mark else ()


def _with_empty(marks: tuple[str, ...], todo: list[int]) -> set[int]:
    """Also the places behind stars that stand for nothing."""
    found = set(todo)
    while todo:
        i = todo.pop()
        if i < len(marks) and marks[i].startswith("*") and i + 1 not in found:
            found.add(i + 1)
            todo.append(i + 1)
    return found
