"""A fault of ours is a problem with the request's id; its traceback stands in the log, and only there.

A page of the service may say in its own way what is wrong: that is left to it.
"""

from __future__ import annotations

import logging

from .asgi import PROBLEM, App, Message, Receive, Scope, Send, header, media_type, refuse, state_of

_SAID_WELL = frozenset({PROBLEM.decode(), "text/html"})
_log = logging.getLogger("auditor.faults")


class Faults:
    """Answers what the application raises, and says as a problem whatever it answers of 5xx in another way."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = False
        held: Message | None = None  # the start of an answer that is said in another way

        async def sent(message: Message) -> None:
            nonlocal begun, held
            if message["type"] == "http.response.start":
                headers = message.get("headers", [])
                if message["status"] >= 500 and media_type(headers) not in _SAID_WELL:
                    held = message
                    return
                begun = True
            if held is None:
                await send(message)

        try:
            await self.app(scope, receive, sent)
        except Exception as error:
            if type(error).__name__ == "ClientDisconnect" and state_of(scope).get("gone"):
                return  # it does not wait for an answer
            _log.error("%s %s failed", scope["method"], scope["path"][:500], exc_info=error)
            if begun:
                raise  # the server closes the connection: the client must not take a part for the whole
            held = {"status": 500}
        if held is not None and not begun:
            kept = [(b"retry-after", after)] if (after := header(held.get("headers", []), b"retry-after")) else []
            detail = "the service failed to answer this request"
            mend = "try again; if it fails again, report the request id"
            await refuse(scope, send, held["status"], "fault", detail, mend, kept)
