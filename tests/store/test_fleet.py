"""The fleet: registered models and those that only audits know, each with its latest audit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, update

from auditor.store.fleet import FleetFilter, FleetModel, fleet, fleet_model, verdicts, worsened
from auditor.store.fleet_order import Sort
from auditor.store.service_tables import jobs
from auditor.store.store import Store
from auditor.store.works import Works

from .models import NOW, audited, registered, version
from .reports import document


def judged(verdict: str = "fail", findings: int = 2, when: str = "2026-01-02T03:04:05Z", **more: Any) -> dict[str, Any]:
    return document(findings=findings) | {"verdict": verdict, "audited_at": when} | more


def ago(days: float) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="seconds").replace("+00:00", "Z")


def names(store: Store, **wanted: Any) -> list[str]:
    return [model.name for model in fleet(store, FleetFilter(**wanted)).models]


def test_a_registered_model_shows_its_newest_version_that_has_an_audit(where: str) -> None:
    with Works.open(where) as store:
        model = registered(store, "net/a")
        assert fleet_model(store, model) == (model, "net/a", NOW, None, 0, None)
        one = version(store, model, "1", "2026-01-01T00:00:00.000000+00:00")
        two = version(store, model, "2", "2026-01-02T00:00:00.000000+00:00")
        version(store, model, "3", "2026-01-03T00:00:00.000000+00:00")
        job = audited(store, "net/a", "2", two, judged("pass", 0))
        audited(store, "net/a", "1", one, judged(), "2026-01-09T00:00:00.000000+00:00")  # an old one, audited again
        (found,) = fleet(store).models
        assert found == fleet_model(store, model)
        assert (found.id, found.versions) == (model, 3)
        assert found.latest is not None
        assert found.latest[1:8] == (job, "2", two, "pass", 0, 0, 0)
        assert store.uid_of(found.latest.audit) == job
        assert fleet_model(store, "0" * 32) is None


def test_of_a_version_the_last_audit_counts_and_a_look_only_where_there_is_nothing_else(where: str) -> None:
    with Works.open(where) as store:
        model = registered(store, "a")
        only = version(store, model, "1")
        for hour, (verdict, looked) in enumerate(
            (("fail", ["--x"]), ("pass", []), ("inconclusive", []), ("fail", ["--x"]))
        ):
            audited(store, "a", "1", only, judged(verdict, ad_hoc=looked), f"2026-01-02T0{hour}:00:00.000000+00:00")
            expected = ["fail", "pass", "inconclusive", "inconclusive"][hour]
            assert [m.latest and m.latest.verdict for m in fleet(store).models] == [expected]


def test_work_that_was_done_before_is_its_audit_too(where: str) -> None:
    """Of two models with one content the second has the first one's audit, through its job."""
    with Works.open(where) as store:
        first = audited(store, "a", "1", version(store, registered(store, "a"), "1"), judged())
        model = registered(store, "b")
        job = audited(store, "b", "1", version(store, model, "1"), judged("pass"))
        with store.writing() as connection:
            connection.execute(update(jobs).where(jobs.c.id == job).values(audit_id=store.audit_by_uid(first)))
        found = fleet_model(store, model)
        assert found is not None and found.latest is not None
        assert (found.latest.id, found.latest.verdict) == (job, "fail")


def test_a_model_of_the_command_line_has_no_id(where: str) -> None:
    with Works.open(where) as store:
        store.save(judged(), "/r/a/2/m.onnx", subject="a", version="2")
        store.save(judged("pass", 0), "/r/a/10/m.onnx", subject="a", version="10")
        store.save(judged(), "/r/a/9/m.onnx", subject="a", version="9")
        kept = store.save(judged("inconclusive", producer=""), "/r/a/10/m.onnx", subject="a", version="10")
        store.save(judged(ad_hoc=["--x"]), "/r/a/10/m.onnx", subject="a", version="10")
        (found,) = fleet(store).models
        assert found[:5] == (None, "a", None, None, 3)
        assert found.latest is not None
        assert found.latest[:5] == (kept, store.uid_of(kept), "10", None, "inconclusive")


def test_of_versions_that_are_no_numbers_the_one_that_was_seen_first_last_is_the_newest(where: str) -> None:
    with Works.open(where) as store:
        for number in ("x", "main", "x"):
            store.save(judged(), f"/r/a/{number}/m.onnx", subject="a", version=number)
        assert [m.latest and m.latest.version for m in fleet(store).models] == ["main"]


def test_a_registered_models_audits_are_no_other_model(where: str) -> None:
    with Works.open(where) as store:
        audited(store, "a", "1", version(store, registered(store, "a"), "1"), judged())
        store.save(judged(), "/b.onnx")
        assert names(store) == ["/b.onnx", "a"]
        assert verdicts(store) == {"fail": 2, "inconclusive": 0, "pass": 0, "": 0}


@pytest.mark.parametrize("kind", ["registered", "not registered"])
def test_filters(where: str, kind: str) -> None:
    """Each takes the one model that is so, whose older audit was as the other's."""
    plain = judged("pass", 0, model={"producer": "tf2onnx 1.16", "opsets": {"": 13}}, operators={"Conv": 1})
    other = judged("fail", 2, model={"producer": "PyTorch 2", "opsets": {"ai.onnx": 17}}, operators={"com.x:Gelu": 1})
    for one in (plain, other):
        one["model"] = document()["model"] | one["model"]
    with Works.open(where) as store:
        for name, audits in {"Plain_A": (other, plain), "Other_B": (plain, other)}.items():
            model = registered(store, name) if kind == "registered" else ""
            for hour, whole in enumerate(audits):
                if model:
                    when = f"2026-01-02T0{hour}:00:00.000000+00:00"
                    audited(store, name, str(hour), version(store, model, str(hour), when), whole, when)
                else:
                    store.save(whole, f"/{name}", subject=name)
        wanted: list[dict[str, Any]] = [
            {"name": "other"}, {"name": "R_"}, {"verdict": "fail"}, {"rule": "rule-0"}, {"severity": "warning"},
            {"rule": "rule-0", "severity": "error"}, {"operator": "com.x:Gelu"}, {"producer": "pytorch"}, {"opset": 17},
        ]  # fmt: skip
        for one_wish in wanted:
            assert names(store, **one_wish) == ["Other_B"], one_wish
            assert sum(verdicts(store, FleetFilter(**one_wish)).values()) == 1
        assert names(store, verdict="pass", opset=13, producer="TF2", operator="Conv") == ["Plain_A"]
        for nothing in ({"rule": "rule-0", "severity": "warning"}, {"name": "%"}, {"name": "Z"}, {"rule": "\0"}):
            assert names(store, **nothing) == []


def filled(store: Works) -> None:
    """Half of the models registered, one in seven without an audit; names that databases order in different ways."""
    for n in range(23):
        name = f"{'aBÄ_-/z'[n % 7]}{n // 7}"
        verdict, when = ("fail", "inconclusive", "pass")[n % 3], f"2026-01-{1 + n % 4:02}T00:00:00Z"
        if n % 2:
            store.save(judged(verdict, when=when), f"/{n}", subject=name)
        else:
            only = version(store, registered(store, name), "1")
            if n % 7:
                audited(store, name, "1", only, judged(verdict, when=when))


@pytest.mark.parametrize("down", [False, True])
@pytest.mark.parametrize("sort", ["name", "verdict", "when"])
def test_pages_hold_every_model_once_and_in_order(where: str, sort: Sort, down: bool) -> None:
    with Works.open(where) as store:
        filled(store)
        whole: list[FleetModel] = []
        after, sizes = None, []
        while True:
            page = fleet(store, sort=sort, down=down, after=after, limit=4)
            whole += page.models
            sizes.append(len(page.models))
            after = page.next
            if after is None:
                break
        assert sizes == [4, 4, 4, 4, 4, 3]
        rank = {"fail": 0, "inconclusive": 1, "pass": 2, "": 3}
        expected = sorted(whole, key=lambda m: m.name, reverse=down and sort == "name")
        if sort == "verdict":
            expected.sort(key=lambda m: rank[m.latest.verdict if m.latest else ""], reverse=down)
        if sort == "when":
            expected.sort(key=lambda m: m.latest.audited_at if m.latest else "", reverse=not down)
        assert whole == expected
        assert len({model.name for model in whole}) == 23
        assert verdicts(store)[""] == sum(model.latest is None for model in whole) == 2


def test_a_last_page_that_is_full_has_none_behind_it(where: str) -> None:
    with Works.open(where) as store:
        filled(store)
        assert fleet(store, limit=23).next is None
        assert fleet(store, limit=22).next == (fleet(store).models[21].name,) * 2


@pytest.mark.parametrize("kind", ["registered", "not registered"])
def test_what_got_worse(where: str, kind: str) -> None:
    """Name: what it was twenty, ten and one day ago. Expected is what is worse now than ten days ago."""
    told: dict[str, tuple[tuple[str, int] | None, ...]] = {
        "a-better": (("fail", 4), ("fail", 4), ("pass", 0)),
        "b-same": (("pass", 0), ("fail", 2), ("fail", 2)),
        "c-failed": (("fail", 2), ("pass", 0), ("fail", 2)),
        "d-unknown": (("pass", 0), ("pass", 0), ("inconclusive", 0)),
        "e-more": (("fail", 9), ("fail", 2), ("fail", 6)),
        "f-new": (None, None, ("fail", 9)),
        "g-long-ago": (("pass", 0), ("fail", 8), None),
    }
    with Works.open(where) as store:
        for name, steps in told.items():
            model = registered(store, name) if kind == "registered" else ""
            for days, step in zip((20, 10, 1), steps, strict=True):
                if step is None:
                    continue
                whole = judged(*step, ago(days))
                if model:
                    only = version(store, model, str(days), ago(days))
                    audited(store, name, str(days), only, whole, ago(days))
                else:
                    store.save(whole, f"/{name}", subject=name)
        found = worsened(store)
        assert [(w.model.name, w.verdict, w.errors) for w in found] == [
            ("e-more", "fail", 1), ("c-failed", "pass", 0), ("d-unknown", "pass", 0),
        ]  # fmt: skip
        assert all(ago(11) < one.audited_at < ago(9) for one in found)
        assert [w.model.name for w in worsened(store, limit=1)] == ["e-more"]
        assert [w.model.name for w in worsened(store, days=15)] == ["g-long-ago", "b-same", "d-unknown"]


def test_queries_go_by_an_index(tmp_path: Path) -> None:
    """Of the tables that grow none is read whole, and pages by name need no sorting."""
    asked: list[tuple[str, Any]] = []
    with Works.open(tmp_path / "reports.db") as store:
        filled(store)

        @event.listens_for(store.engine, "before_cursor_execute")
        def seen(_connection: Connection, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
            asked.append((statement, parameters))

        every = FleetFilter("a", "fail", "rule-0", "error", "Conv", "x", 17)
        fleet(store, every)
        fleet(store, after=("a", "a"))
        by_name = len(asked)
        fleet(store, sort="when")
        fleet_model(store, "x")
        verdicts(store, every)
        worsened(store)
        event.remove(store.engine, "before_cursor_execute", seen)
        selects = [(i, *one) for i, one in enumerate(asked) if one[0].startswith("SELECT")]
        assert len(selects) == 2 * 5 + 1
        with store.reading() as connection:
            for i, statement, parameters in selects:
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
                assert [step[3] for step in plan if step[3].startswith("SCAN")] == [], statement
                assert "ix_jobs_" not in str(plan) or "ix_jobs_version_id (version_id=?)" in str(plan)
                assert "ix_versions_" not in str(plan) or "ix_versions_model_id_version (model_id=?)" in str(plan)
                if i < by_name:
                    assert [step[3] for step in plan if step[1] == 0 and "TEMP B-TREE" in step[3]] == [], statement
