"""A whole service in processes of its own, with short streams and waits: `auditor serve` has no flags for these."""

from __future__ import annotations

import http.client
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.schemas import BaseSchema

from auditor.service.api import PREFIX
from auditor.service.children import Given
from auditor.service.context import ServiceLimits
from auditor.store.tokens import create
from auditor.store.works import Works
from tests.pace import HANG
from tests.ports import kept_port, port_of
from tests.service.contract_things import Answer

LIMITS = ServiceLimits(
    model=1 << 20, upload=1 << 20, rate=1e6, burst=1 << 30, floor=0, wait=1.0, stream=2.0, stall=60.0
)
"""Never too many requests, and never too little room: 429 and 507 are other tests'."""

_SERVE = "import sys; from tests.service.contract_server import serve; serve(*sys.argv[1:])"


class Server(NamedTuple):
    """Where it listens, and a token for everything."""

    port: int
    token: str
    token_id: str

    def schema(self, config: SchemathesisConfig) -> BaseSchema:
        return schemathesis.openapi.from_url(
            f"http://127.0.0.1:{self.port}{PREFIX}/openapi.json", config=config, timeout=HANG
        )

    def ask(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=HANG)) as connection:
            connection.request(method, path, body, {"Authorization": f"Bearer {self.token}", **headers})
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()


def serve(folder: str, port: str) -> None:
    """Until SIGTERM."""
    from auditor.service.supervisor import Supervisor

    given = Given(0, f"{folder}/reports.db", f"{folder}/storage", limits=LIMITS._asdict(), workers=1)
    with socket.create_server(("127.0.0.1", int(port))) as listens:
        Supervisor(given, listens, lambda: None, lambda line: print(line, file=sys.stderr)).run()


@contextmanager
def served(folder: Path) -> Iterator[Server]:
    """It runs as long as the context; what it logs stands in the folder."""
    with Works.open(str(folder / "reports.db")) as store:
        token, text = create(store, "contract", ["read", "submit", "accept", "admin"])
    kept = kept_port()
    server = Server(port_of(kept), text, token.id)
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen([sys.executable, "-c", _SERVE, str(folder), str(server.port)], stderr=log)
    try:
        _until(lambda: server.ask("GET", f"{PREFIX}/whoami", b"", {})[0] == 200)
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        finally:
            process.kill()
            process.wait()
            kept.close()


def _until(answers: Callable[[], Any]) -> None:
    end = time.monotonic() + HANG
    while True:
        try:
            assert answers()
            return
        except OSError:
            assert time.monotonic() < end, "the service does not answer"
            time.sleep(0.1)
