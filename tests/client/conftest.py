"""A server that stands in for the real one, and the command line that speaks with it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import pytest

from auditor.client import connection
from auditor.client.address import server_address
from auditor.client.connection import ServerConnection
from tests.cli.conftest import LENET, Said, in_this_process

from .stand_in import TOKEN, StandIn, serving


class Server(NamedTuple):
    """The stand-in, and where it is."""

    knows: StandIn
    url: str

    def connection(self) -> ServerConnection:
        return ServerConnection(server_address(self.url), self.knows.token or "")


@pytest.fixture(autouse=True)
def pauses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Nobody waits: how long it would have been is kept. What lies in the user's folders is not there."""
    found: list[float] = []
    monkeypatch.setattr(connection, "time", SimpleNamespace(sleep=found.append, monotonic=time.monotonic))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("AUDITOR_DB", str(tmp_path / "reports.db"))
    monkeypatch.setenv("AUDITOR_TOKEN", TOKEN)
    monkeypatch.delenv("AUDITOR_SERVER", raising=False)
    return found


@pytest.fixture
def server() -> Iterator[Server]:
    knows = StandIn()
    with serving(knows) as url:
        yield Server(knows, url)


@pytest.fixture
def auditor(capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Runs a command line in this process."""
    return in_this_process(capsys)


@pytest.fixture
def push(server: Server, auditor: Callable[..., Said]) -> Callable[..., Said]:
    """Pushes a model to the stand-in, which does not run it."""

    def call(*arguments: str) -> Said:
        return auditor("push", *(arguments or (LENET,)), "--server", server.url, "--no-run")

    return call


@pytest.fixture
def with_data(tmp_path: Path) -> Path:
    """LeNet with its weights in a file beside it."""
    import onnx

    folder = tmp_path / "with data"
    folder.mkdir()
    onnx.save(
        onnx.load(LENET), folder / "lenet.onnx", save_as_external_data=True, location="lenet.bin", size_threshold=0
    )
    return folder / "lenet.onnx"
