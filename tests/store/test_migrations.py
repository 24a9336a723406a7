"""The migrations and the tables say the same, and every step goes both ways with rows in it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, MetaData, Table, create_engine, func, insert, inspect, select, text
from sqlalchemy.exc import IntegrityError

from auditor.errors import StoreError
from auditor.store.connection import address, open_engine
from auditor.store.rows import audit_row, finding_rows
from auditor.store.schema import config, migrate, migrations_folder
from auditor.store.service_tables import all_tables
from auditor.store.store import Store
from auditor.store.tables import HEAD, acceptances, audits, findings, operators, works
from auditor.store.works import FileState, Works

from .every_table import fill_every_table, rows_of
from .reports import document, finish
from .schemas import schema_of

STEPS = sorted(step.stem for step in (migrations_folder() / "versions").glob("*.py"))


def test_the_head_that_we_stamp_is_alembics_own(tmp_path: Path) -> None:
    script = ScriptDirectory.from_config(config(address(tmp_path / "reports.db")))
    assert script.get_heads() == [HEAD]


def test_every_revision_is_called_as_its_file(tmp_path: Path) -> None:
    """By its file a revision is known to be ours, without Alembic."""
    script = ScriptDirectory.from_config(config(address(tmp_path / "reports.db")))
    named = {revision.revision: Path(revision.path).stem for revision in script.walk_revisions()}
    assert {revision: revision for revision in named} == named
    assert {path.stem for path in (migrations_folder() / "versions").glob("*.py")} == set(named)


def test_the_migrations_make_the_tables(tmp_path: Path) -> None:
    url = address(tmp_path / "100%" / "reports.db")
    (tmp_path / "100%").mkdir()
    migrate(url)
    with create_engine(url).connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), all_tables) == []


@pytest.mark.parametrize("behind", STEPS)
def test_a_database_of_any_age_becomes_what_a_fresh_one_is(
    unmade: str, behind: str, request: pytest.FixtureRequest
) -> None:
    """With rows in all its tables: the same columns, constraints, indexes and views, to the database's own eyes."""
    settings = config(address(unmade))
    command.upgrade(settings, behind)
    engine = create_engine(address(unmade))
    old = MetaData()
    old.reflect(engine)
    with engine.begin() as connection:
        fill_every_table(connection, [table for table in old.sorted_tables if table.name != "alembic_version"])
    engine.dispose()
    command.upgrade(settings, "head")
    fresh: str = request.getfixturevalue("fresh_sqlite" if unmade.endswith(".db") else "fresh_postgresql")
    assert schema_of(unmade) == schema_of(fresh)
    with Store.open(unmade) as store, store.reading() as connection:
        for table in old.sorted_tables:
            if table.name != "file_states":  # how files looked is forgotten by some steps
                assert connection.scalar(select(func.count()).select_from(table)) == 1, table


def test_back_at_the_beginning_there_is_nothing_and_up_again_all(where: str) -> None:
    settings, fresh = config(address(where)), schema_of(where)
    if where.endswith(".db"):
        whole = fresh["tables"]
        assert ("audits", 0, 1) in whole and ("findings", 1, 0) in whole  # AUTOINCREMENT, and WITHOUT ROWID
        assert fresh["columns of audits"][-1] == ("the last is a blob", True)
    else:
        assert ("audits", "subject", "C") in {row[:3] for row in fresh["columns"]}
    command.downgrade(settings, "base")
    assert schema_of(where) != fresh
    command.upgrade(settings, "head")
    assert schema_of(where) == fresh


def test_no_number_is_given_twice_where_the_audits_were_made_anew(tmp_path: Path) -> None:
    """The newest audit was taken out before: its number is not in the table, and is not the next one's."""
    path = tmp_path / "reports.db"
    command.upgrade(config(address(path)), "0008_latest_rules")
    whole = audit_row(document("/m.onnx"), "/m.onnx") | {"project": "default"}
    with create_engine(address(path)).begin() as connection:
        for uid in "abc":
            connection.execute(insert(audits), whole | {"uid": uid, "latest": uid == "a"})
        connection.execute(text("DELETE FROM audits WHERE id = 3"))
    with Store.open(path) as store:
        assert store.get(1) == document("/m.onnx")
        assert store.save(document("/m.onnx")) == 4


def test_up_down_and_up_again_with_rows(tmp_path: Path) -> None:
    path = tmp_path / "reports.db"
    settings = config(address(path))
    with Store.open(path) as store:
        store.save(document())
    command.downgrade(settings, "base")
    assert set(inspect(create_engine(address(path))).get_table_names()) == {"alembic_version"}
    command.upgrade(settings, "head")
    with Store.open(path) as store:
        saved = document(findings=7)
        assert store.get(store.save(saved)) == saved


def test_each_step_leaves_the_reports_of_the_other_alone(tmp_path: Path) -> None:
    """Down from 0002 and up again: the work of batches goes, and every report stays."""
    path = tmp_path / "reports.db"
    settings = config(address(path))
    with Works.open(path) as store:
        kept, _ = finish(store, document(), "m", "k" * 64, [FileState("m", 1, 2, 3, "d" * 64)])
    command.downgrade(settings, "0001_reports")
    assert set(inspect(create_engine(address(path))).get_table_names()) == {"alembic_version", "audits", "findings"}
    with Works.open(path) as store:  # brings it up
        assert store.get(kept) == document()
        assert store.done([("k" * 64, "m")]) == {}
        assert store.states(["m"]) == {}
        assert finish(store, document(), "m", "k" * 64) == (kept + 1, False)


@pytest.mark.parametrize("behind", STEPS[:-1])
def test_a_database_of_an_older_auditor_is_brought_up(unmade: str, behind: str) -> None:
    """Made by that schema's own statements, with rows in it; then every model has a name, and every audit its id."""
    command.upgrade(config(address(unmade)), behind)
    kept = document("/m.onnx")
    with create_engine(address(unmade)).begin() as connection:
        columns = {column["name"] for column in inspect(connection).get_columns("audits")}
        for latest in (False, True):
            row = audit_row(kept, "/m.onnx") | {"latest": latest, "subject": "/m.onnx"}
            connection.execute(insert(audits_of(columns)), {key: row[key] for key in row if key in columns})
        connection.execute(insert(findings), [{"audit_id": 2, **found} for found in finding_rows(kept)])
    with Store.open(unmade) as store:
        assert store.latest("/m.onnx") == kept
        assert [(row.id, row.subject, row.version) for row in store.history("/m.onnx")] == [
            (2, "/m.onnx", ""), (1, "/m.onnx", ""),
        ]  # fmt: skip
        store.accept("/m.onnx", 1, reason="", by="")
        with store.reading() as connection:
            uids = connection.scalars(select(audits.c.uid)).all()
        assert len(set(uids)) == 2 and all(re.fullmatch("[0-9a-f]{32}", uid) for uid in uids)
        assert store.save(kept) == 3


def test_the_step_to_projects_goes_both_ways_with_rows_in_all_tables(where: str) -> None:
    """Down, what other projects have goes, and up again producer, opset and operators come out of the documents."""
    settings = config(address(where))
    whole = document("/m.onnx", producer="PyTorch 2", opsets={"": 17}) | {"operators": {"Conv": 2, "com.x:Gelu": 1}}
    odd = document("/odd.onnx", producer="\0", opsets={"ai.onnx": 1 << 40}) | {"operators": {"x" * 400: 1}}
    with Works.open(where) as store:
        kept, _ = finish(store, whole, "/m.onnx", "k" * 64, [FileState("/m.onnx", 1, 2, 3, "d" * 64)])
        store.save(odd)
        store.accept("/m.onnx", kept, reason="", by="")
        other = store.in_project("other")
        theirs, _ = finish(other, whole, "/m.onnx", "k" * 64, [FileState("/m.onnx", 1, 2, 3, "d" * 64)])
        other.accept("/m.onnx", theirs, reason="", by="")
    engine = create_engine(address(where))
    with engine.begin() as connection:
        fill_every_table(connection)
        before = {table.name: rows_of(connection, table) for table in all_tables.sorted_tables}
        assert [name for name, rows in before.items() if not rows] == []
    command.downgrade(settings, "0004_trust")
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM audits")) == 2
        assert connection.scalar(text(f"SELECT count(*) FROM findings WHERE audit_id = {theirs}")) == 0
        assert [connection.scalar(text(f"SELECT count(*) FROM {name}")) for name in ("works", "acceptances")] == [1, 1]
    engine.dispose()
    with Works.open(where) as store:  # brings it up
        assert store.get(kept) == whole
        assert store.done([("k" * 64, "/m.onnx")])["k" * 64, "/m.onnx"].audit_id == kept
        assert store.in_project("other").history("/m.onnx") == []
        with store.reading() as connection:
            for table in (audits, findings, operators, works, acceptances):
                ours = [row for row in before[table.name] if theirs not in (row.get("audit_id"), row.get("id"))]
                assert rows_of(connection, table) == [row for row in ours if row.get("project") != "other"], table.name
        assert finish(store.in_project("other"), whole, "/m.onnx", "k" * 64)[1] is False
    with Works.open(where) as store, store.reading() as connection:
        said = connection.execute(select(audits.c.producer, audits.c.opset).order_by(audits.c.id)).all()
        assert said[:2] == [("PyTorch 2", 17), ("\\x00", None)]
        names = connection.scalars(select(operators.c.operator).where(operators.c.audit_id <= 2)).all()
        assert sorted(names) == ["Conv", "com.x:Gelu", "x" * 300]


def audits_of(columns: set[str]) -> Table:
    """The table as it was when it had these columns."""
    kept = [Column(column.name, column.type) for column in audits.c if column.name in columns]
    return Table("audits", MetaData(), *kept)


def test_accepted_versions_go_with_their_step_and_reports_stay(where: str) -> None:
    settings = config(address(where))
    with Store.open(where) as store:
        kept = store.save(document("/m.onnx"), subject="m", version="1")
        store.accept("m", kept, reason="", by="")
    command.downgrade(settings, "0002_works")
    found = inspect(create_engine(address(where)))
    assert found.get_view_names() == []
    assert not {"subject", "version", "uid"} & {column["name"] for column in found.get_columns("audits")}
    with Store.open(where) as store:  # brings it up
        assert store.get(kept) == document("/m.onnx")
        assert store.accepted("m") is None
        assert [row.subject for row in store.history("/m.onnx")] == ["/m.onnx"]


def test_the_tables_are_what_alembic_makes_elsewhere_too(unmade: str) -> None:
    migrate(address(unmade))
    with create_engine(address(unmade)).connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), all_tables) == []


def test_an_empty_database_of_alembics_is_taken_as_fresh(tmp_path: Path) -> None:
    settings = config(address(tmp_path / "reports.db"))
    command.upgrade(settings, "head")
    command.downgrade(settings, "base")
    with Store.open(tmp_path / "reports.db") as store:
        assert store.save(document()) == 1


def test_a_schema_that_is_behind_is_brought_up_when_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With one more revision in a copy of the folder: the rows stay, those that point to a copied table too."""
    folder = tmp_path / "migrations"
    (folder / "versions").mkdir(parents=True)
    for file in ("env.py", "script.py.mako", *(f"versions/{name}.py" for name in STEPS)):
        (folder / file).write_text((migrations_folder() / file).read_text())
    with Store.open(tmp_path / "reports.db") as store:
        kept = store.save(document())
    (folder / "versions" / "9999_widen.py").write_text(
        "import sqlalchemy as sa\n"
        "from alembic import op\n"
        f"revision, down_revision = '9999_widen', '{STEPS[-1]}'\n"
        "def upgrade():\n"
        "    with op.batch_alter_table('audits', recreate='always') as table:\n"
        "        table.add_column(sa.Column('reviewed', sa.Boolean))\n"
        "def downgrade():\n"
        "    raise AssertionError\n"
    )
    monkeypatch.setattr("auditor.store.schema.migrations_folder", lambda: folder)
    monkeypatch.setattr("auditor.store.schema.HEAD", "9999_widen")
    with Store.open(tmp_path / "reports.db") as store:
        assert store.get(kept) == document()
    with create_engine(address(tmp_path / "reports.db")).connect() as connection:
        assert connection.scalars(text("SELECT version_num FROM alembic_version")).all() == ["9999_widen"]
        assert connection.scalars(text("SELECT reviewed FROM audits")).all() == [None]
        assert len(connection.execute(select(findings)).all()) == 2


def test_the_folder_is_found_in_a_checkout_and_in_a_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditor.store.schema.__file__", str(tmp_path / "auditor" / "store" / "schema.py"))
    with pytest.raises(StoreError, match=r"migrations are missing .*: install auditor again"):
        migrations_folder()
    for folder in (tmp_path / "migrations", tmp_path / "auditor" / "_migrations"):
        folder.mkdir(parents=True)
        (folder / "env.py").write_text("")
        assert migrations_folder() == folder


def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    """DDL is part of the transaction: a half-made schema is never seen."""
    engine = open_engine(address(tmp_path / "reports.db"))
    with pytest.raises(IntegrityError, match="NOT NULL"), engine.begin() as connection:
        all_tables.create_all(connection)
        connection.execute(insert(audits), {"id": 1})
    assert inspect(engine).get_table_names() == []


def test_alembic_says_nothing_of_its_own(tmp_path: Path) -> None:
    """stdout is the result and stderr the log: an upgrade writes to neither, warnings included."""
    code = "import sys; from auditor.store import connection, schema; schema.migrate(connection.address(sys.argv[1]))"
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, tmp_path / "reports.db"], capture_output=True, text=True, check=True
    )
    assert (ran.stdout, ran.stderr) == ("", "")
