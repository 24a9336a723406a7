"""Registries written by the libraries that people write them with (the extra `registries`)."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from onnx import ModelProto, parser

from auditor.batch import sources
from auditor.pipeline import audit
from auditor.settings import Settings

TEXT = '<ir_version: 8, opset_import: ["" : 17]>\nagraph (float[N, 4] x) => (float[N, 4] y) { y = Relu(x) }'


def model() -> ModelProto:
    return parser.parse_model(TEXT)


# ---- MLflow


def signature(dtype: str = "float32", width: int = 4, name: str = "x"):  # type: ignore[no-untyped-def]  # MLflow's own
    import numpy as np
    from mlflow.models import ModelSignature
    from mlflow.types import Schema, TensorSpec

    return ModelSignature(
        Schema([TensorSpec(np.dtype(dtype), (-1, width), name)]),
        Schema([TensorSpec(np.dtype("float32"), (-1, 4), "y")]),
    )


@pytest.mark.parametrize(
    ("changes", "both"),
    [
        ({}, []),
        ({"dtype": "int64"}, [("int64", "float32")]),
        ({"width": 3}, [("[?, 3]", "[N, 4]")]),
        ({"name": "data"}, [("data", "x")]),
    ],
)
def test_an_artifact_that_mlflow_saved(tmp_path: Path, changes: dict[str, object], both: list[object]) -> None:
    pytest.importorskip("pandas")
    mlflow_onnx = pytest.importorskip("mlflow.onnx")
    mlflow_onnx.save_model(model(), str(tmp_path / "saved"), signature=signature(**changes))  # type: ignore[arg-type]  # keywords of the test
    source = sources.source_at(str(tmp_path / "saved"))
    (ref,) = source.models()
    assert (source.kind, ref.name, Path(ref.path).name) == ("mlflow", "saved", "model.onnx")
    assert ref.version and ref.metadata["providers"] == "CUDAExecutionProvider, CPUExecutionProvider"
    assert not ref.troubles and "model_id" not in ref.metadata
    report = audit(ref.path, Settings(run=False, weights=False), ref.contract)
    assert [(f.expected, f.actual) for f in report.findings if f.rule == "contract-mismatch"] == both


def test_an_artifact_with_external_data_that_mlflow_saved(tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    mlflow_onnx = pytest.importorskip("mlflow.onnx")
    import numpy as np
    from onnx import numpy_helper

    large = model()
    large.graph.initializer.append(numpy_helper.from_array(np.ones((600, 600), np.float32), "w"))
    mlflow_onnx.save_model(large, str(tmp_path / "saved"), save_as_external_data=True)
    (ref,) = sources.source_at(str(tmp_path / "saved")).models()
    assert len(ref.files) == 3 and not ref.troubles
    report = audit(ref.path, Settings(run=False, weights=False), ref.contract)
    assert report.model.files == (Path(ref.files[1]).name,)


def test_runs_that_mlflow_logged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pandas")
    mlflow_onnx = pytest.importorskip("mlflow.onnx")
    import mlflow

    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.chdir(tmp_path)
    mlflow.set_tracking_uri((tmp_path / "mlruns").as_uri())
    with mlflow.start_run() as run:
        for name in ("production", "production", None):
            mlflow_onnx.log_model(model(), name="net", signature=signature(), registered_model_name=name)
    mlflow.MlflowClient().set_registered_model_alias("production", "champion", "1")
    (tmp_path / "mlruns").rename(tmp_path / "elsewhere")  # as from a backup
    for place in ("elsewhere", "mlruns"):
        if place == "mlruns":
            (tmp_path / "elsewhere").rename(tmp_path / place)
        source = sources.source_at(str(tmp_path / place))
        found = sorted(source.models(), key=lambda r: (r.name != "production", r.version))
        assert source.kind == "mlflow" and source.troubles == []
        assert [(r.name, r.version) for r in found[:2]] == [("production", "1"), ("production", "2")]
        assert found[0].metadata["aliases"] == "champion" and "aliases" not in found[1].metadata
        assert found[2].name.endswith("/artifacts")
        for ref in found:
            assert ref.metadata["run_id"] == run.info.run_id and ref.contract is not None and not ref.troubles


# ---- Hugging Face


@contextmanager
def hub(revision: str, files: dict[str, bytes]) -> Iterator[str]:
    """As much of huggingface.co as a download asks for, on this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._answer(body=False)

        def do_GET(self) -> None:
            self._answer(body=True)

        def _answer(self, *, body: bool) -> None:
            data = files.get(self.path.partition("/resolve/")[2].partition("/")[2])
            self.send_response(404 if data is None else 200)
            self.send_header("X-Repo-Commit", revision)
            if data is None:
                self.send_header("X-Error-Code", "EntryNotFound")
            self.send_header("ETag", f'"{hashlib.sha256(data or b"").hexdigest()}"')
            self.send_header("Content-Length", str(len(data or b"")))
            self.end_headers()
            if body:
                self.wfile.write(data or b"")

        def log_message(self, *_: object) -> None:
            """Nothing: the test's output is its own."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def test_a_cache_that_huggingface_hub_filled(tmp_path: Path) -> None:
    huggingface_hub = pytest.importorskip("huggingface_hub")
    import numpy as np
    from onnx import numpy_helper, save_model

    large = model()
    large.graph.initializer.append(numpy_helper.from_array(np.ones((600, 600), np.float32), "w"))
    save_model(large, tmp_path / "model.onnx", save_as_external_data=True, location="model.onnx_data")
    revision = "ab" * 20
    files = {
        "config.json": b'{"model_type": "bert"}',
        "onnx/model.onnx": (tmp_path / "model.onnx").read_bytes(),
        "onnx/model.onnx_data": (tmp_path / "model.onnx_data").read_bytes(),
        "onnx/model_fp16.onnx": model().SerializeToString(),
    }
    with hub(revision, files) as endpoint:
        for name in files:
            huggingface_hub.hf_hub_download(
                "org/net", name, cache_dir=tmp_path / "cache", endpoint=endpoint, token=False
            )
    source = sources.source_at(str(tmp_path / "cache"))
    found = list(source.models())
    assert source.kind == "huggingface" and source.troubles == []
    assert [(r.name, r.version, r.metadata["refs"]) for r in found] == [
        ("org/net/onnx/model", revision, "main"),
        ("org/net/onnx/model_fp16", revision, "main"),
    ]
    assert [Path(f).name for f in found[0].files] == ["model.onnx", "model.onnx_data", "config.json"]
    assert all(Path(f).is_symlink() for f in found[0].files) and not found[0].troubles
    report = audit(found[0].path, Settings(run=False, weights=False))
    assert "unreadable-external-data" not in {f.rule for f in report.findings}
