"""Two projects: what one has is not there for the other, on any route, and nothing in an answer says otherwise.

The routes are taken from the OpenAPI document and from the pages, so that a new one without a case fails.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from auditor.rules import all_rules
from auditor.service.context import Service
from auditor.store import webhooks
from auditor.tuples import NamedTuple

from .conftest import Clients, application
from .registering import finished, registered
from .uploading import begin, send

CONTENT = b"\x08\x07what only red has"
NAME, VERSION, POLICY = "red-lenet/of red", "red-1", 'fail-on = "never"\n# red-policy\n'
NOWHERE = "0" * 32
PIECE = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}


class Owned(NamedTuple):
    """What a project has, by the ids that its owner is told."""

    model: str
    version: str
    audit: str
    queued: str
    upload: str
    sha256: str
    token: str
    webhook: str
    badge: str


NOTHING = Owned(NOWHERE, NOWHERE, NOWHERE, NOWHERE, NOWHERE, "0" * 64, NOWHERE, NOWHERE, NOWHERE)


class Case(NamedTuple):
    """A request, and what the other project gets: nothing there, its own, or what is everybody's."""

    ask: Callable[[Any, Owned], Any]
    other: str = "404"


API = "/api/v1"
CASES: dict[str, Case] = {
    "POST /uploads": Case(lambda c, o: c.post(f"{API}/uploads", json={"size": 18, "sha256": o.sha256}), "own"),
    "HEAD /uploads/{upload_id}": Case(lambda c, o: c.head(f"{API}/uploads/{o.upload}")),
    "PATCH /uploads/{upload_id}": Case(lambda c, o: c.patch(f"{API}/uploads/{o.upload}", content=b"a", headers=PIECE)),
    "HEAD /blobs/{sha256}": Case(lambda c, o: c.head(f"{API}/blobs/{o.sha256}")),
    "POST /models": Case(
        lambda c, o: c.post(f"{API}/models", json={"name": NAME, "version": "2", "files": {"m.onnx": o.sha256}}), "422"
    ),
    "GET /models": Case(lambda c, o: c.get(f"{API}/models", params={"name": "red"}), "own"),
    "GET /models/{model_id}": Case(lambda c, o: c.get(f"{API}/models/{o.model}")),
    "DELETE /models/{model_id}": Case(lambda c, o: c.delete(f"{API}/models/{o.model}")),
    "GET /models/{model_id}/versions": Case(lambda c, o: c.get(f"{API}/models/{o.model}/versions")),
    "GET /models/{model_id}/versions/{version_id}": Case(
        lambda c, o: c.get(f"{API}/models/{o.model}/versions/{o.version}")
    ),
    "POST /models/{model_id}/versions/{version_id}/acceptance": Case(
        lambda c, o: c.post(f"{API}/models/{o.model}/versions/{o.version}/acceptance", json={"reason": "x"})
    ),
    "POST /models/{model_id}/badge": Case(lambda c, o: c.post(f"{API}/models/{o.model}/badge")),
    "DELETE /models/{model_id}/badge": Case(lambda c, o: c.delete(f"{API}/models/{o.model}/badge")),
    "GET /badges/{badge}.svg": Case(lambda c, o: c.get(f"{API}/badges/{o.badge}.svg"), "everybody's"),
    "POST /audits": Case(lambda c, o: c.post(f"{API}/audits", json={"version_id": o.version})),
    "GET /audits": Case(lambda c, o: c.get(f"{API}/audits"), "own"),
    "GET /audits/{audit_id}": Case(lambda c, o: c.get(f"{API}/audits/{o.audit}")),
    "DELETE /audits/{audit_id}": Case(lambda c, o: c.delete(f"{API}/audits/{o.queued}")),
    "GET /audits/{audit_id}/events": Case(lambda c, o: c.get(f"{API}/audits/{o.audit}/events")),
    "GET /gate": Case(lambda c, o: c.get(f"{API}/gate", params={"model": NAME})),
    "GET /policy": Case(lambda c, o: c.get(f"{API}/policy"), "own"),
    "PUT /policy": Case(lambda c, o: c.put(f"{API}/policy", json={"text": ""}), "own"),
    "GET /rules": Case(lambda c, o: c.get(f"{API}/rules"), "everybody's"),
    "GET /rules/{name}": Case(lambda c, o: c.get(f"{API}/rules/nan-weights"), "everybody's"),
    "GET /tokens": Case(lambda c, o: c.get(f"{API}/tokens"), "own"),
    "POST /tokens": Case(lambda c, o: c.post(f"{API}/tokens", json={"owner": "x", "scopes": ["read"]}), "own"),
    "DELETE /tokens/{token_id}": Case(lambda c, o: c.delete(f"{API}/tokens/{o.token}")),
    "GET /deeds": Case(lambda c, o: c.get(f"{API}/deeds"), "own"),
    "POST /webhooks": Case(lambda c, o: c.post(f"{API}/webhooks", json={"url": "https://8.8.8.8/x"}), "own"),
    "GET /webhooks": Case(lambda c, o: c.get(f"{API}/webhooks"), "own"),
    "GET /webhooks/{webhook_id}": Case(lambda c, o: c.get(f"{API}/webhooks/{o.webhook}")),
    "DELETE /webhooks/{webhook_id}": Case(lambda c, o: c.delete(f"{API}/webhooks/{o.webhook}")),
    "GET /webhooks/{webhook_id}/deliveries": Case(lambda c, o: c.get(f"{API}/webhooks/{o.webhook}/deliveries")),
    "POST /webhooks/{webhook_id}/test": Case(lambda c, o: c.post(f"{API}/webhooks/{o.webhook}/test")),
    "GET /whoami": Case(lambda c, o: c.get(f"{API}/whoami"), "own"),
}


@pytest.fixture
def owned(service: Service, client: Clients) -> Owned:
    """What red has: a model with a report and another audit that waits, and all else that a route asks for."""
    return _owned(service, client)


def _owned(service: Service, client: Clients) -> Owned:
    red, store = client("admin", project="red"), service.store.in_project("red")
    version = registered(service, NAME, VERSION, {"model.onnx": CONTENT}, project="red")
    model = red.get(f"{API}/models", params={"name": "red"}).json()["items"][0]["id"]
    audit = red.post(f"{API}/audits", json={"version_id": version.id}).json()["id"]
    ran = [rule.name for rule in all_rules()]
    finished(service, audit, 0, coverage={"ran": ran, "skipped": [], "failed": []}, verdict="pass")
    queued = red.post(f"{API}/audits", json={"version_id": version.id, "options": {"seed": 7}}).json()["id"]
    token = red.post(f"{API}/tokens", json={"owner": "red-ci", "scopes": ["read"]}).json()["id"]
    hook = webhooks.create(store, "https://192.0.2.1/red-hook", "red-ann")
    assert hook is not None
    badge = red.post(f"{API}/models/{model}/badge").json()["badge"].rpartition("/")[2].removesuffix(".svg")
    red.put(f"{API}/policy", json={"text": POLICY.replace("never", "error")})
    return Owned(
        model, version.id, audit, queued, begin(red, b"an upload of red's")["id"], send(red, CONTENT), token,
        hook[0].id, badge,
    )  # fmt: skip


def _said(answer: Any) -> str:
    """All that an answer says, but for what is its own each time."""
    headers = {name: value for name, value in answer.headers.items() if name not in ("x-request-id", "date")}
    return f"{answer.status_code} {headers} {answer.text}"


def _without_ids(said: str, asked: Owned) -> str:
    for id_ in asked:
        said = said.replace(id_, "?")
    return said


def test_every_route_has_its_case(service: Service) -> None:
    described = {
        f"{method.upper()} {path.removeprefix(API)}"
        for path, operations in application(service).openapi()["paths"].items()
        for method in operations
    }
    assert described == set(CASES)


@pytest.mark.parametrize("route", CASES)
def test_the_other_project_does_not_have_it(service: Service, client: Clients, owned: Owned, route: str) -> None:
    case, red, blue = CASES[route], client("admin", project="red"), client("admin", project="blue")
    is_safe = route.split()[0] in ("GET", "HEAD")
    if is_safe:
        assert 200 <= case.ask(red, owned).status_code < 300
    answer = case.ask(blue, owned)
    said = _said(answer)
    match case.other:
        case "404":
            assert answer.status_code == 404
            assert _without_ids(said, owned) == _without_ids(_said(case.ask(blue, NOTHING)), NOTHING), (
                "another project's id is told from one that nobody has"
            )
        case "422":
            assert answer.status_code == 422 and answer.json()["code"] == "missing-blobs"
        case "own":
            assert 200 <= answer.status_code < 300
            asked = str(answer.request.content) + str(answer.request.url)
            for canary in (*owned, "red"):
                assert canary not in said or canary in asked
        case _:
            assert said == _said(case.ask(red, owned))
    assert 200 <= case.ask(red, owned).status_code < 300, "the owner has it still"


def test_a_content_is_there_for_whoever_sent_it(client: Clients, owned: Owned) -> None:
    """Else its hash would tell what others have."""
    red, blue = client("submit", project="red"), client("submit", project="blue")
    asked = {"size": len(CONTENT), "sha256": owned.sha256}
    assert red.post(f"{API}/uploads", json=asked).json()["done"] is True
    assert blue.post(f"{API}/uploads", json=asked).json()["done"] is False
    assert send(blue, CONTENT) == owned.sha256
    assert blue.head(f"{API}/blobs/{owned.sha256}").status_code == 200


def test_names_do_not_collide(client: Clients, owned: Owned) -> None:
    red, blue = client("submit", project="red"), client("submit", project="blue")
    named = {"name": NAME, "version": VERSION, "files": {"model.onnx": send(blue, b"\x08\x07blue")}}
    made = blue.post(f"{API}/models", json=named)
    assert made.status_code == 201 and made.json()["model"]["id"] != owned.model
    audit = blue.post(f"{API}/audits", json={"model": NAME, "version": VERSION})
    assert audit.status_code == 202, "red's work is not blue's"
    assert red.get(f"{API}/gate", params={"model": NAME}).json()["version_id"] == owned.version
    assert blue.get(f"{API}/gate", params={"model": NAME}).json()["version_id"] == made.json()["id"]


def test_the_same_work_is_done_for_each(service: Service, client: Clients, owned: Owned) -> None:
    """Same name, version and content: the key of the work is the same, and yet blue does not get red's report."""
    version = registered(service, NAME, VERSION, {"model.onnx": CONTENT}, project="blue")
    blue = client("submit", project="blue")
    made = blue.post(f"{API}/audits", json={"version_id": version.id})
    assert made.status_code == 202 and made.json()["id"] not in owned
    finished(service, made.json()["id"], 1)
    again = blue.post(f"{API}/audits", json={"version_id": version.id})
    assert again.status_code == 200 and again.json()["reused"]
    assert len(blue.get(f"{API}/audits", params={"state": "done"}).json()["items"]) == 2


# Pages: with a token that is shown as a program shows it.
PAGES: dict[str, Case] = {
    "GET /": Case(lambda c, o: c.get("/"), "own"),
    "GET /queue": Case(lambda c, o: c.get("/queue"), "own"),
    "GET /upload": Case(lambda c, o: c.get("/upload"), "own"),
    "GET /rules": Case(lambda c, o: c.get("/rules"), "own"),
    "GET /rules/{name}": Case(lambda c, o: c.get("/rules/nan-weights"), "own"),
    "GET /models/{model_id}": Case(lambda c, o: c.get(f"/models/{o.model}")),
    "GET /audits/{audit_id}": Case(lambda c, o: c.get(f"/audits/{o.audit}")),
    "POST /audits/{audit_id}/cancel": Case(lambda c, o: c.post(f"/audits/{o.queued}/cancel")),
    "POST /models/{model_id}/acceptance": Case(
        lambda c, o: c.post(f"/models/{o.model}/acceptance", data={"version_id": o.version, "reason": "x"})
    ),
    "POST /models/{model_id}/badge": Case(lambda c, o: c.post(f"/models/{o.model}/badge", data={"do": "make"})),
}
NOT_A_PROJECT_S = {"GET /login", "POST /login", "POST /logout", "GET /favicon.svg", "GET /api/v1/docs", "POST /upload"}
"""Those that know no ids; a file that is uploaded goes where its sender belongs (test_names_do_not_collide)."""


def test_every_page_has_its_case() -> None:
    from auditor.service.pages import pages

    there = {f"{method} {route.path}" for route in _flat(pages()) for method in route.methods - {"HEAD"}}
    assert there == set(PAGES) | NOT_A_PROJECT_S


@pytest.mark.parametrize("route", PAGES)
def test_pages_show_a_project_s_own(client: Clients, owned: Owned, route: str) -> None:
    case, red, blue = PAGES[route], client("admin", project="red"), client("admin", project="blue")
    if route.startswith("GET"):
        mine = case.ask(red, owned)
        assert mine.status_code == 200
    blue.get("/login")  # it has the cookie that forms need
    answer = case.ask(blue, owned)
    assert answer.status_code == (404 if case.other == "404" else 200)
    for canary in (NAME, VERSION, "red-ann", "red-ci", "red-hook", "red-policy", owned.badge):
        assert canary not in _said(answer)
    if case.other == "404":
        assert _without_ids(_said(answer), owned) == _without_ids(_said(case.ask(blue, NOTHING)), NOTHING)
    assert case.ask(red, owned).status_code in (200, 303)


def _flat(router: Any) -> list[Any]:
    """All routes of pages, however deep they were included."""
    found = []
    for route in router.routes:
        inner = getattr(route, "original_router", None) or getattr(route, "router", None)
        found += [route] if inner is None else _flat(inner)
    return found
