"""Names out of a model on a terminal: shown as data, never obeyed; and every command stands absurd sizes."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from .command import Ended, call
from .files import CASES, all_cases

all_cases()
ABSURD = [name for name in CASES if name.startswith(("named_", "huge_", "dims_", "size_", "sum_", "names_of"))]
ABSURD += ["operator_of_ansi", "metadata_of_line_breaks", "path_not_utf8", "external_with_ansi", "everything_not_utf8"]


def plain(ended: Ended) -> None:
    assert "Traceback" not in ended.err, ended.err
    for text in (ended.out, ended.err):
        assert not {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") and c != "\n"}
        assert max(map(len, text.split("\n"))) < 5_000


@pytest.mark.parametrize("name", ABSURD)
def test_the_text_report_is_plain(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    ended = call("check", "--no-store", "--no-run", str(case.make(tmp_path)))
    assert ended.status == case.exit
    plain(ended)


@pytest.mark.parametrize("name", ["named_ansi", "named_markup", "named_line_breaks", "huge_tile_300_times", "names_of_sizes"])
@pytest.mark.parametrize("command", [("inspect",), ("inspect", "--format", "json"), ("explain",)], ids=" ".join)
def test_the_other_commands_are_plain(name: str, command: tuple[str, ...], tmp_path: Path) -> None:
    path = CASES[name].make(tmp_path)
    node = ("Relu[0]",) if command[0] == "explain" else ()
    ended = call(*command, str(path), *node)
    assert ended.status in (0, 1, 2, 4)
    plain(ended)
