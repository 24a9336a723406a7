"""What the documentation says is so: README.md, the other pages beside it, and docs/."""

from __future__ import annotations

import contextlib
import io
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from auditor.cli.commands import GROUPS, SUMMARIES, command
from auditor.config.configuration import find
from auditor.config.table import VARIABLES
from auditor.errors import ExitCode

from .readme import ROOT, blocks, fenced, made, pages, unfenced, written

PAGES = pages()
TEXT = PAGES["README.md"]
CURRENT = {name: text for name, text in PAGES.items() if name != "CHANGELOG.md"}
"""All but the one that may name what is gone."""

EVERYWHERE = frozenset({"sh", "python"})
HERE: dict[str, frozenset[str]] = {
    "docs/policy.md": frozenset({"toml"}),  # read as a configuration, here and in tests/config/test_configuration.py
    "docs/deep.md": frozenset({"toml"}),  # read as a configuration, here
    "docs/providers.md": frozenset({"toml"}),  # read in tests/config/test_provider_settings.py
    "docs/baseline.md": frozenset({"console"}),  # run in tests/cli/test_baseline.py
    "docs/diff.md": frozenset({"yaml"}),  # read in tests/places/test_diff_action.py; its git is in tests/diff
    "docs/engines.md": frozenset({"yaml", "py", "bash"}),  # read in tests/batch/engines/test_page.py
    "docs/service.md": frozenset({"toml", "bash"}),  # read in test_serve.py, run in test_readme_service.py
    "docs/uploads.md": frozenset({"bash"}),  # run in tests/service/test_uploads_page.py
    "docs/attest.md": frozenset({"bash", "yaml"}),  # run in tests/attest/test_page.py
    "docs/gates.md": frozenset({"yaml", "groovy", "bash", "py"}),  # run in tests/places
    "docs/deployment.md": frozenset({"bash", "nginx", "caddy"}),  # read by what they are for in tests/test_deploy.py
    "CONTRIBUTING.md": frozenset({"py"}),  # done in tests/test_contributing.py
}
"""Which languages the code blocks of a page may have: each is tested somewhere."""


def of_pages(language: str) -> list[object]:
    """Every code block in a language, named by its page."""
    return [
        pytest.param(block, id=f"{name}-{number}")
        for name, text in PAGES.items()
        for number, block in enumerate(blocks(text, language))
    ]


@pytest.mark.parametrize("name", PAGES)
def test_made_parts_are_new(name: str) -> None:
    """`python -m tests.readme --update` makes them anew."""
    assert made(PAGES[name]) == PAGES[name]


def test_the_first_report_is_the_question_that_started_it() -> None:
    assert "fc6 takes 9216 = 256 x 6 x 6 features; pool5 gives 256 x 5 x 5 = 6400" in TEXT


@pytest.mark.parametrize("program", of_pages("python"))
def test_python_runs(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """And prints what the comments behind its calls of print say."""
    monkeypatch.chdir(ROOT)
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(program, {})
    assert out.getvalue().splitlines() == re.findall(r"^print\(.*\)  # (.*)$", program, re.MULTILINE)


@pytest.mark.parametrize("example", of_pages("toml"))
def test_toml_is_a_configuration(example: str, tmp_path: Path) -> None:
    """Which is read without a complaint, the baseline that it names included."""
    (tmp_path / "auditor.toml").write_text(example, encoding="utf-8")
    for name in re.findall(r'^baseline = "(.*)"$', example, re.MULTILINE):
        (tmp_path / name).write_text('{"schema_version": 1, "models": {}}')
    find(str(tmp_path / "auditor.toml")).checked()


@pytest.mark.parametrize("name", PAGES)
def test_every_code_block_is_tested(name: str) -> None:
    """One without a language shows what a command writes, and stands in a part that is made."""
    assert {language for language, _ in fenced(written(PAGES[name]))} <= EVERYWHERE | HERE.get(name, frozenset())


# ---- commands and options


def commands() -> dict[str, set[str]]:
    """Every command with its options."""
    found = {
        name: {"--help", "-h"}.union(*(spelled.split("/") for row in command(name).settings for spelled in row.flags))
        for name in SUMMARIES
    }
    found |= {name: {"--help", "-h"} for name in GROUPS}
    return found


COMMANDS = commands()


def calls(text: str) -> Iterator[tuple[str, str]]:
    """Each call of auditor in code, inline or fenced: the command, and what stands behind it on its line.

    Those of parts that are made are left out: they were run.
    """
    text = written(text)
    code = [*re.findall(r"`([^`\n]+)`", unfenced(text)), *(block for _, block in fenced(text))]
    for line in "\n".join(code).splitlines():
        for call in re.finditer(r"(?<![\w.-])auditor (?P<command>(?:(?:db|token) )?[a-z]+)\b(?P<rest>[^|&>#]*)", line):
            yield call["command"], call["rest"]


@pytest.mark.parametrize("name", CURRENT)
def test_calls_name_commands_and_their_own_options(name: str) -> None:
    for called, rest in calls(CURRENT[name]):
        assert called in COMMANDS
        assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", rest)) <= COMMANDS[called], f"auditor {called}{rest}"


def test_the_readme_names_every_command() -> None:
    named = {called for called, _ in calls(TEXT)}
    assert named | set(GROUPS) == set(COMMANDS)


@pytest.mark.parametrize("name", CURRENT)
def test_options_exist(name: str) -> None:
    options = set().union(*COMMANDS.values()) | {"--version", "--help", "--install-completion", "--show-completion"}
    told = re.sub(r"`(?:\.venv/bin/)?python [^`]*`", "", unfenced(CURRENT[name]))
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", told)) <= options


def test_a_call_is_found_wherever_it_stands() -> None:
    text = "`auditor db path`\n```sh\na && .venv/bin/auditor check x --no-run && auditor gate 3 # --x\n```\n"
    assert list(calls(text)) == [("db path", ""), ("check", " x --no-run "), ("gate", " 3 ")]


def test_exit_codes() -> None:
    table = TEXT.partition("## Exit codes")[2].partition("##")[0]
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)} == {int(c) for c in ExitCode}


def test_the_two_commands_are_the_readmes_and_ci_runs_the_second() -> None:
    first, tests, _ = (block.strip() for block in blocks(TEXT, "sh"))  # the third is the service's, as its test says
    assert first.endswith(".venv/bin/auditor check sample_models/lenet5/lenet5.onnx")
    assert "pytest" in tests
    assert tests in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


# ---- pages, paths and links


@pytest.mark.parametrize("name", CURRENT)
def test_paths_exist(name: str) -> None:
    """A name that is still to be given stands in angle brackets."""
    text = unfenced(CURRENT[name]) if name == "CONTRIBUTING.md" else CURRENT[name]
    paths = re.findall(r"(?<![\w./-])(?:sample_models|auditor|tests|docs|migrations|\.ci|\.github)/[\w./-]*", text)
    assert [path for path in paths if not Path(ROOT / path.rstrip(".")).exists()] == []


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str) -> None:
    folder = (ROOT / name).parent
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", unfenced(PAGES[name]))
    assert [link for link in links if "://" not in link and not (folder / link).exists()] == []


def test_the_index_lists_every_page_and_the_readme_leads_to_it() -> None:
    linked = {os.path.relpath(ROOT / "docs" / link, ROOT) for link in _links(PAGES["docs/README.md"])}
    assert linked >= set(PAGES) - {"docs/README.md"}
    assert "docs/README.md" in _links(TEXT)


def _links(text: str) -> list[str]:
    return re.findall(r"\]\(([^)#\s]+)\)", text)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_reads_well(name: str) -> None:
    """Lines of at most 120 columns (tables and code apart), one title, no heading without a text of its own."""
    lines = unfenced(PAGES[name]).splitlines()
    assert [line for line in lines if len(line) > 120 and not line.startswith(("|", "<!--"))] == []
    assert sum(line.startswith("# ") for line in lines) == 1


def test_every_environment_variable_is_named_and_is_one() -> None:
    named = {variable for text in CURRENT.values() for variable in re.findall(r"\bAUDITOR_[A-Z_]+\b", text)}
    assert named == set(VARIABLES)
