"""What is asked of a full store goes by an index, in both databases."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sqlalchemy import event

from auditor.store.fleet import fleet
from auditor.store.history import audit_of_version, history, subjects, subjects_under
from auditor.store.store import Store

from .many import fill_with_many, plan

_BY_NAME = "ix_audits_(latest_subject|subject_id)"  # SQLite has no figures, and takes now one and now the other

ASKED: dict[str, tuple[Callable[[Store], object], str]] = {
    "latest of a path": (lambda store: store.latest("/m/7.onnx"), "ix_audits_latest_source"),
    "failing": (lambda store: store.failing("rule-3"), "ix_findings_rule_audit_id"),
    "history": (lambda store: history(store, "/m/7.onnx", 5), "ix_audits_subject_id"),
    "audits of a model": (lambda store: store.history("/m/7.onnx"), "ix_audits_source_id"),
    "a page by name": (lambda store: fleet(store, limit=20), _BY_NAME),
    "a page by name, further on": (lambda s: fleet(s, after=("/m/5", "/m/5"), limit=20), _BY_NAME),
    "whose a name is": (lambda store: subjects(store, "/m/7.onnx"), "ix_audits_subject_id"),
    "audits under a folder": (lambda store: subjects_under(store, "/m/7"), "ix_audits_source_id"),
    "an audit of a version": (lambda store: audit_of_version(store, "/m/7.onnx", "1"), "ix_audits_subject_id"),
}


def test_every_question_goes_by_an_index(where: str) -> None:
    """No table that grows is read through; of an empty one a database may well read the nothing that is there."""
    with Store.open(where) as store:
        fill_with_many(store, audits=6_000, models=600, findings=3)
        said: list[tuple[str, Any]] = []
        event.listen(store.engine, "before_cursor_execute", lambda *of: said.append((of[2], of[3])))
        for what, (ask, index) in ASKED.items():
            said.clear()
            ask(store)
            queries = [query for query in said if query[0].lstrip().startswith("SELECT")]
            with store.engine.connect() as connection:
                steps = [step for query in queries for step in plan(connection, *query)]
            assert any(re.search(index, step) for step in steps), (what, steps)
            through = [step for step in steps if "SCAN audits" in step or "SCAN findings" in step or "Seq Scan" in step]
            assert not [step for step in through if _grew(step)], (what, steps)


def _grew(step: str) -> bool:
    """Whether that is a step through a table that has rows, or through a whole index of it."""
    return "audits" in step or "findings" in step or "operators" in step
