"""No page of another origin makes a browser act: whatever it can send is refused."""

from __future__ import annotations

import asyncio
import hmac
from typing import Any
from urllib.parse import urlencode

import pytest

from auditor.service.guard.asgi import Message, Receive, Scope, Send
from auditor.service.guard.csrf import (
    ANONYMOUS_COOKIE,
    SESSION_COOKIE,
    Csrf,
    csrf_cookie,
    csrf_token,
    new_anonymous_cookie,
)

SECRET = bytes(range(32))
SESSION = "session-value"
RIGHT = csrf_token(SECRET, SESSION)
HOST = "audits.example.org"
OURS = {"origin": f"https://{HOST}"}
COOKIE = {"cookie": f"other=1; {SESSION_COOKIE}={SESSION}"}
FORM = "application/x-www-form-urlencoded"
BOUNDARY = "multipart/form-data; boundary=xyz"


def asked(
    headers: dict[str, str], method: str = "POST", body: bytes = b"", step: int = 1 << 16,
    path: str = "/x", needs_token: bool = False,
) -> tuple[int, bytes]:  # fmt: skip
    """The status, and the body as the application got it; the body comes in steps of so many bytes."""
    got: list[bytes] = []
    statuses: list[int] = []
    pieces = [body[i : i + step] for i in range(0, len(body), step)] or [b""]

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        more = True
        while more:
            message = await receive()
            got.append(message.get("body", b""))
            more = message.get("more_body", False)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def receive() -> Message:
        piece = pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    pairs = [(name.encode(), value.encode("latin-1")) for name, value in {"host": HOST, **headers}.items()]
    scope: Any = {"type": "http", "method": method, "path": path, "headers": pairs, "query_string": b""}
    asyncio.run(Csrf(app, SECRET, needs_token)(scope, receive, send))
    return statuses[0], b"".join(got)


def test_the_token_is_an_hmac_of_the_cookie() -> None:
    """HMAC-SHA256 (RFC 2104), with a word before the cookie so that it is of no other use."""
    assert hmac.new(SECRET, b"csrf\0session-value", "sha256").hexdigest() == RIGHT
    assert len({csrf_token(SECRET, new_anonymous_cookie()) for _ in range(100)}) == 100


def test_the_session_s_cookie_counts_before_the_anonymous_one() -> None:
    assert csrf_cookie({SESSION_COOKIE: "a", ANONYMOUS_COOKIE: "b"}) == "a"
    assert csrf_cookie({ANONYMOUS_COOKIE: "b"}) == "b"
    assert csrf_cookie({}) is None


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_what_changes_nothing_needs_nothing(method: str) -> None:
    assert asked({}, method)[0] == 200
    assert asked({**COOKIE, "origin": "https://evil.example"}, method)[0] == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_bearer_token_is_enough(method: str) -> None:
    """No page of another origin can send one: the browser would ask us before."""
    assert asked({"authorization": "Bearer x"}, method)[0] == 200
    assert asked({"authorization": "bearer x", "origin": "https://evil.example"}, method)[0] == 200


GOOD = {**COOKIE, **OURS, "x-csrf-token": RIGHT}


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "change",
    [
        {},
        {"sec-fetch-site": "same-origin"},
        {"origin": None, "sec-fetch-site": "same-origin"},
        {"origin": None, "sec-fetch-site": "none"},
        {"origin": f"http://{HOST}:8000", "host": f"{HOST}:8000"},
        {"origin": "http://[::1]:8000", "host": "[::1]:8000"},
        {"origin": f"https://{HOST.upper()}"},
        {"cookie": f"{ANONYMOUS_COOKIE}=anon", "x-csrf-token": csrf_token(SECRET, "anon")},
    ],
)
def test_a_page_of_ours_may(method: str, change: dict[str, str | None]) -> None:
    headers = {name: value for name, value in {**GOOD, **change}.items() if value is not None}
    assert asked(headers, method)[0] == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "change",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "https://["},
        {"origin": f"https://{HOST}.evil.example"},
        {"origin": f"https://{HOST}:444"},
        {"origin": f"https://evil@{HOST}"},
        {"origin": None},
        {"origin": None, "sec-fetch-site": "cross-site"},
        {"origin": None, "sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site"},
        {"origin": None, "sec-fetch-site": ""},
        {"x-csrf-token": None},
        {"x-csrf-token": ""},
        {"x-csrf-token": RIGHT[:-1] + ("0" if RIGHT[-1] != "0" else "1")},
        {"x-csrf-token": "\xe9"},
        {"x-csrf-token": csrf_token(SECRET, "")},
        {"x-csrf-token": csrf_token(b"another", SESSION)},
        {"cookie": None},
        {"cookie": f"{SESSION_COOKIE}=another"},
        {"cookie": f"{SESSION_COOKIE}="},
        {"cookie": f"{SESSION_COOKIE}=; x", "x-csrf-token": csrf_token(SECRET, "")},
        {"authorization": "Basic eDp5", "x-csrf-token": None},
        {"authorization": "Bearer x", "x-csrf-token": None},  # the cookie counts
    ],
)
def test_nobody_else_may(method: str, change: dict[str, str | None]) -> None:
    headers = {name: value for name, value in {**GOOD, **change}.items() if value is not None}
    assert asked(headers, method)[0] == 403


def test_a_program_that_shows_no_token_is_told_so_where_one_is_needed() -> None:
    """401 says what to bring (RFC 9110); of a browser's session, and of a page, the reason stays what it is."""
    assert asked({}, path="/api/v1/models", needs_token=True)[0] == 401
    assert asked({}, path="/api/v1/models", needs_token=False)[0] == 403
    assert asked({}, path="/upload", needs_token=True)[0] == 403
    assert asked(COOKIE, path="/api/v1/models", needs_token=True)[0] == 403


def part(name: str, value: str, more: str = "") -> bytes:
    return f'--xyz\r\nContent-Disposition: form-data; name="{name}"\r\n{more}\r\n{value}\r\n'.encode()


@pytest.mark.parametrize("step", [1, 7, 1 << 16])
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (FORM, urlencode({"name": "a&b=c", "csrf": RIGHT}).encode()),
        (BOUNDARY, part("csrf", RIGHT) + part("file", "x" * 100_000) + b"--xyz--\r\n"),
        (BOUNDARY, part("csrf", RIGHT, "Content-Type: text/plain\r\n") + b"--xyz--\r\n"),
    ],
)
def test_a_form_carries_it_and_arrives_whole(kind: str, body: bytes, step: int) -> None:
    body = body if step > 1 else body.replace(b"x" * 99_000, b"")
    status, got = asked({**COOKIE, **OURS, "content-type": kind}, body=body, step=step)
    assert status == 200
    assert got == body


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (FORM, b"csrf=wrong"),
        (FORM, b""),
        (FORM, b"a&" * 5000 + b"csrf=" + RIGHT.encode()),
        (BOUNDARY, part("file", "x") + part("csrf", RIGHT) + b"--xyz--\r\n"),  # behind what may be gigabytes
        (BOUNDARY, part("csrf", "wrong") + b"--xyz--\r\n"),
        (BOUNDARY, part("csrf2", RIGHT) + b"--xyz--\r\n"),
        (BOUNDARY, b"x" * 100_000),
        (BOUNDARY, b""),
        ("text/plain", f"csrf={RIGHT}".encode()),
        ("application/json", f'{{"csrf": "{RIGHT}"}}'.encode()),
    ],
)
def test_a_form_without_it_is_refused(kind: str, body: bytes) -> None:
    assert asked({**COOKIE, **OURS, "content-type": kind}, body=body)[0] == 403
