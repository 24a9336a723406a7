"""``auditor gate --server``: the server's verdict, printed as the gate prints its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.errors import ExitCode
from tests.cli.conftest import LENET, NAN, Said

from .conftest import Server
from .stand_in import Canned

Call = Callable[..., Said]


@pytest.fixture
def gate(server: Server, auditor: Call) -> Call:
    def call(*arguments: str) -> Said:
        return auditor("gate", *arguments, "--server", server.url)

    return call


@pytest.fixture
def pushed(push: Call, auditor: Call) -> None:
    """Two models, one with a fault in its second version."""
    push(LENET, "--name", "digits", "--version", "1")
    push(NAN, "--name", "digits", "--version", "2")
    push(LENET, "--name", "a@b", "--version", "1")


def test_the_verdict_with_its_reasons(pushed: None, server: Server, gate: Call) -> None:
    said = gate("digits@2")
    assert (said.code, said.err) == (ExitCode.FINDINGS, "")
    uid = next(uid for uid, one in server.knows.audits.items() if one["report"]["verdict"] == "fail")
    assert said.out.startswith("FAIL  nan_weights.onnx  ")
    assert "  model     digits@2\n" in said.out
    assert f"\n  {server.url}/api/v1/audits/{uid}\n" in said.out
    assert "  policy    none: findings of severity error fail\n  accepted  no version yet\n" in said.out
    assert "  fail" in said.out
    assert "nan-weights at " in said.out


def test_no_version_is_the_newest(pushed: None, gate: Call) -> None:
    assert gate("digits").code == ExitCode.FINDINGS
    assert gate("digits@1").code == ExitCode.PASS


def test_a_name_may_hold_what_parts_it_from_its_version(pushed: None, gate: Call) -> None:
    assert gate("a@b@1").code == ExitCode.PASS
    assert gate("a@b@").code == ExitCode.PASS
    assert gate("a@b").code == ExitCode.NOTHING


def test_a_model_that_passes(server: Server, auditor: Call, gate: Call) -> None:
    auditor("push", LENET, "--server", server.url)
    said = gate("lenet5")
    assert (said.code, said.err) == (ExitCode.PASS, "")
    assert "  pass  " in said.out


def test_json_is_a_line_a_model(pushed: None, gate: Call) -> None:
    said = gate("digits@1", "digits@2", "--format", "json")
    assert said.code == ExitCode.FINDINGS
    lines = [json.loads(line) for line in said.out.splitlines()]
    assert [(line["verdict"], line["gate"]["subject"], line["gate"]["version"]) for line in lines] == [
        ("pass", "digits", "1"),
        ("fail", "digits", "2"),
    ]
    assert lines[1]["gate"]["reasons"][0]["kind"] == "fail"


def test_files_and_other_formats(pushed: None, gate: Call, tmp_path: Path) -> None:
    said = gate("digits@2", "--quiet", "-o", f"junit:{tmp_path}/a.xml")
    assert (said.code, said.out) == (ExitCode.FINDINGS, "")
    assert "nan-weights" in (tmp_path / "a.xml").read_text()


def test_of_several_models_the_others_are_told_too(pushed: None, server: Server, gate: Call) -> None:
    said = gate("none", "digits@2")
    assert said.code == ExitCode.FINDINGS
    assert said.err == (
        f"auditor: none: {server.url}: there is no model none: GET /api/v1/models lists them (404 no-such-model)\n"
    )
    assert said.out.startswith("FAIL")


def test_a_model_that_is_not_there(gate: Call) -> None:
    assert gate("none").code == ExitCode.NOTHING


def test_a_model_that_was_not_audited_yet_is_no_pass(server: Server, push: Call, gate: Call) -> None:
    server.knows.looks = 1 << 40
    push(LENET, "--name", "m", "--wait", "0")
    said = gate("m", "--wait", "0.05")
    assert (said.code, said.err) == (ExitCode.INCONCLUSIVE, "")
    assert said.out.startswith("INCONCLUSIVE  m  ")
    assert "inconclusive  queued\n" in said.out


def test_it_waits_as_long_as_it_is_told(server: Server, push: Call, gate: Call) -> None:
    """A server is asked to wait a minute at most, and asked again."""
    server.knows.looks = 3
    push(NAN, "--name", "m", "--wait", "0")
    assert gate("m", "--wait", "1000").code == ExitCode.FINDINGS
    assert server.knows.count("GET", "/api/v1/gate") == 4


def test_a_server_that_says_pass_of_nothing_is_not_believed(server: Server, gate: Call) -> None:
    nothing: dict[str, object] = {"audit_id": None, "state": "", "reasons": [], "version": "1"}
    answer = {**nothing, "verdict": "pass", "model": {"name": "m"}}
    server.knows.instead("GET", "/api/v1/gate", Canned(200, json.dumps(answer).encode()))
    assert gate("m").code == ExitCode.INCONCLUSIVE


def test_a_server_that_is_not_there_is_no_pass(auditor: Call) -> None:
    said = auditor("gate", "m", "n", "--server", "http://127.0.0.1:1")
    assert (said.code, said.out) == (ExitCode.INCONCLUSIVE, "")
    assert said.err == "auditor: http://127.0.0.1:1 cannot be reached: Connection refused\n"


@pytest.mark.parametrize(
    ("option", "flag"),
    [
        (("--accept",), "--accept"), (("--no-run",), "--run"), (("--dim", "N=1"), "--dim"), (("--db", "x"), "--db"),
        (("--fail-on", "never"), "--fail-on"),
    ],
)  # fmt: skip
def test_what_only_holds_here_is_refused(option: tuple[str, ...], flag: str, gate: Call, server: Server) -> None:
    said = gate("m", *option)
    assert (said.code, said.out) == (ExitCode.USAGE, "")
    assert said.err.startswith(f"auditor: {flag} does not go with --server: ")
    assert server.knows.asked == []


def test_what_only_holds_there_is_refused_here(auditor: Call, tmp_path: Path) -> None:
    for option in (("--wait", "3"), ("--token-file", "x")):
        assert auditor("gate", LENET, *option).code == ExitCode.USAGE


def test_the_variable_alone_does_not_send_a_gate_elsewhere(
    server: Server, auditor: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUDITOR_SERVER", server.url)
    assert auditor("gate", NAN, "--no-run").code == ExitCode.FINDINGS
    assert server.knows.asked == []
