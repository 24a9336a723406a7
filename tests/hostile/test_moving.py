"""A model that changes while it is audited: what was there is reported, or that it could not be read; never a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from .command import ROOT, call
from .tensors import external
from .wire import RELU, WEIGHTED, binary, parsed

# The command, with this done to the file between reading its structure and reading its weights.
_PROGRAM = """
import os, sys
from auditor import pipeline
from auditor.cli.app import run
load = pipeline.load
def and_then(path):
    model = load(path)
    target = sys.argv[1]
    {change}
    return model
pipeline.load = and_then
sys.exit(run(sys.argv[2:]))
"""

CHANGES = {
    "truncated": "os.truncate(target, os.path.getsize(target) // 2)",
    "emptied": "os.truncate(target, 0)",
    "gone": "os.remove(target)",
    "a folder": "os.remove(target); os.mkdir(target)",
    "a pipe": "os.remove(target); os.mkfifo(target)",
    "a link to a device": "os.remove(target); os.symlink('/dev/zero', target)",
    "other bytes": "open(target, 'wb').write(b'x' * 100_000)",
    "grown": "open(target, 'ab').write(b'x' * 100_000)",
}


@pytest.mark.parametrize("which", ["model.onnx", "weights.bin"])
@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_moves(change: str, which: str, tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(bytes(4096 * 4))
    path = external(tmp_path, length="16384")
    if which == "model.onnx":
        weighted = parsed(WEIGHTED)
        weight = weighted.graph.initializer[0]
        weight.ClearField("float_data")
        weight.raw_data = bytes(16)
        path.write_bytes(weighted.SerializeToString())
    program = ("-c", _PROGRAM.format(change=CHANGES[change]), str(tmp_path / which))
    ended = call("check", "--format", "json", "--no-store", "--no-run", str(path), program=program, seconds=20.0)
    assert "Traceback" not in ended.err, ended.err
    assert ended.status in (0, 1, 4)
    assert json.loads(ended.out)["schema_version"] == 1


def test_a_model_that_nobody_may_read() -> None:
    """The superuser reads everything, so nobody asks."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        path = Path(folder) / "model.onnx"
        path.write_bytes(binary(RELU))
        path.chmod(0)
        nobody = 65534 if os.getuid() == 0 else None
        if nobody is not None:
            tried = subprocess.run([sys.executable, "-c", "import auditor.cli.app"], cwd=ROOT, user=nobody, capture_output=True)
            if tried.returncode:
                pytest.skip("this Python lies where nobody but the superuser may read")
        ended = call("check", "--format", "json", "--no-store", str(path), user=nobody)
        assert "Traceback" not in ended.err, ended.err
        assert ended.status == 4
        assert "Permission denied" in ended.report["coverage"]["failed"][0]["why"]
