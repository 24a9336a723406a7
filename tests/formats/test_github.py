"""Annotations, read as the runner of GitHub Actions reads them."""

from __future__ import annotations

import io
from collections import Counter
from typing import NamedTuple

import pytest

from auditor.formats import renderer, writer
from auditor.report import Coverage, Missed, Report, Severity, Verdict

from .reports import ALEXNET, CLEAN, HOSTILE, NOTHING, WAIVED, with_name


class Command(NamedTuple):
    name: str
    properties: dict[str, str]
    message: str


def commands(text: str) -> list[Command]:
    """Every line that the runner obeys, by the rules of its `ActionCommand.TryParseV2`.

    A line that begins with ``::`` behind white space; up to the next ``::`` stand the name and, behind a space, the
    properties, between commas; then the message. ``%0D``, ``%0A``, in properties also ``%3A``, ``%2C``, and at last
    ``%25`` are decoded.
    """
    found = []
    for line in text.splitlines():  # more kinds of line breaks than the runner knows
        line = line.strip()
        if not line.startswith("::"):
            continue
        head, _, message = line[2:].partition("::")
        name, _, properties = head.partition(" ")
        pairs = (pair.partition("=") for pair in properties.split(",") if pair)
        found.append(Command(name, {key: _decoded(value, True) for key, _, value in pairs}, _decoded(message)))
    return found


def _decoded(text: str, is_property: bool = False) -> str:
    text = text.replace("%0D", "\r").replace("%0A", "\n")
    if is_property:
        text = text.replace("%3A", ":").replace("%2C", ",")
    return text.replace("%25", "%")


def said(*reports: Report) -> str:
    out = io.StringIO()
    if len(reports) == 1:
        renderer("github")(reports[0], Verdict.FAIL, out)
    else:
        several = writer("github", out)
        for report in reports:
            several.write(report, Verdict.FAIL)
        several.close()
    return out.getvalue()


def test_an_annotation_a_finding() -> None:
    text = said(ALEXNET)
    assert text.startswith("::error file=models/alexnet.onnx,title=misfit-initializers%3A fc6 (Gemm)::fc6 takes 9216 =")
    first, second = commands(text)
    assert first.name == "error"
    assert first.properties == {"file": "models/alexnet.onnx", "title": "misfit-initializers: fc6 (Gemm)"}
    assert first.message.splitlines() == [
        "fc6 takes 9216 = 256 x 6 x 6 features; pool5 gives 256 x 5 x 5 = 6400",
        "fits for 227 <= H = W <= 258",
        "fix: feed an input that fits",
        "basis: illegal",
    ]
    assert (second.name, second.properties["title"]) == ("warning", "unused-initializers: if_1/then/spare")


def test_several_models() -> None:
    assert [c.properties["file"] for c in commands(said(ALEXNET, CLEAN, NOTHING))] == [
        "models/alexnet.onnx", "models/alexnet.onnx", "none.onnx",
    ]  # fmt: skip


def test_what_was_asked_for_and_not_looked_at_is_a_warning() -> None:
    [command] = commands(said(NOTHING))
    assert command == (
        "warning", {"file": "none.onnx", "title": "not looked at: model"}, "there is no file none.onnx",
    )  # fmt: skip


def test_what_is_waived_is_one_notice() -> None:
    note, waived = commands(said(WAIVED))
    assert (note.name, note.properties["title"]) == ("notice", "unused-inputs")
    assert (waived.name, waived.properties["title"]) == ("notice", "2 findings waived or known")
    assert waived.message.splitlines() == [
        "misfit-initializers: fc6 (Gemm): waived by vision team until 2027-01-31: the client sends 227",
        "unused-initializers: if_1/then/spare: known: in the baseline",
    ]
    many = WAIVED._replace(findings=WAIVED.findings[:1] * 1000)
    [waived] = commands(said(many))
    assert waived.message.splitlines()[-1] == "and 990 more"


def kinds(text: str) -> dict[str, int]:
    return dict(Counter(command.name for command in commands(text)))


def test_ten_of_a_kind_and_how_many_more() -> None:
    """What GitHub would drop without a word is counted, over all models of the call."""
    error, warning = ALEXNET.findings
    note = warning._replace(severity=Severity.NOTE)
    first = ALEXNET._replace(findings=(error,) * 6 + (warning,) * 6 + (note,) * 6)
    text = said(first, first, first)
    assert kinds(text) == {"error": 10, "warning": 10, "notice": 10}
    last = commands(text)[-1]
    assert last.message.startswith("8 errors, 8 warnings, 9 notices more: GitHub shows ten of a kind.")
    assert set(last.properties) == {"title"}
    assert kinds(said(ALEXNET._replace(findings=(error,) * 10 + (warning,) * 10 + (note,) * 9))) == {
        "error": 10, "warning": 10, "notice": 9,
    }  # fmt: skip
    one_more = commands(said(ALEXNET._replace(findings=(error,) * 11)))
    assert len(one_more) == 11 and one_more[-1].message.startswith("1 error more: ")


def test_what_was_asked_for_is_not_hidden_behind_findings() -> None:
    warning = ALEXNET.findings[1]
    missed = Coverage(failed=(Missed("run", "there is no GPU", asked=True),))
    found = commands(said(ALEXNET._replace(findings=(warning,) * 40, coverage=missed)))
    assert found[0].properties["title"] == "not looked at: run"


def test_nothing_to_say() -> None:
    assert said(CLEAN) == ""


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name[:8]))
def test_names_are_data(name: str) -> None:
    text = said(with_name(name))
    found = commands(text)
    assert len(found) == text.count("\n") == len(text.splitlines())
    assert [c.name for c in found] == ["warning", "error", "notice", "notice"]
    assert all(set(c.properties) == {"file", "title"} for c in found)
    if name.isprintable() and "##" not in name and not name.strip().startswith("::") and len(name) < 256:
        assert {c.properties["file"] for c in found} == {name.strip()} or name != name.strip()
        assert found[0].message == name
