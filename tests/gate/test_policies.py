"""Whose verdict it is, and what nothing found on the way can change."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest

from .conftest import BAD, COMMANDS, GOOD, Auditor, model

STATIC = ("--no-run",)
SOFT = 'fail-on = "never"\n[[waivers]]\nrule = "nan-weights"\nreason = "fine"\nowner = "me"\n'


@pytest.mark.parametrize("command", COMMANDS)
def test_what_got_worse_is_not_known(command: str, auditor: Auditor, here: Path) -> None:
    """One NaN is in the baseline; 64 are new."""
    (here / "m.onnx").write_bytes(model(nan=1))
    assert auditor("baseline", "m.onnx", *STATIC).code == 0
    assert auditor(command, "m.onnx", *STATIC).code == 0
    (here / "m.onnx").write_bytes(model(nan=64))
    assert auditor(command, "m.onnx", *STATIC).code == 1
    (here / "m.onnx").write_bytes(model(nan=1))
    assert auditor(command, "m.onnx", *STATIC).code == 0


@pytest.mark.parametrize("command", COMMANDS)
def test_without_a_configuration_there_is_no_baseline(
    command: str, auditor: Auditor, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "m.onnx").write_bytes(BAD)
    assert auditor("baseline", "m.onnx", *STATIC).code == 0
    assert auditor(command, "m.onnx", *STATIC).code == 0
    assert auditor(command, "m.onnx", *STATIC, "--no-config").code == 1
    monkeypatch.setenv("AUDITOR_BASELINE", "auditor-baseline.json")
    assert auditor(command, "m.onnx", *STATIC, "--no-config").code == 1


@pytest.mark.parametrize("command", COMMANDS)
def test_policy_and_baseline_stand_in_every_verdict(command: str, auditor: Auditor, here: Path) -> None:
    (here / "m.onnx").write_bytes(BAD)
    (here / "auditor.toml").write_text('[severity]\nnan-weights = "note"\n')
    assert auditor("baseline", "m.onnx", *STATIC).code == 0
    said = auditor(command, "m.onnx", *STATIC, "--format", "json")
    assert said.json["judged_by"] == {
        "policy": "auditor.toml", "baseline": "auditor-baseline.json", "trusted": False,
    }  # fmt: skip
    text = auditor(command, "m.onnx", *STATIC).out
    assert "auditor.toml" in text and "auditor-baseline.json" in text
    quiet = auditor(command, "m.onnx", *STATIC, "--quiet")
    assert (quiet.code, quiet.out) == (0, "")
    assert quiet.err == "auditor: judged by auditor.toml, baseline auditor-baseline.json\n"
    plain = auditor(command, "m.onnx", *STATIC, "--no-config", "--format", "json")
    assert plain.json["judged_by"] == {"policy": "", "baseline": "", "trusted": False}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("where", ["option", "variable"])
def test_nothing_on_the_way_softens_a_trusted_configuration(
    command: str, where: str, auditor: Auditor, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusted, team = here / "trusted" / "policy.toml", here / "team"
    trusted.parent.mkdir()
    team.mkdir()
    trusted.write_text('fail-on = "warning"\n')
    (team / "m.onnx").write_bytes(BAD)
    monkeypatch.chdir(team)
    assert auditor("baseline", "m.onnx", *STATIC).code == 0  # team/auditor-baseline.json
    (team / "auditor.toml").write_text(SOFT)
    (trusted.parent / "auditor-baseline.json").write_bytes((team / "auditor-baseline.json").read_bytes())
    assert auditor(command, "m.onnx", *STATIC).code == 0
    if where == "variable":
        monkeypatch.setenv("AUDITOR_TRUSTED_CONFIG", str(trusted))
        named: tuple[str, ...] = ()
    else:
        named = ("--trusted-config", str(trusted))
    for variable, value in (
        ("AUDITOR_FAIL_ON", "never"),
        ("AUDITOR_CONFIG", "auditor.toml"),
        ("AUDITOR_BASELINE", "auditor-baseline.json"),
    ):
        monkeypatch.setenv(variable, value)
    said = auditor(command, "m.onnx", *STATIC, *named, "--format", "json")
    assert said.code == 1
    assert said.json["judged_by"] == {"policy": str(trusted), "baseline": "", "trusted": True}
    assert auditor(command, "m.onnx", *STATIC, *named, "--fail-on", "never").code == 1
    for softer in (("--no-config",), ("--config", "auditor.toml"), ("--baseline", "auditor-baseline.json")):
        said = auditor(command, "m.onnx", *STATIC, *named, *softer)
        assert said.code == 2 and "trusted" in said.err
    assert "the trusted" in auditor(command, "m.onnx", *STATIC, *named, "--quiet").err


@pytest.mark.parametrize("command", ["check", "batch"])
def test_a_trusted_configuration_asks_for_every_rule(command: str, auditor: Auditor, here: Path) -> None:
    (here / "m.onnx").write_bytes(BAD)
    (here / "policy.toml").write_text("")
    named = ("--trusted-config", "policy.toml")
    assert auditor(command, "m.onnx", *STATIC, "--ignore", "nan-weights").code == 0
    assert auditor(command, "m.onnx", *STATIC, "--ignore", "nan-weights", *named).code == 4


@pytest.mark.parametrize("command", COMMANDS)
def test_a_stranger_stays_one_under_a_trusted_configuration(
    command: str, auditor: Auditor, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name with a script in it: a note, and a warning in a stranger's model."""
    strange = onnx.parser.parse_model(
        '<ir_version: 8, opset_import: ["" : 17]> g (float[2] x) => (float[2] y) { y = Relu(x) }'
    )
    strange.graph.node[0].name = "<script>alert(1)</script>"
    (here / "m.onnx").write_bytes(strange.SerializeToString())
    asked = (*STATIC, "--fail-on", "warning")
    assert auditor(command, "m.onnx", *asked).code == 0
    assert auditor(command, "m.onnx", *asked, "--profile", "untrusted").code == 1
    (here / "policy.toml").write_text('profile = "untrusted"\nfail-on = "warning"\nrun = false\n')
    assert auditor(command, "m.onnx", "--config", "policy.toml").code == 1
    assert auditor(command, "m.onnx", "--config", "policy.toml", "--profile", "own").code == 0
    trusted = ("--trusted-config", "policy.toml")
    monkeypatch.setenv("AUDITOR_PROFILE", "own")
    assert auditor(command, "m.onnx", *trusted).code == 1
    assert auditor(command, "m.onnx", *trusted, "--profile", "own").code == 1


def test_baseline_makes_the_configured_file_that_is_not_there_yet(auditor: Auditor, here: Path) -> None:
    (here / "m.onnx").write_bytes(BAD)
    (here / "auditor.toml").write_text('baseline = "known.json"\n')
    assert auditor("check", "m.onnx", *STATIC).code == 2  # it names a file that is not there
    assert auditor("baseline", "m.onnx", *STATIC).code == 0
    assert (here / "known.json").is_file()
    assert auditor("check", "m.onnx", *STATIC).code == 0


@pytest.mark.parametrize("command", ["batch", "gate"])
def test_a_pattern_that_matches_no_model_is_told(command: str, auditor: Auditor, here: Path) -> None:
    (here / "models").mkdir()
    (here / "models" / "m.onnx").write_bytes(GOOD)
    (here / "auditor.toml").write_text(
        '[[models]]\nmatch = ["modles/**"]\nfail-on = "note"\n[[models]]\nmatch = ["models/*"]\nfail-on = "note"\n'
    )
    said = auditor(command, "models", *STATIC)
    assert said.err == "auditor: auditor.toml:1: no model matches 'modles/**': mend or delete it\n"
