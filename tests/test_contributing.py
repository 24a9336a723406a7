"""CONTRIBUTING.md's tasks, done in a copy of the tree as they stand there: the files, the commands, the tests.

A second copy leaves a step of each task out, and the house's own tests name it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import onnx
import pytest

from .installed import package_folders
from .readme import ROOT, blocks, pages

TREE = ("auditor", "docs", "migrations", "sample_models", "tests")
PAGES = ("docs/formats.md", "docs/options.md", "docs/policy.md", "docs/registries.md", "docs/rules.md")
"""Whose tables `python -m tests.readme --update` makes of the modules."""


class Task(NamedTuple):
    title: str
    files: str  # how many, as its first sentence says
    edits: tuple[str, ...]
    commands: tuple[str, ...]


def tasks() -> dict[str, Task]:
    """Each task by its title."""
    found = {}
    for text in pages()["CONTRIBUTING.md"].partition("\n## Seven tasks\n")[2].split("\n### ")[1:]:
        title, said = text.partition("\n")[0], re.search(r"^\*(\w+) files?: ", text, re.MULTILINE)
        commands = [line for block in blocks(text, "sh") for line in block.splitlines()]
        found[title] = Task(title, said[1] if said else "", tuple(blocks(text, "py")), tuple(commands))
    return found


TASKS = tasks()
FILES = {
    "An operator": "One",
    "A rule": "One",
    "A format": "One",
    "An option": "Three",
    "A registry source": "One",
    "A report field": "Two",
    "A column": "Three",
}
NUMBERS = {"One": 1, "Two": 2, "Three": 3}


def edited(tree: Path, block: str) -> str:
    """The file that a block of code goes into, changed or made as its first line says."""
    head, _, code = block.partition("\n")
    if new := re.fullmatch(r"# new: (\S+)", head):
        assert not (tree / new[1]).exists(), head
        (tree / new[1]).write_text(code, encoding="utf-8")
        return new[1]
    place = re.fullmatch(r"# (\S+), (behind|instead of): (.*)", head)
    assert place, f"it says no place: {head}"
    lines = (tree / place[1]).read_text(encoding="utf-8").split("\n")
    at = [number for number, line in enumerate(lines) if line.strip() == place[3]]
    assert len(at) == 1, f"stands {len(at)} times: {head}"
    lines[at[0] + (place[2] == "behind") : at[0] + 1] = code.rstrip("\n").split("\n")
    (tree / place[1]).write_text("\n".join(lines), encoding="utf-8")
    return place[1]


def copy(folder: Path) -> Path:
    """The tree without what git ignores, and the models that the tasks' commands speak of."""
    for name in TREE:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".*_cache"))
    for file in [*ROOT.glob("*.md"), ROOT / "pyproject.toml"]:
        shutil.copy(file, folder)
    text = """<ir_version: 8, opset_import: ["" : 17, "com.example" : 1]>
        gated (float[N, 6] x) => (y) { y = com.example.SplitGate (x) }"""
    onnx.save(onnx.parser.parse_model(text), folder / "gated.onnx")
    (folder / "listed").mkdir()
    shutil.copy(folder / "sample_models" / "lenet5" / "lenet5.onnx", folder / "listed" / "digits.onnx")
    (folder / "listed" / "models.txt").write_text("digits.onnx\n")
    return folder


def python(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Python in a copy, which finds the copy's package."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AUDITOR_", "PYTEST_"))}
    path = os.pathsep.join([str(tree), *package_folders()])
    environment = {**kept, "PYTHONPATH": path, "AUDITOR_DB": str(tree / "reports.db"), "COLUMNS": "100"}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, timeout=600, check=False)


DRIVER = """
import contextlib, io, json, shlex, sys
from pathlib import Path
import auditor
from auditor.cli.app import run
from tests.readme import ROOT, made
assert Path(auditor.__file__).parents[1] == ROOT == Path.cwd()
for name in json.loads(sys.argv[1]):
    page = ROOT / name
    page.write_text(made(page.read_text(encoding="utf-8")), encoding="utf-8")
said = {}
for command in json.loads(sys.argv[2]):
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        run(shlex.split(command)[1:])
    said[command] = out.getvalue()
print(json.dumps(said))
"""


def pytest_of(tree: Path, *selected: str) -> subprocess.CompletedProcess[str]:
    """Some tests in a copy; what fails is named in the last lines."""
    return python(tree, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-rfE", *selected)


HOUSE = (
    "tests/test_report.py",
    "tests/test_readme.py::test_made_parts_are_new[docs/rules.md]",
    "tests/test_readme.py::test_made_parts_are_new[docs/formats.md]",
    "tests/test_readme.py::test_made_parts_are_new[docs/options.md]",
    "tests/test_readme.py::test_made_parts_are_new[docs/registries.md]",
    "tests/config/test_table.py",
    "tests/formats/test_every_format.py::test_every_module_says_its_format",
    "tests/formats/test_json.py::test_nothing_of_a_report_is_left_out",
    "tests/batch/test_sources.py::test_a_registry_says_what_it_is",
    "tests/store/test_store.py::test_every_column_is_filled",
    "tests/store/test_migrations.py::test_the_head_that_we_stamp_is_alembics_own",
    "tests/store/test_migrations.py::test_the_migrations_make_the_tables",
)
"""The tests that name what was forgotten."""


class Done(NamedTuple):
    tree: Path
    touched: dict[str, list[str]]  # files by task
    said: dict[str, str]  # by command


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Done]:
    """All tasks in one copy, their tables made, their commands called."""
    tree = copy(tmp_path_factory.mktemp("tree"))
    touched = {title: [edited(tree, block) for block in TASKS[title].edits] for title in FILES}
    commands = [command for title in FILES for command in TASKS[title].commands]
    called = python(tree, "-c", DRIVER, json.dumps(PAGES), json.dumps(commands))
    assert called.returncode == 0, called.stderr
    yield Done(tree, touched, json.loads(called.stdout.splitlines()[-1]))
    shutil.rmtree(tree)


@pytest.mark.parametrize("title", FILES)
def test_a_task_takes_so_many_files(title: str, done: Done) -> None:
    assert TASKS[title].files == FILES[title]
    assert len(set(done.touched[title])) == NUMBERS[FILES[title]]


def test_an_option_is_one_row(done: Done) -> None:
    path = "auditor/config/table.py"
    before, now = ((tree / path).read_text(encoding="utf-8").splitlines() for tree in (ROOT, done.tree))
    assert len([line for line in now if line not in before]) == 1
    assert len(now) == len(before) + 1


def test_nothing_else_was_touched(done: Done) -> None:
    """But for the tables that are made."""
    paths = [path.relative_to(done.tree).as_posix() for name in TREE for path in (done.tree / name).rglob("*.*")]
    now = {
        path
        for path in paths
        if "__pycache__" not in path and not path.startswith("tests/") and (done.tree / path).is_file()
        if not (ROOT / path).exists() or (ROOT / path).read_bytes() != (done.tree / path).read_bytes()
    }
    assert now - set(PAGES) == {path for files in done.touched.values() for path in files}


@pytest.mark.parametrize(
    ("title", "shows"),
    [
        ("An operator", "[N, 3]"),
        ("A rule", "Softmax over an axis of one entry"),
        ("A format", "nan_weights.onnx: error: "),
        ("An option", "--threads NUMBER"),
        ("A registry source", "1 model: "),
        ("A report field", '"functions": 0'),
    ],
)
def test_what_was_added_works(title: str, shows: str, done: Done) -> None:
    assert any(shows in done.said[command] for command in TASKS[title].commands), done.said


def test_a_column_that_was_added_holds_what_was_audited(done: Done) -> None:
    with closing(sqlite3.connect(done.tree / "reports.db")) as database:
        (row,) = database.execute("SELECT ir_version FROM audits").fetchall()
    assert row == (onnx.load(ROOT / "sample_models" / "lenet5" / "lenet5.onnx", load_external_data=False).ir_version,)


def test_the_tests_pass_with_all_that_was_added(done: Done) -> None:
    added = "lines or Listing or constant_softmax or constant-softmax or made_parts or report or column or migrations"
    said = pytest_of(done.tree, *HOUSE, "tests/formats/test_every_format.py", "tests/rules/test_pages.py", "-k", added)
    assert said.returncode == 0, said.stdout


FORGOTTEN = [
    ("A rule", "", "test_made_parts_are_new[docs/rules.md]"),  # its row
    ("A format", "FORMAT = ", "test_every_module_says_its_format[lines]"),
    ("An option", "", "test_made_parts_are_new[docs/options.md]"),  # its row
    ("A registry source", "row = ", "test_a_registry_says_what_it_is[listing]"),
    ("A report field", "len(model.functions),", "test_every_field_is_filled[ModelIdentity]"),
    ("A column", '"ir_version": _count', "test_every_column_is_filled[audits]"),
    ("A column", "op.add_column", "test_the_migrations_make_the_tables"),
]
"""A task, how a line of it begins, and the test that misses it."""


@pytest.mark.parametrize(("title", "line", "named"), FORGOTTEN, ids=[named for _, _, named in FORGOTTEN])
def test_what_is_forgotten_is_named(title: str, line: str, named: str, forgetful: str) -> None:
    assert any(f"\n{line}" in block or f" {line}" in block for block in TASKS[title].edits)
    assert re.search(rf"^(FAILED|ERROR) \S*{re.escape(named)}", forgetful, re.MULTILINE), forgetful


@pytest.fixture(scope="module")
def forgetful(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """What the house says of a copy in which those lines are missing, and the tables were not made anew."""
    tree = copy(tmp_path_factory.mktemp("tree"))
    for title in FILES:
        for block in TASKS[title].edits:
            edited(tree, "".join(map(_without, block.splitlines(keepends=True))))
    yield pytest_of(tree, *HOUSE).stdout
    shutil.rmtree(tree)


def _without(line: str) -> str:
    """The line, or what stands where it is missing."""
    if not any(line.lstrip().startswith(begin) for _, begin, _ in FORGOTTEN if begin):
        return line
    return f"{line[: -len(line.lstrip())]}pass\n" if line.lstrip().startswith("op.") else ""
