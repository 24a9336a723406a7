"""What an error tells whoever asked, and what only the log."""

from __future__ import annotations

import base64
import json
import os

import pytest

from auditor.service.context import Service
from auditor.service.files.storage import Storage

from .conftest import Clients


@pytest.mark.parametrize("path", ["/api/v1/audits", "/api/v1/models", "/queue"])
@pytest.mark.parametrize("text", ["\ud800", "\0"])
def test_a_cursor_holds_text_that_a_database_can_be_asked_for(client: Clients, path: str, text: str) -> None:
    cursor = base64.urlsafe_b64encode(json.dumps([text, "x"]).encode()).decode().rstrip("=")
    assert client("read").get(path, params={"cursor": cursor}).status_code == 422


def test_a_database_that_cannot_be_used_is_not_named(
    client: Clients, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    reader = client("read")
    database = os.fspath(service.storage.folder.parent / "reports.db")
    service.store.close()
    for suffix in ("", "-wal", "-shm"):
        if os.path.exists(database + suffix):
            os.unlink(database + suffix)
    os.mkdir(database)
    for answer in (reader.get("/api/v1/whoami"), reader.get("/")):
        assert answer.status_code == 503
        assert database not in answer.text and "--db" not in answer.text
    assert database in caplog.text


def test_a_storage_that_cannot_be_written_is_no_fault_of_the_client(
    client: Clients, service: Service, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sender = client("submit")
    begun = sender.post("/api/v1/uploads", json={"size": 1, "sha256": "0" * 64}).json()
    monkeypatch.setattr(Storage, "uploads", property(lambda storage: storage.folder / "none"))
    answer = sender.patch(
        f"/api/v1/uploads/{begun['id']}",
        content=b"x",
        headers={"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"},
    )
    assert (answer.status_code, answer.json()["code"]) == (503, "no-storage")
    assert "No such file" in caplog.text


def test_the_secret_is_not_shown(service: Service) -> None:
    assert service.secret and repr(service.secret) not in repr(service)
