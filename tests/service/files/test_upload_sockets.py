"""Uploads through the real HTTP process: cut, stalled, endless, with tricks in their addresses."""

from __future__ import annotations

import os
import select
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from ..http_process import Served, http_process
from ..uploading import PIECE, sha256_of

CONTENT = os.urandom(3_000_000)
LATE = 60.0  # seconds after which a test gives up
TRIES = 2000


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One process for all of them, which waits half a second for a client that says nothing."""
    with http_process(tmp_path_factory.mktemp("served"), stall=0.5, floor=0, model=1_000_000) as process:
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
    for _ in range(TRIES):
        _, _, body = served.ask("PATCH", where, b"", Upload_Offset=str(size + 1), **_piece())
        if b"being-written" not in body:
            return _offset(served, where)
    raise AssertionError("the lock was not let go")


def _go_on(served: Served, where: str, content: bytes) -> int:
    """Send the rest, as often as somebody else still writes; how much was there."""
    for _ in range(TRIES):
        there = _offset(served, where)
        status, headers, _ = served.ask("PATCH", where, content[there:], Upload_Offset=str(there), **_piece())
        if status == 204:
            assert headers["upload-offset"] == str(len(content))
            return there
        assert status == 409
    raise AssertionError("the lock was not let go")


def _piece() -> dict[str, str]:
    return {name.replace("-", "_"): value for name, value in PIECE.items()}


def _connected(served: Served) -> socket.socket:
    return socket.create_connection(("127.0.0.1", served.port), LATE)


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
    assert any(_offset(served, where) == 1_234_567 for _ in range(TRIES))
    assert _go_on(served, where, content) == 1_234_567


def test_a_stalled_piece_is_closed_and_the_upload_goes_on(served: Served) -> None:
    content = CONTENT[:1_000_001]
    where = _begun(served, content)
    with _begin_piece(served, where, 0, len(content)) as client:
        client.sendall(content[:500_000])
        answer = client.recv(1 << 16)
        assert answer.startswith(b"HTTP/1.1 408 ")
    assert _go_on(served, where, content) <= 500_000


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
    for kind in ("application/octet-stream", "multipart/form-data; boundary=x"):
        _cut(served, kind)
        _await(served, lambda: _stored(served) == before)


def _cut(served: Served, kind: str) -> None:
    before = _stored(served)
    lines = [f"Content-Type: {kind}", "Content-Length: 900000"]
    with _connected(served) as client:
        client.sendall(_head(served, "POST", "/api/v1/models?name=n&version=1", *lines) + b"--x\r\n" + bytes(400_000))
        _await(served, lambda: _stored(served) != before or _answered(client))


def _stored(served: Served) -> list[Path]:
    return sorted(served.storage.rglob("*"))


def _answered(client: socket.socket) -> bool:
    """The server lost patience with a client that says nothing more: its file has been there, and is gone."""
    return bool(select.select([client], [], [], 0)[0])


def _await(served: Served, come: Callable[[], bool]) -> None:
    for _ in range(TRIES):
        if come():
            return
        served.ask("GET", "/api/v1/whoami")
    raise AssertionError(_stored(served))


def test_a_model_that_is_too_large(served: Served) -> None:
    before = _stored(served)
    status, _, _ = served.ask(
        "POST", "/api/v1/models?name=n&version=1", bytes(1_000_001), Content_Type="application/octet-stream"
    )
    assert status == 413
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
