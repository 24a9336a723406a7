"""Asking other people's servers: redirects, credentials, repetition, and servers that mean harm."""

from __future__ import annotations

import gzip
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from auditor.remote import http
from auditor.remote.failures import (
    CutOff,
    LedAstray,
    NotAllowed,
    NotThatContent,
    NotThere,
    NotUnderstood,
    RemoteFailure,
    TooMuch,
    TooSlow,
)
from auditor.remote.http import Web
from auditor.remote.urls import is_inner

from .conftest import LIMITS
from .stand_in import Canned, Handler, Shelf, redirect

SECRET = "hf_veryverysecret"
CERTIFICATE = Path(__file__).parents[1] / "client" / "certificate.pem"
Make = Callable[..., Web]


def test_a_redirect_is_followed(shelf: Shelf, other: Shelf, web: Make) -> None:
    """Of every kind that there is, relative ones too, and to where they lead the credentials do not go."""
    other.files["/b"] = b"[1]"
    shelf.files["/c"] = b"[2]"
    asks = web({shelf.url: {"Authorization": f"Bearer {SECRET}"}})
    for status in (301, 302, 303, 307, 308):
        shelf.instead("/a", redirect(f"{other.url}/b", status))
        assert asks.document(f"{shelf.url}/a").json() == [1]
        shelf.instead("/a", redirect("/c", status))
        assert asks.document(f"{shelf.url}/a").json() == [2]
    assert SECRET in shelf.sent_to()
    assert "authorization" not in other.sent_to()


def test_a_credential_goes_to_its_origin_alone(shelf: Shelf, other: Shelf, web: Make) -> None:
    """Another port is another origin; and where the other one leads back, the first gets its own again."""
    shelf.files["/b"] = b"[1]"
    shelf.instead("/a", redirect(f"{other.url}/x"))
    other.instead("/x", redirect(f"{shelf.url}/b"))
    asks = web({shelf.url: {"Authorization": f"Bearer {SECRET}"}})
    assert asks.document(f"{shelf.url}/a").json() == [1]
    assert [SECRET in str(one.headers) for one in shelf.asked] == [True, True]
    assert SECRET not in other.sent_to()
    asks.allow(other.url, {"Authorization": "Bearer of-the-other"})
    other.files["/y"] = b"[]"
    asks.document(f"{other.url}/y")
    assert other.asked[-1].headers["authorization"] == "Bearer of-the-other"


def test_redirects_are_counted(shelf: Shelf, web: Make) -> None:
    shelf.files["/a"] = b"[]"
    shelf.instead("/a", redirect("/a"), 5)
    assert web().document(f"{shelf.url}/a").json() == []
    shelf.instead("/a", redirect("/a"), 6)
    with pytest.raises(LedAstray, match="at most 5 redirects"):
        web().document(f"{shelf.url}/a")


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd", "ftp://example.com/x", "http://user:pass@example.com/", "javascript:1",
        "http://example.com:99999/", "http://[::1/", "/" + "x" * 9000, "http://exa mple.com/", "http://a\\b/",
    ],
)  # fmt: skip
def test_a_redirect_is_looked_at(location: str, shelf: Shelf, web: Make) -> None:
    shelf.instead("/a", redirect(location))
    with pytest.raises(LedAstray) as refused:
        web().document(f"{shelf.url}/a")
    assert "pass@" not in str(refused.value) and len(str(refused.value)) < 300


def test_a_redirect_that_leads_nowhere(shelf: Shelf, web: Make) -> None:
    shelf.instead("/a", Canned(302))
    with pytest.raises(LedAstray, match="does not say where"):
        web().document(f"{shelf.url}/a")
    shelf.instead("/a", redirect("/b", 302))
    with pytest.raises(LedAstray, match="would be lost"):
        web().document(f"{shelf.url}/a", method="POST", body=b"{}")


@pytest.fixture
def secure(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    """The same behind TLS, with a certificate that is trusted."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    found = Shelf()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Serves", (Handler,), {"shelf": found}))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True)
    thread.start()
    found.url = f"https://127.0.0.1:{server.server_address[1]}"
    yield found
    server.shutdown()
    server.server_close()
    thread.join()


def test_never_from_https_to_http(secure: Shelf, shelf: Shelf, web: Make) -> None:
    secure.files["/a"] = shelf.files["/a"] = b"[1]"
    assert web().document(f"{secure.url}/a").json() == [1]
    secure.instead("/a", redirect(f"{shelf.url}/a"))
    with pytest.raises(LedAstray, match="leads on to http://"):
        web().document(f"{secure.url}/a")
    assert shelf.asked == []
    shelf.instead("/b", redirect(f"{secure.url}/a"))
    assert web().document(f"{shelf.url}/b").json() == [1]


def test_a_certificate_is_held_to(secure: Shelf, web: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(RemoteFailure, match=r"is not trusted: .*SSL_CERT_FILE"):
        web().document(f"{secure.url}/a")


@pytest.mark.parametrize(
    "to", ["http://127.0.0.1:1/x", "http://localhost/x", "http://169.254.169.254/latest", "http://[::1]/"]
)
def test_not_from_outside_into_our_networks(to: str, web: Make) -> None:
    """By the letter: whoever asks a public server is not led to his own machine."""
    asks = web()
    with pytest.raises(LedAstray, match="networks of this machine"):
        asks._moved("http://models.example.com/a", to, "GET", 302)
    assert asks._moved("http://10.0.0.1/a", to, "GET", 302) == to


def test_what_is_not_there_and_what_is_not_allowed(shelf: Shelf, web: Make) -> None:
    with pytest.raises(NotThere, match=r"/none is not there \(404\)"):
        web().document(f"{shelf.url}/none?signature=secret")
    shelf.token = "right"
    with pytest.raises(NotAllowed, match="it wants credentials; TOKEN says"):
        web().document(f"{shelf.url}/a")
    with pytest.raises(NotAllowed, match="were refused: they may have expired") as refused:
        web({shelf.url: {"Authorization": f"Bearer {SECRET}"}}).document(f"{shelf.url}/a?X-Amz-Signature=alsosecret")
    assert "secret" not in str(refused.value)
    assert web().document(f"{shelf.url}/a", expect=(401,)).headers["x-error-message"] == "who are you?"


def test_what_is_asked_again(shelf: Shelf, web: Make, alone: list[float]) -> None:
    """Where the server cannot just now; after as long as it says, if anybody waits so long."""
    shelf.files["/a"] = b"[1]"
    for status in (429, 500, 502, 503, 504):
        shelf.instead("/a", Canned(status))
        assert web().document(f"{shelf.url}/a").json() == [1]
    shelf.instead("/a", Canned(503, headers={"Retry-After": "7"}))
    assert web().document(f"{shelf.url}/a").json() == [1]
    assert alone[-1] == 7.0
    shelf.instead("/a", Canned(503, headers={"Retry-After": "999999"}))
    web().document(f"{shelf.url}/a")
    assert alone[-1] == 60.0
    shelf.instead("/a", Canned(500), 99)
    with pytest.raises(RemoteFailure, match="answers 500"):
        web().document(f"{shelf.url}/a")
    assert shelf.count("/a") == 14 + 5


def test_a_post_is_sent_once(shelf: Shelf, web: Make) -> None:
    """Nobody knows what became of it; only who says that it was not taken is asked again."""
    shelf.instead("/a", Canned(502))
    with pytest.raises(RemoteFailure, match="answers 502"):
        web().document(f"{shelf.url}/a", method="POST", body=b"{}")
    shelf.instead("/a", Canned(429))
    shelf.instead("/a", Canned(201, b"[]"))
    assert web().document(f"{shelf.url}/a", method="POST", body=b"{}", expect=(201,)).status == 201
    assert shelf.count("/a", "POST") == 3


def test_nobody_there(web: Make) -> None:
    with pytest.raises(CutOff, match="cannot be reached: Connection refused"):
        web().document("http://127.0.0.1:9/a")


HOSTILE = {
    "HTML": (Canned(200, b"<html>log in", {"Content-Type": "text/html"}), NotUnderstood, r"not JSON \(text/html\)"),
    "nothing": (Canned(200), NotUnderstood, "not JSON"),
    "deep": (Canned(200, b"[" * 60_000), NotUnderstood, "not JSON"),
    "endless": (Canned(200, b"[" * 65536, declared=-1, endless=True), TooMuch, "no listing has"),
    "large": (Canned(200, b"[" * 70_000), TooMuch, "no listing has"),
    "packed": (Canned(200, gzip.compress(b" " * (1 << 20)), {"Content-Encoding": "gzip"}), NotUnderstood, "is packed"),
    "half": (Canned(200, b"[1", declared=100), CutOff, "before all came"),
    "escapes": (Canned(200, b"\x1b[2J", {"Content-Type": "\x1b[2Jx"}), NotUnderstood, r"not JSON \(\\x1b"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_document(case: str, shelf: Shelf, web: Make) -> None:
    canned, failure, said = HOSTILE[case]
    shelf.instead("/a", canned, 5)
    with pytest.raises(failure, match=said):
        web().document(f"{shelf.url}/a", most=65536).json()


def test_a_document_that_drips(shelf: Shelf, web: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte now and then: what counts is the time for all of it."""
    clock = iter(range(0, 100_000, 50))
    monkeypatch.setattr(http, "time", SimpleNamespace(monotonic=lambda: float(next(clock)), sleep=lambda seconds: None))
    shelf.instead("/a", Canned(200, b"[", declared=-1, endless=True))
    with pytest.raises(TooSlow, match="within 120 s"):
        web().document(f"{shelf.url}/a", most=1 << 40)


def test_pieces_from_an_offset(shelf: Shelf, web: Make) -> None:
    shelf.files["/a"] = bytes(range(256)) * 1000
    for ranges in (True, False):  # one without sends all of it again
        shelf.ranges = ranges
        assert b"".join(web().pieces(f"{shelf.url}/a")) == shelf.files["/a"]
        assert b"".join(web().pieces(f"{shelf.url}/a", 1000)) == shelf.files["/a"][1000:]
    assert shelf.asked[1].headers["range"] == "bytes=1000-"


def test_pieces_of_what_was_exchanged(shelf: Shelf, web: Make) -> None:
    shelf.files["/a"] = b"x" * 5000
    with pytest.raises(NotThatContent, match="was exchanged"):
        list(web().pieces(f"{shelf.url}/a", 1000, etag='"another"'))
    with pytest.raises(NotThatContent, match="is shorter"):
        list(web().pieces(f"{shelf.url}/a", 9000))


def test_pieces_that_end_early(shelf: Shelf, web: Make) -> None:
    shelf.files["/a"] = b"x" * 5000
    shelf.cuts.append(1200)
    got = []
    with pytest.raises(CutOff, match="before all came"):
        for piece in web().pieces(f"{shelf.url}/a"):
            got.append(piece)
    assert b"".join(got) == b"x" * 1200


@pytest.mark.parametrize(
    ("canned", "failure", "said"),
    [
        (Canned(206, b"xx", {"Content-Range": "bytes 3-4/9"}), NotUnderstood, "another part"),
        (Canned(206, b"xx", {"Content-Range": "bytes */9"}), NotUnderstood, "another part"),
        (Canned(206, b"xx"), NotUnderstood, "another part"),
        (Canned(200, b"xx", declared=-1), NotUnderstood, "does not say how much"),
        (Canned(200, b"xx", declared=1 << 50), TooMuch, "--fetch-size"),
        (Canned(200, gzip.compress(b""), {"Content-Encoding": "gzip"}), NotUnderstood, "is packed"),
    ],
)
def test_hostile_pieces(canned: Canned, failure: type[Exception], said: str, shelf: Shelf, web: Make) -> None:
    shelf.instead("/a", canned)
    with pytest.raises(failure, match=said):
        list(web(limits=LIMITS).pieces(f"{shelf.url}/a", 1))


@pytest.mark.parametrize(
    ("host", "inner"),
    [
        ("localhost.", True),
        ("a.localhost", True),
        ("127.1", True),  # inet_aton(3): as `connect` understands it
        ("2130706433", True),
        ("0x7f.1", True),
        ("0177.0.0.1", True),
        ("::ffff:127.0.0.1", True),
        ("169.254.169.254", True),
        ("8.8.8.8", False),
        ("134744072", False),  # 8.8.8.8
        ("2001:4860:4860::8888", False),
        ("example.com", False),
        ("127.example.com", False),
    ],
)
def test_hosts_within(host: str, *, inner: bool) -> None:
    assert is_inner(host) is inner
