"""What docs/service.md says of pipelines is so."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.client.connection import DELAYS
from auditor.client.token import usual_file
from auditor.errors import ExitCode
from tests.cli.conftest import LENET, Said
from tests.readme import DOCS, blocks

from .conftest import Server

TEXT = (DOCS / "service.md").read_text(encoding="utf-8").partition("## From a pipeline\n")[2].partition("\n## ")[0]


def test_the_pipeline_runs(
    server: Server, auditor: Callable[..., Said], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shell would say the variable in place of its name."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(LENET, "model.onnx")
    export, *calls = blocks(TEXT, "sh")[0].splitlines()
    name, _, _ = export.removeprefix("export ").partition("=")
    monkeypatch.setenv(name, server.url)
    for call in calls:
        program, *arguments = shlex.split(call.replace(f'"${name}"', server.url))
        said = auditor(*arguments)
        assert (program, said.code) == ("auditor", ExitCode.PASS), said
    assert Path("report.xml").exists()


def test_numbers_and_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setenv("HOME", "/home/ada")
    assert usual_file() == "/home/ada/.config/auditor/token"
    assert "`~/.config/auditor/token`" in TEXT
    assert len(DELAYS) == 6
    assert 15 <= sum(DELAYS) < 16
    assert "six times without\nprogress: for some fifteen seconds" in TEXT
