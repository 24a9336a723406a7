"""What a batch keeps: work is done once, and files are known by their looks."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from auditor.errors import StoreError
from auditor.store.store import Store
from auditor.store.works import Done, FileState, Piece, Works

from .reports import document, finish

KEY = "k" * 64


def test_work_is_kept_once_and_the_second_is_told_of_the_first(tmp_path: Path) -> None:
    with Works.open(tmp_path / "reports.db") as one, Works.open(tmp_path / "reports.db") as other:
        audit_id, there = finish(one, document(), "/m.onnx", KEY)
        assert not there
        assert finish(other, document(findings=9), "/m.onnx", KEY) == (audit_id, True)
        done = other.done([(KEY, "/m.onnx")])[KEY, "/m.onnx"]
        assert done == ("/m.onnx", audit_id, False)
        assert other.documents([audit_id]) == {audit_id: document()}
        assert other.done([("x" * 64, "/m.onnx")]) == {}
    with sqlite3.connect(tmp_path / "reports.db") as plain:
        assert plain.execute("SELECT count(*) FROM audits").fetchone() == (1,)


def test_what_passed_and_found_nothing_is_silent(tmp_path: Path) -> None:
    with Works.open(tmp_path / "reports.db") as store:
        for verdict, findings in (("pass", 0), ("pass", 1), ("inconclusive", 0)):
            key = f"{verdict} {findings}"
            finish(store, document(findings=findings) | {"verdict": verdict}, "/m.onnx", key)
            assert store.done([(key, "/m.onnx")])[key, "/m.onnx"].silent is (key == "pass 0")


def test_without_a_key_a_report_is_kept_and_the_work_is_not(tmp_path: Path) -> None:
    with Works.open(tmp_path / "reports.db") as store:
        assert [finish(store, document(), "/m.onnx", None) for _ in range(2)] == [(1, False), (2, False)]
        assert store.get(2) == document()


def test_work_that_is_to_be_done_again_is_kept_once_until_it_is_done(tmp_path: Path) -> None:
    with Works.open(tmp_path / "reports.db") as store:
        for kept in (1, 2, 3):
            piece = Piece(document(findings=kept), "/m.onnx", KEY, again="a" * 64, whole=kept == 3)
            assert store.finish_all([piece]) == [(kept, False)]
            assert [row.id for row in store.history("/m.onnx")] == [kept]
        assert store.done([(KEY, "/m.onnx")])[KEY, "/m.onnx"] == Done("/m.onnx", 3, False)
        for whole in (True, False):
            assert store.finish_all([Piece(document(), "/m.onnx", KEY, (), "a" * 64, whole)]) == [(3, True)]


def test_reports_are_kept_together_or_not_at_all(tmp_path: Path) -> None:
    good = Piece(document(), "/m.onnx", KEY)
    with Works.open(tmp_path / "reports.db") as store:
        with pytest.raises(StoreError):
            store.finish_all([good, Piece(document() | {"verdict": None}, "/n.onnx", "n" * 64)])
        assert store.history("/m.onnx") == []
        assert store.finish_all([good, good]) == [(1, False), (1, True)]


def test_of_two_places_with_one_content_its_own_audit_comes_first(tmp_path: Path) -> None:
    with Works.open(tmp_path / "reports.db") as store:
        finish(store, document("a.onnx"), "/a.onnx", KEY)
        assert store.done([(KEY, "/b.onnx")])[KEY, "/b.onnx"].source == "/a.onnx"
        own, _ = finish(store, document("b.onnx"), "/b.onnx", KEY)
        finish(store, document("c.onnx"), "/c.onnx", KEY)
        assert store.done([(KEY, "/b.onnx")])[KEY, "/b.onnx"].audit_id == own


def test_a_file_is_known_as_it_was_last_seen(tmp_path: Path) -> None:
    odd = "/a/\udcff\n%.onnx"
    with Works.open(tmp_path / "reports.db") as store:
        finish(store, document(), "/m.onnx", KEY, [FileState(odd, 1, 2, (1 << 64) - 1, "d" * 64)])
        assert store.states([odd, "/b.onnx"]) == {odd: FileState(odd, 1, 2, (1 << 64) - 1, "d" * 64)}
        store.remember([FileState(odd, 5, 6, 7, "e" * 64)])
        assert store.states([odd])[odd].digest == "e" * 64


def test_more_paths_than_one_statement_takes(tmp_path: Path) -> None:
    states = [FileState(f"/{n}.onnx", n, n, n, f"{n:064}") for n in range(1234)]
    with Works.open(tmp_path / "reports.db") as store:
        store.remember(states)
        assert store.states([state.path for state in states]) == {state.path: state for state in states}


def test_files_are_remembered_in_one_order(tmp_path: Path) -> None:
    """Two that remember the same files at once would wait for each other's rows in PostgreSQL, each for ever."""
    said: list[list[str]] = []
    with Works.open(tmp_path / "reports.db") as store:

        def heard(_: object, __: object, statement: str, rows: Any, *___: object) -> None:
            if "file_states" in statement:
                said.append([path for row in rows for path in row if str(path).startswith("/")])

        event.listen(store.engine, "before_cursor_execute", heard)
        store.remember([FileState(path, 1, 1, 1, "d" * 64) for path in ("/c", "/a", "/b", "/a")])
    assert said == [["/a", "/b", "/c"]]


def test_a_report_that_goes_takes_its_work_along(tmp_path: Path) -> None:
    with Works.open(tmp_path / "reports.db") as store:
        finish(store, document(), "/m.onnx", KEY)
        with sqlite3.connect(tmp_path / "reports.db") as plain:
            plain.execute("PRAGMA foreign_keys=ON")
            plain.execute("DELETE FROM audits")
        assert store.done([(KEY, "/m.onnx")]) == {}


@pytest.mark.parametrize("kind", [Store, Works])
def test_both_open_the_same_database(tmp_path: Path, kind: type[Store]) -> None:
    with kind.open(tmp_path / "reports.db") as store:
        assert type(store) is kind
        assert store.save(document()) == 1
