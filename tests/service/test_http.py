"""The HTTP process as the supervisor starts it: a socket and a line of JSON; ended by a signal."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import insert

from auditor.errors import UsageError
from auditor.service.context import Service
from auditor.service.files.storage import Storage
from auditor.service.guard.connections import ConnectionBounds
from auditor.service.guard.csrf import ANONYMOUS_COOKIE
from auditor.service.http import Arguments, _beside, application, waker
from auditor.service.isolation import isolation
from auditor.store import tokens
from auditor.store.service_tables import counters, jobs
from auditor.store.works import Works
from tests.pace import HANG
from tests.ports import kept_port, port_of

from .wire import Client, once, request, running, waited


class Process(NamedTuple):
    """One that answers."""

    port: int
    metrics_port: int
    made: subprocess.Popen[bytes]
    log: Path
    db: Path
    admin: str


def started(folder: Path, **more: Any) -> tuple[int, subprocess.Popen[bytes], Path]:
    """A process, its port and its log."""
    log = folder / "log"
    with socket.create_server(("127.0.0.1", 0)) as listening, log.open("wb") as stderr:
        line = {
            "socket": listening.fileno(),
            "db": str(folder / "reports.db"),
            "storage": str(folder / "storage"),
            **more,
        }
        made = subprocess.Popen(
            [sys.executable, "-m", "auditor.service.http"], stdin=subprocess.PIPE, stderr=stderr,
            pass_fds=[listening.fileno()],
        )  # fmt: skip
        assert made.stdin is not None
        made.stdin.write(json.dumps(line).encode() + b"\n")
        made.stdin.close()
        return listening.getsockname()[1], made, log


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    folder = tmp_path_factory.mktemp("http")
    db = folder / "reports.db"
    with Works.open(db) as store:
        _, admin = tokens.create(store, "ann", ["admin"])
    with kept_port() as kept:
        port, made, log = started(folder, metrics_port=port_of(kept), limits={"floor": 0})
        yield Process(port, port_of(kept), made, log, db, admin)
        made.kill()
        made.wait()


def test_it_lives_and_is_ready(process: Process) -> None:
    heard = once(process.port, "GET", "/healthz")
    assert (heard.status, heard.document) == (200, {"status": "ok"})
    ready = once(process.port, "GET", "/readyz")
    assert ready.status == 200, ready
    assert ready.document["checks"] == {"database": "ok", "storage": "ok", "disk": "ok"}
    assert ready.document["isolation"] == isolation()["level"]
    assert ready.document["free_bytes"] > 0
    assert "server" not in ready.headers


def test_the_routes_are_there_behind_the_guards(process: Process) -> None:
    bearer = f"Authorization: Bearer {process.admin}"
    heard = once(process.port, "GET", "/api/v1/whoami", bearer)
    assert heard.document["owner"] == "ann"
    assert heard.headers["content-security-policy"].startswith("default-src 'none'")
    refused = once(process.port, "GET", "/api/v1/whoami")
    assert refused.status == 401
    assert refused.document["request_id"] == refused.headers["x-request-id"]
    assert once(process.port, "GET", "/api/v1/whoami", bearer, host="evil.example").status == 421
    asked = ("POST", "/api/v1/tokens", "Content-Type: application/json")
    nobody = once(process.port, *asked, body=b"{}")
    assert (nobody.status, nobody.code, nobody.headers["www-authenticate"]) == (401, "no-token", "Bearer")
    assert once(process.port, *asked, "Cookie: auditor_session=x", body=b"{}").code == "csrf"
    assert once(process.port, "GET", "/api/v1/nothing", bearer).status == 404


def test_the_log_is_json_with_the_ids(process: Process) -> None:
    heard = once(process.port, "GET", "/api/v1/whoami?secret=hush", f"Authorization: Bearer {process.admin}")
    ours = f'"request_id": "{heard.headers["x-request-id"]}"'
    assert waited(lambda: ours in process.log.read_text())
    lines = [json.loads(line) for line in process.log.read_text().splitlines()]
    found = next(line for line in lines if line.get("request_id") == heard.headers["x-request-id"])
    assert found["path"] == found["route"] == "/api/v1/whoami"
    assert (found["status"], found["project"], found["owner"]) == (200, "default", "ann")
    assert "hush" not in process.log.read_text()
    assert process.admin not in process.log.read_text()


def test_the_figures_have_a_port_of_their_own(process: Process) -> None:
    with Works.open(process.db) as store, store.writing() as connection:
        row = {"project": "default", "options": "{}", "state": "queued", "created_by": "ann"}
        connection.execute(insert(jobs), [{**row, "id": "a" * 32, "created_at": "2026-01-01T00:00:00.000000+00:00"}])
        sums = {"audits pass": 3, "audits fail": 1, "seconds auditing": 2.5, "worker deaths": 2}
        connection.execute(insert(counters), [{"name": name, "value": value} for name, value in sums.items()])
    assert once(process.port, "GET", "/healthz").status == 200
    assert once(process.port, "GET", "/made-up").status == 404
    heard = once(process.metrics_port, "GET", "/metrics", host="10.0.0.1")
    assert heard.status == 200
    families = text_string_to_metric_families(heard.body.decode())
    found = {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}
    assert found["auditor_queue_length",] == 1
    assert found["auditor_queue_age_seconds",] > 0
    assert found["auditor_audits_total", "pass"] == 3
    assert found["auditor_audits_total", "fail"] == 1
    assert found["auditor_stage_seconds_total", "auditing"] == 2.5
    assert found["auditor_worker_deaths_total",] == 2
    assert found["auditor_http_requests_total", "GET", "/healthz", "200"] >= 1
    assert found["auditor_http_requests_total", "GET", "none", "404"] >= 1
    assert once(process.metrics_port, "GET", "/metrics", host="evil.example").status == 421
    assert once(process.metrics_port, "GET", "/api/v1/whoami").status == 404
    assert once(process.port, "GET", "/metrics", f"Authorization: Bearer {process.admin}").status == 404


def test_one_without_a_port_for_figures_and_its_end(tmp_path: Path) -> None:
    """One process for all of this, for each takes a second to start."""
    with Works.open(tmp_path / "reports.db") as store:
        _, admin = tokens.create(store, "ann", ["admin"])
        _, reader = tokens.create(store, "bob", ["read"])
        _, another = tokens.create(store.in_project("blue"), "eve", ["admin"])
    port, made, log = started(tmp_path, limits={"floor": 1 << 62})
    try:
        figures_are_an_admin_s(port, admin, reader, another)
        it_says_what_is_not_ready(port, tmp_path)
        what_runs_is_answered_before_the_end(port, made, log, admin)
        assert made.wait(HANG) == 0
        assert "Traceback" not in log.read_text()
    finally:
        made.kill()
        made.wait()


def figures_are_an_admin_s(port: int, admin: str, reader: str, another: str) -> None:
    """Of the project `default`: the sums are over all projects."""
    assert once(port, "GET", "/metrics", f"Authorization: Bearer {admin}").status == 200
    assert once(port, "GET", "/metrics", f"Authorization: Bearer {reader}").status == 403
    assert once(port, "GET", "/metrics", f"Authorization: Bearer {another}").status == 403
    assert once(port, "GET", "/metrics").status == 401


def it_says_what_is_not_ready(port: int, folder: Path) -> None:
    """No disk has so much room; and no path is told."""
    heard = once(port, "GET", "/readyz")
    assert (heard.status, heard.code) == (503, "not-ready")
    assert heard.document["checks"]["disk"] != "ok"
    assert heard.document["checks"]["database"] == "ok"
    assert str(folder).encode() not in heard.body


def what_runs_is_answered_before_the_end(port: int, made: subprocess.Popen[bytes], log: Path, admin: str) -> None:
    """A body is on its way when the signal comes, and is taken; a connection that rests is closed."""
    kind = "Content-Type: application/json"
    body = b'{"owner": "eve", "scopes": ["read"]}'
    whole = request("POST", "/api/v1/tokens", f"Authorization: Bearer {admin}", kind, body=body)
    with Client(port) as client, Client(port) as resting:
        assert resting.ask("GET", "/healthz").status == 200
        assert client.ask("GET", "/healthz").status == 200
        client.send(whole[:-10])
        assert resting.ask("GET", "/healthz").status == 200  # by now the other has been read, too
        made.send_signal(signal.SIGTERM)
        assert resting.is_closed()
        client.send(whole[-10:])
        heard = client.hear("POST")
        assert heard.status == 201
        assert heard.closed


def test_without_tokens_only_a_page_of_ours_changes_anything(tmp_path: Path) -> None:
    """What whoami says, with its cookie and our own origin, is enough; and nothing less is."""
    with Works.open(tmp_path / "reports.db") as store:
        storage = Storage(tmp_path / "storage")
        service = Service(store, storage, open=True, secret=storage.secret())
        with running(application(service), ConnectionBounds()) as server:
            who = once(server.port, "GET", "/api/v1/whoami")
            cookie = who.headers["set-cookie"]
            assert all(word in cookie for word in (ANONYMOUS_COOKIE, "HttpOnly", "SameSite=strict", "Path=/"))
            proof = [
                f"Cookie: {cookie.partition(';')[0]}",
                "Origin: http://localhost",
                f"X-CSRF-Token: {who.document['csrf']}",
            ]
            asked = ("POST", "/api/v1/tokens", "Content-Type: application/json")
            body = b'{"owner": "ann", "scopes": ["read"]}'
            assert once(server.port, *asked, *proof, body=body).status == 201
            for left_out in range(3):
                rest = [line for i, line in enumerate(proof) if i != left_out]
                heard = once(server.port, *asked, *rest, body=body)
                assert (heard.status, heard.code) == (403, "csrf")


def test_a_port_for_figures_that_is_taken_is_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        with pytest.raises(UsageError, match="metrics-port"):
            _beside(listening, listening.getsockname()[1])
        with _beside(listening, 0) as beside:
            assert beside.getsockname()[0] == "127.0.0.1"


def test_a_proxy_is_believed_only_where_it_is_named() -> None:
    """Nobody may say of himself that he is another: the rate is by address, and so is the log."""
    assert Arguments.parsed('{"socket": 3, "db": "x", "storage": "y"}').proxies == ()
    assert Arguments.parsed('{"socket": 3, "db": "x", "storage": "y", "proxies": ["10.0.0.1"]}').proxies == (
        "10.0.0.1",
    )


def test_the_arguments_are_the_fields() -> None:
    line = json.dumps({"socket": 3, "db": "x", "storage": "y", "roots": ["/m"], "limits": {"body": 5}, "open": True})
    found = Arguments.parsed(line)
    assert (found.socket, found.roots, found.limits.body, found.limits.depth, found.open) == (3, ("/m",), 5, 32, True)


def test_to_wake_never_waits() -> None:
    """Nobody reads: the pipe runs full, and that is enough news."""
    reader, writer = os.pipe()
    try:
        wake = waker(writer)
        thread = threading.Thread(target=lambda: [wake() for _ in range(100_000)], daemon=True)
        thread.start()
        thread.join(HANG)
        assert not thread.is_alive()
        assert os.read(reader, 1) == b"\0"
    finally:
        os.close(reader)
        wake()
        os.close(writer)
    waker(None)()
