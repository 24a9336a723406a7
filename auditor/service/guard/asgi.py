"""What the guards have in common: the words of ASGI, and an answer that says no.

They are plain ASGI applications around another one, so that none depends on a framework or on the routes.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from http import HTTPStatus
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = Iterable[tuple[bytes, bytes]]

PROBLEM = b"application/problem+json"
"""The media type of every error (RFC 9457)."""

UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})

CLOSE = (b"connection", b"close")
GONE: Message = {"type": "http.disconnect"}


def state_of(scope: Scope) -> dict[str, Any]:
    """What the guards and the routes tell each other of a request: ``request.state`` in a route."""
    state: dict[str, Any] = scope.setdefault("state", {})
    return state


def header(headers: Headers, name: bytes) -> bytes | None:
    """The first value of a header, by its name in small letters."""
    return next((value for key, value in headers if key.lower() == name), None)


def media_type(headers: Headers) -> str:
    """What a body says that it is, without its parameters; "" where it says nothing."""
    value = header(headers, b"content-type") or b""
    return value.decode("latin-1").partition(";")[0].strip().lower()


def problem(scope: Scope, status: int, code: str, detail: str, mend: str) -> bytes:
    """The document of an error, as the routes' own look."""
    document = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "mend": mend,
        "request_id": state_of(scope).get("request_id", ""),
    }
    return json.dumps(document).encode()


async def refuse(scope: Scope, send: Send, status: int, code: str, detail: str, mend: str, more: Headers = ()) -> None:
    """Reply with a problem, and headers ``more``."""
    body = problem(scope, status, code, detail, mend)
    headers = [(b"content-type", PROBLEM), (b"content-length", str(len(body)).encode()), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class Reply:
    """The application's answer. Until it has begun, a guard may give another one in its place."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope, self._send = scope, send
        self.begun = False
        self.taken = False

    async def send(self, message: Message) -> None:
        """What the application sends; after `refuse` nothing of it leaves."""
        if not self.taken:
            self.begun = True
            await self._send(message)

    async def refuse(self, status: int, code: str, detail: str, mend: str, more: Headers = ()) -> None:
        """Reply in the application's place. Of an answer that has begun the rest is only left out."""
        begun, self.taken = self.begun, True
        if not begun:
            await refuse(self._scope, self._send, status, code, detail, mend, more)

    async def by(self, app: App, receive: Receive) -> None:
        """Let the application answer. What it raises after its answer was taken is of no interest."""
        try:
            await app(self._scope, receive, self.send)
        except Exception:
            if not self.taken:
                raise


async def body_of(receive: Receive) -> tuple[bytes, Receive] | None:
    """A body to its end, and what gives it out once more; None where the client went away before."""
    parts = []
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return None
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    body = b"".join(parts)
    return body, again([{"type": "http.request", "body": body, "more_body": False}], receive)


def again(messages: list[Message], receive: Receive) -> Receive:
    """A ``receive`` that first gives what has come already."""
    there = list(reversed(messages))

    async def received() -> Message:
        return there.pop() if there else await receive()

    return received
