"""What every answer tells a browser: to guess nothing, to load nothing, and to be framed by nobody."""

from __future__ import annotations

from collections.abc import Collection

from .asgi import App, Message, Receive, Scope, Send, header, media_type

POLICY = b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
"""The Content-Security-Policy of an answer that has none of its own."""

_DRAWN = frozenset({"text/html", "image/svg+xml", "application/xhtml+xml", "application/xml", "text/xml"})
_API = "/api/"

_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    # Not "no-referrer": with that a form of our own pages would be sent with "Origin: null".
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"private, no-cache"),
)


class SecureHeaders:
    """Adds what an answer does not say itself. What the API draws is sandboxed, whatever it says.

    ``pages`` are addresses below ``/api/`` that are pages of the service, not documents of somebody's model.
    """

    def __init__(self, app: App, pages: Collection[str] = ()) -> None:
        self.app, self.pages = app, frozenset(pages)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        is_document = scope["path"].startswith(_API) and scope["path"] not in self.pages

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", []))
                there = {name.lower() for name, _ in headers}
                headers += [(name, value) for name, value in _ALWAYS if name not in there]
                message = {**message, "headers": _with_policy(headers, is_document)}
            await send(message)

        await self.app(scope, receive, sent)


def _with_policy(headers: list[tuple[bytes, bytes]], is_document: bool) -> list[tuple[bytes, bytes]]:
    policy = header(headers, b"content-security-policy")
    is_drawn = media_type(headers) in _DRAWN
    if policy is None:
        policy = POLICY + b"; sandbox" if is_drawn else POLICY
    elif is_document and is_drawn and not _is_sandboxed(policy):
        policy += b"; sandbox"
    return [pair for pair in headers if pair[0].lower() != b"content-security-policy"] + [
        (b"content-security-policy", policy)
    ]


def _is_sandboxed(policy: bytes) -> bool:
    return any(part.split()[:1] == [b"sandbox"] for part in policy.lower().split(b";"))
