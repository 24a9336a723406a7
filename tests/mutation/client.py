"""The campaign's end of a process that forks mutants."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from .targets import ROOT


class Client:
    """A process of `tests.mutation.process`; started at once, awaited when it is asked."""

    def __init__(self, mode: str, files: list[str], rooms: Sequence[str] = ()) -> None:
        self.files = files
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.mutation.process", mode, ",".join(rooms), *files],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    @cached_property
    def ready(self) -> dict[str, Any]:
        """What it says first: the tests that it has collected, and the lines that ran meanwhile."""
        return self.receive()

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        assert self.ready is not None
        self.send(request)
        return self.receive()

    def send(self, request: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()

    def receive(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the process of mutants ended with {self._process.wait()}")
        said: dict[str, Any] = json.loads(line)
        return said

    def close(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()
