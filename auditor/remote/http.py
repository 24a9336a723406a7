"""HTTP as every kind here speaks it: within bounds, asked again where that may help, redirects followed by hand.

A credential belongs to one origin (scheme, host, port) and goes to no other: not where a redirect leads, not where a
next page is said to be. Nothing is asked for packed, and what comes packed all the same is not unpacked.
"""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .. import __version__
from ..names import prose
from ..tuples import NamedTuple
from ..wording import in_bytes
from .failures import (
    CutOff,
    LedAstray,
    NotAllowed,
    NotThatContent,
    NotThere,
    NotUnderstood,
    RemoteFailure,
    TooMuch,
    TooSlow,
    said_by_system,
)
from .listing import FetchLimits, FilePart
from .proxies import Connections, proxy_for, refused_by_proxy, refused_tunnel
from .urls import checked_url, is_inner, joined, origin_of, shown_url

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

PAGE = 32 << 20
"""Bytes of a document: a page of a listing, a manifest."""

REDIRECTS = 5
_MOVED = (301, 302, 303, 307, 308)
_AGAIN = (408, 425, 429, 500, 502, 503, 504)
_LATER = (429, 503)
_REPEATED = ("GET", "HEAD", "PUT", "DELETE")
_DELAYS = (0.5, 1.0, 2.0, 4.0)  # seconds between one attempt and the next
_LONGEST_WAIT = 60.0  # seconds that a server may ask for (Retry-After)
_CONNECT, _READ = 10.0, 30.0  # seconds
_DOCUMENT = 120.0  # seconds for a document with all attempts
_BLOCK = 1 << 18
_PART = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18})")
_RANGE = re.compile(r"bytes ([0-9]{1,18})-[0-9]{1,18}/(?:[0-9]{1,18}|\*)")
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


class WebDocument(NamedTuple):
    """An answer that was read whole: header names in lower case."""

    url: str  # where it came from in the end, without its query
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """What it says; `NotUnderstood` where that is not JSON in UTF-8: a login page, half of an answer."""
        try:
            said = json.loads(self.body.decode("utf-8-sig"))
            if _SURROGATE.search(self.body):
                json.dumps(said, ensure_ascii=False).encode()  # half of a pair is no text, and can be asked for nowhere
            return said
        except (ValueError, RecursionError):
            kind = prose(self.headers.get("content-type", "of no type"), 60)
            raise NotUnderstood(f"{self.url} answers with what is not JSON ({kind}): is it the registry?") from None


class Web:
    """Asks servers, as one user of one registry."""

    def __init__(self, credentials: Mapping[str, Mapping[str, str]], limits: FetchLimits, *, what: str = "") -> None:
        """``credentials``: by URL, the headers that go to its origin alone.

        ``what`` says in `NotAllowed` where credentials are looked for.
        """
        from urllib3 import Timeout

        self._credentials = {origin_of(url): dict(headers) for url, headers in credentials.items()}
        self._limits, self._what = limits, what
        self._connections = Connections(num_pools=8, retries=False, timeout=Timeout(connect=_CONNECT, read=_READ))

    def allow(self, url: str, headers: Mapping[str, str]) -> None:
        """From now on these headers go to the origin of a URL: a token that was asked for on the way."""
        self._credentials[origin_of(url)] = dict(headers)

    def document(
        self, url: str, *, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes | None = None,
        most: int = PAGE, expect: tuple[int, ...] = (200,),
    ) -> WebDocument:  # fmt: skip
        """A small answer, read whole. 404 is `NotThere`, 401 and 403 `NotAllowed`, unless they are expected."""
        until = time.monotonic() + min(_DOCUMENT, self._limits.seconds)
        sent = {"Accept": "application/json", **(headers or {})}
        for delay in self._delays(until):
            try:
                with self._answered(method, url, sent, body, expect, until, last=delay is None) as (found, shown):
                    data = b"".join(_bounded(_blocks(found, shown, method), most, until, shown))
                    low = {name.lower(): text for name, text in found.headers.items()}
                    return WebDocument(shown, found.status, low, data)
            except _Again as again:
                time.sleep(again.seconds or delay or 0.0)
            except CutOff:
                if delay is None or method not in _REPEATED:
                    raise
                time.sleep(delay)
        raise AssertionError("the last attempt answers or raises")

    def pieces(
        self, url: str, offset: int = 0, *, etag: str = "", headers: Mapping[str, str] | None = None
    ) -> Iterator[bytes]:
        """The body from an offset on (Range, If-Range). `NotThatContent` where it is another one than it was.

        `CutOff` where it ends early: whoever takes the pieces asks again from where he is.
        """
        sent = {"Accept": "*/*", **(headers or {})}
        if offset:
            sent["Range"] = f"bytes={offset}-"
            if etag and not etag.startswith("W/"):
                sent["If-Range"] = etag
        until = time.monotonic() + self._limits.seconds
        for delay in self._delays(until):
            try:
                with self._answered("GET", url, sent, None, (200, 206, 416), until, last=delay is None) as answer:
                    yield from self._from(*answer, offset, etag)
                    return
            except _Again as again:
                time.sleep(again.seconds or delay or 0.0)

    def part(
        self, url: str, start: int, length: int, *, etag: str = "", headers: Mapping[str, str] | None = None
    ) -> FilePart | None:
        """So many bytes from ``start`` on, fewer at the file's end alone; None where a server sends all of it instead.

        `NotUnderstood` for another part than was asked for, `NotThatContent` where the file was exchanged.
        """
        sent = {"Accept": "*/*", "Range": f"bytes={start}-{start + length - 1}", **(headers or {})}
        until = time.monotonic() + min(_DOCUMENT, self._limits.seconds)
        for delay in self._delays(until):
            try:
                with self._answered("GET", url, sent, None, (200, 206, 416), until, last=delay is None) as answer:
                    return _part_in(*answer, start, length, etag, until)
            except _Again as again:
                time.sleep(again.seconds or delay or 0.0)
            except CutOff:
                if delay is None:
                    raise
                time.sleep(delay)
        raise AssertionError("the last attempt answers or raises")

    def _from(self, found: BaseHTTPResponse, shown: str, offset: int, etag: str) -> Iterator[bytes]:
        if found.status == 416:
            raise NotThatContent(f"{shown} is shorter than what came of it before: it was exchanged meanwhile")
        length = found.headers.get("content-length", "")
        if not length and "chunked" not in found.headers.get("transfer-encoding", ""):
            raise NotUnderstood(f"{shown} does not say how much comes: whether all came would not be known")
        if length.isascii() and length.isdecimal() and int(length[:19]) > self._limits.size:
            raise too_much(shown, int(length[:19]), self._limits)
        skip = 0
        if found.status == 206:
            match = _RANGE.fullmatch(found.headers.get("content-range", ""))
            if match is None or int(match[1]) != offset:
                raise NotUnderstood(f"{shown} answers with another part of the file than was asked for")
        elif offset:
            now = found.headers.get("etag", "")
            if etag and now and now != etag:
                raise NotThatContent(f"{shown} was exchanged while it was fetched: fetch it again")
            skip = offset  # a server without ranges sends all of it again
        for block in _blocks(found, shown):
            if skip >= len(block):
                skip -= len(block)
                continue
            yield block[skip:]
            skip = 0

    def _delays(self, until: float) -> Iterator[float | None]:
        """Seconds to wait before each further attempt; None behind the last."""
        for delay in _DELAYS:
            if time.monotonic() + delay < until:
                yield delay * random.uniform(0.5, 1.0)
        yield None

    @contextmanager
    def _answered(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, expect: tuple[int, ...],
        until: float, *, last: bool,
    ) -> Iterator[tuple[BaseHTTPResponse, str]]:  # fmt: skip
        """The answer that was expected, redirects followed; `_Again` where another attempt may help."""
        for _ in range(REDIRECTS + 1):
            shown = shown_url(url)
            try:
                found = self._asked(method, url, headers, body)
            except CutOff:
                if last or method not in _REPEATED:
                    raise
                raise _Again from None
            try:
                if found.status in _MOVED and found.status not in expect:
                    url = self._moved(url, found.headers.get("location"), method, found.status)
                    continue
                if found.status in expect:
                    packed = found.headers.get("content-encoding", "identity").lower()
                    if packed != "identity":
                        raise NotUnderstood(
                            f"{shown} sends what is packed ({prose(packed, 20)}), which was not asked for"
                        )
                    yield found, shown
                    found.release_conn()
                    return
                again = _AGAIN if method in _REPEATED else _LATER
                if found.status in again and not last:
                    raise _Again(_retry_after(found.headers.get("retry-after", ""), until))
                raise self._refused(found.status, shown, url)
            finally:
                if not found.closed:
                    found.close()  # what is left of it is nobody's next answer
        raise LedAstray(f"{shown_url(url)}: at most {REDIRECTS} redirects are followed, and it leads on")

    def _asked(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> BaseHTTPResponse:
        import urllib3

        sent = {"User-Agent": f"auditor/{__version__}", "Accept-Encoding": "identity", **headers}
        sent |= self._credentials.get(origin_of(url), {})
        pool = self._connections.to(url)
        try:
            return pool.urlopen(method, url, body=body, headers=sent, redirect=False, preload_content=False)
        except urllib3.exceptions.ProxyError as error:
            if (refused := refused_tunnel(url, error)) is not None:
                raise refused from None
            raise CutOff(f"the proxy {shown_url(proxy_for(url))} cannot be reached: {_why(error)}") from None
        except urllib3.exceptions.SSLError as error:
            why = f"{_why(error)}; SSL_CERT_FILE names further authorities to trust"
            raise RemoteFailure(f"{shown_url(url)} is not trusted: {why}") from None
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise CutOff(f"{shown_url(url)} cannot be reached: {_why(error)}") from None

    def _moved(self, url: str, location: str | None, method: str, status: int) -> str:
        shown = shown_url(url)
        if not location:
            raise LedAstray(f"{shown} leads on, and does not say where")
        if method not in ("GET", "HEAD") and status not in (307, 308):
            raise LedAstray(f"{shown} leads on, and what is sent there would be lost")
        new = checked_url(joined(url, location.partition("#")[0]), f"{shown} leads on to")
        if urlsplit(url).scheme == "https" and urlsplit(new).scheme != "https":
            raise LedAstray(f"{shown} leads on to http://: what comes so may be anybody's")
        if is_inner(urlsplit(new).hostname or "") and not is_inner(urlsplit(url).hostname or ""):
            raise LedAstray(f"{shown} leads on into the networks of this machine, which is not followed")
        return new

    def _refused(self, status: int, shown: str, url: str) -> RemoteFailure:
        if status == 407:
            return refused_by_proxy(url, status)
        if status in (404, 410):
            return NotThere(f"{shown} is not there ({status})")
        if status in (401, 403):
            sent = origin_of(url) in self._credentials
            why = "the credentials were refused: they may have expired" if sent else "it wants credentials"
            return NotAllowed(f"{shown} answers {status}: {why}{self._what and f'; {self._what}'}")
        return RemoteFailure(f"{shown} answers {status}")


class _Again(Exception):
    """Another attempt may help, after so many seconds if the server says."""

    def __init__(self, seconds: float | None = None) -> None:
        self.seconds = seconds


def too_much(what: str, size: int, limits: FetchLimits) -> TooMuch:
    """For a file that is larger than what is fetched."""
    return TooMuch(f"{what} holds {in_bytes(size)}; at most {in_bytes(limits.size)} are fetched (--fetch-size)")


def _blocks(found: BaseHTTPResponse, shown: str, method: str = "GET") -> Iterator[bytes]:
    """The body as it comes. `CutOff` where less comes than was said."""
    import urllib3

    said = found.headers.get("content-length", "")
    tells = said.isascii() and said.isdecimal() and len(said) < 19 and method != "HEAD" and found.status != 304
    left = int(said) if tells else None
    try:
        while block := found.read1(_BLOCK, decode_content=False):
            if left is not None:
                left -= len(block)
            yield block
    except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        raise CutOff(f"{shown}: the connection broke: {_why(error)}") from None
    if left:
        raise CutOff(f"{shown}: the connection ended {in_bytes(max(left, 0))} before the file did")


def _part_in(
    found: BaseHTTPResponse, shown: str, start: int, length: int, etag: str, until: float
) -> FilePart | None:  # fmt: skip
    now = found.headers.get("etag", "")
    if found.status == 416 or (etag and now != etag):
        raise NotThatContent(f"{shown} was exchanged while it was fetched: fetch it again")
    if found.status == 200:
        found.close()  # all of it comes, which nobody reads
        return None
    match = _PART.fullmatch(found.headers.get("content-range", ""))
    first, last, size = map(int, match.groups()) if match else (-1, -1, -1)
    if first != start or last + 1 != min(start + length, size):
        raise NotUnderstood(f"{shown} answers with another part of the file than was asked for")
    data = b"".join(_bounded(_blocks(found, shown), last + 1 - start, until, shown, "and was asked for no more"))
    if len(data) != last + 1 - start:
        raise NotUnderstood(f"{shown} answers with {len(data)} bytes, and says that they are {last + 1 - start}")
    return FilePart(data, size, now)


def _bounded(
    blocks: Iterator[bytes], most: int, until: float, shown: str, why: str = "which no listing has"
) -> Iterator[bytes]:  # fmt: skip
    size = 0
    for block in blocks:
        size += len(block)
        if size > most:
            raise TooMuch(f"{shown} answers with more than {in_bytes(most)}, {why}")
        if time.monotonic() > until:
            raise TooSlow(f"{shown} did not answer within {_DOCUMENT:g} s")
        yield block


def _retry_after(said: str, until: float) -> float | None:
    """Seconds that the server wants to be left alone, as far as anybody waits so long."""
    if not (said.isascii() and said.isdecimal() and len(said) < 10):
        return None
    return max(0.0, min(float(said), _LONGEST_WAIT, until - time.monotonic()))


def _why(error: BaseException) -> str:
    """What the system says, where it says something; else the kind of what went wrong."""
    kind = type(error).__name__
    return said_by_system(error) or _KINDS.get(kind, kind)


_KINDS = {
    "ReadTimeoutError": "no answer in time",
    "ConnectTimeoutError": "no answer in time",
    "ProtocolError": "it ended before all came",
}
