"""Uploads through the real HTTP process: cut, stalled, endless, with tricks in their addresses."""

from __future__ import annotations

import json
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from auditor.service.context import Service, ServiceLimits
from auditor.service.guard.connections import ConnectionBounds
from auditor.service.http import application
from auditor.store.tokens import create
from tests.pace import HANG, until

from ..http_process import Served, http_process
from ..uploading import PIECE, sha256_of
from ..wire import Client, once, request, running

CONTENT = os.urandom(3_000_000)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One process for all of them."""
    with http_process(tmp_path_factory.mktemp("served"), floor=0, model=1_000_000) as process:
        yield process


def _begun(served: Served, content: bytes) -> str:
    status, said = served.post("/api/v1/uploads", {"size": len(content), "sha256": sha256_of(content)})
    assert status == 201
    return f"/api/v1/uploads/{said['id']}"


def _offset(served: Served, where: str) -> int:
    status, headers, _ = served.ask("HEAD", where)
    assert status == 200
    return int(headers["upload-offset"])


def _there(served: Served, where: str, size: int) -> int:
    """How much is there, when the server has seen that the client is gone: nobody writes any more."""

    def let_go() -> bool:
        _, _, body = served.ask("PATCH", where, b"", Upload_Offset=str(size + 1), **_piece())
        return b"being-written" not in body

    until(let_go, "the lock's end")
    return _offset(served, where)


def _go_on(served: Served, where: str, content: bytes) -> int:
    """Send the rest, as often as somebody else still writes; how much was there."""
    found: list[int] = []

    def taken() -> bool:
        found.append(_offset(served, where))
        said = {"Upload_Offset": str(found[-1]), **_piece()}
        status, headers, _ = served.ask("PATCH", where, content[found[-1] :], **said)
        assert status in (204, 409)
        assert status == 409 or headers["upload-offset"] == str(len(content))
        return status == 204

    until(taken, "the lock's end")
    return found[-1]


def _piece() -> dict[str, str]:
    return {name.replace("-", "_"): value for name, value in PIECE.items()}


def _connected(served: Served) -> socket.socket:
    return socket.create_connection(("127.0.0.1", served.port), HANG)


def _head(served: Served, method: str, where: str, *lines: str) -> bytes:
    said = [f"{method} {where} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {served.token}", *lines]
    return "\r\n".join([*said, "", ""]).encode()


def _begin_piece(served: Served, where: str, offset: int, size: int) -> socket.socket:
    client = _connected(served)
    kind = f"Content-Type: {PIECE['Content-Type']}"
    client.sendall(_head(served, "PATCH", where, kind, f"Upload-Offset: {offset}", f"Content-Length: {size}"))
    return client


def test_cut_three_times_each_byte_is_sent_once_more_at_most(served: Served) -> None:
    where = _begun(served, CONTENT)
    there = sent = 0
    for _ in range(3):
        with _begin_piece(served, where, there, len(CONTENT) - there) as client:
            with suppress(OSError):  # the server has not seen yet that the one before is gone
                client.sendall(CONTENT[there : there + 700_000])
            sent += 700_000
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # closed by a reset
        there = _there(served, where, len(CONTENT))
    there = _go_on(served, where, CONTENT)
    assert sent + len(CONTENT) - there <= 2 * len(CONTENT)
    assert (served.storage / "blobs/default" / sha256_of(CONTENT)[:2] / sha256_of(CONTENT)).read_bytes() == CONTENT


def test_a_client_that_closes_cleanly_leaves_what_came(served: Served) -> None:
    """A FIN comes behind the bytes: all of them are there."""
    content = CONTENT[:2_000_000]
    where = _begun(served, content)
    with _begin_piece(served, where, 0, len(content)) as client:
        client.sendall(content[:1_234_567])
    until(lambda: _offset(served, where) == 1_234_567, "all that was sent")
    assert _go_on(served, where, content) == 1_234_567


def test_a_stalled_piece_is_closed_and_the_upload_goes_on(service: Service) -> None:
    """In one send whatever is not to stall: the bound is short."""
    content = CONTENT[:1_000_001]
    bearer = f"Authorization: Bearer {create(service.store, 'me', ['submit'])[1]}"
    app = application(service._replace(limits=ServiceLimits(stall=0.3, floor=0)))
    with running(app, ConnectionBounds()) as server:
        said = json.dumps({"size": len(content), "sha256": sha256_of(content)}).encode()
        begun = once(server.port, "POST", "/api/v1/uploads", bearer, "Content-Type: application/json", body=said)
        where, kind = f"/api/v1/uploads/{begun.document['id']}", f"Content-Type: {PIECE['Content-Type']}"
        with Client(server.port) as client:
            head = [bearer, kind, "Upload-Offset: 0", f"Content-Length: {len(content)}"]
            client.send(request("PATCH", where, *head, body=content[:500_000]))
            assert client.hear("PATCH").status == 408

        def goes_on() -> bool:
            there = int(once(server.port, "HEAD", where, bearer).headers["upload-offset"])
            assert there <= 500_000
            offset = f"Upload-Offset: {there}"
            heard = once(server.port, "PATCH", where, bearer, kind, offset, body=content[there:])
            assert heard.status in (204, 409)  # the lock may not be let go yet
            return heard.status == 204

        until(goes_on, "the rest")


def test_an_endless_body_is_ended(served: Served) -> None:
    """Chunked, without a length: at the size that was said it is enough, and nothing of the request stays."""
    content = CONTENT[:1000]
    where = _begun(served, content)
    with _connected(served) as client:
        kind = f"Content-Type: {PIECE['Content-Type']}"
        client.sendall(_head(served, "PATCH", where, kind, "Upload-Offset: 0", "Transfer-Encoding: chunked"))
        chunk = b"%x\r\n%s\r\n" % (1 << 16, CONTENT[: 1 << 16])
        try:
            for _ in range(10_000):
                client.sendall(chunk)
        except OSError:
            pass  # it does not listen any more
        else:
            raise AssertionError("655 MB of a file of 1,000 bytes were taken")
    assert _there(served, where, len(content)) == 0


def test_a_model_that_is_cut_leaves_nothing(served: Served) -> None:
    """A client goes when its file has begun: one that is gone before is none that was cut."""
    before = _stored(served)
    form = b'--x\r\nContent-Disposition: form-data; name="file"; filename="model.onnx"\r\n\r\n'
    for kind, start in (("application/octet-stream", b""), ("multipart/form-data; boundary=x", form)):
        _cut(served, kind, start)
        until(lambda: _stored(served) == before, "the end of what was cut")


def _cut(served: Served, kind: str, start: bytes) -> None:
    before = _stored(served)
    lines = [f"Content-Type: {kind}", "Content-Length: 900000"]
    with _connected(served) as client:
        client.sendall(_head(served, "POST", "/api/v1/models?name=n&version=1", *lines) + start + bytes(400_000))
        until(lambda: _stored(served) != before, "its file")


def _stored(served: Served) -> list[Path]:
    return sorted(served.storage.rglob("*"))


def test_a_model_that_is_too_large(served: Served) -> None:
    before = _stored(served)
    lines = ["Content-Type: application/octet-stream", "Content-Length: 1000001"]
    with _connected(served) as client:
        with suppress(OSError):  # it is refused before all has come
            client.sendall(_head(served, "POST", "/api/v1/models?name=n&version=1", *lines) + bytes(1_000_001))
        assert client.recv(1 << 16).startswith(b"HTTP/1.1 413 ")
    assert _stored(served) == before


@pytest.mark.parametrize(
    "where",
    [
        "/api/v1/uploads/../../secret", "/api/v1/uploads/..%2f..%2fsecret", "/api/v1/uploads/%2e%2e/secret",
        "/api/v1/blobs/..%2f..%2f..%2fsecret", "/api/v1/uploads/%00", "/api/v1/uploads/" + "0" * 5000,
        "//api/v1/uploads/0", "/api/v1/uploads/%ff%fe", "/api/v1/blobs/" + "0" * 63 + "%0a",
    ],
)  # fmt: skip
def test_tricks_in_an_address(where: str, served: Served) -> None:
    status, _, _ = served.ask("HEAD", where)
    assert status in (400, 404, 405, 414, 422)


def test_headers_that_contradict(served: Served) -> None:
    where = _begun(served, CONTENT[:10])
    for lines in (
        ["Content-Length: 5", "Transfer-Encoding: chunked"],
        ["Content-Length: 5", "Content-Length: 6"],
        ["Content-Length: -1"],
    ):
        with _connected(served) as client:
            kind = f"Content-Type: {PIECE['Content-Type']}"
            client.sendall(_head(served, "PATCH", where, kind, *lines) + b"12345")
            answer = client.recv(1 << 16)
            assert answer[9:10] == b"4" or answer == b"", (lines, answer)
    assert _there(served, where, 10) == 0
