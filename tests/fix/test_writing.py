"""How copies come to the disk: whole or not at all, streamed, with their data files, and never through a link."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import external_data_helper, numpy_helper

from auditor.errors import CannotLook, NothingToAudit, Unreadable, UsageError
from auditor.fix.comparing import compared
from auditor.fix.mending import CannotMend, FixAsked, Fixed, fixed
from auditor.fix.offer import Wishes
from auditor.settings import Settings
from tests.pace import HANG

from . import large
from .copies import parsed, tensors

QUICK = Settings(run=False, weights=False)


def wrong() -> onnx.ModelProto:
    """A model that an edit mends."""
    return parsed(
        "agraph (float[N, 64] x) => (float[N, 64] y) { y = Relu(a) a = MatMul(x, w) }",
        w=np.linspace(-1, 1, 4096, dtype="f4").reshape(64, 64),
    )


def with_data(folder: Path, location: str = "w.bin") -> Path:
    """The same with its weights in a data file."""
    model = wrong()
    (folder / location).parent.mkdir(exist_ok=True, parents=True)
    (folder / location).write_bytes(model.graph.initializer[0].raw_data)
    external_data_helper.set_external_data(model.graph.initializer[0], location)
    model.graph.initializer[0].ClearField("raw_data")
    path = folder / "model.onnx"
    path.write_bytes(model.SerializeToString())
    return path


def mend(path: Path, out: Path | str = "", **asked: object) -> Fixed:
    return fixed(FixAsked(str(path), str(out), **asked), QUICK)  # type: ignore[arg-type]  # of one test each


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.onnx"
    path.write_bytes(wrong().SerializeToString())
    return path


def test_the_copy_lies_beside_the_model_and_has_its_mode(model: Path) -> None:
    model.chmod(0o640)
    before = model.read_bytes()
    said = mend(model)
    copy = model.with_name("model.fixed.onnx")
    assert said.written == str(copy) and copy.stat().st_mode & 0o777 == 0o640
    assert model.read_bytes() == before
    assert sorted(p.name for p in model.parent.iterdir()) == ["model.fixed.onnx", "model.onnx"]


def test_a_copy_that_is_there_is_replaced_and_keeps_its_mode(model: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.onnx"
    out.write_bytes(b"old")
    out.chmod(0o600)
    mend(model, out)
    assert out.stat().st_mode & 0o777 == 0o600 and onnx.load(out).graph.node[0].op_type == "MatMul"


def test_in_place_alone_replaces_the_model(model: Path) -> None:
    with pytest.raises(UsageError, match="is the model itself: --in-place replaces it"):
        mend(model, model)
    (model.parent / "alias.onnx").hardlink_to(model)
    with pytest.raises(UsageError, match="is the model itself"):
        mend(model, model.parent / "alias.onnx")
    said = mend(model, in_place=True)
    assert said.written == str(model) and onnx.load(model).graph.node[0].op_type == "MatMul"
    with pytest.raises(UsageError, match="say one of them"):
        mend(model, "other.onnx", in_place=True)


def test_odd_targets_are_refused_in_a_line(model: Path, tmp_path: Path) -> None:
    (tmp_path / "link.onnx").symlink_to("elsewhere.onnx")
    os.mkfifo(tmp_path / "pipe.onnx")
    (tmp_path / "folder.onnx").mkdir()
    cases = {
        "link.onnx": "it is a link", "pipe.onnx": "it is a named pipe", "folder.onnx": "it is a folder",
        "missing/out.onnx": "there is no folder", "a\0b": "null",
    }  # fmt: skip
    for name, why in cases.items():
        with pytest.raises(UsageError, match=why) as error:
            mend(model, f"{tmp_path}/{name}")
        assert "\n" not in str(error.value)
    (tmp_path / "alias.onnx").symlink_to("model.onnx")
    with pytest.raises(UsageError, match="it is a link"):
        mend(tmp_path / "alias.onnx", in_place=True)
    assert not (tmp_path / "elsewhere.onnx").exists()


def test_no_copy_of_what_is_no_model(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    with pytest.raises(NothingToAudit):
        mend(path)
    path.write_bytes(b"no model")
    with pytest.raises(Unreadable):
        mend(path)
    content = wrong().SerializeToString()
    path.write_bytes(content + content)
    with pytest.raises(CannotMend, match="export the model anew"):
        mend(path)
    assert [p.name for p in tmp_path.iterdir()] == ["model.onnx"]


def test_data_files_come_along_to_another_folder(tmp_path: Path) -> None:
    path = with_data(tmp_path, "data/w.bin")
    out = tmp_path / "there"
    out.mkdir()
    said = mend(path, out / "m.onnx")
    assert said.files == (str(out / "data/w.bin"),)
    assert dict(tensors(onnx.load(out / "m.onnx"))) == dict(tensors(onnx.load(path)))
    mend(path, out / "m2.onnx")  # the same file is there already
    (out / "data/w.bin").write_bytes(b"something else")
    with pytest.raises(UsageError, match="is there already, and is not the model's data file"):
        mend(path, out / "m3.onnx")


def test_beside_the_model_its_data_files_serve_both(tmp_path: Path) -> None:
    said = mend(with_data(tmp_path))
    assert said.files == () and dict(tensors(onnx.load(said.written)))["w"]


def test_a_location_leads_through_no_link_and_never_to_the_copy(tmp_path: Path) -> None:
    path = with_data(tmp_path, "data/w.bin")
    out = tmp_path / "there"
    out.mkdir()
    (out / "data").symlink_to(tmp_path / "data")
    with pytest.raises(UsageError, match="is a link"):
        mend(path, out / "m.onnx")
    (tmp_path / "other").mkdir()
    named = with_data(tmp_path, "copy.onnx")
    with pytest.raises(UsageError, match="would be the copy and its data file"):
        mend(named, tmp_path / "other/copy.onnx")
    assert not list((tmp_path / "other").iterdir())
    with pytest.raises(UsageError, match="would be the copy and its data file"):
        mend(named, tmp_path / "new.onnx", wishes=Wishes(data_file="new.onnx"))


def test_a_data_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    path = with_data(tmp_path)
    (tmp_path / "w.bin").unlink()
    (tmp_path / "there").mkdir()
    said = mend(path, tmp_path / "there/m.onnx")
    assert said.notes == ("the data file 'w.bin' cannot be read, so the copy refers to it as the original does",)


def test_a_data_file_is_never_replaced(model: Path, tmp_path: Path) -> None:
    (tmp_path / "w.bin").write_bytes(b"somebody's")
    with pytest.raises(UsageError, match="is there already: delete it"):
        mend(model, wishes=Wishes(data_file="w.bin"))
    assert (tmp_path / "w.bin").read_bytes() == b"somebody's" and not model.with_name("model.fixed.onnx").exists()


def test_a_data_file_of_the_model_is_no_target(tmp_path: Path) -> None:
    path = with_data(tmp_path, "data/w.bin")
    weights = (tmp_path / "data/w.bin").read_bytes()
    (tmp_path / "alias.bin").hardlink_to(tmp_path / "data/w.bin")
    for name in ("data/w.bin", "data/../data/w.bin", "alias.bin"):
        with pytest.raises(UsageError, match="is a data file of the model, which is never replaced"):
            mend(path, f"{tmp_path}/{name}")
    assert (tmp_path / "data/w.bin").read_bytes() == weights
    (tmp_path / "data/w.bin").unlink()  # nor is the copy put where the model looks for one that is lost
    with pytest.raises(UsageError, match="is a data file of the model"):
        mend(path, tmp_path / "data/w.bin")
    assert not (tmp_path / "data/w.bin").exists()


def test_a_model_that_is_its_own_data_file_is_not_replaced(tmp_path: Path) -> None:
    path = with_data(tmp_path)
    model = onnx.load(path, load_external_data=False)
    model.graph.initializer[0].external_data[0].value = "model.onnx"
    path.write_bytes(model.SerializeToString() + bytes([0x7A, 0x80, 0x80, 0x01]) + bytes(1 << 14))  # an unknown field
    before = path.read_bytes()
    with pytest.raises(UsageError, match="is a data file of the model"):
        mend(path, in_place=True)
    assert path.read_bytes() == before


def test_data_files_are_no_less_private_than_the_model(model: Path, tmp_path: Path) -> None:
    model.chmod(0o600)
    mend(model, wishes=Wishes(data_file="moved.bin"))
    assert (tmp_path / "moved.bin").stat().st_mode & 0o777 == 0o600
    path = with_data(tmp_path)
    (tmp_path / "w.bin").chmod(0o640)
    (tmp_path / "there").mkdir()
    mend(path, tmp_path / "there/m.onnx")
    assert (tmp_path / "there/w.bin").stat().st_mode & 0o777 == 0o640


def test_moved_weights_do_not_take_the_name_of_those_that_stay(tmp_path: Path) -> None:
    """A tensor of less than 1,024 bytes stays in the data file in which it lies."""
    text = "agraph (float[N, 64] x) => (float[N, 64] y) { y = Add(m, b) m = MatMul(x, w) }"
    model = parsed(text, b=np.arange(64, dtype="f4"), w=np.eye(64, dtype="f4"))
    path, out = tmp_path / "model.onnx", tmp_path / "there"
    out.mkdir()
    onnx.save(model, path, save_as_external_data=True, location="w.bin", size_threshold=0)
    with pytest.raises(UsageError, match="where tensors that stay outside have their data"):
        mend(path, out / "m.onnx", wishes=Wishes(data_file="w.bin"))
    assert not list(out.iterdir())
    mend(path, out / "m.onnx", wishes=Wishes(data_file="big.bin"))
    assert dict(tensors(onnx.load(out / "m.onnx"))) == dict(tensors(onnx.load(path)))


def test_a_model_that_was_written_meanwhile_is_not_replaced(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    newer = model.read_bytes() + b"\x32\x05newer"  # a doc string

    def look(*given: object) -> object:
        new = model.with_name("new")
        new.write_bytes(newer)
        new.replace(model)
        return compared(*given)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr("auditor.fix.mending.compared", look)
    with pytest.raises(CannotLook, match="has changed since it was loaded: nothing was written"):
        mend(model, in_place=True)
    assert model.read_bytes() == newer and [p.name for p in model.parent.iterdir()] == ["model.onnx"]


@pytest.mark.parametrize("links", [True, False])
def test_a_data_file_that_comes_meanwhile_is_not_replaced(
    links: bool, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process may write one of this name beside us; not every file system has hard links."""

    def beside(*_: object) -> None:
        (tmp_path / "w.bin").write_bytes(b"somebody's")

    def no_links(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    if not links:
        monkeypatch.setattr(os, "link", no_links)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", beside)
        with pytest.raises(UsageError, match=r"cannot write .*w\.bin: File exists"):
            mend(model, wishes=Wishes(data_file="w.bin"))
    assert (tmp_path / "w.bin").read_bytes() == b"somebody's"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["model.onnx", "w.bin"]
    assert mend(model, wishes=Wishes(data_file="v.bin")).files == (str(tmp_path / "v.bin"),)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["model.fixed.onnx", "model.onnx", "v.bin", "w.bin"]


def test_where_the_copy_fails_its_data_file_goes(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)  # which puts the copy in its place; the data file replaces nothing
    with pytest.raises(UsageError, match=r"cannot write .*model\.fixed\.onnx: No space left on device"):
        mend(model, wishes=Wishes(data_file="w.bin"))
    assert [p.name for p in tmp_path.iterdir()] == ["model.onnx"]


def _on(call: int, real: object, instead: object) -> object:
    """A function that is another one the so manieth time."""
    calls = iter(range(1, 1_000_000))
    return lambda *a, **k: (instead if next(calls) == call else real)(*a, **k)  # type: ignore[operator]


KILLED = """
import os, signal, sys
from auditor.fix.mending import FixAsked, fixed
from auditor.fix.offer import Wishes
from auditor.settings import Settings

path, data_file = sys.argv[1:]
folder, left = os.path.dirname(path), 1 << 30
asked, settings = FixAsked(path, in_place=True, wishes=Wishes(data_file=data_file)), Settings(run=False, weights=False)

def counted(real):
    def call(*a, **k):
        global left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*a, **k)
    return call

for name in ("pwrite", "copy_file_range", "fchmod", "fsync", "replace", "ftruncate"):
    if hasattr(os, name):
        setattr(os, name, counted(getattr(os, name)))

def files():
    return {name: open(os.path.join(folder, name), "rb").read() for name in (os.path.basename(path), data_file) if name
            and os.path.exists(os.path.join(folder, name))}

old = files()
fixed(asked, settings)
new = files()
for call in range(1000):
    for name in os.listdir(folder):
        os.unlink(os.path.join(folder, name))
    open(path, "wb").write(old[os.path.basename(path)])
    child = os.fork()
    if not child:
        left = call
        fixed(asked, settings)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    now, kept = files(), os.path.basename(path)
    print("new" if now == new else "old" if now[kept] == old[kept] else "spoilt", os.waitstatus_to_exitcode(status))
    if not status:
        break
"""
"""Kills a child at each call that writes, one after the other, and says what lies there then."""


def test_stopped_behind_the_copy_its_data_file_stays(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The model is replaced by then: without that file its weights would be lost."""
    weights = dict(tensors(onnx.load(model)))

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("auditor.fix.writing._sync", _on(2, lambda *_: None, stop))
    with pytest.raises(KeyboardInterrupt):
        mend(model, in_place=True, wishes=Wishes(data_file="w.bin"))
    assert dict(tensors(onnx.load(model))) == weights
    assert sorted(p.name for p in model.parent.iterdir()) == ["model.onnx", "w.bin"]


@pytest.mark.parametrize("data_file", ["", "w.bin"])
def test_killed_anywhere_the_model_is_the_old_or_the_new_one(data_file: str, model: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, str(model), data_file],
        timeout=HANG, check=True, capture_output=True, text=True,
    )  # fmt: skip
    lines = [line.split() for line in ended.stdout.splitlines()]
    assert len(lines) > 6 and lines[-1] == ["new", "0"]
    assert {code for _, code in lines[:-1]} == {str(-signal.SIGKILL)}
    assert [state for state, _ in lines] == sorted((state for state, _ in lines), reverse=True)  # old, then new
    assert {state for state, _ in lines} == {"old", "new"}


MEASURED = """
import sys
from auditor.fix.mending import FixAsked, fixed
from auditor.fix.offer import Wishes
from auditor.settings import Settings
said = fixed(FixAsked(sys.argv[1], wishes=Wishes()), Settings(run=False, weights=False))
print(said.files)
print(next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc: run it on Linux")
def test_three_gigabytes_take_less_than_64_megabytes(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    large.write(path)
    if path.stat().st_blocks * 512 > 1 << 20:
        pytest.skip("this file system has no holes: choose another --basetemp")
    said = subprocess.run(
        [sys.executable, "-c", MEASURED, str(path)], timeout=HANG, check=True, capture_output=True, text=True
    ).stdout.splitlines()
    assert said[0] == f"('{tmp_path / 'model.fixed.onnx.data'}',)"  # over 2 GiB: its weights went out
    assert int(said[1]) < 64 << 10
    copy = onnx.load(tmp_path / "model.fixed.onnx", load_external_data=False)
    assert [n.op_type for n in copy.graph.node] == ["MatMul", "Relu"]
    data = tmp_path / "model.fixed.onnx.data"
    assert data.stat().st_size == large.SIZE and data.stat().st_blocks * 512 < 1 << 20  # holes stay holes


def test_what_was_typed_data_goes_out_as_the_same_numbers(tmp_path: Path) -> None:
    model = wrong()
    array = numpy_helper.to_array(model.graph.initializer[0])
    model.graph.initializer[0].ClearField("raw_data")
    model.graph.initializer[0].float_data.extend(array.reshape(-1).tolist())
    path = tmp_path / "model.onnx"
    path.write_bytes(model.SerializeToString())
    said = mend(path, wishes=Wishes(data_file="w.bin"))
    assert np.array_equal(numpy_helper.to_array(onnx.load(said.written).graph.initializer[0]), array)
