"""What is audited is what lies there: every byte of every file that a model makes the runtime read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from auditor.evidence.trial import data_files
from auditor.model import digest
from auditor.model.load import load

from .conftest import BAD, COMMANDS, GOOD, Auditor, refitted, triton, with_context, write_weightless

STATIC = ("--no-run",)


def overwritten(path: Path, data: bytes) -> None:
    """In place, of the same size, with its times set back."""
    before = path.stat()
    assert before.st_size == len(data)
    with path.open("r+b") as file:
        file.write(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = path.stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_model_that_was_overwritten_with_its_times_restored_fails(
    command: str, auditor: Auditor, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("auditor.files._SETTLED", -1)  # its state is kept at once
    path = here / "m.onnx"
    path.write_bytes(GOOD)
    assert auditor(command, "m.onnx", *STATIC).code == 0
    clock = here / "clock"
    while clock.write_bytes(b"") or clock.stat().st_ctime_ns <= path.stat().st_ctime_ns:
        pass  # until the file system's clock has gone on
    overwritten(path, BAD)
    assert auditor(command, "m.onnx", *STATIC).code == 1


def test_a_gate_and_rehash_read_every_file_however_it_looks(
    auditor: Auditor, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the system's own times lie: a clock that was set back, a disk that was written to from below."""
    (here / "m.onnx").write_bytes(GOOD)
    assert auditor("batch", "m.onnx", *STATIC).code == 0
    overwritten(here / "m.onnx", BAD)
    monkeypatch.setattr("auditor.batch.run.unchanged", lambda path, known: known is not None)
    monkeypatch.setattr("auditor.store.works.Works.states", lambda store, paths: pytest.fail("looks were asked for"))
    assert auditor("gate", "m.onnx", *STATIC).code == 1
    (here / "m.onnx").write_bytes(GOOD)
    assert auditor("batch", "m.onnx", *STATIC, "--rehash").code == 0
    overwritten(here / "m.onnx", BAD)
    assert auditor("batch", "m.onnx", *STATIC, "--rehash").code == 1


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("context", ["/etc/passwd", "../secret.bin", "missing.bin", "link.bin"])
def test_a_context_that_lies_elsewhere_or_nowhere_is_an_error(
    command: str, context: str, auditor: Auditor, here: Path
) -> None:
    (here.parent / "secret.bin").write_bytes(b"")
    (here / "link.bin").symlink_to("/etc/passwd")
    (here / "m.onnx").write_bytes(with_context(context))
    said = auditor(command, "m.onnx", *STATIC)
    assert said.code == 1 and "unreadable-context" in said.out


@pytest.mark.parametrize("command", ["batch", "gate"])
def test_another_context_is_another_model(command: str, auditor: Auditor, here: Path) -> None:
    (here / "context.bin").write_bytes(b"one")
    (here / "m.onnx").write_bytes(with_context("context.bin"))
    before = digest.content(load("m.onnx"))
    assert digest.files(load("m.onnx")) == ("context.bin",)
    first = auditor(command, "m.onnx", *STATIC, "--format", "json").json
    (here / "context.bin").write_bytes(b"two")
    assert digest.content(load("m.onnx")) != before
    second = auditor(command, "m.onnx", *STATIC, "--format", "json").json
    assert first["model"]["files"] == ["context.bin"]
    assert first["model"]["content_digest"] != second["model"]["content_digest"]


@pytest.mark.parametrize("command", ["batch", "gate"])
def test_other_weights_of_the_model_that_an_engine_takes_them_from_are_another_model(
    command: str, auditor: Auditor, here: Path
) -> None:
    """A stored pass is of the weights, wherever they lie: of others it is not taken again."""
    write_weightless(here)
    first = auditor(command, "m.onnx", *STATIC, "--format", "json")
    assert first.code == 0 and first.json["model"]["files"] == ["engine.bin", "source/m.onnx", "source/w.bin"]
    assert first.json["model"]["content_digest"] == digest.content(load("m.onnx"))
    (here / "source" / "w.bin").write_bytes(bytes(64 * 3 * 4))
    second = auditor(command, "m.onnx", *STATIC, "--format", "json")
    assert second.json["model"]["content_digest"] == digest.content(load("m.onnx"))
    assert second.json["model"]["content_digest"] != first.json["model"]["content_digest"], "an audit of what was there"


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("weights", ["missing.bin", "../../secret.bin", "/etc/passwd", "link.bin"])
def test_weights_that_an_engine_would_take_from_elsewhere_or_nowhere_are_an_error(
    command: str, weights: str, auditor: Auditor, here: Path
) -> None:
    (here.parent / "secret.bin").write_bytes(bytes(64 * 3 * 4))
    write_weightless(here, weights)
    (here / "source" / "link.bin").symlink_to("/etc/passwd")
    said = auditor(command, "m.onnx", *STATIC)
    assert said.code == 1 and "unreadable-context" in said.out, said


def test_the_sandbox_opens_what_the_refitted_model_names_and_what_it_names_by_now(here: Path) -> None:
    model = load(str(write_weightless(here)))
    assert {os.path.relpath(path, here) for path in data_files(model)} == {
        "engine.bin", "source/m.onnx", "source/w.bin"
    }  # fmt: skip
    (here / "source" / "m.onnx").write_bytes(with_context("other.bin"))
    assert digest.files(model) == ("engine.bin", "source/m.onnx", "source/other.bin")
    (here / "source" / "m.onnx").unlink()
    assert digest.files(model) == ("engine.bin", "source/m.onnx")


def test_models_that_name_each_other_or_themselves_come_to_an_end(here: Path) -> None:
    """The format has one step: an engine's model, and that model's files."""
    (here / "m.onnx").write_bytes(refitted("m.onnx"))
    assert digest.files(load("m.onnx")) == ("engine.bin", "m.onnx")
    (here / "deep").mkdir()
    (here / "m.onnx").write_bytes(refitted("deep/other.onnx"))
    (here / "deep" / "other.onnx").write_bytes(refitted("../m.onnx", "third.onnx"))
    (here / "deep" / "third.onnx").write_bytes(with_context("unseen.bin"))
    assert digest.files(load("m.onnx")) == (
        "deep/engine.bin", "deep/other.onnx", "deep/third.onnx", "engine.bin", "m.onnx"
    )  # fmt: skip


def test_a_detour_of_a_refitted_model_is_kept_because_a_link_may_lie_on_it(here: Path) -> None:
    (here / "m.onnx").write_bytes(refitted("source/m.onnx"))
    (here / "source").mkdir()
    (here / "source" / "m.onnx").write_bytes(with_context("sub/../w.bin"))
    assert digest.files(load("m.onnx")) == ("engine.bin", "source/m.onnx", "source/sub/../w.bin")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_model_whose_files_are_not_known_is_inconclusive(command: str, auditor: Auditor, here: Path) -> None:
    """One that is no model, and more of them than are followed: nobody can say which files are theirs."""

    def told() -> str:
        said = auditor(command, "m.onnx", *STATIC, "--format", "json")
        assert said.code == 4 and said.json["model"]["content_digest"] is None
        return str(said.json["coverage"]["skipped"])

    write_weightless(here)
    (here / "source" / "m.onnx").write_bytes(b"no model")
    assert "source/m.onnx" in told()
    names = [f"{at}.onnx" for at in range(5)]
    for name in names:
        (here / name).write_bytes(GOOD)
    (here / "m.onnx").write_bytes(refitted(*names))
    assert "4.onnx" in told()
    (here / "m.onnx").write_bytes(refitted(*names[:4], "./3.onnx"))
    assert auditor(command, "m.onnx", *STATIC).code == 0


@pytest.mark.parametrize("command", COMMANDS)
def test_code_within_the_model_is_to_be_reviewed(command: str, auditor: Auditor, here: Path) -> None:
    (here / "m.onnx").write_bytes(with_context("compiled", mode=1))
    found = auditor(command, "m.onnx", *STATIC, "--format", "json").json["findings"]
    assert ("native-code", "note") in {(f["rule"], f["severity"]) for f in found}


def test_every_file_that_triton_can_serve_is_audited(auditor: Auditor, here: Path) -> None:
    path = triton(here / "live", "digits", 1, GOOD)
    (path.parent / "t4.onnx").write_bytes(BAD)
    config = 'backend: "onnxruntime"\ncc_model_filenames [ { key: "7.5" value: "t4.onnx" } ]\n'
    (here / "live" / "digits" / "config.pbtxt").write_text(config)
    for command in ("batch", "gate"):
        said = auditor(command, "live", *STATIC)
        assert said.code == 1 and "t4.onnx" in said.out, said
