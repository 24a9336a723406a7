"""The examples of docs/engines.md: what of them can be held without Kubernetes, SLURM and cards."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from auditor.batch.engines.needs import GPU
from auditor.batch.engines.where import Cluster, chosen_cluster
from tests.readme import blocks

PAGE = (Path(__file__).parents[3] / "docs" / "engines.md").read_text(encoding="utf-8")


def test_the_cluster_of_kubernetes_has_one_image_and_the_folder_that_is_audited() -> None:
    (text,) = blocks(PAGE, "yaml")
    spec = yaml.safe_load(text)["spec"]
    (worker,), (scheduler,) = (spec[part]["spec"]["containers"] for part in ("worker", "scheduler"))
    assert worker["image"] == scheduler["image"]
    assert [port["port"] for port in spec["scheduler"]["service"]["ports"]] == [8786, 8787]
    call = next(block for block in blocks(PAGE, "sh") if "audits-scheduler" in block).split()
    assert call[2] == worker["volumeMounts"][0]["mountPath"]
    address = call[call.index("--scheduler") + 1]
    said = {"engine": "dask", "scheduler": address, "insecure_scheduler": "--insecure-scheduler" in call}
    assert chosen_cluster(said) == Cluster("tcp://audits-scheduler:8786")
    assert scheduler["env"] == [{"name": "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES", "value": "2"}]


def test_the_cluster_of_slurm_is_asked_by_a_call_that_makes_sense(monkeypatch: pytest.MonkeyPatch) -> None:
    (program,) = blocks(PAGE, "py")
    called: list[list[str]] = []

    class Played:
        scheduler_address = "tls://10.0.0.1:8786"

        def __init__(self, **_: Any) -> None: ...
        def __enter__(self) -> Played:
            return self

        def __exit__(self, *_: object) -> None: ...
        def adapt(self, *, minimum_jobs: int, maximum_jobs: int) -> None: ...

    monkeypatch.setitem(sys.modules, "dask_jobqueue", SimpleNamespace(SLURMCluster=Played))
    monkeypatch.setitem(sys.modules, "distributed", SimpleNamespace(Security=lambda **_: None))
    monkeypatch.setattr(subprocess, "run", called.append)
    exec(program, {})
    ((*words,),) = called
    said = {"engine": "dask", "scheduler": words[words.index("--scheduler") + 1], "adaptive": "--adaptive" in words}
    assert chosen_cluster(said) == Cluster("tls://10.0.0.1:8786", adaptive=True)
    assert words[:2] == ["auditor", "batch"]


def test_a_worker_with_a_card_is_started_with_the_resource_that_is_asked_for() -> None:
    (line,) = blocks(PAGE, "bash")
    assert re.findall(r'--resources "(\w+)=1"', line) == [GPU]
