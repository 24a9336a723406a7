"""All of a store out and in again: nothing lost, nothing doubled, and of a bad file nothing taken."""

from __future__ import annotations

import io
import json
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from auditor.errors import StoreError
from auditor.formats.json import parse
from auditor.store.exchange import Imported, export, load
from auditor.store.store import Store
from auditor.store.tables import acceptances, audits, file_states, findings, works
from auditor.store.works import FileState, Works

from .reports import document, finish

_TABLES = (audits, findings, acceptances, works, file_states)


def filled(store: Works) -> None:
    """Two models of a registry, one of them accepted, and a file by itself."""
    for version in ("1", "2"):
        path = f"/r/a/{version}/model.onnx"
        state = FileState(path, 5, 6, 1 << 63, "d" * 64)
        finish(store, document(path, int(version)), path, version * 64, [state], subject="a", version=version)
    store.accept("a", 1, reason="good \udcff?".encode("utf-8", "replace").decode(), by="Ada")
    store.save(document("/\udcff\n.onnx"))
    store.save(document("/\udcff\n.onnx", findings=5))


def lines_of(store: Store) -> list[dict[str, Any]]:
    """What is exported, without the time."""
    lines = [json.loads(line) for line in export(store)]
    del lines[0]["auditor_export"]["exported_at"]
    return lines


def taken(store: Store, lines: list[Any]) -> Imported:
    text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
    return load(store, io.BytesIO(text.encode("utf-8", "surrogatepass")), parse)


def counts(store: Store) -> list[int]:
    with store.reading() as connection:
        return [connection.scalar(select(func.count()).select_from(table)) or 0 for table in _TABLES]


def test_another_database_is_made_of_it(where: str, tmp_path: Path) -> None:
    """Out of SQLite into what there is, and back."""
    with Works.open(tmp_path / "first.db") as first, Works.open(where) as second:
        filled(first)
        whole = lines_of(first)
        assert [next(iter(line)) for line in whole] == [
            "auditor_export", *["audit"] * 4, "acceptance", *["work"] * 2, "end",
        ]  # fmt: skip
        assert taken(second, whole) == Imported(audits=4, acceptances=1)
        assert lines_of(second) == whole
        assert counts(second) == [4, 1 + 2 + 2 + 5, 1, 2, 0]  # how files look stays where they are
        assert counts(first) == [*counts(second)[:4], 2]
        accepted = second.accepted("a")
        assert accepted is not None and (accepted.by, accepted.document) == ("Ada", document("/r/a/1/model.onnx", 1))
        assert second.latest("/\udcff\n.onnx") == document("/\udcff\n.onnx", findings=5)
        assert second.done([("1" * 64, "/r/a/1/model.onnx")])
        assert taken(first, lines_of(second)) == Imported(there=4)
        assert counts(first)[:4] == counts(second)[:4]


def test_twice_doubles_nothing(where: str) -> None:
    with Works.open(where) as store:
        filled(store)
        before = lines_of(store)
        for _ in range(2):
            assert taken(store, before) == Imported(there=4)
        assert lines_of(store) == before


def test_of_two_that_are_merged_the_newest_by_time_is_the_latest(where: str, tmp_path: Path) -> None:
    with Store.open(where) as here, Store.open(tmp_path / "there.db") as there:
        here.save(document("/a.onnx", 1) | {"audited_at": "2026-02-01T00:00:00Z"})
        here.save(document("/b.onnx", 1) | {"audited_at": "2026-02-01T00:00:00Z"})
        there.save(document("/a.onnx", 2) | {"audited_at": "2026-01-01T00:00:00Z"})
        there.save(document("/b.onnx", 2) | {"audited_at": "2026-03-01T00:00:00Z"})
        taken(here, lines_of(there))
        assert here.latest("/a.onnx") == document("/a.onnx", 1) | {"audited_at": "2026-02-01T00:00:00Z"}
        assert here.latest("/b.onnx") == document("/b.onnx", 2) | {"audited_at": "2026-03-01T00:00:00Z"}
        assert [row.id for row in here.history("/a.onnx")] == [1, 3]


def test_how_files_look_is_not_taken_from_another_machine(where: str) -> None:
    """Older exports have it, and whoever writes an export could say of a bad file that it is a known one."""
    with Works.open(where) as store:
        filled(store)
        lines = lines_of(store)
        end = lines.pop()
        lines += [{"file_state": {"path": "/bad.onnx", "size": 1, "mtime_ns": 1, "inode": "1", "digest": "d" * 64}}]
        assert taken(store, [*lines, {"end": end["end"] + 1}]) == Imported(there=4)
        assert store.states(["/bad.onnx"]) == {}


def test_an_ad_hoc_look_that_is_imported_is_not_the_latest(where: str, tmp_path: Path) -> None:
    whole, look = document("/a.onnx", 1), document("/a.onnx", 2) | {"audited_at": "2027-01-01T00:00:00Z"}
    with Store.open(where) as here, Store.open(tmp_path / "there.db") as there:
        here.save(whole)
        there.save(look | {"ad_hoc": ["--no-run"]})
        taken(here, lines_of(there))
        assert here.latest("/a.onnx") == whole
        assert [row.ad_hoc for row in here.history("/a.onnx")] == [True, False]


def _set(*path: str | int, to: object) -> Callable[[dict[str, Any]], None]:
    def change(line: Any) -> None:
        for key in path[:-1]:
            line = line[key]
        line[path[-1]] = to

    return change


_DOCUMENT = ("audit", "document")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_set(*_DOCUMENT, to=None), "AttributeError"),
        (_set(*_DOCUMENT, "schema_version", to=2), "written by a newer auditor"),
        (_set(*_DOCUMENT, "findings", 0, "message", to={"a": 1}), "a wrong type"),
        (_set(*_DOCUMENT, "findings", 0, "location", "node", to=5), "a wrong type"),
        (_set(*_DOCUMENT, "findings", 0, "rule", to="r" * 101), "its rule cannot be stored"),
        (_set(*_DOCUMENT, "totals", "nodes", to="many"), "a wrong type"),
        (_set(*_DOCUMENT, "verdict", to="perhaps"), "perhaps"),
        (_set(*_DOCUMENT, "model", "digest", to="d" * 129), "its digest cannot be stored"),
        (_set(*_DOCUMENT, "audited_at", to="\0"), "its audited_at cannot be stored"),
        (_set("audit", "uid", to="'; DROP TABLE audits"), "its uid has not 32 letters"),
        (_set("audit", "source", to="x" * 1001), "its source is too long"),
        (_set("audit", "subject", to=None), "its subject is not a str"),
        (_set("audit", "version", to="\ud800"), "UnicodeEncodeError"),
    ],
)
def test_a_broken_line_is_named_and_nothing_is_taken(
    where: str, tmp_path: Path, change: Callable[[Any], None], says: str
) -> None:
    with Works.open(tmp_path / "first.db") as first, Store.open(where) as second:
        filled(first)
        lines = lines_of(first)
        change(lines[3])
        with pytest.raises(StoreError, match=rf"^line 4 is not of an export \(.*{says}.*\): nothing was imported$"):
            taken(second, lines)
        assert counts(second) == [0] * 5


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda lines: lines[:-1], "the export ends after line 8 and is not whole"),
        (lambda lines: lines[:0], "the export ends after line 0 and is not whole"),
        (lambda lines: lines[:1] + lines[2:], "line 5 .*names an audit .* that did not come before"),
        (lambda lines: [*lines[:4], *lines[5:]], "line 8 .*it says 8 lines and stands behind 7"),
        (lambda lines: lines[1:], "line 1 .*the first line, and only the first, must say auditor_export"),
        (lambda lines: [lines[0], *lines], "line 2 .*the first line, and only the first"),
        (lambda lines: [*lines, lines[1]], "line 10 .*there is more behind its end"),
        (lambda lines: [*lines[:2], '{"audit":', *lines[2:]], "line 3 .*JSONDecodeError"),
        (lambda lines: [*lines[:2], "[" * 100_000, *lines[2:]], "line 3 .*RecursionError"),
        (lambda lines: [*lines[:2], '{"audit":' + "9" * 5000 + "}", *lines[2:]], "line 3 .*ValueError"),
        (lambda lines: [*lines[:2], "\ud800", *lines[2:]], "line 3 .*JSONDecodeError"),
        (lambda lines: [*lines[:2], {"audit": 1, "work": 2}, *lines[2:]], "line 3 .*not an object with one key"),
        (lambda lines: [*lines[:2], {"x" * 9999: 1}, *lines[2:]], "line 3 .*it is of an unknown kind 'x{40}'"),
        (lambda lines: [{"auditor_export": {"format": 2}}, *lines[1:]], "line 1 .*newer auditor .format 2.: upgrade"),
        (lambda lines: [{"auditor_export": {"format": "1"}}, *lines[1:]], "line 1 .*its format is not a number"),
        (lambda lines: ["# a model"], "line 1 .*JSONDecodeError"),
    ],
)
def test_a_file_that_is_not_whole_is_not_taken(tmp_path: Path, spoil: Callable[[Any], Any], says: str) -> None:
    with Works.open(tmp_path / "first.db") as first, Store.open(tmp_path / "second.db") as second:
        filled(first)
        with pytest.raises(StoreError, match=says):
            taken(second, spoil(lines_of(first)))
        assert counts(second) == [0] * 5


def test_a_line_without_an_end_is_not_read_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditor.store.exchange.LONGEST", 1 << 20)

    class Endless(io.RawIOBase):
        read_so_far = 0

        def readline(self, size: int | None = -1, /) -> bytes:
            assert size is not None and size > 0
            self.read_so_far += size
            return b"[" * size

    endless = Endless()
    with Store.open(tmp_path / "reports.db") as store, pytest.raises(StoreError, match="line 1 is longer than 1 MiB"):
        load(store, endless, parse)  # type: ignore[arg-type]  # all that is called of it is there
    assert endless.read_so_far == (1 << 20) + 1


def test_any_line_changed_at_random_is_refused_or_can_be_shown(tmp_path: Path) -> None:
    """A value of another type at a random place: refused in one line, or a report that every format can show."""
    from auditor.formats import formats, renderer

    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    odd: list[Any] = [None, True, -1, 1 << 70, 1.5, "x", "\ud800", [], {}, [1], {"a": []}]
    with Works.open(tmp_path / "first.db") as first:
        filled(first)
        whole = lines_of(first)
    refused = taken_in = 0
    for _ in range(150):
        lines = json.loads(json.dumps(whole))
        line = chance.randrange(len(lines))
        _change_one(lines[line], chance, chance.choice(odd))
        with Store.open(tmp_path / f"{taken_in}.db") as store:  # one that was refused left it empty
            try:
                taken(store, lines)
            except StoreError as error:
                assert "nothing was imported" in str(error) and "\n" not in str(error)
                assert counts(store) == [0] * 5
                refused += 1
                continue
            taken_in += 1
            for audit_id in range(1, 5):
                kept = store.get(audit_id)
                assert kept is not None
                for form in formats():
                    renderer(form)(*parse(kept), io.StringIO())
    assert 30 < refused < 150


def _change_one(thing: Any, chance: random.Random, to: object) -> None:
    while True:
        keys = list(thing) if isinstance(thing, dict) else list(range(len(thing)))
        key = chance.choice(keys)
        if not isinstance(thing[key], dict | list) or not thing[key] or chance.random() < 0.1:
            thing[key] = to
            return
        thing = thing[key]


def test_memory_is_flat(tmp_path: Path) -> None:
    """Ten times as many reports, out of one and into another, take hardly more of it.

    The peak is VmHWM: `ru_maxrss` begins with what the starting process holds.
    """
    code = (
        "import io, sys\n"
        "from auditor.formats.json import parse\n"
        "from auditor.store.exchange import export, load\n"
        "from auditor.store.store import Store\n"
        "from tests.store.reports import document\n"
        "first, second = Store.open(sys.argv[1]), Store.open(sys.argv[2])\n"
        "whole = document(findings=300)\n"
        "for n in range(int(sys.argv[3])): first.save(whole, f'/{n}')\n"
        "class Lines(io.RawIOBase):\n"
        "    def __init__(self): self.lines = export(first)\n"
        "    def readline(self, size): return next(self.lines, '').encode()\n"
        "print(load(second, Lines(), parse).audits)\n"
        "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))\n"
    )
    peaks = []
    for count in (10, 100):
        paths = [str(tmp_path / f"{count}-{way}.db") for way in ("out", "in")]
        command = [sys.executable, "-c", code, *paths, str(count)]
        ran = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
        imported, peak = map(int, ran.stdout.split())
        assert imported == count
        peaks.append(peak)
    assert peaks[1] - peaks[0] < 8 << 10  # KiB
