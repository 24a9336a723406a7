"""Models and versions: registered by content, never changed, a project's own."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from auditor.service.context import Service, ServiceLimits
from auditor.service.files.archives import archive_kind
from auditor.service.files.sweeping import sweep
from auditor.store.policies import set_policy
from auditor.store.registered import version_source
from auditor.store.uploads import blob_size
from tests.store.reports import document

from .conftest import Clients
from .registering import finished
from .uploading import register, send, sha256_of

MODEL = b"\x08\x07\x12\x04test"
DATA = b"weights" * 1000
FORM_DATA = b"Content-Disposition: form-data; "


def test_a_version_of_several_files(client: Clients) -> None:
    me = client("submit")
    files = {"net/m.onnx": send(me, MODEL), "net/w.bin": send(me, DATA)}
    contract = {"inputs": [{"name": "x", "dtype": "float32", "shape": [None, 3]}], "max_batch": 8}
    said = {"name": "team/net", "version": "1.0", "files": files, "contract": contract}
    answer = me.post("/api/v1/models", json=said)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert answer.headers["Location"] == f"/api/v1/models/{made['model']['id']}/versions/{made['id']}"
    assert (made["model"]["name"], made["version"], made["path"], made["files"]) == (
        "team/net",
        "1.0",
        "net/m.onnx",
        files,
    )
    assert made["contract"] == contract
    assert (made["created_by"], made["audit"]) == ("default's", None)
    looked = me.get(answer.headers["Location"])
    assert looked.json() == made
    tag = {"If-None-Match": looked.headers["ETag"]}
    assert me.get(answer.headers["Location"], headers=tag).status_code == 304


def test_the_very_same_again_and_another_one(client: Clients) -> None:
    me = client("submit")
    first = register(me, "net", "1")
    again = register(me, "net", "1")
    assert (again.status_code, again.json()) == (200, first.json())
    for other in (
        register(me, "net", "1", b"\x08\x08"),
        register(me, "net", "1", contract={"max_batch": 2}),
    ):
        assert (other.status_code, other.json()["code"]) == (409, "version-exists")
        assert other.json()["there"] == first.headers["Location"]
    assert register(me, "net", "2").json()["model"] == first.json()["model"]


def test_missing_contents_are_listed(client: Clients) -> None:
    me, other = client("submit"), client("submit", project="other")
    there, mine = send(me, MODEL), send(other, DATA)
    said = {"name": "net", "version": "1", "files": {"m.onnx": there, "a": mine, "b": mine, "c": "0" * 64}}
    answer = me.post("/api/v1/models", json=said)
    assert (answer.status_code, answer.json()["code"]) == (422, "missing-blobs")
    assert answer.json()["missing"] == sorted(["0" * 64, mine]), "another project's content is not there"
    assert me.get("/api/v1/models").json()["items"] == []


_NO_VERSIONS: list[dict[str, Any]] = [
        {"name": ""}, {"name": "x" * 513}, {"name": "a\nb"}, {"name": "a\0b"}, {"name": "\x85"}, {"name": 1},
        {"version": ""}, {"version": "x" * 129}, {"version": "a@b"}, {"version": None}, {"version": "\x7f"},
        {"files": {}}, {"files": {"../m.onnx": "0" * 64}}, {"files": {"m.onnx": "0"}}, {"files": {"/m.onnx": "0" * 64}},
        {"files": {"a.onnx": "0" * 64, "b.onnx": "0" * 64}}, {"files": {"a\\b.onnx": "0" * 64}}, {"files": None},
        {"files": {"a.onnx/b.onnx": "0" * 64, "a.onnx": "0" * 64}, "path": "a.onnx"},
        {"path": "other.onnx"}, {"more": 1}, {"contract": {"more": 1}}, {"contract": {"max_batch": 1 << 63}},
        {"contract": {"inputs": [{"shape": [-1]}]}}, {"contract": {"inputs": [{"shape": ["N"]}]}}, {"contract": []},
    ]  # fmt: skip


def test_what_is_no_version(client: Clients) -> None:
    me = client("submit")
    for more in _NO_VERSIONS:
        said = {"name": "net", "version": "1", "files": {"m.onnx": "0" * 64}} | more
        answer = me.post("/api/v1/models", json=said)
        assert answer.status_code == 422, answer.text
        assert answer.json()["code"] in ("invalid", "paths")


_NO_JSON: list[bytes] = [b"", b"{", b"\xff", b'{"name": "\\ud800"}', b"[" * 100_000, b"null"]  # fmt: skip


def test_bodies_that_are_no_json(client: Clients) -> None:
    me = client("submit")
    for body in _NO_JSON:
        answer = me.post("/api/v1/models", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code in (400, 422)
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_names_are_any_text(client: Clients) -> None:
    me = client("submit")
    for name in ("a/b/c", "net@/registry", "<b>", "é 模型", "..", "a'b\"c", "%00", "x" * 512, "{}"):
        made = register(me, name, "v/1 ü")
        assert made.status_code == 201, name
        assert made.json()["model"]["name"] == name
        assert me.get(made.headers["Location"]).status_code == 200


def test_a_model_as_a_form(client: Clients, service: Service) -> None:
    me = client("submit")
    answer = me.post(
        "/api/v1/models", data={"name": "net", "version": "1", "csrf": "x"}, files={"file": ("m.onnx", MODEL)}
    )
    assert answer.status_code == 201, answer.text
    assert answer.json()["files"] == {"m.onnx": sha256_of(MODEL)}
    assert service.storage.blob("default", sha256_of(MODEL)).read_bytes() == MODEL
    assert list(service.storage.uploads.iterdir()) == []
    large = bytes(range(256)) * 10_000
    answer = me.post("/api/v1/models", data={"name": "net", "version": "2"}, files={"file": ("dir.onnx", large)})
    assert answer.json()["files"] == {"dir.onnx": sha256_of(large)}


_REFUSED: list[tuple[dict[str, str], Any, int]] = [
        ({"name": "n", "version": "1"}, {"other": ("m.onnx", MODEL)}, 422),
        ({"name": "n", "version": "1"}, {"file": ("m.onnx", MODEL), "csrf": ("x", b"more")}, 422),
        ({"name": "n", "version": "1", "more": "1"}, {"file": ("m.onnx", MODEL)}, 422),
        ({"name": "n"}, {"file": ("m.onnx", MODEL)}, 422),
        ({"name": "n", "version": "x" * 5000}, {"file": ("m.onnx", MODEL)}, 422),
        ({"name": "n", "version": "1"}, {"file": ("../m.onnx", MODEL)}, 422),
        ({"name": "n", "version": "1"}, {"file": ("m.onnx", b"")}, 422),
        ({"name": "n", "version": "1"}, {"file": ("m.onnx", b"x" * 3000)}, 413),
    ]  # fmt: skip


def test_forms_that_are_refused_leave_nothing(client: Clients, service: Service) -> None:
    me = client("submit")
    for data, files, status in _REFUSED:
        me.app.state.service = service._replace(limits=ServiceLimits(model=2000))  # type: ignore[attr-defined]  # any app
        answer = me.post("/api/v1/models", data=data, files=files)
        assert answer.status_code == status if len(data.get("version", "")) < 5000 else answer.status_code in (413, 422)
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert list(service.storage.uploads.iterdir()) == []


def test_a_body_that_does_not_say_how_long_it_is_may_not_be_longer(client: Clients, service: Service) -> None:
    me = client("submit")
    me.app.state.service = service._replace(limits=ServiceLimits(model=2000))  # type: ignore[attr-defined]  # any app
    raw = {"Content-Type": "application/octet-stream"}
    for size, status in ((2000, 201), (2001, 413)):
        answer = me.post(f"/api/v1/models?name=n&version={size}", content=iter([b"x" * size]), headers=raw)
        assert answer.status_code == status, answer.text
    assert answer.json()["code"] == "too-large" and "pieces" in answer.json()["mend"]
    assert list(service.storage.uploads.iterdir()) == []


_NO_FORMS: list[tuple[bytes, str]] = [
        (b"", "multipart/form-data; boundary=x"),
        (b"--x\r\n", "multipart/form-data; boundary=x"),
        (b"--x\r\n\r\n\r\n--x--\r\n", "multipart/form-data; boundary=x"),
        (b"--x\r\n" + FORM_DATA + b'name="file"; filename="m"\r\n\r\nabc', "multipart/form-data; boundary=x"),
        (b"--x\r\n" + FORM_DATA + b'name="name"\r\n\r\n\xff\r\n--x--\r\n', "multipart/form-data; boundary=x"),
        (b"--x\r\n" + b"A: " + b"b" * 9000 + b"\r\n\r\n", "multipart/form-data; boundary=x"),
        (b"garbage", "multipart/form-data; boundary=x"),
        (b"garbage", "multipart/form-data"),
        (b"garbage", "multipart/form-data; boundary=" + "x" * 5000),
    ]  # fmt: skip


def test_bodies_that_are_no_form(client: Clients, service: Service) -> None:
    me = client("submit")
    for body, content_type in _NO_FORMS:
        answer = me.post("/api/v1/models", content=body, headers={"Content-Type": content_type})
        assert (answer.status_code, answer.json()["code"]) == (422, "no-form")
        assert list(service.storage.uploads.iterdir()) == []


def test_a_model_as_the_body(client: Clients, service: Service) -> None:
    me = client("submit")
    raw = {"Content-Type": "application/octet-stream"}
    answer = me.post("/api/v1/models", params={"name": "net", "version": "1"}, content=MODEL, headers=raw)
    assert (answer.status_code, answer.json()["files"]) == (201, {"model.onnx": sha256_of(MODEL)})
    again = me.post("/api/v1/models", params={"name": "net", "version": "1"}, content=MODEL, headers=raw)
    assert (again.status_code, again.json()) == (200, answer.json())
    chunked = iter([MODEL[:3], MODEL[3:]])
    named = {"name": "net", "version": "2", "path": "a/b.onnx"}
    assert me.post("/api/v1/models", params=named, content=chunked, headers=raw).json()["path"] == "a/b.onnx"
    for params, content in (({}, MODEL), ({"name": "net"}, MODEL), ({"name": "net", "version": "3"}, b"")):
        assert me.post("/api/v1/models", params=params, content=content, headers=raw).status_code == 422
    for kind in ("text/plain", "application/zip", "", "application/jsonx"):
        assert me.post("/api/v1/models", content=MODEL, headers={"Content-Type": kind}).status_code == 415
    assert list(service.storage.uploads.iterdir()) == []


def _zip() -> bytes:
    with zipfile.ZipFile(file := io.BytesIO(), "w") as made:
        made.writestr("m.onnx", MODEL)
    return file.getvalue()


def _tar(mode: str) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as made:  # type: ignore[call-overload]  # its modes are literals
        made.addfile(tarfile.TarInfo("m.onnx"), io.BytesIO())
    return file.getvalue()


@pytest.mark.parametrize(
    ("archive", "kind"),
    [
        (_zip(), "zip"), (_tar("w"), "tar"), (_tar("w:gz"), "gzip"), (_tar("w:bz2"), "bzip2"), (_tar("w:xz"), "xz"),
        (gzip.compress(MODEL), "gzip"),
    ],
    ids=["zip", "tar", "tar.gz", "tar.bz2", "tar.xz", "gz"],
)  # fmt: skip
def test_archives_are_refused(archive: bytes, kind: str, client: Clients, service: Service) -> None:
    me = client("submit")
    answers = [
        register(me, "net", "1", archive),
        me.post("/api/v1/models", data={"name": "net", "version": "1"}, files={"file": ("m.onnx", archive)}),
    ]
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (422, "archive")
        assert kind in answer.json()["detail"]
    assert list(service.storage.uploads.iterdir()) == []


def test_models_are_no_archives() -> None:
    for path in sorted((Path(__file__).parents[2] / "sample_models").rglob("*.onnx")):
        assert archive_kind(path.read_bytes()[:512]) is None
    assert archive_kind(b"\x08\x07" + bytes(255) + b"ustar\0" + bytes(249)) is None, "its checksum is wrong"
    assert archive_kind(b"BZh9" + bytes(508)) is None, "pi is not there"


def test_versions_a_page_at_a_time(client: Clients) -> None:
    me = client("submit")
    made = [register(me, "net", str(i)).json() for i in range(5)]
    where = f"/api/v1/models/{made[0]['model']['id']}/versions"
    first = me.get(where, params={"limit": 2}).json()
    second = me.get(where, params={"limit": 3, "cursor": first["next"]}).json()
    assert [one["version"] for one in first["items"] + second["items"]] == ["4", "3", "2", "1", "0"]
    assert second["next"] is None
    for wrong in ("x", "bnVsbA", "W251bGwsbnVsbF0", "WzEsMl0"):
        assert me.get(where, params={"cursor": wrong}).status_code == 422


def test_the_fleet(client: Clients, service: Service) -> None:
    me = client("submit")
    for name in ("b", "a", "Ab"):
        register(me, name, "1")
    register(client("submit", project="other"), "theirs", "1")
    listed = me.get("/api/v1/models").json()
    assert [one["name"] for one in listed["items"]] == ["Ab", "a", "b"]
    assert listed["items"][0]["latest"] is None
    assert [one["name"] for one in me.get("/api/v1/models", params={"name": "A"}).json()["items"]] == ["Ab", "a"]
    asked: dict[str, Any] = {"limit": 1, "sort": "-name"}
    pages: list[str] = []
    while "cursor" not in asked or asked["cursor"]:
        page = me.get("/api/v1/models", params=asked).json()
        pages += [one["name"] for one in page["items"]]
        asked["cursor"] = page["next"]
    assert pages == ["b", "a", "Ab"]
    wrong: list[dict[str, Any]] = [
        {"sort": "size"}, {"opset": 1 << 31}, {"opset": -1}, {"verdict": "good"}, {"limit": 0}, {"cursor": "x"},
    ]  # fmt: skip
    for params in wrong:
        assert me.get("/api/v1/models", params=params).status_code == 422


def test_another_projects_model_is_not_there(client: Clients) -> None:
    mine = register(client("submit"), "net", "1")
    model, version = mine.json()["model"]["id"], mine.json()["id"]
    other = client("admin", project="other")
    own = register(other, "net", "1").json()
    for where in (
        f"/api/v1/models/{model}",
        f"/api/v1/models/{model}/versions",
        f"/api/v1/models/{model}/versions/{version}",
        f"/api/v1/models/{own['model']['id']}/versions/{version}",
        f"/api/v1/models/{model}/versions/{own['id']}",
    ):
        assert other.get(where).status_code == 404, where
    assert other.delete(f"/api/v1/models/{model}").status_code == 404
    assert client("read").get(mine.headers["Location"]).status_code == 200


def test_a_model_that_goes_takes_all_with_it(client: Clients, service: Service) -> None:
    admin = client("admin")
    gone, kept = register(admin, "net", "1").json(), register(admin, "net2", "1", DATA).json()
    store = service.store
    sources = [version_source("default", name, "1") for name in ("net", "net2")]
    ids = [
        store.save(document(), source, subject=name, version="1")
        for source, name in zip(sources, ("net", "net2"), strict=True)
    ]
    store.accept("net", ids[0], reason="good", by="me")
    where = f"/api/v1/models/{gone['model']['id']}"
    assert client("submit").delete(where).status_code == 403
    assert admin.delete(where).status_code == 204
    assert admin.get(where).status_code == 404
    assert admin.delete(where).status_code == 404
    assert store.get(ids[0]) is None
    assert store.accepted("net") is None
    assert store.get(ids[1]) is not None
    assert admin.get(f"/api/v1/models/{kept['model']['id']}/versions/{kept['id']}").status_code == 200
    swept = sweep(store, service.storage, unfinished=0, unused=0, lying=0)
    assert (swept.contents, swept.files) == (1, 1)
    assert blob_size(store, sha256_of(DATA)) == len(DATA)
    assert service.storage.blob("default", sha256_of(DATA)).exists()
    assert admin.get("/api/v1/deeds").json()["items"][0]["what"] == "model.delete"


def test_a_models_history(client: Clients, service: Service) -> None:
    me = client("submit")
    model = register(me, "net", "1").json()["model"]
    for version, findings in (("1", 2), ("2", 1)):
        report = document(findings=findings)
        report["coverage"]["ran"] = ["rule-0", "rule-1"]
        service.store.save(report, version_source("default", "net", version), subject="net", version=version)
    said = me.get(f"/api/v1/models/{model['id']}").json()
    assert (said["id"], said["name"], said["versions"], said["audits"]) == (model["id"], "net", 1, 2)
    newest, first = said["history"]
    assert (newest["version"], newest["changes"]["fixed_count"], newest["changes"]["still"]) == ("2", 1, 1)
    assert (first["version"], first["changes"]["appeared_count"]) == ("1", 2)
    assert [one["state"] for one in said["findings"]] == ["open", "fixed"]


def test_the_verdict_of_now(client: Clients, service: Service) -> None:
    """The policy changes after the audit. One model or one version says what holds now, a list what held then."""
    me, model = client("submit"), register(client("submit"), "net", "1").json()
    where = f"/api/v1/models/{model['model']['id']}"
    job = me.post("/api/v1/audits", json={"version_id": model["id"]}).json()
    finished(service, job["id"])
    before = me.get(where)
    assert (before.json()["latest"]["verdict"], before.json()["latest"]["audit_id"]) == ("fail", job["id"])
    set_policy(service.store, 'fail-on = "never"\n', "me")
    now = me.get(where, headers={"If-None-Match": before.headers["ETag"]})
    assert (now.status_code, now.json()["latest"]["verdict"]) == (200, "pass")
    assert me.get(f"{where}/versions/{model['id']}").json()["audit"]["verdict"] == "pass"
    assert me.get(f"{where}/versions").json()["items"][0]["audit"]["verdict"] == "fail"
    assert me.get("/api/v1/models", params={"verdict": "fail"}).json()["items"][0]["latest"]["verdict"] == "fail"


def test_the_description_names_all_bodies(client: Clients) -> None:
    said = client().get("/api/v1/openapi.json").json()
    body = said["paths"]["/api/v1/models"]["post"]["requestBody"]["content"]
    assert set(body) == {"application/json", "multipart/form-data", "application/octet-stream"}
    assert set(said["components"]["schemas"]["NewVersion"]["properties"]) == {
        "name", "version", "files", "path", "contract"
    }  # fmt: skip
    text = client().get("/api/v1/openapi.json").text
    assert "$defs" not in text
