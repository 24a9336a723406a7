"""The pages as they are answered: who sees what, what a form does, and what is never said."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from auditor.service.answers.paging import cursor_of
from auditor.service.context import Service
from auditor.service.guard.csrf import csrf_cookie, csrf_token
from auditor.service.http import application
from auditor.service.pages.docs import groups_of
from auditor.service.pages.drawn import ago, page_policy
from auditor.service.pages.login import local_address
from auditor.store import deeds, tokens
from auditor.store.policies import set_policy
from tests.corpus import SAMPLES

from .site import POLICY, dispatched, made, registered, submitted, tiny

BROKEN = (SAMPLES / "broken" / "alexnet_224.onnx").read_bytes()
HOST = "http://127.0.0.1"
Browse = Callable[..., TestClient]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    made_here = made(tmp_path)
    set_policy(made_here.store, POLICY, "Ada")
    yield made_here
    made_here.store.close()


@pytest.fixture
def browse(service: Service) -> Browse:
    """A browser that is logged in with a token of these scopes; without any one that is not."""

    def browser_of(*scopes: str, project: str = "default") -> TestClient:
        called = TestClient(application(service), base_url=HOST, follow_redirects=False)
        called.headers |= {"Origin": HOST, "Sec-Fetch-Site": "same-origin"}
        if scopes:
            _, token = tokens.create(service.store.in_project(project), f"{project}'s", scopes)
            called.get("/login")
            answer = post(service, called, "/login", token=token, next="/queue")
            assert answer.status_code == 303 and answer.headers["location"] == "/queue"
        return called

    return browser_of


def post(service: Service, client: TestClient, path: str, **fields: str) -> Response:
    """A form as a page of ours sends it."""
    token = csrf_token(service.secret, csrf_cookie(dict(client.cookies)) or "")
    return client.post(path, data={"csrf": token, **fields})


def test_who_is_not_known_is_sent_to_the_login_and_back(service: Service, browse: Browse) -> None:
    nobody = browse()
    answer = nobody.get("/?verdict=fail")
    assert answer.status_code == 303 and answer.headers["location"] == "/login?next=/%3Fverdict%3Dfail"
    form = nobody.get(answer.headers["location"])
    assert 'name="next" value="/?verdict=fail"' in form.text
    cookie = form.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie and "secure" not in cookie
    wrong = post(service, nobody, "/login", token="aud_nothing")
    assert wrong.status_code == 403 and "Nobody has this token" in wrong.text


def test_a_login_ends_when_it_is_ended(service: Service, browse: Browse) -> None:
    somebody = browse("read")
    stolen = somebody.cookies["auditor_session"]
    assert somebody.get("/").status_code == 200
    assert post(service, somebody, "/logout").headers["location"] == "/login"
    assert somebody.get("/").status_code == 303
    assert somebody.get("/", headers={"Cookie": f"auditor_session={stolen}"}).status_code == 303
    assert [deed.what for deed in deeds.listed(service.store, 10)] == ["logout", "login"]


def test_a_session_behind_tls_is_not_sent_without_it(service: Service) -> None:
    _, token = tokens.create(service.store, "Ada", ["read"])
    client = TestClient(application(service), base_url="https://127.0.0.1", follow_redirects=False)
    client.headers["Origin"] = "https://127.0.0.1"
    client.get("/login")
    cookie = post(service, client, "/login", token=token).headers["set-cookie"].lower()
    assert "auditor_session=" in cookie and "; secure" in cookie


@pytest.mark.parametrize(
    "address", ["//a.example/", "/\\a.example", "https://a.example/", "javascript:alert(1)", "", "/a\r\nb", "/é"]
)
def test_a_login_leads_nowhere_else(address: str) -> None:
    assert local_address(address) == "/"
    assert local_address("/models/ab?cursor=x%20y") == "/models/ab?cursor=x%20y"


def test_forms_of_strangers_do_nothing(service: Service, browse: Browse) -> None:
    job = submitted(service, registered(service, "m", "1", {"m.onnx": tiny("a")}))
    somebody = browse("submit")
    path = f"/audits/{job.id}/cancel"
    assert somebody.post(path, data={"csrf": "0" * 64}).status_code == 403
    elsewhere = {"Origin": "http://a.example", "Sec-Fetch-Site": "cross-site"}
    token = csrf_token(service.secret, somebody.cookies["auditor_session"])
    assert somebody.post(path, data={"csrf": token}, headers=elsewhere).status_code == 403
    assert "queued" in somebody.get("/queue?state=queued").text
    assert post(service, somebody, path).status_code == 303
    assert "Nothing is queued" in somebody.get("/queue?state=queued").text


def test_every_page_says_what_a_browser_may_do(service: Service, browse: Browse) -> None:
    somebody = browse("admin")
    for path in ("/", "/queue", "/rules", "/rules/nan-weights", "/upload", "/login?next=/", "/api/v1/docs", "/x"):
        answer = somebody.get(path)
        policy = answer.headers["content-security-policy"]
        if answer.status_code != 303:
            assert policy == page_policy() and "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
    for said in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"):
        assert said in page_policy()


def test_what_another_project_has_is_not_there(service: Service, browse: Browse) -> None:
    version = registered(service, "ours", "1", {"m.onnx": tiny("a")})
    job = submitted(service, version)
    dispatched(service)
    ours, theirs = browse("read"), browse("admin", project="theirs")
    for path in (f"/models/{version.model_id}", f"/audits/{job.id}"):
        assert ours.get(path).status_code == 200
        answer = theirs.get(path)
        assert answer.status_code == 404 and "ours" not in answer.text.replace("/hours", "")
    assert "no model here yet" in theirs.get("/").text and "Nothing was asked for yet" in theirs.get("/queue").text
    for path in (
        f"/audits/{job.id}/cancel",
        f"/models/{version.model_id}/badge",
        f"/models/{version.model_id}/acceptance",
    ):
        assert post(service, theirs, path, do="make", version_id=version.id).status_code == 404


def test_a_report_has_its_graph_while_the_policy_judges_alike(service: Service, browse: Browse) -> None:
    job = submitted(service, registered(service, "m", "1", {"m.onnx": BROKEN}))
    dispatched(service)
    somebody = browse("read")
    answer = somebody.get(f"/audits/{job.id}")
    assert 'id="n-0-' in answer.text and answer.text.count('aria-label="Site"') == 1
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    meta = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', answer.text)
    assert meta is not None and answer.headers["content-security-policy"].startswith(meta[1])
    set_policy(service.store, POLICY + "# the same\n", "Ada")
    assert 'id="n-0-' in somebody.get(f"/audits/{job.id}").text
    set_policy(service.store, POLICY + 'ignore = ["misfit-initializers"]\n', "Ada")
    changed = somebody.get(f"/audits/{job.id}").text
    assert 'id="n-0-' not in changed and "the policy has changed since" in changed and "PASS" in changed
    (service.storage.folder / "pages" / "default" / f"{job.id}.json").unlink()
    assert "it is being drawn" in somebody.get(f"/audits/{job.id}").text


def test_a_picture_that_is_not_there_is_drawn_when_somebody_looks(service: Service, browse: Browse) -> None:
    job = submitted(service, registered(service, "m", "1", {"m.onnx": BROKEN}))
    dispatched(service)
    somebody, page = browse("read"), service.storage.folder / "pages" / "default" / f"{job.id}.html"
    page.unlink()
    early = somebody.get(f"/audits/{job.id}")
    assert 'id="n-0-' not in early.text and early.headers["refresh"]
    dispatched(service)
    late = somebody.get(f"/audits/{job.id}")
    assert 'id="n-0-' in late.text and "refresh" not in late.headers
    set_policy(service.store, POLICY + 'ignore = ["misfit-initializers"]\n', "Ada")
    assert somebody.get(f"/audits/{job.id}").headers["refresh"]
    dispatched(service)
    judged = somebody.get(f"/audits/{job.id}")
    assert 'id="n-0-' in judged.text and "PASS" in judged.text and "refresh" not in judged.headers


def test_a_picture_that_cannot_be_drawn_is_asked_for_once(service: Service, browse: Browse) -> None:
    job = submitted(service, registered(service, "m", "1", {"m.onnx": BROKEN}))
    dispatched(service)
    somebody, pages = browse("read"), service.storage.folder / "pages" / "default"
    (pages / f"{job.id}.html").unlink()
    (content,) = (path for path in service.storage.blobs("default").rglob("*/*") if path.is_file())
    content.unlink()
    assert somebody.get(f"/audits/{job.id}").headers["refresh"]
    dispatched(service)
    answer = somebody.get(f"/audits/{job.id}")
    assert "is not in the storage any more" in answer.text and "refresh" not in answer.headers
    assert not service.storage.undrawn()


def test_a_model_is_accepted_and_gets_a_badge(service: Service, browse: Browse) -> None:
    good = registered(service, "m", "1", {"m.onnx": tiny("a")})
    submitted(service, good)
    dispatched(service)
    path = f"/models/{good.model_id}"
    reader, admin = browse("read"), browse("admin")
    assert "<textarea" not in reader.get(path).text and "Make a badge" not in reader.get(path).text
    assert post(service, reader, f"{path}/acceptance", version_id=good.id, reason="why").status_code == 403
    done = post(service, admin, f"{path}/acceptance", version_id=good.id, reason="it <b>works</b>")
    assert done.status_code == 303
    shown = admin.get(done.headers["location"]).text
    assert "it &lt;b&gt;works&lt;/b&gt;" in shown and "was accepted by default" in unescape(shown)
    assert post(service, admin, f"{path}/badge", do="make").status_code == 303
    badge = re.search(r'<img src="(/api/v1/badges/[^"]+\.svg)"', admin.get(path).text)
    assert badge is not None and browse().get(badge[1]).status_code == 200
    post(service, admin, f"{path}/badge", do="take")
    assert browse().get(badge[1]).status_code == 404
    bad = registered(service, "m", "2", {"m.onnx": BROKEN})
    submitted(service, bad)
    dispatched(service)
    refused = post(service, admin, f"{path}/acceptance", version_id=bad.id, reason="why")
    assert refused.status_code == 409 and "only a version that passes is accepted" in refused.text


def test_what_cannot_be_done_is_told_as_a_page(service: Service, browse: Browse) -> None:
    somebody = browse("read")
    for path in ("/nothing", f"/audits/{'0' * 32}", "/rules/no-rule", f"/models/{'0' * 32}", "/models/%F0%9F%98%80"):
        answer = somebody.get(path)
        assert answer.status_code == 404 and answer.headers["content-type"].startswith("text/html")
        assert "Request " in answer.text
    assert somebody.get("/api/v1/nothing").headers["content-type"] == "application/problem+json"
    nulls = cursor_of(None, None)
    for path in ("/", "/queue", "/rules/nan-weights"):
        for cursor in ("x", nulls):
            assert somebody.get(f"{path}?cursor={cursor}").status_code == 422
    assert "may look, and not upload" in somebody.get("/upload").text


def test_the_fleet_takes_any_words(service: Service, browse: Browse) -> None:
    registered(service, "Vision/one", "1", {"m.onnx": tiny("a")})
    submitted(service, registered(service, "two", "1", {"m.onnx": BROKEN}))
    somebody = browse("read")
    assert somebody.get("/").text.count("<tr>") == 3
    dispatched(service)
    for query, rows in (
        ("name=vision", 1), ("verdict=fail", 1), ("verdict=none", 1), ("verdict=so", 0),
        ("rule=misfit-initializers", 1),
        ("severity=error&sort=name", 1), ("operator=Conv", 1), ("operator=Nothing", 0),
        ("opset=17", 1), ("opset=%C2%B2", 2), ("opset=99999999999", 2),
        ("sort=%3Cb%3E", 2), ("sort=when", 2), ("producer=auditor", 1),
    ):  # fmt: skip
        answer = somebody.get(f"/?{query}")
        assert answer.status_code == 200 and answer.text.count("<tr>") == (rows and rows + 1), query


def test_the_api_s_page_tells_every_route(service: Service, browse: Browse) -> None:
    nobody = browse()
    document = json.loads(nobody.get("/api/v1/openapi.json").text)
    page = nobody.get("/api/v1/docs")
    assert page.status_code == 200 and "sandbox" not in page.headers["content-security-policy"]
    told = {(one.method, one.path) for group in groups_of(document) for one in group["operations"]}
    assert told == {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    for method, path in told:
        assert f'<span class="method">{method}</span> <code>{path}</code>' in page.text


def test_times_are_told_as_people_say_them() -> None:
    from datetime import UTC, datetime

    now = datetime(2026, 11, 29, 12, tzinfo=UTC)
    for time, told in (
        ("2026-11-29T11:59:30+00:00", "just now"), ("2026-11-29T11:01:00", "59 min ago"),
        ("2026-11-28T13:00:00", "23 h ago"),
        ("2026-11-20T12:00:00", "9 d ago"), ("2026-11-02T12:00:00", "2 Nov 2026"), ("no time", "no time"),
    ):  # fmt: skip
        assert ago(time, now) == told
