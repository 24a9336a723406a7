"""What one project has is for another as if it were not there: by every way into the store, a new one too."""

from __future__ import annotations

import inspect
import io
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Connection, event, select

from auditor.errors import StoreError
from auditor.formats import json as format_json
from auditor.store import exchange, fleet, history, upkeep
from auditor.store.service_tables import all_tables
from auditor.store.store import Store, source_of
from auditor.store.tables import audits
from auditor.store.works import FileState, Piece, Works

from .models import audited, registered, version
from .reports import document

KEY, DIGEST, UID = "k" * 64, "d" * 64, "a" * 32
STATE = FileState("/m.onnx", 1, 2, 3, DIGEST)


class Known(NamedTuple):
    """Numbers and ids of the rows of the project that is asked for."""

    old: int
    new: int
    model: str
    job: str


def ago(days: float) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="seconds").replace("+00:00", "Z")


def fill(store: Works, findings: int = 3) -> Known:
    """Rows in every table: a model file that got worse and was accepted, and a registered one."""
    for days in (10, 9):
        old = store.save(document("/m.onnx", 0) | {"audited_at": ago(days)}, subject="m", version="1")
    whole = document("/m.onnx", findings) | {"audited_at": ago(1), "operators": {"Conv": 1}}
    ((new, _),) = store.finish_all([Piece(whole, "/m.onnx", KEY, (STATE,), again="w" * 64, uid=UID)])
    store.accept("m", old, reason="good", by="Ada")
    model = registered(store, "net")
    job = audited(store, "net", "1", version(store, model, "1"), whole)
    return Known(old, new, model, job)


def within(store: Works, ask: Callable[[Connection], object]) -> object:
    with store.reading() as connection:
        return ask(connection)


def exported(store: Works) -> bytes:
    return b"".join(line.encode() + b"\n" for line in exchange.export(store))


Ask = Callable[[Works, Known], object]

# By the name of the way in: what is asked, and the answer that there is nothing.
ASKED: dict[str, tuple[Ask, object]] = {
    "Store.accepted": (lambda s, k: s.accepted("m"), None),
    "Store.accepted_audit": (lambda s, k: s.accepted_audit("m"), None),
    "Store.subject": (lambda s, k: [s.subject("/m.onnx"), s.subject("m")], ["/m.onnx", source_of("m")]),
    "Store.whose": (lambda s, k: s.whose(k.new), None),
    "Store.audit_by_uid": (lambda s, k: s.audit_by_uid(UID), None),
    "Store.uid_of": (lambda s, k: s.uid_of(k.new), None),
    "Store.get": (lambda s, k: s.get(k.new), None),
    "Store.document": (lambda s, k: within(s, lambda c: s.document(c, k.new)), None),
    "Store.latest": (lambda s, k: [one for one in map(s.latest, ("/m.onnx", "m", "net")) if one], []),
    "Store.failing": (lambda s, k: s.failing("rule-0"), []),
    "Store.history": (lambda s, k: [r for m in ("/m.onnx", "m", DIGEST) for r in s.history(m)], []),
    "Works.done": (lambda s, k: s.done([(KEY, "/m.onnx"), (KEY, "/other.onnx")]), {}),
    "Works.documents": (lambda s, k: s.documents([k.old, k.new]), {}),
    "Works.states": (lambda s, k: s.states(["/m.onnx"]), {}),
    "history.history": (lambda s, k: history.history(s, "m"), None),
    "history.subjects": (lambda s, k: [r for m in ("/m.onnx", "m", DIGEST) for r in history.subjects(s, m)], []),
    "history.subjects_under": (lambda s, k: history.subjects_under(s, "/", 9), ([], 0)),
    "history.subjects_of": (lambda s, k: history.subjects_of(s, ["/m.onnx"]), []),
    "history.audit_of_version": (lambda s, k: history.audit_of_version(s, "m", "1"), None),
    "exchange.export": (lambda s, k: exported(s).splitlines()[1:], [b'{"end": 1}']),
    "upkeep.prune": (lambda s, k: [upkeep.prune(s, upkeep.Wish(n), True) for n in (None, 1, 3)], [(0,) * 4] * 3),
    "fleet.fleet": (lambda s, k: [fleet.fleet(s, sort=by).models for by in ("name", "verdict", "when")], [()] * 3),
    "fleet.fleet_model": (lambda s, k: fleet.fleet_model(s, k.model), None),
    "fleet.verdicts": (lambda s, k: sum(fleet.verdicts(s).values()), 0),
    "fleet.rule_counts": (lambda s, k: fleet.rule_counts(s), {}),
    "fleet.worsened": (lambda s, k: fleet.worsened(s), []),
}  # fmt: skip


def refused(store: Works, known: Known) -> None:
    with pytest.raises(StoreError, match=f"no report {known.new} is stored"):
        store.accept("m", known.new, reason="", by="")


def finished(store: Works, known: Known) -> None:
    ready = store.ready([Piece(document("/m.onnx", 1), "/m.onnx", KEY, uid=UID)])
    with store.writing() as connection:
        ((_, there),) = store.finish_within(connection, ready)
    assert not there


def replaced(store: Works, known: Known) -> None:
    """Work that was not whole is done again, and what came of it before goes."""
    for whole in (False, True):
        piece = Piece(document("/m.onnx", 1), "/m.onnx", KEY, (STATE,), again="w" * 64, whole=whole, uid=None)
        assert [there for _, there in store.finish_all([piece])] == [False]


def loaded(store: Works, known: Known) -> None:
    other = store.in_project("a")
    exchange.load(store, io.BytesIO(exported(other)), format_json.parse)
    lines = [json.loads(line) for line in exported(store).splitlines()]
    expected = [json.loads(line) for line in exported(other).splitlines()]
    assert [line for line in lines if "auditor_export" not in line] == [
        line for line in expected if "auditor_export" not in line
    ]


# By the name of the way in: what another project writes, under the same names.
WRITTEN: dict[str, Ask] = {
    "Store.save": lambda s, k: [s.save(document("/m.onnx", 1), subject="m") for _ in range(2)],
    "Store.accept": refused,
    "Works.finish_all": replaced,
    "Works.finish_within": finished,
    "Works.remember": lambda s, k: s.remember([STATE._replace(digest="e" * 64)]),
    "exchange.load": loaded,
    "upkeep.prune": lambda s, k: (fill(s), upkeep.prune(s, upkeep.Wish())),
    "all at once": lambda s, k: fill(s, findings=5),
}

# These have no rows of their own, or are what the others are made of.
NEITHER = {
    "Store.open", "Store.in_project", "Store.within", "Store.within_ids", "Store.any_holds",
    "Store.reading", "Store.writing", "Store.take_turns",
    "Store.engine", "Store.close", "Store.unpacked", "Works.ready", "upkeep.vacuum",
}  # fmt: skip


def ways_in() -> Iterator[str]:
    for kind in (Store, Works):
        yield from (f"{kind.__name__}.{name}" for name in vars(kind) if not name.startswith("_"))
    for module in (history, exchange, upkeep, fleet):
        yield from (f"{module.__name__.rpartition('.')[2]}.{name}" for name in functions(module))


def functions(module: ModuleType) -> list[str]:
    found = inspect.getmembers(module, inspect.isfunction)
    return [name for name, one in found if one.__module__ == module.__name__ and not name.startswith("_")]


def test_every_way_in_has_a_case() -> None:
    assert set(ways_in()) == (ASKED.keys() | WRITTEN.keys() | NEITHER) - {"all at once"}


def rows_of(store: Works, project: str) -> dict[str, list[Any]]:
    """All that a project has."""
    found = {}
    with store.reading() as connection:
        for table in all_tables.sorted_tables:
            query = select(table)
            if "project" in table.c:
                query = query.where(table.c.project == project)
            elif "audit_id" in table.c:
                query = query.join(audits, audits.c.id == table.c.audit_id).where(audits.c.project == project)
            else:
                continue
            found[table.name] = sorted((tuple(row) for row in connection.execute(query)), key=repr)
    return found


def test_nothing_of_another_project_is_seen(where: str) -> None:
    """The owner is answered first, so that it is the project that makes the difference."""
    with Works.open(where, project="a") as store:
        known = fill(store)
        empty = store.in_project("b")
        for name, (ask, nothing) in ASKED.items():
            assert ask(store, known) != nothing, name
            assert ask(empty, known) == nothing, name


def test_what_another_project_adds_changes_no_answer(where: str) -> None:
    """It has the same names, and its own content under them."""
    with Works.open(where, project="a") as store:
        known = fill(store)
        before = {name: _said(ask(store, known)) for name, (ask, _) in ASKED.items()}
        other = store.in_project("b")
        fill(other, findings=5)
        other.finish_all([Piece(document("/a.onnx"), "/a.onnx", KEY)])
        registered(other, "m")
        assert {name: _said(ask(store, known)) for name, (ask, _) in ASKED.items()} == before


def _said(answer: object) -> object:
    return re.sub(r'"exported_at":"[^"]*"', "", repr(answer))


@pytest.mark.parametrize("name", WRITTEN)
def test_nothing_of_another_project_is_changed(where: str, name: str) -> None:
    with Works.open(where, project="a") as store:
        known = fill(store)
        before = rows_of(store, "a")
        assert all(
            before[table] for table in ("audits", "findings", "operators", "works", "file_states", "acceptances")
        )
        WRITTEN[name](store.in_project("b"), known)
        assert rows_of(store, "a") == before


def test_of_each_project_one_audit_of_a_source_is_the_latest(where: str) -> None:
    with Works.open(where, project="a") as store:
        for project in "aba":
            store.in_project(project).save(document("/m.onnx"))
        with store.reading() as connection:
            newest = select(audits.c.project, audits.c.id).where(audits.c.latest).order_by(audits.c.project)
            assert connection.execute(newest).all() == [("a", 3), ("b", 2)]


def test_every_statement_names_the_project_and_every_turn_is_its_own(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    turns: list[str] = []
    monkeypatch.setattr("auditor.store.store.take_turn", lambda connection, what: turns.append(what))
    with Works.open(where, project="a") as store:
        known = fill(store)

        @event.listens_for(store.engine, "before_cursor_execute")
        def seen(_connection: Connection, _cursor: Any, statement: str, *_more: Any) -> None:
            asked.append(statement)

        for ask, _ in ASKED.values():
            ask(store.in_project("b"), known)
            ask(store, known)
        for name, write in WRITTEN.items():
            turns.clear()
            write(store.in_project(f"to {name}"), known)
            assert {turn.partition(" of project ")[2] for turn in turns} <= {f"to {name}"}
        event.remove(store.engine, "before_cursor_execute", seen)
    theirs = [one for one in asked if re.search(r"\b(FROM|INTO|UPDATE|JOIN) (?!findings|operators)[a-z]", one)]
    assert len(theirs) > 50
    assert [one for one in theirs if "project" not in one] == []
