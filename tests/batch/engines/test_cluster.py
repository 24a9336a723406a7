"""Dask itself: its processes killed, its scheduler restarted, and a cluster of a batch's own."""

from __future__ import annotations

import json
import random
import socket
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from auditor.batch.engine import EngineLost
from auditor.batch.engines.dask import DaskEngine, Needs
from auditor.batch.engines.needs import needs_of
from auditor.batch.engines.where import Cluster
from auditor.batch.tasks import Returned, WorkerLimits
from auditor.cli.app import run
from auditor.settings import Settings
from tests.batch.dask_campaign import campaign, where_is
from tests.batch.kills import WRONG
from tests.pace import HANG, until

from .clusters import DaskCluster, make_certificates

pytestmark = pytest.mark.skipif(
    find_spec("distributed") is None or find_spec("cryptography") is None,
    reason="Dask is not installed: pip install 'auditor[dask]'",
)

SAMPLES = Path(__file__).parents[3] / "sample_models"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    """Two workers, with certificates, and with a card as they say."""
    folder = tmp_path_factory.mktemp("cluster")
    with DaskCluster(folder, 2, certificates=make_certificates(folder), resources="GPU=1") as made:
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


def test_models_for_a_card_go_to_a_worker_that_has_one(cluster: DaskCluster) -> None:
    needs = needs_of(Settings(provider="tensorrt,cuda"))
    assert needs.resources == {"GPU": 1.0} and not needs_of(Settings(provider="openvino")).resources
    needs = needs._replace(runs_models=lambda function: function is abs)
    with DaskEngine(1, WorkerLimits(), where_is(cluster), needs) as engine:
        assert engine.processor
        engine.submit(abs, -1)
        assert [task.result for task in engine.as_completed()] == [Returned(1)]


def test_they_wait_for_one_and_not_for_ever(cluster: DaskCluster) -> None:
    needs = Needs({}, resources={"GPU": 2.0})

    def refusal() -> str:
        with (
            pytest.raises(EngineLost) as refused,
            DaskEngine(1, WorkerLimits(), where_is(cluster, 0.5), needs) as engine,
        ):
            assert engine.processor
        # Half a second is little for a scheduler that is held: it is asked again.
        return "" if "does not answer within 0.5 seconds" in str(refused.value) else str(refused.value)

    assert "has no worker with the resource GPU for 0.5 seconds" in until(refusal, "the scheduler's answer")


def test_a_scheduler_that_is_not_there_is_waited_for_and_not_for_ever() -> None:
    nobody = Cluster("tcp://127.0.0.1:9", patience=0.1)
    refused = pytest.raises(EngineLost, match=r"scheduler tcp://127\.0\.0\.1:9 does not answer within 0\.1 seconds")
    with refused, DaskEngine(1, WorkerLimits(), nobody, Needs({})) as engine:
        assert engine.processor


def test_a_batch_by_a_scheduler(
    cluster: DaskCluster, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Paths are those that were said, though workers are elsewhere; the run is isolated as the worker can."""
    assert cluster.certificates is not None
    monkeypatch.chdir(SAMPLES.parent)
    monkeypatch.setenv("AUDITOR_DB", str(tmp_path / "reports.db"))
    words = ["batch", "sample_models/resnet_block.onnx", "--format", "json", "--no-weights"]
    by_dask = ["--engine", "dask", "--scheduler", cluster.address]
    for option, file in zip(("--tls-ca", "--tls-cert", "--tls-key"), cluster.certificates, strict=True):
        by_dask += [option, str(file)]
    assert run([*words, *by_dask]) == 0
    fresh = json.loads(capsys.readouterr().out)
    assert fresh["model"]["path"] == "sample_models/resnet_block.onnx" and not fresh["reused"]
    assert fresh["run"]["status"] == "ok" and fresh["run"]["isolation"]["level"]
    assert run([*words, "--jobs", "1"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert again.pop("reused") and not fresh.pop("reused") and again == fresh


def test_without_certificates_nobody_speaks_with_it(
    cluster: DaskCluster, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line, and not a pass."""
    monkeypatch.setenv("DASK_CONFIG", str(tmp_path))
    words = ["batch", str(SAMPLES / "resnet_block.onnx"), "--no-store", "--no-run", "--engine", "dask"]
    assert run([*words, "--scheduler", cluster.address]) == 4
    assert "tls:// needs certificates: --tls-ca, --tls-cert and --tls-key" in capsys.readouterr().err
    no_key = tmp_path / "key.pem"
    no_key.write_text("no key")
    assert cluster.certificates is not None
    words += ["--tls-ca", str(cluster.certificates.ca), "--tls-cert", str(cluster.certificates.cert)]
    assert run([*words, "--tls-key", str(no_key), "--scheduler", cluster.address]) == 4
    assert "the certificates cannot be used" in capsys.readouterr().err


def test_a_cluster_of_its_own_grows_with_what_waits_and_is_closed_to_others() -> None:
    import psutil

    with DaskEngine(2, WorkerLimits(), Cluster(adaptive=True), Needs({})) as engine:
        assert engine.processor and engine.jobs == 1
        for n in range(4):
            engine.submit(abs, -n)
        assert sorted(task.result.value for task in engine.as_completed()) == [0, 1, 2, 3]  # type: ignore[union-attr]
        for _ in range(8):
            engine.submit(time.sleep, 1.0)
        done = engine.as_completed()

        def grown() -> bool:
            if engine.jobs < 2 and engine.outstanding < 8:
                engine.submit(time.sleep, 1.0)
            next(done)
            return engine.jobs == 2

        until(grown, "a second worker")
        bridge = psutil.Process(engine._bridge.pid)
        kin = [bridge, *bridge.children(recursive=True)]
        ends = {one.laddr for who in kin for one in who.net_connections("inet") if one.status == psutil.CONN_LISTEN}
        assert ends and {end.ip for end in ends} == {"127.0.0.1"}
        assert {port: _says(port) for _, port in ends if _says(port).startswith(b"HTTP/1.1 200")} == {}
    until(lambda: not any(map(_is_alive, kin)), "the end of all its processes")


def _is_alive(who: Any) -> bool:
    import psutil

    try:
        return bool(who.is_running() and who.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _says(port: int) -> bytes:
    """What is answered to somebody without a certificate who asks for the dashboard."""
    with socket.create_connection(("127.0.0.1", port), HANG) as asking:
        try:
            asking.sendall(b"GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return asking.recv(1000)
        except OSError:
            return b""
