"""Which models fail a rule stands in a table of its own, which always says what the latest audits' findings say."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from auditor.store.store import Store
from auditor.store.tables import audits, findings, latest_rules
from auditor.store.upkeep import Wish, prune
from auditor.store.works import Works

from .reports import document, finish
from .test_exchange import lines_of, taken

_RULE = {0: [], 1: ["rule-0"], 2: ["rule-0", "rule-1"]}


def rules_of(store: Store, *names: str) -> dict[str, list[str]]:
    """By model the rules that `failing` knows; that it says what the latest audits' findings say."""
    by_findings = select(audits.c.project, findings.c.rule, audits.c.source, audits.c.id)
    by_findings = by_findings.join(findings, findings.c.audit_id == audits.c.id).where(audits.c.latest).distinct()
    with store.reading() as connection:
        kept = connection.execute(select(*latest_rules.c)).all()
        assert sorted(map(tuple, kept)) == sorted(map(tuple, connection.execute(by_findings)))
    return {name: [rule for rule in _RULE[2] if name in store.failing(rule)] for name in names}


def test_they_are_those_of_the_newest_audits(where: str) -> None:
    with Works.open(where) as store:
        for number in (2, 1, 0, 2, 1):
            store.save(document("/a", findings=number))
            assert rules_of(store, "/a", "/b") == {"/a": _RULE[number], "/b": []}
        store.save(document("/a", findings=0) | {"ad_hoc": ["--select"]})
        store.in_project("other").save(document("/a"))
        assert rules_of(store, "/a") == {"/a": ["rule-0"]}
        assert rules_of(store.in_project("other"), "/a") == {"/a": ["rule-0", "rule-1"]}
        finish(store, document("/b"), "/b", None, again="a" * 64, whole=False)
        assert rules_of(store, "/b") == {"/b": ["rule-0", "rule-1"]}
        finish(store, document("/b", findings=1), "/b", "b" * 64, again="a" * 64)  # in the place of that
        assert rules_of(store, "/a", "/b") == {"/a": ["rule-0"], "/b": ["rule-0"]}
        assert prune(store, Wish(keep=1)).audits == 4  # the newest, an ad hoc look, and the latest stay
        assert rules_of(store, "/a", "/b") == {"/a": ["rule-0"], "/b": ["rule-0"]}


def test_they_come_with_an_import(where: str, tmp_path: Path) -> None:
    """The newest by its time is the latest, wherever it came from: that of the import, or the one that was there."""
    with Works.open(tmp_path / "first.db") as first, Works.open(where) as second:
        for path, there, new in (("/old", 2025, 2), ("/new", 2027, 1)):
            first.save(document(path, findings=new))  # of 2026
            second.save(document(path, findings=0) | {"audited_at": f"{there}-01-02T03:04:05Z"})
        taken(second, lines_of(first))
        assert rules_of(second, "/old", "/new") == {"/old": ["rule-0", "rule-1"], "/new": []}
