"""Which models are versions of one another, and which audits speak for a model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from auditor.store.store import Store

from .conftest import BAD, COMMANDS, GOOD, Auditor, model, triton

STATIC = ("--no-run",)
GROWS = "[limits]\nparameters = { max-increase-percent = 0 }\n"


def test_two_teams_with_models_of_one_name_have_two_models(auditor: Auditor, here: Path) -> None:
    """What team b accepted is no version that team a's is compared with."""
    (here / "auditor.toml").write_text(GROWS)
    triton(here / "a", "digits", 1, model(rows=3))
    triton(here / "b", "digits", 1, model(rows=9))
    assert auditor("gate", "a", *STATIC, "--accept").code == 0
    assert auditor("gate", "b", *STATIC, "--accept").code == 0
    (here / "a" / "digits" / "2").mkdir()
    (here / "a" / "digits" / "2" / "model.onnx").write_bytes(model(rows=8))
    for command in COMMANDS:
        said = auditor(command, "a/digits/2/model.onnx", *STATIC)
        assert said.code == 1 and "over-limit" in said.out, command


def test_a_baseline_of_one_team_is_not_anothers(auditor: Auditor, here: Path) -> None:
    triton(here / "a", "digits", 1, BAD)
    triton(here / "b", "digits", 1, BAD)
    assert auditor("baseline", "a", *STATIC).code == 0
    for command in ("batch", "gate"):
        assert auditor(command, "a", *STATIC).code == 0
        assert auditor(command, "b", *STATIC).code == 1
    assert auditor("check", "b/digits/1/model.onnx", *STATIC).code == 1


def test_what_is_staged_is_a_version_of_what_is_live_where_that_is_said(auditor: Auditor, here: Path) -> None:
    triton(here / "live", "digits", 1, model(rows=3))
    triton(here / "staging", "digits", 2, model(rows=9))
    (here / "auditor.toml").write_text(GROWS + '[registries]\nstaging = "live"\n'.replace("[limits]", ""))
    assert auditor("gate", "live", *STATIC, "--accept").code == 0
    for command in ("batch", "gate"):
        assert auditor(command, "staging", *STATIC).code == 1
    assert auditor("check", "staging/digits/2/model.onnx", *STATIC).code == 1


def test_a_models_history_is_found_by_its_name_alone(auditor: Auditor, here: Path) -> None:
    triton(here / "a", "digits", 1, GOOD)
    assert auditor("batch", "a", *STATIC).code == 0
    one = auditor("history", "digits", "--format", "json").json
    assert (one["subject"], one["audited"]) == (f"digits@{here / 'a'}", 1)
    triton(here / "b", "digits", 1, GOOD)
    assert auditor("batch", "b", *STATIC).code == 0
    both = auditor("history", "digits", "--format", "json").out
    assert [json.loads(line)["subject"] for line in both.splitlines()] == [f"digits@{here / n}" for n in "ab"]


def test_what_an_older_auditor_accepted_is_still_compared_with(auditor: Auditor, here: Path) -> None:
    """It knew a registry's model by its name alone; only of the registry that it lies in it is a version."""
    triton(here / "a", "digits", 1, model(rows=3))
    assert auditor("batch", "a", *STATIC).code == 0
    with Store.open(here / "reports.db") as store:
        store.accept("digits", 1, reason="", by="Ada")
        assert store.accepted(f"digits@{here / 'a'}") is not None
        assert store.accepted(f"digits@{here / 'b'}") is None


def _report(auditor: Auditor, *options: str) -> dict[str, Any]:
    assert auditor("check", "m.onnx", "--no-store", "-q", "-o", "json:r.json", *STATIC, *options).code == 0
    found: dict[str, Any] = json.loads(Path("r.json").read_text())
    return found


def test_a_report_of_what_the_model_was_before_is_no_pass(auditor: Auditor, here: Path) -> None:
    (here / "m.onnx").write_bytes(GOOD)
    _report(auditor)
    assert auditor("gate", "r.json").code == 0
    (here / "m.onnx").write_bytes(BAD)  # other weights, the same structure
    said = auditor("gate", "r.json", "--accept")
    assert said.code == 4 and "by now: audit it again" in " ".join(said.out.split())
    (here / "m.onnx").write_bytes(model(rows=4))
    said = auditor("gate", "r.json", "--accept")
    assert said.code == 4 and "another model" in said.out
    assert "accepted  not this one" in said.out


@pytest.mark.parametrize("how", ["gone", "without weights"])
def test_a_report_that_is_bound_to_no_model_is_not_accepted(how: str, auditor: Auditor, here: Path) -> None:
    (here / "m.onnx").write_bytes(GOOD)
    _report(auditor, *(["--no-weights"] if how == "without weights" else []))
    if how == "gone":
        (here / "m.onnx").unlink()
    said = auditor("gate", "r.json")
    assert "the report's model" in said.out
    refused = auditor("gate", "r.json", "--name", "m", "--accept")
    assert refused.code != 0 and "accepted  not this one" in refused.out
    assert not (here / "reports.db").exists()


@pytest.mark.parametrize(
    "look", [("--select", "dead-branches"), ("--ignore", "nan-weights"), ("--seed", "3"), ("--no-weights",)]
)
@pytest.mark.parametrize("command", ["check", "batch"])
def test_an_ad_hoc_look_is_never_the_latest(command: str, look: tuple[str, ...], auditor: Auditor, here: Path) -> None:
    (here / "auditor.toml").write_text("run = false\n")
    (here / "m.onnx").write_bytes(BAD)
    assert auditor(command, "m.onnx").code == 1
    said = auditor(command, "m.onnx", *look, "--format", "json")
    assert said.json["ad_hoc"] == [look[0]]
    with Store.open(here / "reports.db") as store:
        latest = store.latest("m.onnx")
        assert latest is not None and latest["verdict"] == "fail" and latest["ad_hoc"] == []
        assert store.failing("nan-weights") == [str(here / "m.onnx")]
        assert [row.ad_hoc for row in store.history("m.onnx")].count(True) == 1
    assert "ad hoc" in auditor("history", "m.onnx").out


def test_what_is_configured_is_no_ad_hoc_look(auditor: Auditor, here: Path) -> None:
    (here / "auditor.toml").write_text("run = false\nweights = false\n")
    (here / "m.onnx").write_bytes(GOOD)
    said = auditor("check", "m.onnx", "--no-run", "--no-weights", "--timeout", "9", "--format", "json")
    assert said.json["ad_hoc"] == []
