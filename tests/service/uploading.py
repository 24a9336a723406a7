"""Files sent to a service, as a client sends them."""

from __future__ import annotations

import hashlib
from typing import Any

from starlette.testclient import TestClient

PIECE = {"Content-Type": "application/offset+octet-stream"}


def sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def begin(client: TestClient, content: bytes) -> dict[str, Any]:
    """A new upload of this content."""
    answer = client.post("/api/v1/uploads", json={"size": len(content), "sha256": sha256_of(content)})
    assert answer.status_code == 201, answer.text
    said: dict[str, Any] = answer.json()
    assert answer.headers["Location"] == f"/api/v1/uploads/{said['id']}"
    return said


def add(client: TestClient, upload_id: str, offset: int, piece: bytes) -> Any:
    """What is answered to a piece."""
    headers = PIECE | {"Upload-Offset": str(offset)}
    return client.patch(f"/api/v1/uploads/{upload_id}", content=piece, headers=headers)


def send(client: TestClient, content: bytes) -> str:
    """All of a file; its sha256."""
    answer = client.post("/api/v1/uploads", json={"size": len(content), "sha256": sha256_of(content)})
    if not answer.json()["done"]:
        assert add(client, answer.json()["id"], 0, content).status_code == 204
    return sha256_of(content)


def register(client: TestClient, name: str, version: str, content: bytes = b"\x08\x07", **more: Any) -> Any:
    """What is answered to a version of one file, which is sent first."""
    said = {"name": name, "version": version, "files": {"model.onnx": send(client, content)}} | more
    return client.post("/api/v1/models", json=said)
