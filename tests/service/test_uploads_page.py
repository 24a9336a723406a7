"""What docs/uploads.md says is done: its commands, one after the other, against the real process."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.readme import blocks

from .http_process import http_process

PAGE = Path(__file__).parents[2] / "docs" / "uploads.md"


@pytest.mark.skipif(shutil.which("curl") is None, reason="the page's commands need curl")
def test_the_commands_of_the_page(tmp_path: Path) -> None:
    (tmp_path / "lenet.onnx").write_bytes(b"\x08\x07\x12\x04test")
    (tmp_path / "weights.bin").write_bytes(b"weights" * 1000)
    commands = "\n".join(["set -e", *blocks(PAGE.read_text(), "bash")])
    with http_process(tmp_path, floor=0) as served:
        told = {"SERVER": f"http://127.0.0.1:{served.port}", "AUDITOR_TOKEN": served.token, "NO_PROXY": "*"}
        ran = subprocess.run(
            ["bash", "-c", commands], cwd=tmp_path, env=os.environ | told, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        versions = [json.loads(one) for one in ran.stdout.replace("}{", "}\n{").splitlines()]
        assert [one["version"] for one in versions] == ["1", "1", "2"]
        assert versions[0]["id"] == versions[1]["id"]
        assert set(versions[2]["files"]) == {"lenet.onnx", "weights.bin"}
