"""The documentation's pages, and the parts of them that are made.

``python -m tests.readme --update`` writes those anew; a test compares.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
import tempfile
from pathlib import Path

from auditor.batch.sources import registries
from auditor.batch.sources.folder import ROW
from auditor.cli.app import run
from auditor.cli.command import help_of
from auditor.cli.commands import SUMMARIES, command
from auditor.config.table import KEYS, OPTIONS
from auditor.formats import format_of, formats
from auditor.remote.kinds import kinds
from auditor.rules import all_rules
from auditor.store.views import VIEWS

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
DOCS = ROOT / "docs"
_PART = re.compile(
    r"(<!-- (?P<kind>rules|formats|sources|remote|report|stored|views|settings)"
    r"(?:: (?P<what>[^>]*))? -->\n).*?(<!-- end -->)",
    re.DOTALL,
)
_FENCED = re.compile(r"^(?P<fence>```+)(?P<language>\w*)\n(?P<content>.*?)^(?P=fence)$", re.DOTALL | re.MULTILINE)


def pages() -> dict[str, str]:
    """The text of every page of the documentation, by its path from the repository on."""
    found = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.glob("**/*.md"))]
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in found}


def blocks(text: str, language: str) -> list[str]:
    """The contents of all code blocks in one language."""
    return [content for found, content in fenced(text) if found == language]


def fenced(text: str) -> list[tuple[str, str]]:
    """All code blocks, each with its language."""
    return [(block["language"], block["content"]) for block in _FENCED.finditer(text)]


def unfenced(text: str) -> str:
    """The text without its code blocks."""
    return _FENCED.sub("", text)


def written(text: str) -> str:
    """The text without the parts that are made."""
    return _PART.sub("", text)


def made(text: str) -> str:
    """The text with every made part as it should be."""
    return _PART.sub(lambda part: part[1] + _content(part["kind"], part["what"] or "") + part[4], text)


def output(command: str) -> str:
    """What ``auditor ...`` writes, called in the repository's folder."""
    out = io.StringIO()
    before = Path.cwd()
    os.chdir(ROOT)
    try:
        with contextlib.redirect_stdout(out):
            run(command.split()[1:])
    finally:
        os.chdir(before)
    return out.getvalue()


def _content(kind: str, what: str) -> str:
    if kind == "report":
        return f"```\n$ {what}\n{output(what)}```\n"
    if kind == "stored":
        return f"```\n$ {what}\n{_stored(what)}```\n"
    if kind == "views":
        return _views()
    if kind == "settings":
        return _options() if what == "options" else _keys()
    if kind == "formats":
        return _formats()
    if kind == "sources":
        return _sources()
    if kind == "remote":
        return _remote()
    rows = [f"| `{r.name}` | {r.severity} | {r.basis} | {_cell(r.summary)} |" for r in all_rules()]
    return "\n".join(["| rule | severity | basis | what it finds |", "|---|---|---|---|", *rows, ""])


def _stored(command: str) -> str:
    """What a command says of the sample of a store."""
    before = os.environ.get("AUDITOR_DB")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["AUDITOR_DB"] = f"{folder}/reports.db"
        try:
            output("auditor db import sample_models/history.jsonl")
            return output(command)
        finally:
            del os.environ["AUDITOR_DB"]
            if before is not None:
                os.environ["AUDITOR_DB"] = before


def _formats() -> str:
    rows = [f"| `{name}` | {_cell(format_of(name).used_for)} |" for name in formats()]
    return "\n".join(["| format | for |", "|---|---|", *rows, ""])


def _sources() -> str:
    """The plain ones first."""
    rows = [f"| {' | '.join(row)} |" for row in (ROW, *sorted(registry.row for registry in registries()))]
    return "\n".join(
        ["| source | what lies there | name and version | compared with the model |", "|---|---|---|---|", *rows, ""]
    )


def _remote() -> str:
    """The kinds of registries that lie elsewhere."""
    rows = [f"| {' | '.join(map(_cell, kind.row))} |" for kind in kinds()]
    return "\n".join(["| address | who asks | what is listed | what is fetched |", "|---|---|---|---|", *rows, ""])


def _views() -> str:
    """Each view, and each column once."""
    views = [f"| `{n}` | {v.row} | {', '.join(f'`{c}`' for c in v.columns)} |" for n, v in VIEWS.items()]
    means = {column: meaning for view in VIEWS.values() for column, meaning in view.columns.items()}
    columns = [f"| `{column}` | {_cell(meaning)} |" for column, meaning in means.items()]
    return "\n".join(
        ["| view | a row is | columns |", "|---|---|---|", *views, "", "| column | means |", "|---|---|", *columns, ""]
    )


def _options() -> str:
    """Each option once, with the commands that offer it and the variable that says the same."""
    offered: dict[str, list[str]] = {}
    for name in SUMMARIES:
        for row in command(name).settings:
            offered.setdefault(row.name, []).append(name)
    rows = []
    for row in OPTIONS.values():
        names = ", ".join(f"`{flag.strip()}`" for flag in row.flags[0].split("/"))
        names += "".join(f", `{flag}`" for flag in row.flags[1:])
        value = f" {row.metavar}" if row.metavar else ""
        variable = f"`{row.env}`" if row.env else ""
        cells = (f"{names}{value}", help_of(row), ", ".join(f"`{n}`" for n in offered[row.name]), variable)
        rows.append(f"| {' | '.join(map(_cell, cells))} |")
    return "\n".join(["| option | says | commands | variable |", "|---|---|---|---|", *rows, ""])


def _keys() -> str:
    """Each key of a configuration."""
    rows = [
        f"| `{key}` | {_cell(row.help.rstrip('.'))} | {_cell(row.takes or row.kind.takes)} |"
        for key, row in KEYS.items()
    ]
    models = "any of the keys that are asked of models, for some of them"
    match = "tables with a match: patterns over the path from this file on, or over the registry's name"
    return "\n".join(["| key | says | values |", "|---|---|---|", *rows, f"| `models` | {models} | {match} |", ""])


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    behind = []
    for name, now in pages().items():
        new = made(now)
        if new != now:
            behind.append(name)
            if "--update" in sys.argv:
                (ROOT / name).write_text(new, encoding="utf-8")
    if behind and "--update" not in sys.argv:
        sys.exit(f"{', '.join(behind)}: behind; python -m tests.readme --update")
