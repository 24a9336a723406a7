"""Protobuf's text form, as far as configurations use it: fields, messages, lists, strings, comments; bounded.

https://protobuf.dev/reference/protobuf/textformat-spec/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeAlias

from ....errors import Unusable

Value: TypeAlias = "str | Message"
Message: TypeAlias = Mapping[str, list[Value]]  # every field may stand several times

_DEEPEST = 50
_MOST = 100_000  # tokens

_TOKEN = re.compile(
    r"""\s+ | \#[^\n]*
    | (?P<parting>[,;])
    | (?P<string>"(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*')
    | (?P<word>[-+]?[\w.][\w.+-]*)
    | (?P<mark>[{}<>:\[\]])""",
    re.VERBOSE | re.ASCII,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_CLOSING = {"{": "}", "<": ">"}


def parse(text: str) -> Message:
    """The fields of a message. `Unusable` names the line that is not part of one."""
    return _Parser(text).message("", 0)


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._seen = 0
        self._kind, self._token = "", ""
        self._parted = False  # by a comma or a semicolon from the token before
        self._next()

    def message(self, closing: str, depth: int) -> dict[str, list[Value]]:
        """Fields up to the closing mark, which is taken; "" is the end of the text."""
        if depth > _DEEPEST:
            raise self._wrong(f"more than {_DEEPEST} messages within each other")
        fields: dict[str, list[Value]] = {}
        while not (self._kind in ("mark", "") and self._token == closing):
            if self._kind != "word":
                raise self._wrong(f"{self._token or 'the end'!r} where a field's name was expected")
            values = fields.setdefault(self._token, [])
            self._next()
            if colon := self._is(":"):
                self._next()
            if self._is("["):
                values += self._list(depth)
            elif colon or self._is("{") or self._is("<"):
                values.append(self._value(depth))
            else:
                raise self._wrong(f"{self._token or 'the end'!r} where ':' or '{{' was expected")
        if closing:
            self._next()
        return fields

    def _list(self, depth: int) -> list[Value]:
        self._next()
        values: list[Value] = []
        while not self._is("]"):
            values.append(self._value(depth))
        self._next()
        return values

    def _value(self, depth: int) -> Value:
        if self._kind == "mark" and self._token in _CLOSING:
            closing = _CLOSING[self._token]
            self._next()
            return self.message(closing, depth + 1)
        if self._kind == "word":
            word = self._token
            self._next()
            return word
        if self._kind != "string":
            raise self._wrong(f"{self._token or 'the end'!r} where a value was expected")
        parts: list[str] = []
        while self._kind == "string" and not (parts and self._parted):  # neighbours are one string
            parts.append(re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), self._token[1:-1]))
            self._next()
        return "".join(parts)

    def _is(self, mark: str) -> bool:
        return self._kind == "mark" and self._token == mark

    def _next(self) -> None:
        self._parted = False
        while self._at < len(self._text):
            found = _TOKEN.match(self._text, self._at)
            if found is None:
                raise self._wrong(f"{self._text[self._at : self._at + 20]!r} is not part of a message")
            self._at = found.end()
            if found.lastgroup == "parting":
                self._parted = True
            elif found.lastgroup:
                self._seen += 1
                if self._seen > _MOST:
                    raise self._wrong(f"more than {_MOST:,} words")
                self._kind, self._token = found.lastgroup, found[0]
                return
        self._kind, self._token = "", ""

    def _wrong(self, why: str) -> Unusable:
        return Unusable(f"line {self._text.count(chr(10), 0, self._at) + 1}: {why}")
