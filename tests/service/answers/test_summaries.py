"""Large reports: what is asked for most is kept beside the page, and holds while nothing is judged otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from auditor.policy.judge import Judgement, Reason
from auditor.report import Verdict
from auditor.service.answers import verdicts
from auditor.service.answers.gating import gated_version
from auditor.service.answers.lately import Lately
from auditor.service.answers.summaries import (
    JudgedSummary,
    JudgementKey,
    keep_summary,
    kept_summary,
    summary_of,
)
from auditor.service.context import Service
from auditor.service.files.tidying import Tidying
from auditor.service.jobs import working
from auditor.store import history as histories
from auditor.store import jobs
from auditor.store.asked import kept_audit_of, make_badge
from auditor.store.policies import set_policy
from auditor.store.registered import RegisteredVersion
from tests.formats.reports import ALEXNET
from tests.service.conftest import Clients
from tests.service.registering import dispatched, finished, registered

SAMPLE = Path(__file__).parents[3] / "sample_models" / "broken" / "wrong_bias.onnx"
KEY = JudgementKey("default", "0" * 32, True, "d" * 64)
SUMMARY = JudgedSummary(Verdict.FAIL, 3, 2, 1, (Reason("fail", "a", "b"), Reason("said", "c")))


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every report is large, nothing is kept in mind, and who answers says each time that it judges one."""
    calls: list[str] = []

    def counting(name: str) -> None:
        does = getattr(verdicts, name)

        def counted(*of: Any, **more: Any) -> Judgement:
            calls.append(name)
            return cast(Judgement, does(*of, **more))

        monkeypatch.setattr(verdicts, name, counted)

    counting("judge")
    counting("judged_for_gate")
    for module in (verdicts, working):
        monkeypatch.setattr(module, "LARGE", 1)
    forget(monkeypatch)
    return calls


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a process that was started now."""
    monkeypatch.setattr(verdicts, "_JUDGED", Lately(100, 1000))
    monkeypatch.setattr(verdicts, "_SUMMED", Lately(100, 1000))


def audited(service: Service) -> RegisteredVersion:
    version = registered(service, "alexnet", "1", {"model.onnx": SAMPLE.read_bytes()})
    jobs.submit(service.store, version_id=version.id, options={}, by="somebody")
    dispatched(service)
    return version


def asked(client: Clients, service: Service, version: RegisteredVersion) -> dict[str, Any]:
    """What gate, badge, model page, version and report say."""
    browser = client("read")
    badge, _ = make_badge(service.store, version.model_id) or ("", False)
    kept = kept_audit_of(service.store, version.id)
    assert kept is not None
    found = {
        "gate": browser.get("/api/v1/gate", params={"model": "alexnet", "version": "1"}),
        "badge": browser.get(f"/api/v1/badges/{badge}.svg"),
        "version": browser.get(f"/api/v1/models/{version.model_id}/versions/{version.id}"),
        "history": browser.get(f"/api/v1/models/{version.model_id}"),
        "page": browser.get(f"/api/v1/audits/{kept.uid}?format=html"),
    }
    assert {name: answer.status_code for name, answer in found.items()} == dict.fromkeys(found, 200)
    return {
        name: answer.json() if "json" in answer.headers["content-type"] else answer.text
        for name, answer in found.items()
    }


def test_what_the_worker_kept_is_what_is_judged(
    service: Service, client: Clients, judged: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what the worker kept nothing is judged, and the answers are the same as without."""
    version = audited(service)
    told = asked(client, service, version)
    assert judged == [] and told["gate"]["verdict"] == "fail" and told["gate"]["findings"] >= 1
    assert "fail" in told["badge"] and "<article" in told["page"]
    forget(monkeypatch)
    for name in service.storage.pages("default").glob("*.summary"):
        name.unlink()
    assert asked(client, service, version) == told
    assert judged == ["judged_for_gate", "judge"]  # the page is the one that was drawn
    forget(monkeypatch)
    assert asked(client, service, version) == told and len(judged) == 2  # for who answers keeps it too


def test_under_another_policy_it_is_judged_anew(
    service: Service, client: Clients, judged: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    version = audited(service)
    set_policy(service.store, 'fail-on = "never"', "somebody")
    told = asked(client, service, version)
    assert told["gate"]["verdict"] == "pass" and "pass" in told["badge"] and len(judged) == 2
    assert told["version"]["audit"]["verdict"] == told["history"]["latest"]["verdict"] == "pass"
    set_policy(service.store, "# as it was", "somebody")
    assert asked(client, service, version)["gate"]["verdict"] == "fail"


def test_a_waiver_ends_with_a_day(service: Service, judged: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A summary of yesterday holds where no waiver could have ended meanwhile, and else it does not."""
    from auditor.service.answers import summaries

    class Tomorrow:
        @staticmethod
        def today() -> Any:
            return Tomorrow

        @staticmethod
        def isoformat() -> str:
            return "2999-01-01"

    version = registered(service)
    finished(service, jobs.submit(service.store, version_id=version.id, options={}, by="somebody").id)
    folder = service.storage.folder
    for policy, more in (("", 0), ('[[waivers]]\nrule = "misfit-initializers"\nreason = "r"\nowner = "o"\n', 1)):
        set_policy(service.store, policy, "somebody")
        gated_version(service.store, version, folder)
        before = len(judged)
        with monkeypatch.context() as patched:
            patched.setattr(summaries, "date", Tomorrow)
            gated_version(service.store, version, folder)
        assert len(judged) == before + more


def test_a_report_that_is_gone_has_no_verdict(service: Service, judged: list[str]) -> None:
    version = registered(service)
    finished(service, jobs.submit(service.store, version_id=version.id, options={}, by="somebody").id)
    kept = kept_audit_of(service.store, version.id)
    assert kept is not None
    view = verdicts.viewed_audit(service.store, kept._replace(id=kept.id + 1), version)
    assert view.judged() is None and view.summary(service.storage.folder) is None


def test_of_many_reasons_the_first_of_each_kind_are_kept() -> None:
    many = tuple(Reason("fail", f"{i}") for i in range(250))
    one = (Reason("inconclusive", "the run"), Reason("said", "weights"))
    found = summary_of(Judgement(ALEXNET, Verdict.FAIL, many + one)).reasons
    assert found == (*many[:100], Reason("fail", "and 150 more, which stand in the report"), *one)
    found = summary_of(Judgement(ALEXNET, Verdict.FAIL, many[:100] + one)).reasons
    assert found == (*many[:100], *one)


@pytest.mark.parametrize("text", ["", "[]", '["x"]', "{}", '[1, "fail", 0, 0, 0, [], 0]', "\x00"])
def test_a_file_that_is_damaged_is_none(tmp_path: Path, text: str) -> None:
    keep_summary(tmp_path, KEY, SUMMARY)
    assert kept_summary(tmp_path, KEY) == SUMMARY
    for other in (KEY._replace(hangs_on="e" * 64), KEY._replace(gate=False), KEY._replace(project="another")):
        assert kept_summary(tmp_path, other) is None
    (place,) = (tmp_path / "pages" / "default").iterdir()
    place.write_text(text)
    assert kept_summary(tmp_path, KEY) is None


def test_summaries_of_what_is_gone_go(service: Service) -> None:
    import os

    keep_summary(service.storage.folder, KEY, SUMMARY)
    (place,) = service.storage.pages("default").iterdir()
    os.utime(place, (0, 0))
    Tidying(service.store, service.storage).tidy()
    assert not place.exists()


def test_where_nothing_can_be_kept_nothing_fails(tmp_path: Path) -> None:
    (tmp_path / "pages").write_text("not a folder")
    keep_summary(tmp_path, KEY, SUMMARY)
    assert kept_summary(tmp_path, KEY) is None


def test_a_history_is_compared_once(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    walks: Lately[Any, Any] = Lately(4, 100)
    for version in ("1", "2"):
        one = registered(service, version=version)
        finished(service, jobs.submit(service.store, version_id=one.id, options={}, by="somebody").id)
    first = histories.history(service.store, "lenet", walks=walks)
    assert first is not None and first == histories.history(service.store, "lenet")
    reads: list[int] = []
    usual = histories._findings

    def counted(connection: Any, audit_id: int) -> Any:
        reads.append(audit_id)
        return usual(connection, audit_id)

    monkeypatch.setattr(histories, "_findings", counted)
    assert histories.history(service.store, "lenet", walks=walks) == first and reads == []
    other = registered(service, version="3")
    finished(service, jobs.submit(service.store, version_id=other.id, options={}, by="somebody").id)
    found = histories.history(service.store, "lenet", walks=walks)
    assert found is not None and len(found.steps) == 3 and len(reads) == 3
    assert histories.history(service.store.in_project("another"), "lenet", walks=walks) is None
