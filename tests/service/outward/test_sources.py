"""Sources: nothing is allowed by default, and nothing leads out of what is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from auditor.service.context import Service
from auditor.service.outward.sources import (
    LocalSource,
    RemoteSource,
    SourceRefused,
    allowed,
    allowed_source,
    model_at,
    models_of,
)

MODEL = b"\x08\x08\x3a\x03\x12\x01g"  # IR version 8, and a graph called "g"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root with a model, and a secret beside it."""
    folder = tmp_path / "root"
    (folder / "a").mkdir(parents=True)
    (folder / "a" / "model.onnx").write_bytes(MODEL)
    (tmp_path / "secret.onnx").write_bytes(MODEL)
    (tmp_path / "root2").mkdir()
    return folder


def code(text: str, *roots: str | Path, hosts: tuple[str, ...] = ()) -> tuple[int, str]:
    with pytest.raises(SourceRefused) as refused:
        allowed_source(text, tuple(map(str, roots)), hosts)
    assert refused.value.mend
    return refused.value.status, refused.value.code


@pytest.mark.parametrize("text", ["/", "/etc", "https://example.com/m.onnx", "file:///etc/passwd", "", "x"])
def test_nothing_is_allowed_by_default(text: str, service: Service) -> None:
    with pytest.raises(SourceRefused) as refused:
        allowed(service, text)
    assert (refused.value.status, refused.value.code) == (403, "sources-off")


def test_what_lies_below_a_root(root: Path, service: Service) -> None:
    told = service._replace(roots=("/nowhere", str(root)))
    for path in (root, root / "a", root / "a" / "model.onnx"):
        assert allowed(told, str(path)) == LocalSource(str(path), str(root))
    assert allowed(told, f"{root}/a/../a//./model.onnx") == LocalSource(str(root / "a" / "model.onnx"), str(root))


def test_a_root_that_is_a_link(root: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(root)
    for text, given in ((tmp_path / "link" / "a", root), (root / "a", tmp_path / "link")):
        assert allowed_source(str(text), [str(given)], ()) == LocalSource(str(root / "a"), str(root))


def test_the_whole_disk_may_be_a_root(root: Path) -> None:
    assert allowed_source(str(root), ["/"], ()) == LocalSource(str(root), "/")


@pytest.mark.parametrize(
    "way", ["..", "../secret.onnx", "../root2", "a/../../secret.onnx", "out", "out/secret.onnx", "file", "../rootless"]
)
def test_no_way_leads_out(way: str, root: Path, tmp_path: Path) -> None:
    (root / "out").symlink_to(tmp_path)
    (root / "file").symlink_to(tmp_path / "secret.onnx")
    assert code(f"{root}/{way}", root) == (403, "source-not-allowed")


def test_whether_something_is_there_outside_is_not_told(root: Path, tmp_path: Path) -> None:
    messages = set()
    for path in (tmp_path / "secret.onnx", tmp_path / "nothing"):
        with pytest.raises(SourceRefused) as refused:
            allowed_source(str(path), [str(root)], ())
        messages.add(str(refused.value))
    assert len(messages) == 1


@pytest.mark.parametrize("text", ["a", "./a", "~", "a\0b", "/a\0b", "/a\nb", "/" + "a" * 5000, ""])
def test_what_is_no_path(text: str, root: Path) -> None:
    assert code(text, root) == (422, "source")


def test_what_is_not_there(root: Path) -> None:
    assert code(f"{root}/b", root) == (422, "no-such-source")


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "FILE:///etc/passwd", "ftp://models.test/x", "http://other.test/", "http://127.0.0.1/"],
)
def test_a_url_that_is_not_allowed(url: str, root: Path) -> None:
    assert code(url, root, hosts=("models.test",)) == (403, "source-not-allowed")
    assert code(url, root) == (403, "source-not-allowed")


def test_a_url_of_an_allowed_host() -> None:
    assert allowed_source("https://Models.test:443/m.onnx", (), ["models.test"]) == RemoteSource(
        "https://models.test/m.onnx"
    )


def found(path: Path, root: Path) -> tuple[list[str], list[str]]:
    """The models that lie there, and the lines on what could not be read."""
    troubles: list[str] = []
    source = allowed_source(str(path), [str(root)], ())
    assert isinstance(source, LocalSource)
    return [os.path.relpath(ref.path, root) for ref in models_of(source, troubles)], troubles


def test_models_of_a_folder(root: Path, tmp_path: Path) -> None:
    """A link to a model outside is told, and is not a model."""
    (root / "b.onnx").symlink_to(tmp_path / "secret.onnx")
    (root / "c.onnx").symlink_to(root / "a" / "model.onnx")
    models, troubles = found(root, root)
    assert models == ["c.onnx", "a/model.onnx"]
    assert [line.partition(": ")[2] for line in troubles] == ["b.onnx leads out of the folder that is allowed"]


def test_a_manifest_does_not_lead_out(root: Path, tmp_path: Path) -> None:
    (root / "models.csv").write_text(f"path\na/model.onnx\n../secret.onnx\n{tmp_path}/secret.onnx\n/etc/passwd\n")
    models, troubles = found(root / "models.csv", root)
    assert models == ["a/model.onnx"]
    assert len(troubles) == 3 and all("leads out" in line for line in troubles)


def test_a_triton_repository(root: Path, tmp_path: Path) -> None:
    """Its names and versions are known; a configuration that is a link out of the root is not read for anybody."""
    for name in ("good", "bad"):
        (root / name / "1").mkdir(parents=True)
        (root / name / "1" / "model.onnx").write_bytes(MODEL)
    (root / "good" / "config.pbtxt").write_text('backend: "onnxruntime"')
    (tmp_path / "config.pbtxt").write_text('backend: "onnxruntime"')
    (root / "bad" / "config.pbtxt").symlink_to(tmp_path / "config.pbtxt")
    models, troubles = found(root, root)
    assert models == ["good/1/model.onnx"]
    assert any("config.pbtxt leads out" in line for line in troubles)


def test_a_hugging_face_cache(root: Path) -> None:
    """Its snapshots are links into blobs: they stay within."""
    snapshot = root / "models--org--name" / "snapshots" / ("0" * 40)
    blobs = root / "models--org--name" / "blobs"
    snapshot.mkdir(parents=True)
    blobs.mkdir()
    (blobs / "x").write_bytes(MODEL)
    (snapshot / "model.onnx").symlink_to("../../blobs/x")
    models, _ = found(root / "models--org--name", root)
    assert [Path(path).name for path in models] == ["model.onnx"]


def test_one_model_with_what_a_registry_around_it_says(root: Path, tmp_path: Path) -> None:
    (root / "named" / "3").mkdir(parents=True)
    (root / "named" / "3" / "model.onnx").write_bytes(MODEL)
    (root / "named" / "config.pbtxt").write_text('backend: "onnxruntime"')
    path = str(root / "named" / "3" / "model.onnx")
    ref = model_at(LocalSource(path, str(root)))
    assert (ref.name, ref.version) == ("named", "3")
    assert model_at(LocalSource(path, str(root / "named" / "3"))).path == path, (
        "what is said outside of the root does not count"
    )
    with pytest.raises(SourceRefused):
        model_at(LocalSource(str(tmp_path / "secret.onnx"), str(root)))


def test_a_refusal_is_a_problem(service: Service) -> None:
    """As a route gives it on."""
    from starlette.testclient import TestClient

    from auditor.service.app import app

    made = app(service)
    made.add_api_route("/api/v1/etc", lambda: allowed(service, "/etc"))
    asked = TestClient(made, base_url="http://127.0.0.1").get("/api/v1/etc")
    assert (asked.status_code, asked.json()["code"]) == (403, "sources-off")
    assert asked.json()["mend"] and asked.headers["content-type"] == "application/problem+json"
