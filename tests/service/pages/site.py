"""A service with models in it, on a port of the loopback: what the pages are looked at on."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import create_server
from typing import NamedTuple

import onnx
from sqlalchemy import update

from auditor.batch.pool import Pool
from auditor.batch.tasks import WorkerLimits
from auditor.service.context import Service
from auditor.service.files.storage import Storage
from auditor.service.jobs.dispatching import Dispatcher
from auditor.service.jobs.submitting import submit_version
from auditor.service.outward.fetching import UrlLimits
from auditor.store import tokens, uploads
from auditor.store.fleet import fleet
from auditor.store.jobs import Job
from auditor.store.leases import Registered
from auditor.store.policies import set_policy
from auditor.store.registered import RegisteredVersion, register
from auditor.store.service_tables import jobs, versions
from auditor.store.tables import audits
from auditor.store.works import Works
from tests.corpus import SAMPLES

POLICY = "run = false\n"


class Site(NamedTuple):
    """A service that answers."""

    address: str
    service: Service
    token: str


def put(service: Service, content: bytes, project: str = "default") -> str:
    """A content of a project; its sha256."""
    store, sha256 = service.store.in_project(project), hashlib.sha256(content).hexdigest()
    upload = uploads.begin(store, len(content), sha256, service.limits.quota)
    if not upload.done:
        service.storage.create(upload.id)
        service.storage.upload(upload.id).write_bytes(content)
        with uploads.keeping(store, upload.id, sha256, len(content)):
            service.storage.place(upload.id, project, sha256)
    return sha256


def registered(
    service: Service, name: str, version: str, files: Mapping[str, bytes], by: str = "Ada", project: str = "default"
) -> RegisteredVersion:
    """A version whose model is the first of the files."""
    contents = {path: put(service, content, project) for path, content in files.items()}
    return register(service.store.in_project(project), name, version, next(iter(files)), contents, None, by)[0]


def submitted(service: Service, version: RegisteredVersion, project: str = "default") -> Job:
    """An audit of a version, which waits."""
    of = Registered(version.model, version.version, version.path, version.files, version.contract)
    return submit_version(service.store.in_project(project), of, version.id, {}, by=version.created_by)


def dispatched(service: Service) -> None:
    """Have all done that waits."""
    from auditor.store.jobs import whole_queue

    with Pool(1, WorkerLimits(600.0)) as pool:
        dispatcher = Dispatcher(service.store, service.storage, pool, "tests", fetch=UrlLimits(floor=0))
        while sum(whole_queue(service.store)[:2]) or service.storage.undrawn():
            dispatcher.step()


def made(folder: Path, *, open: bool = False) -> Service:
    """An empty one."""
    storage = Storage(folder / "storage")
    return Service(Works.open(folder / "reports.db"), storage, open=open, secret=storage.secret())


@contextmanager
def served(service: Service, folder: Path) -> Iterator[Site]:
    """By the process that answers in earnest."""
    _, token = tokens.create(service.store, "Ada", tokens.SCOPES)
    with create_server(("127.0.0.1", 0)) as listening, (folder / "log").open("ab") as log:
        told = {
            "socket": listening.fileno(),
            "db": str(folder / "reports.db"),
            "storage": str(service.storage.folder),
            "open": service.open,
            "limits": {"rate": 10_000.0, "burst": 10_000},
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "auditor.service.http"],
            stdin=subprocess.PIPE,
            stderr=log,
            pass_fds=[listening.fileno()],
            env=os.environ,
        )
        assert process.stdin is not None
        process.stdin.write(json.dumps(told).encode() + b"\n")
        process.stdin.flush()
        try:
            yield Site(f"http://127.0.0.1:{listening.getsockname()[1]}", service, token)
        finally:
            process.terminate()
            process.wait()
            process.stdin.close()


def populated(service: Service) -> dict[str, str]:
    """A fleet of the samples, with a history and a queue; the addresses of its pages by name."""
    set_policy(service.store, POLICY, "Ada")
    good = (SAMPLES / "resnet_block.onnx").read_bytes()
    bad = [path.read_bytes() for path in sorted((SAMPLES / "broken").glob("*.onnx"))]
    weeks = [bad[5], bad[1], bad[1], bad[2], good, good, bad[0]]
    for number, content in enumerate(weeks):
        by = ("Ada", "Grace")[number % 2]
        files = {"model.onnx": content}
        submitted(service, registered(service, "vision/detector", f"2026.{number + 30}", files, by))
        dispatched(service)
        if number < len(weeks) - 1:
            before(service, 7 * (len(weeks) - number))
    for place, path in enumerate(sorted(SAMPLES.rglob("*.onnx"))):
        if path.stat().st_size < 5_000_000:
            name = f"{path.parent.name}/{path.stem}" if path.parent != SAMPLES else path.stem
            version = registered(service, name, "1", {path.name: path.read_bytes()}, ("Ada", "Grace", "ci")[place % 3])
            submitted(service, version)
    dispatched(service)
    waiting = [submitted(service, registered(service, f"nightly/{n}", "1", {"m.onnx": tiny(n)}, "ci")) for n in "abc"]
    models = {model.name: model for model in fleet(service.store, limit=200).models}
    report = models["vision/detector"].latest
    assert report is not None
    return {
        "fleet": "/",
        "filtered": "/?verdict=fail&severity=error&sort=name",
        "model": f"/models/{models['vision/detector'].id}",
        "model-2": f"/models/{models['resnet_block'].id}",
        "report": f"/audits/{report.id}",
        "queue": "/queue",
        "waiting": f"/audits/{waiting[-1].id}",
        "rules": "/rules",
        "rule": "/rules/misfit-initializers",
        "upload": "/upload",
        "login": "/login",
        "docs": "/api/v1/docs",
        "error": "/nothing-here",
    }


def tiny(name: str) -> bytes:
    """A good model of one node."""
    text = '<ir_version: 8, opset_import: ["" : 17]> g (float[1, 4] x) => (float[1, 4] y) { y = Relu(x) }'
    model = onnx.parser.parse_model(text)
    model.doc_string = name
    return bytes(model.SerializeToString())


def before(service: Service, days: int) -> None:
    """What was audited just now was audited so many days ago."""
    at = (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="microseconds")
    hour = (datetime.now(UTC) - timedelta(hours=1)).isoformat(timespec="microseconds")
    with service.store.writing() as connection:
        connection.execute(update(audits).where(audits.c.audited_at > hour[:19]).values(audited_at=at[:19]))
        fresh = update(jobs).where(jobs.c.created_at > hour)
        connection.execute(fresh.values(created_at=at, started_at=at, ended_at=at))
        connection.execute(update(versions).where(versions.c.created_at > hour).values(created_at=at))
