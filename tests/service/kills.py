"""Kills the service's processes at random under load, and looks whether anything that was acknowledged is lost.

``python -m tests.service.kills --kills 200 --clients 8 --submissions 2000 [--postgresql]`` is the whole campaign; the
tests run a short one. On PostgreSQL there are two servers over one database and one storage.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

from sqlalchemy import func, insert, select, text

from auditor.service.files.storage import Storage
from auditor.service.files.sweeping import sweep
from auditor.service.files.tidying import Tidying
from auditor.store import tokens
from auditor.store.jobs import whole_queue
from auditor.store.leases import Registered
from auditor.store.service_tables import blobs, jobs, models, versions
from auditor.store.tables import audits, works
from auditor.store.works import Works
from tests.batch.kills import make_models
from tests.pace import HANG, until
from tests.ports import kept_port, port_of

ROOT = Path(__file__).parents[2]
WRONG = ("lost", "no report", "doubled", "not acknowledged", "of no job", "partial", "left behind", "lying")
KINDS = ("supervisor", *["http"] * 2, *["dispatcher"] * 3, *["worker"] * 6)
PROJECTS = ("default", "team-a", "team-b")


@dataclass(slots=True)
class Server:
    """One ``auditor serve``, started again whenever it was killed."""

    database: str
    storage: Path
    starts: int = 0
    port: int = 0
    kept: socket.socket | None = None  # which keeps the port for it while it is down
    process: subprocess.Popen[bytes] | None = None
    errors: IO[bytes] = field(default_factory=tempfile.TemporaryFile)  # what it said on stderr, at every start

    def start(self) -> None:
        self.starts += 1
        self.kept = self.kept or kept_port()
        self.port = port_of(self.kept)
        command = [sys.executable, "-m", "auditor", "serve", "--port", str(self.port), "--workers", "2"]
        command += ["--db", self.database, "--storage", str(self.storage), "--grace", "60", "--no-config"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=self.errors, cwd=ROOT)

    def complaint(self) -> str:
        """The last that it said."""
        size = self.errors.seek(0, os.SEEK_END)
        self.errors.seek(max(size - 300, 0))
        return self.errors.read().decode("utf-8", "replace")

    def pids(self, kind: str) -> list[int]:
        """Its processes of a kind that live."""
        assert self.process is not None
        if kind == "supervisor":
            return [self.process.pid]
        if kind == "worker":
            return [pid for parent in self.pids("dispatcher") for pid in _children(parent)]
        return [pid for pid in _children(self.process.pid) if f"auditor.service.{kind} " in _command(pid)]

    def has_begun(self) -> bool:
        """Whether it answers, or has ended."""
        if self.process is None or self.process.poll() is not None:
            return True
        try:
            with contextlib.closing(HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
                connection.request("GET", "/healthz")
                return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False

    def end(self) -> int:
        """Its exit code, when it was asked to end."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(HANG)


@dataclass(slots=True)
class Campaign:
    """Servers over one store, clients that submit to it, and what they were told."""

    folder: Path
    servers: list[Server]
    store: Works
    chance: random.Random
    kills: Counter[str] = field(default_factory=Counter)
    acknowledged: dict[str, str] = field(default_factory=dict)  # jobs by key
    failures: list[str] = field(default_factory=list)
    tokens: dict[str, str] = field(default_factory=dict)  # by project
    projects: tuple[str, ...] = PROJECTS

    def run(self, kills: int, clients: int, submissions: int) -> None:
        registry = self.folder / "registry"
        make_models(registry, submissions)
        found = sorted(registry.rglob("*.onnx"))
        for project in self.projects:
            _, self.tokens[project] = tokens.create(self.store.in_project(project), "client", ["submit"])
        for server in self.servers:
            server.start()
        threads = [threading.Thread(target=self._submit, args=(found[i::clients], i)) for i in range(clients)]
        for thread in threads:
            thread.start()
        seen = (0, 0)
        while self.kills.total() < kills and (self._waits() or any(thread.is_alive() for thread in threads)):
            time.sleep(self.chance.uniform(0.02, 0.3))
            self._start_what_ended()
            kind = self.chance.choice(KINDS)
            now = self._progress()
            if now != seen:  # else those that have only begun would be killed, and none at work
                seen = now if self._kill(kind) else seen
        for thread in threads:
            thread.join()
        end = time.monotonic() + HANG
        while self._waits() and time.monotonic() < end:
            time.sleep(0.2)
        for server in self.servers:
            until(server.has_begun, "a server that was killed last")  # else it hears no signal yet
            if code := server.end():
                self.failures.append(f"a server that was asked to end ended with {code}")

    def _start_what_ended(self) -> None:
        """As systemd does; a server that ended by itself is a failure all the same."""
        for server in self.servers:
            assert server.process is not None
            if (code := server.process.poll()) is not None:
                self.failures.append(f"a server ended by itself with {code}: {server.complaint()}")
                server.start()

    def _submit(self, paths: list[Path], client: int) -> None:
        """Each model as a version of its own, asked for until that is acknowledged, and once more."""
        try:
            self._submit_each(paths, client)
        except Exception as error:
            self.failures.append(f"{type(error).__name__}: {error}")

    def _submit_each(self, paths: list[Path], client: int) -> None:
        asking = _Asking(self.servers, self.tokens, random.Random(client))
        for path in paths:
            project = self.projects[int(path.stem) % len(self.projects)]
            address = f"/api/v1/models?name=model-{path.stem}&version=1"
            version = asking.ask(project, address, path.read_bytes(), "application/octet-stream")
            wanted = json.dumps({"version_id": version["id"], "options": {"run": False}}).encode()
            for _ in range(2):
                job = asking.ask(project, "/api/v1/audits", wanted, "application/json", path.stem)
                if self.acknowledged.setdefault(path.stem, job["id"]) != job["id"]:
                    self.failures.append(f"{path.stem} is two jobs")

    def _kill(self, kind: str) -> bool:
        """Whether one of that kind was there to be killed."""
        server = self.chance.choice(self.servers)
        assert server.process is not None
        if kind == "supervisor" and not server.pids("worker"):  # it has only begun
            return False
        pids = server.pids(kind)
        if not pids:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.chance.choice(pids), signal.SIGKILL)
            self.kills[kind] += 1
        if kind == "supervisor":
            server.process.wait()
            server.start()
        return True

    def _progress(self) -> tuple[int, int]:
        """How many submissions are acknowledged, and how many jobs have ended."""
        with self.store.reading() as connection:
            ended = connection.scalar(select(func.count()).select_from(jobs).where(jobs.c.state == "done"))
        return len(self.acknowledged), int(ended or 0)

    def _waits(self) -> bool:
        queue = whole_queue(self.store)
        return bool(queue.queued or queue.running)

    def verdict(self, submissions: int) -> dict[str, object]:
        """The figures; all that `WRONG` names are to be 0."""
        storage = Storage(self.servers[0].storage)
        store = self.store
        Tidying(store, storage).tidy()
        sweep(store, storage, unfinished=0, unused=0, lying=0)
        with store.reading() as connection:
            rows = {row.id: row for row in connection.execute(select(jobs))}
            its = audits.c.project.in_(self.projects)
            found = select(audits.c.id, audits.c.uid, audits.c.project, audits.c.digest).where(its)
            kept = connection.execute(found).all()
            contents = {(row.project, row.sha256) for row in connection.execute(select(blobs))}
            done = connection.scalar(select(func.count()).where(works.c.project.in_(self.projects)))
            integrity = "ok"
            if connection.dialect.name == "sqlite":
                integrity = connection.scalar(text("PRAGMA integrity_check")) or ""
                integrity += "".join(map(str, connection.execute(text("PRAGMA foreign_key_check")).all()))
        documents = sum(store.in_project(row.project).get(row.id) is None for row in kept)
        uids = Counter(row.uid for row in kept)
        told = set(self.acknowledged.values())
        return {
            "submissions": submissions,
            "kills": dict(self.kills),
            "starts": sum(server.starts for server in self.servers),
            "acknowledged": len(told),
            "not acknowledged": submissions - len(told) + len(self.failures),
            "failures": self.failures[:5],
            "lost": len(told - set(rows)),
            "no report": sum(row.state != "done" or row.audit_id is None or uids[row.id] != 1 for row in rows.values()),
            "doubled": len(rows) - len(told) + sum(n > 1 for n in uids.values()),
            "of no job": sum(row.uid not in rows for row in kept),
            "partial": documents,
            "given up": sum(not row.digest for row in kept),
            "works": done,
            "attempts": sum(row.attempts for row in rows.values()),
            "left behind": len(storage.work_folders()) + len(list(storage.uploads.iterdir())),
            "lying": len(contents ^ _files(storage)),  # contents without a row, or rows without a content
            "integrity": integrity,
        }


class _Asking:
    """A client that does not give up: servers come and go."""

    def __init__(self, servers: list[Server], known: dict[str, str], chance: random.Random) -> None:
        self._servers, self._tokens, self._chance = servers, known, chance

    def ask(self, project: str, address: str, body: bytes, kind: str, key: str = "") -> dict[str, Any]:
        """What is answered with 2xx, however often it has to be asked for."""
        headers = {"Authorization": f"Bearer {self._tokens[project]}", "Content-Type": kind}
        headers |= {"Idempotency-Key": key} if key else {}
        end = time.monotonic() + HANG
        while True:
            server = self._chance.choice(self._servers)
            try:
                with contextlib.closing(HTTPConnection("127.0.0.1", server.port, timeout=60)) as connection:
                    connection.request("POST", address, body, headers)
                    answer = connection.getresponse()
                    said = answer.read()
                if answer.status in (200, 201, 202):
                    found = json.loads(said)
                    assert isinstance(found, dict)
                    return found
                assert answer.status in (429, 503), said
            except (OSError, HTTPException):
                pass
            assert time.monotonic() < end, f"{address} is answered no more"
            time.sleep(self._chance.uniform(0.05, 0.3))


def put_version(store: Works, storage: Storage, name: str, path: Path) -> tuple[str, Registered]:
    """A model of one file, registered under a name as version 1: the version's id, and the version."""
    data = path.read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    blob = storage.blob(store.project, sha256)
    blob.parent.mkdir(parents=True, exist_ok=True)
    blob.write_bytes(data)
    model_id, version_id, files = uuid4().hex, uuid4().hex, {"model.onnx": sha256}
    model = {"id": model_id, "project": store.project, "name": name, "created_at": "2026"}
    version = {
        "id": version_id, "project": store.project, "model_id": model_id, "version": "1", "path": "model.onnx",
        "files": json.dumps(files), "created_at": "2026", "created_by": "client",
    }  # fmt: skip
    with store.writing() as connection:
        connection.execute(insert(models), model)
        connection.execute(insert(versions), version)
    return version_id, Registered(name, "1", "model.onnx", files, None)


def campaign(
    folder: Path,
    kills: int,
    clients: int,
    submissions: int,
    seed: int,
    database: str | None = None,
    servers: int = 1,
    projects: tuple[str, ...] = PROJECTS,
) -> dict[str, object]:
    """Run one, in a folder that is its own, and in these projects of a database."""
    where = database or str(folder / "reports.db")
    made = [Server(where, folder / "storage") for _ in range(servers)]
    with Works.open(where, patience=60.0) as store:
        one = Campaign(folder, made, store, random.Random(seed), projects=projects)
        try:
            one.run(kills, clients, submissions)
        finally:
            for server in made:
                if server.process is not None and server.process.poll() is None:
                    server.process.kill()
                    server.process.wait()
        return one.verdict(submissions) | {"seed": seed}


def is_right(figures: dict[str, Any]) -> bool:
    """Whether nothing was lost, doubled or left behind."""
    return not any(figures[name] for name in WRONG) and figures["integrity"] == "ok"


def _files(storage: Storage) -> set[tuple[str, str]]:
    return {(p, file.name) for p in storage.projects() for file in storage.blobs(p).rglob("*/*") if file.is_file()}


def _children(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def _command(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text()
    return ""


@contextlib.contextmanager
def _postgresql() -> Iterator[str]:
    """A database on a server of its own."""
    from tests.store.conftest import started_postgresql

    with started_postgresql() as url:
        yield url.format("postgres")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--submissions", type=int, default=2000)
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    chosen = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch, contextlib.ExitStack() as stack:
        url = stack.enter_context(_postgresql()) if chosen.postgresql else None
        found = campaign(
            Path(scratch), chosen.kills, chosen.clients, chosen.submissions, chosen.seed, url, 1 + chosen.postgresql
        )
    print(json.dumps(found | {"seconds": round(time.monotonic() - began, 1)}, indent=2))
    sys.exit(not is_right(found))
