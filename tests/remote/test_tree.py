"""Files that lie elsewhere, laid out by their names and read as local folders are."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from auditor.batch.refs import NotRead
from auditor.batch.tree import TreeKind
from auditor.remote.cache import Cache
from auditor.remote.failures import NotThere
from auditor.remote.listing import ListedFile, ListedVersion, PieceSource, RemoteRow, RemoteTree
from tests.pace import HANG

from .conftest import LIMITS


class Held(RemoteTree):
    """A tree that is held in memory."""

    schemes = ()
    row = RemoteRow("", "", "", "")

    def __init__(self, contents: dict[str, bytes]) -> None:
        super().__init__("s3://bucket/zoo", LIMITS)
        self.contents = contents
        self.fetched: list[str] = []

    def files(self) -> Iterator[ListedFile]:
        for name, content in self.contents.items():
            yield ListedFile(name, name, len(content), etag=str(hash(content)))

    def pieces(self, file: ListedFile, offset: int) -> Iterator[bytes]:
        self.fetched.append(file.name)
        yield self.contents[file.address][offset:]


Read: TypeAlias = Callable[[Held], tuple[list[ListedVersion], list[str]]]


@pytest.fixture
def listed(tmp_path: Path) -> Iterator[Read]:
    cache = Cache(str(tmp_path / "cache"), 1 << 30)
    with cache.filling() as filling:

        def found(tree: Held) -> tuple[list[ListedVersion], list[str]]:
            kind = TreeKind(tree, cache.workplace())

            def stored(file: ListedFile, pieces: PieceSource) -> str:
                return filling.fetched("r", file, pieces, LIMITS, time.monotonic() + HANG)

            kind.stored, kind.let_go = stored, filling.let_go
            return list(kind.versions()), kind.troubles

        yield found
        assert filling._held == {}, "each costs a descriptor, and there may be 10,000 descriptions"


def test_only_descriptions_are_fetched(listed: Read) -> None:
    config = b'name: "net"\nbackend: "onnxruntime"\nmax_batch_size: 4\n'
    tree = Held({f"m{n}/config.pbtxt": config.replace(b"net", b"m%d" % n) for n in range(40)})
    tree.contents |= {f"m{n}/1/model.onnx": b"never" for n in range(40)} | {"m0/1/model.onnx.data": b"nor this"}
    versions, troubles = listed(tree)
    assert len(versions) == 40 and troubles == []
    assert set(tree.fetched) == {f"m{n}/config.pbtxt" for n in range(40)}
    first = versions[0]
    assert (first.name, first.version, first.address) == ("m0", "1", "s3://bucket/zoo/m0/1/model.onnx")
    assert (first.subject, first.registry) == ("m0", "s3://bucket/zoo")
    assert first.contract is not None and first.contract.max_batch == 4
    assert [file.name for file in first.files] == ["m0/config.pbtxt"]


def test_a_zoo_a_manifest_and_mlflow(listed: Read) -> None:
    """Each says what it says of local ones; no line names a folder of ours."""
    row = {"model": "net", "model_path": "vision/net.onnx", "metadata": {"model_sha": "0" * 64}}
    versions, troubles = listed(Held({"ONNX_HUB_MANIFEST.json": json.dumps([row]).encode(), "vision/net.onnx": b"x"}))
    assert [(v.address, v.contract and v.contract.sha256) for v in versions] == [
        ("s3://bucket/zoo/vision/net.onnx", "0" * 64)
    ]
    mlmodel = b"flavors:\n  onnx:\n    data: net.onnx\nmodel_uuid: abc\n"
    versions, troubles = listed(Held({"a/MLmodel": mlmodel, "a/net.onnx": b"x", "a/loose.onnx": b"x"}))
    by_address = {version.address: version.version for version in versions}
    assert by_address == {"s3://bucket/zoo/a/net.onnx": "abc", "s3://bucket/zoo/a/loose.onnx": ""}
    broken = listed(Held({"b/MLmodel": b"{", "b/model.onnx": b"x"}))[0]
    assert broken[0].troubles and all("/cache/" not in line for line in broken[0].troubles)
    assert not any("/cache/" in line for line in troubles)


def test_a_model_that_a_registry_names_and_that_is_not_there(listed: Read) -> None:
    versions, _ = listed(Held({"m/config.pbtxt": b'backend: "onnxruntime"', "m/1/other.txt": b""}))
    assert all(not version.model.address for version in versions), "nothing to fetch: the courier says so"


def test_a_model_whose_file_has_a_name_of_its_own(listed: Read) -> None:
    """`default_model_filename` names any file; Triton's versions are the folders whose names are numbers."""
    config = b'backend: "onnxruntime"\ndefault_model_filename: "net.bin"'
    tree = Held({"net/config.pbtxt": config, "net/1/net.bin": b"x", "net/12/net.bin": b"y", "net/notes/a.txt": b"z"})
    versions, troubles = listed(tree)
    assert [(v.version, v.address, v.model.address, v.troubles) for v in versions] == [
        ("1", "s3://bucket/zoo/net/1/net.bin", "net/1/net.bin", ()),
        ("12", "s3://bucket/zoo/net/12/net.bin", "net/12/net.bin", ()),
    ]
    assert tree.fetched == ["net/config.pbtxt"] and troubles == []


def test_names_that_mark_folders_and_names_that_are_both(listed: Read) -> None:
    """Consoles make an empty object for a folder. What has content and is a folder, too, cannot be laid out."""
    versions, troubles = listed(Held({"a": b"", "a/b.onnx": b"x", "c.onnx": b"", "c.onnx/model.onnx": b"y"}))
    assert [version.address for version in versions] == [
        "s3://bucket/zoo/a/b.onnx", "s3://bucket/zoo/c.onnx/model.onnx"
    ]  # fmt: skip
    assert troubles == []
    versions, troubles = listed(Held({"d.onnx": b"content", "d.onnx/model.onnx": b"y"}))
    assert [version.address for version in versions] == ["s3://bucket/zoo/d.onnx"]
    (line,) = troubles
    assert isinstance(line, NotRead) and "is a folder, too" in line


def test_many_names_that_cannot_be(listed: Read) -> None:
    names = {f"../{number}.onnx": b"x" for number in range(50)}
    versions, troubles = listed(Held({"good.onnx": b"x", **names}))
    assert [version.address for version in versions] == ["s3://bucket/zoo/good.onnx"]
    assert len(troubles) == 21 and troubles[-1] == "s3://bucket/zoo: 30 more names like these"


def test_nothing_at_all(listed: Read) -> None:
    with pytest.raises(NotThere, match="nothing is there"):
        listed(Held({}))
