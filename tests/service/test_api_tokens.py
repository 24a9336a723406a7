"""Tokens, deeds, policy and rules over HTTP."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from auditor.rules import all_rules
from auditor.service.app import app
from auditor.service.context import Service

from .conftest import Clients

POLICY = 'fail-on = "warning"\n'


def test_who_asks(client: Clients) -> None:
    said = client("submit", project="blue").get("/api/v1/whoami").json()
    assert (said["project"], said["owner"], said["scopes"], said["by"]) == ("blue", "blue's", ["submit"], "token")


@pytest.mark.parametrize("header", [None, "Bearer x", "Bearer ", "Basic eDp5", "Bearer aud_" + "x" * 43])
def test_without_a_token_that_holds(client: Clients, header: str | None) -> None:
    asked = client().get("/api/v1/whoami", headers={} if header is None else {"Authorization": header})
    assert asked.status_code == 401
    assert asked.headers["content-type"] == "application/problem+json"
    assert asked.headers["www-authenticate"] == "Bearer"
    assert asked.json()["code"] == "no-token" and asked.json()["mend"]


def test_the_first_token_closes_what_was_open_without_one(service: Service) -> None:
    asked = TestClient(app(service._replace(open=True, until_token=True)), base_url="http://127.0.0.1")
    assert asked.get("/api/v1/whoami").json()["by"] == "open"
    made = asked.post("/api/v1/tokens", json={"owner": "ann", "scopes": ["admin"]}).json()
    assert asked.get("/api/v1/whoami").status_code == 401
    assert asked.get("/", follow_redirects=False).headers["location"] == "/login"
    assert asked.get("/api/v1/whoami", headers={"Authorization": f"Bearer {made['token']}"}).json()["owner"] == "ann"
    said = TestClient(app(service._replace(open=True)), base_url="http://127.0.0.1")  # --no-auth
    assert said.get("/api/v1/whoami").json()["by"] == "open"


def test_a_token_is_made_used_and_taken_back(client: Clients) -> None:
    admin, nobody = client("admin", project="blue"), client()
    made = admin.post("/api/v1/tokens", json={"owner": "ci", "scopes": ["read"], "expires_in": 60})
    assert made.status_code == 201 and made.headers["cache-control"] == "no-store"
    nobody.headers["Authorization"] = f"Bearer {made.json()['token']}"
    assert nobody.get("/api/v1/whoami").json()["owner"] == "ci"
    listed = admin.get("/api/v1/tokens")
    assert made.json()["id"] in {one["id"] for one in listed.json()["items"]}
    assert made.json()["token"] not in listed.text
    assert admin.delete(f"/api/v1/tokens/{made.json()['id']}").json()["revoked_at"]
    assert nobody.get("/api/v1/whoami").status_code == 401


@pytest.mark.parametrize("scope", ["read", "submit", "accept"])
def test_only_an_admin_makes_tokens(client: Clients, scope: str) -> None:
    asked = client(scope)
    for answer in (
        asked.post("/api/v1/tokens", json={"owner": "x", "scopes": ["admin"]}),
        asked.get("/api/v1/tokens"),
        asked.delete(f"/api/v1/tokens/{'0' * 32}"),
        asked.get("/api/v1/deeds"),
        asked.put("/api/v1/policy", json={"text": ""}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "scope")


@pytest.mark.parametrize(
    "body",
    [
        {}, {"owner": "x"}, {"owner": "", "scopes": ["read"]}, {"owner": "x", "scopes": []},
        {"owner": "x", "scopes": ["root"]}, {"owner": "x\0", "scopes": ["read"]}, {"owner": "  ", "scopes": ["read"]},
        {"owner": "x", "scopes": ["read"], "expires_in": 0}, {"owner": "x", "scopes": ["read"], "expires_in": 10**30},
        {"owner": "x", "scopes": ["read"], "admin": True}, [], "x",
    ],
)  # fmt: skip
def test_what_is_no_token(client: Clients, body: object) -> None:
    answer = client("admin").post("/api/v1/tokens", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


def test_who_did_what_is_kept(client: Clients) -> None:
    admin = client("admin")
    for number in range(5):
        admin.post("/api/v1/tokens", json={"owner": f"ci {number}", "scopes": ["read"]})
    first = admin.get("/api/v1/deeds", params={"limit": 3}).json()
    rest = admin.get("/api/v1/deeds", params={"limit": 3, "cursor": first["next"]}).json()
    found = [*first["items"], *rest["items"]]
    assert [deed["what"] for deed in found] == ["token.create"] * 5 and rest["next"] is None
    assert {deed["who"] for deed in found} == {"default's"}
    assert client("admin", project="blue").get("/api/v1/deeds").json()["items"] == []


@pytest.mark.parametrize(
    "cursor", ["x", "e30", "bnVsbA", "W10", "WyJ4Il0", "WzFlOTk5XQ", "é", "W3RydWVd", "W251bGxd", "WzIxNDc0ODM2NDhd"]
)
def test_a_cursor_of_somebody_else(client: Clients, cursor: str) -> None:
    answer = client("admin").get("/api/v1/deeds", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (422, "cursor")


def test_a_policy_is_a_project_s_own(client: Clients) -> None:
    admin = client("admin", project="blue")
    assert admin.get("/api/v1/policy").json() == {"text": "", "changed_at": None, "changed_by": None}
    written = admin.put("/api/v1/policy", json={"text": POLICY})
    assert written.status_code == 200 and written.json()["changed_by"] == "blue's"
    assert admin.get("/api/v1/policy").json() == written.json()
    assert client("admin").get("/api/v1/policy").json()["text"] == ""


@pytest.mark.parametrize(
    "text",
    [
        "x", "fail-on = 3", 'baseline = "x.json"', 'operators = ["x.py"]', 'custom-ops = "x.so"', 'db = "x.db"',
        "fail-on = 0x1" + "0" * 4000,
    ],
    ids=range(7),
)  # fmt: skip
def test_a_policy_that_makes_no_sense_changes_nothing(client: Clients, text: str) -> None:
    admin = client("admin")
    admin.put("/api/v1/policy", json={"text": POLICY})
    answer = admin.put("/api/v1/policy", json={"text": text})
    assert answer.status_code == 422 and answer.json()["detail"].startswith("auditor.toml")
    assert admin.get("/api/v1/policy").json()["text"] == POLICY


def test_the_rules_and_their_pages(client: Clients) -> None:
    asked = client("read")
    listed = asked.get("/api/v1/rules").json()["items"]
    assert [one["name"] for one in listed] == [rule.name for rule in all_rules()]
    page = asked.get("/api/v1/rules/nan-weights").json()
    assert page["page"] == next(rule.page for rule in all_rules() if rule.name == "nan-weights")
    missing = asked.get("/api/v1/rules/nan-weight")
    assert missing.status_code == 404 and "nan-weights" in missing.json()["detail"]
