"""What holds for every format: names move no terminal, begin no command of a CI service, and stay short."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import unicodedata
from importlib import import_module
from pathlib import Path

import pytest

from auditor import formats as package
from auditor.errors import UsageError
from auditor.formats import Format, formats, renderer, writer
from auditor.report import Verdict
from tests.pace import HANG

from .reports import ALEXNET, CLEAN, HOSTILE, NOTHING, with_name

JOINER = "\u2060"  # what our Markdown puts where GitHub would make a link
OBEYED = re.compile(r"##\w*\[")


def said(form: str, name: str) -> str:
    out = io.StringIO()
    renderer(form)(with_name(name), Verdict.FAIL, out)
    return out.getvalue()


def test_the_list_names_every_format_without_importing_one() -> None:
    code = "import sys; from auditor.formats import formats; print(*formats()); print(*sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=HANG, check=True).stdout
    names, modules = (line.split() for line in said.splitlines())
    assert {"csv", "json", "sarif", "text"} <= set(names) and names == sorted(names)
    assert [m for m in modules if m.startswith("auditor.formats.")] == []


@pytest.mark.parametrize("name", formats())
def test_every_module_says_its_format(name: str) -> None:
    """What formats share lies in `auditor/formats/parts/`."""
    assert isinstance(getattr(import_module(f"auditor.formats.{name}"), "FORMAT", None), Format)


@pytest.mark.parametrize("name", ["parts", "names", "parts.names", "__init__", "../errors", "", "yaml"])
def test_what_is_not_a_format_is_one_clear_line(name: str) -> None:
    with pytest.raises(UsageError, match=f"there is no format '{name}'; there are .*csv, .*json"):
        writer(name, io.StringIO())


def test_a_helper_among_the_formats_is_not_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever puts a module there without a FORMAT gets the same line, and the test above."""
    (tmp_path / "helper.py").write_text("def render(report, verdict, out): ...")
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    monkeypatch.setattr(package, "formats", lambda: ("helper", *formats()))
    with pytest.raises(UsageError, match="there is no format 'helper'"):
        renderer("helper")


@pytest.mark.parametrize("form", formats())
@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name[:8]))
def test_names_are_data(form: str, name: str) -> None:
    text = said(form, name)
    text.encode("utf-8")
    hidden = {c for c in set(text) if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")}
    assert hidden <= {"\n", JOINER if form == "markdown" else "\n"}
    assert not OBEYED.search(text)
    if form != "github":  # whose lines are commands, each read back in its own test
        assert not [line for line in text.splitlines() if line.strip().startswith("::")]
    if form != "json":  # which keeps a name as it is
        assert len(text) - len(said(form, "plain")) < 120_000


@pytest.mark.parametrize("form", formats())
def test_several_say_what_each_says(form: str) -> None:
    """Every message of every report is there, in order."""
    out = io.StringIO()
    several = writer(form, out)
    for report in (ALEXNET, CLEAN, NOTHING):
        several.write(report, Verdict.FAIL)
    several.close()
    words = ["fc6 takes 9216", "nothing uses it"]
    if form != "csv":  # a row a finding
        words.append("there is no file none.onnx")
    text = out.getvalue()
    assert [word for word in words if word in text] == words
    assert [text.index(word) for word in words] == sorted(text.index(word) for word in words)
