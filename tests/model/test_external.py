"""External data: what may be read is read, everything else is said and never opened."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy
import pytest

from auditor.model import external, payload
from auditor.model.external import (
    BadEntry,
    CannotOpen,
    ExternalTrouble,
    HardLinked,
    IsLink,
    MissingFile,
    NoFolder,
    NotRegular,
    Outside,
    Overlap,
    TooShort,
)
from auditor.model.graph import Model
from auditor.model.load import load, loads
from auditor.model.tensor import Tensor

from . import samples

WEIGHT = numpy.arange(12, dtype=numpy.float32).tobytes()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inside = tmp_path / "models"
    inside.mkdir()
    (tmp_path / "canary").write_bytes(WEIGHT)
    (inside / "w.bin").write_bytes(b"\xff" * 16 + WEIGHT)
    return inside


def weight(folder: Path, location: str, **entries: str) -> tuple[Model, Tensor]:
    path = folder / "m.onnx"
    path.write_bytes(samples.external(location, **entries).SerializeToString())
    model = load(path)
    return model, model.graph.initializers[0]


def test_read(folder: Path) -> None:
    model, tensor = weight(folder, "w.bin", offset="16")
    assert payload.trouble(model, tensor) == ()
    assert payload.small(model, tensor) == tuple(range(12))
    assert payload.array(model, tensor).tolist() == list(range(12))
    assert payload.extent(model, tensor) == payload.Raw("w.bin", 16, 48)


def test_without_length_as_many_bytes_as_the_dims_say(folder: Path) -> None:
    model, tensor = weight(folder, "./sub/../w.bin", offset="16", length="")
    assert payload.trouble(model, tensor) == ()
    assert payload.small(model, tensor) == tuple(range(12))


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("../canary", Outside("../canary")),
        ("sub/../../canary", Outside("sub/../../canary")),
        ("/etc/passwd", Outside("/etc/passwd")),
        ("..", Outside("..")),
        ("C:\\weights", Outside("C:\\weights")),
        ("nothing.bin", MissingFile("nothing.bin")),
        ("w.bin/below", MissingFile("w.bin/below")),
        ("link", IsLink("link", "link")),
        ("inner_link", IsLink("inner_link", "inner_link")),
        ("out/canary", IsLink("out/canary", "out")),
        ("out/../w.bin", IsLink("out/../w.bin", "out")),  # what opens it goes through the link, and up from there
        ("folder/../out/./../w.bin", IsLink("folder/../out/./../w.bin", "out")),
        ("w.bin/../w.bin", MissingFile("w.bin/../w.bin")),
        ("pipe", NotRegular("pipe", "a named pipe")),
        ("folder", NotRegular("folder", "a folder")),
        (".", BadEntry("location", ".")),
        ("", BadEntry("location", "")),
        ("n" * 300, CannotOpen("n" * 300, "File name too long")),
    ],
)
def test_refused_without_a_look(
    folder: Path, location: str, expected: ExternalTrouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The canary's bytes, the pipe and the links' ends are never opened."""
    (folder / "link").symlink_to("../canary")
    (folder / "inner_link").symlink_to("w.bin")
    (folder / "out").symlink_to("..")
    os.mkfifo(folder / "pipe")
    (folder / "folder").mkdir()
    model, tensor = weight(folder, location)
    opened = []
    real = os.open

    def watched(path: str, flags: int, *args: Any, **more: Any) -> int:
        fd = real(path, flags, *args, **more)
        opened.append(str(Path(f"/proc/self/fd/{fd}").readlink()))
        return fd

    monkeypatch.setattr(os, "open", watched)
    assert payload.trouble(model, tensor) == (expected,)
    assert payload.extent(model, tensor) == payload.Absent((expected,))
    assert payload.small(model, tensor) is None
    assert all(path == str(folder) or path == str(folder / "folder") for path in opened)


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ({"offset": "17"}, TooShort("w.bin", 17, 48, 64)),
        ({"offset": "9000000000000000000"}, BadEntry("offset", "9000000000000000000")),
        ({"offset": "-1"}, BadEntry("offset", "-1")),
        ({"offset": "0x10"}, BadEntry("offset", "0x10")),
        ({"offset": "1_6"}, BadEntry("offset", "1_6")),
        ({"offset": " 16"}, BadEntry("offset", " 16")),
        ({"offset": "٣"}, BadEntry("offset", "٣")),
        ({"length": "1e3"}, BadEntry("length", "1e3")),
        ({"length": "9" * 5000}, BadEntry("length", "9" * 5000)),
        ({"length": "40"}, payload.WrongLength(48, 40, "bytes")),
        ({"length": "56"}, payload.WrongLength(48, 56, "bytes")),
        ({"length": "80"}, TooShort("w.bin", 0, 80, 64)),
        ({"length": "", "offset": "60"}, TooShort("w.bin", 60, 48, 64)),
    ],
)
def test_bad_ranges(folder: Path, entries: dict[str, str], expected: object) -> None:
    model, tensor = weight(folder, "w.bin", **entries)
    assert payload.trouble(model, tensor) == (expected,)
    assert payload.small(model, tensor) is None


def test_hard_link_is_a_note(folder: Path, tmp_path: Path) -> None:
    os.link(tmp_path / "canary", folder / "hard")
    model, tensor = weight(folder, "hard")
    assert payload.trouble(model, tensor) == (HardLinked("hard", 2),)
    assert payload.small(model, tensor) == tuple(range(12))


def test_hugging_face_cache(tmp_path: Path) -> None:
    """Links from a snapshot into the blobs of the same repository, and no other links."""
    root = tmp_path / "models--org--name"
    snapshot = root / "snapshots" / ("a" * 40) / "onnx"
    snapshot.mkdir(parents=True)
    (root / "blobs").mkdir()
    blob = "0123456789abcdef" * 4
    (root / "blobs" / blob).write_bytes(WEIGHT)
    (root / "blobs" / "notes").write_bytes(WEIGHT)
    (root / "blobs" / "ef01").write_bytes(samples.external("m.onnx_data").SerializeToString())
    (snapshot / "m.onnx").symlink_to("../../../blobs/ef01")
    (snapshot / "m.onnx_data").symlink_to(f"../../../blobs/{blob}")
    model = load(snapshot / "m.onnx")
    assert payload.small(model, model.graph.initializers[0]) == tuple(range(12))
    (snapshot / "m.onnx_data").unlink()
    for target in ("../../../blobs/notes", str(tmp_path / "canary"), f"../../../../other/blobs/{blob}"):
        (snapshot / "m.onnx_data").symlink_to(target)
        assert payload.trouble(model, model.graph.initializers[0]) == (IsLink("m.onnx_data", "m.onnx_data"),)
        (snapshot / "m.onnx_data").unlink()
    (root / "blobs" / blob).unlink()
    (root / "blobs" / blob).symlink_to(tmp_path / "canary")
    (snapshot / "m.onnx_data").symlink_to(f"../../../blobs/{blob}")
    assert isinstance(payload.trouble(model, model.graph.initializers[0])[0], IsLink)


def test_model_from_bytes_has_no_folder() -> None:
    model = loads(samples.external("w.bin").SerializeToString())
    assert payload.trouble(model, model.graph.initializers[0]) == (NoFolder("w.bin"),)


def test_data_in_two_places(folder: Path) -> None:
    proto = samples.external("w.bin", offset="16")
    proto.graph.initializer[0].raw_data = WEIGHT
    (folder / "m.onnx").write_bytes(proto.SerializeToString())
    model = load(folder / "m.onnx")
    assert payload.trouble(model, model.graph.initializers[0]) == (
        payload.SeveralFields(("raw_data", "external_data")),
    )


def test_overlaps(folder: Path) -> None:
    proto = samples.external("w.bin")
    for name, offset in (("shared", "0"), ("over", "8"), ("behind", "56")):
        tensor = proto.graph.initializer.add()
        tensor.CopyFrom(proto.graph.initializer[0])
        tensor.name = name
        tensor.external_data[1].value = offset
    (folder / "m.onnx").write_bytes(proto.SerializeToString())
    assert payload.overlaps(load(folder / "m.onnx")) == (Overlap("w.bin", "w", "over", 8, 40),)


def test_files_are_looked_at_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, tensor = weight(folder, "w.bin", offset="16")
    seen: payload.Seen = {}
    assert payload.trouble(model, tensor, seen) == ()
    monkeypatch.setattr(external, "look", None)
    assert payload.trouble(model, tensor, seen) == ()
