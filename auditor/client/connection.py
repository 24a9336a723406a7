"""One server, asked again where a connection breaks; certificates are held to, and no redirect is followed.

Through the proxy that the environment names, where it names one, as registries are (`remote.proxies`).
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from .. import __version__
from ..names import prose
from ..remote.failures import RemoteFailure, said_by_system
from ..remote.proxies import Connections, proxy_for, refused_by_proxy, refused_tunnel
from ..remote.urls import shown_url
from .address import ServerAddress
from .answers import CannotReach, ServerAnswer

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

_CONNECT, _READ = 10.0, 120.0  # seconds: a server that is asked to wait answers within 60
_ANSWER = 600.0  # seconds for a whole answer: one that drips comes to an end
_BLOCK = 1 << 16
_BY_PROXY = 407  # a status that no server answers itself
SMALL = 1 << 22
"""Bytes of an answer that holds no report."""

DELAYS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds between one attempt and the next, where the server says nothing else."""

_Body: TypeAlias = bytes | Iterable[bytes | memoryview] | None
_UNSAFE = ("POST", "PUT", "PATCH", "DELETE")


class ServerConnection:
    """Asks one server. Without a token it shows the server's own word (CSRF) wherever something is changed."""

    def __init__(self, address: ServerAddress, token: str = "", pause: Callable[[float], None] | None = None) -> None:
        from urllib3 import Timeout

        self.address = address
        self.pause = pause or time.sleep
        self._token = token
        self._shown: Mapping[str, str] | None = None  # headers that stand for a token where there is none
        timeout = Timeout(connect=_CONNECT, read=_READ)
        self._connections = Connections(num_pools=1, retries=False, timeout=timeout)

    def ask(
        self, method: str, path: str, *, document: Any = None, headers: Mapping[str, str] | None = None,
        most: int = SMALL,
    ) -> ServerAnswer:  # fmt: skip
        """The answer, after some attempts where none comes or the server cannot just now; `CannotReach` at last.

        Only for what may be asked twice.
        """
        body, more = None, dict(headers or {})
        if document is not None:
            body = json.dumps(document).encode()
            more["Content-Type"] = "application/json"
        for delay in self.delays():
            try:
                answer = self.once(method, path, body, headers=more, most=most)
            except CannotReach as error:
                if delay is None or error.final:
                    raise
            else:
                if delay is None or not answer.may_change:
                    return answer
                if answer.status == 429 and answer.retry_after is None and "retry-after" in answer.headers:
                    return answer  # longer than anybody waits
                delay = answer.retry_after or delay
            self.pause(delay)
        raise AssertionError("the last attempt answers or raises")

    def delays(self) -> Iterator[float | None]:
        """Seconds to wait before each further attempt; None behind the last."""
        for delay in DELAYS:
            yield delay * random.uniform(0.5, 1.0)  # a hundred clients are not to come back at the same moment
        yield None

    def once(
        self, method: str, path: str, body: _Body = None, *,
        headers: Mapping[str, str] | None = None, most: int = SMALL,
    ) -> ServerAnswer:  # fmt: skip
        """The answer to one attempt. A body in pieces needs its Content-Length among the headers."""
        sent = {"User-Agent": f"auditor/{__version__}", "Accept": "application/json", **(headers or {})}
        sent |= self._who(method)
        return self._answer(method, path, body, sent, most)

    def _who(self, method: str) -> Mapping[str, str]:
        if self._token:
            return {"Authorization": f"Bearer {self._token}"}
        if method not in _UNSAFE:
            return {}
        if self._shown is None:
            self._shown = self._csrf()
        return self._shown

    def _csrf(self) -> Mapping[str, str]:
        """What shows that no page of somebody else's sends the request."""
        answer = self._answer("GET", "/api/v1/whoami", None, {"Accept": "application/json"}, SMALL).expect(200)
        said = answer.document().get("csrf")
        cookie = answer.headers.get("set-cookie", "").partition(";")[0].strip()
        shown = {"Origin": self.address.origin}
        if isinstance(said, str) and said.isascii() and said.isprintable():
            shown["X-CSRF-Token"] = said
        if cookie.isascii() and cookie.isprintable() and "=" in cookie:
            shown["Cookie"] = cookie
        return shown

    def _answer(self, method: str, path: str, body: _Body, headers: Mapping[str, str], most: int) -> ServerAnswer:
        import urllib3

        where = self.address.text
        try:
            found = self._connections.to(where).urlopen(
                method, where + path, body=body, headers=headers, redirect=False, preload_content=False
            )
            data, cut = _read(found, most)
            found.release_conn()
            if found.status == _BY_PROXY:
                raise refused_by_proxy(where, found.status)
        except RemoteFailure as error:
            raise CannotReach(str(error), final=True) from None
        except urllib3.exceptions.ProxyError as error:
            if (refused := refused_tunnel(where, error)) is not None:
                raise CannotReach(str(refused), final=True) from None
            raise CannotReach(f"the proxy {shown_url(proxy_for(where))} cannot be reached: {_why(error)}") from None
        except urllib3.exceptions.SSLError as error:
            why = f"{_why(error)}; SSL_CERT_FILE names further authorities to trust"
            raise CannotReach(f"{where} is not trusted: {why}", final=True) from None
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise CannotReach(f"{where} cannot be reached: {_why(error)}") from None
        return ServerAnswer(
            where, found.status, {name.lower(): text for name, text in found.headers.items()}, data, cut
        )


def _read(answer: BaseHTTPResponse, most: int) -> tuple[bytes, bool]:
    """At most so many bytes of the body, and whether there are more."""
    until = time.monotonic() + _ANSWER
    data = bytearray()
    try:
        while len(data) <= most and (block := answer.read1(_BLOCK, decode_content=False)):
            data += block
            if time.monotonic() > until:
                raise TimeoutError(f"its answer takes longer than {_ANSWER:g} seconds")
    except BaseException:
        answer.close()  # what is left of it is nobody's next answer
        raise
    if len(data) > most:
        answer.close()
    return bytes(data[:most]), len(data) > most


def _why(error: BaseException) -> str:
    """What the system says, where it says something; else the end of what the library does."""
    return said_by_system(error) or prose(str(error).rpartition(": ")[2] or type(error).__name__, 200)
