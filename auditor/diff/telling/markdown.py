"""A comparison as Markdown for a pull request. Nothing out of a model is Markdown, as in `formats.markdown`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TextIO

from ...formats.markdown import code, text
from ...numbers import amount
from ...wording import counted
from ..costs import Count
from ..difference import Degree
from ..whole import DiffReport
from . import words

_MOST_EDITS, _MOST_ROWS = 50, 25
_LONGEST = 300
_SIGNS = {
    Degree.BREAKING: "❌",
    Degree.BEHAVIOUR: "⚠️",
    Degree.COMPATIBLE: "✅",
    Degree.WEIGHTS: "🔁",
    Degree.RENAMED: "✅",
    Degree.IDENTICAL: "✅",
}
_FOLDED = 8  # rows of a table that are shown unasked


def tell(found: DiffReport, out: TextIO) -> None:
    """Write it: the verdict, what proves it, and tables, long ones folded away."""
    out.write(f"### {_SIGNS[found.degree]} {words.headline(found).capitalize()}\n\n")
    out.write(f"{code(found.old.model.path, 1024)} to {code(found.new.model.path, 1024)}\n\n")
    for reason in found.conclusion.reasons:
        out.write(f"- {text(reason, _LONGEST)}\n")
    for unknown in words.not_compared(found):
        out.write(f"- not compared: {text(unknown, _LONGEST)}\n")
    edits = found.difference.edits
    _section(
        out, counted(edits, "edit"), ("degree", "what changed", "why"),
        [(e.degree.name.lower(), text(e.text, _LONGEST), text(e.why, _LONGEST)) for e in edits[:_MOST_EDITS]],
        len(edits),
    )  # fmt: skip
    rows = words.tensor_rows(found)
    _section(
        out, f"Stored tensors: {words.tensor_sum(found)}", ("tensor", "", "how far"),
        [
            (code(words.tensor_name(row)), row.compared.what.value, text(words.tensor_figures(row), _LONGEST))
            for row in rows[:_MOST_ROWS]
        ],
        len(rows),
    )  # fmt: skip
    costs = [row for row in found.costs if row.old != row.new]
    _section(
        out, "Costs" if costs else "Costs: the same", ("", "before", "after", "change"),
        [tuple(text(cell) for cell in words.cost_cells(row)) for row in costs], len(costs),
    )  # fmt: skip
    blocks = [row for row in found.blocks if row.changed]
    _section(
        out, "By block", ("block", "nodes", "learnable parameters", "MACs"),
        [
            (code(row.block) or "(no name)", _both(row.nodes), _both(row.learnable), _both(row.macs))
            for row in blocks[:_MOST_ROWS]
        ],
        len(blocks),
    )  # fmt: skip
    changes = found.findings
    told = [("came", finding) for finding in changes.came] + [("went", finding) for finding in changes.went]
    _section(
        out, f"Findings: {words.finding_sum(changes)}", ("", "finding"),
        [(sign, text(words.finding_line(finding), _LONGEST)) for sign, finding in told[:_MOST_ROWS]],
        len(told),
    )  # fmt: skip
    out.write("\n**Outputs**\n\n")
    for line in words.behaviour_lines(found.behaviour):
        out.write(f"- {text(line, 400)}\n")


def _both(pair: tuple[Count, Count]) -> str:
    old, new = (text(amount(count)) for count in pair)
    return old if old == new else f"{old} to {new}"


def _section(out: TextIO, title: str, head: Sequence[str], rows: Iterable[Sequence[str]], number: int) -> None:
    """A table under its title; folded away where it is long. Without rows, the title where it says something."""
    rows = list(rows)
    if not rows:
        if ":" in title:
            out.write(f"\n**{text(title)}**\n")
        return
    folded = number > _FOLDED
    out.write(f"\n<details><summary>{text(title)}</summary>\n" if folded else f"\n**{text(title)}**\n")
    out.write(f"\n| {' | '.join(head)} |\n|{' --- |' * len(head)}\n")
    out.writelines(f"| {' | '.join(row)} |\n" for row in rows)
    if number > len(rows):
        out.write(f"\nand {number - len(rows):,} more\n")
    if folded:
        out.write("\n</details>\n")
