"""One model behind a URL: what is known of it beforehand, what lies beside it, and who asks."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.errors import UsageError
from auditor.remote.failures import NotAllowed, NotThere
from auditor.remote.kinds.web import WebTree

from .conftest import LIMITS
from .stand_in import Canned, Shelf, redirect

WORD = "Basic dXNlcjpzZWNyZXRwYXNzd29yZA=="  # user:secretpassword, as RFC 7617 has it


def test_what_a_server_says_beforehand(shelf: Shelf) -> None:
    """Its size, and what tells whether it is still the same; nothing where it answers no HEAD."""
    shelf.files["/m/a model.onnx"] = b"content"
    tree = WebTree(f"{shelf.url}/m/a%20model.onnx?signature=secret", LIMITS)
    assert tree.address == f"{shelf.url}/m/a%20model.onnx"
    (file,) = tree.files()
    assert (file.name, file.size, bool(file.etag)) == ("a model.onnx", 7, True)
    assert b"".join(tree.pieces(file, 3)) == b"tent"
    for status in (403, 405, 501):
        shelf.instead("/m/.*", Canned(status))
        (file,) = tree.files()
        assert (file.size, file.etag) == (None, "")
        assert b"".join(tree.pieces(file, 0)) == b"content"
    with pytest.raises(NotThere):
        list(WebTree(f"{shelf.url}/none.onnx", LIMITS).files())


def test_what_lies_beside(shelf: Shelf) -> None:
    """By its name alone: neither a query nor a host comes with it."""
    shelf.files |= {"/m/a.onnx": b"x", "/m/w/data?x#y.bin": b"beside"}
    tree = WebTree(f"{shelf.url}/m/a.onnx?signature=secret", LIMITS)
    found = tree.find("w/data?x#y.bin")
    assert found is not None and found.size == 6 and "secret" not in found.address
    assert tree.find("none") is None
    assert tree.find("http:other") is None
    assert all(one.path.startswith("/m/") for one in shelf.asked)


def test_who_asks(shelf: Shelf, other: Shelf, tmp_path: Path) -> None:
    """As .netrc says for the host, and to no other origin; a password goes over http to this machine alone."""
    netrc = tmp_path / "home/.netrc"
    netrc.write_text(
        "machine 127.0.0.1 login user password secretpassword\nmachine plain.example.com login a password b\n"
    )
    netrc.chmod(0o600)
    shelf.token, shelf.files["/m/a.onnx"] = WORD, b"content"
    tree = WebTree(f"{shelf.url}/m/a.onnx", LIMITS)
    (file,) = tree.files()
    assert b"".join(tree.pieces(file, 0)) == b"content"
    other.files["/b"] = b"elsewhere"
    shelf.instead("/m/a.onnx", redirect(f"{other.url}/b"))
    assert b"".join(tree.pieces(file._replace(etag=""), 0)) == b"elsewhere"
    assert "authorization" not in other.sent_to()
    assert WebTree("http://plain.example.com/a.onnx", LIMITS)._web._credentials == {}
    assert list(WebTree("https://plain.example.com/a.onnx", LIMITS)._web._credentials) == [
        "https://plain.example.com:443"
    ]
    netrc.write_text("machine 127.0.0.1 login user password wrong\n")
    with pytest.raises(NotAllowed, match=r"may have expired; ~/\.netrc") as refused:
        list(WebTree(f"{shelf.url}/m/a.onnx", LIMITS).pieces(file, 0))
    assert "wrong" not in str(refused.value)


@pytest.mark.parametrize(
    "address", ["http://", "https://user:secret@h/a.onnx", "http://h/a\x1b.onnx", "http://h:0/a.onnx"]
)
def test_addresses_that_are_none(address: str) -> None:
    with pytest.raises(UsageError) as refused:
        WebTree(address, LIMITS)
    assert "secret" not in str(refused.value)


def test_a_folder_is_not_looked_through() -> None:
    with pytest.raises(UsageError, match=r"is not the address of an \.onnx file"):
        WebTree("https://example.com/models/", LIMITS)
