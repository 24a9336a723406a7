"""The gate over HTTP, acceptance, and badges."""

from __future__ import annotations

import threading
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from auditor.report import Verdict
from auditor.service.answers.badge import badge_svg
from auditor.service.context import Service
from auditor.store import deeds
from auditor.store.policies import set_policy
from auditor.store.registered import RegisteredVersion
from tests.pace import HANG
from tests.service.conftest import Clients
from tests.service.registering import finished, registered
from tests.store.reports import document

AUDITS, GATE = "/api/v1/audits", "/api/v1/gate"
EASY = 'fail-on = "error"\n'
NEVER = 'fail-on = "never"\n'


def _audited(service: Service, client: Any, version: RegisteredVersion, findings: int = 0, **more: Any) -> str:
    made: str = client.post(AUDITS, json={"version_id": version.id, "options": more.pop("options", {})}).json()["id"]
    finished(service, made, findings, **more)
    return made


def _whole() -> dict[str, Any]:
    """What a report says of a model that was looked at by every rule."""
    from auditor.rules import all_rules

    ran = [rule.name for rule in all_rules()]
    return {"coverage": {"ran": ran, "skipped": [], "failed": []}, "verdict": "pass"}


def test_nothing_passes_unseen(service: Service, client: Clients) -> None:
    version, reads = registered(service), client("submit")
    answer = reads.get(GATE, params={"model": "lenet"}).json()
    assert answer["verdict"] == "inconclusive" and answer["state"] == "not audited" and answer["audit_id"] is None
    made = reads.post(AUDITS, json={"version_id": version.id}).json()["id"]
    assert reads.get(GATE, params={"model": "lenet"}).json()["state"] == "queued"
    reads.delete(f"{AUDITS}/{made}")
    answer = reads.get(GATE, params={"model": "lenet", "version": "1"}).json()
    assert answer["state"] == "cancelled" and answer["reasons"][0]["text"] == "its audit was cancelled"
    assert reads.get(GATE, params={"model": "nobody"}).status_code == 404
    assert reads.get(GATE, params={"model": "lenet", "version": "2"}).status_code == 404
    assert reads.get(GATE).status_code == 422
    for wait in ("-1", "61", "nan", "inf", "1e400", "x"):
        assert reads.get(GATE, params={"model": "lenet", "wait": wait}).status_code == 422, wait


def test_the_policy_is_applied_when_it_is_read(service: Service, client: Clients) -> None:
    version, reads = registered(service), client("submit")
    made = _audited(service, reads, version, **_whole())
    answer = reads.get(GATE, params={"model": "lenet"}).json()
    assert (answer["verdict"], answer["audit_id"], answer["policy"]) == ("pass", made, "")
    set_policy(service.store, "limits.parameters.max = 5", "somebody")
    answer = reads.get(GATE, params={"model": "lenet"}).json()
    assert (answer["verdict"], answer["policy"], answer["findings"]) == ("fail", "auditor.toml", 1)
    assert "61,706" in answer["reasons"][0]["text"] and answer["reasons"][0]["kind"] == "fail"


def test_the_gate_asks_for_every_rule(service: Service, client: Clients) -> None:
    """A report without a finding passes `check`, whichever rules ran; what goes live was looked at by all."""
    version, reads = registered(service), client("submit")
    made = _audited(service, reads, version, verdict="pass")
    assert reads.get(f"{AUDITS}/{made}").json()["verdict"] == "pass"
    answer = reads.get(GATE, params={"model": "lenet"}).json()
    assert answer["verdict"] == "inconclusive" and "not run" in answer["reasons"][0]["text"]


def test_an_ad_hoc_look_is_told_as_one_wherever_its_verdict_stands(service: Service, client: Clients) -> None:
    version, asks = registered(service), client("submit")
    _audited(service, asks, version, options={"ignore": ["bad-variance"]}, **_whole())
    assert [one["verdict"] for one in asks.get(AUDITS).json()["items"]] == ["pass"]
    assert [one["ad_hoc"] for one in asks.get(AUDITS).json()["items"]] == [True]
    assert [one["latest"]["ad_hoc"] for one in asks.get("/api/v1/models").json()["items"]] == [True]
    pages = ("/", f"/models/{version.model_id}", "/queue")
    assert all("> pass</span>" in (text := asks.get(page).text) and ">ad hoc<" in text for page in pages)
    _audited(service, asks, version, **_whole())
    assert all(">ad hoc<" not in asks.get(page).text for page in pages[:2])


def test_verdicts_of_a_policy_before_are_told_as_such(service: Service, client: Clients) -> None:
    version, reads = registered(service), client("submit")
    set_policy(service.store, EASY, "somebody")
    _audited(service, reads, version, audited_at="2999-01-01T00:00:00Z", **_whole())
    assert "The policy was changed" not in reads.get("/").text
    _audited(service, reads, registered(service, "older"), audited_at="2026-01-02T03:04:05Z", **_whole())
    assert "The policy was changed" in reads.get("/").text


def test_an_ad_hoc_look_is_not_what_a_version_is_judged_by(service: Service, client: Clients) -> None:
    version, reads = registered(service), client("submit")
    _audited(service, reads, version, options={"run": False}, **_whole())
    answer = reads.get(GATE, params={"model": "lenet"}).json()
    assert answer["verdict"] == "inconclusive" and "ad hoc" in answer["reasons"][0]["text"]
    made = _audited(service, reads, version, 2)
    _audited(service, reads, version, options={"seed": 3}, **_whole())
    assert reads.get(GATE, params={"model": "lenet"}).json()["audit_id"] == made


def test_who_waits_is_told_when_it_is_done(service: Service, client: Clients) -> None:
    version, reads = registered(service), client("submit")
    made = reads.post(AUDITS, json={"version_id": version.id}).json()["id"]
    answers: list[dict[str, Any]] = []

    def ask() -> None:
        answers.append(reads.get(GATE, params={"model": "lenet", "wait": 60}).json())

    waiting = threading.Thread(target=ask)
    waiting.start()
    finished(service, made, 0, **_whole())
    waiting.join(HANG)
    assert answers[0]["verdict"] == "pass" and answers[0]["state"] == "done"
    assert reads.get(GATE, params={"model": "lenet", "wait": 60}).json() == answers[0]


def test_waiting_has_an_end(service: Service, client: Clients) -> None:
    registered(service)
    answer = client("read").get(GATE, params={"model": "lenet", "wait": 0.3}).json()
    assert answer["state"] == "not audited" and answer["verdict"] == "inconclusive"


def test_only_what_passes_is_accepted(service: Service, client: Clients) -> None:
    first, second = registered(service), registered(service, version="2")
    submits, accepts = client("submit"), client("accept")
    address = f"/api/v1/models/{first.model_id}/versions/{first.id}/acceptance"
    said = {"reason": "reviewed"}
    refused = accepts.post(address, json=said)
    assert refused.status_code == 409 and refused.json()["code"] == "not-passing"
    assert client("submit").post(address, json=said).status_code == 403
    made = _audited(service, submits, first, **_whole())
    answer = accepts.post(address, json=said)
    assert answer.status_code == 201, answer.text
    assert answer.json() | {"accepted_at": ""} == {
        "audit_id": made, "accepted_at": "", "accepted_by": "default's", "reason": "reviewed",
    }  # fmt: skip
    assert deeds.listed(service.store, 1)[0].what == "version.accept"
    _audited(service, submits, second, 2)
    other = f"/api/v1/models/{second.model_id}/versions/{second.id}/acceptance"
    refused = accepts.post(other, json=said)
    assert refused.status_code == 409 and refused.json()["reasons"][0]["kind"] == "fail"
    told = submits.get(GATE, params={"model": "lenet"}).json()
    assert told["version"] == "2" and told["compared_with"]["audit_id"] == made
    assert (told["compared_with"]["by"], told["compared_with"]["reason"]) == ("default's", "reviewed")
    set_policy(service.store, NEVER, "somebody")
    assert "never" in accepts.post(other, json=said).json()["detail"]
    assert accepts.post(f"/api/v1/models/{'0' * 32}/versions/{first.id}/acceptance", json=said).status_code == 404
    assert client("admin", project="other").post(address, json=said).status_code == 404
    set_policy(service.store, EASY, "somebody")
    for body in ({}, {"reason": ""}):
        assert accepts.post(address, json=body).status_code == 201
    refused_bodies: tuple[object, ...] = ([], {"reason": 1}, {"reason": "x" * 2001}, {"by": "me"})
    for wrong in refused_bodies:
        assert accepts.post(address, json=wrong).status_code == 422


def test_growth_is_held_against_the_accepted_version(service: Service, client: Clients) -> None:
    first, second = registered(service), registered(service, version="2")
    client_ = client("accept", "submit")
    _audited(service, client_, first, **_whole())
    client_.post(f"/api/v1/models/{first.model_id}/versions/{first.id}/acceptance", json={})
    set_policy(service.store, "limits.parameters.max-increase = 1", "somebody")
    grown = {**document()["totals"], "parameters": 61_708}
    made = _audited(service, client_, second, **_whole(), totals=grown)
    assert client_.get(GATE, params={"model": "lenet"}).json()["verdict"] == "fail"
    told = client_.get(f"{AUDITS}/{made}").json()
    assert told["verdict"] == "fail" and "61,706" in told["report"]["findings"][0]["message"]


def test_a_badge_is_shown_to_whoever_knows_its_address(service: Service, client: Clients) -> None:
    version, submits, nobody = registered(service), client("submit"), client()
    address = f"/api/v1/models/{version.model_id}/badge"
    assert client("read").post(address).status_code == 403
    assert client("admin", project="other").post(address).status_code == 404
    made = submits.post(address)
    assert made.status_code == 201 and made.headers["Location"] == made.json()["badge"]
    assert submits.post(address).json() == made.json() and submits.post(address).status_code == 200
    badge = made.json()["badge"]
    assert len(badge) >= len("/api/v1/badges/.svg") + 22  # 128 bits and more
    assert "inconclusive" in nobody.get(badge).text
    _audited(service, submits, version, **_whole())
    shown = nobody.get(badge)
    assert shown.status_code == 200 and shown.headers["content-type"] == "image/svg+xml"
    assert "auditor: pass" in shown.text and "lenet" not in shown.text
    assert "sandbox" in shown.headers["content-security-policy"]
    assert nobody.get(badge, headers={"If-None-Match": shown.headers["ETag"]}).status_code == 304
    set_policy(service.store, "limits.parameters.max = 5", "somebody")
    assert "auditor: fail" in nobody.get(badge, headers={"If-None-Match": shown.headers["ETag"]}).text
    assert client("admin", project="other").delete(address).status_code == 404
    assert submits.delete(address).status_code == 204 and submits.delete(address).status_code == 204
    assert nobody.get(badge).status_code == 404
    assert submits.post(address).json()["badge"] != badge
    for wrong in ("x", "x" * 64, "%20", "..%2f", "a" * 65):
        assert nobody.get(f"/api/v1/badges/{wrong}.svg").status_code in (404, 422), wrong


@pytest.mark.parametrize("verdict", Verdict)
def test_a_badge_is_a_small_picture(verdict: Verdict) -> None:
    text = badge_svg(verdict)
    assert ET.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg" and len(text) < 1000
    assert f">{verdict.value}<" in text and f'aria-label="auditor: {verdict.value}"' in text
