"""How files that lie elsewhere are laid out by their names, in this process: what is fetched for that and what is said.

tests/remote reads whole registries in this way.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from auditor.batch import tree
from auditor.batch.tree import TreeKind
from auditor.remote.failures import CutOff, NotThere, RemoteFailure, TooMuch
from auditor.remote.listing import FetchLimits, FilePart, ListedFile, PieceSource, RemoteRow, RemoteTree

ADDRESS = "s3://bucket/zoo/"
CONFIG = b'backend: "onnxruntime"'


class TreeInMemory(RemoteTree):
    schemes = ()
    row = RemoteRow("address", "", "", "")

    def __init__(self, contents: dict[str, bytes | RemoteFailure], address: str = ADDRESS, listing: int = 100) -> None:
        super().__init__(address, FetchLimits(listing=listing))
        self.contents = contents
        self.sizes = {name: len(content) for name, content in contents.items() if isinstance(content, bytes)}
        self.fetched, self.outside = list[str](), dict[str, ListedFile]()

    def files(self) -> Iterator[ListedFile]:
        for name in self.contents:
            yield ListedFile(name, f"key of {name}", self.sizes.get(name), etag=f"tag of {name}")

    def find(self, name: str) -> ListedFile | None:
        return self.outside.get(name)

    def pieces(self, file: ListedFile, offset: int) -> Iterator[bytes]:
        self.fetched.append(file.name)
        content = self.contents[file.name]
        if isinstance(content, RemoteFailure):
            raise content
        yield content[offset:]

    def part(self, file: ListedFile, start: int, length: int, etag: str = "") -> FilePart | None:
        return FilePart(f"{file.name} {start} {length} {etag}".encode(), 0)


def kind_of(held: TreeInMemory, tmp_path: Path) -> tuple[TreeKind, list[str]]:
    """What it says of its models, with a cache of one file for each that is fetched; and what was let go of that."""
    kind, gone = TreeKind(held, str(tmp_path / "work")), list[str]()

    def stored(file: ListedFile, pieces: PieceSource) -> str:
        path = tmp_path / file.name.replace("/", "_")
        path.write_bytes(b"".join(pieces(0)))
        return str(path)

    kind.stored, kind.let_go = stored, gone.append
    return kind, gone


def test_what_describes_models_is_fetched_and_let_go_and_models_are_not(tmp_path: Path) -> None:
    names = ("net/config.pbtxt", "net/1/model.onnx", "net/notes.md", "net/more/list.csv", "net/1/weights.bin")
    held = TreeInMemory(dict.fromkeys(names, CONFIG))
    kind, gone = kind_of(held, tmp_path)
    (version,) = kind.versions()
    assert held.fetched == ["net/config.pbtxt"] and gone == [str(tmp_path / "net_config.pbtxt")]
    assert (version.name, version.address) == ("net", "s3://bucket/zoo/net/1/model.onnx")
    assert version.metadata == {"served": "yes", "etag": "tag of net/1/model.onnx"}
    assert [file.name for file in version.files] == ["net/config.pbtxt"]  # behind the model itself
    assert (version.registry, kind.troubles, kind.row) == ("s3://bucket/zoo", [], held.row)
    laid = {str(path.relative_to(tmp_path / "work/zoo")) for path in (tmp_path / "work/zoo").rglob("*.*")}
    assert laid == {"net/config.pbtxt", "net/1/model.onnx"}


def test_a_description_that_is_gone_is_empty_and_any_other_failure_is_the_end(tmp_path: Path) -> None:
    """One that went between the listing and the fetching is no failure of the registry."""
    contents: dict[str, bytes | RemoteFailure] = {"net/config.pbtxt": NotThere("gone"), "net/1/model.onnx": b"x"}
    (version,) = kind_of(TreeInMemory(contents), tmp_path)[0].versions()
    assert (version.name, version.version, version.troubles) == ("net", "1", ())
    with pytest.raises(CutOff, match="again and again"):
        list(kind_of(TreeInMemory(contents | {"net/config.pbtxt": CutOff("again and again")}), tmp_path)[0].versions())


def test_a_description_that_nobody_would_read_is_not_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has its size, and is said to be too large as a local one is; up to the limit itself it is fetched."""
    monkeypatch.setattr(tree, "_LARGEST", 2 << 20)
    held = TreeInMemory({"net/config.pbtxt": CONFIG, "net/1/model.onnx": b"x"})
    held.sizes["net/config.pbtxt"] = (2 << 20) + 1
    (version,) = kind_of(held, tmp_path)[0].versions()
    assert held.fetched == [] and "config.pbtxt holds 2.0 MiB" in version.troubles[0]
    held.sizes["net/config.pbtxt"] = 2 << 20
    (version,) = kind_of(held, tmp_path)[0].versions()
    assert held.fetched == ["net/config.pbtxt"] and version.troubles == ()


def test_an_address_of_a_single_file_is_that_file(tmp_path: Path) -> None:
    held = TreeInMemory({"net.onnx": b"x"}, "s3://bucket/zoo/net.onnx")
    (version,) = kind_of(held, tmp_path)[0].versions()
    assert version.address == "s3://bucket/zoo/net.onnx/net.onnx"  # a folder with one file in it
    held.is_file = True
    (version,) = kind_of(held, tmp_path)[0].versions()
    assert (version.address, version.name) == ("s3://bucket/zoo/net.onnx", "net")
    assert (version.subject, version.registry) == ("", "")  # no registry names it
    held.contents["other.onnx"] = b"x"
    assert len(list(kind_of(held, tmp_path)[0].versions())) == 2


def test_so_many_files_are_listed_and_no_more(tmp_path: Path) -> None:
    contents: dict[str, bytes | RemoteFailure] = {f"{n}.onnx": b"x" for n in range(3)}
    assert len(list(kind_of(TreeInMemory(contents, listing=3), tmp_path)[0].versions())) == 3
    with pytest.raises(TooMuch, match="more than 2 files: name a part of it"):
        list(kind_of(TreeInMemory(contents, listing=2), tmp_path)[0].versions())


def test_a_mark_of_a_folder_is_no_file_whether_it_comes_before_or_behind(tmp_path: Path) -> None:
    for names in (("m.onnx", "m.onnx/a.onnx"), ("m.onnx/a.onnx", "m.onnx")):
        held = TreeInMemory(dict.fromkeys(names, b"x"))
        held.sizes["m.onnx"] = 0
        kind, _ = kind_of(held, tmp_path)
        (version,) = kind.versions()
        assert version.address == "s3://bucket/zoo/m.onnx/a.onnx" and kind.troubles == []
        assert kind.beside(version._replace(model=ListedFile("b.onnx", "key")), "m.onnx") is None


def test_a_model_is_there_by_whatever_name_it_is_listed(tmp_path: Path) -> None:
    """Only ``*.onnx`` is laid out: of a model of another name that is listed nobody says that it is not there."""
    config = CONFIG + b' default_model_filename: "net.bin"'
    held = TreeInMemory({"net/config.pbtxt": config, "net/1/net.bin": b"x", "net/1/a.onnx": b"x"})
    (version,) = kind_of(held, tmp_path)[0].versions()
    assert (version.model.address, version.troubles) == ("key of net/1/net.bin", ())
    (version,) = kind_of(TreeInMemory({"net/config.pbtxt": config, "net/1/a.onnx": b"x"}), tmp_path)[0].versions()
    assert version.model.address == "" and version.troubles[0].startswith("the model is not there")


@pytest.mark.parametrize(("more", "last"), [(0, None), (1, "1 more name like these"), (2, "2 more names like these")])
def test_twenty_names_that_cannot_be_are_said_one_by_one(tmp_path: Path, more: int, last: str | None) -> None:
    held = TreeInMemory({f"../{n}.onnx": b"x" for n in range(20 + more)})
    kind, _ = kind_of(held, tmp_path)
    assert not list(kind.versions())  # and it is not said that nothing is there
    told = [line for line in kind.troubles if "not a path below a folder" in line]
    assert len(told) == 20 and kind.troubles[20:21] == ([f"{ADDRESS}: {last}"] if last else [])


def test_what_lies_beside_a_model_is_looked_up_among_the_listed_and_then_asked_for(tmp_path: Path) -> None:
    held = TreeInMemory({"a/net.onnx": b"x", "a/net.onnx.data": b"y", "net.onnx.data": b"another's"})
    held.outside["a/far.bin"] = found = ListedFile("a/far.bin", "key")
    (version,) = kind_of(held, tmp_path)[0].versions()
    another, _ = kind_of(held, tmp_path)  # which has listed nothing yet
    beside = another.beside(version, "net.onnx.data")
    assert beside is not None and beside.address == "key of a/net.onnx.data"
    assert another.beside(version, "far.bin") == found and another.beside(version, "none.bin") is None
    assert list(another.pieces(beside, 0)) == [b"y"]
    assert another.part(beside, 1, 2, "tag") == FilePart(b"a/net.onnx.data 1 2 tag", 0)
