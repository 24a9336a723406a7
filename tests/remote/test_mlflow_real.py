"""A real tracking server of MLflow, asked what test_mlflow_server.py asks the one that stands in for it."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest
import urllib3

from auditor.remote.failures import NotAllowedThere, NotThatContent, NotThere
from auditor.remote.kinds import registry_at
from auditor.remote.listing import FetchLimits, ListedVersion, RemoteKind
from auditor.remote.tracking.registered import ModelRegistry
from tests.pace import HANG, until
from tests.ports import kept_port, port_of

from .moto_s3 import serving_s3
from .tracking import MLMODEL

MODEL = bytes(range(256)) * 400
_asked = urllib3.PoolManager(timeout=HANG, retries=False)


def _program() -> list[str]:
    """What starts ``mlflow server``: of this environment, else the one that the environment names."""
    if named := os.environ.get("AUDITOR_TEST_MLFLOW"):
        return [named]
    if (
        importlib.util.find_spec("mlflow") is not None
        and importlib.util.find_spec("mlflow.server.handlers") is not None
    ):
        return [sys.executable, "-m", "mlflow"]
    found = shutil.which("mlflow")
    if found is None:
        pytest.skip(
            "no mlflow server: pip install mlflow, or AUDITOR_TEST_MLFLOW=/path/to/another/environment/bin/mlflow"
        )
    return [found]


class Real:
    """The server, asked by its REST API alone: what is put there is none of our code's doing."""

    def __init__(self, base: str) -> None:
        self.base = base

    def post(self, path: str, said: dict[str, Any]) -> Any:
        body, headers = json.dumps(said).encode(), {"Content-Type": "application/json"}
        answer = _asked.request("POST", f"{self.base}/api/2.0/mlflow/{path}", body=body, headers=headers)
        assert answer.status == 200, answer.data
        return json.loads(answer.data)

    def put(self, name: str, files: dict[str, bytes], *, runs: bool = False) -> str:
        """Register a version; its artifacts' place."""
        info = self.post("runs/create", {"experiment_id": "0"})["run"]["info"]
        root = info["artifact_uri"].removeprefix("mlflow-artifacts:/")
        for file, content in files.items():
            self.put_file(f"{root}/model/{file}", content)
        source = f"runs:/{info['run_id']}/model" if runs else f"{info['artifact_uri']}/model"
        self.post("model-versions/create", {"name": name, "source": source, "run_id": info["run_id"]})
        return f"{root}/model"

    def put_file(self, path: str, content: bytes) -> None:
        answer = _asked.request("PUT", f"{self.base}/api/2.0/mlflow-artifacts/artifacts/{path}", body=content)
        assert answer.status == 200, answer.data


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    program, folder = _program(), tmp_path_factory.mktemp("mlflow")
    kept = kept_port()
    port = port_of(kept)
    where = [
        "--backend-store-uri",
        f"sqlite:///{folder}/db.sqlite",
        "--artifacts-destination",
        str(folder / "artifacts"),
    ]
    process = subprocess.Popen(
        [*program, "server", *where, "--host", "127.0.0.1", "--port", str(port), "--workers", "1"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder, start_new_session=True,
        env={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "HOME": str(folder)},
    )  # fmt: skip
    base = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        assert process.poll() is None, "mlflow server ended"
        try:
            return _asked.request("GET", f"{base}/health").status == 200
        except urllib3.exceptions.HTTPError:
            return False

    try:
        until(answers, "the tracking server's answer")
        yield Real(base)
    finally:
        os.killpg(process.pid, 15)
        process.wait()
        kept.close()


@pytest.fixture
def name(real: Real, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A registered model of this test's own."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", real.base)
    monkeypatch.delenv("MLFLOW_REGISTRY_URI", raising=False)
    name = f"it's {request.node.name[-20:]}"
    real.post("registered-models/create", {"name": name})
    return name


def opened(address: str) -> RemoteKind:
    kind = registry_at(address, FetchLimits(floor=0))
    assert isinstance(kind, RemoteKind)
    return kind


def one(address: str) -> ListedVersion:
    (found,) = opened(address).versions()
    return found


FILES = {"MLmodel": MLMODEL.format(data="model.onnx").encode(), "model.onnx": MODEL, "w.bin": b"abc"}


def test_versions_aliases_and_files(real: Real, name: str) -> None:
    real.put(name, FILES)
    real.put(name, FILES, runs=True)
    real.post("registered-models/alias", {"name": name, "alias": "champion", "version": "2"})
    kind = opened(f"models:/{name}")
    first, second = kind.versions()
    assert (first.version, second.version, second.metadata["aliases"]) == ("1", "2", "champion")
    assert one(f"models:/{name}@champion") == one(f"models:/{name}/latest") == one(second.address)
    for version in (first, second):
        assert version.model.size == len(MODEL) and version.model.etag
        assert b"".join(kind.pieces(version.model, 0)) == MODEL
        assert b"".join(kind.pieces(version.model, 99_999)) == MODEL[99_999:]
        data = kind.beside(version, "w.bin")
        assert data is not None and b"".join(kind.pieces(data, 1)) == b"bc"
        assert kind.beside(version, "absent") is None
    with pytest.raises(NotThere):
        one(f"models:/{name}/9")
    with pytest.raises(NotThere):
        one(f"models:/{name}@nobody")
    with pytest.raises(NotThere):
        one("models:/absent")


def test_a_file_that_was_exchanged_meanwhile(real: Real, name: str) -> None:
    place = real.put(name, FILES)
    kind = opened(f"models:/{name}/1")
    (version,) = kind.versions()
    real.put_file(f"{place}/model.onnx", MODEL[:-1])
    with pytest.raises(NotThatContent, match="was exchanged"):
        b"".join(kind.pieces(version.model, 1000))


def test_all_of_a_registry_page_after_page(real: Real, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        real.put(name, {"MLmodel": b"flavors: {sklearn: {data: model.pkl}}"})
    monkeypatch.setattr("auditor.remote.tracking.registered._PAGE", 2)
    kind = opened("models:/")
    registry = kind._registry  # type: ignore[attr-defined]  # what is listed, whatever its framework
    assert isinstance(registry, ModelRegistry)
    found = [version.version for version in registry.versions(kind._wanted) if version.name == name]  # type: ignore[attr-defined]
    assert found == ["1", "2", "3", "4", "5"]
    assert not [version for version in kind.versions() if version.name == name]


def test_a_tag_that_is_written_is_there(real: Real, name: str) -> None:
    real.put(name, FILES)
    kind = opened(f"models:/{name}/1")
    registry = kind._registry  # type: ignore[attr-defined]  # as writing back uses it
    registry.set_tag(name, "1", "auditor.verdict", "pass")
    answer = _asked.request(
        "GET", f"{real.base}/api/2.0/mlflow/model-versions/get", fields={"name": name, "version": "1"}
    )
    assert json.loads(answer.data)["model_version"]["tags"] == [{"key": "auditor.verdict", "value": "pass"}]
    with pytest.raises(NotThere):
        registry.set_tag(name, "9", "auditor.verdict", "pass")


def test_artifacts_in_an_object_store(real: Real, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read there with its own credentials, in parts too."""
    with serving_s3("mlflow") as (url, client):
        for file, content in FILES.items():
            client.put_object(Bucket="mlflow", Key=f"art/det/{file}", Body=content)
        real.post("model-versions/create", {"name": name, "source": "s3://mlflow/art/det"})
        real.put(name, FILES)
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
        kind = opened(f"models:/{name}")
        first, second = kind.versions()
        assert first.model.size == len(MODEL) and first.contract is not None
        assert b"".join(kind.pieces(first.model, 99_999)) == MODEL[99_999:]
        part = kind.part(first.model, 256, 512, first.model.etag)
        assert part is not None and (part.data, part.size) == (MODEL[256:768], len(MODEL))
        data = kind.beside(first, "w.bin")
        assert data is not None and b"".join(kind.pieces(data, 0)) == b"abc"
        assert b"".join(kind.pieces(second.model, 0)) == MODEL
        assert kind.part(second.model, 0, 9) is None


def test_artifacts_in_a_folder(real: Real, name: str, tmp_path: Path) -> None:
    """Of a server that keeps them so, below the folder that may be read."""
    place = (tmp_path / "kept").as_uri()
    experiment = real.post("experiments/create", {"name": name, "artifact_location": place})["experiment_id"]
    info = real.post("runs/create", {"experiment_id": experiment})["run"]["info"]
    folder = Path(url2pathname(urlsplit(info["artifact_uri"]).path)) / "model"
    folder.mkdir(parents=True)
    for file, content in FILES.items():
        (folder / file).write_bytes(content)
    said = {"name": name, "source": f"runs:/{info['run_id']}/model", "run_id": info["run_id"]}
    real.post("model-versions/create", said)
    kind = registry_at(f"models:/{name}", FetchLimits(floor=0, artifact_root=str(tmp_path)))
    assert isinstance(kind, RemoteKind)
    (version,) = kind.versions()
    assert b"".join(kind.pieces(version.model, 0)) == MODEL
    (version,) = opened(f"models:/{name}").versions()
    with pytest.raises(NotAllowedThere, match="--artifact-root FOLDER says"):
        kind.pieces(version.model, 0)
