"""A body has to come: one that stalls or crawls is ended with 408, and its connection closed.

uvicorn waits for ever. Only the time that somebody waits for the client counts, so a slow disk of ours accuses nobody.
An answer that is given before the body has come would be lost in the reset that follows a close with unread bytes
(RFC 9112, section 9.6): behind it a little is read and thrown away.
"""

from __future__ import annotations

import asyncio

from ...tuples import NamedTuple
from .asgi import CLOSE, GONE, App, Message, Receive, Reply, Scope, Send, header, state_of

_SMALL = 1 << 16  # a body that is read to its end before the answer, so that the connection may stay
_UNWANTED = 1 << 23  # bytes that are read behind an answer, at most
_HELD = 1.0  # seconds more for what came while this process was held itself, and could not read it


class Pace(NamedTuple):
    """How a body has to come."""

    stall: float = 20.0  # seconds without a byte
    rate: float = 1024.0  # bytes a second, at least
    window: float = 30.0  # seconds over which that is measured
    linger: float = 2.0  # seconds for which bytes are read that nobody wants


class Paced:
    """Holds bodies to a pace. It stands outside of whatever may answer before a body has come."""

    def __init__(self, app: App, pace: Pace) -> None:
        self.app, self.pace = app, pace

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        upload = _Upload(scope, receive, self.pace)
        answer = Reply(scope, upload.sender(send))
        upload.answer = answer
        await answer.by(self.app, upload.receive)


class _Upload:
    """A body on its way."""

    answer: Reply

    def __init__(self, scope: Scope, receive: Receive, pace: Pace) -> None:
        self._scope, self._receive, self._pace = scope, receive, pace
        self._whole = self._gone = self._late = False
        self._waiting = 0  # receivers
        self._waited, self._came = 0.0, 0  # since the rate was measured last

    async def receive(self) -> Message:
        """The next message. To the application a client that is too slow looks as one that went away."""
        if self._late:
            return GONE
        if self._whole or self._gone:
            return await self._receive()  # until the client goes away, which may take as long as it likes
        clock = asyncio.get_running_loop().time
        began = clock()
        self._waiting += 1
        try:
            message = await self._within(self._pace.stall) or await self._within(min(_HELD, self._pace.stall))
        finally:
            self._waiting -= 1
        if message is None:
            return await self._too_slow(f"no byte came for {self._pace.stall:g} seconds")
        self._note(message)
        self._waited += min(clock() - began, self._pace.stall)
        self._came += len(message.get("body", b""))
        if self._waited >= self._pace.window and not self._whole and not self._gone:
            if self._came < self._pace.rate * self._waited:
                return await self._too_slow(f"fewer than {self._pace.rate:g} bytes a second came")
            self._waited, self._came = 0.0, 0
        return message

    async def _within(self, seconds: float) -> Message | None:
        try:
            async with asyncio.timeout(seconds):
                return await self._receive()
        except TimeoutError:
            return None

    def _note(self, message: Message) -> None:
        if message["type"] == "http.disconnect":
            self._gone = state_of(self._scope)["gone"] = True
        else:
            self._whole = not message.get("more_body", False)

    async def _too_slow(self, detail: str) -> Message:
        self._late = True
        await self.answer.refuse(
            408, "too-slow", detail, "send the body without a pause, or in smaller pieces", [CLOSE]
        )
        return GONE

    def sender(self, send: Send) -> Send:
        """What sends an answer, and closes the connection behind it where a body is still on its way."""
        closing = False

        async def sent(message: Message) -> None:
            nonlocal closing
            if message["type"] == "http.response.start":
                if self._is_small():
                    await self._drain()
                closing = not self._whole and not self._gone
                if closing and CLOSE not in message.get("headers", []):
                    message = {**message, "headers": [*message.get("headers", []), CLOSE]}
            elif closing and not message.get("more_body", False):
                await send({**message, "more_body": True})
                if not self._late and not self._expects():
                    await self._drain()
                message = {"type": "http.response.body", "body": b"", "more_body": False}
            await send(message)

        return sent

    async def _drain(self) -> None:
        if self._waiting:
            return  # the application listens itself
        try:
            async with asyncio.timeout(min(self._pace.linger, self._pace.stall)):
                read = 0
                while not self._whole and not self._gone and read < _UNWANTED:
                    message = await self._receive()
                    read += len(message.get("body", b""))
                    self._note(message)
        except TimeoutError:
            pass

    def _is_small(self) -> bool:
        length = header(self._scope["headers"], b"content-length") or b"0"
        chunked = header(self._scope["headers"], b"transfer-encoding") is not None
        return not (chunked or self._late or self._expects()) and int(length) <= _SMALL

    def _expects(self) -> bool:
        """Whether the client sends nothing before it is asked to ("100-continue"). To read is to ask."""
        return header(self._scope["headers"], b"expect") is not None
