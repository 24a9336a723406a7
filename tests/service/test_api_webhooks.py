"""Webhooks over HTTP: for admins, each project's own."""

from __future__ import annotations

import json

import pytest

from auditor.service.context import Service
from auditor.store import deeds, webhooks

from .conftest import Clients

URL = "https://hooks.example.com/x"


def test_made_listed_tried_and_taken_away(client: Clients, service: Service) -> None:
    admin = client("admin", project="blue")
    made = admin.post("/api/v1/webhooks", json={"url": URL})
    assert made.status_code == 201 and made.headers["cache-control"] == "no-store"
    webhook = made.json()
    secret = webhook.pop("secret")
    where = f"/api/v1/webhooks/{webhook['id']}"
    assert made.headers["location"] == where
    assert (webhook["url"], webhook["created_by"]) == (URL, "blue's")
    assert admin.get(where).json() == webhook
    listed = admin.get("/api/v1/webhooks")
    assert listed.json() == {"items": [webhook], "next": None} and secret not in listed.text
    tried = admin.post(f"{where}/test")
    assert tried.status_code == 202
    found = admin.get(f"{where}/deliveries").json()
    assert found == {"items": [tried.json()], "next": None}
    assert found["items"][0]["body"]["event"] == "test" and found["items"][0]["state"] == "waiting"
    assert admin.delete(where).status_code == 204
    assert admin.delete(where).status_code == 404 and admin.get("/api/v1/webhooks").json()["items"] == []
    done = [(deed.what, deed.subject) for deed in deeds.listed(service.store.in_project("blue"), 10)]
    assert done == [(f"webhook.{what}", webhook["id"]) for what in ("delete", "test", "create")]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://169.254.169.254/latest/meta-data/", "http://[::1]/", "http://2130706433/",
        "http://[::ffff:10.0.0.1]/", "file:///etc/passwd", "https://user@example.com/", "https://example.com:22/",
        "https://example.com/\0", "https://example.com/\n", "nonsense", "https://bücher.example/",
    ],
)  # fmt: skip
def test_an_address_that_is_refused(url: str, client: Clients) -> None:
    asked = client("admin").post("/api/v1/webhooks", json={"url": url})
    assert (asked.status_code, asked.json()["code"]) == (422, "webhook-url") and asked.json()["mend"]


@pytest.mark.parametrize("body", [{}, {"url": ""}, {"url": 1}, {"url": "x" * 2001}, {"url": URL, "x": 1}, [], None])
def test_a_body_that_is_refused(body: object, client: Clients) -> None:
    asked = client("admin").post("/api/v1/webhooks", content=json.dumps(body))
    assert (asked.status_code, asked.json()["code"]) == (422, "invalid")


def test_what_the_operator_allows(client: Clients, service: Service) -> None:
    from starlette.testclient import TestClient

    from auditor.service.app import app

    allowing = app(service._replace(open=True, hosts=("10.1.2.3",)))
    asked = TestClient(allowing, base_url="http://127.0.0.1").post("/api/v1/webhooks", json={"url": "http://10.1.2.3/"})
    assert asked.status_code == 201


@pytest.mark.parametrize("scope", ["read", "submit", "accept"])
def test_only_an_admin(scope: str, client: Clients) -> None:
    webhook = client("admin").post("/api/v1/webhooks", json={"url": URL}).json()["id"]
    asked = client(scope)
    for method, way in (
        ("POST", ""), ("GET", ""), ("GET", f"/{webhook}"), ("DELETE", f"/{webhook}"),
        ("GET", f"/{webhook}/deliveries"), ("POST", f"/{webhook}/test"),
    ):  # fmt: skip
        answer = asked.request(method, f"/api/v1/webhooks{way}", json={"url": URL} if method == "POST" else None)
        assert (answer.status_code, answer.json()["code"]) == (403, "scope"), (method, way)


def test_another_project_s_is_not_there(client: Clients) -> None:
    webhook = client("admin").post("/api/v1/webhooks", json={"url": URL}).json()["id"]
    blue = client("admin", project="blue")
    for method, way in (("GET", ""), ("DELETE", ""), ("GET", "/deliveries"), ("POST", "/test")):
        other = blue.request(method, f"/api/v1/webhooks/{webhook}{way}")
        none = blue.request(method, f"/api/v1/webhooks/{'0' * 32}{way}")
        assert (other.status_code, other.json()["code"]) == (404, "no-such-webhook")
        assert other.text.replace(webhook, "0" * 32) == none.text
    assert blue.get("/api/v1/webhooks").json()["items"] == []


def test_so_many_at_most(client: Clients) -> None:
    admin = client("admin")
    for _ in range(webhooks.MOST):
        assert admin.post("/api/v1/webhooks", json={"url": URL}).status_code == 201
    asked = admin.post("/api/v1/webhooks", json={"url": URL})
    assert (asked.status_code, asked.json()["code"]) == (409, "too-many-webhooks")


def test_lists_come_a_page_at_a_time(client: Clients) -> None:
    admin = client("admin")
    made = [admin.post("/api/v1/webhooks", json={"url": URL}).json()["id"] for _ in range(3)]
    first = admin.get("/api/v1/webhooks?limit=2").json()
    rest = admin.get("/api/v1/webhooks", params={"limit": 2, "cursor": first["next"]}).json()
    assert [one["id"] for one in first["items"] + rest["items"]] == made and rest["next"] is None
    where = f"/api/v1/webhooks/{made[0]}"
    sent = [admin.post(f"{where}/test").json()["id"] for _ in range(3)]
    first = admin.get(f"{where}/deliveries?limit=2").json()
    rest = admin.get(f"{where}/deliveries", params={"limit": 2, "cursor": first["next"]}).json()
    assert [one["id"] for one in first["items"] + rest["items"]] == sent[::-1] and rest["next"] is None
    for cursor in ("x", "WzFd", "WzEsMl0"):
        assert admin.get("/api/v1/webhooks", params={"cursor": cursor}).status_code == 422
