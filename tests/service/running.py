"""`auditor serve` as somebody starts it: a process of its own, on a port that is free, in a home of its own."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from tests.pace import HANG, until
from tests.service.kills import Server


class Answer(NamedTuple):
    """What came over HTTP, header names in small letters."""

    status: int
    headers: dict[str, str]
    body: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(slots=True)
class Running(Server):
    """A service with its usual places, and the command line of the same user."""

    home: Path = Path()
    said: str = ""  # what it wrote when it answered
    token: str = ""
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def auditor(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """A command of the same user's, in the folder of the samples."""
        return subprocess.run(
            [sys.executable, "-m", "auditor", *words], cwd=self.home, env=self.environment | variables,
            capture_output=True, text=True, timeout=HANG, check=False,
        )  # fmt: skip

    def serve(self, words: Sequence[str]) -> None:
        """Start it with these words, and wait for it."""
        command = [sys.executable, "-m", "auditor", "serve", *words, "--port", "0", "--workers", "1"]
        with (self.home / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=self.home, env=self.environment, stdout=subprocess.PIPE, stderr=log
            )
        assert self.process.stdout is not None
        self.said = self.process.stdout.readline().decode()
        assert self.said, (self.home / "log").read_text()
        self.port = urlsplit(self.said.split()[3]).port or 0

    def ask(self, path: str, body: bytes | None = None, *, host: str = "127.0.0.1", **headers: str) -> Answer:
        """GET, or POST where there is a body; with the token, if there is one and no other is said.

        Whoever waits asks faster than one project may in the long run: what is too much is asked again.
        """
        while (answer := self._asked(path, body, host, headers)).status == 429:
            time.sleep(0.1)
        return answer

    def _asked(self, path: str, body: bytes | None, host: str, headers: dict[str, str]) -> Answer:
        said = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        said |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection(host, self.port, timeout=HANG)
        try:
            connection.request("GET" if body is None else "POST", path, body, said)
            found = connection.getresponse()
            text = found.read().decode()
            return Answer(found.status, {name.lower(): value for name, value in found.getheaders()}, text)
        finally:
            connection.close()

    def done(self, audit_id: str) -> dict[str, Any]:
        """An audit when it has ended."""
        found: dict[str, Any] = {}

        def ended() -> bool:
            found.update(self.ask(f"/api/v1/audits/{audit_id}").json)
            return found["state"] not in ("queued", "running")

        until(ended, f"the end of {audit_id}")
        return found

    def requests(self) -> list[dict[str, Any]]:
        """The lines of its log that tell of requests."""
        lines = [json.loads(line) for line in (self.home / "log").read_text().splitlines() if line.startswith("{")]
        return [line for line in lines if line["logger"] == "auditor.access"]


def homed(home: Path) -> Running:
    """A service that is not started yet."""
    home.mkdir(parents=True, exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AUDITOR_", "XDG_"))}
    places = {"HOME": str(home), "XDG_DATA_HOME": str(home / "data"), "XDG_CONFIG_HOME": str(home / "config")}
    database, storage = home / "data" / "auditor" / "reports.db", home / "data" / "auditor" / "service"
    return Running(str(database), storage, home=home, environment=kept | places | {"NO_PROXY": "*", "COLUMNS": "80"})


@contextmanager
def ended(running: Running) -> Iterator[Running]:
    """It ends with the context, as whoever stops it ends it."""
    try:
        yield running
        assert running.end() == 0
    finally:
        if running.process is not None:
            running.process.kill()
            running.process.wait()
