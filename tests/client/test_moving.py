"""The bar of bytes on their way: on a terminal, and nowhere else."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pace import HANG

from .conftest import Server

SIZE = (1 << 24) + 5


def pushed(server: Server, path: Path, *arguments: str, **env: str) -> tuple[int, str]:
    """The exit code of a push whose standard error is a terminal, and what is written there."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "auditor", "push", str(path), "--server", server.url, *arguments]
    environment = {name: text for name, text in os.environ.items() if name != "CI"} | {"TERM": "xterm"} | env
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=theirs, env=environment)
    os.close(theirs)
    written = b""
    try:
        while block := os.read(ours, 1 << 16):
            written += block
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    return process.wait(HANG), written.decode()


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """What is no model, and takes a while."""
    path = tmp_path / "large.onnx"
    path.touch()
    os.truncate(path, SIZE)
    return path


def test_a_terminal_shows_how_far_it_is(server: Server, large: Path) -> None:
    code, written = pushed(server, large)
    assert code == 1
    assert server.knows.bytes_received() == SIZE
    assert "hashing" in written
    assert "sending" in written
    assert "16.8/16.8 MB" in written
    assert written.endswith("\x1b[2K") or written.rstrip().endswith("\x1b[K"), "nothing of it is left"


@pytest.mark.parametrize(("arguments", "env"), [(("--quiet",), {}), ((), {"CI": "true"})], ids=["quiet", "CI"])
def test_it_is_quiet_where_that_is_asked(
    arguments: tuple[str, ...], env: dict[str, str], server: Server, large: Path
) -> None:
    assert pushed(server, large, *arguments, **env) == (1, "")
