"""TOML, and where in the text each of its keys and values stands.

The standard library reads the values and knows no places. What it has accepted is valid, so the places can be found by
a scan that knows no more of TOML than where its words begin and end.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, TypeAlias

from ..errors import UsageError

Path: TypeAlias = tuple[str | int, ...]
"""The way to a value: keys, and numbers within lists."""

_BOM = b"\xef\xbb\xbf"
_BLANK = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_KEY = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'""")
# Not possessive: Python before 3.11.5 loses the end of one whose parts step back (python/cpython#106052).
_STRING = re.compile(
    r'''"""(?:[^"\\]|\\.|"{1,2}(?!"))*"{3,5}|\'\'\'(?:[^']|'{1,2}(?!'))*'{3,5}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*\'''',
    re.DOTALL,
)
_PLAIN = re.compile(r"[^,\]}#\n]+")
# Such keys cost the library the square of their length.
_ENDLESS = re.compile(r"""(?<![\w"'-])(?:[\w"'-]+[ \t]*\.[ \t]*){20}""")


class Toml:
    """A TOML file: its values, and its places as ``file:line:column``."""

    def __init__(self, name: str, data: bytes) -> None:
        self.name = name  # as people know the file
        try:
            self.text = data.removeprefix(_BOM).decode().replace("\r\n", "\n")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
            raise UsageError(f"{name}:{line}:{column}: the file is not UTF-8, as TOML has to be") from None
        self.values: Mapping[str, Any] = self._read()

    def at(self, path: Path) -> str:
        """Where a value stands; of one without a place of its own, the table around it."""
        while path and path not in self._places[1]:
            path = path[:-1]
        return self._place(self._places[1].get(path, 0))

    def at_key(self, path: Path) -> str:
        """Where a key stands."""
        found = self._places[0].get(path)
        return self.at(path) if found is None else self._place(found)

    def line(self, path: Path) -> int:
        """The line of a key."""
        return self._line(self._places[0].get(path, 0))

    def _place(self, offset: int) -> str:
        line = self._line(offset)
        return f"{self.name}:{line}:{offset - self._begins[line - 1] + 1}"

    def _line(self, offset: int) -> int:
        return bisect_right(self._begins, offset)

    @cached_property
    def _begins(self) -> list[int]:
        """Where each line begins."""
        return [0, *(found.end() for found in re.finditer("\n", self.text))]

    @cached_property
    def _places(self) -> tuple[dict[Path, int], dict[Path, int]]:
        scan = _Scan(self.text)
        scan.document()
        return scan.keys, scan.values

    def _read(self) -> Mapping[str, Any]:
        import tomllib  # only where there is a file to read

        if found := _ENDLESS.search(self.text):
            raise UsageError(f"{self._place(found.start())}: no key has more than twenty parts")
        try:
            return tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            raise UsageError(self._syntax(str(error))) from None
        except (RecursionError, ValueError) as error:
            why = "lists within lists without end" if isinstance(error, RecursionError) else str(error)
            raise UsageError(f"{self.name}:1:1: this is not TOML that can be read: {why}") from None

    def _syntax(self, error: str) -> str:
        """The library's words behind the place; a key that stands twice is said as such, for it names no key."""
        scan = _Scan(self.text)
        scan.document()
        if scan.twice is not None:
            path, first, second = scan.twice
            where = f"on line {self._line(first)}"
            return f"{self._place(second)}: {dotted(path)} is there already, {where}: leave one of the two"
        why, _, where = error.removesuffix(")").partition(" (at ")
        found = re.fullmatch(r"line (\d+), column (\d+)", where)
        place = f"{self.name}:{found[1]}:{found[2]}" if found else self._place(len(self.text.rstrip()))
        return f"{place}: this is not TOML: {why[:1].lower()}{why[1:]}"


class _Scan:
    """Walks over a text and notes where keys and values begin. Where the text is not valid it ends early."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.i = 0
        self.keys: dict[Path, int] = {}
        self.values: dict[Path, int] = {(): 0}
        self.twice: tuple[Path, int, int] | None = None
        self.lists: dict[Path, int] = {}  # [[lists of tables]], and how many there are so far
        self.tables: dict[Path, int] = {}  # [tables], and where

    def document(self) -> None:
        try:
            self._document()
        except (_End, RecursionError):
            return

    def _document(self) -> None:
        table: Path = ()
        while True:
            self._skip(_BLANK)
            if self.i >= len(self.text):
                return
            if self.text.startswith("[", self.i):
                table = self._header()
            else:
                self._pair(table)

    def _header(self) -> Path:
        several = self.text.startswith("[[", self.i)
        start = self.i
        self.i += 2 if several else 1
        path: Path = ()
        parts = list(self._dotted())
        for number, (key, at) in enumerate(parts, 1):
            path += (key,)
            self.keys.setdefault(path, at)
            self.values.setdefault(path, at)
            if several and number == len(parts):
                self.lists[path] = self.lists.get(path, 0) + 1
            elif number == len(parts) and path not in self.lists:
                self._once(self.tables, path, start)
            if path in self.lists:
                path += (self.lists[path] - 1,)
                self.keys.setdefault(path, at)
                self.values.setdefault(path, at)
        self._skip(_SPACE)
        self._take("]]" if several else "]")
        return path

    def _pair(self, table: Path) -> None:
        path = table
        at = self.i
        for key, at in self._dotted():
            path += (key,)
            if path not in self.values:
                self.keys.setdefault(path, at)
        self._skip(_SPACE)
        self._take("=")
        self._skip(_SPACE)
        if path in self.values and self.twice is None:
            self.twice = path, self.keys[path], at
        self._value(path)
        for end in range(len(table) + 1, len(path)):  # a.b.c = 1 makes the tables a and a.b
            self.values.setdefault(path[:end], self.keys[path[:end]])

    def _once(self, seen: dict[Path, int], path: Path, at: int) -> None:
        if path in seen and self.twice is None:
            self.twice = path, seen[path], at
        seen.setdefault(path, at)

    def _dotted(self) -> Iterator[tuple[str, int]]:
        while True:
            self._skip(_SPACE)
            at = self.i
            yield _unquoted(self._skip(_KEY, must=True)), at
            self._skip(_SPACE)
            if not self.text.startswith(".", self.i):
                return
            self.i += 1

    def _value(self, path: Path) -> None:
        self.values.setdefault(path, self.i)
        opening = self.text[self.i : self.i + 1]
        if opening == "[":
            self._list(path)
        elif opening == "{":
            self._inline(path)
        else:
            self._skip(_STRING if opening in ('"', "'") else _PLAIN, must=True)

    def _list(self, path: Path) -> None:
        self.i += 1
        number = 0
        while True:
            self._skip(_BLANK)
            if self.text.startswith("]", self.i):
                break
            self._value((*path, number))
            number += 1
            self._skip(_BLANK)
            if not self.text.startswith(",", self.i):
                break
            self.i += 1
        self._take("]")

    def _inline(self, path: Path) -> None:
        self.i += 1
        while True:
            self._skip(_BLANK)
            if self.text.startswith("}", self.i):
                break
            self._pair(path)
            self._skip(_BLANK)
            if not self.text.startswith(",", self.i):
                break
            self.i += 1
        self._take("}")

    def _skip(self, pattern: re.Pattern[str], must: bool = False) -> str:
        found = pattern.match(self.text, self.i)
        if found is None:
            raise _End
        self.i = found.end()
        return found[0]

    def _take(self, mark: str) -> None:
        if not self.text.startswith(mark, self.i):
            raise _End
        self.i += len(mark)


class _End(Exception):
    """The text is not valid TOML from here on."""


def _unquoted(key: str) -> str:
    if key[0] == "'":
        return key[1:-1]
    if key[0] != '"':
        return key
    import tomllib

    try:
        return str(tomllib.loads(f"k={key}")["k"])
    except tomllib.TOMLDecodeError:
        raise _End from None


def dotted(path: Path) -> str:
    """``limits.parameters.max``, ``models[1].select``; at most 100 characters."""
    text = ""
    for key in path:
        if isinstance(key, int):
            text += f"[{key}]"
        else:
            plain = key if re.fullmatch(r"[\w-]+", key) else repr(key)
            text += f".{plain}" if text else plain
    return text if len(text) <= 100 else f"{text[:99]}…"
