"""Through a proxy, as firms have it: what is led through it, what is not, and that its password goes nowhere else."""

from __future__ import annotations

import ssl
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from auditor.remote.failures import CutOff, NotAllowed, RemoteFailure
from auditor.remote.http import Web
from auditor.remote.kinds.objects import ObjectStorePrefix
from auditor.remote.proxies import proxy_for

from .conftest import LIMITS
from .proxying import Proxy, certificate_of, serving_proxy
from .stand_in import Canned, Handler, Shelf, redirect

NAME, PASSWORD = "someone", "very/secret:word"
IN_URL = "someone:very%2Fsecret%3Aword"
WANTED = "Basic " + b64encode(f"{NAME}:{PASSWORD}".encode()).decode()
Make = Callable[..., Web]


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with serving_proxy(WANTED) as found:
        yield found


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    """https://models.example, whose certificate is trusted because SSL_CERT_FILE names it."""
    certificate, key = certificate_of("models.example", tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    found = Shelf()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Serves", (Handler,), {"shelf": found}))
    server.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True)
    thread.start()
    found.url = f"127.0.0.1:{server.server_address[1]}"
    yield found
    server.shutdown()
    server.server_close()
    thread.join()


def test_https_goes_through_a_tunnel(proxy: Proxy, models: Shelf, web: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy sees the host and its own password; the server sees its credential, and that one alone."""
    monkeypatch.setenv("HTTPS_PROXY", f"http://{IN_URL}@{proxy.url}")
    proxy.leads["models.example:443"] = models.url
    models.files["/a"], models.files["/m.onnx"] = b"[1]", bytes(range(200))
    asks = web({"https://models.example": {"Authorization": "Bearer token-of-the-hub"}})
    assert asks.document("https://models.example/a").json() == [1]
    assert b"".join(asks.pieces("https://models.example/m.onnx", 100)) == bytes(range(100, 200))
    part = asks.part("https://models.example/m.onnx", 10, 5)
    assert part is not None and part.data == bytes(range(10, 15))
    assert {(command, path) for command, path, _ in proxy.asked} == {("CONNECT", "models.example:443")}
    assert "token-of-the-hub" not in str(proxy.asked) and "token-of-the-hub" in models.sent_to()
    assert "proxy" not in models.sent_to().lower() and WANTED not in models.sent_to()


def test_http_goes_through_it_too(
    proxy: Proxy, shelf: Shelf, other: Shelf, web: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what a redirect leads to is asked as it is to be asked itself: here straight."""
    monkeypatch.setenv("http_proxy", f"{IN_URL}@{proxy.url}")
    monkeypatch.setenv("HTTP_PROXY", "http://nobody.example:1")
    monkeypatch.setenv("NO_PROXY", "elsewhere.example")
    proxy.leads["models.example"] = shelf.url.removeprefix("http://")
    shelf.files["/a"] = b"[1]"
    assert web().document("http://models.example/a").json() == [1]
    shelf.instead("/b", redirect(f"http://{proxy.url}/c"))
    with pytest.raises(RemoteFailure, match="leads on into the networks of this machine"):
        web().document("http://models.example/b")
    assert WANTED not in shelf.sent_to() and len(proxy.asked) == 2
    other.files["/a"] = b"[2]"
    assert web().document(f"{other.url}/a").json() == [2], "this machine is asked straight"
    assert len(proxy.asked) == 2


def test_a_proxy_that_does_not_let_through(
    proxy: Proxy, shelf: Shelf, web: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line says which proxy, and what it wants; a password is in none."""
    for variable in ("HTTPS_PROXY", "HTTP_PROXY"):
        monkeypatch.setenv(variable, f"http://someone:wrong-word@{proxy.url}")
    for url in ("https://models.example/a", "http://models.example/a"):
        with pytest.raises(NotAllowed, match=f"the proxy http://{proxy.url} wants a name and a password") as refused:
            web().document(url)
        assert "wrong-word" not in str(refused.value) and len(str(refused.value)) < 200
    proxy.wants = ""
    with pytest.raises(RemoteFailure, match=r"does not lead to https://models\.example/a: it answers 403"):
        web().document("https://models.example/a")
    proxy.leads["models.example"] = shelf.url.removeprefix("http://")
    shelf.instead("/a", Canned(404))
    with pytest.raises(RemoteFailure, match="is not there"):
        web().document("http://models.example/a")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("socks5://127.0.0.1:1", "is not http://HOST:PORT"),
        ("http://x:some-word@[::1", "is not http://HOST:PORT"),
        ("http://x:some-word@:99", "is not http://HOST:PORT"),
        ("http://x:some-word@127.0.0.1:99999", "is not http://HOST:PORT"),
        ("http://x:some-word@127.0.0.1:1", "the proxy http://127.0.0.1:1 cannot be reached: Connection refused"),
    ],
)
def test_a_proxy_that_is_none(said: str, why: str, web: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", said)
    with pytest.raises(RemoteFailure) as refused:
        web().document("https://models.example/a")
    assert why in str(refused.value) and "some-word" not in str(refused.value)
    assert isinstance(refused.value, CutOff) == ("reached" in why), "what will not be better is not asked again"


def test_whom_no_proxy_excepts(monkeypatch: pytest.MonkeyPatch) -> None:
    """As requests, curl and Go's net/http have it."""
    monkeypatch.setenv("ALL_PROXY", "p:1")
    asked = {
        "": {"https://a.example/x": "http://p:1"} | dict.fromkeys(
            ("http://127.0.0.1:8/", "http://localhost/", "https://x.localhost/", "http://[::1]/"), ""
        ),
        "example": {"https://a.example/": "", "https://anexample/": "http://p:1", "https://example/": ""},
        ".a.example, b": {"https://a.example/": "", "https://b/": "", "https://c.b/": "", "https://ab/": "http://p:1"},
        "a:8443": {"https://a:8443/": "", "https://a/": "http://p:1"},
        "10.0.0.0/8,192.168.1.1": {
            "http://10.2.3.4/": "", "http://11.2.3.4/": "http://p:1", "http://192.168.1.1/": "",
            "http://192.168.1.2/": "http://p:1",
        },
        "*": {"https://a.example/": "", "http://8.8.8.8/": ""},
    }  # fmt: skip
    for said, cases in asked.items():
        monkeypatch.setenv("NO_PROXY", said)
        assert {url: proxy_for(url) for url in cases} == cases, said
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("all_proxy", "")
    assert proxy_for("https://a.example/") == "", "small letters say that there is none"
    monkeypatch.setenv("https_proxy", "https://q:2")
    assert proxy_for("https://a.example/") == "https://q:2"


def test_object_stores_go_through_it_by_themselves(proxy: Proxy, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """obstore reads the same variables."""
    pytest.importorskip("obstore", reason="pip install 'auditor[remote]' brings obstore")
    monkeypatch.setenv("HTTP_PROXY", f"http://{IN_URL}@{proxy.url}")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://s3.example")
    monkeypatch.setenv("AWS_SKIP_SIGNATURE", "true")
    proxy.leads["s3.example"] = shelf.url.removeprefix("http://")
    shelf.buckets["many"] = ["m/a.onnx"]
    assert [file.name for file in ObjectStorePrefix("s3://many/m", LIMITS).files()] == ["a.onnx"]
    assert len(proxy.asked) == 1 and "proxy" not in shelf.sent_to().lower()
