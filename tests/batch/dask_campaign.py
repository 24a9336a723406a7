"""Many models by Dask: a worker is killed, and the scheduler restarted, in the midst of it; what is lost or doubled?

``python -m tests.batch.dask_campaign`` is the whole campaign, with a model that ends every worker that has it, and the
figures: what a task costs beside the local pool, and how much faster more workers are. The tests run a short form.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
import time
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from auditor.batch import run as batches
from auditor.batch.engine import Engine, Opens
from auditor.batch.engines.dask import DaskEngine, Needs
from auditor.batch.engines.needs import needs_of
from auditor.batch.engines.where import Cluster
from auditor.batch.pool import Pool
from auditor.batch.refs import Ref
from auditor.batch.run import batch
from auditor.batch.tasks import WorkerLimits
from auditor.policy.judge import USUAL
from auditor.settings import Settings
from auditor.store.works import Works

from .engines.clusters import DaskCluster, make_certificates
from .engines.tasks import POISON, audit_or_die, timed
from .kills import WRONG, Campaign, make_models, verdict

STATIC = Settings(run=False)


def references(folder: Path) -> list[Ref]:
    return [Ref(path.stem, "", str(path), (str(path),), {}, None, ()) for path in sorted(folder.rglob("*.onnx"))]


def where_is(cluster: DaskCluster, patience: float = 300.0) -> Cluster:
    ca, cert, key = map(str, cluster.certificates or ("", "", ""))
    return Cluster(cluster.address, ca, cert, key, patience=patience)


def campaign(scratch: Path, cluster: DaskCluster, models: int, seed: int) -> dict[str, object]:
    """A worker is killed and the scheduler restarted on the way; all that `WRONG` names are to be 0."""
    registry, database = scratch / "registry", scratch / "reports.db"
    make_models(registry, models)
    chance = random.Random(seed)
    kill, restart = sorted(chance.sample(range(models // 10, models * 8 // 10), 2))
    one = Campaign(registry, str(database), chance)
    with Works.open(database) as store, closing(_batch(references(registry), store, where_is(cluster))) as found:
        for count, outcome in enumerate(found):
            assert outcome.document is not None
            if outcome.document["model"]["digest"]:
                one.acknowledged[outcome.document["model"]["path"]] += 1
            if count == kill:
                cluster.kill_worker()
            elif count == restart:
                cluster.restart()
    return verdict([one]) | {"worker killed after": kill, "scheduler restarted after": restart}


def poisoned(scratch: Path, cluster: DaskCluster, models: int) -> dict[str, object]:
    """One model ends every Dask worker that has it; all that `WRONG` names are to be 0, beside its report."""
    registry, database = scratch / "registry", scratch / "reports.db"
    make_models(registry, models)
    (registry / POISON).write_bytes((registry / "000" / "0.onnx").read_bytes() + b"\x12\x01p")
    setattr(batches, "audit_one", audit_or_die)  # noqa: B010  # in this process alone, which ends with it
    one = Campaign(registry, str(database), random.Random(0))
    why = []
    with Works.open(database) as store, closing(_batch(references(registry), store, where_is(cluster))) as found:
        for outcome in found:
            assert outcome.document is not None
            if outcome.document["model"]["digest"]:
                one.acknowledged[outcome.document["model"]["path"]] += 1
            else:
                why.append((outcome.ref.path, outcome.document["coverage"]["failed"][0]["why"]))
    figures = verdict([one])
    ((path, said),) = why
    assert path.endswith(POISON) and figures.pop("left given up") == 1
    return figures | {"left given up": 0, "poison": said}


def _batch(refs: list[Ref], store: Works | None, where: Cluster) -> Any:
    def opened(jobs: int, limits: WorkerLimits) -> Engine:
        return DaskEngine(jobs, limits, where, needs_of(STATIC))

    return batch(refs, STATIC, lambda ref: USUAL, store, 2, WorkerLimits(), engine=opened)


def load() -> str:
    return f"load {os.getloadavg()[0]:.1f}"


def overhead(scratch: Path, models: int) -> None:
    """Print what a model costs beside its audit, by Dask and by the local pool, with one worker each."""
    registry = scratch / "overhead"
    make_models(registry, models)
    refs = references(registry)
    by_pool = _seconds_of(Pool, refs)
    opens: Opens = partial(_own, Cluster())
    by_dask = _seconds_of(opens, refs)
    for name, (whole, audits) in {"local pool": by_pool, "Dask": by_dask}.items():
        beside = (whole - audits) / models
        print(f"{name}: {whole / models * 1e3:.2f} ms a model, {beside * 1e3:.2f} of them not its audit; {load()}")


def _own(cluster: Cluster, jobs: int, limits: WorkerLimits) -> DaskEngine:
    return DaskEngine(jobs, limits, cluster, needs_of(STATIC))


def _seconds_of(opens: Opens, refs: list[Ref], jobs: int = 1) -> tuple[float, float]:
    """Seconds from the first model to the last, and those of the audits themselves; workers are warm."""
    with opens(jobs, WorkerLimits()) as engine:
        assert engine.processor is not None
        for ref in refs[:8]:
            engine.submit(timed, ref, STATIC)
        assert sum(1 for _ in engine.as_completed()) == 8
        began = time.monotonic()
        for ref in refs:
            engine.submit(timed, ref, STATIC)
        audits = sum(task.result.value for task in engine.as_completed())  # type: ignore[union-attr]  # all returned
        return time.monotonic() - began, audits


def two_cores(scratch: Path, models: int) -> None:
    registry = scratch / "cores"
    make_models(registry, models)
    refs = references(registry)
    one, two = (_seconds_of(partial(_own, Cluster()), refs, jobs)[0] for jobs in (1, 2))
    print(f"two workers on two cores: {one / two:.2f} times as fast as one; {load()}")


def simulated(scratch: Path, seconds: list[float], calls: int, numbers: list[int]) -> list[float]:
    """Print and return how near more workers come to linear, on tasks that sleep as long as audits took."""
    found, base = [], 0.0
    for workers in numbers:
        folder = scratch / f"simulated-{workers}"
        folder.mkdir()
        with DaskCluster(folder, 1, threads=workers) as cluster:
            engine = DaskEngine(workers, WorkerLimits(), Cluster(cluster.address), Needs({}))
            chance = random.Random(1)
            with engine:
                assert engine.processor
                for _ in range(workers):  # each has its process
                    engine.submit(time.sleep, 3.0)
                assert sum(1 for _ in engine.as_completed()) == workers
                naps = [chance.choice(seconds) for _ in range(calls * workers)]
                began = time.monotonic()
                for nap in naps:
                    engine.submit(time.sleep, nap)
                assert sum(1 for _ in engine.as_completed()) == len(naps)
                took = time.monotonic() - began
        speed = sum(naps) / took
        base = base or speed / workers
        found.append(speed / base / workers)
        print(f"{workers} workers: {speed:.2f} seconds of audits a second, {found[-1]:.2f} of linear; {load()}")
    return found


def real_seconds(scratch: Path) -> list[float]:
    """How long audits of the sample models take here, runs included."""
    samples = Path(__file__).parents[2] / "sample_models"
    found = []
    with Pool(1, WorkerLimits()) as pool:
        for ref in references(samples):
            pool.submit(timed, ref, Settings())
        for task in pool.as_completed():
            found.append(task.result.value)  # type: ignore[union-attr]  # all returned
    print(f"{len(found)} audits took {statistics.mean(found):.2f} s on the average, {max(found):.2f} at most; {load()}")
    return found


def _told(figures: dict[str, object]) -> bool:
    """Whether something of them is wrong; they are printed."""
    print(json.dumps(figures | {"load": load()}, indent=2))
    return any(figures[name] for name in WRONG) or figures["integrity"] != "ok"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--models", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4, 8, 16, 32, 64], help="simulated")
    parser.add_argument("--calls", type=int, default=60, help="a simulated worker")
    parser.add_argument("--only", choices=("kills", "poison", "overhead", "cores", "simulated"))
    chosen = parser.parse_args()
    wrong = False
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        for part in ("kills", "overhead", "cores", "simulated", "poison"):
            if chosen.only not in (None, part):
                continue
            folder = scratch / part
            folder.mkdir()
            match part:
                case "kills":
                    with DaskCluster(folder, 3, certificates=make_certificates(folder)) as cluster:
                        figures = campaign(folder, cluster, chosen.models, chosen.seed)
                    wrong |= _told(figures | {"seed": chosen.seed})
                case "poison":
                    with DaskCluster(folder, 3, nanny=True) as cluster:
                        wrong |= _told(poisoned(folder, cluster, 200))
                case "overhead":
                    overhead(folder, 1000)
                case "cores":
                    two_cores(folder, 1000)
                case "simulated":
                    shares = simulated(folder, real_seconds(folder), chosen.calls, chosen.workers)
                    wrong |= any(share < 0.9 for share, n in zip(shares, chosen.workers, strict=True) if n <= 32)
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
