"""Models of other hosts: over real sockets on loopback, which the tests allow by name."""

from __future__ import annotations

import hashlib
import shutil
import socket
import ssl
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from auditor.errors import AuditorError
from auditor.service.outward import fetching
from auditor.service.outward.addresses import RefusedAddress, hosts_of
from auditor.service.outward.fetching import FetchedFile, NotFetched, UrlLimits, fetched

from ..strange import Answering, answer, dripping, saying, strange

MODEL = bytes(range(256)) * 4096
HOSTS = hosts_of(["127.0.0.1", "models.test=127.0.0.0/8", "private.test"])
SOON = UrlLimits(seconds=0.5, floor=0)
LIMITS = UrlLimits(seconds=60.0, floor=0)


def here(host: str, port: int) -> list[str]:
    """What every name of these tests stands for."""
    return ["127.0.0.1"]


def get(url: str, folder: Path, limits: UrlLimits = LIMITS, trust: ssl.SSLContext | None = None) -> FetchedFile:
    return fetched(url, folder, HOSTS, limits, here, trust)


def refused(answering: Answering, folder: Path, limits: UrlLimits = LIMITS) -> str:
    """Why nothing came; and that nothing is left."""
    with strange(answering) as server, pytest.raises(NotFetched) as said:
        get(server.url(), folder, limits)
    assert list(folder.iterdir()) == []
    return str(said.value)


def test_a_model_comes_whole(tmp_path: Path) -> None:
    with strange(saying(answer(200, MODEL))) as server:
        found = get(server.url("/a/resnet%2050.onnx?x=1", "models.test"), tmp_path)
    assert found == (str(tmp_path / "resnet_50.onnx"), len(MODEL), hashlib.sha256(MODEL).hexdigest())
    assert (tmp_path / "resnet_50.onnx").read_bytes() == MODEL
    (asked,) = server.asked
    head = asked.decode().split("\r\n")
    assert head[0] == "GET /a/resnet%2050.onnx?x=1 HTTP/1.1"
    assert f"Host: models.test:{server.port}" in head, "the name, though it is sent to an address"
    assert "Accept-Encoding: identity" in head


def test_a_model_in_chunks(tmp_path: Path) -> None:
    body = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in (MODEL[:1000], MODEL[1000:])) + b"0\r\n\r\n"
    with strange(saying(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body)) as server:
        assert get(server.url(), tmp_path).sha256 == hashlib.sha256(MODEL).hexdigest()


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/", "model.onnx"), ("/x/", "model.onnx"), ("/model", "model.onnx"), ("/M.ONNX", "M.ONNX"),
        ("/..%2F..%2Fetc%2Fpasswd", "_.._etc_passwd.onnx"), ("/.bashrc", "bashrc.onnx"), ("/%00", "_.onnx"),
        ("/" + "a" * 300 + ".onnx", "a" * 195 + ".onnx"), ("/%FF", "_.onnx"), ("/a;b.onnx", "a_b.onnx"),
    ],
)  # fmt: skip
def test_what_it_is_called_here(path: str, name: str, tmp_path: Path) -> None:
    with strange(saying(answer(200, b"x"))) as server:
        assert Path(get(server.url(path), tmp_path).path) == tmp_path / name


def test_redirects_are_followed_to_allowed_hosts(tmp_path: Path) -> None:
    with strange(saying(answer(200, MODEL))) as last:
        moves = saying(answer(302, b"", f"Location: {last.url('/0123456789', 'models.test')}#x"), answer(500))
        with strange(moves) as first:
            found = get(first.url(), tmp_path)
    assert found.path == str(tmp_path / "model.onnx"), "where it is kept there is not how it is called"
    assert found.size == len(MODEL) and b"GET /0123456789 " in last.asked[0]


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest/meta-data/", "http://10.0.0.1/", "file:///etc/passwd", "http://[::1]/",
        "//192.168.0.1/x", "http://2130706433/", "http://models.test@evil.test/", "http://evil.test/", "http://a b/",
        "http://private.test/",  # allowed, and it stands for an address of ours
    ],
)  # fmt: skip
def test_a_redirect_is_looked_at_like_the_first_address(location: str, tmp_path: Path) -> None:
    with strange(saying(answer(302, b"", f"Location: {location}"))) as server, pytest.raises(RefusedAddress):
        get(server.url(), tmp_path)
    assert server.connections == 1
    assert list(tmp_path.iterdir()) == []


def test_redirects_come_to_an_end(tmp_path: Path) -> None:
    with strange(saying(answer(302, b"", "Location: /again"))) as server, pytest.raises(NotFetched, match="at most 5"):
        get(server.url(), tmp_path)
    assert server.connections == 6


def test_a_host_that_nobody_allowed_is_not_asked(tmp_path: Path) -> None:
    def never(host: str, port: int) -> list[str]:
        raise AssertionError("its name was asked for")

    with pytest.raises(RefusedAddress, match=r"not fetched from other\.test"):
        fetched("http://other.test/", tmp_path, HOSTS, LIMITS, never)


def test_the_name_is_resolved_once_for_a_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that stands for this machine the second time: it is connected to what was looked at."""
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["93.184.215.14"] if len(asked) == 1 else ["127.0.0.1"]

    connected: list[object] = []

    def connect(address: tuple[str, int], timeout: float) -> socket.socket:
        connected.append(address)
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(NotFetched, match=r"private\.test cannot be reached"):
        fetched("http://private.test:8000/", tmp_path, HOSTS, LIMITS, rebinding)
    assert (asked, connected) == (["private.test"], [("93.184.215.14", 8000)])


def test_the_next_address_is_tried(tmp_path: Path) -> None:
    with strange(saying(answer(200, MODEL))) as server, socket.create_server(("127.0.0.2", 0)) as closed:
        port = closed.getsockname()[1]
        closed.close()
        found = fetched(
            server.url(host="models.test"), tmp_path, HOSTS, LIMITS, lambda host, _: ["127.0.0.2", "127.0.0.1"]
        )
    assert found.size == len(MODEL) and port


def test_the_environment_s_proxy_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with strange(saying(answer(200, b"x"))) as server, strange(saying(answer(200, b"proxy"))) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url("/"))
        get(server.url(), tmp_path)
    assert proxy.connections == 0


@pytest.mark.parametrize("status", [204, 206, 304, 400, 404, 500, 300, 999])
def test_another_status(status: int, tmp_path: Path) -> None:
    assert refused(saying(answer(status)), tmp_path) == f"127.0.0.1 answers {status}"


@pytest.mark.parametrize(
    "said",
    [
        b"", b"\r\n", b"garbage\r\n\r\n", b"HTTP/1.1 abc X\r\n\r\n", b"HTTP/1.1 200 " + b"x" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000 + b"\r\n", b"SSH-2.0-OpenSSH_9.2\r\n",
    ],
)  # fmt: skip
def test_an_answer_that_is_none(said: bytes, tmp_path: Path) -> None:
    assert "127.0.0.1" in refused(saying(said), tmp_path)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (answer(200, b"x" * 10, length=11), "ended before all came"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "ended before all came"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n", "ended before all came"),
        (b"HTTP/1.0 200 OK\r\n\r\nhello", "does not say how much comes"),
        (answer(200, b"x", "Content-Encoding: gzip"), "packed"),
        (answer(302), "does not say where"),
    ],
)
def test_a_body_that_is_not_whole(said: bytes, why: str, tmp_path: Path) -> None:
    assert why in refused(saying(said), tmp_path)


def test_more_than_is_fetched(tmp_path: Path) -> None:
    limits = LIMITS._replace(size=1000)
    assert "at most 1,000 bytes" in refused(saying(answer(200, b"x" * 1001)), tmp_path, limits)
    start = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    endless = dripping(start, b"100\r\n" + b"x" * 256 + b"\r\n")
    assert "the most that is fetched" in refused(endless, tmp_path, limits)


@pytest.mark.parametrize(
    "answering",
    [
        dripping(b"", b""),
        dripping(b"", b"H"),
        dripping(b"HTTP/1.1 200 OK\r\n", b"X"),
        dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        dripping(answer(200, b"", length=1000), b"x"),
        dripping(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        dripping(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n"),
    ],
    ids=["nothing", "status", "header", "continue", "body", "chunks", "trailer"],
)
def test_a_server_that_takes_its_time(answering: Answering, tmp_path: Path) -> None:
    """However little comes now and then, the time of all holds."""
    assert "did not answer in" in refused(answering, tmp_path, SOON)


def test_a_disk_without_room(tmp_path: Path) -> None:
    much = LIMITS._replace(floor=1 << 62)
    assert "no room" in refused(saying(answer(200, MODEL)), tmp_path, much)


def test_a_disk_that_fills_up_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "_LOOK_EVERY", 1 << 16)
    free = iter([1 << 62])
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=next(free, -1)))
    assert "no room" in refused(saying(answer(200, MODEL)), tmp_path)


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").symlink_to(tmp_path / "elsewhere")
    with strange(saying(answer(200, MODEL))) as server, pytest.raises(NotFetched, match="File exists"):
        get(server.url(), tmp_path)
    assert not (tmp_path / "elsewhere").exists() and (tmp_path / "model.onnx").is_symlink()


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with strange(saying(answer(200, MODEL))) as server, pytest.raises(NotFetched, match="no folder for the file"):
        get(server.url(), tmp_path / "none")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Of models.test, signed by itself."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("makes a certificate with openssl, which is not installed")
    folder = tmp_path_factory.mktemp("certificate")
    made, key = folder / "made.pem", folder / "key.pem"
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-keyout", key, "-out", made, "-subj", "/CN=models.test", "-addext", "subjectAltName=DNS:models.test"],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return made, key


def test_tls_is_with_the_name(certificate: tuple[Path, Path], tmp_path: Path) -> None:
    """The certificate has to be the name's, though the connection is made to an address; and it is asked for by SNI."""
    made, key = certificate
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(made, key)
    names: list[str | None] = []
    server_side.sni_callback = lambda line, name, context: names.append(name)
    trust = ssl.create_default_context(cafile=str(made))
    with strange(saying(answer(200, MODEL)), server_side) as server:
        url = server.url(host="models.test", scheme="https")
        assert get(url, tmp_path, trust=trust).size == len(MODEL)
        with pytest.raises(NotFetched, match=r"no TLS with models\.test: self-signed certificate"):
            get(url, tmp_path / "none")
        with pytest.raises(NotFetched, match=r"no TLS with 127\.0\.0\.1: IP address mismatch"):
            get(server.url(scheme="https"), tmp_path / "none", trust=trust)
    assert names[0] == "models.test"


def test_a_handshake_that_takes_its_time(tmp_path: Path) -> None:
    with strange(dripping(b"", b"\x16\x03\x03")) as server, pytest.raises(AuditorError):
        get(server.url(scheme="https"), tmp_path, SOON)


def test_from_https_to_http_nothing_is_followed(certificate: tuple[Path, Path], tmp_path: Path) -> None:
    made, key = certificate
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(made, key)
    moved = saying(answer(302, b"", "Location: http://models.test/"))
    with strange(moved, server_side) as server, pytest.raises(NotFetched, match="leads on to http://"):
        get(
            server.url(host="models.test", scheme="https"), tmp_path, trust=ssl.create_default_context(cafile=str(made))
        )
