"""Files in pieces: resumed, verified, once a project, and nothing left of what went wrong."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from anyio import run
from starlette.requests import ClientDisconnect
from starlette.testclient import TestClient

from auditor.config.table import KEYS
from auditor.service.app import app
from auditor.service.context import Service, ServiceLimits
from auditor.service.files.incoming import BeingWritten, Incoming
from auditor.service.files.storage import Storage, StorageError
from auditor.store.tokens import create
from auditor.store.uploads import blob_size, upload_of
from tests.store.models import bytes_stored

from ..conftest import Clients
from ..uploading import PIECE, add, begin, send, sha256_of

CONTENT = bytes(range(256)) * 4096
ID = "0123456789abcdef" * 2


def _files(service: Service) -> list[str]:
    """What lies in the storage of files that were sent."""
    folders = (service.storage.uploads, service.storage.folder / "blobs")
    return sorted(one.name for folder in folders for one in folder.rglob("*") if one.is_file())


def _with(service: Service, free: int | None = None, **limits: int) -> tuple[Service, TestClient]:
    """The same service with other limits, or with so much room on its disk."""
    storage = service.storage if free is None else Storage(service.storage.folder, lambda _: free)
    changed = service._replace(storage=storage, limits=ServiceLimits(**limits))
    client = TestClient(app(changed), base_url="http://127.0.0.1")
    client.headers["Authorization"] = f"Bearer {create(service.store, 'me', ['submit'])[1]}"
    return changed, client


def _added(client: TestClient, service: Service, upload_id: str, offset: int, pieces: list[bytes | None]) -> int:
    """The status of a request whose body comes in such pieces; at None the client is gone."""
    coming = iter(pieces)
    answered: list[int] = []

    async def receive() -> dict[str, Any]:
        piece = next(coming, b"")
        if piece is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": piece, "more_body": piece != b""}

    async def sent(message: dict[str, Any]) -> None:
        answered.append(message.get("status", 0))

    said = {"Upload-Offset": str(offset), "Authorization": client.headers["Authorization"], "Host": "127.0.0.1"}
    scope: Any = {
        "type": "http", "http_version": "1.1", "method": "PATCH", "path": f"/api/v1/uploads/{upload_id}",
        "raw_path": b"", "query_string": b"", "scheme": "http", "server": ("127.0.0.1", 80), "client": ("::1", 1),
        "headers": [(name.lower().encode(), value.encode()) for name, value in (PIECE | said).items()],
    }  # fmt: skip
    made: Any = app(service)
    run(made, scope, receive, sent)
    return answered[0]


def test_a_file_in_pieces(client: Clients, service: Service) -> None:
    me = client("submit")
    upload = begin(me, CONTENT)
    where = f"/api/v1/uploads/{upload['id']}"
    assert (upload["offset"], upload["size"], upload["done"]) == (0, len(CONTENT), False)
    for at in range(0, len(CONTENT), 300_000):
        assert me.head(where).headers["Upload-Offset"] == str(at)
        answer = add(me, upload["id"], at, CONTENT[at : at + 300_000])
        assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, str(min(at + 300_000, len(CONTENT))))
    assert service.storage.blob("default", sha256_of(CONTENT)).read_bytes() == CONTENT
    assert _files(service) == [sha256_of(CONTENT)]
    looked = me.head(where)
    assert (looked.headers["Upload-Offset"], looked.headers["Upload-Length"]) == (str(len(CONTENT)),) * 2
    blob = me.head(f"/api/v1/blobs/{sha256_of(CONTENT)}")
    assert (blob.status_code, blob.headers["Content-Length"]) == (200, str(len(CONTENT)))


def test_a_content_that_is_there_is_not_sent_again(client: Clients) -> None:
    me = client("submit")
    said = {"size": len(CONTENT), "sha256": send(me, CONTENT)}
    answer = me.post("/api/v1/uploads", json=said)
    assert (answer.status_code, answer.json()["done"], answer.json()["offset"]) == (200, True, len(CONTENT))
    assert add(me, answer.json()["id"], len(CONTENT), b"").status_code == 204


def test_another_projects_upload_and_content_are_not_there(client: Clients, service: Service) -> None:
    me, other = client("admin"), client("admin", project="other")
    upload = begin(me, CONTENT)
    assert other.head(f"/api/v1/uploads/{upload['id']}").status_code == 404
    assert add(other, upload["id"], 0, CONTENT).status_code == 404
    assert add(me, upload["id"], 0, CONTENT).status_code == 204
    assert other.head(f"/api/v1/blobs/{sha256_of(CONTENT)}").status_code == 404
    begin(other, CONTENT)  # 201, not 200: it has to send it
    assert service.storage.projects() == ["default"]
    send(other, CONTENT)
    assert service.storage.projects() == ["default", "other"]


def test_a_wrong_offset_says_the_right_one(client: Clients) -> None:
    me = client("submit")
    upload = begin(me, CONTENT)
    add(me, upload["id"], 0, CONTENT[:1000])
    for offset in (0, 999, 1001, len(CONTENT), 2**53 - 1):
        answer = add(me, upload["id"], offset, CONTENT[1000:2000])
        assert (answer.status_code, answer.json()["code"], answer.headers["Upload-Offset"]) == (409, "offset", "1000")
    assert add(me, upload["id"], 1000, CONTENT[1000:]).status_code == 204
    assert add(me, upload["id"], 0, b"").status_code == 409


def test_a_wrong_digest_leaves_nothing(client: Clients, service: Service) -> None:
    me = client("submit")
    upload = begin(me, CONTENT)
    answer = add(me, upload["id"], 0, CONTENT[:-1] + b"\0")
    assert (answer.status_code, answer.json()["code"]) == (422, "wrong-digest")
    assert _files(service) == []
    assert me.head(f"/api/v1/uploads/{upload['id']}").status_code == 404
    send(me, CONTENT)


def test_a_wrong_digest_of_a_file_that_came_in_two_requests(client: Clients, service: Service) -> None:
    """The part that was there is hashed again."""
    me = client("submit")
    upload = begin(me, CONTENT)
    assert add(me, upload["id"], 0, b"\xff" + CONTENT[1:1000]).status_code == 204
    assert add(me, upload["id"], 1000, CONTENT[1000:]).json()["code"] == "wrong-digest"
    assert _files(service) == []


def test_more_than_was_said_is_taken_back(client: Clients, service: Service) -> None:
    me = client("submit")
    upload = begin(me, CONTENT)
    add(me, upload["id"], 0, CONTENT[:1000])
    answer = add(me, upload["id"], 1000, CONTENT[1000:] + b"more")
    assert (answer.status_code, answer.json()["code"]) == (413, "too-long")
    assert _added(me, service, upload["id"], 1000, [CONTENT[1000:], b"more"]) == 413, "a part was written"
    assert me.head(f"/api/v1/uploads/{upload['id']}").headers["Upload-Offset"] == "1000"
    assert add(me, upload["id"], 1000, CONTENT[1000:]).status_code == 204


def test_a_file_without_a_byte(client: Clients) -> None:
    me = client("submit")
    upload = begin(me, b"")
    assert add(me, upload["id"], 0, b"").status_code == 204
    assert me.head(f"/api/v1/blobs/{sha256_of(b'')}").headers["Content-Length"] == "0"


def test_a_piece_without_a_byte_changes_nothing(client: Clients) -> None:
    me = client("submit")
    upload = begin(me, CONTENT)
    answer = add(me, upload["id"], 0, b"")
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, "0")


def test_one_content_sent_many_times_at_once_is_one_file(client: Clients, service: Service) -> None:
    me = client("submit")
    ids = [begin(me, CONTENT)["id"] for _ in range(100)]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda one: add(me, one, 0, CONTENT).status_code, ids))
    assert answers == [204] * 100
    assert _files(service) == [sha256_of(CONTENT)]
    assert bytes_stored(service.store) == len(CONTENT)


def test_one_writer_at_a_time(client: Clients, service: Service) -> None:
    me = client("submit")
    upload = begin(me, CONTENT)
    with Incoming(service.storage, upload["id"], len(CONTENT), 0) as writer:
        writer.write(CONTENT[:1000])
        answer = add(me, upload["id"], 1000, CONTENT[1000:])
        assert (answer.status_code, answer.json()["code"]) == (409, "being-written")
        with pytest.raises(BeingWritten):
            Incoming(service.storage, upload["id"], len(CONTENT), 0)
    assert add(me, upload["id"], 1000, CONTENT[1000:]).status_code == 204


def test_a_second_writer_does_not_write_to_what_is_done(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """It opened the file before the first one was done with it: when it has the lock, the file is a content."""
    storage, moved, lock = service.storage, service.storage.folder / "moved", fcntl.flock
    storage.upload(ID).write_bytes(CONTENT)

    def late(file: int, how: int) -> None:
        if not moved.exists():
            os.replace(storage.upload(ID), moved)
        lock(file, how)

    monkeypatch.setattr(fcntl, "flock", late)
    with Incoming(storage, ID, len(CONTENT), 0) as second:
        assert second.offset == 0
        second.write(b"other")
    assert moved.read_bytes() == CONTENT


def test_a_request_that_comes_when_another_is_done(
    client: Clients, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between its look at the row and its lock the other one ended: nothing is begun anew."""
    me = client("submit")
    upload = begin(me, CONTENT)

    def late(*arguments: Any) -> Incoming:
        monkeypatch.undo()
        assert add(me, upload["id"], 0, CONTENT).status_code == 204
        return Incoming(*arguments)

    monkeypatch.setattr("auditor.service.api.uploads.Incoming", late)
    answer = add(me, upload["id"], 0, CONTENT)
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (409, str(len(CONTENT)))
    assert _files(service) == [sha256_of(CONTENT)]


def test_a_client_that_goes_leaves_what_came(service: Service) -> None:
    """What came stays for the resume, and the lock is let go."""
    me = _with(service)[1]
    upload = begin(me, CONTENT)
    with pytest.raises(ClientDisconnect):
        _added(me, service, upload["id"], 0, [CONTENT[:300_000], CONTENT[300_000:300_001], None])
    assert me.head(f"/api/v1/uploads/{upload['id']}").headers["Upload-Offset"] == "300001"
    assert add(me, upload["id"], 300_001, CONTENT[300_001:]).status_code == 204
    assert _files(service) == [sha256_of(CONTENT)]


def test_a_thread_that_outlives_its_request_touches_no_other_file(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is closed while a thread is about to write, and its number is given to the next that is opened."""
    incoming = Incoming(service.storage, ID, 10, 0)
    incoming.write(b"part")
    opened: list[int] = []

    def closed_meanwhile(_: Path) -> int:
        incoming.close()
        opened.append(os.open(tmp_path / "other", os.O_RDWR | os.O_CREAT))
        return 1 << 40

    monkeypatch.setattr(service.storage, "_free", closed_meanwhile)
    try:
        with pytest.raises(StorageError, match="has ended"):
            incoming.write(b"more")
        with pytest.raises(StorageError, match="has ended"):
            incoming.head(4)
    finally:
        os.close(opened[0])
    assert (tmp_path / "other").read_bytes() == b""
    assert service.storage.upload(ID).read_bytes() == b"part"


def test_a_disk_that_is_full_before(service: Service) -> None:
    changed, me = _with(service, free=1_000_000, floor=0)
    answer = me.post("/api/v1/uploads", json={"size": 1_000_001, "sha256": sha256_of(b"")})
    assert (answer.status_code, answer.json()["code"]) == (507, "no-room")
    assert "keep-free" in answer.json()["mend"] and "service.keep-free" in KEYS, "as the configuration calls it"
    assert _files(changed) == []


def test_a_storage_that_is_away_is_said(client: Clients, service: Service) -> None:
    """A disk that was unmounted, say: none of it is a fault of the service."""
    me = client("submit")
    upload = begin(me, CONTENT)
    shutil.rmtree(service.storage.folder)
    new = {"size": 1, "sha256": sha256_of(b"x")}
    raw = {"Content-Type": "application/octet-stream"}
    for answer in (
        me.post("/api/v1/uploads", json=new),
        add(me, upload["id"], 0, CONTENT),
        me.post("/api/v1/models?name=n&version=1", content=CONTENT, headers=raw),
    ):
        assert (answer.status_code, answer.json()["code"]) == (503, "no-storage")


def test_a_disk_that_fills_while_it_comes(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below the floor, or at its end: nothing of the file stays."""
    free = [1 << 30]
    changed, me = _with(service, floor=1 << 20)
    monkeypatch.setattr(changed.storage, "_free", lambda _: free[0])
    below = begin(me, CONTENT)
    free[0] = (1 << 20) + 1000
    at_its_end = [add(me, below["id"], 0, CONTENT)]
    free[0] = 1 << 30
    full = begin(me, CONTENT)

    def no_space(_descriptor: int, _data: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as now:
        now.setattr("auditor.service.files.incoming.os.write", no_space)
        at_its_end.append(add(me, full["id"], 0, CONTENT))
    for upload, answer in zip((below, full), at_its_end, strict=True):
        assert (answer.status_code, answer.json()["code"]) == (507, "no-room")
        assert me.head(f"/api/v1/uploads/{upload['id']}").status_code == 404
    assert _files(changed) == []


def test_a_quota(service: Service) -> None:
    _, me = _with(service, quota=len(CONTENT) + 1000)
    send(me, CONTENT)
    first = me.post("/api/v1/uploads", json={"size": 600, "sha256": sha256_of(b"1")})
    assert first.status_code == 201
    second = me.post("/api/v1/uploads", json={"size": 600, "sha256": sha256_of(b"2")})
    assert (second.status_code, second.json()["code"]) == (507, "quota")


def test_a_file_larger_than_any_may_be(service: Service) -> None:
    _, me = _with(service, upload=1000)
    answer = me.post("/api/v1/uploads", json={"size": 1001, "sha256": sha256_of(b"")})
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")


_NO_UPLOADS: list[object] = [
    {}, [], None, "text", {"size": 1}, {"size": -1, "sha256": "0" * 64}, {"size": 1.5, "sha256": "0" * 64},
        {"size": "1", "sha256": "0" * 64}, {"size": 1 << 53, "sha256": "0" * 64}, {"size": True, "sha256": "0" * 64},
        {"size": 1, "sha256": "0" * 63}, {"size": 1, "sha256": "G" * 64}, {"size": 1, "sha256": "0" * 64 + "\n"},
        {"size": 1, "sha256": "0" * 64, "more": 1},
    ]  # fmt: skip


def test_what_is_no_upload(client: Clients) -> None:
    me = client("submit")
    for said in _NO_UPLOADS:
        answer = me.post("/api/v1/uploads", json=said)
        assert answer.status_code == 422
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_what_is_no_piece(client: Clients) -> None:
    me = client("submit")
    where = f"/api/v1/uploads/{begin(me, CONTENT)['id']}"
    assert me.patch(where, content=b"x", headers={"Upload-Offset": "0"}).status_code == 415
    for offset in ("-1", str(1 << 53), "one", "", "0x1"):
        assert me.patch(where, content=b"x", headers=PIECE | {"Upload-Offset": offset}).status_code == 422
    assert me.patch(where, content=b"x", headers=PIECE).status_code == 422
    for wrong in ("..%2f..%2fsecret", "0" * 31, "%00", "x" * 5000):
        assert me.head(f"/api/v1/uploads/{wrong}").status_code in (404, 422)


def test_scopes(client: Clients) -> None:
    assert client("read").post("/api/v1/uploads", json={"size": 1, "sha256": "0" * 64}).status_code == 403
    assert client().post("/api/v1/uploads", json={"size": 1, "sha256": "0" * 64}).status_code == 401
    assert client("read").head(f"/api/v1/blobs/{'0' * 64}").status_code == 404


def test_a_process_that_ended_between_the_file_and_its_row(client: Clients, service: Service) -> None:
    """The file lies there, and nobody knows it: it is sent again, and is one file."""
    me = client("submit")
    upload = begin(me, CONTENT)
    with Incoming(service.storage, upload["id"], len(CONTENT), 0) as writer:
        writer.write(CONTENT)
        service.storage.place(upload["id"], "default", sha256_of(CONTENT))
    assert blob_size(service.store, sha256_of(CONTENT)) is None
    assert me.head(f"/api/v1/uploads/{upload['id']}").headers["Upload-Offset"] == "0"
    assert add(me, upload["id"], 0, CONTENT).status_code == 204
    assert _files(service) == [sha256_of(CONTENT)]
    found = upload_of(service.store, upload["id"])
    assert found is not None
    assert found.done


def test_deeds(client: Clients) -> None:
    me = client("admin")
    send(me, CONTENT)
    done = [one["what"] for one in me.get("/api/v1/deeds").json()["items"]]
    assert done == ["blob.create", "upload.create"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a tmpfs")
def test_a_disk_that_is_full_in_truth(service: Service, tmp_path: Path) -> None:
    """A tmpfs of one megabyte."""
    import subprocess

    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", small], check=False).returncode:
        pytest.skip("a tmpfs cannot be mounted here (mount failed)")
    try:
        storage = Storage(small / "storage", lambda _: 1 << 40)
        changed, me = _with(service._replace(storage=storage), floor=0)
        content = os.urandom(3 << 20)
        upload = begin(me, content)
        answer = add(me, upload["id"], 0, content)
        assert (answer.status_code, answer.json()["code"]) == (507, "no-room")
        assert _files(changed) == []
        assert me.head(f"/api/v1/uploads/{upload['id']}").status_code == 404
        send(me, b"small")
    finally:
        subprocess.run(["umount", small], check=True)
