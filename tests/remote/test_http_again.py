"""What is asked a second time, and what is not: by the statuses, and where a connection breaks."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import Any

import pytest

from auditor.remote.failures import CutOff, RemoteFailure
from auditor.remote.http import Web

from .stand_in import Canned, Shelf

Make = Callable[..., Web]


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_a_server_that_cannot_just_now(status: int, shelf: Shelf, web: Make) -> None:
    """RFC 9110 and RFC 8470 (425): the same request may be taken later."""
    shelf.files["/a"] = b"[1]"
    shelf.instead("/a", Canned(status))
    assert web().document(f"{shelf.url}/a").json() == [1]
    assert shelf.count("/a") == 2


@pytest.mark.parametrize("status", [400, 405, 409, 426, 501, 505])
def test_a_server_that_will_not(status: int, shelf: Shelf, web: Make) -> None:
    shelf.instead("/a", Canned(status), 2)
    with pytest.raises(RemoteFailure, match=f"answers {status}$"):
        web().document(f"{shelf.url}/a")
    assert shelf.count("/a") == 1


def test_a_connection_that_breaks(shelf: Shelf, web: Make, alone: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    """A GET is sent again; of a POST nobody knows what became of it."""
    asks, tried = web(), 0
    pool = asks._connections.to(shelf.url)
    urlopen = pool.urlopen

    def breaks(*asked: Any, **more: Any) -> Any:
        nonlocal tried
        tried += 1
        if tried % 3:
            raise ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")
        return urlopen(*asked, **more)

    monkeypatch.setattr(pool, "urlopen", breaks)
    shelf.files["/a"] = b"[1]"
    assert asks.document(f"{shelf.url}/a").json() == [1]
    assert (tried, len(alone), shelf.count("/a")) == (3, 2, 1)
    with pytest.raises(CutOff, match="cannot be reached: Connection reset by peer"):
        asks.document(f"{shelf.url}/a", method="POST", body=b"{}")
    assert (tried, len(alone), shelf.count("/a", "POST")) == (4, 2, 0)


def test_a_server_without_ranges_sends_many_blocks_again(shelf: Shelf, web: Make) -> None:
    data = shelf.files["/a"] = bytes(range(251)) * 4000  # 1,004,000 bytes: several blocks, none like the one before
    shelf.ranges = False
    assert b"".join(web().pieces(f"{shelf.url}/a", 900_000)) == data[900_000:]
