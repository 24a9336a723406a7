"""What holds for every format: names move no terminal, begin no command of a CI service, and stay short."""

from __future__ import annotations

import io
import re
import unicodedata

import pytest

from auditor.errors import UsageError
from auditor.formats import formats, renderer, writer
from auditor.report import Verdict

from .reports import ALEXNET, CLEAN, HOSTILE, NOTHING, with_name

JOINER = "\u2060"  # what our Markdown puts where GitHub would make a link
OBEYED = re.compile(r"##\w*\[")


def said(form: str, name: str) -> str:
    out = io.StringIO()
    renderer(form)(with_name(name), Verdict.FAIL, out)
    return out.getvalue()


def test_these_are_the_formats() -> None:
    assert formats() == ("csv", "github", "json", "junit", "markdown", "sarif", "text")
    with pytest.raises(UsageError, match="there are csv, github, json"):
        writer("telling", io.StringIO())


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
