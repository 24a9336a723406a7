"""``auditor db``: what may go, and all of it out and in."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.store.service_tables import all_tables
from auditor.store.store import Store
from tests.pace import HANG
from tests.store.every_table import rows_of
from tests.store.reports import document

from .conftest import Said

Auditor = Callable[..., Said]


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    """Three audits of one model and one of another."""
    path = tmp_path / "reports.db"
    with Store.open(path) as store:
        for n in range(3):
            store.save(document("/a.onnx", findings=n))
        store.save(document("/b.onnx"))
    return path


def test_pruning(auditor: Auditor, stored: Path) -> None:
    would = auditor("db", "prune", "--keep", "1", "--dry-run")
    assert would.out.startswith("would take out 2 audits of 1 model with 1 finding, ")
    done = auditor("db", "prune", "--keep", "1", "--model", "*a.onnx")
    assert done.out.startswith("took out 2 audits of 1 model with 1 finding; ") and done.out.endswith(" free again\n")
    assert auditor("db", "prune", "--keep", "1").out == "took out 0 audits of 0 models with 0 findings\n"
    assert auditor("db", "prune", "--older-than", "0").out == "took out 0 audits of 0 models with 0 findings\n"
    assert (auditor("show", "3").code, auditor("show", "1").code) == (0, 3)


def test_out_and_in_again(auditor: Auditor, stored: Path, tmp_path: Path) -> None:
    file, other = str(tmp_path / "all.jsonl"), str(tmp_path / "other.db")
    assert (auditor("db", "export", file).code, auditor("db", "export", file).code) == (0, 0)
    assert auditor("db", "import", file, "--db", other).out == "imported 4 audits; 0 were there already\n"
    assert auditor("db", "import", file, "--db", other).out == "imported 0 audits; 4 were there already\n"
    assert auditor("history", "/a.onnx", "--db", other).out == auditor("history", "/a.onnx").out
    assert sorted(path.name for path in tmp_path.iterdir() if ".part" in path.name) == []


def test_a_whole_database_is_copied(auditor: Auditor, stored: Path, tmp_path: Path) -> None:
    other = tmp_path / "new" / "other.db"
    said = auditor("db", "copy", str(stored), str(other))
    with Store.open(stored) as first, Store.open(other) as second:
        with first.reading() as connection:
            rows = sum(len(rows_of(connection, table)) for table in all_tables.sorted_tables)
        assert said.out == f"copied 4 audits and {rows - 4} other rows into {other}\n"
        assert second.get(3) == first.get(3)
    again = auditor("db", "copy", str(stored), str(other))
    assert again.code == 2 and "is not empty, its table audits has rows" in again.err
    missing = auditor("db", "copy", str(tmp_path / "none.db"), str(other))
    assert missing.code == 2 and "there is no report database" in missing.err


def test_through_a_pipe(stored: Path, tmp_path: Path) -> None:
    run = f"{shlex.quote(sys.executable)} -m auditor db"
    there, other = shlex.quote(str(stored)), shlex.quote(str(tmp_path / "other.db"))
    line = f"{run} export - --db {there} | {run} import - --db {other}"
    ran = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True)
    assert (ran.stdout, ran.stderr) == ("imported 4 audits; 0 were there already\n", "")


def test_a_broken_export_is_one_line(
    auditor: Auditor, stored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    auditor("db", "export", str(tmp_path / "all.jsonl"))
    lines = (tmp_path / "all.jsonl").read_bytes().splitlines(keepends=True)
    lines[3] = lines[3][:50] + b"\x1b[31m" + lines[3][50:]
    (tmp_path / "broken.jsonl").write_bytes(b"".join(lines))
    said = auditor("db", "import", str(tmp_path / "broken.jsonl"), "--db", str(tmp_path / "other.db"))
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("auditor: line 4 is not of an export (") and said.err.endswith("nothing was imported\n")
    assert "\x1b" not in said.err
    assert auditor("show", "1", "--db", str(tmp_path / "other.db")).code == 3


def test_an_export_that_fails_leaves_what_was_there(auditor: Auditor, stored: Path, tmp_path: Path) -> None:
    (tmp_path / "all.jsonl").write_text("an older one")
    with Store.open(stored) as store, store.writing("test") as connection:
        connection.exec_driver_sql("UPDATE audits SET document = x'00' WHERE id = 3")
    said = auditor("db", "export", str(tmp_path / "all.jsonl"))
    assert said.code == 2 and "report 3 in" in said.err and "is damaged" in said.err
    assert (tmp_path / "all.jsonl").read_text() == "an older one"


def test_each_line_of_an_export_is_json(auditor: Auditor, stored: Path, tmp_path: Path) -> None:
    auditor("db", "export", str(tmp_path / "all.jsonl"))
    kinds = [next(iter(json.loads(line))) for line in (tmp_path / "all.jsonl").read_text("ascii").splitlines()]
    assert kinds == ["auditor_export", *["audit"] * 4, "end"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("prune",), "prune takes --keep N, --older-than DAYS, or both"),
        (("prune", "--keep", "0"), "keep"),
        (("prune", "--older-than", "-1"), "older-than"),
        (("prune", "--keep", "1", "--db", "/no/such.db"), "/no/such.db"),
        (("export", "/no/such/folder/file"), "cannot write /no/such/folder/file: No such file"),
        (("export", "x\0y"), "cannot write"),
        (("import", "/no/such/file"), "cannot read /no/such/file: No such file"),
        (("import", "/"), "cannot read /: Is a directory"),
    ],
)
def test_what_goes_wrong_is_said(auditor: Auditor, stored: Path, arguments: tuple[str, ...], says: str) -> None:
    said = auditor("db", *arguments)
    assert (said.code, said.out) == (2, "")
    assert says in said.err and "Traceback" not in said.err


def test_an_export_into_a_named_pipe_does_not_replace_it(auditor: Auditor, stored: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["cat", tmp_path / "pipe"], stdout=subprocess.PIPE) as reader:
        assert auditor("db", "export", str(tmp_path / "pipe")).code == 0
        assert reader.communicate(timeout=HANG)[0] == _exported(auditor, tmp_path / "file")
    assert (tmp_path / "pipe").is_fifo()


def _exported(auditor: Auditor, file: Path) -> bytes:
    assert auditor("db", "export", str(file)).code == 0
    return file.read_bytes()
