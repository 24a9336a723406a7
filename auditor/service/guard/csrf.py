"""A browser must not be made to act for somebody by a page that is not ours.

Every unsafe request that carries the session's cookie, or shows no bearer token, has to come from a page of the
service: its ``Origin`` and ``Sec-Fetch-Site`` say so, and it knows a token that only such a page can read. Without a
token of the service (``--no-auth``, or before a login) anybody's page could otherwise post. The token is an HMAC of a
cookie, so that nothing is stored; no page of another origin can send the header ``Authorization`` without being asked.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from .asgi import GONE, UNSAFE, App, Message, Receive, Scope, Send, again, body_of, header, media_type, refuse

SESSION_COOKIE = "auditor_session"
ANONYMOUS_COOKIE = "auditor_csrf"
"""Of a browser without a session: 32 random bytes, so that there is something for a token to be made of."""

FIELD = "csrf"
"""The form's field with the token. In multipart/form-data it has to be the first one, before any file."""

_LONGEST = 8192
_FIRST = re.compile(
    rb'content-disposition: *form-data; *name="csrf"\r\n(?:[^\r\n]+\r\n)*\r\n([^\r\n]*)\r\n', re.IGNORECASE
)


def csrf_token(secret: bytes, cookie: str) -> str:
    """The token that belongs to a cookie's value."""
    return hmac.new(secret, b"csrf\0" + cookie.encode("utf-8", "surrogateescape"), "sha256").hexdigest()


def csrf_cookie(cookies: Mapping[str, str]) -> str | None:
    """The value that the token of these cookies is made of: the session's, else the anonymous one's."""
    return cookies.get(SESSION_COOKIE) or cookies.get(ANONYMOUS_COOKIE)


def new_anonymous_cookie() -> str:
    """A value for `ANONYMOUS_COOKIE` (HttpOnly, SameSite=Strict, Path=/)."""
    return secrets.token_urlsafe(32)


def cookies_of(scope: Scope) -> dict[str, str]:
    """The request's cookies. Of two with one name the first counts: a browser sends that of the longer path first."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        if name.lower() == b"cookie":
            for part in value.decode("latin-1").split(";"):
                key, _, said = part.strip().partition("=")
                found.setdefault(key, said.strip('"'))
    return found


class Csrf:
    """Refuses unsafe requests that a foreign page may have sent.

    ``needs_token``: nobody may do anything without having shown a token, so that a program that shows none is told
    this (401), and not what only pages need.
    """

    def __init__(self, app: App, secret: bytes, needs_token: bool = False) -> None:
        self.app, self._secret, self._needs_token = app, secret, needs_token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in UNSAFE:
            await self.app(scope, receive, send)
            return
        cookies = cookies_of(scope)
        if SESSION_COOKIE not in cookies and _shows_token(scope):
            await self.app(scope, receive, send)
            return
        if not _is_from_here(scope):
            await self._forbid(scope, send, cookies, "the request does not come from a page of this server")
            return
        cookie = csrf_cookie(cookies)
        said, receive = await _said(scope, receive)
        if cookie is None or not hmac.compare_digest(csrf_token(self._secret, cookie).encode(), said):
            await self._forbid(scope, send, cookies, "the request does not carry the token of its cookie")
            return
        await self.app(scope, receive, send)

    async def _forbid(self, scope: Scope, send: Send, cookies: Mapping[str, str], detail: str) -> None:
        if self._needs_token and SESSION_COOKIE not in cookies and scope["path"].startswith("/api/"):
            mend = "send Authorization: Bearer TOKEN, or log in"
            more = [(b"www-authenticate", b"Bearer")]
            await refuse(scope, send, 401, "no-token", "this needs a token that holds", mend, more)
            return
        mend = "send a bearer token; or, from a page, X-CSRF-Token as GET /api/v1/whoami says it, with its cookie"
        await refuse(scope, send, 403, "csrf", detail, mend)


def _shows_token(scope: Scope) -> bool:
    """A bearer token: "Basic" may come from a link with a name and a password in it."""
    return (header(scope["headers"], b"authorization") or b"")[:7].lower() == b"bearer "


def _is_from_here(scope: Scope) -> bool:
    """Whether the browser says so; what says nothing is no browser of today, or no page of ours."""
    origin = header(scope["headers"], b"origin")
    site = header(scope["headers"], b"sec-fetch-site")
    if origin is None and site is None:
        return False
    if site is not None and site not in (b"same-origin", b"none"):
        return False
    host = (header(scope["headers"], b"host") or b"").decode("latin-1").lower()
    return origin is None or (bool(host) and _place(origin) == host)


def _place(origin: bytes) -> str:
    """Host and port, as the header ``Host`` has them: the scheme is not ours to know behind a proxy."""
    try:
        return urlsplit(origin.decode("latin-1").lower()).netloc
    except ValueError:
        return ""


async def _said(scope: Scope, receive: Receive) -> tuple[bytes, Receive]:
    """The token that the request shows, and what still gives its whole body."""
    shown = header(scope["headers"], b"x-csrf-token")
    if shown is not None:
        return shown, receive
    match media_type(scope["headers"]):
        case "application/x-www-form-urlencoded":
            came = await body_of(receive)
            if came is None:
                return b"", _gone
            fields = parse_qs(came[0].decode("latin-1"), max_num_fields=1000) if came[0].count(b"&") < 1000 else {}
            return fields.get(FIELD, [""])[0].encode(), came[1]
        case "multipart/form-data":
            return await _first_field(receive)
        case _:
            return b"", receive


async def _first_field(receive: Receive) -> tuple[bytes, Receive]:
    """What is read of the body here is given out again: a file behind it is not waited for."""
    messages: list[Message] = []
    came = b""
    while len(came) < _LONGEST:
        message = await receive()
        messages.append(message)
        if message["type"] != "http.request":
            break
        came += message.get("body", b"")
        if (found := _field_of(came)) is not None:
            return found, again(messages, receive)
        if not message.get("more_body", False):
            break
    return b"", again(messages, receive)


def _field_of(came: bytes) -> bytes | None:
    """The first part's content, where it is the field and there whole."""
    _, _, part = came[:_LONGEST].partition(b"\r\n")  # behind the boundary
    found = _FIRST.match(part)
    return found[1] if found else None


async def _gone() -> Message:
    return GONE
