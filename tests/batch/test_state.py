"""How files look, and by what they are known again: size, time, inode, content."""

from __future__ import annotations

import os
from collections.abc import Callable
from hashlib import sha256
from itertools import permutations
from pathlib import Path

import pytest

from auditor.batch.refs import Ref
from auditor.batch.state import Keys, _text, files_of, hashed, seen_from_here, settled, unchanged
from auditor.evidence.processor import features
from auditor.settings import Settings
from auditor.store.works import FileState

from .conftest import reference

LONG_AGO = (1_000_000_000_000_000_000, 1_000_000_000_000_000_000)
STATIC = Settings(run=False)


def wait_for_another_time(path: Path) -> None:
    """Until the system's clock of files has gone on."""
    beside = path.with_name("clock")
    while True:
        beside.write_bytes(b"")
        if beside.stat().st_ctime_ns > path.stat().st_ctime_ns:
            return


def state_of(path: Path) -> FileState:
    ((state,),) = [found for found in hashed([(str(path),)]) if found is not None]
    return state


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"one")
    os.utime(path, ns=LONG_AGO)
    return path


def another(path: Path) -> None:
    """Other content of the same size and time, moved into the place, as `rsync -t` and `git checkout` do."""
    new = path.with_name("new")
    new.write_bytes(b"two")
    os.utime(new, ns=LONG_AGO)
    new.replace(path)


def longer(path: Path) -> None:
    path.write_bytes(b"three")
    os.utime(path, ns=LONG_AGO)


def touched(path: Path) -> None:
    os.utime(path, ns=(LONG_AGO[0], LONG_AGO[1] + 1))


def test_a_file_is_known_by_its_looks(file: Path) -> None:
    state = state_of(file)
    assert state.digest == sha256(b"one").hexdigest() and state.size == 3 and state.mtime_ns == LONG_AGO[1]
    assert unchanged(str(file), state)
    assert not unchanged(str(file), None)


@pytest.mark.parametrize("look", ["size", "mtime_ns", "inode", "ctime_ns", "device"])
def test_each_look_alone_tells_of_a_change(file: Path, look: str) -> None:
    """A move that keeps the times changes the inode alone where the system's own time is coarse."""
    state, found = state_of(file), file.stat()
    assert getattr(state, look) == getattr(found, {"inode": "st_ino", "device": "st_dev"}.get(look, f"st_{look}"))
    assert not unchanged(str(file), state._replace(**{look: getattr(state, look) + 1}))


def test_what_another_machine_hashed_is_known_here_where_only_the_device_differs(file: Path) -> None:
    """Each machine numbers the devices that it mounts; NFS has one inode and one ctime for all."""
    state = state_of(file)
    assert seen_from_here(state._replace(device=state.device + 1)) == state
    for look in ("size", "mtime_ns", "inode", "ctime_ns"):
        other = state._replace(**{look: getattr(state, look) + 1, "device": state.device + 1})
        assert seen_from_here(other) == other and not unchanged(str(file), other)
    gone = state._replace(path=str(file) + ".none")
    assert seen_from_here(gone) == gone


def test_a_key_names_the_processor_that_runs_the_model_where_it_is_run(file: Path) -> None:
    ref, states = reference(file), [state_of(file)]

    def key(settings: Settings, processor: tuple[str, ...] | None) -> str:
        return Keys(settings, processor).key_of(ref, states)

    assert key(Settings(), None) == key(Settings(), features()) != key(Settings(), ("avx9",))
    static = Settings(run=False)
    assert key(static, None) == key(static, ("avx9",))


def overwritten(path: Path) -> None:
    """In place, and the times are set back: the system's own time of the last change is not."""
    before = path.stat()
    wait_for_another_time(path)
    path.write_bytes(b"two")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize(
    "change", [another, longer, touched, overwritten, Path.unlink], ids=lambda change: change.__name__
)
def test_whatever_looks_otherwise_has_changed(file: Path, change: Callable[[Path], None]) -> None:
    state = state_of(file)
    change(file)
    assert not unchanged(str(file), state)


def test_what_was_absent_is_unchanged_while_it_is(tmp_path: Path) -> None:
    path = tmp_path / "weights.bin"
    state = state_of(path)
    assert state == FileState(str(path), 0, 0, 0, "absent")  # what is not there has no size, time or inode
    assert unchanged(str(path), state)
    path.write_bytes(b"")
    assert not unchanged(str(path), state)
    assert not unchanged(str(tmp_path / "nul\0"), state)  # a name that no file can have


def test_what_is_no_regular_file_has_no_content(tmp_path: Path, file: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    assert hashed([(str(tmp_path / "fifo"),), (str(file), str(tmp_path)), (str(file),)])[:2] == [None, None]


def test_a_file_is_settled_two_seconds_after_its_last_change(file: Path) -> None:
    """The coarsest times of file systems, FAT's, step by two seconds."""
    state = state_of(file)
    for after, expected in ((0, False), (2_000_000_000, False), (2_000_000_001, True)):
        for one in (state._replace(ctime_ns=0), state._replace(mtime_ns=0, ctime_ns=LONG_AGO[1])):
            assert settled([one], LONG_AGO[1] + after) == ((one,) if expected else ())


def test_files_of_a_model_are_its_own_its_data_and_its_golden_vectors(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b" / "test_data_set_0").mkdir(parents=True)
    for name in ("input_0.pb", "output_0.pb"):
        (tmp_path / "b" / "test_data_set_0" / name).touch()
    plain = reference(tmp_path / "a" / "model.onnx")
    data = reference(tmp_path / "a" / "model.onnx", files=(plain.path, str(tmp_path / "a" / "w.bin")))
    tested = reference(tmp_path / "b" / "model.onnx")
    vectors = [str(tmp_path / "b" / "test_data_set_0" / name) for name in ("input_0.pb", "output_0.pb")]
    assert files_of([plain, data, tested]) == [plain.files, data.files, (tested.path, *vectors)]


def keys(ref: Ref, *states: FileState, settings: Settings = STATIC) -> str:
    return Keys(settings).key_of(ref, states)


def state(path: Path, digest: str) -> FileState:
    return FileState(str(path), 1, 1, 1, digest)


def test_work_is_known_by_content_and_places_beside_the_model(tmp_path: Path) -> None:
    one, two = (reference(tmp_path / folder / "m.onnx") for folder in ("one", "two"))
    assert keys(one, state(tmp_path / "one" / "m.onnx", "a")) == keys(two, state(tmp_path / "two" / "m.onnx", "a"))
    assert keys(one, state(tmp_path / "one" / "m.onnx", "a")) != keys(one, state(tmp_path / "one" / "m.onnx", "b"))

    def with_data(folder: str, name: str) -> str:
        ref = reference(tmp_path / folder / "m.onnx")
        return keys(ref, state(Path(ref.path), "a"), state(tmp_path / folder / name, "w"))

    assert with_data("one", "w.bin") == with_data("two", "w.bin")
    assert with_data("one", "w.bin") != with_data("one", "v.bin")


def test_work_is_known_by_what_the_registry_says_and_by_settings(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    plain = keys(reference(path), state(path, "a"))
    assert keys(reference(path, troubles=("the registry lies",)), state(path, "a")) != plain
    assert keys(reference(path), state(path, "a"), settings=Settings(run=False, weights=False)) != plain
    assert keys(reference(path, name="another", subject="s", version="7"), state(path, "a")) == plain


def test_a_set_among_the_settings_is_told_in_order() -> None:
    """A set of 8 and 1 goes through them as 8 and 1, for its table has eight places."""
    assert _text(frozenset({8, 1})) == "[1, 8]"


def test_the_settings_have_no_order_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    one, other = ({"N": 1, "C": 2}, {"C": 2, "N": 1})
    found = {keys(reference(path), state(path, "a"), settings=STATIC._replace(dims=dims)) for dims in (one, other)}
    assert len(found) == 1


def test_work_to_be_done_again_is_known_by_its_key_or_its_place(tmp_path: Path) -> None:
    ref, other = reference(tmp_path / "m.onnx"), reference(tmp_path / "n.onnx")
    found = Keys(STATIC)
    assert found.again("key", ref) == found.again("key", other) != "key"
    assert found.again(None, ref) != found.again(None, other)


def test_the_order_of_a_models_files_is_no_part_of_its_key(tmp_path: Path) -> None:
    ref = reference(tmp_path / "m.onnx")
    states = [state(tmp_path / name, name) for name in ("m.onnx", "a.bin", "z.bin")]
    found = {keys(ref, *order) for order in permutations(states)}
    assert len(found) == 1
    assert keys(ref, states[0], state(tmp_path / "a.bin", "z.bin"), state(tmp_path / "z.bin", "a.bin")) not in found


@pytest.mark.parametrize("setting", ["custom_ops", "inputs", "operators", "provider_libraries"])
def test_work_is_known_by_what_is_in_the_files_that_the_settings_name(tmp_path: Path, setting: str) -> None:
    path, named = tmp_path / "m.onnx", tmp_path / "named"
    values = {"operators": (str(named),), "provider_libraries": {"mine": str(named)}}
    settings = STATIC._replace(**{setting: values.get(setting, str(named))})  # type: ignore[arg-type]  # one of four
    found = []
    for content in (b"one", b"two", b"one"):
        named.write_bytes(content)
        found.append(keys(reference(path), state(path, "a"), settings=settings))
    named.unlink()
    os.mkfifo(named)  # nobody can read it: the audit says so
    found.append(keys(reference(path), state(path, "a"), settings=settings))
    assert found[0] == found[2] and len(set(found)) == 3
