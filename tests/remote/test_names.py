"""Names that a server or a model says, before anything here is called so or anybody is asked for them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from auditor.remote.failures import NotUnderstood
from auditor.remote.http import WebDocument
from auditor.remote.kinds.objects import ObjectStorePrefix
from auditor.remote.kinds.web import WebTree
from auditor.remote.names import checked_name

from .conftest import LIMITS
from .stand_in import Shelf

LONG = "/".join(["x" * 255] * 4)  # 1,023 bytes
"""NAME_MAX of Linux is 255 bytes; 1,024 are the longest key of S3."""


@pytest.mark.parametrize(
    "name", ["a", "a/b.onnx", "...", "a..b/.c", "é" * 127 + "x", LONG, f"{LONG[:-1]}/y", "a\udcff", "sp ace:?#"]
)
def test_a_name_that_a_file_may_have(name: str, tmp_path: Path) -> None:
    assert checked_name(name, "it") == name
    for part in name.split("/"):
        (tmp_path / part).touch()
        assert os.fsencode(part) in os.listdir(os.fsencode(tmp_path))


@pytest.mark.parametrize(
    "name",
    ["", None, 7, b"a", "/a", "a/", "a//b", ".", "..", "a/../b", "./a", "a\\b", "a\0", "a\x1f", "a\x7f", "a\n",
     "x" * 256, "é" * 128, f"{LONG}/y", "a\ud800", "\udc80\ud800"],
)  # fmt: skip
def test_a_name_that_none_may_have(name: object) -> None:
    with pytest.raises(NotUnderstood, match=r"^it lists a file (without a name|named .*not a path below a folder)"):
        checked_name(name, "it")


@pytest.mark.parametrize("body", [b'["\\ud800"]', b'{"\\uDC80": 1}', b'"\xed\xa0\x80"', '"x"'.encode("utf-16")])
def test_a_document_is_text(body: bytes) -> None:
    """RFC 8259: JSON between systems is UTF-8, which has no half of a surrogate pair; it could be asked for nowhere."""
    with pytest.raises(NotUnderstood, match="is not JSON"):
        WebDocument("https://h/a", 200, {}, body).json()


@pytest.mark.parametrize("body", [b'"\\ud83d\\ude00"', '"\U0001f600"'.encode(), b'\xef\xbb\xbf"\xf0\x9f\x98\x80"'])
def test_a_whole_pair_is_a_letter(body: bytes) -> None:
    assert WebDocument("https://h/a", 200, {}, body).json() == "\U0001f600"


def test_a_model_may_name_a_file_by_bytes_that_are_no_text(shelf: Shelf) -> None:
    """A URL can say them."""
    shelf.files["/m/w\N{REPLACEMENT CHARACTER}"] = b"beside"  # as the stand-in reads what is no text
    found = WebTree(f"{shelf.url}/m/a.onnx", LIMITS).find(os.fsdecode(b"w\xe9"))
    assert found is not None and found.size == 6 and shelf.asked[-1].path == "/m/w%E9"


def test_no_object_is_called_by_bytes_that_are_no_text() -> None:
    """Its key is UTF-8: nobody is asked."""
    pytest.importorskip("obstore", reason="pip install 'auditor[registries]' brings obstore")
    tree = ObjectStorePrefix("s3://bucket/a.onnx", LIMITS)
    tree.is_file = True
    assert tree.find(os.fsdecode(b"w\xe9")) is None
