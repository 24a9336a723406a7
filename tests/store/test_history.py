"""What a history says, held to one worked out by hand, and to a slow one that knows everything."""

from __future__ import annotations

import random
from typing import Any

import pytest

from auditor.store.history import FindingOverTime, history, subjects, subjects_of, subjects_under
from auditor.store.store import Store

from .reports import document


def found(*names: str, ran: str = "abc", path: str = "/m.onnx", when: int = 0) -> dict[str, Any]:
    """A report with these findings: the first letter is the rule, the whole the fingerprint."""
    whole = document(path, findings=len(names))
    for finding, name in zip(whole["findings"], names, strict=True):
        finding["rule"], finding["fingerprint"] = name[0], name
    whole["coverage"]["ran"] = list(ran)
    whole["audited_at"] = f"2026-01-02T03:{when // 60:02}:{when % 60:02}Z"
    return whole


def told(known: FindingOverTime) -> tuple[str, str, int, int, int | None]:
    return (
        known.found.fingerprint,
        known.state,
        known.since.id,
        known.last.id,
        None if known.fixed is None else known.fixed.id,
    )


def test_findings_appear_are_fixed_and_stay(where: str) -> None:
    with Store.open(where) as store:
        for document in (found("a1", "b1"), found("a1", "a2"), found("a1", "a2", "a3"), found("a1", "a3", "c1")):
            store.save(document)
        of = history(store, "/m.onnx")
        assert of is not None
        assert [step.row.id for step in of.steps] == [4, 3, 2, 1]
        changes = [step.changes for step in of.steps]
        assert [[f.fingerprint for f in c.appeared] for c in changes if c] == [["c1"], ["a3"], ["a2"], ["a1", "b1"]]
        assert [[f.fingerprint for f in c.fixed] for c in changes if c] == [["a2"], [], ["b1"], []]
        assert [c.still for c in changes if c] == [2, 2, 1, 0]
        assert {told(known) for known in of.findings} == {
            ("c1", "new", 4, 4, None),
            ("a1", "open", 1, 4, None),
            ("a3", "open", 3, 4, None),
            ("a2", "fixed", 2, 3, 4),
            ("b1", "fixed", 1, 1, 2),
        }


def test_what_nobody_looked_for_is_not_fixed(where: str) -> None:
    """The rule has to be run; a run that says nothing of it leaves the finding where it was."""
    with Store.open(where) as store:
        for document in (found("a1", "b1"), found("b1", ran="b"), found(ran="a"), found("b1", ran="bc")):
            store.save(document)
        of = history(store, "/m.onnx")
        assert of is not None
        assert [(step.changes.still, step.changes.unseen) for step in of.steps if step.changes] == [
            (1, 0), (0, 1), (1, 1), (0, 0),
        ]  # fmt: skip
        assert {told(known) for known in of.findings} == {("b1", "open", 1, 4, None), ("a1", "fixed", 1, 1, 3)}


def test_an_old_version_that_is_audited_again_is_not_the_newest(where: str) -> None:
    """A registry with three versions; new rules came, and the first version was audited again last."""
    with Store.open(where) as store:
        for version, names in (("2", ["a1", "a2"]), ("10", ["a1"]), ("1", ["a1"]), ("1", ["a1", "c1"])):
            store.save(found(*names), f"/r/m/{version}/model.onnx", subject="m", version=version)
        of = history(store, "m")
        assert of is not None
        assert [(step.row.version, step.row.id) for step in of.steps] == [("10", 2), ("2", 1), ("1", 4), ("1", 3)]
        assert {told(known) for known in of.findings} == {
            ("a1", "open", 3, 2, None),
            ("a2", "fixed", 1, 1, 2),
            ("c1", "fixed", 4, 4, 1),
        }


@pytest.mark.parametrize("limit", [1, 2, 5, 300])
def test_a_part_says_of_the_newest_what_the_whole_says(where: str, limit: int) -> None:
    """260 audits at random: since when a finding is there does not hang on how many audits are shown."""
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    names = [f"{rule}{n}" for rule in "abc" for n in range(4)]
    there = set(names[:6])
    with Store.open(where) as store:
        for when in range(260):
            there ^= set(chance.sample(names, chance.choice([0, 0, 0, 1])))
            ran = chance.choice(["abc", "abc", "ab"])
            store.save(found(*sorted(name for name in there if name[0] in ran), ran=ran, when=when))
        part, whole = history(store, "/m.onnx", limit), history(store, "/m.onnx", 1000)
        assert part is not None and whole is not None
        assert part.audits == whole.audits == 260
        assert [step.row for step in part.steps] == [step.row for step in whole.steps[:limit]]
        now = {told(known) for known in part.findings if known.last.id == 260}
        assert now == {told(known) for known in whole.findings if known.last.id == 260}


def test_only_what_is_compared_is_worked_out(where: str) -> None:
    with Store.open(where) as store:
        for document in (found("a1"), found("a1"), found("a1", "a2")):
            store.save(document)
        of = history(store, "/m.onnx", 20, compared=1)
        assert of is not None
        assert [step.changes is not None for step in of.steps] == [True, False, False]
        assert {told(known) for known in of.findings} == {("a2", "new", 3, 3, None), ("a1", "open", 1, 3, None)}
        assert history(store, "/other.onnx") is None


def test_what_a_name_may_be(where: str) -> None:
    with Store.open(where) as store:
        store.save(document("/r/a/1/model.onnx", digest="a" * 64), subject="a", version="1")
        store.save(document("/r/b_/model.onnx", digest="b" * 64, content_digest="c" * 64))
        store.save(document("/r/bx/model.onnx", digest="b" * 64))
        both = ["/r/b_/model.onnx", "/r/bx/model.onnx"]
        assert subjects(store, "a") == subjects(store, "/r/a/1/model.onnx") == subjects(store, "a" * 8) == ["a"]
        assert subjects(store, "b" * 64) == both
        assert subjects(store, "c" * 12) == both[:1]
        assert subjects(store, "c" * 7) == subjects(store, "/r") == []
        for folder in ("/r", "/r/", "/"):
            assert subjects_under(store, folder, 9) == ([*both, "a"], 3)
            assert subjects_under(store, folder, 1) == (both[:1], 3)
        assert subjects_under(store, "/r/b_", 9) == (both[:1], 1)
        assert subjects_of(store, ["/r/bx/model.onnx", "/r/a/1/model.onnx", "/no.onnx"]) == [both[1], "a"]
