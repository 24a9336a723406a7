"""The releases of onnxruntime on the registry, each in a folder of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

INSIDE = Path(__file__).parent / "inside.py"


def on_the_registry() -> tuple[str, ...]:
    """The releases from 1.15.0 on that pip can install here, the oldest first."""
    asked = [sys.executable, "-m", "pip", "index", "versions", "onnxruntime"]
    said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    found = re.search(r"Available versions: (.*)", said)
    assert found is not None, said
    return tuple(sorted((v for v in found[1].split(", ") if numbers(v) >= (1, 15)), key=numbers))


def numbers(release: str) -> tuple[int, ...]:
    return tuple(map(int, release.split(".")))


class Release:
    """One release, installed. It loads models in a process of its own, which is started again where it dies."""

    def __init__(self, version: str, folder: Path) -> None:
        self.version, self.folder = version, folder
        self._process: subprocess.Popen[bytes] | None = None

    def tell(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(subprocess.run(self._command("tell"), capture_output=True, check=True).stdout)
        assert told["version"] == self.version
        return told

    def load(self, models: Iterable[bytes]) -> Iterator[str]:
        """Of each model "" where a session can be made, else why not."""
        for model in models:
            process = self._process = self._process or subprocess.Popen(
                self._command("load"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
            assert process.stdin is not None and process.stdout is not None
            try:
                process.stdin.write(len(model).to_bytes(4, "little") + model)
                process.stdin.flush()
                line = process.stdout.readline()
            except BrokenPipeError:
                line = b""
            if line:
                yield json.loads(line)
            else:
                self.close()
                yield "the process died"

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _command(self, what: str) -> list[str]:
        return [sys.executable, "-S", os.fspath(INSIDE), os.fspath(self.folder), what]
