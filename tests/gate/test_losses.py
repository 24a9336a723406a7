"""What could not be read, written or kept is no pass, and hides no failure."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from auditor.errors import StoreError

from .conftest import BAD, COMMANDS, GOOD, Auditor

STATIC = ("--no-run",)


@pytest.mark.parametrize("command", ["batch", "gate"])
def test_a_folder_that_cannot_be_entered_leaves_the_verdict_open(
    command: str, auditor: Auditor, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever runs the tests may be root, for whom every folder is open."""
    (here / "models" / "closed").mkdir(parents=True)
    (here / "models" / "m.onnx").write_bytes(GOOD)
    real = os.scandir

    def scandir(path: str) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr("os.scandir", scandir)
    said = auditor(command, "models", *STATIC)
    assert said.code == 4 and "closed: cannot be entered" in said.err
    (here / "models" / "m.onnx").write_bytes(BAD)
    assert auditor(command, "models", *STATIC).code == 1


@pytest.mark.parametrize("command", ["batch", "gate"])
def test_a_manifest_line_that_cannot_be_read_leaves_the_verdict_open(
    command: str, auditor: Auditor, here: Path
) -> None:
    (here / "m.onnx").write_bytes(GOOD)
    (here / "list.jsonl").write_text('{"path": "m.onnx"}\n{"path": \n')
    said = auditor(command, "list.jsonl", *STATIC)
    assert said.code == 4 and "line 2 is not JSON" in said.err


@pytest.mark.parametrize("command", ["batch", "gate"])
def test_models_in_other_forms_are_named(command: str, auditor: Auditor, here: Path) -> None:
    models = here / "models"
    models.mkdir()
    (models / "m.onnx").write_bytes(GOOD)
    others = ["a.ort", "b.onnx.gz", "c.zip", "d.tar", "e.onnxtxt", "f.safetensors"]
    for name in others:
        (models / name).write_bytes(b"")
        said = auditor(command, "models", *STATIC)
        assert said.code == 0 and f"passed over, for only .onnx files are audited: {name!r}" in said.err
        (models / name).unlink()


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(("data", "code"), [(GOOD, 4), (BAD, 1)])
def test_without_its_store_nothing_passes_and_what_fails_still_does(
    command: str, data: bytes, code: int, auditor: Auditor, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The usual database, which nobody named, cannot be used."""
    monkeypatch.delenv("AUDITOR_DB")
    (here / "file").write_bytes(b"")
    monkeypatch.setenv("XDG_DATA_HOME", str(here / "file"))
    (here / "m.onnx").write_bytes(data)
    said = auditor(command, "m.onnx", *STATIC)
    assert said.code == code and "not stored" in said.err


@pytest.mark.parametrize("command", ["batch", "gate"])
@pytest.mark.parametrize(("data", "code"), [(GOOD, 4), (BAD, 1)])
def test_a_report_that_the_full_disk_did_not_take(
    command: str, data: bytes, code: int, auditor: Auditor, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StoreError("the disk of the report database is full")

    monkeypatch.setattr("auditor.store.works.Works.finish_all", full)
    (here / "m.onnx").write_bytes(data)
    said = auditor(command, "m.onnx", *STATIC)
    assert said.code == code and "is full" in said.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full on this system")
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(("data", "code"), [(GOOD, 2), (BAD, 1)])
def test_a_full_device_hides_no_failure(command: str, data: bytes, code: int, auditor: Auditor, here: Path) -> None:
    (here / "m.onnx").write_bytes(data)
    said = auditor(command, "m.onnx", *STATIC, "-q", "-o", "json:/dev/full")
    assert said.code == code
    assert said.err == "auditor: cannot write /dev/full: No space left on device\n"


def test_what_comes_behind_a_failure_does_not_hide_it(auditor: Auditor, here: Path) -> None:
    (here / "m.onnx").write_bytes(BAD)
    (here / "broken.json").write_text('{"schema_version": 1,')
    for second in ("broken.json", "nowhere.onnx", "77"):
        assert auditor("gate", "m.onnx", second, *STATIC).code == 1
    (here / "m.onnx").write_bytes(GOOD)
    assert auditor("gate", "m.onnx", "broken.json", *STATIC).code == 2
