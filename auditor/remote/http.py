"""HTTP as every kind here speaks it: within bounds, asked again where that may help, redirects followed by hand.

A credential belongs to one origin (scheme, host, port) and goes to no other: not where a redirect leads, not where a
next page is said to be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..tuples import NamedTuple
from .listing import FetchLimits

PAGE = 32 << 20
"""Bytes of a document: a page of a listing, a manifest."""


class WebDocument(NamedTuple):
    """An answer that was read whole: header names in lower case."""

    url: str  # where it came from in the end, without its query
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """What it says; `NotUnderstood` where that is no JSON: a login page, half of an answer."""
        raise NotImplementedError


class Web:
    """Asks servers, as one user of one registry. ``credentials``: by origin, the headers that go there alone."""

    def __init__(self, credentials: Mapping[str, Mapping[str, str]], limits: FetchLimits, *, what: str = "") -> None:
        """``what`` names the registry in errors, and says in `NotAllowed` where its credentials are looked for."""
        raise NotImplementedError

    def document(
        self, url: str, *, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes | None = None,
        most: int = PAGE, expect: tuple[int, ...] = (200,),
    ) -> WebDocument:  # fmt: skip
        """A small answer, read whole. 404 is `NotThere`, 401 and 403 `NotAllowed`, unless they are expected."""
        raise NotImplementedError

    def pieces(
        self, url: str, offset: int = 0, *, etag: str = "", headers: Mapping[str, str] | None = None
    ) -> Iterator[bytes]:
        """The body from an offset on (Range, If-Range). `NotThatContent` where it is another one than it was."""
        raise NotImplementedError
