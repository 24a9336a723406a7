"""Files of the service: where they lie, that they are nobody else's, and what a full disk leaves."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import time
from pathlib import Path

import pytest

from auditor.errors import UsageError
from auditor.service.files import copying
from auditor.service.files.incoming import Incoming
from auditor.service.files.storage import Storage, StorageError, StorageFull, Undrawn
from auditor.service.files.uploaded_paths import FILES, check_paths, model_among

ID = "0123456789abcdef" * 2


def _put(storage: Storage, content: bytes, project: str = "default") -> str:
    sha256 = hashlib.sha256(content).hexdigest()
    storage.create(ID)
    storage.upload(ID).write_bytes(content)
    storage.place(ID, project, sha256)
    return sha256


def test_all_is_its_users_alone(tmp_path: Path) -> None:
    storage = Storage(tmp_path / "storage")
    sha256 = _put(storage, b"weights")
    storage.create(ID)
    with Incoming(storage, "ab" * 16, 1, 0) as incoming:  # one whose file is gone is made anew
        incoming.write(b"x")
    storage.secret()
    storage.materialise("default", {"a/m.onnx": sha256}, storage.work(ID))
    for path in (storage.folder, *storage.folder.rglob("*")):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077 or storage.work(ID) in path.parents, path


def test_the_secret_is_the_same_for_every_process(tmp_path: Path) -> None:
    first = Storage(tmp_path / "a").secret()
    assert len(first) == 32
    assert Storage(tmp_path / "a").secret() == first
    assert Storage(tmp_path / "b").secret() != first
    assert [one.name for one in (tmp_path / "a").glob("secret*")] == ["secret"]


def test_a_model_is_made_of_copies(tmp_path: Path) -> None:
    storage = Storage(tmp_path / "storage")
    model, data = _put(storage, b"model"), _put(storage, b"data" * 100_000)
    folder = storage.work(ID)
    storage.materialise("default", {"m.onnx": model, "w/data.bin": data, "w/again.bin": data}, folder)
    storage.materialise("default", {"n.onnx": model}, folder)  # it may be there
    storage.materialise("default", {"n.onnx": model}, tmp_path / "a/b")
    assert (tmp_path / "a/b/n.onnx").read_bytes() == (folder / "m.onnx").read_bytes() == b"model"
    assert (folder / "w/again.bin").read_bytes() == b"data" * 100_000
    for path in folder.rglob("*.*"):
        assert path.stat().st_nlink == 1, "a hard link is a note in the report"
        assert not path.is_symlink()
    (folder / "m.onnx").write_bytes(b"other")
    assert storage.blob("default", model).read_bytes() == b"model"
    assert storage.work_folders() == [ID]
    storage.forget_work(ID)
    assert storage.work_folders() == []


@pytest.mark.parametrize("ways", [(), ("_cloned",), ("_cloned", "_copied")])
def test_every_way_of_copying_copies_all(
    ways: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for way in ways:
        monkeypatch.setattr(copying, way, lambda *_: False)
    content = os.urandom(3_000_001)
    (tmp_path / "a").write_bytes(content)
    copying.copy_file(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == content
    with pytest.raises(FileExistsError):
        copying.copy_file(tmp_path / "a", tmp_path / "b")


def test_a_copy_within_the_kernel_that_ends_half_way_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = os.urandom(3_000_001)
    (tmp_path / "a").write_bytes(content)
    calls = iter([1_000_000])

    def some(source: int, target: int, _most: int) -> int:
        for size in calls:
            return os.write(target, os.read(source, size))
        raise OSError(errno.EXDEV, "elsewhere")

    monkeypatch.setattr(copying, "_cloned", lambda *_: False)
    monkeypatch.setattr(os, "copy_file_range", some, raising=False)
    copying.copy_file(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == content
    assert not list(calls), "the kernel was asked first"


def test_another_projects_content_is_not_there(tmp_path: Path) -> None:
    storage = Storage(tmp_path / "storage")
    sha256 = _put(storage, b"mine")
    with pytest.raises(StorageError, match="not in the storage"):
        storage.materialise("other", {"m.onnx": sha256}, storage.work(ID))


def test_where_a_content_lies(tmp_path: Path) -> None:
    """A storage that is there stays readable."""
    storage = Storage(tmp_path)
    sha256 = _put(storage, b"mine", "team")
    assert (tmp_path / f"blobs/team/{sha256[:2]}/{sha256}").read_bytes() == b"mine"


def test_pages_that_are_asked_for(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    asked = [Undrawn("a", "01"), Undrawn("b-c", "02")]
    for one in (*asked, asked[0]):
        storage.ask_to_draw(one)
    (tmp_path / "undrawn/lost+found").touch()
    assert storage.undrawn() == asked
    storage.forget_undrawn(asked[0])
    storage.forget_undrawn(asked[0])
    assert storage.undrawn() == asked[1:]
    assert storage.projects_of_pages() == []
    storage.pages("b-c")
    assert storage.projects_of_pages() == ["b-c"]


def test_the_same_content_twice_is_one_file(tmp_path: Path) -> None:
    storage = Storage(tmp_path / "storage")
    assert _put(storage, b"once") == _put(storage, b"once")
    assert len([one for one in storage.blobs("default").rglob("*") if one.is_file()]) == 1
    assert list(storage.uploads.iterdir()) == []


@pytest.mark.parametrize("name", ["../x", "", "a/b", "A", "\0", ".", "x" * 64])
def test_only_names_of_ours_become_paths(name: str, tmp_path: Path) -> None:
    storage = Storage(tmp_path / "storage")
    for path in (storage.upload, storage.work):
        with pytest.raises(StorageError):
            path(name)
    with pytest.raises(StorageError):
        storage.blob(name if name != "x" * 64 else "..", ID)


def test_a_content_of_many_paths_does_not_fill_the_disk(tmp_path: Path) -> None:
    """A quota counts a content once; its copies are made for an audit, of which anybody may ask for many."""
    work = tmp_path / "storage" / "work" / ID
    storage = Storage(tmp_path / "storage", lambda _: 1000 - sum(one.stat().st_size for one in work.glob("*")))
    sha256 = _put(storage, b"x" * 100)
    with pytest.raises(StorageFull, match="is to keep 500 bytes free"):
        storage.materialise("default", {f"{i}.onnx": sha256 for i in range(9)}, work, floor=500)
    assert len(list(work.iterdir())) == 5


def test_a_disk_without_room_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = Storage(tmp_path / "storage")
    sha256 = _put(storage, b"weights")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("auditor.service.files.storage.copy_file", full)
    with pytest.raises(StorageFull, match="no room"):
        storage.materialise("default", {"m.onnx": sha256}, storage.work(ID))


def test_what_lies_there_for_long(tmp_path: Path) -> None:
    storage = Storage(tmp_path / "storage")
    sha256 = _put(storage, b"old")
    storage.create(ID)
    now = time.time()
    assert list(storage.lying_blobs("default", now - 100)) == []
    assert list(storage.lying_blobs("default", now + 100)) == [[sha256]]
    assert list(storage.lying_blobs("none", now + 100)) == []
    assert storage.lying_uploads(now - 100) == []
    assert storage.lying_uploads(now + 100) == [ID]
    assert storage.projects() == ["default"]


@pytest.mark.parametrize(
    "path",
    [
        "", "/m.onnx", "../m.onnx", "a/../m.onnx", "./m.onnx", "a//m.onnx", "a/", "a\0b", "a\\b", "a\nb", "\udc80",
        "\u202eonnx.m", "x" * 256, "é" * 128, "/".join("a" * 17), f"{'/'.join(['a' * 204] * 5)}a",
    ],
)  # fmt: skip
def test_paths_that_are_no_paths_of_a_model(path: str) -> None:
    with pytest.raises(UsageError):
        check_paths([path])


def test_paths_of_a_model() -> None:
    check_paths(["m.onnx", "weights/é ü.bin", "x" * 255, "..a", "a..", "/".join("a" * 16), "~", "C:", "-rf", "$(x)",
                 "/".join(["a" * 204] * 5)])  # fmt: skip
    with pytest.raises(UsageError, match="file and a folder"):
        check_paths(["a/b", "a"])
    with pytest.raises(UsageError, match="at least one"):
        check_paths([])
    with pytest.raises(UsageError, match="at most"):
        check_paths([str(i) for i in range(FILES + 1)])


def test_which_file_is_the_model() -> None:
    assert model_among(["m.bin"], None) == "m.bin"
    assert model_among(["m.ONNX", "w.bin"], None) == "m.ONNX"
    assert model_among(["a.onnx", "b.onnx"], "b.onnx") == "b.onnx"
    for paths, said in ((["a.onnx", "b.onnx"], None), (["a", "b"], None), (["a.onnx"], "b.onnx")):
        with pytest.raises(UsageError):
            model_among(paths, said)
