"""A model that changes while it is audited: what was there is reported, or that it could not be read."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest

from tests.forked import call

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
    code = _PROGRAM.format(change=CHANGES[change])
    ended = call(str(tmp_path / which), "check", "--format", "json", "--no-store", "--no-run", str(path), code=code)
    assert "Traceback" not in ended.err, ended.err
    assert ended.status in (0, 1, 3, 4)
    assert json.loads(ended.out)["schema_version"] == 1


# The command, after it has given up the superuser's right to read everything.
_AS_NOBODY = """
import os, sys
from auditor import rules
from auditor.cli.app import run
from auditor.sessions import checking as session
rules.all_rules()
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
sys.exit(run(sys.argv[1:]))
"""


def test_a_model_that_nobody_may_read() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path = Path(folder) / "model.onnx"
        path.write_bytes(binary(RELU))
        path.chmod(0)
        ended = call("check", "--no-config", "--format", "json", "--no-store", str(path), code=_AS_NOBODY)
        assert "Traceback" not in ended.err, ended.err
        assert ended.status == 4
        assert "Permission denied" in ended.report["coverage"]["failed"][0]["why"]
