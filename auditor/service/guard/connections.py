"""What has to be bounded below ASGI: connections, and the time until a request's header is there.

uvicorn closes a connection that rests between two requests, and no other: one that sends nothing, a header that comes a
byte a second, or an answer that nobody takes stay for ever (uvicorn 0.54: 20 of 20). It has no settings for them; its
protocol is an `asyncio.Protocol`, of which this one watches the events and nothing else.
"""

from __future__ import annotations

import json
import logging
import socket
import sys
from asyncio import TimerHandle, Transport
from http import HTTPStatus
from typing import Any, ClassVar, cast
from uuid import uuid4

from uvicorn.protocols.http.h11_impl import H11Protocol

from ...tuples import NamedTuple

_log = logging.getLogger("auditor.access")


class ConnectionBounds(NamedTuple):
    """Of connections."""

    connections: int = 512  # at once
    header: float = 10.0  # seconds from a header's first byte (or the connection's begin) to its last
    unread: float = 30.0  # seconds in which a client takes none of an answer


class Guarded(H11Protocol):
    """A connection within bounds."""

    bounds: ClassVar[ConnectionBounds] = ConnectionBounds()
    _header_timer: TimerHandle | None = None
    _unread_timer: TimerHandle | None = None
    _heard = False  # a byte of a header has come

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # uvicorn narrows it, too
        super().connection_made(transport)
        _send_at_once(transport)
        if len(self.connections) > self.bounds.connections and not self._make_room():
            self._say(503, "crowded", "too many connections are open", "try again later", b"retry-after: 1\r\n")
        else:
            self._await_header()

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._stop(self._header_timer)
            self._header_timer, self._heard = None, False
        elif before is None or before.response_complete:
            self._heard = True
            if self._header_timer is None:
                self._await_header()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop(self._header_timer)
        self._stop(self._unread_timer)
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread_timer = self.loop.call_later(self.bounds.unread, self.transport.abort)

    def resume_writing(self) -> None:
        self._stop(self._unread_timer)
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP. The parser's error, which is being handled, knows whether it was only too long."""
        status = getattr(sys.exc_info()[1], "error_status_hint", 400)
        if self.cycle is not None and not self.cycle.response_complete:
            self.transport.abort()  # the body of a request that is being answered: nothing can be said any more
            return
        mend = "send HTTP/1.1 (RFC 9112)" if status == 400 else "send fewer or shorter headers"
        self._say(status, "http", "the request cannot be read", mend)

    def _make_room(self) -> bool:
        """Whether another connection rested between two requests; it is closed."""
        resting = (one for one in self.connections if isinstance(one, Guarded) and one.timeout_keep_alive_task)
        another = next(resting, None)
        if another is not None:
            another.timeout_keep_alive_handler()
        return another is not None

    def _await_header(self) -> None:
        self._header_timer = self.loop.call_later(self.bounds.header, self._header_is_late)

    def _header_is_late(self) -> None:
        if self._heard:
            self._say(408, "too-slow", "the header did not come in time", "send it at once")
        else:
            self._close()

    def _say(self, status: int, code: str, detail: str, mend: str, more: bytes = b"") -> None:
        """Write an answer past the parser, which is in the middle of something, and close."""
        phrase = HTTPStatus(status).phrase
        request_id = uuid4().hex
        client = self.client[0] if self.client else ""
        _log.info("refused", extra={"fields": {"status": status, "client": client, "request_id": request_id}})
        document: dict[str, Any] = {"type": "about:blank", "title": phrase, "status": status, "detail": detail}
        body = json.dumps({**document, "code": code, "mend": mend, "request_id": request_id}).encode()
        self.transport.write(
            b"HTTP/1.1 %d %s\r\ncontent-type: application/problem+json\r\ncontent-length: %d\r\nx-request-id: %s\r\n"
            b"x-content-type-options: nosniff\r\n%sconnection: close\r\n\r\n%s"
            % (status, phrase.encode(), len(body), request_id.encode(), more, body)
        )
        self._close()

    def _close(self) -> None:
        """Also where the client does not take what was written: then `close` alone would wait for it."""
        self.transport.close()
        self._unread_timer = self.loop.call_later(self.bounds.unread, self.transport.abort)

    def _stop(self, timer: TimerHandle | None) -> None:
        if timer is not None:
            timer.cancel()


def _send_at_once(transport: Transport) -> None:
    """A header and its body are two writes: by Nagle's algorithm the second waits for the client's delayed ACK, 40 ms.

    asyncio sees to that only where the listening socket was made with a protocol's number (python/cpython#83939).
    """
    its = transport.get_extra_info("socket")
    if its is not None and its.family in (socket.AF_INET, socket.AF_INET6):
        its.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def protocol_within(bounds: ConnectionBounds) -> type[H11Protocol]:
    """The protocol for uvicorn, which makes one of it for each connection."""
    return cast(type[H11Protocol], type("GuardedWithin", (Guarded,), {"bounds": bounds}))
