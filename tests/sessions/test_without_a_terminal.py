"""What the command line does, another door can do: nothing below it prints, and what is told goes to a listener."""

from __future__ import annotations

import ast
import io
import json
from pathlib import Path
from typing import Any

import pytest

import auditor.sessions
from auditor.errors import ExitCode, UsageError
from auditor.sessions import checking
from auditor.sessions.asked import Asked, asked
from auditor.sessions.batching import Batching, BatchListener
from auditor.sessions.checking import Checking
from auditor.sessions.faults import exit_code_of
from auditor.sessions.gating import Gate, line, written
from auditor.sessions.listening import Listener
from auditor.sessions.recording import Recording

SAMPLES = Path(__file__).parents[2] / "sample_models"
LENET = str(SAMPLES / "lenet5" / "lenet5.onnx")
NAN = str(SAMPLES / "broken" / "nan_weights.onnx")


class Heard(BatchListener):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.faults: list[str] = []

    def say(self, line: str) -> None:
        self.lines.append(line)

    def fault(self, trace: str, sentence: str) -> None:
        self.faults.append(trace)


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Asked:
    monkeypatch.chdir(tmp_path)
    return asked({"run": False, "form": "json", "db": str(tmp_path / "reports.db"), "jobs": "1", "no_config": True})


@pytest.fixture(autouse=True)
def _nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> Any:
    yield
    assert capfd.readouterr() == ("", "")


def test_checks(ask: Asked, tmp_path: Path) -> None:
    out, heard = io.StringIO(), Heard()
    codes = Checking(ask.settings, ask.configured, ask.destinations(out, heard), heard).codes(
        [LENET, NAN, str(tmp_path / "none.onnx")]
    )
    assert codes == [ExitCode.PASS, ExitCode.FINDINGS, ExitCode.NOTHING]
    assert [json.loads(line)["verdict"] for line in out.getvalue().splitlines()] == ["pass", "fail", "inconclusive"]
    assert len(heard.lines) == 1 and "none.onnx" in heard.lines[0]


def test_a_fault_of_ours_costs_one_model_and_is_told(ask: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    from auditor.pipeline import audited as real

    def audited(path: str, *others: Any) -> Any:
        if path == NAN:
            raise RecursionError("ours")
        return real(path, *others)

    monkeypatch.setattr(checking, "audited", audited)
    out, heard = io.StringIO(), Heard()
    codes = Checking(ask.settings, ask.configured, ask.destinations(out, heard), heard).codes([NAN, LENET])
    assert codes == [ExitCode.FAULT, ExitCode.PASS]
    assert [("RecursionError: ours" in trace) for trace in heard.faults] == [True]


def test_gates_and_records(ask: Asked, tmp_path: Path) -> None:
    out, heard = io.StringIO(), Heard()
    to = ask.destinations(out, heard)
    with Gate(ask.configured, ask.limits(), listener=heard) as gate, written(to, lambda gated: None, line) as write:
        for gated in gate.gated([LENET, NAN, str(tmp_path)]):
            write(gated)
    assert gate.codes == [ExitCode.PASS, ExitCode.FINDINGS, ExitCode.NOTHING]
    assert [json.loads(line)["gate"]["accepted"] for line in out.getvalue().splitlines()] == [False, False]
    assert heard.lines == [f"there is no model in {tmp_path}"]
    recording = Recording(ask.configured, ask.limits(), str(tmp_path / "known.json"), listener=heard)
    assert recording.record([NAN]) == [ExitCode.PASS]
    assert (recording.models, recording.added) == (1, 1)
    with pytest.raises(UsageError, match="--update adds to it"):
        Recording(ask.configured, ask.limits(), str(tmp_path / "known.json"))


def test_batches(ask: Asked) -> None:
    out, heard = io.StringIO(), Heard()
    batching = Batching(ask, ask.destinations(out, heard), heard)
    outcomes = list(batching.outcomes([str(SAMPLES / "lenet5"), "/no/such/folder"]))
    assert batching.models == len(outcomes) == len(out.getvalue().splitlines()) == 1
    assert batching.code == ExitCode.NOTHING
    assert len(heard.lines) == 1 and list(batching.last_words(["x"])) == []


@pytest.mark.parametrize(
    ("error", "code", "lines", "faults"),
    [(UsageError("no"), 2, 1, 0), (ZeroDivisionError(), 70, 0, 1), (OSError(28, "No space left on device"), 2, 1, 0)],
)
def test_errors(error: Exception, code: int, lines: int, faults: int) -> None:
    def call() -> int:
        raise error

    heard = Heard()
    assert exit_code_of(call, heard) == code
    assert (len(heard.lines), len(heard.faults)) == (lines, faults)


def test_a_listener_need_not_listen() -> None:
    deaf = Listener()
    deaf.say("x")
    deaf.fault("x", "y")
    deaf.nobody_reads()
    with deaf.auditing("x"):
        pass


def test_nothing_here_knows_of_a_terminal() -> None:
    for path in Path(str(auditor.sessions.__file__)).parent.glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
        assert not names & {"print", "input"} and "sys" not in imported, path.name
