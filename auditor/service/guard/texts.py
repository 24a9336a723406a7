"""What a request says must be text that can be parsed within bounds and stored.

A JSON document of brackets alone ends Python's parser with a RecursionError; a NUL is no text for PostgreSQL, and half
a surrogate pair none for UTF-8. All are the client's fault, and become 400 before a parser or a route sees them.
"""

from __future__ import annotations

import json
import re
from itertools import accumulate

from .asgi import App, Receive, Scope, Send, body_of, media_type, refuse

_ESCAPE = re.compile(rb"\\.", re.DOTALL)
_STRING = re.compile(
    rb'"[^"]*(?:"|\Z)'
)  # to the end of all, if nothing closes it: a match never fails, all is read once
_ALL_BUT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_STEP = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_ODD = re.compile(rb"\\u(?:0000|d[89a-f])", re.IGNORECASE)  # escapes that may be no text


class Texts:
    """Refuses JSON that nests deeper than ``depth``, and text that cannot be stored."""

    def __init__(self, app: App, depth: int = 64) -> None:
        self.app, self.depth = app, depth

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if "\0" in scope["path"] or b"%00" in scope.get("query_string", b""):
            await refuse(scope, send, 400, "text", "the address holds a NUL", "leave it out")
            return
        if not _may_be_json(scope):
            await self.app(scope, receive, send)
            return
        came = await body_of(receive)
        if came is None:
            return
        body, receive = came
        why = self.why_not(body)
        if why is not None:
            await refuse(scope, send, 400, "json", why, "send JSON (RFC 8259) in UTF-8")
            return
        await self.app(scope, receive, send)

    def why_not(self, body: bytes) -> str | None:
        """Why a body cannot be taken, in words; None where it can, or where the parser will say so itself."""
        if b"\0" in body:  # UTF-16 and UTF-32, which Python's parser would take too
            return "the body holds a NUL: it is not JSON in UTF-8"
        try:
            body.decode()
        except UnicodeDecodeError:
            return "the body is not UTF-8"
        if deepest(body) > self.depth:
            return f"the body nests deeper than {self.depth} levels"
        if _ODD.search(body) and not _is_storable(body):
            return "a text of the body holds a NUL or half a surrogate pair"
        return None


def deepest(body: bytes) -> int:
    """How deep JSON nests; of what is not JSON, how deep a parser might go before it sees that."""
    brackets = _STRING.sub(b"", _ESCAPE.sub(b"", body)).translate(None, _ALL_BUT_BRACKETS)
    return max(accumulate(map(_STEP.__getitem__, brackets), initial=0))


def _may_be_json(scope: Scope) -> bool:
    kind = media_type(scope["headers"])
    return scope["method"] not in ("GET", "HEAD", "OPTIONS") and (not kind or kind.endswith("json"))


def _is_storable(body: bytes) -> bool:
    try:
        text = "".join(_texts(json.loads(body)))
    except ValueError:
        return True  # whoever reads it will say what is wrong
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for pair in value.items() for part in pair for text in _texts(part)]
    if isinstance(value, list):
        return [text for part in value for text in _texts(part)]
    return []
