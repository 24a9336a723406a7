"""What is asked of a full store goes by an index, in both databases."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, get_args

import pytest
from sqlalchemy import create_engine, event, text
from sqlalchemy.exc import DBAPIError

from auditor.store.fleet import FleetFilter, fleet
from auditor.store.fleet_order import Sort
from auditor.store.history import audit_of_version, history, subjects, subjects_under
from auditor.store.upkeep import Wish, prune
from auditor.store.works import Piece, Works

from .many import fill_with_many, plan
from .reports import document

_BY_NAME = "ix_audits_(latest_subject|subject_id)"  # SQLite has no figures, and takes now one and now the other
_BY_ID = r"INTEGER PRIMARY KEY \(rowid=\?\)|pk_audits"
_SOME = range(40)

ASKED: dict[str, tuple[Callable[[Works], object], str]] = {
    "latest": (lambda store: store.latest("/m/7.onnx"), "ix_audits_latest_source"),
    "failing": (lambda store: store.failing("rule-3"), r"pk_latest_rules|PRIMARY KEY \(project=\? AND rule=\?\)"),
    "history": (lambda store: history(store, "/m/7.onnx", 5), "ix_audits_subject_id"),
    "audits of a model": (lambda store: store.history("/m/7.onnx"), "ix_audits_source_id"),
    "whose a name is": (lambda store: subjects(store, "/m/7.onnx"), "ix_audits_subject_id"),
    "audits under a folder": (lambda store: subjects_under(store, "/m/7", 20), "ix_audits_source_id"),
    "an audit of a version": (lambda store: audit_of_version(store, "/m/7.onnx", "1"), "ix_audits_subject_id"),
    "a page by name": (lambda store: fleet(store, limit=20), _BY_NAME),
    "a page by name, further on": (lambda store: fleet(store, after=("/m/5", "/m/5"), limit=20), _BY_NAME),
    "a page by time": (lambda store: fleet(store, sort="when", limit=20), "ix_audits_latest_when"),
    "a page by time, further on": (
        lambda store: fleet(store, sort="when", after=("2019-01-02T03:04:05Z", "/m/5"), limit=20),
        "ix_audits_latest_when",
    ),
    "a page by verdict": (lambda store: fleet(store, sort="verdict", limit=20), "ix_audits_latest_verdict"),
    "a page by verdict, further on": (
        lambda store: fleet(store, sort="verdict", after=(1, "/m/5"), limit=20),
        "ix_audits_latest_verdict",
    ),
    "a page of the best": (lambda store: fleet(store, sort="verdict", down=True, limit=20), "ix_audits_latest_verdict"),
    "documents": (lambda store: store.documents(_SOME), _BY_ID),
    "audits are kept": (lambda store: store.finish_all([_piece(i) for i in _SOME]), "ix_audits_latest_source"),
}


def _piece(number: int) -> Piece:
    source = f"/m/{number}.onnx"
    return Piece(document(source), source, f"{number:064d}")


def test_no_question_reads_all_audits_or_findings(where: str) -> None:
    with Works.open(where) as store:
        fill_with_many(store, audits=6_000, models=600, findings=3)
        said: list[tuple[str, Any]] = []
        event.listen(store.engine, "before_cursor_execute", lambda *of: said.append((of[2], of[3])))
        for what, (ask, index) in ASKED.items():
            said.clear()
            ask(store)
            queries = [query for query in said if query[0].lstrip().startswith(("SELECT", "UPDATE", "DELETE"))]
            with store.engine.connect() as connection:
                steps = [step for query in queries for step in plan(connection, *query)]
            assert any(re.search(index, step) for step in steps), (what, steps)
            assert not [step for step in steps if _reads_all(step)], (what, steps)


def test_a_page_of_the_fleet_is_not_sorted(where: str) -> None:
    """Whatever it goes by: an index has it in order, also where a batch gave all models one time."""
    with Works.open(where) as store:
        fill_with_many(store, audits=6_000, models=600, findings=0)
        said: list[tuple[str, Any]] = []
        event.listen(store.engine, "before_cursor_execute", lambda *of: said.append((of[2], of[3])))
        for sort in get_args(Sort):
            for down in (False, True):
                said.clear()
                names, after = [], None
                for _ in range(3):
                    page = fleet(store, sort=sort, down=down, after=after, limit=20)
                    names += [model.name for model in page.models]
                    after = page.next
                assert len(set(names)) == 60
                queries = [query for query in said if "ORDER BY" in query[0] and "FROM models LEFT" not in query[0]]
                with store.engine.connect() as connection:
                    steps = [step for query in queries for step in plan(connection, *query)]
                assert steps and not [step for step in steps if _sorts(step)], (sort, down, steps)


def test_works_are_looked_up_not_through(tmp_path: Path) -> None:
    """A batch that plans again and one that keeps reports: twenty times as many works cost a block of them nothing.

    All have a few contents, as a registry of copies has: the key alone would not find one.
    """
    counted = {}
    for number in (60, 1_200):
        with Works.open(tmp_path / f"{number}.db") as store:
            fill_with_many(store, audits=number, models=number, findings=0)
            with store.writing() as connection:
                said = "SELECT project, 'key-' || (id % 3), source, id FROM audits"
                connection.execute(text(f"INSERT INTO works (project, key, source, audit_id) {said}"))
                pairs = [(f"key-{i % 3}", f"/m/{i - 1}.onnx") for i in range(1, 41)]
            asked = partial(store.done, pairs)
            assert {pair: done.source for pair, done in asked().items()} == {pair: pair[1] for pair in pairs}
            kept = [_piece(i)._replace(key=key, source=source) for i, (key, source) in enumerate(pairs)]
            counted[number] = _steps(store, asked) + _steps(store, partial(store.finish_all, kept))
    assert 0 < counted[1_200] < 1.3 * counted[60], counted


def test_audits_of_registered_models_are_not_read_behind_a_full_page(tmp_path: Path) -> None:
    """Twenty times as many registered models cost a page by name nothing."""
    counted = {}
    for number in (60, 1_200):
        with Works.open(tmp_path / f"{number}.db") as store:
            fill_with_many(store, audits=number, models=number, findings=0)
            with store.writing() as connection:
                said = "SELECT 'm' || id, project, subject, '2026' FROM audits"
                connection.execute(text(f"INSERT INTO models (id, project, name, created_at) {said}"))
            page = fleet(store, limit=20)
            assert len(page.models) == 20 and page.models[0].id is not None
            counted[number] = sum(
                _steps(store, partial(fleet, store, after=after, limit=20)) for after in (None, page.next)
            )
    assert 0 < counted[1_200] < 1.2 * counted[60], counted


def test_a_rule_that_no_model_fails_is_not_looked_for_in_each(tmp_path: Path) -> None:
    """A severity is: no table says which models have findings of one."""
    with Works.open(tmp_path / "reports.db") as store:
        fill_with_many(store, audits=1_200, models=600, findings=1)
        wishes = FleetFilter(rule="none"), FleetFilter(severity="none")
        of_none = [partial(fleet, store, wish) for wish in wishes]
        assert [ask().models for ask in of_none] == [(), ()]
        by_rule, by_severity = (_steps(store, ask) for ask in of_none)
    assert 0 < 2 * by_rule < by_severity


def _steps(store: Works, ask: Callable[[], object]) -> int:
    """How much SQLite does for it, in tens of its own instructions."""
    steps = 0

    def step() -> int:
        nonlocal steps
        steps += 1
        return 0

    with store.engine.connect() as connection:  # the pool's only one, which is taken again
        driver: Any = connection.connection.driver_connection
        driver.set_progress_handler(step, 10)
    ask()
    driver.set_progress_handler(None, 0)
    return steps


def _sorts(step: str) -> bool:
    return re.search(r"B-TREE FOR .*ORDER BY|^ *(-> )? *(Incremental )?Sort ", step) is not None


def test_old_audits_are_taken_out_by_their_numbers(where: str) -> None:
    """Which ones may go is found by one look at all; then each part of them is looked up."""
    with Works.open(where) as store:
        fill_with_many(store, audits=6_000, models=600, findings=3)
        said: list[tuple[str, Any]] = []
        event.listen(store.engine, "before_cursor_execute", lambda *of: said.append((of[2], of[3])))
        assert prune(store, Wish(keep=9, model="/m/1*.onnx")).audits == 111
        deletes = [query for query in said if query[0].startswith("DELETE")]
        with store.engine.connect() as connection:
            steps = [step for query in deletes for step in plan(connection, *query)]
        assert any(re.search(_BY_ID, step) for step in steps), steps
        assert not [step for step in steps if _reads_all(step)], steps


def _reads_all(step: str) -> bool:
    """Whether that goes through all audits or findings; the latest ones alone are not all."""
    by_project = re.search(r"SEARCH (audits|other|first) USING .*\(project=\?\)", step)
    if by_project is not None:
        return "latest" not in step
    return re.search(r"(SCAN|Seq Scan on) (audits|findings|other|first)", step) is not None


def test_names_go_letter_by_letter_in_a_language_of_another_order(postgresql: str) -> None:
    """In English, "a" comes before "B", and a hyphen says nothing."""
    name, engine = "in_english", create_engine(postgresql.format("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        try:
            english = "TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'"
            connection.execute(text(f"CREATE DATABASE {name} {english}"))
        except DBAPIError as error:
            pytest.skip(f"this PostgreSQL has no ICU, or is older than 15 ({error.orig}): install Debian's postgresql")
    engine.dispose()
    paths = ["/m/a", "/m/B", "/m/b", "/m/A", "/m/a-c", "/m/ab", "/m/é", "/m2/a", "/m-/a", "/M/a"]
    with Works.open(postgresql.format(name)) as store:
        for path in paths:
            store.save(document(path))
        assert [model.name for model in fleet(store).models] == sorted(paths)
        assert [model.name for model in fleet(store, down=True).models] == sorted(paths, reverse=True)
        under = sorted(path for path in paths if path.startswith("/m/"))
        assert subjects_under(store, "/m", 4) == (under[:4], len(under))
        assert subjects(store, "/m/a") == ["/m/a"]
