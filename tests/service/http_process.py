"""The HTTP process as it is, on a port of its own, with a token to ask it."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from auditor.store.tokens import create
from auditor.store.works import Works
from tests.pace import HANG


class Served(NamedTuple):
    """Where it listens, and how it is asked."""

    pid: int
    port: int
    token: str
    storage: Path
    db: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """An answer's status, headers (in small letters) and body; the connection is closed behind it."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        try:
            connection.request(method, path, body, self.headers | {k.replace("_", "-"): v for k, v in headers.items()})
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def post(self, path: str, said: object) -> tuple[int, Any]:
        """What is answered to a document."""
        status, _, body = self.ask("POST", path, json.dumps(said), Content_Type="application/json")
        return status, json.loads(body)


@contextmanager
def http_process(folder: Path, **limits: float) -> Iterator[Served]:
    """It runs as long as the context; what it logs is not shown."""
    db, storage = str(folder / "reports.db"), folder / "storage"
    with Works.open(db) as store:
        _, token = create(store, "me", ["admin"])
    listening = socket.create_server(("127.0.0.1", 0))
    arguments = {
        "socket": listening.fileno(), "db": db, "storage": str(storage), "parent": os.getpid(), "limits": limits,
    }  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "auditor.service.http"],
        stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, pass_fds=[listening.fileno()],
    )  # fmt: skip
    assert process.stdin is not None
    try:
        process.stdin.write(json.dumps(arguments).encode() + b"\n")
        process.stdin.flush()
        served = Served(process.pid, listening.getsockname()[1], token, storage, db)
        assert served.ask("GET", "/api/v1/whoami")[0] == 200
        yield served
        process.terminate()
        assert process.wait(HANG) == 0
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        listening.close()
