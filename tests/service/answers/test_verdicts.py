"""Reports under the policy of now: worked out once, and anew when anything is said otherwise."""

from __future__ import annotations

from typing import Any

import pytest

from auditor.config.policy_text import parse_policy
from auditor.errors import UsageError
from auditor.policy.judge import judge
from auditor.report import Severity
from auditor.service.answers import verdicts
from auditor.service.answers.lately import Lately
from auditor.service.answers.verdicts import viewed_audit
from auditor.service.context import Service
from auditor.store import jobs
from auditor.store.asked import KeptAudit, kept_audit_of
from auditor.store.policies import set_policy
from auditor.store.works import Piece
from tests.service.registering import finished, registered
from tests.store.reports import document


def test_a_judgement_is_worked_out_once(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    version = registered(service)
    store = service.store
    finished(service, jobs.submit(store, version_id=version.id, options={}, by="somebody").id)
    kept = kept_audit_of(store, version.id)
    assert kept is not None
    calls = []

    def counted(*of: Any, **more: Any) -> Any:
        calls.append(of)
        return judge(*of, **more)

    monkeypatch.setattr(verdicts, "judge", counted)
    first, again = (viewed_audit(store, kept, version).judged() for _ in range(2))
    assert first is not None and again is not None and first.judgement is again.judgement and len(calls) == 1
    set_policy(store, 'fail-on = "warning"', "somebody")
    other = viewed_audit(store, kept, version).judged()
    assert other is not None and other.tag != first.tag and len(calls) == 2
    store.accept("lenet", kept.id, reason="", by="somebody")
    assert viewed_audit(store, kept, version).judged() and len(calls) == 2  # nothing is held against it
    set_policy(store, "limits.nodes.max-increase = 1", "somebody")
    held = viewed_audit(store, kept, version).judged()
    assert held is not None and held.view.before is not None and held.view.before.uid == kept.uid


def test_an_audit_that_two_projects_have_is_judged_in_each(service: Service) -> None:
    """What one project exports and another imports has one id in both; that it says the same nobody has promised."""
    red, blue = (service.store.in_project(name) for name in ("red", "blue"))
    for store, findings in ((red, 1), (blue, 3)):
        store.finish_all([Piece(document("m.onnx", findings), "m.onnx", None, subject="m", uid="0" * 32)])
    found = [
        viewed_audit(store, KeptAudit(store.audit_by_uid("0" * 32) or 0, "0" * 32, "m.onnx", "m", ""), None).judged()
        for store in (red, blue)
    ]
    assert [len(one.report.findings) for one in found if one] == [1, 3]


def test_what_is_kept_in_mind_is_bounded() -> None:
    lately = Lately[str, str](3, 100)
    for i in range(10):
        lately.keep(str(i), "a judgement", 4)
    assert [str(i) for i in range(10) if lately.get(str(i))] == ["7", "8", "9"]
    lately = Lately[str, str](100, 9)
    for i in range(3):
        lately.keep(str(i), "a judgement", 4)
    assert lately.get("2") and not lately.get("0")


def test_the_newest_is_kept_however_large() -> None:
    """A report of 100,000 findings is judged once, not for each page, badge and gate that shows it."""
    lately = Lately[str, str](100, 1)
    for name in ("a", "b"):
        lately.keep(name, name, 100_000)
    assert lately.get("b") == "b" and lately.get("a") is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('baseline = "known.json"', "baseline names files or code"),
        ('db = "other.db"', "db names files or code"),
        ("jobs = 3", "jobs names files or code"),
        ('operators = "evil.py"', "operators names files or code"),
        ('custom-ops = "evil.so"', "custom-ops names files or code"),
        ('registries = { staging = "live" }', "registries names files or code"),
        ('inputs = "x.npz"', "there is no key inputs"),
        ("[tool.auditor]\nrun = false", "the keys stand at the top"),
        ("[[models]]\nmatch = 'a'\nrun = false", "holds for all models"),
        ("limits.nodes.max = 'many'", "auditor.toml:1:20"),
        ("limits = ", "this is not TOML"),
        ("x = \ud800", "not Unicode"),
        ("#" * (300 << 10), "at most"),
    ],
)
def test_a_policy_names_no_files(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        parse_policy(text)


def test_a_policy_is_what_an_auditor_toml_says() -> None:
    text = 'run = false\nfail-on = "note"\n[[models]]\nmatch = "detectors/**"\nfail-on = "error"\n'
    said = parse_policy(text)
    assert said.settings().run is False and said.settings().ad_hoc == ()
    assert said.policy("model.onnx", "lenet").fail_on is Severity.NOTE
    assert said.policy("detectors/model.onnx", "lenet").fail_on is Severity.ERROR
    assert said.policy("model.onnx", "detectors/lenet").fail_on is Severity.ERROR
    assert said.judged_by == ("auditor.toml", "", False)


def test_a_baseline_that_lies_about_is_not_read(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "auditor-baseline.json").write_text("not a baseline")
    monkeypatch.chdir(tmp_path)
    assert not parse_policy("run = true").policy("m.onnx").known
