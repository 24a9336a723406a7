"""What may go goes; the newest of a model and what was accepted last stay."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from auditor.store.housekeeping import forget_jobs
from auditor.store.store import Store
from auditor.store.tables import findings, works
from auditor.store.upkeep import Prunable, Wish, prune, vacuum
from auditor.store.works import Works

from .reports import document, finish


def left(store: Store, *models: str) -> list[int]:
    return sorted(row.id for model in models for row in store.history(model, 1000))


def test_the_newest_of_each_model_stay(where: str) -> None:
    with Store.open(where) as store:
        for n in range(10):
            store.save(document(f"/{n % 2}.onnx", findings=n))
        would = prune(store, Wish(keep=2), dry_run=True)
        assert left(store, "/0.onnx", "/1.onnx") == list(range(1, 11))
        gone = prune(store, Wish(keep=2))
        assert gone == would == Prunable(6, 2, 0 + 1 + 2 + 3 + 4 + 5, gone.bytes)
        assert gone.bytes > 0
        assert left(store, "/0.onnx", "/1.onnx") == [7, 8, 9, 10]
        with store.reading() as connection:
            assert connection.scalar(select(func.count()).select_from(findings)) == 6 + 7 + 8 + 9
        assert prune(store, Wish(keep=2)) == Prunable(0, 0, 0, 0)


def test_of_a_model_with_ad_hoc_looks_alone_the_newest_stays(where: str) -> None:
    with Store.open(where) as store:
        for path, ad_hoc in (("/looked.onnx", True), ("/looked.onnx", True), ("/m.onnx", False), ("/m.onnx", True)):
            store.save(document(path) | {"ad_hoc": ad_hoc})
        store.in_project("other").save(document("/looked.onnx"))
        prune(store, Wish(older_than=0))
        assert left(store, "/looked.onnx", "/m.onnx") == [2, 3]


def test_an_age_beyond_the_calendar_takes_nothing(where: str) -> None:
    with Works.open(where) as store:
        for _ in range(2):
            store.save(document())
        for days in (1e6, 1e18):
            assert prune(store, Wish(older_than=days)).audits == 0
            assert forget_jobs(store, days) == 0


def test_what_was_accepted_last_stays(where: str) -> None:
    with Store.open(where) as store:
        ids = [store.save(document("/m.onnx")) for _ in range(6)]
        for subject, audit_id in (("m", ids[0]), ("m", ids[1]), ("m", ids[2]), ("n", ids[3]), ("m", ids[1])):
            store.accept(subject, audit_id, reason="", by="")
        prune(store, Wish(keep=1))
        assert left(store, "/m.onnx") == [ids[1], ids[3], ids[5]]
        accepted = store.accepted("m")
        assert accepted is not None and accepted.audit_id == ids[1]


def test_old_ones_only(where: str) -> None:
    now = datetime.now(UTC)
    with Store.open(where) as store:
        for form in ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S+00:00"):
            for days in (40, 31, 29, 50):
                when = (now - timedelta(days=days)).strftime(form)
                store.save(document("/m.onnx") | {"audited_at": when})
        assert prune(store, Wish(older_than=30, keep=3), dry_run=True).audits == 4  # 50 twice, of 40 and 31 one each
        prune(store, Wish(older_than=30))
        assert left(store, "/m.onnx") == [3, 7, 8]  # 8 is old, and the last that was stored


def test_of_some_models_only(where: str) -> None:
    with Store.open(where) as store:
        for path, subject in (("/r/a/1.onnx", "team/a"), ("/r/b/1.onnx", "team/b"), ("/r/c/1.onnx", "c")) * 2:
            store.save(document(path), subject=subject)
        assert prune(store, Wish(keep=1, model="team/*"), dry_run=True).audits == 2
        assert prune(store, Wish(keep=1, model="/r/c/*"), dry_run=True).audits == 1
        assert prune(store, Wish(keep=1, model="[ab]"), dry_run=True).audits == 0
        prune(store, Wish(keep=1, model="team/b"))
        assert left(store, "team/a", "team/b", "c") == [1, 3, 4, 5, 6]


def test_its_work_goes_along(where: str) -> None:
    with Works.open(where) as store:
        for n in range(3):
            finish(store, document(), "/m.onnx", f"{n:064}")
        prune(store, Wish(keep=1))
        with store.reading() as connection:
            assert connection.execute(select(works.c.audit_id)).all() == [(3,)]


def test_more_than_one_transaction_takes(where: str) -> None:
    with Store.open(where) as store:
        for _ in range(1201):
            store.save(document(findings=0))
        assert prune(store, Wish(keep=1)).audits == 1200
        assert left(store, "m.onnx") == [1201]
        vacuum(store)


def test_the_space_is_given_back(tmp_path: Path) -> None:
    path = tmp_path / "reports.db"
    with Store.open(path) as store:
        for _ in range(40):
            store.save(document(findings=300))
        before = path.stat().st_size
        prune(store, Wish(keep=1))
        freed = vacuum(store)
        assert freed is not None and freed > before // 2 > path.stat().st_size
        with sqlite3.connect(path) as plain:
            assert plain.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_another_process_at_work_keeps_its_space(tmp_path: Path) -> None:
    with Store.open(tmp_path / "reports.db", patience=0.1) as store:
        store.save(document())
        reader = sqlite3.connect(tmp_path / "reports.db", isolation_level=None)
        reader.execute("BEGIN IMMEDIATE")
        assert vacuum(store) is None
        reader.close()


@pytest.mark.parametrize("wish", [Wish(keep=1), Wish(older_than=0), Wish(keep=1, older_than=0, model="*")])
def test_every_wish_leaves_the_newest(where: str, wish: Wish) -> None:
    with Store.open(where) as store:
        for n in range(20):
            store.save(document(f"/{n % 3}.onnx"))
        prune(store, wish)
        assert left(store, "/0.onnx", "/1.onnx", "/2.onnx") == [18, 19, 20]
