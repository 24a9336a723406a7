"""Names out of a model on a terminal: shown as data, never obeyed; and every command stands absurd sizes."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest

from tests.forked import Ended, call

from .files import CASES, all_cases

all_cases()
ABSURD = [name for name in CASES if name.startswith(("named_", "huge_", "dims_", "size_", "sum_", "names_of"))]
ABSURD += ["operator_of_ansi", "metadata_of_line_breaks", "path_not_utf8", "external_with_ansi", "everything_not_utf8"]


def plain(ended: Ended) -> None:
    assert "Traceback" not in ended.err, ended.err
    for text in (ended.out, ended.err):
        assert not {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") and c != "\n"}
        assert max(map(len, text.split("\n"))) < 5_000


def test_text_reports_are_plain(tmp_path: Path) -> None:
    """All in one call: several models, one report after the other."""
    paths = []
    for name in ABSURD:
        (tmp_path / name).mkdir()
        paths.append(str(CASES[name].make(tmp_path / name)))
    ended = call("check", "--no-store", "--no-run", *paths)
    assert ended.status == 1
    assert len(re.findall(r"^(?:PASS|FAIL)\b", ended.out, re.MULTILINE)) == len(ABSURD)
    plain(ended)


@pytest.mark.parametrize(
    "name", ["named_ansi", "named_markup", "named_line_breaks", "huge_tile_300_times", "names_of_sizes"]
)
@pytest.mark.parametrize("command", [("inspect",), ("explain",)], ids=" ".join)
def test_the_other_commands_are_plain(name: str, command: tuple[str, ...], tmp_path: Path) -> None:
    path = CASES[name].make(tmp_path)
    node = ("Relu[0]",) if command[0] == "explain" else ()
    ended = call(*command, str(path), *node)
    assert ended.status in (0, 1, 2, 4)
    plain(ended)
