"""``auditor push`` and ``auditor gate --server`` with the real server, as processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from auditor.errors import ExitCode
from tests.cli.conftest import LENET, NAN
from tests.client.test_push import without_place
from tests.pace import HANG

from .push_large import Cutter, Served, served


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("served")) as found:
        yield found


def called(*arguments: str) -> tuple[int, str, str]:
    """The exit code and what is written."""
    command = [sys.executable, "-m", "auditor", *arguments]
    env = {**os.environ, "AUDITOR_TOKEN": "", "XDG_CONFIG_HOME": "/nonexistent"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=HANG, check=False, env=env)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(("model", "code"), [(LENET, ExitCode.PASS), (NAN, ExitCode.FINDINGS)], ids=["passes", "fails"])
def test_the_report_is_that_of_check(model: str, code: ExitCode, server: Served) -> None:
    """Through a connection that breaks."""
    cutter = Cutter(server.port, [os.path.getsize(model) // 2])
    url = f"http://127.0.0.1:{cutter.port}"
    ours = called("check", model, "--no-store", "--format", "json")
    theirs = called("push", model, "--server", url, "--format", "json")
    assert (theirs[0], theirs[2]) == (ours[0], "") == (code, "")
    assert without_place(json.loads(theirs[1])) == without_place(json.loads(ours[1]))
    assert cutter.made == 1
    code_of_gate, line, _ = called("gate", Path(model).stem, "--server", url, "--format", "json")
    assert (code_of_gate, json.loads(line)["verdict"]) == (code, "fail" if code else "pass")
    assert called("gate", "none", "--server", url)[0] == ExitCode.NOTHING
