"""``--format html`` and ``-o html:FILE``: who gets a picture, and what a page says where there is none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import auditor.sessions.picturing as picturing
from tests.formats.pages import Page

from .conftest import ALEXNET_224, LENET, NAN, Said

STATIC = ("--no-run",)


def test_a_check_writes_a_page_with_the_layers(auditor: Callable[..., Said], tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    said = auditor("check", ALEXNET_224, *STATIC, "--no-store", "-o", f"html:{file}")
    assert said.code == 1 and "misfit-initializers" in said.out
    made = Page(file.read_text(encoding="utf-8"))
    assert "#l-0-" in " ".join(made.links) and {"layers", "costs"} <= set(made.ids)
    assert "history" not in made.ids  # nothing is stored


def test_the_picture_is_made_of_the_audits_own_evidence(
    auditor: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One reading and one propagation, whatever is drawn."""
    import auditor.evidence.evidence as evidence
    import auditor.pipeline as pipeline

    calls = []

    def counted(name: str, real: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **named: object) -> object:
            calls.append(name)
            return real(*arguments, **named)

        return call

    for module, name in ((pipeline, "load"), (evidence, "infer"), (evidence, "count")):
        monkeypatch.setattr(module, name, counted(name, getattr(module, name)))
    said = auditor("check", LENET, *STATIC, "--no-store", "--format", "html")
    assert said.code == 0 and "layers" in Page(said.out).ids
    assert sorted(calls) == ["count", "infer", "load"]


def test_other_formats_make_no_picture(auditor: Callable[..., Said], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picturing, "pictured", None)
    assert auditor("check", LENET, *STATIC, "--no-store", "--format", "json").code == 0
    assert auditor("check", LENET, *STATIC, "--no-store", "--format", "html", "--quiet").out == ""


def test_a_stored_report_has_no_graph_and_says_how_to_get_it(auditor: Callable[..., Said]) -> None:
    for _ in range(2):
        auditor("check", NAN)
    said = auditor("show", "2", "--format", "html")
    made = Page(said.out)
    assert said.code == 0 and "nan-weights" in made.text
    assert "auditor check MODEL --format html" in made.text
    assert "layers" not in made.ids and "weights" in made.ids
    assert "2 audits of this model" in made.text


def test_history_is_there_where_reports_are_stored(auditor: Callable[..., Said]) -> None:
    assert "history" not in Page(auditor("check", LENET, "--format", "html").out).ids
    assert "2 audits of this model" in Page(auditor("check", LENET, "--format", "html").out).text


def test_a_file_that_is_no_model_has_a_page(auditor: Callable[..., Said], tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_text("hello")
    said = auditor("check", str(tmp_path / "m.onnx"), "--no-store", "--format", "html")
    made = Page(said.out)
    assert said.code == 1 and "unreadable-model" in made.text
    assert "the file cannot be read as a model" in made.text
    none = auditor("check", str(tmp_path / "none.onnx"), "--no-store", "--format", "html")
    assert none.code == 3 and "INCONCLUSIVE" in Page(none.out).text


def test_several_models_are_one_page(auditor: Callable[..., Said]) -> None:
    said = auditor("check", LENET, ALEXNET_224, *STATIC, "--no-store", "--format", "html")
    assert "2 models: 1 passed, 1 failed" in Page(said.out).text


def test_a_picture_that_cannot_be_made_costs_no_report(
    auditor: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is a fault of ours, and told as one."""

    def broken(*_: object, **__: object) -> None:
        raise RecursionError("ours")

    monkeypatch.setattr(picturing, "pictured", broken)
    said = auditor("check", ALEXNET_224, *STATIC, "--no-store", "--format", "html")
    assert said.code == 1 and "a fault of auditor: RecursionError: ours" in Page(said.out).text
    assert "please report it" in said.err
