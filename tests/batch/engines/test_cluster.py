"""Dask itself: its processes killed, its scheduler restarted, and a cluster of a batch's own."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from auditor.batch.engine import EngineLost
from auditor.batch.engines.dask import DaskEngine, Needs
from auditor.batch.engines.needs import needs_of
from auditor.batch.engines.where import Cluster
from auditor.batch.pool import WorkerLimits
from auditor.cli.app import run
from auditor.settings import Settings
from tests.batch.dask_campaign import campaign, where_is
from tests.batch.kills import WRONG

from .clusters import DaskCluster, make_certificates

pytestmark = pytest.mark.skipif(
    find_spec("distributed") is None or find_spec("cryptography") is None,
    reason="Dask is not installed: pip install 'auditor[dask]'",
)

SAMPLES = Path(__file__).parents[3] / "sample_models"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    """Two workers, with certificates; a task is given up with the first worker that dies of it."""
    folder = tmp_path_factory.mktemp("cluster")
    with DaskCluster(folder, 2, deaths=1, certificates=make_certificates(folder)) as made:
        yield made


def test_nothing_is_lost_or_doubled_when_a_worker_is_killed_and_the_scheduler_restarted(
    cluster: DaskCluster, tmp_path: Path
) -> None:
    seed = random.randrange(1 << 32)
    print(f"python -m tests.batch.dask_campaign --only kills --models 120 --seed {seed}")
    figures = campaign(tmp_path, cluster, 120, seed)
    assert {name: figures[name] for name in (*WRONG, "integrity")} == {**dict.fromkeys(WRONG, 0), "integrity": "ok"}
    assert figures["models"] == figures["acknowledged"] == 120


def test_a_worker_with_another_auditor_is_refused(cluster: DaskCluster) -> None:
    refused = pytest.raises(EngineLost, match=r"a worker of the scheduler tls://.* has auditor .*, and here is 0\.0")
    with refused, DaskEngine(1, WorkerLimits(), where_is(cluster), Needs({"auditor": "0.0"})) as engine:
        assert engine.processor


def test_models_for_a_card_wait_for_a_worker_that_has_one_and_not_for_ever(cluster: DaskCluster) -> None:
    needs = needs_of(Settings(provider="cuda"))
    assert needs.resources == {"GPU": 1.0}
    refused = pytest.raises(EngineLost, match=r"has no worker with the resource GPU for 0\.5 seconds")
    with refused, DaskEngine(1, WorkerLimits(), where_is(cluster, 0.5), needs) as engine:
        assert engine.processor


def test_a_scheduler_that_is_not_there_is_waited_for_and_not_for_ever() -> None:
    nobody = Cluster("tcp://127.0.0.1:9", patience=0.1)
    refused = pytest.raises(EngineLost, match=r"scheduler tcp://127\.0\.0\.1:9 does not answer within 0\.1 seconds")
    with refused, DaskEngine(1, WorkerLimits(), nobody, Needs({})) as engine:
        assert engine.processor


def test_a_batch_with_a_cluster_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Paths are those that were said, though workers are elsewhere; the run is isolated as the worker can."""
    monkeypatch.chdir(SAMPLES.parent)
    monkeypatch.setenv("AUDITOR_DB", str(tmp_path / "reports.db"))
    words = ["batch", "sample_models/resnet_block.onnx", "--format", "json", "--no-weights"]
    assert run([*words, "--engine", "dask", "--jobs", "1"]) == 0
    by_dask = json.loads(capsys.readouterr().out)
    assert run([*words, "--jobs", "1"]) == 0
    reused = json.loads(capsys.readouterr().out)
    assert reused["reused"] and reused["run"] == by_dask["run"] and not by_dask["reused"]
    assert by_dask["run"]["isolation"]["level"]
    assert by_dask["model"]["path"] == "sample_models/resnet_block.onnx"
