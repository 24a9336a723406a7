"""Each guard around a tiny application, over a real socket where bytes matter."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from auditor.service.context import ServiceLimits
from auditor.service.guard.access import REQUEST_ID, Answered
from auditor.service.guard.asgi import Receive, Scope, Send
from auditor.service.guard.connections import ConnectionBounds
from auditor.service.guard.hosts import name_of
from auditor.service.guard.pace import Pace, Paced
from auditor.service.guard.rates import _MOST, Buckets, Rate
from auditor.service.guard.stack import guarded
from auditor.service.guard.texts import Texts, deepest
from tests.pace import HANG

from .wire import Client, Heard, Running, once, request, running, waited

BEARER = "Authorization: Bearer x"
JSON = "Content-Type: application/json"
LIMITS = ServiceLimits(body=100_000, model=500_000, upload=1_000_000, headers=4096, depth=8, rate=1e6, burst=10**6)


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with what it read, as the path asks it to."""
    path, kind, status = scope["path"], b"application/json", 200
    if path == "/raise":
        raise RuntimeError("a secret of the inside")
    if path == "/early":  # nothing is read
        body = b"early"
    else:
        read, more = b"", True
        while more:
            message = await receive()
            read += message.get("body", b"")
            more = message.get("more_body", False)
        body = json.dumps({"bytes": len(read), "id": REQUEST_ID.get()}).encode()
    headers = []
    match path:
        case "/plain-500":
            status, kind, body = 500, b"text/plain", b"Internal Server Error"
        case "/page-503":
            status, kind = 503, b"text/html"
        case "/busy":
            status, kind, headers = 503, b"text/plain", [(b"retry-after", b"7")]
        case "/page" | "/api/page":
            kind, headers = b"text/html", [(b"content-security-policy", b"default-src 'self'")]
        case "/html" | "/api/html":
            kind = b"text/html; charset=utf-8"
        case "/api/v1/badges/abc.svg":
            kind, headers = b"image/svg+xml", [(b"cross-origin-resource-policy", b"cross-origin")]
        case "/api/scripts":
            kind, headers = b"text/html", [(b"content-security-policy", b"default-src 'self'; sandbox allow-scripts")]
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), *headers]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    if path == "/half":
        await send({"type": "http.response.body", "body": body[:5], "more_body": True})
        raise RuntimeError("too late to say so")
    await send({"type": "http.response.body", "body": body})


SEEN: list[Answered] = []


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    app = guarded(echo, LIMITS, b"secret", ["Audits.Example.org:8443"], SEEN.append)
    with running(app, ConnectionBounds()) as found:
        yield found


# --- who is asked


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:1", "[::1]:8000", "LOCALHOST", "localhost.",
                                  "audits.example.org", "audits.example.org:9", "AUDITS.example.ORG."])  # fmt: skip
def test_it_knows_its_names(server: Running, host: str) -> None:
    assert once(server.port, "GET", "/", host=host).status == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "localhost.evil.example", "127.0.0.1.nip.io", "",
                                  "10.0.0.1", "localhost@evil.example", "[::2]", "audits.example.org.evil.example",
                                  "evil.example:80:localhost"])  # fmt: skip
def test_it_answers_to_no_other_name(server: Running, host: str) -> None:
    """A page whose name points to this machine says its own name: DNS rebinding."""
    heard = once(server.port, "GET", "/", host=host)
    assert heard.status == 421
    assert heard.code == "host"
    assert heard.headers["content-type"] == "application/problem+json"


def test_probes_come_by_any_name(server: Running) -> None:
    assert once(server.port, "GET", "/healthz", host="10.1.2.3").status == 200
    assert once(server.port, "GET", "/healthz/x", host="10.1.2.3").status == 421


@pytest.mark.parametrize(
    ("host", "name"), [("[::1]:8000", "::1"), ("::1", "::1"), ("A.b.:80", "a.b"), ("a:b:c", "a:b:c")]
)
def test_the_name_of_a_host(host: str, name: str) -> None:
    assert name_of(host) == name


# --- how much


@pytest.mark.parametrize(
    ("method", "path", "kind", "most"),
    [
        ("POST", "/x", JSON, LIMITS.body),
        ("POST", "/x", "Content-Type: application/octet-stream", LIMITS.body),
        ("POST", "/api/v1/models", JSON, LIMITS.body),
        ("POST", "/api/v1/models", "Content-Type: application/octet-stream", LIMITS.model + 65536),
        ("PATCH", "/api/v1/uploads/12ab", "Content-Type: application/offset+octet-stream", LIMITS.upload),
        ("PATCH", "/api/v1/uploads/12ab", "X-No: type", LIMITS.body),
        ("PATCH", "/api/v1/uploads/12ab", JSON, LIMITS.body),
        ("PATCH", "/api/v1/uploads/12ab/x", "Content-Type: application/offset+octet-stream", LIMITS.body),
    ],
)  # fmt: skip
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_has_its_limit(server: Running, method: str, path: str, kind: str, most: int, chunked: bool) -> None:
    """One byte more is refused, and the answer is there although the client goes on to send."""
    for more, status in ((0, 200), (1, 413)):
        body = b" " * (most + more)
        headers = [BEARER, kind]
        if chunked:
            headers.append("Transfer-Encoding: chunked")
            body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
        heard = once(server.port, method, path, *headers, body=body)
        assert heard.status == status
        if status == 200:
            assert heard.document["bytes"] == most
        else:
            assert heard.code == "body-too-big"
    assert server.settled()


def test_headers_have_a_limit(server: Running) -> None:
    assert once(server.port, "GET", "/", f"X-Long: {'x' * 3900}").status == 200
    for headers in ([f"X-Long: {'x' * 4100}"], [f"X-{i}: 1" for i in range(70)], [f"X-Long: {'x' * 300_000}"]):
        heard = once(server.port, "GET", "/", *headers)
        assert heard.status == 431
        assert heard.headers["content-type"] == "application/problem+json"
    assert once(server.port, "GET", f"/?{'x' * 8200}").status == 414


@pytest.mark.parametrize("junk", [b"\x00\x01\x02\r\n\r\n", b"GET\r\n\r\n",
                                  b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n",
                                  b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
                                  b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
                                  b"GET / HTTP/1.1\r\nHost: localhost\r\nBad Name: x\r\n\r\n"])  # fmt: skip
def test_what_is_no_http_is_a_problem(server: Running, junk: bytes, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    with Client(server.port) as client:
        client.send(junk)
        heard = client.hear()
    assert heard.status == 400
    assert heard.code == "http"
    assert heard.closed
    ids = [getattr(record, "fields", {}).get("request_id") for record in caplog.records]
    assert heard.headers["x-request-id"] == heard.document["request_id"] in ids
    assert (heard.document["type"], heard.document["title"]) == ("about:blank", "Bad Request")  # RFC 9457, 4.2.1


def test_junk_behind_an_answer_is_told_and_junk_in_a_body_is_not(server: Running) -> None:
    """Of a body that is being read nothing can be said: another answer may be on its way."""
    with Client(server.port) as client:
        assert client.ask("GET", "/").status == 200
        client.send(b"\0\r\n\r\n")
        heard = client.hear()
        assert (heard.status, heard.code, heard.closed) == (400, "http", True)
    with Client(server.port) as client:
        client.send(request("POST", "/x", BEARER, "Transfer-Encoding: chunked", body=b"no length\r\n"))
        assert client.hear() == Heard(0, {}, b"", True)


def test_a_length_and_chunks_are_not_both_believed(server: Running) -> None:
    """Smuggling: what stands behind the chunks is no request of its own (RFC 9112, section 6.3)."""
    with Client(server.port) as client:
        both = ("Content-Length: 4", "Transfer-Encoding: chunked")
        client.send(request("POST", "/x", BEARER, *both, body=b"0\r\n\r\n") + request("GET", "/smuggled"))
        heard = client.hear("POST", to_the_end=False)
    assert heard.status in (200, 400)
    assert heard.status == 400 or heard.document["bytes"] == 0


# --- what


def test_json_may_nest_so_deep(server: Running) -> None:
    depth = LIMITS.depth
    assert once(server.port, "POST", "/x", BEARER, JSON, body=b"[" * depth + b"]" * depth).status == 200
    for body in (b"[" * (depth + 1) + b"]" * (depth + 1), b"[" * 90_000, b'{"a":' * 10_000):
        heard = once(server.port, "POST", "/x", BEARER, JSON, body=body)
        assert heard.status == 400
        assert heard.code == "json"


@pytest.mark.parametrize(
    ("body", "depth"),
    [
        (b"", 0), (b"1", 0), (b"[]", 1), (b"[[],[[]]]", 3), (b'{"a": [1, {"b": 2}]}', 3), (b'"[[[["', 0),
        (b'["\\"[[[["]', 1), (b'["\\\\", [[]]]', 3), (b'"\\\\"[[', 2), (b'["a', 1), (b'["\\', 1), (b"]]]][[", 0),
    ],
)  # fmt: skip
def test_how_deep_json_nests(body: bytes, depth: int) -> None:
    assert deepest(body) == depth


def test_depth_is_what_the_parser_sees() -> None:
    """Of documents that Python's parser takes: the depth of what it makes of them."""

    def depth(value: Any) -> int:
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
        return 0 if inner is None else 1 + max(map(depth, inner), default=0)

    documents: list[Any] = [[1, "[", ["]", {"{": '"[', "\\": [[]]}]], {'a\\"[': {"b": []}}, "\\[", [["\\\\"], '"']]
    for document in documents:
        assert deepest(json.dumps(document).encode()) == depth(document)


@pytest.mark.parametrize("body", [b"[" * (1 << 20), b'"' * (1 << 20), b'\\"' * (1 << 19), b'"' + b'\\"' * (1 << 19),
                                  b"[]" * (1 << 19), b"\\" * (1 << 20)])  # fmt: skip
def test_the_depth_is_found_in_one_pass(body: bytes) -> None:
    """A pattern that starts again at each of its failures would need minutes for these."""
    from tests.pace import check_units, cpu_of

    check_units(40, lambda: cpu_of(lambda: deepest(body)))


@pytest.mark.parametrize("body", [b'"\\u0000"', b'{"a\\u0000": 1}', b'"\\ud800"', b'["\\udc00\\ud800"]', b'"\\uDBFF x"',
                                  b'"\0"', '"x"'.encode("utf-16"), '"x"'.encode("utf-32"), b'"\xff"',
                                  b'"\xed\xa0\x80"'])  # fmt: skip
def test_text_that_nobody_can_store(server: Running, body: bytes) -> None:
    heard = once(server.port, "POST", "/x", BEARER, JSON, body=body)
    assert heard.status == 400
    assert once(server.port, "POST", "/x", BEARER, body=body).status == 400  # without a type a route may parse it


@pytest.mark.parametrize("body", [b'"\\ud83d\\ude00"', b'"\\\\u0000"', b'"\\\\ud800"', b'"\xf0\x9f\x98\x80"',
                                  b"no json \\u0000", b"", b'"\\u00e9"'])  # fmt: skip
def test_text_that_anybody_can_store(server: Running, body: bytes) -> None:
    """Also what is no JSON: whoever parses it says so."""
    assert Texts(echo).why_not(body) is None


def test_bytes_are_not_text(server: Running) -> None:
    kind = "Content-Type: application/octet-stream"
    assert once(server.port, "POST", "/x", BEARER, kind, body=b"[" * 100 + b"\0\xff").status == 200


@pytest.mark.parametrize("path", ["/a%00b", "/x?name=a%00"])
def test_an_address_holds_no_nul(server: Running, path: str) -> None:
    assert once(server.port, "GET", path).status == 400


# --- how often


def test_a_caller_has_a_bucket() -> None:
    """Five at once and two a second: the arithmetic of a token bucket."""
    now = 0.0
    buckets = Buckets(Rate(2.0, 5), lambda: now)
    assert [buckets.take("a") for _ in range(6)] == [0, 0, 0, 0, 0, 0.5]
    assert buckets.take("b") == 0
    now = 0.25
    assert buckets.take("a") == 0.25
    now = 0.5
    assert [buckets.take("a"), buckets.take("a")] == [0, 0.5]
    now = 1000.0
    assert [buckets.take("a") for _ in range(6)].count(0) == 5


def test_callers_are_not_remembered_without_end() -> None:
    buckets = Buckets(Rate(1.0, 1), lambda: 0.0)
    for i in range(_MOST + 5):
        buckets.take(str(i))
    assert len(buckets._left) == _MOST


REVOKED: set[str] = set()


def _calling(scope: Scope) -> Any:
    """Whose token it is, as the routes find out: "good-PROJECT"."""
    from auditor.service.auth import Caller

    shown = dict(scope["headers"]).get(b"authorization", b"").decode().removeprefix("Bearer ")
    if not shown.startswith("good-") or shown in REVOKED:
        return None
    return Caller(shown.split("-")[1], "ann", "1", ("read",), "token")


async def knowing(scope: Scope, receive: Receive, send: Send) -> None:
    caller = _calling(scope)
    if caller is not None:
        scope["state"]["caller"] = caller
    headers = [(b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 200 if caller else 401, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def test_projects_have_buckets_of_their_own_and_guesses_count_for_the_address() -> None:
    limits = LIMITS._replace(rate=0.001, burst=5)
    with running(guarded(knowing, limits, b"secret"), ConnectionBounds()) as server:

        def statuses(token: str, number: int) -> list[int]:
            return [once(server.port, "GET", "/", f"Authorization: Bearer {token}").status for _ in range(number)]

        assert statuses("good-a-1", 1) == [200]  # the address does not know it yet
        assert statuses("good-b-1", 1) == [200]
        assert statuses("good-a-1", 6) == [200] * 5 + [429]
        assert statuses("good-b-1", 6) == [200] * 5 + [429]
        assert [statuses(f"guess-{i}", 1)[0] for i in range(4)] == [401] * 3 + [429]
        heard = once(server.port, "GET", "/", "Authorization: Bearer other")
        assert heard.code == "rate"
        assert int(heard.headers["retry-after"]) > 0
        assert once(server.port, "GET", "/healthz").status == 401  # it is let through to the application


def test_a_token_that_is_taken_back_is_a_guess() -> None:
    limits = LIMITS._replace(rate=0.001, burst=3)
    with running(guarded(knowing, limits, b"secret"), ConnectionBounds()) as server:

        def status(token: str) -> int:
            return once(server.port, "GET", "/", f"Authorization: Bearer {token}").status

        assert [status(token) for token in ("good-c-1", "guess-1", "guess-2", "guess-3")] == [200, 401, 401, 429]
        REVOKED.add("good-c-1")
        assert [status("good-c-1"), status("good-c-1")] == [401, 429]  # the second is the address's


# --- what is said of an answer


def test_every_answer_has_an_id_of_ours(server: Running) -> None:
    heard = once(server.port, "GET", "/", "X-Request-Id: mine")
    assert heard.headers["x-request-id"] == heard.document["id"] != "mine"
    assert len(heard.headers["x-request-id"]) == 32
    refused = once(server.port, "GET", "/", host="evil.example")
    assert refused.headers["x-request-id"] == refused.document["request_id"]


def test_the_log_tells_no_secrets(server: Running) -> None:
    assert server.settled()  # the lines of other tests are written
    SEEN.clear()
    once(server.port, "GET", "/x?token=hush", "Authorization: Bearer hush", "Cookie: auditor_session=hush")
    once(server.port, "GET", "/api/v1/badges/hush.svg")
    once(server.port, "POST", "/x", BEARER, JSON, body=b"[1, 2]")
    assert waited(lambda: len(SEEN) == 3)  # a line is written behind its answer
    assert "hush" not in repr(SEEN)
    assert [(one.method, one.path, one.status, one.bytes_in) for one in SEEN] == [
        ("GET", "/x", 200, 0), ("GET", "/api/v1/badges/...", 200, 0), ("POST", "/x", 200, 6)
    ]  # fmt: skip
    assert all(one.bytes_out > 0 and len(one.request_id) == 32 and one.client == "127.0.0.1" for one in SEEN)


@pytest.mark.parametrize("path", ["/raise", "/plain-500", "/busy"])
def test_a_fault_is_a_problem(server: Running, path: str, caplog: pytest.LogCaptureFixture) -> None:
    heard = once(server.port, "GET", path)
    assert heard.status == (503 if path == "/busy" else 500)
    assert heard.headers["content-type"] == "application/problem+json"
    assert heard.document["request_id"] == heard.headers["x-request-id"]
    assert b"secret" not in heard.body
    assert heard.headers.get("retry-after") == ("7" if path == "/busy" else None)
    assert heard.headers["content-security-policy"]
    assert ("a secret of the inside" in caplog.text) == (path == "/raise")


def test_a_page_says_in_its_own_way_what_is_wrong(server: Running) -> None:
    heard = once(server.port, "GET", "/page-503")
    assert (heard.status, heard.headers["content-type"]) == (503, "text/html")


def test_a_part_of_an_answer_does_not_look_like_the_whole(server: Running) -> None:
    heard = once(server.port, "GET", "/half")
    assert heard.status == 0


NONE = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


@pytest.mark.parametrize(
    ("path", "policy"),
    [
        ("/x", NONE),
        ("/html", f"{NONE}; sandbox"),
        ("/api/html", f"{NONE}; sandbox"),
        ("/api/v1/badges/abc.svg", f"{NONE}; sandbox"),
        ("/page", "default-src 'self'"),
        ("/api/page", "default-src 'self'; sandbox"),
        ("/api/scripts", "default-src 'self'; sandbox allow-scripts"),
    ],
)
def test_the_policy_of_an_answer(server: Running, path: str, policy: str) -> None:
    heard = once(server.port, "GET", path)
    assert heard.headers["content-security-policy"] == policy
    assert heard.headers["x-content-type-options"] == "nosniff"
    assert heard.headers["referrer-policy"] == "same-origin"
    assert heard.headers["cross-origin-opener-policy"] == "same-origin"
    own = "cross-origin" if path.endswith(".svg") else "same-origin"
    assert heard.headers["cross-origin-resource-policy"] == own
    assert "server" not in heard.headers or heard.headers["server"] == "uvicorn"  # `http` switches it off


# --- an answer before the body


@pytest.mark.parametrize("size", [1000, 3_000_000])
def test_an_answer_before_the_body_is_heard(server: Running, size: int) -> None:
    """A small body is read to its end, and the connection stays. Behind a great one it is closed."""
    with Client(server.port) as client:
        headers = [BEARER, "Content-Type: application/octet-stream"]
        heard = client.ask("PATCH", "/early", *headers, body=b"x" * size)
        if size < LIMITS.body:
            assert (heard.status, heard.body) == (200, b"early")
            assert client.ask("GET", "/").status == 200
        else:
            assert heard.status == 413
            assert heard.headers["connection"] == "close"
            assert client.is_closed()
    assert server.settled()


def test_who_waits_to_be_asked_is_not_asked_in_vain(server: Running) -> None:
    """Expect: 100-continue. A refusal comes at once, and no body is asked for."""
    with Client(server.port) as client:
        heard = client.ask("PATCH", "/x", BEARER, "Content-Length: 3000000", "Expect: 100-continue")
        assert heard.status == 413
        assert client.is_closed()


def test_nobody_waits_for_a_body_that_was_not_asked_for() -> None:
    """Not even for as long as bytes are read that nobody wants: here that is longer than the test may take."""
    app = Paced(echo, Pace(stall=2 * HANG, linger=2 * HANG))
    with running(app, ConnectionBounds()) as server, Client(server.port) as client:
        assert client.ask("PATCH", "/early", "Content-Length: 10", "Expect: 100-continue").body == b"early"
        assert client.is_closed()
