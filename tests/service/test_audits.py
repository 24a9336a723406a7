"""Audits over HTTP: asked for once, answered from the store, listed, read and cancelled."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from auditor.rules import all_rules
from auditor.service.app import app
from auditor.service.context import Service, ServiceLimits
from auditor.store import deeds, jobs, leases
from auditor.store.policies import set_policy
from tests.service.conftest import Clients
from tests.service.registering import HAND, finished, registered

AUDITS = "/api/v1/audits"


def _asked(client: Any, body: dict[str, Any], status: int = 202, key: str | None = None) -> dict[str, Any]:
    headers = {} if key is None else {"Idempotency-Key": key}
    answer = client.post(AUDITS, json=body, headers=headers)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    assert status >= 400 or answer.headers["Location"] == f"{AUDITS}/{found['id']}"
    return found


def test_a_version_is_audited_by_its_id_or_its_names(service: Service, client: Clients) -> None:
    first, second = registered(service, "a/b"), registered(service, "a/b", "2")
    submits = client("submit")
    assert _asked(submits, {"version_id": first.id})["version"] == "1"
    assert _asked(submits, {"model": "a/b", "version": "1"})["version_id"] == first.id
    newest = _asked(submits, {"model": "a/b"})
    assert newest["version_id"] == second.id and newest["model"] == {"id": second.model_id, "name": "a/b"}
    assert newest["state"] == "queued" and newest["verdict"] is newest["errors"] is newest["report"] is None
    assert newest["created_by"] == "default's"
    assert [deed.what for deed in deeds.listed(service.store, 9)].count("audit.submit") == 3


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"version_id": "0" * 32}, 404, "no-such-version"),
        ({"model": "nobody"}, 404, "no-such-model"),
        ({"model": "lenet", "version": "9"}, 404, "no-such-version"),
        ({"source": "/models"}, 403, "sources-off"),
        ({"model": "lenet", "options": {"runs": True}}, 422, "refused"),
        ({"model": "lenet", "options": {"dims": {"N" * (1 << 16): 1}}}, 422, "refused"),
        ({"model": "lenet", "options": {"run": "yes"}}, 422, "refused"),
        ({"model": "lenet", "options": {"inputs": "/etc/passwd"}}, 422, "refused"),
        ({"model": "lenet", "options": {"custom-ops": "/lib/evil.so"}}, 422, "refused"),
        ({"model": "lenet", "options": {"operators": ["evil.py"]}}, 422, "refused"),
        ({"model": "lenet", "options": {"config": "auditor.toml"}}, 422, "refused"),
        ({"model": "lenet", "options": {"db": "other.db"}}, 422, "refused"),
        ({"model": "lenet", "options": {"output": ["json:report.json"]}}, 422, "refused"),
        ({"model": "lenet", "options": {"fail-on": "never"}}, 422, "refused"),
        ({"model": "lenet", "options": {"select": ["no-such-rule"]}}, 422, "refused"),
        ({"model": "lenet", "options": {"input-shape": {"x": [1, "2"]}}}, 422, "refused"),
        ({"model": "lenet", "options": {"input-shape": {"x": 1 << 70}}}, 422, "refused"),
        ({"model": "lenet", "options": {"dims": {"N": 1 << 70}}}, 422, "refused"),
        ({"model": "lenet", "options": {"seed": -1}}, 422, "refused"),
        ({"model": "lenet", "options": {"rtol": math.inf}}, 422, "refused"),
        ({"model": "lenet", "source": "/models"}, 422, "invalid"),
        ({}, 422, "invalid"),
        ([], 422, "invalid"),
        ({"version_id": 1 << 70}, 422, "invalid"),
        ({"model": "\ud800"}, 422, "invalid"),
    ],
)
def test_what_cannot_be_is_refused(body: Any, status: int, code: str, service: Service, client: Clients) -> None:
    registered(service)
    answer = client("submit").post(AUDITS, content=json.dumps(body), headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert not jobs.listed(service.store, 9)


def test_without_a_body_or_with_another_one(client: Clients) -> None:
    submits = client("submit")
    assert submits.post(AUDITS).status_code == 422
    said = {"Content-Type": "application/json"}
    assert submits.post(AUDITS, content=b"{", headers=said).status_code == 400
    assert submits.post(AUDITS, content=b"\xff\xfe", headers=said).status_code == 400


def test_options_are_those_of_check(service: Service, client: Clients) -> None:
    registered(service)
    options = {
        "run": False, "dims": {"N": 1}, "input-shape": {"x:0": [1, 3]}, "target-dtype": "float16",
        "ranges": {"x": [0, 1], "*": "golden"}, "select": [all_rules()[0].name], "memory": "2G", "timeout": 3,
    }  # fmt: skip
    made = _asked(client("submit"), {"model": "lenet", "options": options})
    assert made["options"] == options
    schema = client().get("/api/v1/openapi.json").json()
    named = schema["components"]["schemas"]["AuditOfModel"]["properties"]["options"]["properties"]
    assert options.keys() <= named.keys() and "inputs" not in named and "custom-ops" not in named
    assert all("type" in said or "anyOf" in said or "enum" in said for said in named.values())


def test_the_same_key_is_the_same_audit(service: Service, client: Clients) -> None:
    registered(service)
    submits, key = client("submit"), "k" * 255
    made = _asked(submits, {"model": "lenet"}, key=key)
    assert _asked(submits, {"model": "lenet"}, key=key)["id"] == made["id"]
    assert _asked(submits, {"model": "lenet", "options": {"run": False}}, 422, key=key)["code"] == "idempotency"
    assert _asked(submits, {"model": "lenet"})["id"] != made["id"]
    for wrong in ("k" * 256, "a b", "\x7f"):
        assert _asked(submits, {"model": "lenet"}, 422, wrong)["code"] == "invalid"
    registered(service, project="other")
    assert _asked(client("submit", project="other"), {"model": "lenet"}, key=key)["id"] != made["id"]
    finished(service, made["id"])
    assert _asked(submits, {"model": "lenet"}, 200, key=key)["id"] == made["id"]
    registered(service, "other")
    ended = _asked(submits, {"model": "other"}, key="c")
    assert submits.delete(f"{AUDITS}/{ended['id']}").status_code == 204
    assert _asked(submits, {"model": "other"}, 200, key="c")["state"] == "cancelled", "it does not wait for its turn"


def test_work_that_is_done_is_answered_at_once(service: Service, client: Clients) -> None:
    """The same content under another name is a model with a history of its own."""
    registered(service, "one", files={"a.onnx": b"the same"})
    registered(service, "two", files={"b.onnx": b"the same"})
    submits = client("submit")
    first = _asked(submits, {"model": "one"})
    finished(service, first["id"])
    again = _asked(submits, {"model": "one"}, 200)
    assert again["state"] == "done" and again["reused"] and again["report_id"] == first["id"]
    other = submits.get(f"{AUDITS}/{_asked(submits, {'model': 'two'}, 200)['id']}").json()
    assert other["reused"] and other["report_id"] == other["id"] and other["report"]["model"]["path"] == "b.onnx"
    assert _asked(submits, {"model": "one", "options": {"run": False}})["state"] == "queued"


def test_a_full_queue_says_when_to_ask_again(service: Service) -> None:
    small = service._replace(limits=ServiceLimits(queue=2), open=True)
    registered(small)
    submits = TestClient(app(small), base_url="http://127.0.0.1")
    for _ in range(2):
        _asked(submits, {"model": "lenet"})
    answer = submits.post(AUDITS, json={"model": "lenet"})
    assert answer.status_code == 429 and answer.json()["code"] == "queue-full"
    assert int(answer.headers["Retry-After"]) > 0


def test_a_source_below_a_root_waits_for_its_turn(service: Service, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    made = service._replace(roots=(str(tmp_path / "models"),), open=True)
    submits = TestClient(app(made), base_url="http://127.0.0.1")
    asked = _asked(submits, {"source": str(tmp_path / "models"), "options": {"run": False}})
    assert asked["source"] == str(tmp_path / "models") and asked["model"] is None
    assert _asked(submits, {"source": str(tmp_path)}, 403)["code"] == "source-not-allowed"
    assert _asked(submits, {"source": "models"}, 422)["code"] == "source"


def test_the_report_is_under_the_policy_of_now(service: Service, client: Clients) -> None:
    registered(service)
    submits = client("submit")
    made = _asked(submits, {"model": "lenet"})
    waiting = submits.get(f"{AUDITS}/{made['id']}", params={"format": "csv"})
    assert waiting.status_code == 409 and waiting.json()["code"] == "not-done"
    finished(service, made["id"])
    first = submits.get(f"{AUDITS}/{made['id']}")
    assert first.json()["verdict"] == "fail" and first.json()["errors"] == 1
    tag = first.headers["ETag"]
    assert submits.get(f"{AUDITS}/{made['id']}", headers={"If-None-Match": tag}).status_code == 304
    assert submits.get(f"{AUDITS}/{made['id']}", headers={"If-None-Match": f'"x", W/{tag}'}).status_code == 304
    set_policy(service.store, 'fail-on = "never"', "somebody")
    second = submits.get(f"{AUDITS}/{made['id']}", headers={"If-None-Match": tag})
    assert second.status_code == 200 and second.json()["verdict"] == "pass"
    assert second.json()["report"]["verdict"] == "pass" and second.headers["ETag"] != tag
    listed = submits.get(AUDITS).json()["items"][0]
    assert listed["verdict"] == "fail" and listed["report"] is None


@pytest.mark.parametrize(
    ("accept", "status", "media_type"),
    [
        ("", 200, "application/json"),
        ("*/*", 200, "application/json"),
        ("application/*;q=0.5, text/csv;q=0.4", 200, "application/json"),
        ("text/csv;q=0.9, application/json;q=0.1", 200, "text/csv"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", 200, "text/html"),
        ("application/sarif+json", 200, "application/sarif+json"),
        ("application/xml", 200, "application/xml"),
        ("TEXT/MARKDOWN; charset=utf-8", 200, "text/markdown"),
        ("image/png", 406, "application/problem+json"),
        ("text/csv;q=0", 406, "application/problem+json"),
        ("text/csv;q=nan", 406, "application/problem+json"),
        (";;,,==", 406, "application/problem+json"),
        ("," * 4000, 406, "application/problem+json"),
    ],
)
def test_the_accept_header_chooses(
    accept: str, status: int, media_type: str, service: Service, client: Clients
) -> None:
    registered(service)
    submits = client("submit")
    made = _asked(submits, {"model": "lenet"})
    finished(service, made["id"])
    answer = submits.get(f"{AUDITS}/{made['id']}", headers={"Accept": accept})
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (status, media_type)


def test_lists_come_a_page_at_a_time_and_filtered(service: Service, client: Clients) -> None:
    registered(service, "one")
    registered(service, "two")
    submits = client("submit")
    made = [_asked(submits, {"model": name})["id"] for name in ("one", "two", "one", "two", "one")]
    finished(service, made[0], findings=0, verdict="pass")
    finished(service, made[1])
    submits.delete(f"{AUDITS}/{made[4]}")

    def ids(**said: Any) -> list[str]:
        answer = submits.get(AUDITS, params=said)
        assert answer.status_code == 200, answer.text
        return [one["id"] for one in answer.json()["items"]]

    assert ids() == made[::-1]
    assert ids(state="queued") == [made[3], made[2]]
    assert ids(state="cancelled") == [made[4]]
    assert ids(verdict="pass") == [made[0]] and ids(verdict="fail") == [made[1]]
    assert ids(model="two") == [made[3], made[1]] and ids(model="tw") == []
    assert ids(created_by="default's") == made[::-1] and ids(created_by="nobody") == []
    seen, cursor = [], None
    while True:
        page = submits.get(AUDITS, params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        seen += [one["id"] for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == made[::-1]
    assert submits.get(AUDITS, params={"cursor": "no"}).status_code == 422
    assert submits.get(AUDITS, params={"state": "lost"}).status_code == 422
    assert submits.get(AUDITS, params={"limit": 10**30}).status_code == 422
    assert ids(model="\0") == []


def test_what_waits_is_cancelled_and_what_runs_is_ended(service: Service, client: Clients) -> None:
    registered(service)
    submits = client("submit")
    first, second = (_asked(submits, {"model": "lenet"})["id"] for _ in range(2))
    assert submits.delete(f"{AUDITS}/{first}").status_code == 204
    again = submits.delete(f"{AUDITS}/{first}")
    assert again.status_code == 409 and again.json()["code"] == "ended"
    (claimed,) = leases.claim(service.store, HAND, 1, 60.0, {})
    assert claimed.job.id == second and submits.delete(f"{AUDITS}/{second}").status_code == 202
    leases.give_up(service.store, claimed.job, HAND)
    assert submits.get(f"{AUDITS}/{second}").json()["state"] == "cancelled"
    assert client("read").delete(f"{AUDITS}/{second}").status_code == 403


def test_another_projects_audit_is_not_there(service: Service, client: Clients) -> None:
    registered(service)
    owner, other = client("submit"), client("admin", project="other")
    made = _asked(owner, {"model": "lenet"})["id"]
    for call in (owner, other):
        found = call is owner
        assert (call.get(f"{AUDITS}/{made}").status_code == 200) is found
        assert len(call.get(AUDITS).json()["items"]) == int(found)
    assert other.get(f"{AUDITS}/{made}").status_code == other.get(f"{AUDITS}/{'0' * 32}").status_code == 404
    assert other.get(f"{AUDITS}/{made}/events").status_code == 404
    assert other.delete(f"{AUDITS}/{made}").status_code == 404
    assert owner.delete(f"{AUDITS}/{made}").status_code == 204


def test_a_report_that_was_deleted_is_said_to_be(service: Service, client: Clients) -> None:
    registered(service)
    submits = client("submit")
    made = _asked(submits, {"model": "lenet"})["id"]
    finished(service, made)
    with service.store.writing() as connection:
        connection.exec_driver_sql("DELETE FROM audits")
    told = submits.get(f"{AUDITS}/{made}").json()
    assert told["state"] == "done" and told["report"] is told["verdict"] is told["report_id"] is None
    answer = submits.get(f"{AUDITS}/{made}", params={"format": "json"})
    assert answer.status_code == 409 and "deleted" in answer.json()["detail"]
