"""Kills workers and whole batches at random, goes on each time, and looks whether anything was lost or doubled.

``python -m tests.batch.kills --kills 400 --audits 9000`` is the whole campaign; the tests run a short one.
`tests.store.kills` has two of them at one database, beside a service.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper
from sqlalchemy import func, select, text

from auditor.store.store import Store
from auditor.store.tables import DEFAULT, audits, findings, works

ROOT = Path(__file__).parents[2]
WRONG = ("lost", "missing", "doubled", "partial", "not one outcome", "left given up")


def make_models(folder: Path, number: int) -> None:
    """Small models, no two alike, every tenth with a fault."""
    for i in range(number):
        place = folder / f"{i // 100:03d}"
        place.mkdir(parents=True, exist_ok=True)
        weight = np.random.default_rng(i).normal(size=(4, 3 + (i % 10 == 0))).astype(np.float32)
        graph = helper.make_graph(
            [helper.make_node("Gemm", ["x", "w"], ["y"], name="head", transB=1)],
            f"model_{i}",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 4])],
            [numpy_helper.from_array(weight, "w")],
        )
        model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])
        (place / f"{i}.onnx").write_bytes(model.SerializeToString())


@dataclass(slots=True)
class Campaign:
    """One registry, one database, and what the batches said until they were killed."""

    registry: Path
    database: str
    chance: random.Random
    acknowledged: Counter[str] = field(default_factory=Counter)  # models that a batch audited and told of
    kills: Counter[str] = field(default_factory=Counter)
    starts: int = 0
    given_up: int = 0  # outcomes of models that were at work in a worker that we killed, three times
    ever_given_up: int = 0
    out: IO[bytes] = field(default_factory=tempfile.TemporaryFile)
    errors: IO[bytes] = field(default_factory=tempfile.TemporaryFile)  # what all of them said besides

    def run(self, kills: int) -> None:
        """Batch after batch until one comes to its end and gave no model up; so many kills on the way."""
        while True:
            self.starts += 1
            batch = self._start()
            killed = self._kill_some(batch, kills)
            out, code = self._said(batch)
            for line in out:
                if not line["model"]["digest"]:
                    self.given_up += 1
                    self.ever_given_up += 1
                elif not line["reused"]:
                    self.acknowledged[line["model"]["path"]] += 1
            if not killed:
                assert code == 1, f"the batch ended with {code}: {self._complaint()}"
                if not self.given_up:  # nothing was interrupted any more, and every model came to its end
                    return
                self.given_up = 0

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "auditor", "batch", str(self.registry), "--no-run", "--format", "json"]
        command += ["--jobs", "2", "--db", self.database]
        self.out = tempfile.TemporaryFile()  # noqa: SIM115  # closed where it is read
        return subprocess.Popen(command, stdout=self.out, stderr=self.errors, cwd=ROOT)

    def _kill_some(self, batch: subprocess.Popen[bytes], kills: int) -> bool:
        """Workers, and at last perhaps the batch itself, which is said by True."""
        while batch.poll() is None:
            time.sleep(self.chance.uniform(0.01, 0.12))
            if self.kills.total() >= kills:
                batch.wait()
                return False
            workers = _children(batch.pid)
            if not workers:  # it has not begun
                continue
            if self.chance.random() < 0.15:
                batch.kill()
                batch.wait()
                self.kills["batch"] += 1
                return True
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.chance.choice(workers), signal.SIGKILL)
                self.kills["worker"] += 1
        return False

    def _said(self, batch: subprocess.Popen[bytes]) -> tuple[list[dict[str, Any]], int]:
        """The whole lines; the last one may have been cut by a kill."""
        self.out.seek(0)
        with self.out:
            lines = self.out.read().split(b"\n")
        return [json.loads(line) for line in lines[:-1]], batch.returncode

    def _complaint(self) -> str:
        """The end of what the batches said on stderr."""
        self.errors.seek(0)
        return self.errors.read()[-500:].decode("utf-8", "replace")


def verdict(campaigns: Sequence[Campaign]) -> dict[str, object]:
    """The figures of batches over one registry and one database; all that `WRONG` names are to be 0."""
    models = {str(path) for path in campaigns[0].registry.rglob("*.onnx")}
    acknowledged: Counter[str] = sum((one.acknowledged for one in campaigns), Counter())
    kills: Counter[str] = sum((one.kills for one in campaigns), Counter())
    with Store.open(campaigns[0].database) as store:
        with store.reading() as connection:
            told = audits.c.errors + audits.c.warnings + audits.c.notes
            its = audits.c.project == DEFAULT
            rows = [
                tuple(row)
                for row in connection.execute(select(audits.c.id, audits.c.source, audits.c.digest, told).where(its))
            ]
            number = select(findings.c.audit_id, func.count()).group_by(findings.c.audit_id)
            found = dict(map(tuple, connection.execute(number)))
            done = connection.execute(
                select(func.count(), func.count(works.c.source.distinct())).where(works.c.project == DEFAULT)
            ).one()
            integrity, dangling = "ok", 0
            if connection.dialect.name == "sqlite":  # the other looks after both by itself
                integrity = connection.scalar(text("PRAGMA integrity_check")) or ""
                dangling = len(connection.execute(text("PRAGMA foreign_key_check")).all())
        documents = {i: store.get(i) for i, *_ in rows}
    whole = Counter(source for _, source, digest, _ in rows if digest)
    partial = sum(
        found.get(i, 0) != told or (document := documents[i]) is None or len(document["findings"]) != told
        for i, _, _, told in rows
    )
    return {
        "models": len(models),
        "kills": dict(kills),
        "starts": sum(one.starts for one in campaigns),
        "acknowledged": acknowledged.total(),
        "lost": len(set(acknowledged) - set(whole)),
        "missing": len(models - {source for _, source, *_ in rows}),
        "not one outcome": sum(n != 1 for n in Counter(source for _, source, *_ in rows).values()),
        "left given up": sum(not digest for _, _, digest, _ in rows),
        "doubled": sum(n > 1 for count in (whole, acknowledged) for n in count.values()) + done[0] - done[1],
        "partial": partial + dangling,
        "given up on the way": sum(one.ever_given_up for one in campaigns),  # until a later batch replaced them
        "integrity": integrity,
    }


def campaign(kills: int, audits: int, seed: int) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as scratch:
        registry = Path(scratch) / "registry"
        make_models(registry, audits)
        one = Campaign(registry, str(Path(scratch) / "reports.db"), random.Random(seed))
        one.run(kills)
        return verdict([one]) | {"seed": seed}


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=400)
    parser.add_argument("--audits", type=int, default=9000)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    chosen = parser.parse_args()
    began = time.monotonic()
    figures = campaign(chosen.kills, chosen.audits, chosen.seed)
    print(json.dumps(figures | {"seconds": round(time.monotonic() - began, 1)}, indent=2))
    sys.exit(any(figures[name] for name in WRONG) or figures["integrity"] != "ok")
