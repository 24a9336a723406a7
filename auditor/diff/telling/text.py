"""A comparison for people: the verdict and what proves it first, then each kind of difference in short."""

from __future__ import annotations

from typing import TextIO

from ...formats.parts.layout import Page
from ...names import prose, visible
from ...numbers import amount
from ...wording import counted
from ..difference import Degree
from ..whole import DiffReport
from . import words

_STYLE = {
    Degree.BREAKING: "bold red",
    Degree.BEHAVIOUR: "bold yellow",
    Degree.COMPATIBLE: "bold cyan",
    Degree.WEIGHTS: "bold cyan",
    Degree.RENAMED: "bold green",
    Degree.IDENTICAL: "bold green",
}
_MOST_EDITS, _MOST_TENSORS, _MOST_BLOCKS, _MOST_FINDINGS = 40, 20, 20, 20


def tell(found: DiffReport, out: TextIO) -> None:
    """Write it, 80 columns wide where it is no terminal."""
    page = Page(out)
    page.line((words.headline(found).upper(), _STYLE[found.degree]))
    page.line(f"from  {visible(found.old.model.path, 4096)}", indent=2, hang=6)
    page.line(f"to    {visible(found.new.model.path, 4096)}", indent=2, hang=6)
    for reason in found.conclusion.reasons:
        page.line(f"- {prose(reason)}", indent=2, hang=2)
    for unknown in words.not_compared(found):
        page.line(("not compared: ", "yellow"), prose(unknown), indent=2, hang=2)
    _edits(page, found)
    _tensors(page, found)
    _costs(page, found)
    _findings(page, found)
    page.blank()
    page.line(("Outputs", "bold"))
    for line in words.behaviour_lines(found.behaviour):
        page.line(prose(line), indent=2, hang=2)


def _edits(page: Page, found: DiffReport) -> None:
    edits = found.difference.edits
    if not edits:
        return
    page.blank()
    page.line((f"{counted(edits, 'edit')}", "bold"))
    page.grid(
        [
            ((f"{edit.degree.name.lower():<10}", _STYLE[edit.degree].removeprefix("bold ")), prose(edit.text))
            for edit in edits[:_MOST_EDITS]
        ],
        indent=2,
    )
    _more(page, len(edits) - _MOST_EDITS, "edit")


def _tensors(page: Page, found: DiffReport) -> None:
    if not found.tensors:
        return
    page.blank()
    page.line(("Stored tensors", "bold"), f"  {words.tensor_sum(found)}")
    rows = words.tensor_rows(found)
    page.grid(
        [
            (words.tensor_name(row), row.compared.what.value, prose(words.tensor_figures(row), 300))
            for row in rows[:_MOST_TENSORS]
        ],
        indent=2,
        under=True,
    )
    _more(page, len(rows) - _MOST_TENSORS, "tensor")


def _costs(page: Page, found: DiffReport) -> None:
    page.blank()
    page.line(("Costs", "bold"))
    page.grid(
        [words.cost_cells(row) for row in found.costs],
        indent=2,
        head=("", "before", "after", "change"),
        right=(1, 2, 3),
    )
    changed = [row for row in found.blocks if row.changed]
    if changed:
        page.blank()
        head = ("block", "nodes", "", "learnable", "", "MACs", "")
        cells = [
            (visible(row.block, 60) or "(no name)", f"{row.nodes[0]:,}", f"{row.nodes[1]:,}",
             *map(amount, row.learnable), *map(amount, row.macs))
            for row in changed[:_MOST_BLOCKS]
        ]  # fmt: skip
        page.grid(cells, indent=2, head=head, right=(1, 2, 3, 4, 5, 6))
        _more(page, len(changed) - _MOST_BLOCKS, "block")


def _findings(page: Page, found: DiffReport) -> None:
    changes = found.findings
    page.blank()
    page.line(("Findings", "bold"), f"  {words.finding_sum(changes)}")
    for sign, style, findings in (("+", "red", changes.came), ("-", "green", changes.went)):
        for finding in findings[:_MOST_FINDINGS]:
            page.line((sign, style), f" {prose(words.finding_line(finding), 600)}", indent=2, hang=2)
        _more(page, len(findings) - _MOST_FINDINGS, "finding")
    if changes.unlike:
        page.line(f"of one model alone: {prose(', '.join(changes.unlike), 300)}", indent=2, hang=2)


def _more(page: Page, number: int, noun: str) -> None:
    if number > 0:
        page.line(f"and {counted(number, f'more {noun}')}: --format json has all", indent=2)
