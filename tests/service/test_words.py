"""What `auditor check` says the service says, word for word: the same model, files and policy, in every format."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from auditor.formats import formats
from auditor.service.answers.forms import MEDIA_TYPES
from auditor.service.context import Service
from auditor.service.files.storage import Storage
from auditor.store import tokens
from auditor.store.policies import set_policy
from auditor.store.works import Works
from tests.service.conftest import application
from tests.service.registering import dispatched, registered

SAMPLES = Path(__file__).parents[2] / "sample_models"
POLICY = """
run = false
fail-on = "warning"

[limits]
parameters = { max = 1000 }

[[models]]
match = "nan_*.onnx"
severity = { nan-weights = "note" }
"""
MODELS = {
    "lenet": ("lenet5.onnx", SAMPLES / "lenet5" / "lenet5.onnx"),
    "nan": ("nan_weights.onnx", SAMPLES / "broken" / "nan_weights.onnx"),
    "bias": ("wrong_bias.onnx", SAMPLES / "broken" / "wrong_bias.onnx"),
}

Said = Callable[..., str]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Three models, audited without a run as the project's policy has it."""
    folder = tmp_path_factory.mktemp("service")
    storage = Storage(folder / "storage")
    with Works.open(folder / "reports.db") as store:
        yield Service(store, storage, secret=storage.secret())


@pytest.fixture(scope="module")
def asked(service: Service) -> dict[str, str]:
    """The audits, by model."""
    set_policy(service.store, POLICY, "somebody")
    client = _client(service)
    made = {}
    for name, (path, file) in MODELS.items():
        version = registered(service, name, files={path: file.read_bytes()})
        answer = client.post("/api/v1/audits", json={"version_id": version.id})
        assert answer.status_code == 202, answer.text
        made[name] = answer.json()["id"]
    dispatched(service)
    return made


def _client(service: Service) -> TestClient:
    _, text = tokens.create(service.store, "somebody", ["submit", "accept"])
    return TestClient(application(service), base_url="http://127.0.0.1", headers={"Authorization": f"Bearer {text}"})


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Said:
    """What `auditor check` prints of a model in a folder of its own, with the policy beside it."""
    from auditor.cli.app import run

    monkeypatch.setenv("AUDITOR_DB", str(tmp_path / "own.db"))

    def said(command: str, name: str, *options: str) -> str:
        path, file = MODELS[name]
        (tmp_path / path).write_bytes(file.read_bytes())
        (tmp_path / "auditor.toml").write_text(POLICY)
        monkeypatch.chdir(tmp_path)
        capsys.readouterr()
        run([command, path, *options])
        return capsys.readouterr().out

    return said


def _without_times(text: str) -> str:
    text = re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(Z|\+00:00)?( UTC)?", "TIME", text)
    return re.sub(r'(time|"seconds")(="|: )[0-9.]+', r"\1\2SECONDS", text)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("form", [form for form in formats() if form != "html"])
def test_every_format_is_that_of_check(
    form: str, name: str, service: Service, asked: dict[str, str], check: Said
) -> None:
    answer = _client(service).get(f"/api/v1/audits/{asked[name]}", params={"format": form})
    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == MEDIA_TYPES[form]
    assert _without_times(answer.text) == _without_times(check("check", name, "--format", form, "--no-store"))


@pytest.mark.parametrize("name", MODELS)
def test_the_page_is_that_of_check(name: str, service: Service, asked: dict[str, str], check: Said) -> None:
    """With the graph, which the worker drew while it had the model."""
    early = _client(service).get(f"/api/v1/audits/{asked[name]}", params={"format": "html"})
    assert ("is being drawn" in early.text) == ("retry-after" in early.headers)
    dispatched(service)  # of audits that others waited behind the page is drawn when somebody asks
    answer = _client(service).get(f"/api/v1/audits/{asked[name]}", params={"format": "html"})
    page = check("check", name, "--format", "html", "--no-store")
    assert all('<section id="model"' in text for text in (answer.text, page))
    for section in ("missed", "model", "graph", "rules"):
        part = re.compile(f'<section id="{section}".*?</section>', re.DOTALL)
        ours, theirs = part.findall(_without_times(answer.text)), part.findall(_without_times(page))
        assert ours == theirs, section
    assert '<section id="graph"' in answer.text and "retry-after" not in answer.headers
    assert answer.headers["content-security-policy"].startswith("sandbox allow-scripts")


@pytest.mark.parametrize("name", MODELS)
def test_the_gate_says_what_gate_says(name: str, service: Service, asked: dict[str, str], check: Said) -> None:
    told = _client(service).get("/api/v1/gate", params={"model": name}).json()
    said = json.loads(check("gate", name, "--format", "json"))
    assert told["verdict"] == said["verdict"]
    assert told["reasons"] == said["gate"]["reasons"]
    assert told["policy"] == said["gate"]["policy"] == "auditor.toml"
    assert told["findings"] == len(said["findings"])


def test_the_audit_holds_the_report_of_now(service: Service, asked: dict[str, str], check: Said) -> None:
    told = _client(service).get(f"/api/v1/audits/{asked['bias']}").json()
    report: dict[str, Any] = json.loads(check("check", "bias", "--format", "json", "--no-store"))
    assert told["verdict"] == report["verdict"] == "fail"
    assert told["errors"] == sum(found["severity"] == "error" for found in report["findings"]) > 0
    assert told["report"] == {**report, "audited_at": told["report"]["audited_at"]}


def test_the_report_of_a_model_that_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, check: Said) -> None:
    """But for times and the isolation of the run."""
    storage = Storage(tmp_path / "storage")
    with Works.open(tmp_path / "reports.db") as store:
        service = Service(store, storage, secret=storage.secret())
        set_policy(store, POLICY.replace("run = false", ""), "somebody")
        monkeypatch.setattr("tests.service.test_words.POLICY", POLICY.replace("run = false", ""))
        path, file = MODELS["lenet"]
        vectors = {str(one.relative_to(file.parent)): one.read_bytes() for one in sorted(file.parent.rglob("*.pb"))}
        (tmp_path / "test_data_set_0").mkdir()
        for place, data in vectors.items():
            (tmp_path / place).write_bytes(data)
        version = registered(service, "lenet", files={path: file.read_bytes(), **vectors}, path=path)
        client = _client(service)
        job = client.post("/api/v1/audits", json={"version_id": version.id}).json()
        dispatched(service)
        told = client.get(f"/api/v1/audits/{job['id']}", params={"format": "json"}).json()
    report = json.loads(check("check", "lenet", "--format", "json", "--no-store"))
    assert report["run"]["status"] == "ok" and report["run"]["golden"]
    for one in (told, report):
        one["audited_at"] = one["run"]["seconds"] = one["run"]["isolation"] = None
        for attempt in (*one["run"]["attempts"], *one["run"]["levels"]):
            attempt.pop("seconds", None)
    assert told == report
