"""Through a proxy, as firms have it: a push and a gate go where registries are asked, and say what a proxy wants."""

from __future__ import annotations

import ssl
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from auditor.errors import ExitCode
from tests.cli.conftest import NAN, Said
from tests.remote.proxying import Proxy, certificate_of, serving_proxy

from .stand_in import TOKEN, StandIn, serving

SERVER = "https://auditor.example"
WANTED = "Basic " + b64encode(b"someone:secret-word").decode()
Call = Callable[..., Said]


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    monkeypatch.delenv("NO_PROXY", raising=False)
    with serving_proxy(WANTED) as found:
        monkeypatch.setenv("HTTPS_PROXY", f"http://someone:secret-word@{found.url}")
        yield found


@pytest.fixture
def server(proxy: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """https://auditor.example, to which the proxy alone leads."""
    certificate, key = certificate_of("auditor.example", tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    knows = StandIn()
    with serving(knows, context) as url:
        proxy.leads["auditor.example:443"] = url.removeprefix("https://")
        yield knows


def test_a_push_goes_through_a_tunnel(proxy: Proxy, server: StandIn, auditor: Call) -> None:
    """The proxy sees its own password, and neither the token nor the model."""
    said = auditor("push", NAN, "--server", SERVER, "--no-run")
    assert said.code == ExitCode.FINDINGS, said.err
    assert server.blobs and {(command, path) for command, path, _ in proxy.asked} == {
        ("CONNECT", "auditor.example:443")
    }
    assert TOKEN not in str(proxy.asked)


def test_a_proxy_that_does_not_let_through_is_asked_once(
    proxy: Proxy, server: StandIn, auditor: Call, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://someone:wrong-word@{proxy.url}")
    said = auditor("gate", "m", "--server", SERVER)
    assert said.code == ExitCode.INCONCLUSIVE
    assert f"the proxy http://{proxy.url} wants a name and a password" in said.err and "wrong-word" not in said.err
    proxy.leads.clear()
    proxy.wants = ""
    said = auditor("gate", "m", "--server", SERVER)
    assert f"does not lead to {SERVER}: it answers 403" in said.err
    assert (len(proxy.asked), pauses, server.asked) == (2, [], [])
    monkeypatch.setenv("HTTPS_PROXY", "socks5://127.0.0.1:1")
    said = auditor("gate", "m", "--server", SERVER)
    assert "is not http://HOST:PORT" in said.err and said.code == ExitCode.INCONCLUSIVE


def test_http_is_refused_by_a_proxy_too(proxy: Proxy, auditor: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://someone:wrong-word@{proxy.url}")
    said = auditor("gate", "m", "--server", "http://auditor.example")
    assert said.code == ExitCode.INCONCLUSIVE and "wants a name and a password" in said.err
    assert len(proxy.asked) == 1


def test_this_machine_is_asked_straight(auditor: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    with serving(StandIn()) as url:
        assert auditor("push", NAN, "--server", url, "--no-run").code == ExitCode.FINDINGS
