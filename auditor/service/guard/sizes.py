"""How much a request may be: its address, its headers, its body. What is too much is not read."""

from __future__ import annotations

from collections.abc import Callable

from .asgi import GONE, App, Message, Receive, Reply, Scope, Send, header, refuse

_LONGEST_TARGET = 8192


class SizeGuard:
    """Refuses what is too big. ``body`` says of a request how many bytes its body may have."""

    def __init__(self, app: App, body: Callable[[Scope], int], header_bytes: int, headers: int = 64) -> None:
        self.app, self.body = app, body
        self.header_bytes, self.headers = header_bytes, headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if len(scope.get("raw_path") or b"") + len(scope.get("query_string") or b"") > _LONGEST_TARGET:
            detail, mend = f"the address has more than {_LONGEST_TARGET} bytes", "ask for less at once"
            await refuse(scope, send, 414, "address-too-long", detail, mend)
            return
        size = sum(len(name) + len(value) + 4 for name, value in scope["headers"])
        if size > self.header_bytes or len(scope["headers"]) > self.headers:
            detail = f"at most {self.headers} headers of {self.header_bytes} bytes in all are read"
            await refuse(scope, send, 431, "headers-too-big", detail, "send fewer or shorter headers")
            return
        most = self.body(scope)
        length = header(scope["headers"], b"content-length")
        detail, mend = f"the body has more than the {most} bytes that this address takes", "send less, or in pieces"
        if length is not None and int(length) > most:
            await refuse(scope, send, 413, "body-too-big", detail, mend)
            return
        answer = Reply(scope, send)
        came = 0

        async def received() -> Message:
            nonlocal came
            if answer.taken:
                return GONE
            message = await receive()
            came += len(message.get("body", b""))
            if came > most:
                await answer.refuse(413, "body-too-big", detail, mend)
                return GONE
            return message

        await answer.by(self.app, received)
