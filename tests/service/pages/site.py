"""A service with models in it, on a port of the loopback: what the pages are looked at on."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from socket import create_server
from typing import NamedTuple

from auditor.batch.pool import Pool, WorkerLimits
from auditor.service.context import Service
from auditor.service.dispatching import Dispatcher
from auditor.service.storage import Storage
from auditor.service.submitting import submit_version
from auditor.store import tokens, uploads
from auditor.store.jobs import Job
from auditor.store.leases import Registered
from auditor.store.registered import RegisteredVersion, register
from auditor.store.works import Works

STATIC = {"run": False}


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
    return submit_version(service.store.in_project(project), of, version.id, STATIC, by=version.created_by)


def dispatched(service: Service) -> None:
    """Have all done that waits."""
    from auditor.store.jobs import whole_queue

    with Pool(1, WorkerLimits(600.0)) as pool:
        dispatcher = Dispatcher(service.store, service.storage, pool, "tests")
        while sum(whole_queue(service.store)[:2]):
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
