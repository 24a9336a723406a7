"""The commands at an address: what is audited, what is said, what is kept, and that no credential is anywhere."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.errors import ExitCode
from tests.forked import Ended
from tests.gate.conftest import write_weightless

from .stand_in import COMMIT, Canned, Shelf, redirect

SAMPLES = Path(__file__).parents[2] / "sample_models"
LENET = (SAMPLES / "lenet5/lenet5.onnx").read_bytes()
NAN = (SAMPLES / "broken/nan_weights.onnx").read_bytes()
EXTERNAL = (SAMPLES / "broken/missing_external_data.onnx").read_bytes()
SECRET = "hf_averysecrettoken"
Call = Callable[..., Ended]


@pytest.fixture
def hub(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    monkeypatch.setenv("HF_ENDPOINT", shelf.url)
    monkeypatch.setenv("HF_TOKEN", SECRET)
    shelf.token = SECRET
    shelf.repositories["org/name"] = {"config.json": b"{}", "onnx/good.onnx": LENET, "onnx/nan.onnx": NAN}
    return shelf


def test_a_batch_of_the_hub(hub: Shelf, auditor: Call, tmp_path: Path) -> None:
    """Reports are of the address; a second batch fetches and audits nothing again."""
    said = auditor("batch", "hf://org/name@main", "--no-run", "-o", f"json:{tmp_path}/all.jsonl")
    assert said.status == ExitCode.FINDINGS, said.err
    assert f"  hf://org/name@{COMMIT}/onnx/nan.onnx\n  error  nan-weights" in said.out
    assert "2 models: 1 passed, 1 failed" in said.out
    fetched = hub.count(".*/resolve/.*") + hub.count("/lfs/.*")
    again = auditor("batch", "hf://org/name@main", "--no-run")
    assert "2 reused" in again.out
    assert hub.count(".*/resolve/.*") + hub.count("/lfs/.*") == fetched
    assert COMMIT[:8] in auditor("history", "org/name/onnx/nan").out
    everything = said.out + said.err + (tmp_path / "all.jsonl").read_text()
    for path in [tmp_path / "reports.db", *(tmp_path / "cache").rglob("*")]:
        if path.is_file():
            everything += path.read_bytes().decode("latin-1")
    assert SECRET not in everything and "very-secret" not in everything
    assert str(tmp_path / "cache") not in (tmp_path / "all.jsonl").read_text(), (
        "a report is of the model, not of a copy"
    )


def test_a_gate_at_an_address(hub: Shelf, auditor: Call) -> None:
    """One version is accepted, under its name; the next one is compared with it."""
    said = auditor(
        "gate", f"hf://org/name@{COMMIT}/onnx/good.onnx", "--no-run", "--accept", "--reason", "x", "--by", "y"
    )
    assert said.status == ExitCode.PASS, said.out + said.err
    said = auditor("gate", "hf://org/name@main", "--no-run")
    assert said.status == ExitCode.FINDINGS
    assert "model     org/name/onnx/good" in said.out and "no version yet" in said.out
    assert auditor("gate", "hf://org/name@v7", "--no-run").status == ExitCode.NOTHING


def test_one_model_that_does_not_come_costs_no_other(hub: Shelf, auditor: Call) -> None:
    hub.instead(".*/resolve/.*good.onnx", Canned(404), 9)
    said = auditor("batch", "hf://org/name", "--no-run")
    assert said.status == ExitCode.FINDINGS
    assert "2 models: 1 failed, 1 inconclusive" in said.out
    assert "though it is listed" in " ".join(said.out.split())
    hub.canned.clear()
    again = auditor("batch", "hf://org/name", "--no-run")
    assert "1 passed" in again.out, "a model that did not come is tried again"


@pytest.mark.parametrize(
    ("status", "canned", "said"),
    [
        (ExitCode.INCONCLUSIVE, Canned(401), "may have expired"),
        (ExitCode.INCONCLUSIVE, Canned(200, b"<html>", {"Content-Type": "text/html"}), "is not JSON"),
        (ExitCode.INCONCLUSIVE, redirect("file:///etc/passwd"), "is not an address"),
    ],
)
def test_a_registry_that_cannot_be_read(status: int, canned: Canned, said: str, hub: Shelf, auditor: Call) -> None:
    hub.instead(".*/revision/.*", canned, 9)
    for command in ("batch", "gate"):
        ended = auditor(command, "hf://org/name", "--no-run")
        assert ended.status == status
        assert said in ended.err and SECRET not in ended.err
        assert "Traceback" not in ended.err


def test_a_listing_that_ends_early_is_no_pass(hub: Shelf, auditor: Call) -> None:
    hub.repositories["org/name"] = {f"{number:03}.onnx": b"no model" for number in range(3)}
    hub.page = 2
    hub.instead(".*cursor=2", Canned(403), 9)
    ended = auditor("batch", "hf://org/name", "--no-run")
    assert ended.status == ExitCode.INCONCLUSIVE
    assert "403" in ended.err


def test_an_engine_without_weights_with_the_files_of_the_model_that_has_them(
    shelf: Shelf, auditor: Call, tmp_path: Path
) -> None:
    """Their names stand in a model that is fetched first; nothing is asked for twice, and no third step is there."""
    write_weightless(tmp_path)
    for name in ("m.onnx", "engine.bin", "source/m.onnx", "source/w.bin"):
        shelf.files[f"/e/{name}"] = (tmp_path / name).read_bytes()
    said = auditor("batch", f"{shelf.url}/e/m.onnx", "--no-run")
    assert said.status == ExitCode.PASS, said.out + said.err
    assert shelf.count("/e/.*w.bin") == shelf.count("/e/.*engine.bin")
    del shelf.files["/e/source/w.bin"]
    said = auditor("batch", f"{shelf.url}/e/m.onnx", "--no-run", "--cache", str(tmp_path / "empty"))
    assert said.status == ExitCode.FINDINGS and "unreadable-context" in said.out


def test_a_model_behind_a_url_with_its_data(shelf: Shelf, auditor: Call) -> None:
    """What is signed in its query is in no report; what it names beside itself is fetched from beside it."""
    shelf.files |= {"/m/good.onnx": LENET, "/m/parted.onnx": EXTERNAL}
    said = auditor("batch", f"{shelf.url}/m/good.onnx?X-Signature=very-secret", "--no-run", "--format", "json")
    assert said.status == ExitCode.PASS, said.err
    assert said.report["model"]["path"] == f"{shelf.url}/m/good.onnx"
    assert "very-secret" not in said.out + said.err
    said = auditor("batch", f"{shelf.url}/m/parted.onnx", "--no-run")
    assert said.status == ExitCode.FINDINGS and "'head.bin' is not the" in " ".join(said.out.split())
    assert shelf.count("/m/.*", "HEAD") > 2, "it was looked for"


def test_addresses_that_nothing_reads(shelf: Shelf, auditor: Call) -> None:
    for address, why in {
        "ftp://x/y": "is not an address that models are read from; az, gs, hf, http",
        f"{shelf.url}/folder/": "is not the address of an .onnx file",
        "hf://a/b/c/d": "is hf://ORG/NAME@REVISION",
    }.items():
        ended = auditor("batch", address, "--no-run")
        assert (ended.status, why in ended.err) == (ExitCode.INCONCLUSIVE, True), ended.err
        assert len(ended.err.splitlines()) <= 2


def test_the_cache_is_bounded_and_named(hub: Shelf, auditor: Call, tmp_path: Path) -> None:
    """A model at a time fits: each is audited, and the one before is gone."""
    size = max(len(LENET), len(NAN)) + 100
    named = tmp_path / "named"
    ended = auditor(
        "batch", "hf://org/name", "--no-run", "--cache", str(named), "--cache-size", str(size), "--jobs", "1"
    )
    assert "2 models: 1 passed, 1 failed" in ended.out, ended.err
    auditor(
        "batch", f"hf://org/name@{COMMIT}/onnx/nan.onnx", "--no-run", "--cache", str(named), "--cache-size", str(size)
    )
    held = sum(path.stat().st_size for path in (named / "blobs").rglob("*") if path.is_file())
    assert held <= size + len(LENET)
    small = auditor("batch", "hf://org/name", "--no-run", "--fetch-size", "100")
    assert small.status == ExitCode.INCONCLUSIVE and "(--fetch-size)" in " ".join(small.out.split())
    assert os.path.isdir(tmp_path / "cache")


def test_check_takes_one_model_at_an_address(hub: Shelf, auditor: Call) -> None:
    """The report is of the address, and kept as one of the registry's name."""
    said = auditor("check", f"hf://org/name@{COMMIT}/onnx/nan.onnx", "--no-run", "--format", "json")
    assert said.status == ExitCode.FINDINGS, said.err
    assert said.report["model"]["path"] == f"hf://org/name@{COMMIT}/onnx/nan.onnx"
    assert COMMIT[:8] in auditor("history", "org/name/onnx/nan").out
    several = auditor("check", "hf://org/name", "--no-run")
    assert (several.status, "`auditor batch` audits them" in several.err) == (ExitCode.USAGE, True)
    hub.instead(".*/revision/.*", Canned(401), 9)
    assert auditor("check", "hf://org/name", "--no-run").status == ExitCode.INCONCLUSIVE
