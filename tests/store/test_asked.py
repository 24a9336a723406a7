"""What the service asks of its audits, in both databases: bound to a project, a page at a time, by an index."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import event

from auditor.store import jobs, leases
from auditor.store.asked import (
    asked_audit,
    asked_audits,
    badge_model,
    drop_badge,
    kept_audit,
    kept_audit_of,
    make_badge,
    standings,
)
from auditor.store.registered import register
from auditor.store.uploads import begin, keeping
from auditor.store.works import Piece, Works
from tests.store.reports import document


@pytest.fixture
def store(where: str) -> Iterator[Works]:
    with Works.open(where) as store:
        yield store


def _version(store: Works, name: str = "lenet", version: str = "1") -> tuple[str, str]:
    """A version of a file that lies nowhere: its id and its model's."""
    sha256 = "a" * 64
    upload = begin(store, 1, sha256, 1 << 40)
    with keeping(store, upload.id, sha256, 1):
        pass
    made, _ = register(store, name, version, "m.onnx", {"m.onnx": sha256}, None, "somebody")
    return made.id, made.model_id


def _done(store: Works, version_id: str, ad_hoc: bool = False) -> str:
    made = jobs.submit(store, version_id=version_id, options={}, by="somebody")
    (claimed,) = leases.claim(store, "here", 1, 60.0, {})
    raw = {**document("m.onnx"), "ad_hoc": ["--no-run"] if ad_hoc else []}
    leases.finish(store, claimed.job, "here", Piece(raw, f"s/{version_id}", None, subject="lenet"), {})
    return made.id


def test_of_an_audit_everything_is_told(store: Works) -> None:
    version_id, model_id = _version(store)
    made = _done(store, version_id)
    found = asked_audit(store, made)
    assert found is not None
    assert (found.model_id, found.model, found.version, found.report_uid) == (model_id, "lenet", "1", made)
    assert (found.verdict, found.errors, found.warnings, found.notes) == ("fail", 1, 1, 0)
    source = jobs.submit(store, source="/models", options={"run": False}, by="other").id
    of_source = asked_audit(store, source)
    assert of_source is not None and of_source.model is of_source.verdict is None
    assert of_source.job.options == {"run": False}
    assert asked_audit(store, "0" * 32) is None and asked_audit(store, "\0'; DROP TABLE jobs") is None


def test_another_project_sees_nothing(store: Works) -> None:
    version_id, model_id = _version(store)
    made, other = _done(store, version_id), store.in_project("other")
    kept = kept_audit_of(store, version_id)
    assert kept is not None and kept_audit(store, kept.id) == kept
    assert asked_audit(other, made) is None and asked_audits(other, 9) == []
    assert kept_audit(other, kept.id) is None and kept_audit_of(other, version_id) is None
    assert make_badge(other, model_id) is None and not drop_badge(other, model_id)


def test_the_newest_report_that_is_no_ad_hoc_look_counts(store: Works) -> None:
    version_id, _ = _version(store)
    assert kept_audit_of(store, version_id) is None
    _done(store, version_id, ad_hoc=True)
    assert kept_audit_of(store, version_id) is None
    _done(store, version_id)
    second = _done(store, version_id)
    _done(store, version_id, ad_hoc=True)
    found = kept_audit_of(store, version_id)
    assert found is not None and found.uid == second


def test_pages_of_filtered_lists(store: Works) -> None:
    first, second = _version(store)[0], _version(store, "other")[0]
    made = [_done(store, first if i % 2 else second) for i in range(7)]
    seen: list[str] = []
    before = None
    while found := asked_audits(store, 2, before, model="lenet", verdict="fail", state="done", by="somebody"):
        seen += [one.job.id for one in found]
        before = (found[-1].job.created_at, found[-1].job.id)
    assert seen == [made[i] for i in (5, 3, 1)]
    assert asked_audits(store, 9, verdict="pass") == [] and asked_audits(store, 9, by="\0") == []
    assert len(asked_audits(store, 9, version_id=first)) == 3


def test_a_standing_changes_with_its_audit(store: Works) -> None:
    version_id, _ = _version(store)
    assert standings(store, {"0" * 32}, {version_id}) == {}
    made = jobs.submit(store, version_id=version_id, options={}, by="somebody").id
    seen = [standings(store, {made}, {version_id})]
    leases.claim(store, "here", 1, 60.0, {})
    seen.append(standings(store, {made}, {version_id}))
    leases.renew(store, "here", {made: "reading"}, 60.0)
    seen.append(standings(store, {made}, {version_id}))
    jobs.cancel(store, made)
    seen.append(standings(store, {made}, {version_id}))
    for of in (made, version_id):
        assert len({said[of] for said in seen}) == len(seen)


def test_a_badge_is_made_once_and_never_comes_again(store: Works) -> None:
    _, model_id = _version(store.in_project("other"))
    other = store.in_project("other")
    made = make_badge(other, model_id)
    assert made is not None and made[1] and make_badge(other, model_id) == (made[0], False)
    assert badge_model(store, made[0]) == ("other", model_id)
    assert drop_badge(other, model_id) and badge_model(store, made[0]) is None
    assert badge_model(store, "\0") is None and badge_model(store, "x" * 5000) is None
    again = make_badge(other, model_id)
    assert again is not None and again[0] != made[0]


def test_no_query_reads_all_jobs(tmp_path: object, where: str) -> None:
    """SQLite says by which index it goes."""
    if "://" in where:
        pytest.skip("the plan is SQLite's: PostgreSQL's depends on how many rows there are")
    with Works.open(where) as store:
        said: list[tuple[str, object]] = []
        event.listen(store.engine, "before_cursor_execute", lambda *of: said.append((of[2], of[3])))
        asked_audit(store, "a")
        asked_audits(store, 9)
        asked_audits(store, 9, ("b", "c"), state="done")
        asked_audits(store, 9, version_id="a")
        kept_audit_of(store, "a")
        kept_audit(store, 1)
        standings(store, {"a"}, {"b"})
        badge_model(store, "a")
        queries = [query for query in said if query[0].startswith("SELECT")]
        assert len(queries) >= 8
        with store.engine.connect() as connection:
            for text, values in queries:
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)  # type: ignore[arg-type]
                lines = [row[3] for row in plan]
                assert not any(line.startswith("SCAN") for line in lines), (text, lines)
                if "ORDER BY jobs.created_at DESC" in text and "version_id =" not in text:
                    assert not any("TEMP B-TREE" in line for line in lines), (text, lines)
